"""Conservation: named queries over the match that must return no rows, run by every audit."""

from __future__ import annotations

from pathlib import Path

from sqlmodel import Session

from app.inventory import audit

QUERIES = Path(__file__).with_name("conservation.sql")
CHECKS = frozenset(audit.register(QUERIES))


def findings(session: Session) -> list[audit.Finding]:
    """Every unit or cent of this shop that stands nowhere or twice; empty when all is well."""
    return [one for name in sorted(CHECKS) for one in audit.findings_of(session, name)]


def broken(session: Session) -> list[str]:
    """The names of the checks that the last audit found broken."""
    run = audit.latest(session)
    found = {one["check"] for one in run.findings} if run else set()
    return sorted(found & CHECKS)
