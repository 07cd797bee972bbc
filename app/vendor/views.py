"""Purchase orders on the wire, in short for lists and as the shapes of the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import Field
from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.http import Answer, Moment, Money
from app.inventory import futures
from app.inventory.views import ItemBrief, LocationBrief
from app.vendor import each_cost
from app.vendor.acknowledgements import acknowledge_by, held_units
from app.vendor.promises import left_units, lines_of, wanted_units
from app.vendor.tables import (
    PurchaseOrder,
    PurchaseOrderLine,
)

# Of each order what the cost of its lines in cases is the cost of, and its last acknowledgement.
KNOWN_OF = """
SELECT paper.region, paper.number, code.cost_basis, said.state, said.sent_at, said.error,
    said.state = 'waiting' AND said.message_id IS NULL AS waits_for_a_person
FROM purchase_order AS paper
LEFT JOIN vendor_code AS code ON code.shop_id = paper.shop_id AND code.region = paper.region
    AND code.code = paper.vendor_code
LEFT JOIN LATERAL (
    SELECT * FROM acknowledgement WHERE acknowledgement.shop_id = paper.shop_id
        AND acknowledgement.region = paper.region AND acknowledgement.number = paper.number
    ORDER BY acknowledgement_id DESC LIMIT 1
) AS said ON true
WHERE paper.shop_id = :shop AND paper.number = ANY(:numbers)
"""


class WindowView(Answer):
    start: Moment
    end: Moment


class OrderUnits(Answer):
    """Eaches of a whole order. `short` is what it wants now and does not hold; what was backordered is
    wanted from its day on. `shipped` is what has left by any paper: where none of ours says it, what
    Amazon has received."""

    ordered: int
    held: int
    short: int
    accepted: int
    backordered: int
    rejected: int
    shipped: int
    received: int


class AcknowledgementState(Answer):
    """`waits_for_a_person`: no API carries it, and nobody has handed it over yet."""

    state: str
    waits_for_a_person: bool
    sent_at: Moment | None
    error: str | None


class PurchaseOrderSummary(Answer):
    number: str
    region: str
    vendor_code: str
    state: str
    type: str | None
    payment_method: str | None
    ordered_at: Moment
    changed_at: Moment | None
    ship_window: WindowView | None
    delivery_window: WindowView | None
    ship_to: str
    line_count: int
    unknown_item_count: int
    units: OrderUnits
    cost: Money | None
    cost_basis: str | None = Field(
        description="What the cost of a line in cases is of, as said of the vendor code."
    )
    cost_unknown: str | None = Field(
        description="Why a line has no cost of an each: cost_basis (say it of the vendor code),"
        " not_stated or by_weight."
    )
    acknowledge_by: Moment | None
    acknowledgement: AcknowledgementState | None
    version: int


class OrderedQuantity(Answer):
    amount: int
    unit: str
    unit_size: int


class WithheldView(Answer):
    """Eaches that policy keeps from a line, the rule that does, and the rule's own figure."""

    units: int
    because: str
    value: int | None


class ProposalView(Answer):
    accept: int
    backorder: int
    reject: int
    rejection_reason: str | None
    because: str
    withheld: WithheldView | None
    backorder_on: date | None


class AgreedCostBrief(Answer):
    """The cost that was agreed with Amazon on the day of an order, and since when."""

    agreed_cost_id: int
    cost: Money
    starts_on: date


class PurchaseOrderLineView(Answer):
    line: str
    item: ItemBrief | None
    asin: str | None
    vendor_sku: str | None
    removed: bool
    ordered: OrderedQuantity
    ordered_units: int
    cost: Money | None = Field(description="As the order states it.")
    cost_unknown: str | None = Field(
        description="Why it is not known what an each costs: cost_basis, not_stated or by_weight."
    )
    agreed_cost: AgreedCostBrief | None
    back_order_allowed: bool
    held: int
    short: int
    accepted: int
    backordered: int
    rejected: int
    shipped: int
    shipped_as_received: bool = Field(
        description="No shipment of ours is known for it, so what Amazon received counts as shipped."
    )
    received: int
    last_received_at: Moment | None
    proposal: ProposalView


class VersionChange(Answer):
    line: str
    field: str
    before: str | None
    after: str | None


class VersionView(Answer):
    version: int
    seen_at: Moment
    changes: list[VersionChange]


class AcknowledgedLine(Answer):
    line: str
    accept: int
    backorder: int
    reject: int
    rejection_reason: str | None


class AcknowledgementView(Answer):
    """`message_id` is null where no API carries it."""

    id: int
    message_id: int | None
    made_at: Moment
    sent_at: Moment | None
    by: str
    state: str
    waits_for_a_person: bool
    handed_over_how: str | None
    handed_over_by: str | None
    error: str | None
    lines: list[AcknowledgedLine]


class ShipmentView(Answer):
    """A shipment that carries units of the order; `shipped_at` is null while it is a draft."""

    identifier: str
    shipped_at: Moment | None
    location: LocationBrief
    carton_count: int
    units: int
    state: str
    error: str | None


class PurchaseOrderView(PurchaseOrderSummary):
    may_answer: bool = Field(
        description="Whether an acknowledgement, the first or a changed one, may be made now."
    )
    changes_until: Moment = Field(description="Until when Amazon takes changes of quantities.")
    added: int = Field(description="Eaches that Amazon has ordered on top since the answer.")
    lines: list[PurchaseOrderLineView]
    versions: list[VersionView]
    acknowledgements: list[AcknowledgementView]
    shipments: list[ShipmentView]


