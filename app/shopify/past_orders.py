"""The orders from before the books, read once when they are opened, so that a policy can be previewed.

Shopify shows an app the orders of the last 60 days, and all of them only with `read_all_orders`. Of
each line we keep which item, how many, where and when; nothing of the customer is asked for. When
goods came in is known only from ShopifyQL's inventory history, which needs `read_reports`: there, a
day's change of `available` that its orders do not explain is what came.

A machine of small steps like the counting's, whose place stands in `past_orders_run`.
Sources: Shopify, "Perform bulk operations with the GraphQL Admin API", access scopes, ShopifyQL.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from itertools import islice
from typing import IO

import structlog
from shopify.api_access import ApiAccess
from sqlalchemy import text
from sqlmodel import Session, select

from app import bell
from app.db import database_time, run, shop_of
from app.errors import GiveUp, RetryLater
from app.inventory import futures, past
from app.inventory.past import Past
from app.shopify import exports, history, items, tokens
from app.shopify.client import Json, ShopClient, document
from app.shopify.exports import batches, places
from app.shopify.order_books import active_locations
from app.shopify.payloads import identifier, when
from app.shopify.tables import CatalogImport, PastOrdersRun
from app.shops import this_shop

log = structlog.get_logger(__name__)

JOB = "past_orders"
ALL_ORDERS = "read_all_orders"
SHOWN = timedelta(days=60)
"""What Shopify shows without that scope."""
LONGEST = timedelta(days=366)
"""What a preview can look at."""
LEASE = timedelta(minutes=3)
POLL_SECONDS = 1.0
POLL_PAUSE = timedelta(seconds=15)
MOST_STEPS = 10
MOST_FAILURES = 20
LONGEST_PAUSE = timedelta(hours=1)
MOST_ROWS = 10_000
"""Of changes asked for at once; where there are as many, fewer days are asked for."""
CANCELLED = "CANCELLED"
Sleep = Callable[[float], None]

TRACKED = "SELECT item_id FROM item WHERE shop_id = :shop AND tracked"


@dataclass
class PastOrder:
    """One order of the export with its lines: id, quantity, variant; and where each is routed."""

    reference: str
    created_at: datetime
    cancelled_at: datetime | None
    lines: list[tuple[str, int, str | None]] = field(default_factory=list)
    routes: dict[str, tuple[str | None, bool]] = field(default_factory=dict)
    """Fulfilment order → location, and whether it was cancelled, as one that was moved is."""
    routed: list[tuple[str, str, int]] = field(default_factory=list)
    """Fulfilment order, line, units."""


def plan(session: Session, ground_at: datetime) -> None:
    """Has the past read, unless it was: once in the life of a shop's books."""
    opened_at = this_shop(session).opened_at
    if opened_at is not None and past.begin(session, opened_at, ground_at):
        session.add(PastOrdersRun(shop_id=shop_of(session), due_at=database_time()))
        bell.ring_after_commit(session, JOB)


def plan_where_open(session: Session) -> None:
    """Has the past read of a shop whose books were opened by a version that did not."""
    row = session.get(CatalogImport, shop_of(session))
    if row is not None and row.state == "done" and row.finished_at is not None:
        plan(session, row.finished_at)


def look_further(session: Session) -> bool:
    """Reads what a newly granted scope shows, all orders or when goods came in; whether there is."""
    cover, row = past.cover(session), session.get(PastOrdersRun, shop_of(session))
    connection = tokens.find(session)
    if cover is None or row is None or cover.state == "reading" or connection is None:
        return False
    if cover.is_limited and ApiAccess(connection.scopes).covers(ApiAccess(ALL_ORDERS)):
        past.forget(session, "order", "delivery")
        cover.state, cover.since, row.reached_on = "reading", None, None
        _move_on(session, "ask")
    elif cover.state == "whole" and not cover.sees_deliveries and history.may_read(session):
        row.reached_on = None
        _move_on(session, "deliveries")
    else:
        return False
    bell.ring_after_commit(session, JOB)
    return True


def wake(session: Session) -> None:
    """Makes a reading that waits for its file look again now."""
    session.execute(
        text("UPDATE past_orders_run SET due_at = now() WHERE shop_id = :shop AND step = 'wait'"),
        {"shop": shop_of(session)},
    )
    bell.ring_after_commit(session, JOB)


