"""The audit: named queries that must return no rows. They report; they never repair."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.inventory.models import AuditRun

QUERIES = Path(__file__).with_name("audit.sql")
MOST_ROWS = 50


class Finding(NamedTuple):
    """One row that should not be there, and the name of the rule it breaks."""

    check: str
    detail: dict[str, Any]


@lru_cache(maxsize=1)
def checks() -> dict[str, str]:
    """Each rule's name and its query."""
    parts = re.split(r"^-- check: (\w+)$", QUERIES.read_text(), flags=re.MULTILINE)[1:]
    return {
        name: query.strip().rstrip(";") for name, query in zip(parts[::2], parts[1::2], strict=True)
    }


def findings(session: Session) -> list[Finding]:
    """Every broken rule of this shop, at most 50 rows of each; empty when all is well."""
    found = []
    for name, query in checks().items():
        rows = session.execute(
            text(f"SELECT * FROM ({query}) AS broken LIMIT {MOST_ROWS}"), {"shop": shop_of(session)}
        )
        found += [Finding(name, _plain(row._mapping)) for row in rows]
    return found


def run(session: Session) -> AuditRun:
    """Runs every check and keeps what it found."""
    kept = AuditRun(
        shop_id=shop_of(session),
        findings=[{"check": found.check, "detail": found.detail} for found in findings(session)],
    )
    session.add(kept)
    session.flush()
    return kept


def latest(session: Session) -> AuditRun | None:
    """The last run, if there was one."""
    return session.exec(
        select(AuditRun)
        .where(AuditRun.shop_id == shop_of(session))
        .order_by(col(AuditRun.audit_run_id).desc())
        .limit(1)
    ).first()


def _plain(row: Any) -> dict[str, Any]:
    return {
        key: value if isinstance(value, int | str | bool | None) else str(value)
        for key, value in row.items()
    }
