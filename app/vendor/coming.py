"""What will have arrived for an order before its window ends, and nobody else was promised for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlmodel import Session

from app.inventory import futures
from app.inventory.kits import Part
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine


class Coming(NamedTuple):
    """Eaches that a line can be backordered for, and the day by which they will be there."""

    units: int
    day: date


def coming_for(
    session: Session,
    order: PurchaseOrder,
    lines: Sequence[PurchaseOrderLine],
    parts: Mapping[int, Sequence[Part]],
    held: Mapping[tuple[str, str], int],
) -> dict[str, Coming]:
    """By line: what is still missing of it and will have arrived in time.

    Only where Amazon allows backorders, and not for kits, whose parts arrive on days of their own.
    What others are promised up to the end of the window is taken off first.
    """
    if order.due_at is None or order.location_id is None:
        return {}
    last = order.due_at.astimezone(futures.zone_of(session)).date()
    missing = {
        line.line: line.ordered_units - held.get((order.reference, line.line), 0)
        for line in lines
        if line.back_order_allowed and _is_single(line, parts)
    }
    wanted = {line.item_id for line in lines if missing.get(line.line, 0) > 0 and line.item_id}
    if not wanted:
        return {}
    projected = {
        one.item_id: one
        for one in futures.project(session, sorted(wanted))
        if one.location_id == order.location_id
    }
    found: dict[str, Coming] = {}
    for line in lines:
        place = projected.get(line.item_id or 0)
        if place is None or missing.get(line.line, 0) <= 0:
            continue
        changes = [one for one in place.changes if one.day <= last]
        # The line's own open promise is among the changes: what is free then is free beside it.
        free_then = place.free + sum(one.units for one in changes)
        expected = futures.enough_by(changes, missing[line.line])
        units = min(missing[line.line], missing[line.line] + free_then)
        if expected is not None and min(units, expected.units) > 0:
            found[line.line] = Coming(min(units, expected.units), expected.day)
    return found


def _is_single(line: PurchaseOrderLine, parts: Mapping[int, Sequence[Part]]) -> bool:
    own = parts.get(line.item_id or 0, ())
    return len(own) == 1 and own[0].units == 1