def read(shop_id: int, *, sleep: Sleep = time.sleep) -> None:
    """Takes the reading as far as it goes in one turn. May run twice, and may die half-way."""
    for _ in range(MOST_STEPS):
        row = run(_take, shop_id)
        if row is None:
            return
        try:
            STEPS[row.step](row, ShopClient(shop_id, sleep=sleep), sleep)
        except tokens.NotConnected as problem:
            run(_put_off, shop_id, problem, counts_as_failure=False)
            return
        except (RetryLater, GiveUp) as problem:
            run(_put_off, shop_id, problem)
            return
    run(_look_again, shop_id)


def _take(session: Session) -> PastOrdersRun | None:
    """The reading, if it is due; leased, so that a second worker leaves it alone."""
    row = session.exec(
        select(PastOrdersRun)
        .where(PastOrdersRun.shop_id == shop_of(session), PastOrdersRun.due_at <= database_time())  # type: ignore[operator]
        .with_for_update(skip_locked=True)
    ).first()
    if row is not None:
        row.due_at = database_time() + LEASE
        session.flush()
    return row


def _ask(row: PastOrdersRun, client: ShopClient, sleep: Sleep) -> None:
    """Shopify is asked to write the lines of all orders it shows us into one file."""
    since, until = run(_set_since, row.shop_id)
    period = f"created_at:>='{_written(since)}' created_at:<'{_written(until)}'"
    query = document("past_orders").replace("$PERIOD", period)
    asked = client.ask("bulk_run", query=query, grouped=True)["bulkOperationRunQuery"]
    operation = asked["bulkOperation"]
    if asked["userErrors"] or not operation:
        reasons = "; ".join(error["message"] for error in asked["userErrors"])
        raise RetryLater(f"Shopify does not start the export of past orders: {reasons}")
    run(_move_on, row.shop_id, "wait", operation_id=operation["id"], result_rows=0)


def _set_since(session: Session) -> tuple[datetime, datetime]:
    """From the first whole day of the shop that Shopify shows, up to the opening of the books."""
    cover = _cover(session)
    connection = tokens.find(session)
    scopes = ApiAccess(connection.scopes if connection else "")
    cover.unknown_lines = 0
    cover.is_limited = not scopes.covers(ApiAccess(ALL_ORDERS))
    if cover.since is None:
        zone = futures.zone_of(session)
        reached = database_time() - (SHOWN if cover.is_limited else LONGEST)
        first_day = reached.astimezone(zone).date() + timedelta(days=1)
        start = datetime.combine(first_day, clock(), zone).astimezone(UTC)
        cover.since = min(start, cover.opened_at)
    return cover.since, cover.opened_at


def _wait(row: PastOrdersRun, client: ShopClient, sleep: Sleep) -> None:
    try:
        operation = exports.finished(client, row.operation_id)
    except exports.NotExported as failure:
        run(_move_on, row.shop_id, "ask", operation_id=None)
        raise RetryLater(f"Shopify could not export past orders ({failure.code}).") from failure
    if operation is not None:
        run(_move_on, row.shop_id, "load", result_url=operation["url"])
        return
    sleep(POLL_SECONDS)
    run(_move_on, row.shop_id, "wait")


def _load(row: PastOrdersRun, client: ShopClient, sleep: Sleep) -> None:
    """Reads the file order by order and keeps what it holds; goes on where it was."""
    if row.result_url:
        with tempfile.TemporaryFile() as file:
            exports.download(row.result_url, file)
            done = row.result_rows
            for batch in batches(islice(orders_in(file), done, None)):
                done += len(batch)
                run(_keep, row.shop_id, batch, done)
    run(_end_of_orders, row.shop_id)


