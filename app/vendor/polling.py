"""Asking Amazon what is new: overlapping windows without a gap, and what they may have missed.

Three questions are swept over time for each connection: orders created, orders changed, statuses
updated. A window counts as covered only when its last page was read well; anything else leaves it
where it was. The newest days come first, then half a year back, a window at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import structlog
from sqlmodel import Session, col, select

from app import messages
from app.bell import ring_after_commit
from app.connections import Connection, locked
from app.db import run, shop_of
from app.errors import GiveUp, RetryLater
from app.vendor import access, coverage, drafting, terms
from app.vendor.answering import automatic
from app.vendor.cash import unsettled
from app.vendor.client import NotAuthorised, Reply, VendorClient
from app.vendor.disputes import working as disputes
from app.vendor.finance import reading as finance
from app.vendor.orders import map_again, store
from app.vendor.papers import (
    BadPaper,
    StatusFacts,
    digest_of,
    order_facts,
    plain,
    status_facts,
)
from app.vendor.payments import reading as remittances
from app.vendor.receipts import store_statuses
from app.vendor.reconciliation import restating as reconciliation
from app.vendor.self_test.asking import worked
from app.vendor.tables import PollWindow, PurchaseOrder

log = structlog.get_logger(__name__)

SHORTEST = timedelta(hours=1)  # a window that keeps failing is asked for in parts down to this
OVERLAP = timedelta(hours=2)
SEAM = timedelta(minutes=1)  # whether the ends belong to a window is not documented
WIDE_SWEEP_EVERY = timedelta(hours=24)
LEASE = timedelta(minutes=3)
TIME_BUDGET = timedelta(seconds=60)
TRIED_AGAIN_AFTER = (2.0,)  # seconds; what still fails waits for the next poll
LONGEST_PAUSE = 10.0
PAGE = 100
MOST_PAGES = 1000
OPEN_AGAIN_AFTER = timedelta(hours=24)
CLOSED_AGAIN_AFTER = timedelta(days=7)
CLOSED_FOLLOWED = timedelta(days=120)
REREAD_AT_ONCE = 30
POLL = "amazon_poll"

WORDS = {
    "created": ("createdAfter", "createdBefore"),
    "changed": ("changedAfter", "changedBefore"),
    "status": ("updatedAfter", "updatedBefore"),
}


def poll(shop_id: int) -> None:
    """Asks every connection of the shop what is new. May run twice, and may die half-way."""
    run(_read_again, shop_id)
    for connection_id in run(_connected, shop_id):
        if not run(_lease, shop_id, connection_id):
            continue
        try:
            _sweep(run(_connection, shop_id, connection_id))
            run(_note_good, shop_id, connection_id)
        except (RetryLater, GiveUp) as error:
            log.warning("amazon_poll_failed", connection_id=connection_id, error=error.detail)
            access.note_failure(shop_id, connection_id, error)
        finally:
            run(_release, shop_id, connection_id)
    run(map_again, shop_id)
    automatic.answer_by_rule(shop_id)
    run(drafting.draft_by_rule, shop_id)
    finance.read(shop_id)
    remittances.read(shop_id)
    disputes.follow(shop_id)
    reconciliation.reconcile(shop_id)
    run(unsettled.state, shop_id)


def _sweep(connection: Connection) -> None:
    """Sweeps, and once more after a moment when Amazon failed; windows already read stay read."""
    with access.client(connection) as client:
        for pause in (*TRIED_AGAIN_AFTER, None):
            try:
                return Sweep(client, connection).run()
            except NotAuthorised:
                raise
            except RetryLater as error:
                if pause is None:
                    raise
                wanted = error.after.total_seconds() if error.after else pause
                time.sleep(min(wanted, LONGEST_PAUSE))


class Sweep:
    """One run over one connection, within a time budget; what is left is done by the next run."""

    def __init__(self, client: VendorClient, connection: Connection) -> None:
        self.client = client
        self.shop_id = connection.shop_id
        self.connection = connection
        self.ends = datetime.now(UTC) + TIME_BUDGET

    def run(self) -> None:
        """Newest first, then what turned out to be missing, then what an open order may hide, then
        the past."""
        for kind in ("created", "changed", "status"):
            self._catch_up(kind)
        self._close_gaps()
        self._reread()
        while datetime.now(UTC) < self.ends:
            if not self._back_fill():
                return
        run(_ring_again, self.shop_id)

    def _catch_up(self, kind: str) -> None:
        now = datetime.now(UTC)
        window = run(_window, self.shop_id, self.connection.connection_id, kind)
        is_wide = now - window.wide_sweep_at >= WIDE_SWEEP_EVERY
        start = min(window.swept_to - OVERLAP, now - longest(self.connection) if is_wide else now)
        end = start
        while end < now and datetime.now(UTC) < self.ends:
            end = min(start + self._width(kind), now)
            self._sweep_one(kind, start, end, (kind, *WORDS[kind]))
            run(_advance, self.shop_id, self.connection.connection_id, kind, end, is_wide)
            start = end - SEAM

    def _close_gaps(self) -> None:
        """Sweeps again what turned out not to have been shown, in windows of the usual width."""
        for gap in run(coverage.gaps, self.shop_id, self.connection.connection_id):
            start = gap.start
            while start < gap.end and datetime.now(UTC) < self.ends:
                end = min(start + self._width("created"), gap.end)
                self._sweep_one("created", start, end, ("created", *WORDS["created"]))
                start = end

    def _back_fill(self) -> bool:
        """Reads one older window of created orders with their statuses; False when all is read."""
        window = run(_window, self.shop_id, self.connection.connection_id, "created")
        if window.swept_from <= window.goal_from:
            return False
        end = window.swept_from + SEAM
        start = max(window.goal_from, end - self._width("created"))
        words = WORDS["created"]
        self._sweep_one("created", start, end, ("created", *words), ("status", *words))
        run(_reach_back, self.shop_id, self.connection.connection_id, start)
        return True

    def _width(self, kind: str) -> timedelta:
        window = run(_window, self.shop_id, self.connection.connection_id, kind)
        return min(timedelta(seconds=window.width_seconds), longest(self.connection))

    def _sweep_one(
        self, kind: str, start: datetime, end: datetime, *questions: tuple[str, str, str]
    ) -> None:
        """Reads one window whole and counts it as covered. When Amazon fails at it, the next ones are
        half as long, and after each good one twice as long again."""
        asked = (self.connection.connection_id, kind)
        try:
            for question in questions:
                self._read_window(*question, start, end)
        except NotAuthorised:
            raise
        except RetryLater:
            run(coverage.narrow, self.shop_id, *asked, end - start, SHORTEST)
            raise
        run(coverage.add, self.shop_id, *asked, start, end, longest(self.connection))

    def _read_window(
        self, kind: str, after: str, before: str, start: datetime, end: datetime
    ) -> None:
        span = {after: _written(start), before: _written(end)}
        if kind == "status":
            for reply in _pages(self.client.purchase_orders_status, limit=PAGE, **span):
                self._statuses(reply.payload["ordersStatus"], read_from=start)
        else:
            for reply in _pages(self.client.purchase_orders, limit=PAGE, **span):
                run(store_orders, self.shop_id, self.connection, reply.payload["orders"])

    def _statuses(self, raw: Any, read_from: datetime | None = None) -> None:
        """Stores statuses; asks by name for orders that the windows read so far did not show."""
        unknown = run(store_raw_statuses, self.shop_id, self.connection, raw)
        if not unknown:
            return
        window = run(_window, self.shop_id, self.connection.connection_id, "created")
        back_fill_is_done = window.swept_from <= window.goal_from
        seen_from = min(window.swept_from, read_from or window.swept_from)
        missed = [paper for paper in unknown if back_fill_is_done or paper.ordered_at >= seen_from]
        for paper in missed:  # its window was read and did not show it, so it is asked for by name
            run(coverage.doubt, self.shop_id, self.connection.connection_id, paper.ordered_at)
            reply = self.client.purchase_order(paper.number)
            run(store_orders, self.shop_id, self.connection, [reply.payload])
        if missed:
            run(store_raw_statuses, self.shop_id, self.connection, raw)

    def _reread(self) -> None:
        """Reads the status of orders by number that no window has shown for long."""
        for number in run(_long_unseen, self.shop_id, self.connection.connection_id):
            if datetime.now(UTC) >= self.ends:
                return
            reply = self.client.purchase_orders_status(purchaseOrderNumber=number)
            self._statuses(reply.payload["ordersStatus"])
            run(_note_read, self.shop_id, self.connection.region or "", number)


def store_orders(session: Session, connection: Connection, raw: Any) -> None:
    """Stores one page of orders; one that cannot be read is put aside for a person, by itself."""
    good = []
    for one in _listed(raw):
        try:
            good.append(order_facts(one))
        except BadPaper as error:
            _put_aside(session, connection, "purchase_order", one, str(error))
    store(session, connection, good)


def store_raw_statuses(session: Session, connection: Connection, raw: Any) -> list[StatusFacts]:
    """Stores one page of statuses; returns those of orders we have never seen."""
    good = []
    for one in _listed(raw):
        try:
            good.append(status_facts(one))
        except BadPaper as error:
            _put_aside(session, connection, "purchase_order_status", one, str(error))
    return store_statuses(session, connection, good)


def read_status(client: VendorClient, shop_id: int, connection: Connection, number: str) -> None:
    """Reads the status of one order now and stores it."""
    reply = client.purchase_orders_status(purchaseOrderNumber=number)
    run(store_raw_statuses, shop_id, connection, reply.payload["ordersStatus"])


def _pages(ask: Callable[..., Reply], **filters: Any) -> Iterator[Reply]:
    """Every page of one question; the same filters go with each token."""
    token: str | None = None
    for page in count(1):
        reply = ask(**filters, nextToken=token)
        yield reply
        following = (reply.payload.get("pagination") or {}).get("nextToken") or None
        if following is None:
            return
        if following == token or page >= MOST_PAGES:
            raise RetryLater("Amazon's pages do not come to an end; the window is asked again.")
        token = following


def _listed(raw: Any) -> list[Any]:
    if not isinstance(raw, list):
        raise RetryLater("Amazon's page is not a list; the window is asked again.")
    return raw


def _put_aside(session: Session, connection: Connection, topic: str, raw: Any, reason: str) -> None:
    content = plain(raw)
    number = content.get("purchaseOrderNumber") if isinstance(content, dict) else None
    message_id = messages.record(
        session,
        direction="in",
        channel="amazon",
        topic=topic,
        key=f"{connection.region}:{number}:unreadable:{digest_of(content)}",
        reference=str(number)[:64] if number else None,
        request=content,
    )
    if message_id is not None:
        message = session.get(messages.Message, (shop_of(session), message_id))
        assert message is not None
        messages.bury(message, f"Amazon's paper cannot be read: {reason}.")
        message.response = {"connection_id": connection.connection_id}


def _read_again(session: Session) -> None:
    """Tries papers again that a person has asked to replay."""
    rows = {row.connection_id: row for row in _all(session)}
    for message in messages.take(session, direction="in", channel="amazon", limit=50):
        asked = int((message.response or {}).get("connection_id") or 0)
        connection = rows.get(asked) or next(iter(rows.values()), None)
        if connection is None:
            messages.bury(message, "Amazon is not connected.")
            continue
        try:
            if message.topic == "purchase_order":
                store(session, connection, [order_facts(message.request)])
            else:
                store_statuses(session, connection, [status_facts(message.request)])
            messages.finish(message)
        except BadPaper as error:
            messages.bury(message, f"Amazon's paper cannot be read: {error}.")


def longest(connection: Connection) -> timedelta:
    """How long one window may be."""
    return terms.days("window_days", connection.region or "na")


def reach(connection: Connection) -> timedelta:
    """How far back Amazon keeps orders."""
    return terms.days("history_days", connection.region or "na")


def _all(session: Session) -> list[Connection]:
    query = select(Connection).where(
        Connection.shop_id == shop_of(session), Connection.channel == "amazon"
    )
    return list(session.exec(query.order_by(col(Connection.connection_id))))


def _connected(session: Session) -> list[int]:
    return [row.connection_id for row in _all(session) if row.state == "connected"]


def _connection(session: Session, connection_id: int) -> Connection:
    return locked(session, connection_id)


def _lease(session: Session, connection_id: int) -> bool:
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


def _release(session: Session, connection_id: int) -> None:
    window = session.get(PollWindow, (shop_of(session), connection_id, "created"))
    if window is not None:
        window.leased_until = None


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


def _window(session: Session, connection_id: int, kind: str) -> PollWindow:
    return session.exec(
        select(PollWindow).where(
            PollWindow.shop_id == shop_of(session),
            PollWindow.connection_id == connection_id,
            PollWindow.kind == kind,
        )
    ).one()


def _advance(
    session: Session, connection_id: int, kind: str, swept_to: datetime, is_wide: bool
) -> None:
    window = _window(session, connection_id, kind)
    window.swept_to = max(window.swept_to, swept_to)
    if is_wide:
        window.wide_sweep_at = datetime.now(UTC)
    first = _window(session, connection_id, "created")
    if first.leased_until is not None:
        first.leased_until = datetime.now(UTC) + LEASE


def _reach_back(session: Session, connection_id: int, swept_from: datetime) -> None:
    window = _window(session, connection_id, "created")
    window.swept_from = min(window.swept_from, swept_from)
    window.leased_until = datetime.now(UTC) + LEASE


def _note_good(session: Session, connection_id: int) -> None:
    row = locked(session, connection_id)
    row.worked()
    session.add(row)
    worked(session, connection_id, "orders", "status")


def _ring_again(session: Session) -> None:
    ring_after_commit(session, POLL)


def _long_unseen(session: Session, connection_id: int) -> list[str]:
    now = datetime.now(UTC)
    read_at = col(PurchaseOrder.status_read_at)
    is_closed = col(PurchaseOrder.state) == "Closed"
    rows = session.exec(
        select(PurchaseOrder.number)
        .where(
            PurchaseOrder.shop_id == shop_of(session),
            PurchaseOrder.connection_id == connection_id,
            (~is_closed & (read_at.is_(None) | (read_at < now - OPEN_AGAIN_AFTER)))
            | (
                is_closed
                & (read_at < now - CLOSED_AGAIN_AFTER)
                & (col(PurchaseOrder.ordered_at) > now - CLOSED_FOLLOWED)
            ),
        )
        .order_by(read_at.nulls_first())
        .limit(REREAD_AT_ONCE)
    )
    return list(rows)


def _note_read(session: Session, region: str, number: str) -> None:
    order = session.get(PurchaseOrder, (shop_of(session), region, number))
    if order is not None:
        order.status_read_at = datetime.now(UTC)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
