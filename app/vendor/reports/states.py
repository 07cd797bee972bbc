"""How a report goes from state to state; every step is one short transaction on its own row."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from app.db import database_time, shop_of
from app.vendor.reports.kinds import Kind, Period
from app.vendor.reports.tables import (
    ASKING,
    DONE,
    EMPTY,
    FAILED,
    FATAL,
    HANGING,
    QUEUED,
    RUNNING,
    WAITING,
    Report,
)

AT_ONCE = 20
LEASE = timedelta(minutes=3)
SOONEST_LOOK, LATEST_LOOK = timedelta(seconds=5), timedelta(minutes=10)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
ASKED_AGAIN_AFTER = timedelta(hours=12)
MOST_TRIES = 8
UNDER_WAY = (WAITING, ASKING, QUEUED, RUNNING)
AT_AMAZON = {"IN_QUEUE": QUEUED, "IN_PROGRESS": RUNNING}


def take(session: Session, connection_id: int) -> list[Report]:
    """Reports that are due, those under way first; others leave them alone for three minutes."""
    now = database_time()
    found = list(
        session.exec(
            select(Report)
            .where(
                Report.shop_id == shop_of(session),
                Report.connection_id == connection_id,
                col(Report.due_at) <= now,
            )
            .order_by(col(Report.amazon_id).is_(None), col(Report.report_id))
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )
    )
    for row in found:
        row.due_at = now + LEASE
    return found


def put_off(
    session: Session, report_id: int, pause: timedelta, *, was_counted: bool = False
) -> None:
    """Looks at it later, for no fault of its own; a reading that was counted is not."""
    row = _locked(session, report_id)
    row.tries = max(0, row.tries - was_counted)
    row.due_at = database_time() + pause


def take_back(session: Session, report_id: int, pause: timedelta) -> None:
    """Amazon's rate did not let the question in: it waits as if it had not been asked."""
    row = _locked(session, report_id)
    row.state, row.times_asked = WAITING, max(0, row.times_asked - 1)
    row.due_at = database_time() + pause


def begin(session: Session, report_id: int) -> Report:
    """Says that it is being asked for, before it is: whoever finds it so looks at Amazon first."""
    row = _locked(session, report_id)
    row.state, row.asked_at, row.times_asked = ASKING, database_time(), row.times_asked + 1
    row.amazon_id = row.document_id = row.cause = row.cause_code = None
    row.due_at = database_time() + LEASE
    row.tries = 0
    return row


def asked(session: Session, report_id: int, amazon_id: str) -> None:
    """Amazon has taken it under this id."""
    row = _locked(session, report_id)
    row.state, row.amazon_id = QUEUED, amazon_id
    row.cause = row.cause_code = None
    row.due_at = database_time() + SOONEST_LOOK


def not_asked(
    session: Session, report_id: int, code: str, cause: str, after: timedelta | None = None
) -> None:
    """Amazon did not take it this time; it waits for the next."""
    row = _locked(session, report_id)
    row.state, row.cause, row.cause_code = WAITING, cause, code
    row.times_asked, row.tries = max(0, row.times_asked - 1), row.tries + 1
    row.due_at = database_time() + (after or _pause(row))


def going_on(session: Session, report_id: int, status: str, kind: Kind) -> None:
    """Amazon is still at it; after the kind's limit a person is told."""
    row = _locked(session, report_id)
    now = database_time()
    since = now - (row.asked_at or now)
    if since >= kind.hangs_after:
        row.state, row.cause_code = HANGING, "hanging"
        row.cause = f"Amazon still says {status} after {since // timedelta(hours=1)} hours."
        row.due_at = now + LONGEST_PAUSE
        return
    row.state, row.tries = AT_AMAZON.get(status, RUNNING), 0
    row.due_at = now + min(LATEST_LOOK, max(SOONEST_LOOK, since / 4))


def reading(session: Session, report_id: int) -> bool:
    """Counts a reading before it begins, so that one that never ends is not begun for ever."""
    row = _locked(session, report_id)
    row.tries += 1
    if row.tries > MOST_TRIES:
        row.cause = row.cause or "Its document could not be read within the time of a job."
        row.cause_code = "document"
        _end(row, FAILED)
    return row.state != FAILED


def look_again(session: Session, report_id: int, code: str, cause: str, is_counted: bool) -> None:
    """Looking failed; it is tried again, but a reading (which is counted) only eight times."""
    row = _locked(session, report_id)
    row.cause, row.cause_code = cause, code
    row.tries += not is_counted
    row.due_at = database_time() + _pause(row)
    if is_counted and row.tries >= MOST_TRIES:
        _end(row, FAILED)


def good(session: Session, row: Report, kept: int, unread: int, reason: str | None) -> None:
    """Its document is read; rows that could not be are told."""
    _end(row, DONE)
    row.good_at, row.rows_kept, row.rows_unread = row.ended_at, kept, unread
    row.cause = f"{unread} rows could not be read. The first: {reason}." if unread else None
    row.cause_code = "rows" if unread else None
    session.add(row)


def empty(session: Session, report_id: int) -> None:
    """Amazon has no data of that period (CANCELLED), which is an answer too."""
    row = _locked(session, report_id)
    _end(row, EMPTY)
    row.good_at = row.ended_at
    row.cause = row.cause_code = None
    row.rows_kept = row.rows_unread = 0


def fatal(session: Session, report_id: int, kind: Kind, cause: str) -> None:
    """Amazon could not make it; it is asked for again after twelve hours, a few times."""
    row = _locked(session, report_id)
    _end(row, FATAL)
    row.cause, row.cause_code = cause, "fatal"
    again = database_time() + ASKED_AGAIN_AFTER
    if row.times_asked < kind.asks and kind.can_be_asked(Period(row.starts_at, row.ends_at), again):
        row.due_at = again


def fail(session: Session, report_id: int, code: str, cause: str) -> None:
    """Nothing more happens until a person asks for it again."""
    row = _locked(session, report_id)
    row.cause, row.cause_code = cause, code
    _end(row, FAILED)


def locked(session: Session, report_id: int) -> Report | None:
    """One report, locked until the transaction ends; None when there is none in this shop."""
    return session.get(Report, (shop_of(session), report_id), with_for_update=True)


def _locked(session: Session, report_id: int) -> Report:
    return session.get_one(Report, (shop_of(session), report_id), with_for_update=True)


def _end(row: Report, state: str) -> None:
    row.state, row.ended_at, row.due_at = state, database_time(), None


def _pause(row: Report) -> timedelta:
    doublings = min(10, max(0, row.tries - 1))
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << doublings))


def is_old(moment: datetime | None, age: timedelta) -> bool:
    """Whether this moment lies at least so long ago."""
    return moment is None or moment <= database_time() - age
