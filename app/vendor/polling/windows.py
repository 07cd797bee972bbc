"""The windows in which Amazon is asked, as rows: how far they reach, how long they are, whose they are.

A connection is swept by one run at a time: it is leased, and the lease runs out by itself when a run
dies.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlmodel import Session, select

from app.connections import Connection, locked
from app.db import shop_of
from app.vendor import terms
from app.vendor.tables import PollWindow

SHORTEST = timedelta(hours=1)  # a window that keeps failing is asked for in parts down to this
OVERLAP = timedelta(hours=2)
SEAM = timedelta(minutes=1)  # whether the ends belong to a window is not documented
LEASE = timedelta(minutes=3)
POLL = "amazon_poll"

WORDS = {
    "created": ("createdAfter", "createdBefore"),
    "changed": ("changedAfter", "changedBefore"),
    "status": ("updatedAfter", "updatedBefore"),
}


def longest(connection: Connection) -> timedelta:
    """How long one window may be."""
    return terms.days("window_days", connection.region or "na")


def reach(connection: Connection) -> timedelta:
    """How far back Amazon keeps orders."""
    return terms.days("history_days", connection.region or "na")


def lease(session: Session, connection_id: int) -> bool:
    """Takes the connection for this run; False while another one has it."""
    connection = locked(session, connection_id)
    for kind in WORDS:
        _made(session, connection, kind)
    window = _made(session, connection, "created")
    now = datetime.now(UTC)
    if window.leased_until is not None and window.leased_until > now:
        return False
    window.leased_until = now + LEASE
    return True


def release(session: Session, connection_id: int) -> None:
    """Lets another run have the connection."""
    window = session.get(PollWindow, (shop_of(session), connection_id, "created"))
    if window is not None:
        window.leased_until = None


def window_of(session: Session, connection_id: int, kind: str) -> PollWindow:
    """How far one question has been asked. It was made by `lease`."""
    return session.exec(
        select(PollWindow).where(
            PollWindow.shop_id == shop_of(session),
            PollWindow.connection_id == connection_id,
            PollWindow.kind == kind,
        )
    ).one()


def advance(
    session: Session, connection_id: int, kind: str, swept_to: datetime, is_wide: bool
) -> None:
    """Notes that all up to this time was read, and keeps the lease."""
    window = window_of(session, connection_id, kind)
    window.swept_to = max(window.swept_to, swept_to)
    if is_wide:
        window.wide_sweep_at = datetime.now(UTC)
    first = window_of(session, connection_id, "created")
    if first.leased_until is not None:
        first.leased_until = datetime.now(UTC) + LEASE


def reach_back(session: Session, connection_id: int, swept_from: datetime) -> None:
    """Notes that all back to this time was read, and keeps the lease."""
    window = window_of(session, connection_id, "created")
    window.swept_from = min(window.swept_from, swept_from)
    window.leased_until = datetime.now(UTC) + LEASE


def span(words: str, start: datetime, end: datetime) -> dict[str, str]:
    """A window as Amazon's parameters; `words` is one of WORDS."""
    after, before = WORDS[words]
    return {after: _written(start), before: _written(end)}


def _made(session: Session, connection: Connection, kind: str) -> PollWindow:
    window = session.get(PollWindow, (shop_of(session), connection.connection_id, kind))
    if window is None:
        now = datetime.now(UTC)
        start = now - longest(connection) + SEAM
        window = PollWindow(
            shop_id=shop_of(session),
            connection_id=connection.connection_id,
            kind=kind,
            goal_from=now - reach(connection) if kind == "created" else start,
            swept_from=start,
            swept_to=start + OVERLAP,  # the first window starts at `start`, as each overlaps
            wide_sweep_at=now,
            width_seconds=int(longest(connection).total_seconds()),
        )
        session.add(window)
        session.flush()
    return window


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
