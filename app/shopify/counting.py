"""Counting: a scheduled reading of all of Shopify's quantities, and what becomes of differences.

The reading is a small machine like the catalogue import's, whose place stands in `count_run`. Every
turn ends with a comparison: what is doubtful is read again, what is certain is explained and, where
the shop's policy says so, adopted. Nothing here ever overwrites a balance.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import IO

import structlog
from sqlmodel import Session, select

from app import bell
from app.config import settings
from app.db import database_time, run, shop_of
from app.errors import GiveUp, RetryLater
from app.inventory.counts import adopt_by_policy, compare, recently_counted
from app.preferences import shop_preference
from app.shopify import (
    counts,
    exports,
    history,
    items,
    past_orders,
    requests,
    tokens,
    transfers,
)
from app.shopify.client import Json, ShopClient, document
from app.shopify.exports import batches, known_levels
from app.shopify.payloads import when
from app.shopify.tables import CountRun
from app.shops import this_shop

log = structlog.get_logger(__name__)

JOB = "count"
LEASE = timedelta(minutes=3)
POLL_SECONDS = 1.0
POLL_PAUSE = timedelta(seconds=15)
MOST_POLLS = 10
LONGEST_PAUSE = timedelta(hours=1)
LOOKED_BACK = timedelta(minutes=10)
"""Counts that came in within this time are compared each round."""
ITEMS_AT_ONCE = 50
"""Doubtful items that are read again in one round."""
Sleep = Callable[[float], None]


def begin(session: Session) -> None:
    """Makes a reading of all quantities due now, unless one is under way."""
    row = _row(session)
    if row.step == "ask":
        row.due_at = database_time()
    bell.ring_after_commit(session, JOB)


def plan(session: Session) -> None:
    """Has all quantities read for the first time when the next regular time comes."""
    _row(session)


def wake(session: Session) -> None:
    """Makes a reading that waits for its file look again now."""
    row = session.get(CountRun, shop_of(session), with_for_update=True)
    if row is not None and row.step == "wait":
        row.due_at = database_time()
        bell.ring_after_commit(session, JOB)


def count(shop_id: int, *, sleep: Sleep = time.sleep) -> None:
    """Takes the reading as far as it goes in one turn, then compares what was counted."""
    if not run(_may_count, shop_id):
        run(_postpone, shop_id)
        return
    for _ in range(MOST_POLLS):
        row = run(_take, shop_id)
        if row is None:
            break
        try:
            STEPS[row.step](row, ShopClient(shop_id, sleep=sleep), sleep)
        except (RetryLater, GiveUp) as problem:
            run(_put_off, shop_id, problem)
            break
    else:
        run(_look_again, shop_id)
    run(_compare_recent, shop_id)


def compare_items(session: Session, item_ids: Sequence[int] | None) -> None:
    """Compares these items (or all) now, asks again what is doubtful, explains what is certain."""
    if this_shop(session).opened_at is None:
        return
    found = compare(
        session,
        counts.SOURCE,
        items=item_ids,
        busy=counts.busy_items(session),
        grace=timedelta(seconds=settings().count_grace_seconds),
    )
    now = database_time().isoformat()
    doubtful = sorted(found.doubtful)[:ITEMS_AT_ONCE]
    _read_again(session, doubtful, now)
    transfers.ask_about(session, doubtful, f"count {now}")
    if found.opened:
        log.info("differences_opened", count=len(found.opened))
    history.look_for(session, history.unexplained(session, counts.SOURCE))
    adopt_by_policy(session, counts.SOURCE, shop_preference(session).adopt_differences)


def _compare_recent(session: Session) -> None:
    since = database_time() - LOOKED_BACK
    compare_items(session, recently_counted(session, counts.SOURCE, since))


def _read_again(session: Session, item_ids: Sequence[int], because: str) -> None:
    numbers = items.numbers_of(session, items.ITEM, item_ids)
    requests.ask_for(
        session, requests.READ_LEVELS, [(number, number) for number in numbers], f"count {because}"
    )


def _may_count(session: Session) -> bool:
    connection = tokens.find(session)
    connected = connection is not None and connection.state == "connected"
    return connected and this_shop(session).opened_at is not None


def _row(session: Session) -> CountRun:
    row = session.get(CountRun, shop_of(session), with_for_update=True)
    if row is None:
        row = CountRun(shop_id=shop_of(session), due_at=_next_time())
        session.add(row)
        session.flush()
    return row


def _postpone(session: Session) -> None:
    _row(session).due_at = _next_time()


def _next_time() -> datetime:
    return database_time() + timedelta(hours=settings().count_hours)


def _take(session: Session) -> CountRun | None:
    """The reading, if it is due; leased, so that a second worker leaves it alone."""
    _row(session)
    row = session.exec(
        select(CountRun)
        .where(CountRun.shop_id == shop_of(session), CountRun.due_at <= database_time())
        .with_for_update(skip_locked=True)
    ).first()
    if row is not None:
        row.due_at = database_time() + LEASE
        session.flush()
    return row


def _ask(row: CountRun, client: ShopClient, sleep: Sleep) -> None:
    """Shopify is asked to write all levels, inactive ones too, into one file."""
    # Our own clock, as Shopify's time stamp is cut to the second before.
    asked_at = database_time()
    asked = client.ask("bulk_run", query=document("counts"))["bulkOperationRunQuery"]
    operation = asked["bulkOperation"]
    if asked["userErrors"] or not operation:
        reasons = "; ".join(error["message"] for error in asked["userErrors"])
        raise RetryLater(f"Shopify does not start the export of its quantities: {reasons}")
    run(
        _move_on,
        row.shop_id,
        "wait",
        operation_id=operation["id"],
        asked_at=asked_at,
        result_rows=0,
    )


def _wait(row: CountRun, client: ShopClient, sleep: Sleep) -> None:
    try:
        operation = exports.finished(client, row.operation_id)
    except exports.NotExported as failure:
        run(_move_on, row.shop_id, "ask", operation_id=None)
        raise RetryLater(f"Shopify could not export its quantities ({failure.code}).") from failure
    if operation is not None:
        run(_move_on, row.shop_id, "load", result_url=operation["url"])
        return
    sleep(POLL_SECONDS)
    run(_move_on, row.shop_id, "wait")


def _load(row: CountRun, client: ShopClient, sleep: Sleep) -> None:
    if row.result_url:
        with tempfile.TemporaryFile() as file:
            exports.download(row.result_url, file)
            _keep_result(row, file)
    run(_finish, row.shop_id)


def _keep_result(row: CountRun, file: IO[bytes]) -> None:
    levels = (one for one in exports.entries(file) if "/InventoryLevel/" in one.get("id", ""))
    done = row.result_rows
    for batch in batches(islice(levels, done, None)):
        done += len(batch)
        run(_keep_levels, row.shop_id, batch, row.asked_at or database_time(), done)


def _keep_levels(session: Session, levels: Sequence[Json], read_at: datetime, done: int) -> None:
    counted = []
    for entry, item_id, location_id in known_levels(session, levels):
        moment = when(entry.get("updatedAt")) or read_at
        counted += counts.of_level(entry, item_id, location_id, moment, read_at=read_at)
    counts.keep(session, counted, sparse=True)
    row = _row(session)
    row.result_rows, row.due_at = done, database_time() + LEASE


def _finish(session: Session) -> None:
    """All is read: everything is compared once, and the next reading has its time."""
    transfers.ask_for_all(session, f"count {database_time().isoformat()}")
    past_orders.plan_where_open(session)
    compare_items(session, None)
    row = _row(session)
    log.info("counted", levels=row.result_rows)
    row.step, row.operation_id, row.result_url = "ask", None, None
    row.attempts, row.error = 0, None
    row.finished_at, row.due_at = database_time(), _next_time()


def _move_on(session: Session, /, to: str, **changes: object) -> None:
    row = _row(session)
    row.step, row.error = to, None
    row.attempts = row.attempts if to in ("ask", "wait") else 0
    for name, value in changes.items():
        setattr(row, name, value)
    row.due_at = database_time()


def _put_off(session: Session, problem: RetryLater | GiveUp) -> None:
    row = _row(session)
    row.attempts += 1
    row.error = problem.detail
    pause = min(LONGEST_PAUSE, timedelta(seconds=2 * 2 ** min(row.attempts, 12)))
    after = problem.after if isinstance(problem, RetryLater) else None
    row.due_at = database_time() + max(after or timedelta(), pause)
    log.warning("counting_put_off", step=row.step, error=problem.detail)


def _look_again(session: Session) -> None:
    row = _row(session)
    if row.step == "wait":
        row.due_at = database_time() + POLL_PAUSE


STEPS: dict[str, Callable[[CountRun, ShopClient, Sleep], None]] = {
    "ask": _ask,
    "wait": _wait,
    "load": _load,
}
