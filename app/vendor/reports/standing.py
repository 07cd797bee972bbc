"""How each kind of report stands: the last good period, the next, what is missing and why."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session, col, select

from app.db import database_time, shop_of
from app.vendor.reports.kinds import Kind, Period
from app.vendor.reports.planning import Subject, subjects
from app.vendor.reports.states import UNDER_WAY
from app.vendor.reports.tables import FATAL, HANGING, Report

LOOKED_BACK = 60  # periods of each kind in which a gap is named


class Missing(NamedTuple):
    """A period without its report, or with one that is not whole, and what to do about it."""

    period: Period
    report: Report | None
    next_action: str


class Standing(NamedTuple):
    """One kind of report of one vendor group in one marketplace."""

    subject: Subject
    last_good: Report | None
    next_at: datetime
    under_way: int
    missing: list[Missing]


def standings(session: Session) -> list[Standing]:
    """Every kind that is asked for now, and how it stands."""
    now = database_time()
    return [_standing(session, subject, now) for subject in subjects(session)]


def next_action(report: Report | None, kind: Kind, period: Period, now: datetime) -> str:
    """What a missing report waits for: `wait`, `grant_role`, `ask_again`, or `gone` for good."""
    if report is not None and report.cause_code == "role":
        return "grant_role"
    can_be_asked = kind.can_be_asked(period, now)
    if report is None or report.state in UNDER_WAY:
        return "wait" if report is not None or can_be_asked else "gone"
    if report.state == FATAL and report.due_at is not None:
        return "wait"
    if report.state == HANGING and not can_be_asked:
        return "wait"
    return "ask_again" if can_be_asked else "gone"


def _standing(session: Session, subject: Subject, now: datetime) -> Standing:
    kind = subject.kind
    newest = kind.latest(now)
    oldest = newest.starts_at - kind.length * LOOKED_BACK
    rows = {
        row.starts_at: row
        for row in session.exec(
            select(Report).where(*_of(session, subject), col(Report.starts_at) > oldest)
        )
    }
    missing = []
    first = min(rows, default=newest.starts_at)
    period = newest
    while period.starts_at >= first:
        row = rows.get(period.starts_at)
        if _is_missing(row):
            missing.append(Missing(period, row, next_action(row, kind, period, now)))
        period = Period(period.starts_at - kind.length, period.starts_at)
    return Standing(
        subject=subject,
        last_good=_last_good(session, subject),
        next_at=kind.next_at(now),
        under_way=sum(row.state in UNDER_WAY for row in rows.values()),
        missing=missing,
    )


def _is_missing(row: Report | None) -> bool:
    """Not one that is merely on its way and has met nothing bad."""
    if row is None:
        return True
    return row.cause_code is not None or (row.good_at is None and row.state not in UNDER_WAY)


def _last_good(session: Session, subject: Subject) -> Report | None:
    return session.exec(
        select(Report)
        .where(*_of(session, subject), col(Report.good_at).is_not(None))
        .order_by(col(Report.starts_at).desc())
        .limit(1)
    ).first()


def _of(session: Session, subject: Subject) -> tuple[bool, ...]:
    return (
        Report.shop_id == shop_of(session),
        Report.connection_id == subject.connection.connection_id,
        Report.marketplace == subject.marketplace,
        Report.kind == subject.kind.name,
    )
