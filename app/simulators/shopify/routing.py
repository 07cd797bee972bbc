"""Where an order ships from: lines become fulfilment orders, and units move between locations."""

from __future__ import annotations

from dataclasses import dataclass

from app.simulators.shopify import stock
from app.simulators.shopify.events import announce
from app.simulators.shopify.records import (
    Fulfillment,
    Line,
    Order,
    Product,
    Route,
    RoutedLine,
    ShippedLine,
    Variant,
)
from app.simulators.shopify.stock import Step
from app.simulators.shopify.store import Changing


class Impossible(Exception):
    """Shopify's admin would not offer this step."""


@dataclass(frozen=True)
class Wanted:
    """What a customer puts into the basket; without a variant it is a custom line."""

    quantity: int
    variant_id: int | None = None
    title: str = "Custom item"
    price: str = "10.00"


def lines_of(change: Changing, wanted: Wanted) -> list[Line]:
    """One line; for a set, one for each of its components."""
    if wanted.quantity <= 0:
        raise Impossible("A line needs at least one unit.")
    if wanted.variant_id is None:
        return [
            Line(
                id=change.new_id(),
                variant_id=None,
                product_id=None,
                item_id=None,
                sku=None,
                title=wanted.title,
                variant_title=None,
                price=wanted.price,
                quantity=wanted.quantity,
                current=wanted.quantity,
            )
        ]
    variant = change.get(Variant, wanted.variant_id)
    if variant is None:
        raise Impossible(f"There is no variant {wanted.variant_id}.")
    if not variant.components:
        return [_line_of(change, variant, wanted.quantity, None)]
    group = change.new_id()
    parts = []
    for component in variant.components:
        part = change.get(Variant, component.variant_id)
        assert part is not None
        parts.append(_line_of(change, part, component.quantity * wanted.quantity, group))
    return parts


def _line_of(change: Changing, variant: Variant, quantity: int, group_id: int | None) -> Line:
    product = change.get(Product, variant.product_id)
    assert product is not None
    return Line(
        id=change.new_id(),
        variant_id=variant.id,
        product_id=product.id,
        item_id=variant.item_id,
        sku=variant.sku,
        title=product.title,
        variant_title=None if variant.title == "Default Title" else variant.title,
        price=variant.price,
        quantity=quantity,
        current=quantity,
        group_id=group_id,
    )


def assign(
    change: Changing, order: Order, wanted: list[tuple[Line, int]], location_id: int | None
) -> list[Step]:
    """Assigns units to locations: all from one if it has them, else each line from where it is."""
    steps = []
    for line, quantity, place_id in _places(change, wanted, location_id):
        route = _open_route(change, order, place_id)
        routed = next((one for one in route.lines if one.line_id == line.id), None)
        if routed is None:
            route.lines.append(
                RoutedLine(
                    id=change.new_id(),
                    line_id=line.id,
                    item_id=line.item_id,
                    total=quantity,
                    remaining=quantity,
                )
            )
        else:
            routed.total += quantity
            routed.remaining += quantity
        route.updated_at = change.second
        if line.item_id is not None:
            steps.append(Step(line.item_id, place_id, "available", -quantity))
            steps.append(Step(line.item_id, place_id, "committed", quantity))
    return steps


def _places(
    change: Changing, wanted: list[tuple[Line, int]], location_id: int | None
) -> list[tuple[Line, int, int]]:
    if location_id is not None:
        return [(line, quantity, location_id) for line, quantity in wanted]
    candidates = [location.id for location in stock.locations_by_preference(change)]
    if not candidates:
        raise Impossible("No location ships online orders.")

    def has(place_id: int, line: Line, quantity: int) -> bool:
        if line.item_id is None:
            return True
        return stock.available(change, line.item_id, place_id) >= quantity

    for place_id in candidates:
        if all(has(place_id, line, quantity) for line, quantity in wanted):
            return [(line, quantity, place_id) for line, quantity in wanted]
    return [
        (
            line,
            quantity,
            next((one for one in candidates if has(one, line, quantity)), candidates[0]),
        )
        for line, quantity in wanted
    ]


