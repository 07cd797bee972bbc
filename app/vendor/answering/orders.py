"""Orders as the rules see them: those that wait for an answer now, and past ones as they stood then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.vendor.acknowledgements import case_size, held_units
from app.vendor.answering.rules import LineToAnswer, OrderToAnswer
from app.vendor.costs.agreeing import Agreed, LineKey, agreed_for
from app.vendor.promises import OrderKey, lines_of
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine

# What the same product cost in the newest earlier order that was accepted, by any door.
COST_BEFORE = """
SELECT line.region, line.number, line.line, earlier.cost
FROM purchase_order_line AS line
JOIN purchase_order AS paper USING (shop_id, region, number)
JOIN LATERAL (
    SELECT past.cost FROM purchase_order_line AS past
    JOIN purchase_order AS other USING (shop_id, region, number)
    WHERE past.shop_id = line.shop_id AND past.region = line.region
      AND past.item_id = line.item_id AND other.vendor_code = paper.vendor_code
      AND past.cost_currency = line.cost_currency AND past.accepted_units > 0
      AND other.ordered_at < paper.ordered_at
    ORDER BY other.ordered_at DESC, past.number LIMIT 1
) AS earlier ON true
WHERE line.shop_id = :shop AND line.number = ANY(:numbers)
"""
TO_ANSWER = """
SELECT region, number FROM purchase_order AS waiting
WHERE shop_id = :shop AND state = 'New' AND NOT before_books AND status_read_at IS NOT NULL
  AND source = 'api'
  AND NOT EXISTS (SELECT FROM acknowledgement AS said
      WHERE said.shop_id = waiting.shop_id AND said.region = waiting.region
        AND said.number = waiting.number)
ORDER BY ordered_at, region, number LIMIT :most
"""
PAST = """
SELECT paper.region, paper.number,
    coalesce(min(said.made_at), paper.ordered_at + interval '1 day') AS answered_at
FROM purchase_order AS paper
LEFT JOIN acknowledgement AS said USING (shop_id, region, number)
WHERE paper.shop_id = :shop AND NOT paper.before_books AND paper.ordered_at >= :since
GROUP BY paper.shop_id, paper.region, paper.number, paper.ordered_at
ORDER BY paper.ordered_at DESC, paper.region, paper.number LIMIT :most
"""
# What the order's own document had put into reserved until then, by line; of kits, whole ones.
HELD_THEN = """
SELECT reference, line, min(net / coalesce(part.units, 1))::int FROM (
    SELECT document.reference, moved.line, moved.item_id,
        sum(CASE WHEN moved.to_state = 'reserved' THEN moved.quantity ELSE -moved.quantity END)
            AS net
    FROM document
    JOIN unnest(CAST(:references AS text[]), CAST(:answered AS timestamptz[]))
        AS asked (reference, answered_at) USING (reference)
    JOIN movement AS moved ON moved.shop_id = document.shop_id
        AND moved.document_id = document.document_id AND moved.recorded_at <= asked.answered_at
    WHERE document.shop_id = :shop AND document.kind = 'purchase_order'
      AND 'reserved' IN (moved.to_state::text, moved.from_state::text)
    GROUP BY 1, 2, 3
) AS held
LEFT JOIN (
    SELECT region || ':' || number AS reference, line, kit_part.item_id, units
    FROM purchase_order_line AS kit
    JOIN kit_part ON kit_part.shop_id = kit.shop_id AND kit_part.kit_item_id = kit.item_id
    WHERE kit.shop_id = :shop AND region || ':' || number = ANY(:references)
) AS part USING (reference, line, item_id)
GROUP BY 1, 2
"""
AT_ONCE = 50
MOST_PAST = 500


class Past(NamedTuple):
    """A past order, and the units that were accepted, backordered and rejected, whoever answered."""

    order: OrderToAnswer
    region: str
    ordered_at: datetime
    state: str
    accepted: int
    backordered: int
    rejected: int


def waiting(session: Session) -> list[OrderKey]:
    """Orders that nobody has answered yet, the oldest first."""
    rows = session.execute(text(TO_ANSWER), {"shop": shop_of(session), "most": AT_ONCE})
    return [(region, number) for region, number in rows]


def as_it_stands(session: Session, order: PurchaseOrder) -> OrderToAnswer:
    """An order with what it holds now."""
    held = held_units(session, [order.reference])
    lines = lines_of(session, [order])[order.region, order.number]
    agreed = agreed_for(session, [order.number])
    return _to_answer(order, lines, held, _costs_before(session, [order]), agreed)


def past(session: Session, since: datetime) -> list[Past]:
    """Orders since then with what each held when it was answered, the newest first; at most 500.

    An order that was answered elsewhere counts as answered a day after it was placed.
    """
    asked = {"shop": shop_of(session), "since": since, "most": MOST_PAST}
    answered = {(row[0], row[1]): row[2] for row in session.execute(text(PAST), asked)}
    orders = [
        one
        for one in session.exec(
            select(PurchaseOrder)
            .where(
                PurchaseOrder.shop_id == shop_of(session),
                col(PurchaseOrder.number).in_([number for _, number in answered]),
            )
            .order_by(col(PurchaseOrder.ordered_at).desc(), col(PurchaseOrder.number))
        )
        if (one.region, one.number) in answered
    ]
    then = {
        "shop": shop_of(session),
        "references": [one.reference for one in orders],
        "answered": [answered[one.region, one.number] for one in orders],
    }
    held = {(row[0], row[1]): row[2] for row in session.execute(text(HELD_THEN), then)}
    costs = _costs_before(session, orders)
    agreed = agreed_for(session, [one.number for one in orders])
    lines = lines_of(session, orders)
    found = []
    for one in orders:
        own = lines[one.region, one.number]
        found.append(
            Past(
                _to_answer(one, own, held, costs, agreed),
                one.region,
                one.ordered_at,
                one.state,
                sum(line.accepted_units for line in own),
                sum(line.backordered_units for line in own),
                sum(line.rejected_units for line in own),
            )
        )
    return found


def _costs_before(
    session: Session, orders: Sequence[PurchaseOrder]
) -> dict[tuple[str, str, str], Decimal]:
    asked = {"shop": shop_of(session), "numbers": [one.number for one in orders]}
    rows = session.execute(text(COST_BEFORE), asked)
    return {(region, number, line): cost for region, number, line, cost in rows}


def _to_answer(
    order: PurchaseOrder,
    lines: Sequence[PurchaseOrderLine],
    held: Mapping[tuple[str, str], int],
    costs: Mapping[LineKey, Decimal],
    agreed: Mapping[LineKey, Agreed],
) -> OrderToAnswer:
    asked = []
    for line in lines:
        if line.removed or not line.ordered_units:
            continue
        key, step = (order.region, order.number, line.line), case_size(line)
        asked.append(
            LineToAnswer(
                line.line,
                line.ordered_units,
                max(0, held.get((order.reference, line.line), 0)) // step * step,
                line.item_id is not None,
                line.cost,
                costs.get(key),
                agreed[key].cost if key in agreed else None,
            )
        )
    return OrderToAnswer(order.number, order.vendor_code, order.type, asked)
