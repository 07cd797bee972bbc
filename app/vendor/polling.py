"""Asking Amazon what is new: overlapping windows without a gap, and what they may have missed.

Three questions are swept over time for each connection: orders created, orders changed, statuses
updated. A window counts as covered only when its last page was read well; anything else leaves it
where it was. The newest days come first, then half a year back, a window at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import structlog
from sqlmodel import Session, col, select

from app import messages
from app.bell import ring_after_commit
from app.connections import Connection, locked
from app.db import run, shop_of
from app.errors import GiveUp, RetryLater
from app.vendor import access, coverage, drafting, past_orders, terms
from app.vendor.answering import automatic
from app.vendor.bank import matching as bank
from app.vendor.cash import unsettled
from app.vendor.client import NotAuthorised, VendorClient
from app.vendor.disputes import working as disputes
from app.vendor.finance import reading as finance
from app.vendor.orders import map_again, store
from app.vendor.pages import Ahead, Papers, orders_in, pages, statuses_in
from app.vendor.papers import (
    BadPaper,
    OrderFacts,
    StatusFacts,
    digest_of,
    order_facts,
    plain,
    status_facts,
)
from app.vendor.payments import findings as payment_findings
from app.vendor.payments import reading as remittances
from app.vendor.receipts import store_statuses
from app.vendor.reconciliation import restating as reconciliation
from app.vendor.self_test.asking import worked
from app.vendor.tables import PollWindow, PurchaseOrder

log = structlog.get_logger(__name__)

Page = TypeVar("Page")

SHORTEST = timedelta(hours=1)  # a window that keeps failing is asked for in parts down to this
OVERLAP = timedelta(hours=2)
SEAM = timedelta(minutes=1)  # whether the ends belong to a window is not documented
WIDE_SWEEP_EVERY = timedelta(hours=24)
LEASE = timedelta(minutes=3)
TIME_BUDGET = timedelta(seconds=60)
TRIED_AGAIN_AFTER = (2.0,)  # seconds; what still fails waits for the next poll
LONGEST_PAUSE = 10.0
PAGE = 100
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
    run(past_orders.keep, shop_id)
    automatic.answer_by_rule(shop_id)
    run(drafting.draft_by_rule, shop_id)
    finance.read(shop_id)
    remittances.read(shop_id)
    run(payment_findings.state, shop_id)
    run(bank.state, shop_id)
    disputes.follow(shop_id)
    reconciliation.reconcile(shop_id)
    run(unsettled.state, shop_id)


def _sweep(connection: Connection) -> None:
    """Sweeps, and once more after a moment when Amazon failed; windows already read stay read."""
    with (
        access.client(connection) as client,
        access.client(connection) as orders,
        access.client(connection) as statuses,
    ):
        for pause in (*TRIED_AGAIN_AFTER, None):
            try:
                return Sweep(connection, client, orders, statuses).run()
            except NotAuthorised:
                raise
            except RetryLater as error:
                if pause is None:
                    raise
                wanted = error.after.total_seconds() if error.after else pause
                time.sleep(min(wanted, LONGEST_PAUSE))


class Sweep:
    """One run over one connection, within a time budget; what is left is done by the next run.

    Pages of orders and of statuses are read by clients of their own, in threads of their own.
    """

    def __init__(
        self,
        connection: Connection,
        client: VendorClient,
        orders: VendorClient,
        statuses: VendorClient,
    ) -> None:
        self.client, self.orders, self.statuses = client, orders, statuses
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
        if not self._back_fill():
            run(_ring_again, self.shop_id)

    def _catch_up(self, kind: str) -> None:
        now = datetime.now(UTC)
        window = run(_window, self.shop_id, self.connection.connection_id, kind)
        is_wide = now - window.wide_sweep_at >= WIDE_SWEEP_EVERY
        start = min(window.swept_to - OVERLAP, now - longest(self.connection) if is_wide else now)
        end = start
        while end < now and datetime.now(UTC) < self.ends:
            end = min(start + self._width(kind), now)
            self._sweep_one(kind, start, end)
            run(_advance, self.shop_id, self.connection.connection_id, kind, end, is_wide)
            start = end - SEAM

    def _close_gaps(self) -> None:
        """Sweeps again what turned out not to have been shown, in windows of the usual width."""
        for gap in run(coverage.gaps, self.shop_id, self.connection.connection_id):
            start = gap.start
            while start < gap.end and datetime.now(UTC) < self.ends:
                end = min(start + self._width("created"), gap.end)
                self._sweep_one("created", start, end)
                start = end

    def _back_fill(self) -> bool:
        """Reads older windows of created orders with their statuses; True when all is read.

        Orders and statuses are asked side by side, each one page ahead of what is being stored; a
        window's statuses are stored after its orders.
        """
        windows = self._past()
        if not windows or datetime.now(UTC) >= self.ends:
            return not windows
        with (
            Ahead(_one_after_the_other(self._order_pages, windows)) as orders,
            Ahead(_one_after_the_other(self._status_pages, windows)) as statuses,
        ):
            for start, end in windows:
                if datetime.now(UTC) >= self.ends:
                    return False
                with self._covering("created", start, end):
                    for page in _of_one_window(orders):
                        run(store_order_page, self.shop_id, self.connection, page)
                    for stated in _of_one_window(statuses):
                        self._store_statuses(stated, start)
                run(_reach_back, self.shop_id, self.connection.connection_id, start)
        return True

    def _past(self) -> list[tuple[datetime, datetime]]:
        """The windows of the past that are not read yet, the newest first."""
        window = run(_window, self.shop_id, self.connection.connection_id, "created")
        widest, width = longest(self.connection), timedelta(seconds=window.width_seconds)
        reached, found = window.swept_from, []
        while reached > window.goal_from:
            end = reached + SEAM
            reached = max(window.goal_from, end - min(width, widest))
            found.append((reached, end))
            width *= 2  # as each good window makes the next one
        return found

    def _width(self, kind: str) -> timedelta:
        window = run(_window, self.shop_id, self.connection.connection_id, kind)
        return min(timedelta(seconds=window.width_seconds), longest(self.connection))

    def _sweep_one(self, kind: str, start: datetime, end: datetime) -> None:
        """Reads one window whole."""
        with self._covering(kind, start, end):
            if kind == "status":
                with Ahead(self._status_pages(start, end, kind)) as statuses:
                    for stated in statuses:
                        self._store_statuses(stated, start)
            else:
                with Ahead(self._order_pages(start, end, kind)) as orders:
                    for page in orders:
                        run(store_order_page, self.shop_id, self.connection, page)

    @contextmanager
    def _covering(self, kind: str, start: datetime, end: datetime) -> Iterator[None]:
        """Counts a window as covered. When Amazon fails at it, the next ones are half as long, and
        after each good one twice as long again."""
        asked = (self.connection.connection_id, kind)
        try:
            yield
        except NotAuthorised:
            raise
        except RetryLater:
            run(coverage.narrow, self.shop_id, *asked, end - start, SHORTEST)
            raise
        run(coverage.add, self.shop_id, *asked, start, end, longest(self.connection))

    def _order_pages(
        self, start: datetime, end: datetime, words: str = "created"
    ) -> Iterator[Papers[OrderFacts]]:
        for payload in pages(self.orders.purchase_orders, limit=PAGE, **_span(words, start, end)):
            yield orders_in(payload["orders"])

    def _status_pages(
        self, start: datetime, end: datetime, words: str = "created"
    ) -> Iterator[Papers[StatusFacts]]:
        ask, span = self.statuses.purchase_orders_status, _span(words, start, end)
        for payload in pages(ask, limit=PAGE, **span):
            yield statuses_in(payload["ordersStatus"])

    def _store_statuses(self, page: Papers[StatusFacts], read_from: datetime | None = None) -> None:
        """Stores statuses; asks by name for orders that the windows read so far did not show."""
        unknown = run(store_status_page, self.shop_id, self.connection, page)
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
            run(store_status_page, self.shop_id, self.connection, page)

    def _reread(self) -> None:
        """Reads the status of orders by number that no window has shown for long."""
        for number in run(_long_unseen, self.shop_id, self.connection.connection_id):
            if datetime.now(UTC) >= self.ends:
                return
            reply = self.client.purchase_orders_status(purchaseOrderNumber=number)
            self._store_statuses(statuses_in(reply.payload["ordersStatus"]))
            run(_note_read, self.shop_id, self.connection.region or "", number)


def store_orders(session: Session, connection: Connection, raw: Any) -> None:
    """Stores orders as Amazon writes them; one that cannot be read is put aside for a person."""
    store_order_page(session, connection, orders_in(raw))


def store_order_page(session: Session, connection: Connection, page: Papers[OrderFacts]) -> None:
    """Stores one page of orders; those that cannot be read are put aside, each by itself."""
    for one, reason in page.bad:
        _put_aside(session, connection, "purchase_order", one, reason)
    store(session, connection, page.good)


def store_raw_statuses(session: Session, connection: Connection, raw: Any) -> list[StatusFacts]:
    """Stores statuses as Amazon writes them; returns those of orders we have never seen."""
    return store_status_page(session, connection, statuses_in(raw))


def store_status_page(
    session: Session, connection: Connection, page: Papers[StatusFacts]
) -> list[StatusFacts]:
    """Stores one page of statuses; returns those of orders we have never seen."""
    for one, reason in page.bad:
        _put_aside(session, connection, "purchase_order_status", one, reason)
    return store_statuses(session, connection, page.good)


def read_status(client: VendorClient, shop_id: int, connection: Connection, number: str) -> None:
    """Reads the status of one order now and stores it."""
    reply = client.purchase_orders_status(purchaseOrderNumber=number)
    run(store_raw_statuses, shop_id, connection, reply.payload["ordersStatus"])


def _one_after_the_other(
    read: Callable[[datetime, datetime], Iterator[Page]],
    windows: Sequence[tuple[datetime, datetime]],
) -> Iterator[Page | None]:
    """The pages of these windows, and None after the last one of each."""
    for start, end in windows:
        yield from read(start, end)
        yield None


def _of_one_window(read: Iterator[Page | None]) -> Iterator[Page]:
    for page in read:
        if page is None:
            return
        yield page


def _span(words: str, start: datetime, end: datetime) -> dict[str, str]:
    after, before = WORDS[words]
    return {after: _written(start), before: _written(end)}


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