def orders_in(file: IO[bytes]) -> Iterator[PastOrder]:
    """The orders of an export that is grouped: each one's rows come after it, before the next."""
    order: PastOrder | None = None
    for entry in exports.entries(file):
        number, owner = entry.get("id") or "", identifier(entry.get("__parentId")) or ""
        if "/Order/" in number:
            if order is not None:
                yield order
            order = _order(entry)
        elif order is not None and "/LineItem/" in number:
            variant = identifier((entry["variant"] or {}).get("id"))
            order.lines.append((identifier(number) or "", entry["quantity"], variant))
        elif order is not None and "/FulfillmentOrder/" in number:
            place = (entry["assignedLocation"] or {}).get("location") or {}
            order.routes[identifier(number) or ""] = (
                identifier(place.get("id")),
                entry["status"] == CANCELLED,
            )
        elif order is not None and "/FulfillmentOrderLineItem/" in number:
            line = identifier(entry["lineItem"]["id"]) or ""
            order.routed.append((owner, line, entry["totalQuantity"]))
    if order is not None:
        yield order


def _order(entry: Json) -> PastOrder:
    created_at = when(entry["createdAt"])
    assert created_at is not None
    return PastOrder(identifier(entry["id"]) or "", created_at, when(entry["cancelledAt"]))


def _keep(session: Session, orders: Sequence[PastOrder], done: int) -> None:
    variants = {variant for one in orders for _, _, variant in one.lines if variant}
    known = items.item_ids_of(session, items.VARIANT, sorted(variants))
    tracked = set(session.execute(text(TRACKED), {"shop": shop_of(session)}).scalars())
    ours = places(session)
    first = next(iter(active_locations(session)), None)
    lines: list[Past] = []
    unknown = 0
    for order in orders:
        for line, units, variant in order.lines:
            item_id = known.get(variant or "")
            unknown += item_id is None
            if item_id is None or item_id not in tracked or first is None:
                continue
            for place, taken in _shares(order, line, units, ours, first.location_id).items():
                lines.append(
                    Past(
                        "order",
                        order.reference,
                        line,
                        item_id,
                        place,
                        taken,
                        order.created_at,
                        order.cancelled_at,
                    )
                )
    past.keep(session, lines)
    _cover(session).unknown_lines += unknown
    row = _locked(session)
    row.result_rows, row.due_at = done, database_time() + LEASE


def _shares(
    order: PastOrder, line: str, units: int, ours: dict[str, int], first: int
) -> dict[int, int]:
    """Units by the place they were taken from; what an edit took off the order is in none.

    An order that was cancelled has nothing to be fulfilled any more; it took all it says until then.
    """
    routed = [(route, taken) for route, one, taken in order.routed if one == line]
    if order.cancelled_at is not None or not routed:
        location = next(
            (order.routes[route][0] for route, _ in routed if route in order.routes), ""
        )
        return {ours.get(location or "", first): units} if units else {}
    found: dict[int, int] = defaultdict(int)
    left = units
    for route, there in routed:
        location, is_cancelled = order.routes.get(route, (None, False))
        taken = 0 if is_cancelled else min(there, left)
        left -= taken
        if taken:
            found[ours.get(location or "", first)] += taken
    return dict(found)


def _end_of_orders(session: Session) -> None:
    cover = _cover(session)
    if history.may_read(session):
        _move_on(session, "deliveries")
        return
    _end(session, cover, sees_deliveries=False)


def _deliveries(row: PastOrdersRun, client: ShopClient, sleep: Sleep) -> None:
    """What came in: each day's changes less its orders, for as many days at once as can be shown."""
    first, last = run(_days_left, row.shop_id)
    while first <= last:
        until = last
        changes = _changes_of(client, first, until)
        while changes is not None and len(changes) >= MOST_ROWS and first < until:
            until = first + (until - first) // 2
            changes = _changes_of(client, first, until)
        if changes is None or len(changes) >= MOST_ROWS:
            run(_without_deliveries, row.shop_id)
            return
        run(_keep_days, row.shop_id, first, until, changes)
        first = until + timedelta(days=1)
    run(_with_deliveries, row.shop_id)


def _days_left(session: Session) -> tuple[date, date]:
    """The whole days of the shop, first and last, before its books were opened, not read yet."""
    cover, zone = _cover(session), futures.zone_of(session)
    assert cover.since is not None
    reached = _locked(session).reached_on
    first = cover.since.astimezone(zone).date()
    last = cover.opened_at.astimezone(zone).date() - timedelta(days=1)
    return reached + timedelta(days=1) if reached else first, last


