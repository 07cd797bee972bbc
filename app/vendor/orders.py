"""Purchase orders as they come in: stored once per content, every version kept, holds restated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, col, select

from app import messages
from app.connections import BY_FILE, Connection
from app.db import shop_of
from app.messages import Recorded
from app.vendor import new_orders
from app.vendor.items import Named, resolve
from app.vendor.papers import LineFacts, OrderFacts, plain
from app.vendor.promises import OrderKey, lines_of, restate
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine, PurchaseOrderVersion

HEADER_FIELDS = (
    "state",
    "type",
    "payment_method",
    "vendor_code",
    "ship_to",
    "ship_start",
    "ship_end",
    "delivery_start",
    "delivery_end",
)
LINE_FIELDS = (
    "ordered_units",
    "ordered_unit",
    "unit_size",
    "cost",
    "cost_currency",
    "back_order_allowed",
    "asin",
    "vendor_sku",
    "removed",
)


@dataclass
class Change:
    """One order whose content is new, and what differs from the content before."""

    order: PurchaseOrder
    facts: OrderFacts
    changes: list[dict[str, Any]]


def store(
    session: Session,
    connection: Connection,
    papers: Sequence[OrderFacts],
    *,
    import_id: int | None = None,
) -> list[OrderKey]:
    """Stores what is new in these papers and restates the holds of what changed.

    Guarantees: the same paper again changes nothing; of what Amazon's API shows, an older paper
    never replaces a newer one, and it replaces what a file said; each new content is one version
    and one message; returns the orders whose content is new.
    """
    assert connection.region is not None
    session.flush()
    newest = _newest(papers)
    known = locked_orders(session, connection.region, sorted(newest))
    now = datetime.now(UTC)
    new: list[OrderFacts] = []
    again: list[tuple[PurchaseOrder, OrderFacts]] = []
    for number, facts in sorted(newest.items()):
        order = known.get(number)
        if order is None:
            new.append(facts)
            continue
        order.read_at, order.connection_id = now, connection.connection_id
        if order.digest != facts.digest and not _is_older(facts, order):
            again.append((order, facts))
    message_ids = _store_changed(session, connection, again, import_id)
    for number, message_id in new_orders.insert(
        session, connection, new, import_id=import_id
    ).items():
        message_ids[connection.region, number] = message_id
    holding = [
        facts.number
        for facts in new
        if facts.state != "Closed" and not new_orders.is_before_books(facts, connection)
    ]
    fresh = locked_orders(session, connection.region, holding) if holding else {}
    restate(session, [order for order, _ in again] + list(fresh.values()), message_ids=message_ids)
    return list(message_ids)


def _store_changed(
    session: Session,
    connection: Connection,
    again: Sequence[tuple[PurchaseOrder, OrderFacts]],
    import_id: int | None,
) -> dict[OrderKey, int | None]:
    """Stores the new contents of locked orders, each as a version; returns their messages."""
    if not again:
        return {}
    lines = lines_of(session, [order for order, _ in again])
    changed = [_apply(connection, facts, order, lines) for order, facts in again]
    session.add_all([change.order for change in changed])
    session.add_all([line for change in changed for line in lines[_key(change.order)]])
    map_lines(session, [change.order for change in changed], lines)
    message_ids = _record(session, changed, lines)
    for change in changed:
        order = change.order
        session.add(
            PurchaseOrderVersion(
                shop_id=order.shop_id,
                region=order.region,
                number=order.number,
                version=order.version,
                digest=order.digest,
                content=plain(change.facts.content),
                changes=change.changes,
                message_id=message_ids[order.region, order.number],
                import_id=import_id,
            )
        )
    return message_ids


def locked_orders(
    session: Session, region: str, numbers: Sequence[str]
) -> dict[str, PurchaseOrder]:
    """These orders by number, re-read and locked in one order until the transaction ends."""
    rows = session.exec(
        select(PurchaseOrder)
        .where(
            PurchaseOrder.shop_id == shop_of(session),
            PurchaseOrder.region == region,
            col(PurchaseOrder.number).in_(numbers),
        )
        .order_by(col(PurchaseOrder.number))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.number: row for row in rows}


def are_by_file(session: Session, orders: Iterable[PurchaseOrder]) -> bool:
    """Whether no API is connected where these are, so that nothing can be sent for them."""
    ids = {(order.shop_id, order.connection_id) for order in orders}
    found = [session.get(Connection, one) for one in ids]
    return bool(found) and all(one is not None and one.state == BY_FILE for one in found)


def map_lines(
    session: Session,
    orders: Sequence[PurchaseOrder],
    lines: Mapping[OrderKey, Sequence[PurchaseOrderLine]],
) -> list[PurchaseOrder]:
    """Ties unmapped lines to the items they now name exactly; returns the orders that gained one."""
    unmapped = [
        (order, line)
        for order in orders
        for line in lines[order.region, order.number]
        if line.item_id is None and not line.removed
    ]
    found = resolve(session, [Named(line.asin, line.vendor_sku) for _, line in unmapped])
    gained: dict[OrderKey, PurchaseOrder] = {}
    for order, line in unmapped:
        item_id = found.get(Named(line.asin, line.vendor_sku))
        if item_id is not None:
            line.item_id = item_id
            session.add(line)
            gained[order.region, order.number] = order
    return list(gained.values())


def map_again(session: Session, limit: int = 200) -> int:
    """Looks again for items of open orders that had none, or no location; restates what it finds."""
    unmapped = (
        select(PurchaseOrderLine.region, PurchaseOrderLine.number)
        .where(
            PurchaseOrderLine.shop_id == shop_of(session),
            col(PurchaseOrderLine.item_id).is_(None),
            ~col(PurchaseOrderLine.removed),
        )
        .distinct()
    )
    pairs = session.execute(unmapped).all()
    rows = session.exec(
        select(PurchaseOrder)
        .where(
            PurchaseOrder.shop_id == shop_of(session),
            PurchaseOrder.state != "Closed",
            col(PurchaseOrder.number).in_([pair.number for pair in pairs])
            | col(PurchaseOrder.location_id).is_(None),
        )
        .order_by(col(PurchaseOrder.number))
        .limit(limit)
        .with_for_update()
    ).all()
    gained = map_lines(session, rows, lines_of(session, rows))
    placeless = [order for order in rows if order.location_id is None]
    again = {(order.region, order.number): order for order in [*gained, *placeless]}
    restate(session, list(again.values()))
    return len(again)


def _newest(papers: Sequence[OrderFacts]) -> dict[str, OrderFacts]:
    newest: dict[str, OrderFacts] = {}
    for paper in papers:
        other = newest.get(paper.number)
        if other is None or paper.as_of >= other.as_of:
            newest[paper.number] = paper
    return newest


def _is_older(facts: OrderFacts, order: PurchaseOrder) -> bool:
    return facts.source == order.source == "api" and facts.as_of < _as_of(order)


def _as_of(order: PurchaseOrder) -> datetime:
    return max(filter(None, (order.ordered_at, order.changed_at, order.state_changed_at)))


def _key(order: PurchaseOrder) -> OrderKey:
    return order.region, order.number


def _apply(
    connection: Connection,
    facts: OrderFacts,
    order: PurchaseOrder,
    lines: Mapping[OrderKey, list[PurchaseOrderLine]],
) -> Change:
    own = lines[order.region, order.number]
    before = _picture(order, own)
    _set_header(order, facts, connection)
    _set_lines(order, facts, own)
    order.version += 1
    order.digest = facts.digest
    return Change(order, facts, _difference(before, _picture(order, own)))


def _set_header(order: PurchaseOrder, facts: OrderFacts, connection: Connection) -> None:
    order.state = "Closed" if order.status == "CLOSED" else facts.state
    order.type, order.payment_method = facts.type, facts.payment_method
    order.vendor_code, order.ship_to = facts.vendor_code, facts.ship_to
    order.source, order.withdrawn = facts.source, facts.withdrawn
    order.ordered_at, order.changed_at = facts.ordered_at, facts.changed_at
    order.state_changed_at = facts.state_changed_at
    order.ship_start, order.ship_end = facts.ship_window or (None, None)
    order.delivery_start, order.delivery_end = facts.delivery_window or (None, None)
    order.before_books = new_orders.is_before_books(facts, connection)


def _set_lines(order: PurchaseOrder, facts: OrderFacts, own: list[PurchaseOrderLine]) -> None:
    by_line = {line.line: line for line in own}
    stated = {line.line for line in facts.lines}
    for line in own:
        if line.line not in stated:
            line.removed, line.ordered_amount, line.ordered_units = True, 0, 0
    for fact in facts.lines:
        row = by_line.get(fact.line)
        if row is None:
            row = PurchaseOrderLine(
                shop_id=order.shop_id, region=order.region, number=order.number, line=fact.line
            )
            own.append(row)
        _set_line(row, fact)


def _set_line(row: PurchaseOrderLine, fact: LineFacts) -> None:
    if (row.asin, row.vendor_sku) != (fact.asin, fact.vendor_sku) and not row.shipped_units:
        row.item_id = None  # other goods now: looked up afresh
    row.position, row.removed = fact.position, False
    row.asin, row.vendor_sku = fact.asin, fact.vendor_sku
    row.ordered_amount, row.ordered_unit = fact.ordered.amount, fact.ordered.unit
    row.unit_size, row.ordered_units = fact.ordered.unit_size, fact.ordered.units
    row.back_order_allowed = fact.back_order_allowed
    row.cost, row.cost_currency = fact.cost, fact.currency
    row.cost_weight_unit, row.cost_is_list_price = fact.weight_unit, fact.is_list_price


def _picture(
    order: PurchaseOrder, lines: Sequence[PurchaseOrderLine]
) -> dict[tuple[str, str], str | None]:
    """Every field that a person would want to see change, by line; the order's own under ""."""
    picture = {("", name): _written(getattr(order, name)) for name in HEADER_FIELDS}
    for line in lines:
        for name in LINE_FIELDS:
            picture[line.line, name] = _written(getattr(line, name))
    return picture


def _written(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return format(value.normalize(), "f") if hasattr(value, "normalize") else str(value)


def _difference(
    before: Mapping[tuple[str, str], str | None], after: Mapping[tuple[str, str], str | None]
) -> list[dict[str, Any]]:
    changes = []
    for key, value in after.items():
        if before.get(key) != value:
            line, name = key
            changes.append({"line": line, "field": name, "before": before.get(key), "after": value})
    return changes


def _record(
    session: Session, changed: Sequence[Change], lines: Mapping[OrderKey, list[PurchaseOrderLine]]
) -> dict[OrderKey, int | None]:
    """One message for each order that changed, with its odd lines named."""
    keys = {
        _key(order): f"{order.reference}:{order.version}:{order.digest}"
        for order in (change.order for change in changed)
    }
    ids = messages.record_done(
        session,
        [
            Recorded(
                keys[_key(change.order)],
                change.facts.written,
                change.order.number,
                change.facts.as_of,
                new_orders.notes_of(
                    change.facts,
                    {line.line for line in lines[_key(change.order)] if line.item_id is None},
                ),
            )
            for change in changed
        ],
        direction="in",
        channel="amazon",
        topic=new_orders.TOPIC,
    )
    return {order: ids.get(key) for order, key in keys.items()}
