"""Which times the windows read so far cover: said plainly, and a gap is never forgotten.

A window counts when its last page was read well. One that later turns out not to have shown an order
is doubted: the time around that order is taken out again, and swept anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of

AROUND = timedelta(minutes=30)
ADD = """
UPDATE poll_window SET covered = covered + tstzmultirange(tstzrange(:start, :end)),
    width_seconds = least(width_seconds * 2, :widest)
WHERE shop_id = :shop AND connection_id = :connection AND kind = :kind
"""
NARROW = """
UPDATE poll_window SET width_seconds = greatest(:width, :least)
WHERE shop_id = :shop AND connection_id = :connection AND kind = :kind
"""
DOUBT = """
UPDATE poll_window SET covered = covered - tstzmultirange(tstzrange(:start, :end))
WHERE shop_id = :shop AND connection_id = :connection AND kind = 'created'
"""
GAPS = """
SELECT lower(gap), upper(gap)
FROM poll_window, unnest(tstzmultirange(tstzrange(swept_from, swept_to)) - covered) AS gap
WHERE shop_id = :shop AND connection_id = :connection AND kind = 'created' AND NOT isempty(covered)
ORDER BY 1
"""
STATED = """
SELECT swept_from, swept_to, goal_from, isempty(covered) AS is_unread,
    (SELECT count(*) FROM purchase_order AS seen
     WHERE seen.shop_id = poll_window.shop_id AND seen.connection_id = poll_window.connection_id)
     AS orders,
    (SELECT count(*) FROM message
     WHERE message.shop_id = poll_window.shop_id AND direction = 'in' AND channel = 'amazon'
       AND state = 'dead' AND response ->> 'connection_id' = poll_window.connection_id::text)
     AS unreadable
FROM poll_window
WHERE shop_id = :shop AND connection_id = :connection AND kind = 'created'
"""


class Gap(NamedTuple):
    """A time whose orders may not all have been seen."""

    start: datetime
    end: datetime


class Coverage(NamedTuple):
    """What may be said of a connection: every order from … to …, and what is open.

    `back_filled` is the part of the reach that has been read, from 0 to 1; `unreadable` counts papers
    that were put aside for a person.
    """

    seen_from: datetime
    seen_to: datetime
    goal_from: datetime
    back_filled: float
    orders: int
    unreadable: int
    gaps: list[Gap]


def add(
    session: Session,
    connection_id: int,
    kind: str,
    start: datetime,
    end: datetime,
    widest: timedelta,
) -> None:
    """Counts a window that was read whole; the next one may be twice as long."""
    asked = {"start": start, "end": end, "widest": int(widest.total_seconds())}
    _write(session, ADD, connection_id, kind=kind, **asked)


def narrow(
    session: Session, connection_id: int, kind: str, failed: timedelta, least: timedelta
) -> None:
    """Has the next windows be half as long as the one that failed."""
    width, least_width = int(failed.total_seconds() // 2), int(least.total_seconds())
    _write(session, NARROW, connection_id, kind=kind, width=width, least=least_width)


def doubt(session: Session, connection_id: int, ordered_at: datetime) -> None:
    """Takes out the time around an order that its window did not show."""
    start, end = ordered_at - AROUND, ordered_at + AROUND
    _write(session, DOUBT, connection_id, start=start, end=end)


def gaps(session: Session, connection_id: int) -> list[Gap]:
    """Times within what was swept that have to be swept again, the oldest first."""
    asked = {"shop": shop_of(session), "connection": connection_id}
    return [Gap(*row) for row in session.execute(text(GAPS), asked)]


def stated(session: Session, connection_id: int) -> Coverage | None:
    """What may be said of this connection; None before its first window was read."""
    asked = {"shop": shop_of(session), "connection": connection_id}
    row = session.execute(text(STATED), asked).one_or_none()
    if row is None or row.is_unread:
        return None
    whole = (row.swept_to - row.goal_from).total_seconds()
    read = (row.swept_to - row.swept_from).total_seconds()
    return Coverage(
        row.swept_from,
        row.swept_to,
        row.goal_from,
        1.0 if row.swept_from <= row.goal_from else round(read / whole, 4),
        row.orders,
        row.unreadable,
        gaps(session, connection_id),
    )


def _write(session: Session, statement: str, connection_id: int, **given: Any) -> None:
    asked = {"shop": shop_of(session), "connection": connection_id, **given}
    session.execute(text(statement), asked)