def summaries(session: Session, orders: Sequence[PurchaseOrder]) -> list[PurchaseOrderSummary]:
    """These orders in short, in the order given; a few queries however many they are."""
    lines = lines_of(session, orders)
    held = held_units(session, [order.reference for order in orders])
    today = today_for(session, [line for own in lines.values() for line in own])
    known = {
        (row.region, row.number): row
        for row in session.execute(
            text(KNOWN_OF),
            {"shop": shop_of(session), "numbers": [order.number for order in orders]},
        )
    }
    return [
        PurchaseOrderSummary(
            **_summary(
                order,
                lines[order.region, order.number],
                held,
                known[order.region, order.number],
                today,
            )
        )
        for order in orders
    ]


def to_acknowledge(session: Session, limit: int = 10) -> list[PurchaseOrderSummary]:
    """Orders that wait for their first acknowledgement, the most urgent first."""
    orders = session.exec(
        select(PurchaseOrder)
        .where(
            PurchaseOrder.shop_id == shop_of(session),
            PurchaseOrder.state == "New",
            ~col(PurchaseOrder.before_books),
            text(
                "EXISTS (SELECT FROM purchase_order_line AS line"
                " WHERE line.shop_id = purchase_order.shop_id"
                " AND line.region = purchase_order.region AND line.number = purchase_order.number"
                " AND line.ordered_units > 0 AND NOT line.removed)"
                " AND NOT EXISTS (SELECT FROM acknowledgement AS said"
                " WHERE said.shop_id = purchase_order.shop_id"
                " AND said.region = purchase_order.region AND said.number = purchase_order.number"
                " AND said.error IS NULL"
                " AND NOT (said.state = 'waiting' AND said.message_id IS NULL))"
            ),
        )
        .order_by(col(PurchaseOrder.ordered_at), col(PurchaseOrder.number))
        .limit(limit)
    ).all()
    return summaries(session, orders)


def _summary(
    order: PurchaseOrder,
    lines: Sequence[PurchaseOrderLine],
    held: Mapping[tuple[str, str], int],
    known: Any,
    today: date,
) -> dict[str, Any]:
    said = (
        AcknowledgementState(
            state=known.state,
            waits_for_a_person=known.waits_for_a_person,
            sent_at=known.sent_at,
            error=known.error,
        )
        if known.state is not None
        else None
    )
    open_lines = [line for line in lines if not line.removed]
    holds = [held.get((order.reference, line.line), 0) for line in lines]
    units = OrderUnits(
        ordered=sum(line.ordered_units for line in lines),
        held=sum(holds),
        short=sum(
            short_units(order, line, own, today) for line, own in zip(lines, holds, strict=True)
        ),
        accepted=sum(line.accepted_units for line in lines),
        backordered=sum(line.backordered_units for line in lines),
        rejected=sum(line.rejected_units for line in lines),
        shipped=sum(left_units(line) for line in lines),
        received=sum(line.received_units for line in lines),
    )
    # What Amazon refused, or took and never showed, is to be answered again.
    is_asked = said is None or said.waits_for_a_person or said.error is not None
    return {
        "number": order.number,
        "region": order.region,
        "vendor_code": order.vendor_code,
        "state": order.state,
        "type": order.type,
        "payment_method": order.payment_method,
        "ordered_at": order.ordered_at,
        "changed_at": order.changed_at,
        "ship_window": _window(order.ship_start, order.ship_end),
        "delivery_window": _window(order.delivery_start, order.delivery_end),
        "ship_to": order.ship_to,
        "line_count": len(open_lines),
        "unknown_item_count": sum(line.item_id is None for line in open_lines),
        "units": units,
        "cost": _cost(open_lines, known.cost_basis),
        "cost_basis": known.cost_basis,
        "cost_unknown": each_cost.first_unknown(open_lines, known.cost_basis),
        # Of an order whose every line was cancelled nothing is left to be answered.
        "acknowledge_by": acknowledge_by(order) if is_asked and units.ordered else None,
        "acknowledgement": said,
        "version": order.version,
    }


def today_for(session: Session, lines: Sequence[PurchaseOrderLine]) -> date:
    """The shop's own day, for `short_units`; nothing is read where no line is backordered for a day."""
    return futures.today(session) if any(line.backorder_on for line in lines) else date.min


def short_units(order: PurchaseOrder, line: PurchaseOrderLine, held: int, today: date) -> int:
    """Eaches that this line wants by this day and does not hold; backordered ones from their day on."""
    later = line.backordered_units
    if line.backorder_on is not None and line.backorder_on < today:
        later = 0
    return max(0, wanted_units(order, line) - line.shipped_units - held - later)


def _cost(lines: Sequence[PurchaseOrderLine], basis: str | None) -> Money | None:
    """All eaches at their cost; None when that cannot be said (by weight, mixed, unknown)."""
    currencies = {line.cost_currency for line in lines}
    each = [each_cost.cost_of_each(line, basis) for line in lines]
    currency = next(iter(currencies), None)
    if None in each or len(currencies) != 1 or currency is None:
        return None
    amount = sum(
        (line.ordered_units * (cost or Decimal()) for line, cost in zip(lines, each, strict=True)),
        Decimal(),
    )
    return Money(amount=amount.quantize(Decimal("0.01")), currency=currency)


def _window(start: Any, end: Any) -> WindowView | None:
    return WindowView(start=start, end=end) if start is not None and end is not None else None
