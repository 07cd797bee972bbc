"""What purchase orders need held, and what Amazon has received of them, as the ledger is told it.

A purchase order is a request: it is granted what is free and what policy allows. Until it is
acknowledged it asks for all that is ordered; from then on for what was accepted or backordered; once
it is closed, for nothing more. Every restatement has the next revision, so that the ledger knows
which one is the newest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.bell import ring_after_commit
from app.db import shop_of
from app.inventory import collisions, policy
from app.inventory.documents import Claim, Document, DocumentKey, Flow, Outcome
from app.inventory.flows import adjusted, received
from app.inventory.kits import Part, parts_of
from app.inventory.models import Location, Reason, State
from app.shops import this_shop
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine

PURCHASE_ORDER = "purchase_order"
SHIPMENT = "shipment"
RECEIPT = "receipt"
OPENING = "opening"
TELL_SHOPIFY = "shopify_out"

SHIPPED_FROM = """
SELECT line.region, line.number, line.line, shipment.location_id, line.booked_units
FROM shipment_line AS line JOIN shipment USING (shop_id, region, identifier)
WHERE line.shop_id = :shop AND line.number = ANY(:numbers) AND line.booked_units > 0
ORDER BY shipment.made_at, shipment.identifier
"""

OrderKey = tuple[str, str]
"""Region and number."""


def lines_of(
    session: Session, orders: Sequence[PurchaseOrder]
) -> dict[OrderKey, list[PurchaseOrderLine]]:
    """The lines of these orders, each order's in its own sequence."""
    found: dict[OrderKey, list[PurchaseOrderLine]] = {
        (order.region, order.number): [] for order in orders
    }
    if not found:
        return found
    rows = session.exec(
        select(PurchaseOrderLine)
        .where(
            PurchaseOrderLine.shop_id == shop_of(session),
            col(PurchaseOrderLine.number).in_(sorted({order.number for order in orders})),
        )
        .order_by(
            col(PurchaseOrderLine.number),
            col(PurchaseOrderLine.position),
            col(PurchaseOrderLine.line),
        )
    )
    for row in rows:
        if (row.region, row.number) in found:
            found[row.region, row.number].append(row)
    return found


def wanted_units(order: PurchaseOrder, line: PurchaseOrderLine) -> int:
    """All eaches that this line asks us to hold or has had shipped; nothing that left before us."""
    if order.before_books:
        return 0
    if order.is_closed or line.removed:
        return line.shipped_units
    promised = promised_units(line)
    return min(promised, line.shipped_units) if order.rest_released else promised


def promised_units(line: PurchaseOrderLine) -> int:
    """Eaches that are to leave our books for this line: what was confirmed, until then all."""
    promised = line.ordered_units
    if line.accepted_units or line.backordered_units or line.rejected_units:
        promised = min(promised, line.accepted_units + line.backordered_units)
    return max(0, promised - line.units_before_books)


def left_units(line: PurchaseOrderLine) -> int:
    """Eaches that have left for this line, before our books opened too. Where no shipment of ours is
    known, what Amazon has received had been shipped; the match counts the same."""
    if line.shipped_units:
        return line.shipped_units + line.units_before_books
    return line.received_units


def is_firm(order: PurchaseOrder, lines: Sequence[PurchaseOrderLine]) -> bool:
    """Whether it has been acknowledged, by us or elsewhere, so that it may not be taken back."""
    return order.state != "New" or any(
        line.accepted_units or line.backordered_units or line.rejected_units for line in lines
    )


def restate(
    session: Session,
    orders: Sequence[PurchaseOrder],
    *,
    actor: str = "amazon",
    message_ids: Mapping[OrderKey, int | None] | None = None,
    also: Sequence[Document] = (),
) -> dict[OrderKey, Outcome]:
    """Tells the ledger what these locked orders need now, in the caller's transaction.

    Raises their revision, settles them with their receipts (and `also`), refreshes the collisions
    and rings for Shopify after the commit. The orders' rows must be locked by the caller.
    """
    if not orders and not also:
        return {}
    session.flush()
    lines = lines_of(session, orders)
    _place(session, orders, lines)
    parts = parts_of_lines(session, lines)
    shipped_at = _shipped_at(session, orders, lines)
    leaving = this_shop(session).leaving_at is not None
    documents: list[Document] = []
    for order in orders:
        order.revision += 1
        session.add(order)
        own = [
            line
            for line in lines[order.region, order.number]
            if line.item_id is not None and parts[line.item_id]
        ]
        message_id = (message_ids or {}).get((order.region, order.number))
        documents.append(
            Document(
                kind=PURCHASE_ORDER,
                reference=order.reference,
                version=order.revision,
                title=f"PO {order.number}",
                claims=_claims(order, own, parts, leaving=leaving),
                fact=False,
                firm=is_firm(order, lines[order.region, order.number]),
                actor=actor,
                message_id=message_id,
            )
        )
        documents.extend(_receipts(order, own, parts, shipped_at, message_id))
    session.flush()
    outcomes = policy.settle(session, [*also, *documents])
    collisions.refresh_documents(session, outcomes)
    ring_after_commit(session, TELL_SHOPIFY)
    by_key = {outcome.key: outcome for outcome in outcomes}
    return {
        (order.region, order.number): by_key[DocumentKey(PURCHASE_ORDER, order.reference)]
        for order in orders
    }