def _changes_of(
    client: ShopClient, first: date, last: date
) -> list[tuple[date, str, str, int]] | None:
    """Day, inventory item, location, change of what was available; None where it may not be read."""
    query = (
        f"FROM inventory_adjustment_history SHOW {history.CHANGE}"
        f" WHERE inventory_state = 'available' SINCE {first} UNTIL {last}"
        f" GROUP BY day, inventory_item_id, inventory_location_id ORDER BY day ASC LIMIT {MOST_ROWS}"
    )
    try:
        answer = client.ask("history", query=query)["shopifyqlQuery"]
    except GiveUp as refusal:
        log.warning("past_deliveries_refused", error=refusal.detail)
        return None
    table = (answer or {}).get("tableData")
    if not table or answer["parseErrors"]:
        log.warning("past_deliveries_unreadable", errors=(answer or {}).get("parseErrors"))
        return None
    return [
        (
            date.fromisoformat(str(one["day"])[:10]),
            str(one["inventory_item_id"]),
            str(one["inventory_location_id"]),
            int(float(one[history.CHANGE] or 0)),
        )
        for one in history.as_dicts(table)
    ]


def _keep_days(
    session: Session, first: date, last: date, changes: Sequence[tuple[date, str, str, int]]
) -> None:
    ours = places(session)
    known = items.item_ids_of(session, items.ITEM, {number for _, number, _, _ in changes})
    tracked = set(session.execute(text(TRACKED), {"shop": shop_of(session)}).scalars())
    past.keep_deliveries(
        session,
        first,
        last,
        futures.zone_of(session).key,
        [
            (day, known[number], ours[place], units)
            for day, number, place, units in changes
            if known.get(number) in tracked and place in ours
        ],
    )
    row = _locked(session)
    row.reached_on, row.due_at = last, database_time() + LEASE


def _with_deliveries(session: Session) -> None:
    _end(session, _cover(session), sees_deliveries=True)


def _without_deliveries(session: Session) -> None:
    """Half a history of deliveries would be worse than none."""
    past.forget(session, "delivery")
    _end(session, _cover(session), sees_deliveries=False)


def _end(session: Session, cover: past.PastCover, *, sees_deliveries: bool) -> None:
    cover.state, cover.sees_deliveries = "whole", sees_deliveries
    row = _locked(session)
    row.step, row.error, row.attempts = "done", None, 0
    row.operation_id = row.result_url = row.due_at = None
    log.info("past_orders_read", orders=row.result_rows, sees_deliveries=sees_deliveries)


def _cover(session: Session) -> past.PastCover:
    found = past.cover(session)
    if found is None:
        raise GiveUp("The reading of past orders was taken away.")
    return found


def _locked(session: Session) -> PastOrdersRun:
    row = session.get(PastOrdersRun, shop_of(session), with_for_update=True)
    if row is None:
        raise GiveUp("The reading of past orders was taken away.")
    return row


def _move_on(session: Session, /, to: str, **changes: object) -> None:
    row = _locked(session)
    row.step, row.error = to, None
    row.attempts = row.attempts if to in ("ask", "wait") else 0
    for name, value in changes.items():
        setattr(row, name, value)
    row.due_at = database_time()


def _put_off(
    session: Session, problem: RetryLater | GiveUp, *, counts_as_failure: bool = True
) -> None:
    """Later, and not at all after many failures: the preview then begins with the books."""
    row = _locked(session)
    row.attempts += counts_as_failure
    row.error = problem.detail
    log.warning("past_orders_put_off", step=row.step, error=problem.detail)
    if row.attempts >= MOST_FAILURES or isinstance(problem, GiveUp):
        past.forget(session, "order", "delivery")
        _cover(session).state, row.due_at = "failed", None
        return
    pause = min(LONGEST_PAUSE, timedelta(seconds=2 * 2 ** min(row.attempts, 12)))
    after = problem.after if isinstance(problem, RetryLater) else None
    row.due_at = database_time() + max(after or timedelta(), pause)


def _look_again(session: Session) -> None:
    row = _locked(session)
    if row.step == "wait":
        row.due_at = database_time() + POLL_PAUSE


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


STEPS: dict[str, Callable[[PastOrdersRun, ShopClient, Sleep], None]] = {
    "ask": _ask,
    "wait": _wait,
    "load": _load,
    "deliveries": _deliveries,
}
