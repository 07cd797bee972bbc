"""The catalogue import: items, locations, counts and open orders, then the opening balances.

A machine of small steps whose place stands in `catalog_import`, so that it goes on where it was
after any interruption: ask for a bulk operation, wait for it, load its result, read the open orders,
open the books. Webhooks that come in meanwhile wait, and are drained when the books are open.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import IO, Any

import structlog
from sqlalchemy import text
from sqlmodel import Session, col, select

from app import bell, messages
from app.db import database_time, run, shop_of
from app.errors import GiveUp, RetryLater
from app.shopify import catalog_opening, counting, counts, exports, items
from app.shopify.catalog_opening import KEPT_ORDER, locked
from app.shopify.client import Json, ShopClient, document
from app.shopify.exports import batches, known_levels
from app.shopify.payloads import identifier, when
from app.shopify.reading import read_order
from app.shopify.tables import CatalogImport
from app.shopify.tokens import NotConnected
from app.shops import this_shop

log = structlog.get_logger(__name__)

JOB = "catalog"
TURN = 40.0
"""Seconds of work for one shop before it rings for itself again."""
LEASE = timedelta(minutes=3)
MOST_FAILURES = 20
POLL_SECONDS = 1.0
MOST_POLLS = 10
"""Looks at a running export before the worker is left to other shops."""
POLL_PAUSE = timedelta(seconds=15)


def begin(session: Session) -> None:
    """Starts the import of this session's shop, anew if there was one; webhooks wait meanwhile."""
    row = session.get(CatalogImport, shop_of(session), with_for_update=True)
    runs = row.run if row else 0
    if row is not None:
        session.delete(row)
        session.flush()
    session.add(CatalogImport(shop_id=shop_of(session), run=runs + 1))
    this_shop(session).opened_at = None
    session.flush()
    counting.plan(session)
    bell.ring_after_commit(session, JOB)


def wake(session: Session) -> None:
    """Makes a waiting import look again now: its bulk operation has ended, or access is back."""
    session.execute(
        text(
            "UPDATE catalog_import SET due_at = now() WHERE shop_id = :shop"
            " AND state IN ('waiting', 'running') AND step = 'wait'"
        ),
        {"shop": shop_of(session)},
    )
    bell.ring_after_commit(session, JOB)


