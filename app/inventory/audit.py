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
MEMORY = "SET LOCAL work_mem = '128MB'"
"""Sorting and hashing on disk would make a large audit several times slower; for one transaction."""

# Whether months of this shop were moved away (docs/growth.md): it is older than the first month that
# is here. A paper that was heard of after the newest paper of that month has moved nothing before it.
KEPT = """(
    SELECT coalesce(shop.created_at < first.month, false) AS moved_away,
           CASE WHEN shop.created_at < first.month THEN (
               SELECT coalesce(max(document_id), 0) FROM movement
               WHERE shop_id = :shop AND recorded_at < first.month + interval '1 month'
           ) ELSE 0 END AS newest_old_document
    FROM shop, (
        SELECT min(to_date(right(relname, 7), 'YYYY_MM'))::timestamp AT TIME ZONE 'UTC' AS month
        FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'movement'::regclass AND relname ~ '^movement_[0-9]{4}_[0-9]{2}$'
    ) AS first
    WHERE shop.shop_id = :shop
) AS kept"""


class Finding(NamedTuple):
    """One row that should not be there, and the name of the rule it breaks."""

    check: str
    detail: dict[str, Any]


@lru_cache(maxsize=1)
def checks() -> dict[str, str]:
    """Each rule's name and its query."""
    text_of_all = re.sub(r"^-- \S.* -{3,}$", "", QUERIES.read_text(), flags=re.MULTILINE)
    parts = re.split(r"^-- check: (\w+)$", text_of_all, flags=re.MULTILINE)[1:]
    return {
        name: query.strip().rstrip(";").replace("{kept}", KEPT)
        for name, query in zip(parts[::2], parts[1::2], strict=True)
    }


def findings(session: Session) -> list[Finding]:
    """Every broken rule of this shop, at most 50 rows of each; empty when all is well."""
    return [finding for name in checks() for finding in findings_of(session, name)]


def findings_of(session: Session, check: str) -> list[Finding]:
    """What breaks one rule, at most 50 rows. Raises KeyError for a rule we do not have."""
    session.execute(text(MEMORY))
    rows = session.execute(
        text(f"SELECT * FROM ({checks()[check]}) AS broken LIMIT {MOST_ROWS}"),
        {"shop": shop_of(session)},
    )
    return [Finding(check, _plain(row._mapping)) for row in rows]


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
