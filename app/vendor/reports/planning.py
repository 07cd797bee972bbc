"""Which reports there should be: a row for each kind and period, written before anybody is asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from app.connections import Connection, connections
from app.db import database_time, shop_of
from app.vendor.marketplaces import MARKETPLACES
from app.vendor.reports.kinds import Kind, Period, kinds_of
from app.vendor.reports.tables import Report

STATED = """
SELECT DISTINCT marketplace FROM vendor_code
WHERE shop_id = :shop AND region = :region AND marketplace IS NOT NULL ORDER BY 1
"""


class Subject(NamedTuple):
    """Whose reports: one vendor group in one marketplace, and one kind."""

    connection: Connection
    marketplace: str
    kind: Kind


def subjects(session: Session) -> list[Subject]:
    """Everything that reports are asked for now."""
    kinds = kinds_of(database_time().date()).values()
    return [
        Subject(connection, marketplace, kind)
        for connection in connections(session, "amazon")
        if connection.state == "connected"
        for marketplace in marketplaces_of(session, connection)
        for kind in kinds
    ]


def marketplaces_of(session: Session, connection: Connection) -> list[str]:
    """The marketplaces that this vendor group's codes are billed in.

    While none is stated, the one that access was granted in, or the region's first: which ones a
    group sells in is told by no operation of Amazon's.
    """
    region = connection.region or "na"
    there = [one.name for one in MARKETPLACES.values() if one.region == region]
    stated = session.execute(text(STATED), {"shop": shop_of(session), "region": region}).scalars()
    known = [one for one in stated if one in there]
    named = [one for one in there if connection.name.split()[-1:] == [one]]
    return known or named or there[:1]


def plan(session: Session) -> int:
    """Writes the rows of periods that have none; the newest period of every kind comes first."""
    now = database_time()
    found = subjects(session)
    there = set(
        session.exec(
            select(Report.connection_id, Report.marketplace, Report.kind, Report.starts_at).where(
                Report.shop_id == shop_of(session),
                col(Report.starts_at) >= _oldest(found, now),
            )
        )
    )
    missing = [
        _row(session, subject, period, now)
        for subject, period in _in_turn(found, now)
        if _key(subject, period) not in there
    ]
    if missing:
        session.execute(insert(Report).values(missing).on_conflict_do_nothing())
    return len(missing)


def _in_turn(found: list[Subject], now: datetime) -> Iterator[tuple[Subject, Period]]:
    wanted = [(subject, list(subject.kind.periods(now))) for subject in found]
    for number in range(max((len(periods) for _, periods in wanted), default=0)):
        for subject, periods in wanted:
            if number < len(periods):
                yield subject, periods[number]


def _oldest(found: list[Subject], now: datetime) -> datetime:
    starts = [period.starts_at for one in found for period in one.kind.periods(now)]
    return min(starts, default=now)


def _key(subject: Subject, period: Period) -> tuple[int, str, str, datetime]:
    return (
        subject.connection.connection_id,
        subject.marketplace,
        subject.kind.name,
        period.starts_at,
    )


def _row(session: Session, subject: Subject, period: Period, now: datetime) -> dict[str, object]:
    return {
        "shop_id": shop_of(session),
        "connection_id": subject.connection.connection_id,
        "marketplace": subject.marketplace,
        "kind": subject.kind.name,
        "starts_at": period.starts_at,
        "ends_at": period.ends_at,
        "state": "waiting",
        "asked_by": "clock",
        "made_at": now,
        "times_asked": 0,
        "due_at": now,
        "tries": 0,
        "rows_kept": 0,
        "rows_unread": 0,
    }