def restate_open(session: Session) -> int:
    """Restates every order that Amazon has not closed; returns how many there were."""
    orders = session.exec(
        select(PurchaseOrder)
        .where(PurchaseOrder.shop_id == shop_of(session), PurchaseOrder.state != "Closed")
        .order_by(col(PurchaseOrder.region), col(PurchaseOrder.number))
        .with_for_update()
    ).all()
    restate(session, orders, actor="system")
    return len(orders)


def default_location(session: Session) -> int | None:
    """The first active location by priority, or None while there is none."""
    return session.exec(
        select(Location.location_id)
        .where(Location.shop_id == shop_of(session), col(Location.active))
        .order_by(col(Location.priority), col(Location.location_id))
        .limit(1)
    ).first()


def parts_of_lines(
    session: Session, lines: Mapping[OrderKey, Sequence[PurchaseOrderLine]]
) -> dict[int, tuple[Part, ...]]:
    """What one each of these lines' items takes from stock; nothing where it is not tracked."""
    items = {line.item_id for own in lines.values() for line in own if line.item_id is not None}
    return parts_of(session, items)


def _claims(
    order: PurchaseOrder,
    lines: Sequence[PurchaseOrderLine],
    parts: Mapping[int, Sequence[Part]],
    *,
    leaving: bool,
) -> list[Claim]:
    """What the order needs held; a shop that is leaving us holds no more than what has left."""
    if order.location_id is None:
        return []
    return [
        Claim(
            line.line,
            part.item_id,
            order.location_id,
            State.RESERVED,
            wanted * part.units,
            _due(order, line),
        )
        for line in lines
        if line.item_id is not None
        and (wanted := line.shipped_units if leaving else wanted_units(order, line))
        for part in parts[line.item_id]
    ]


def _due(order: PurchaseOrder, line: PurchaseOrderLine) -> datetime | None:
    """The end of the order's window, or the day that what is missing was backordered for."""
    if line.backordered_units and line.backorder_on:
        return datetime.combine(line.backorder_on, time(12), UTC)
    return order.due_at


def _receipts(
    order: PurchaseOrder,
    lines: Sequence[PurchaseOrderLine],
    parts: Mapping[int, Sequence[Part]],
    shipped_at: Mapping[tuple[str, str, str], Mapping[int, int]],
    message_id: int | None,
) -> list[Document]:
    """Amazon's running totals, and the part of them that had left before our books opened."""
    if order.location_id is None or not any(
        line.received_units or line.units_before_books or line.last_received_at for line in lines
    ):
        return []
    flows: list[Flow] = []
    opening: list[Flow] = []
    for line in lines:
        assert line.item_id is not None
        came_from = shipped_at.get((order.region, order.number, line.line), {})
        for part in parts[line.item_id]:
            for location_id, total in _spread(line, order.location_id, came_from).items():
                flows.append(received(line.line, part.item_id, location_id, total * part.units))
            opening.append(
                adjusted(
                    line.line,
                    part.item_id,
                    order.location_id,
                    line.units_before_books * part.units,
                    state=State.AMAZON_TRANSIT,
                    reason=Reason.OPENING,
                )
            )
    return [
        Document(
            kind=kind,
            reference=order.reference,
            version=order.revision,
            title=f"PO {order.number}",
            flows=stated,
            actor="amazon",
            message_id=message_id,
        )
        for kind, stated in ((OPENING, opening), (RECEIPT, flows))
    ]


def _spread(line: PurchaseOrderLine, home: int, came_from: Mapping[int, int]) -> dict[int, int]:
    """Received units by the location they had left from, earliest shipments first.

    Locations that a shrunken total no longer reaches are named with zero, so that they move back.
    """
    totals = {home: min(line.received_units, line.units_before_books)}
    rest = line.received_units - totals[home]
    for location_id, shipped in came_from.items():
        took = min(rest, shipped)
        totals[location_id] = totals.get(location_id, 0) + took
        rest -= took
    totals[home] += rest  # more than we shipped: it counts where the order is held
    return totals


def _place(
    session: Session,
    orders: Sequence[PurchaseOrder],
    lines: Mapping[OrderKey, Sequence[PurchaseOrderLine]],
) -> None:
    """Gives each order the location that holds it; it stays there once Amazon has received any."""
    active = set(
        session.exec(
            select(Location.location_id).where(
                Location.shop_id == shop_of(session), col(Location.active)
            )
        )
    )
    first: int | None = None
    for order in orders:
        settled = any(line.received_units for line in lines[order.region, order.number])
        if order.location_id is None or (order.location_id not in active and not settled):
            first = first or default_location(session)
            order.location_id = first or order.location_id


def _shipped_at(
    session: Session,
    orders: Sequence[PurchaseOrder],
    lines: Mapping[OrderKey, Sequence[PurchaseOrderLine]],
) -> dict[tuple[str, str, str], dict[int, int]]:
    """For each line that we shipped and Amazon received of: units by location, in shipping order."""
    asked = {
        order.number
        for order in orders
        for line in lines[order.region, order.number]
        if line.shipped_units and (line.received_units or line.last_received_at)
    }
    if not asked:
        return {}
    rows = session.execute(text(SHIPPED_FROM), {"shop": shop_of(session), "numbers": sorted(asked)})
    found: dict[tuple[str, str, str], dict[int, int]] = {}
    for region, number, line, location_id, units in rows:
        places = found.setdefault((region, number, line), {})
        places[location_id] = places.get(location_id, 0) + units
    return found
