"""An order's life and what each step does to stock: the facts that the product hears about."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.simulators.shopify import stock
from app.simulators.shopify.events import announce
from app.simulators.shopify.records import (
    Fulfillment,
    Line,
    Order,
    Refund,
    RefundedLine,
    Shop,
)
from app.simulators.shopify.routing import (
    Impossible,
    Wanted,
    assign,
    bring,
    close_if_done,
    lines_of,
    ship,
    take_off,
)
from app.simulators.shopify.stock import STORE, Step
from app.simulators.shopify.store import Changing


@dataclass(frozen=True)
class Returned:
    """Units of a line to be refunded: `cancel`, `return` or `no_restock`."""

    line_id: int
    quantity: int
    restock_type: str
    location_id: int | None = None


@dataclass
class Edit:
    """Line → units more (or fewer), and new lines."""

    deltas: dict[int, int] = field(default_factory=dict)
    additions: list[Wanted] = field(default_factory=list)


def place(
    change: Changing,
    wanted: list[Wanted],
    *,
    location_id: int | None = None,
    source_name: str = "web",
    source_identifier: str | None = None,
    test: bool = False,
) -> Order:
    """A customer has paid. Units go from available to committed where the order is routed.

    An order is placed whatever the stock: available falls below zero if need be.
    """
    shop = change.edit(Shop, "shop")
    shop.last_order_number += 1
    lines = [line for one in wanted for line in lines_of(change, one)]
    order = change.add(
        Order(
            id=change.new_id(),
            number=shop.last_order_number,
            created_at=change.second,
            updated_at=change.second,
            currency=shop.currency,
            source_name=source_name,
            source_identifier=source_identifier,
            test=test,
            lines=lines,
            routes=[],
        )
    )
    steps = assign(change, order, [(line, line.quantity) for line in lines], location_id)
    _post(change, order, "order_placed", steps)
    announce(change, "orders/create", order.id)
    announce(change, "orders/paid", order.id)
    for route in order.routes:
        announce(change, "fulfillment_orders/order_routing_complete", order.id, route.id)
    return order


def edit(change: Changing, order_id: int, wanted: Edit) -> Order:
    """The merchant edits the order. Only units not yet shipped can be taken off."""
    order = _open(change, order_id)
    steps: list[Step] = []
    deltas: dict[int, int] = {}
    for line_id, delta in wanted.deltas.items():
        line = _line(order, line_id)
        if delta < 0:
            steps += take_off(change, order, line, -delta)
            line.current += delta
        else:
            line.quantity += delta
            line.current += delta
            steps += assign(change, order, [(line, delta)], None)
        if delta:
            deltas[line.id] = delta
    for one in wanted.additions:
        for line in lines_of(change, one):
            order.lines.append(line)
            steps += assign(change, order, [(line, line.quantity)], None)
            deltas[line.id] = line.quantity
    if not deltas:
        raise Impossible("The edit changes nothing.")
    order.edited = True
    _post(change, order, "order_edited", steps)
    announce(change, "orders/edited", order.id, change.new_id(), deltas)
    _settle(change, order)
    return order


def fulfil(
    change: Changing,
    order_id: int,
    quantities: dict[int, int] | None = None,
    location_id: int | None = None,
) -> list[Fulfillment]:
    """Ships units (all that remain, or so many of each line), one fulfilment for each location.

    With a location, what is routed elsewhere is moved there first, as the admin does.
    """
    order = _open(change, order_id)
    wanted = {
        line.id: min(order.remaining(line.id), (quantities or {}).get(line.id, 0))
        if quantities is not None
        else order.remaining(line.id)
        for line in order.lines
    }
    if not any(wanted.values()):
        raise Impossible("Nothing of this is left to be shipped.")
    steps: list[Step] = []
    if location_id is not None:
        steps += bring(change, order, wanted, location_id)
    made = []
    for route in order.routes:
        if location_id is None or route.location_id == location_id:
            shipped = ship(change, order, route, wanted)
            if shipped:
                made.append(shipped)
                steps += [
                    Step(item_id, shipped.location_id, "committed", -line.quantity)
                    for line in shipped.lines
                    if (item_id := order.line(line.line_id).item_id) is not None
                ]
    _post(change, order, "order_fulfilled", steps)
    for one in made:
        announce(change, "fulfillments/create", order.id, one.id)
    if not any(order.remaining(line.id) for line in order.lines):
        order.closed_at = change.second
        announce(change, "orders/fulfilled", order.id)
    else:
        announce(change, "orders/partially_fulfilled", order.id)
    return made


def cancel_fulfillment(change: Changing, order_id: int, fulfillment_id: int) -> Fulfillment:
    """The parcel never left: its units are committed again on their fulfilment order."""
    order = _order(change, order_id)
    found = next((one for one in order.fulfillments if one.id == fulfillment_id), None)
    if found is None or found.status != "success":
        raise Impossible("There is no such fulfilment to cancel.")
    found.status = "cancelled"
    found.updated_at = change.second
    steps = []
    for shipped in found.lines:
        route = next(one for one in order.routes if one.id == shipped.route_id)
        routed = next(one for one in route.lines if one.line_id == shipped.line_id)
        routed.remaining += shipped.quantity
        route.status, route.updated_at = "OPEN", change.second
        if routed.item_id is not None:
            steps.append(Step(routed.item_id, route.location_id, "committed", shipped.quantity))
    order.closed_at = None
    _post(change, order, "fulfillment_cancelled", steps)
    announce(change, "fulfillments/update", order.id, found.id)
    return found


def move(change: Changing, order_id: int, location_id: int) -> Order:
    """The merchant changes where all the rest of an order ships from."""
    order = _open(change, order_id)
    wanted = {line.id: order.remaining(line.id) for line in order.lines}
    steps = bring(change, order, wanted, location_id)
    if not steps:
        raise Impossible("It already ships from there.")
    _post(change, order, "order_moved", steps)
    return order


def refund(
    change: Changing, order_id: int, wanted: list[Returned], note: str | None = None
) -> Refund:
    """Money goes back, and units according to each line's restock type.

    `cancel` takes units that are not shipped: committed → available. `return` puts shipped units
    back on the shelf at a location. `no_restock` takes units off the order and keeps them out.
    """
    order = _order(change, order_id)
    made, steps = _refund(change, order, wanted, note)
    _post(change, order, "order_refunded", steps)
    announce(change, "refunds/create", order.id, made.id)
    _settle(change, order)
    return made


def cancel(
    change: Changing, order_id: int, *, restock: bool = True, reason: str = "customer"
) -> Order:
    """Cancels all that has not been shipped, with a refund of it. Raises Impossible once shipped."""
    order = _open(change, order_id)
    if any(order.shipped(line.id) for line in order.lines):
        raise Impossible("Part of it has been shipped; refund the rest instead.")
    kind = "cancel" if restock else "no_restock"
    wanted = [
        Returned(line.id, order.remaining(line.id), kind)
        for line in order.lines
        if order.remaining(line.id)
    ]
    made, steps = _refund(change, order, wanted, None)
    order.cancelled_at = order.closed_at = change.second
    order.cancel_reason = reason
    for route in order.routes:
        route.status, route.updated_at = "CANCELLED", change.second
    _post(change, order, "order_cancelled", steps)
    announce(change, "orders/cancelled", order.id)
    announce(change, "refunds/create", order.id, made.id)
    for route in order.routes:
        announce(change, "fulfillment_orders/cancelled", order.id, route.id)
    return order


def _refund(
    change: Changing, order: Order, wanted: list[Returned], note: str | None
) -> tuple[Refund, list[Step]]:
    steps: list[Step] = []
    lines = []
    for one in wanted:
        line = _line(order, one.line_id)
        if not 0 < one.quantity <= line.current:
            raise Impossible(f"{line.current} of {line.title} can be refunded.")
        where = one.location_id
        if one.restock_type == "return":
            where = where or _shipped_from(order, line)
            if one.quantity > line.current - order.remaining(line.id) or where is None:
                raise Impossible("Only shipped units can be returned.")
            if line.item_id is not None:
                steps.append(Step(line.item_id, where, "available", one.quantity))
        else:
            restock = one.restock_type == "cancel"
            where = where or _routed_at(order, line)
            open_units = order.remaining(line.id)
            if restock and one.quantity > open_units:
                raise Impossible(f"Only {open_units} of {line.title} are not yet shipped.")
            taken = min(one.quantity, open_units)
            steps += take_off(change, order, line, taken, restock=restock)
            where = where if restock else None
        line.current -= one.quantity
        lines.append(
            RefundedLine(
                id=change.new_id(),
                line_id=line.id,
                quantity=one.quantity,
                restock_type=one.restock_type,
                location_id=where,
            )
        )
    made = Refund(id=change.new_id(), created_at=change.second, note=note, lines=lines)
    order.refunds.append(made)
    return made, steps


def _shipped_from(order: Order, line: Line) -> int | None:
    for fulfillment in order.fulfillments:
        if any(one.line_id == line.id for one in fulfillment.lines):
            return fulfillment.location_id
    return None


def _routed_at(order: Order, line: Line) -> int | None:
    for route in reversed(order.routes):
        if any(one.line_id == line.id and one.remaining for one in route.lines):
            return route.location_id
    return None


def _settle(change: Changing, order: Order) -> None:
    """Closes what an edit or a refund has left nothing to ship of."""
    for route in order.routes:
        if route.status in ("OPEN", "IN_PROGRESS"):
            close_if_done(change, route)
    if not any(order.remaining(line.id) for line in order.lines):
        order.closed_at = order.closed_at or change.second


def _post(change: Changing, order: Order, reason: str, steps: list[Step]) -> None:
    order.updated_at = max(order.updated_at, change.second)
    reference = f"gid://shopify/Order/{order.id}"
    stock.apply(change, steps, reason=reason, actor=STORE, reference=reference)
    announce(change, "orders/updated", order.id)


def _order(change: Changing, order_id: int) -> Order:
    try:
        return change.edit(Order, order_id)
    except KeyError:
        raise Impossible(f"There is no order {order_id}.") from None


def _open(change: Changing, order_id: int) -> Order:
    order = _order(change, order_id)
    if order.cancelled_at is not None:
        raise Impossible("The order has been cancelled.")
    return order


def _line(order: Order, line_id: int) -> Line:
    found = next((line for line in order.lines if line.id == line_id), None)
    if found is None:
        raise Impossible(f"{order.name} has no line {line_id}.")
    return found
