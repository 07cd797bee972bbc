"""Where every unit of a purchase order line stands: each in exactly one place."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.vendor.acknowledgements import held_units
from app.vendor.promises import lines_of
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine

# What a line was ordered for at the most, by the changes that were seen of it.
ONCE_ORDERED = """
SELECT change ->> 'line', max((change ->> 'before')::int)
FROM purchase_order_version, jsonb_array_elements(changes) AS change
WHERE shop_id = :shop AND region = :region AND number = :number
  AND change ->> 'field' = 'ordered_units' AND change ->> 'before' IS NOT NULL
GROUP BY 1
"""


class Places(NamedTuple):
    """Eaches of a line by the place they stand in; the first seven add up to what was ordered.

    `open` is not held yet, `short` will not come any more (the order is closed, or the rest was
    released), `over` was received beyond what was ordered or confirmed.
    """

    open: int = 0
    held: int = 0
    shipped: int = 0
    received: int = 0
    short: int = 0
    rejected: int = 0
    cancelled: int = 0
    over: int = 0


def places_of(session: Session, order: PurchaseOrder) -> dict[str, Places]:
    """The places of each line of one order."""
    asked = {"shop": shop_of(session), "region": order.region, "number": order.number}
    once: dict[str, int] = {row[0]: row[1] for row in session.execute(text(ONCE_ORDERED), asked)}
    held = held_units(session, [order.reference])
    return {
        line.line: places(
            order, line, held.get((order.reference, line.line), 0), once.get(line.line, 0)
        )
        for line in lines_of(session, [order])[order.region, order.number]
    }


def places(order: PurchaseOrder, line: PurchaseOrderLine, held: int, once: int) -> Places:
    """The places of a line that holds so many eaches and was once ordered for so many."""
    ordered = 0 if line.removed else line.ordered_units
    rejected = min(line.rejected_units, ordered)
    due = ordered - rejected
    received = min(line.received_units, due)
    left = min(max(line.shipped_units + line.units_before_books, received), due)
    rest = due - left
    is_over = order.is_closed or order.rest_released or order.before_books
    held = 0 if is_over else min(held, rest)
    return Places(
        open=0 if is_over else rest - held,
        held=held,
        shipped=0 if order.is_closed else left - received,
        received=received,
        short=(left - received if order.is_closed else 0) + (rest if is_over else 0),
        rejected=rejected,
        cancelled=max(once, ordered) - ordered,
        over=line.received_units - received,
    )


def together(found: dict[str, Places]) -> Places:
    """The places of a whole order."""
    return Places(*(sum(column) for column in zip(*found.values(), strict=True)))
