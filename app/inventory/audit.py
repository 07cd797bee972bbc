"""The audit: named queries that must return no rows. They report; they never repair."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.inventory.models import AuditRun

QUERIES = Path(__file__).with_name("audit.sql")
MOST_ROWS = 50
FOR_LONG_READING = (
    "SELECT set_config('work_mem', '128MB', true), set_config('enable_nestloop', 'off', true)"
)
"""Sorting and hashing on disk would make a large audit several times slower, and books that are new
to the planner's statistics would be looked through once for each of their rows; for one transaction."""

# Whether months of this shop were moved away (docs/growth.md): it is older than the first month that
# is here. A paper that was heard of after the newest paper of that month has moved nothing before it.
KEPT = """(
    SELECT coalesce(shop.created_at < first.month, false) AS moved_away,
           CASE WHEN shop.created_at < first.month THEN (
               SELECT coalesce(max(document_id), 0) FROM posting
               WHERE shop_id = :shop AND recorded_at < first.month + interval '1 month'
           ) ELSE 0 END AS newest_old_document
    FROM shop, (
        SELECT min(to_date(right(relname, 7), 'YYYY_MM'))::timestamp AT TIME ZONE 'UTC' AS month
        FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'posting'::regclass AND relname ~ '^movement_[0-9]{4}_[0-9]{2}$'
    ) AS first
    WHERE shop.shop_id = :shop
) AS kept"""

# What each account stood at before its first movement that is here; nothing is read unless months
# were moved away.
CARRIED = """
    SELECT DISTINCT ON (account_id) account_id, balance_after - change AS carried
    FROM (
        SELECT recorded_at, movement_id, to_account_id AS account_id,
               to_balance AS balance_after, quantity AS change
        FROM posting WHERE shop_id = :shop
        UNION ALL
        SELECT recorded_at, movement_id, from_account_id, from_balance, -quantity
        FROM posting WHERE shop_id = :shop
    ) AS side
    WHERE (SELECT moved_away FROM {kept})
    ORDER BY account_id, recorded_at, movement_id
"""

# Line by line, millions of tallies and movements are compared in minutes; so first a thousand papers
# at a time are, by one number: units times a hash of what they are of, summed. Only thousands whose
# two numbers differ are looked at line by line. Units held and free units of one place count as one
# state here, as a shipment takes free units when more left than was held.
HASH = """(hashtextextended({line}, (item_id::bigint << 32) + {location} * 16::bigint
    + CASE WHEN {state} IN ('available', 'committed', 'reserved', 'safety_stock') THEN 0
           ELSE hashenum({state}) & 15 END) >> 34)"""
TARGET = HASH.format(line="line", location="to_location_id", state="to_state")
SOURCE = HASH.format(line="line", location="from_location_id", state="from_state")
UNLIKE_TALLIES = f"""
    SELECT thousand FROM (
        SELECT document_id / 1000 AS thousand, total * ({TARGET} - {SOURCE}) AS number
        FROM tally WHERE shop_id = :shop
        UNION ALL
        SELECT document_id / 1000, -quantity * ({TARGET} - {SOURCE})
        FROM movement WHERE shop_id = :shop AND reason NOT IN ('held', 'released', 'expired')
    ) AS side
    WHERE thousand >= (SELECT newest_old_document / 1000 FROM {{kept}})
    GROUP BY thousand HAVING sum(number) <> 0
"""
UNLIKE_HOLDS = """
    SELECT thousand FROM (
        SELECT document_id / 1000 AS thousand,
               fulfilled * (hashtextextended(line, (item_id::bigint << 32) + location_id) >> 34)
                   AS number
        FROM hold WHERE shop_id = :shop
        UNION ALL
        SELECT hold_document_id / 1000, -total
               * (hashtextextended(hold_line, (item_id::bigint << 32) + from_location_id) >> 34)
        FROM tally WHERE shop_id = :shop AND hold_document_id IS NOT NULL
    ) AS side GROUP BY thousand HAVING sum(number) <> 0
"""
PARTS = {
    "{carried}": CARRIED,
    "{unlike_tallies}": UNLIKE_TALLIES,
    "{unlike_holds}": UNLIKE_HOLDS,
    "{kept}": KEPT,
}


class Finding(NamedTuple):
    """One row that should not be there, and the name of the rule it breaks."""

    check: str
    detail: dict[str, Any]


_files = [QUERIES]


def register(path: Path) -> list[str]:
    """Makes the queries of another room part of every audit; their names. The same again is allowed.

    Raises ValueError where a name is taken.
    """
    added = _read(path)
    taken = {name for file in _files if file != path for name in _read(file)}
    if again := sorted(taken & set(added)):
        raise ValueError(f"there are checks named {', '.join(again)} already")
    if path not in _files:
        _files.append(path)
    return list(added)


def checks() -> dict[str, str]:
    """Each rule's name and its query, of the ledger and of every room that has registered some."""
    return {name: query for path in _files for name, query in _read(path).items()}


def ledger_checks() -> dict[str, str]:
    """Those of the ledger alone."""
    return dict(_read(QUERIES))


@lru_cache(maxsize=8)
def _read(path: Path) -> dict[str, str]:
    words = re.sub(r"^-- \S.* -{3,}$", "", path.read_text(), flags=re.MULTILINE)
    # In their order: {carried} is made of {kept}.
    for name, part in PARTS.items():
        words = words.replace(name, part)
    parts = re.split(r"^-- check: (\w+)$", words, flags=re.MULTILINE)[1:]
    return {
        name: query.strip().rstrip(";") for name, query in zip(parts[::2], parts[1::2], strict=True)
    }


def findings(session: Session) -> list[Finding]:
    """Every broken rule of this shop, at most 50 rows of each; empty when all is well."""
    session.execute(text(FOR_LONG_READING))
    return [finding for name, query in checks().items() for finding in _found(session, name, query)]


def findings_of(session: Session, check: str) -> list[Finding]:
    """What breaks one rule, at most 50 rows. Raises KeyError for a rule we do not have."""
    session.execute(text(FOR_LONG_READING))
    return _found(session, check, checks()[check])


def run(session: Session) -> AuditRun:
    """Runs every check and keeps what it found."""
    return keep(session, findings(session))


def keep(session: Session, found: Sequence[Finding]) -> AuditRun:
    """Keeps what a run of every check has found."""
    kept = AuditRun(
        shop_id=shop_of(session),
        findings=[{"check": finding.check, "detail": finding.detail} for finding in found],
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


def _found(session: Session, check: str, query: str) -> list[Finding]:
    rows = session.execute(
        text(f"SELECT * FROM ({query}) AS broken LIMIT {MOST_ROWS}"), {"shop": shop_of(session)}
    )
    return [Finding(check, _plain(row._mapping)) for row in rows]


def _plain(row: Any) -> dict[str, Any]:
    return {
        key: value if isinstance(value, int | str | bool | None) else str(value)
        for key, value in row.items()
    }