def _open_route(change: Changing, order: Order, location_id: int) -> Route:
    for route in order.routes:
        if route.location_id == location_id and route.status in ("OPEN", "IN_PROGRESS"):
            return route
    route = Route(
        id=change.new_id(),
        location_id=location_id,
        created_at=change.second,
        updated_at=change.second,
        lines=[],
    )
    order.routes.append(route)
    return route


def take_off(
    change: Changing, order: Order, line: Line, quantity: int, *, restock: bool = True
) -> list[Step]:
    """Takes unshipped units of a line off their routes, latest route first."""
    if quantity > order.remaining(line.id):
        raise Impossible(f"Only {order.remaining(line.id)} of {line.title} are not yet shipped.")
    steps = []
    for route in reversed(order.routes):
        for routed in route.lines:
            taken = min(quantity, routed.remaining) if routed.line_id == line.id else 0
            if not taken:
                continue
            quantity -= taken
            routed.remaining -= taken
            routed.total -= taken
            route.updated_at = change.second
            if line.item_id is not None:
                steps.append(Step(line.item_id, route.location_id, "committed", -taken))
                if restock:
                    steps.append(Step(line.item_id, route.location_id, "available", taken))
    return steps


def bring(change: Changing, order: Order, wanted: dict[int, int], location_id: int) -> list[Step]:
    """Moves units that are routed elsewhere to this location, as far as they are wanted there."""
    here = {line_id: 0 for line_id in wanted}
    for route in order.routes:
        if route.location_id == location_id:
            for routed in route.lines:
                here[routed.line_id] = here.get(routed.line_id, 0) + routed.remaining
    missing = {line_id: max(0, units - here[line_id]) for line_id, units in wanted.items()}
    steps: list[Step] = []
    for route in list(order.routes):
        if route.location_id == location_id or route.status not in ("OPEN", "IN_PROGRESS"):
            continue
        moved = [(one, min(one.remaining, missing.get(one.line_id, 0))) for one in route.lines]
        moved = [(routed, units) for routed, units in moved if units]
        if not moved:
            continue
        for routed, units in moved:
            missing[routed.line_id] -= units
            steps += _take_from(change, order, route, routed, units)
            steps += assign(change, order, [(order.line(routed.line_id), units)], location_id)
        close_if_done(change, route)
        target = _open_route(change, order, location_id)
        announce(change, "fulfillment_orders/moved", order.id, target.id, {"from": route.id})
    return steps


def _take_from(
    change: Changing, order: Order, route: Route, routed: RoutedLine, units: int
) -> list[Step]:
    routed.remaining -= units
    routed.total -= units
    route.updated_at = change.second
    if routed.item_id is None:
        return []
    return [
        Step(routed.item_id, route.location_id, "committed", -units),
        Step(routed.item_id, route.location_id, "available", units),
    ]


def ship(
    change: Changing, order: Order, route: Route, wanted: dict[int, int]
) -> Fulfillment | None:
    if route.status not in ("OPEN", "IN_PROGRESS"):
        return None
    lines = []
    for routed in route.lines:
        units = min(routed.remaining, wanted.get(routed.line_id, 0))
        if units:
            routed.remaining -= units
            wanted[routed.line_id] -= units
            lines.append(
                ShippedLine(
                    id=change.new_id(), line_id=routed.line_id, route_id=route.id, quantity=units
                )
            )
    if not lines:
        return None
    route.status, route.updated_at = "IN_PROGRESS", change.second
    close_if_done(change, route)
    made = Fulfillment(
        id=change.new_id(),
        name=f"{order.name}-F{len(order.fulfillments) + 1}",
        location_id=route.location_id,
        tracking_number=f"LF{order.number:06d}{len(order.fulfillments) + 1:02d}",
        created_at=change.second,
        updated_at=change.second,
        lines=lines,
    )
    order.fulfillments.append(made)
    return made


def close_if_done(change: Changing, route: Route) -> None:
    if not any(one.remaining for one in route.lines):
        shipped = any(one.total for one in route.lines)
        route.status = "CLOSED" if shipped else "CANCELLED"
        route.updated_at = change.second