def step(shop_id: int, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Takes the import of a shop as far as it goes in one turn."""
    end = time.monotonic() + TURN
    polls = 0
    while row := run(_take, shop_id):
        try:
            STEPS[row.step](row, ShopClient(shop_id, sleep=sleep), sleep)
        except NotConnected as problem:
            run(_put_off, shop_id, problem, counts_as_failure=False)
            return
        except RetryLater as problem:
            run(_put_off, shop_id, problem)
        except GiveUp as problem:
            run(_fail, shop_id, problem.detail)
            return
        polls += row.step == "wait"
        if polls > MOST_POLLS:
            run(_look_again, shop_id)
            return
        if time.monotonic() > end:
            bell.ring(JOB, shop_id)
            return


def _take(session: Session) -> CatalogImport | None:
    """The import, if it is due; leased, so that a second worker leaves it alone."""
    row = session.exec(
        select(CatalogImport)
        .where(
            CatalogImport.shop_id == shop_of(session),
            col(CatalogImport.state).in_(("waiting", "running")),
            CatalogImport.due_at <= database_time(),
        )
        .with_for_update(skip_locked=True)
    ).first()
    if row is not None:
        row.state = "running"
        row.due_at = database_time() + LEASE
        session.flush()
    return row


def _ask(row: CatalogImport, client: ShopClient, sleep: Callable[[float], None]) -> None:
    """Locations now, and Shopify is asked to write all items into one file."""
    nodes = list(client.pages("locations", "locations"))
    run(_keep_all_locations, row.shop_id, nodes)
    asked = client.ask("bulk_run", query=document("catalog"))["bulkOperationRunQuery"]
    if asked["userErrors"] or not asked["bulkOperation"]:
        reasons = "; ".join(error["message"] for error in asked["userErrors"])
        raise RetryLater(f"Shopify does not start the export of the catalogue: {reasons}")
    operation = asked["bulkOperation"]
    run(
        _move_on,
        row.shop_id,
        "wait",
        operation_id=operation["id"],
        asked_at=when(operation["createdAt"]),
        result_rows=0,
        items=0,
        total=None,
    )


def _keep_all_locations(session: Session, nodes: Sequence[Json]) -> None:
    items.keep_locations(session, nodes, all_of_them=True)


def _wait(row: CatalogImport, client: ShopClient, sleep: Callable[[float], None]) -> None:
    """Until the file is written; the webhook bulk_operations/finish makes it look sooner."""
    try:
        written = exports.finished(client, row.operation_id)
    except exports.NotExported as given_up:
        run(_move_on, row.shop_id, "ask", operation_id=None)
        raise RetryLater(f"Shopify could not export the catalogue ({given_up.code}).") from None
    if written is not None:
        count = int(written["rootObjectCount"] or 0)
        run(_move_on, row.shop_id, "load", result_url=written["url"], total=count)
        return
    sleep(POLL_SECONDS)
    run(_move_on, row.shop_id, "wait")


def _load(row: CatalogImport, client: ShopClient, sleep: Callable[[float], None]) -> None:
    """Reads the file line by line and keeps what it holds; goes on where it was."""
    if row.result_rows == 0:
        run(counts.forget, row.shop_id)
    if row.result_url:
        with tempfile.TemporaryFile() as file:
            exports.download(row.result_url, file)
            _keep_result(row, file)
    run(_move_on, row.shop_id, "orders", cursor=None, orders=0)


def _keep_result(row: CatalogImport, file: IO[bytes]) -> None:
    """Items first, as levels may stand anywhere in the file; then the levels, in passing."""
    nodes, variants = _parents(file)
    facts = [items.facts_of_inventory_item(node, variants.get(node["id"], ())) for node in nodes]
    done = row.result_rows
    for batch in batches(iter(facts[done:])):
        done += len(batch)
        run(_keep_items, row.shop_id, batch, done)
    skipped = max(0, done - len(facts))
    for levels in batches(islice(_levels(file), skipped, None)):
        done += len(levels)
        run(_keep_levels, row.shop_id, levels, row.asked_at or row.started_at, done)


def _parents(file: IO[bytes]) -> tuple[list[Json], dict[str, list[Json]]]:
    nodes: list[Json] = []
    variants: dict[str, list[Json]] = defaultdict(list)
    for entry in exports.entries(file):
        if "/InventoryItem/" in entry.get("id", ""):
            nodes.append(entry)
        elif "/ProductVariant/" in entry.get("id", ""):
            variants[entry["__parentId"]].append(entry)
    return nodes, variants


def _levels(file: IO[bytes]) -> Iterator[Json]:
    return (entry for entry in exports.entries(file) if "/InventoryLevel/" in entry.get("id", ""))


def _keep_items(session: Session, batch: Sequence[items.ItemFacts], done: int) -> None:
    items.upsert(session, batch)
    row = locked(session)
    row.items, row.result_rows = done, done
    row.due_at = database_time() + LEASE


def _keep_levels(
    session: Session, levels: Sequence[Json], observed_at: datetime, done: int
) -> None:
    counted = []
    for entry, item_id, location_id in known_levels(session, levels):
        moment = when(entry.get("updatedAt")) or observed_at
        counted += counts.of_level(entry, item_id, location_id, moment, sparse=True)
    counts.keep(session, counted)
    row = locked(session)
    row.result_rows = done
    row.due_at = database_time() + LEASE


def _read_orders(row: CatalogImport, client: ShopClient, sleep: Callable[[float], None]) -> None:
    """Every open order, and those that we hold units for from before; kept until the opening."""
    end = time.monotonic() + TURN
    cursor, more = row.cursor, True
    if cursor is None:
        for reference in run(_orders_held, row.shop_id):
            _import_order(row, client, reference)
    while more:
        found = client.ask("open_orders", after=cursor)["orders"]
        for node in found["nodes"]:
            _import_order(row, client, identifier(node["id"]) or "")
        cursor, more = found["pageInfo"]["endCursor"], found["pageInfo"]["hasNextPage"]
        if more:
            run(_move_on, row.shop_id, "orders", cursor=cursor, lease=True)
            if time.monotonic() > end:
                run(_move_on, row.shop_id, "orders")
                return
    run(_move_on, row.shop_id, "open")


def _import_order(row: CatalogImport, client: ShopClient, reference: str) -> None:
    kept = read_order(client, reference)
    if kept is not None:
        run(_keep_order, row.shop_id, row.run, kept)


def _keep_order(session: Session, import_run: int, kept: Json) -> None:
    # Never waiting: the opening takes it up itself, in its own transaction.
    messages.record(
        session,
        direction="in",
        channel="shopify",
        topic=KEPT_ORDER,
        key=f"import/{import_run}/{kept['id']}",
        reference=kept["id"],
        request=kept,
        occurred_at=when(kept["updated_at"]),
        state="done",
    )
    row = locked(session)
    row.orders += 1
    row.due_at = database_time() + LEASE


def _orders_held(session: Session) -> list[str]:
    rows = session.execute(
        text(
            "SELECT DISTINCT reference FROM document JOIN hold USING (shop_id, document_id)"
            " WHERE shop_id = :shop AND kind = 'shopify_order' AND held > 0 ORDER BY reference"
        ),
        {"shop": shop_of(session)},
    )
    return list(rows.scalars())


def _move_on(session: Session, /, to: str, *, lease: bool = False, **changes: Any) -> None:
    row = locked(session)
    row.step, row.error = to, None
    # An export that fails at Shopify's end goes back to `ask`, and is not asked for without end.
    row.attempts = row.attempts if to in ("ask", "wait") else 0
    for name, value in changes.items():
        setattr(row, name, value)
    row.due_at = database_time() + (LEASE if lease else timedelta())


def _put_off(session: Session, problem: RetryLater, *, counts_as_failure: bool = True) -> None:
    row = locked(session)
    row.attempts += counts_as_failure
    row.error = problem.detail
    if row.attempts >= MOST_FAILURES:
        _end_failed(row)
        return
    pause = timedelta(seconds=min(300, 2 * 2 ** min(row.attempts, 8)))
    row.due_at = database_time() + max(problem.after or timedelta(), pause)
    log.warning("catalog_import_put_off", step=row.step, error=problem.detail)


def _look_again(session: Session) -> None:
    row = locked(session)
    if row.step == "wait":
        row.due_at = database_time() + POLL_PAUSE


def _fail(session: Session, detail: str) -> None:
    row = locked(session)
    row.error = detail
    _end_failed(row)


def _end_failed(row: CatalogImport) -> None:
    row.state, row.finished_at = "failed", database_time()
    log.error("catalog_import_failed", step=row.step, error=row.error)


STEPS: dict[str, Callable[[CatalogImport, ShopClient, Callable[[float], None]], None]] = {
    "ask": _ask,
    "wait": _wait,
    "load": _load,
    "orders": _read_orders,
    "open": catalog_opening.open_books,
}
