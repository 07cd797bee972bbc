"""One run over one connection: what is new, what turned out to be missing, and half a year back.

Three questions are swept over time: orders created, orders changed, statuses updated. A window counts
as covered only when its last page was read well; anything else leaves it where it was. The newest days
come first, then half a year back, a window at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlmodel import Session, col, select

from app.bell import ring_after_commit
from app.connections import Connection
from app.db import run, shop_of
from app.errors import RetryLater
from app.vendor import access
from app.vendor.client import NotAuthorised, VendorClient
from app.vendor.papers import OrderFacts, StatusFacts
from app.vendor.polling import coverage, windows
from app.vendor.polling.filing import store_order_page, store_orders, store_status_page
from app.vendor.polling.pages import Ahead, Papers, orders_in, pages, statuses_in
from app.vendor.polling.windows import OVERLAP, POLL, SEAM, SHORTEST, longest, span, window_of
from app.vendor.tables import PurchaseOrder

Page = TypeVar("Page")

WIDE_SWEEP_EVERY = timedelta(hours=24)
TIME_BUDGET = timedelta(seconds=60)
TRIED_AGAIN_AFTER = (2.0,)  # seconds; what still fails waits for the next poll
LONGEST_PAUSE = 10.0
PAGE = 100
OPEN_AGAIN_AFTER = timedelta(hours=24)
CLOSED_AGAIN_AFTER = timedelta(days=7)
CLOSED_FOLLOWED = timedelta(days=120)
REREAD_AT_ONCE = 30


def sweep(connection: Connection) -> None:
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
        window = run(window_of, self.shop_id, self.connection.connection_id, kind)
        is_wide = now - window.wide_sweep_at >= WIDE_SWEEP_EVERY
        start = min(window.swept_to - OVERLAP, now - longest(self.connection) if is_wide else now)
        end = start
        while end < now and datetime.now(UTC) < self.ends:
            end = min(start + self._width(kind), now)
            self._sweep_one(kind, start, end)
            run(windows.advance, self.shop_id, self.connection.connection_id, kind, end, is_wide)
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
        window's statuses are stored after its orders. Every run reads one window at least, however
        slow all else was, so that the past comes to an end.
        """
        past = self._past()
        if not past:
            return True
        with (
            Ahead(_one_after_the_other(self._order_pages, past)) as orders,
            Ahead(_one_after_the_other(self._status_pages, past)) as statuses,
        ):
            for start, end in past:
                with self._covering("created", start, end):
                    for page in _of_one_window(orders):
                        run(store_order_page, self.shop_id, self.connection, page)
                    for stated in _of_one_window(statuses):
                        self._store_statuses(stated, start)
                run(windows.reach_back, self.shop_id, self.connection.connection_id, start)
                if datetime.now(UTC) >= self.ends:
                    break
        return start <= past[-1][0]

    def _past(self) -> list[tuple[datetime, datetime]]:
        """The windows of the past that are not read yet, the newest first."""
        window = run(window_of, self.shop_id, self.connection.connection_id, "created")
        widest, width = longest(self.connection), timedelta(seconds=window.width_seconds)
        reached, found = window.swept_from, []
        while reached > window.goal_from:
            end = reached + SEAM
            reached = max(window.goal_from, end - min(width, widest))
            found.append((reached, end))
            width *= 2  # as each good window makes the next one
        return found

    def _width(self, kind: str) -> timedelta:
        window = run(window_of, self.shop_id, self.connection.connection_id, kind)
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
        for payload in pages(self.orders.purchase_orders, limit=PAGE, **span(words, start, end)):
            yield orders_in(payload["orders"])

    def _status_pages(
        self, start: datetime, end: datetime, words: str = "created"
    ) -> Iterator[Papers[StatusFacts]]:
        ask = self.statuses.purchase_orders_status
        for payload in pages(ask, limit=PAGE, **span(words, start, end)):
            yield statuses_in(payload["ordersStatus"])

    def _store_statuses(self, page: Papers[StatusFacts], read_from: datetime | None = None) -> None:
        """Stores statuses; asks by name for orders that the windows read so far did not show."""
        unknown = run(store_status_page, self.shop_id, self.connection, page)
        if not unknown:
            return
        window = run(window_of, self.shop_id, self.connection.connection_id, "created")
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
