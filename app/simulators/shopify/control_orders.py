"""The control API for orders: placed, edited, shipped, moved, cancelled, refunded."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from app.simulators.shopify import orders, shown
from app.simulators.shopify.asked import (
    Json,
    given_body,
    the_location,
    the_moment,
    the_order,
    the_shop,
    the_variant,
    the_world,
)
from app.simulators.shopify.orders import Edit, Returned
from app.simulators.shopify.records import (
    Order,
)
from app.simulators.shopify.routing import Wanted
from app.simulators.shopify.world import ShopState, Unknown

control = Blueprint("control_orders", __name__)
MOST_AT_ONCE = 10_000


@control.get("/<shop>/orders")
def list_orders(shop: str) -> Response:
    """Orders, newest first; `status` open, closed or cancelled; `limit`."""
    store, status = the_shop(shop).store, request.args.get("status")
    found = []
    for one in reversed(store.all(Order)):
        of = "cancelled" if one.cancelled_at else "closed" if one.closed_at else "open"
        if status in (None, of):
            found.append(shown.order(store, one))
        if len(found) == int(request.args.get("limit", 50)):
            break
    return jsonify({"data": found})


@control.get("/<shop>/orders/<reference>")
def one_order(shop: str, reference: str) -> Response:
    state = the_shop(shop)
    return jsonify(shown.order(state.store, the_order(state, reference)))


@control.post("/<shop>/orders")
def place_order(shop: str) -> Any:
    """Places `count` (1) orders of `lines` ({sku, quantity}…), at a `location` if one is named."""
    state, given = the_shop(shop), given_body()
    wanted = [_wanted(state, one) for one in given["lines"]]
    location_id = the_location(state, given["location"]).id if given.get("location") else None
    count = min(int(given.get("count", 1)), MOST_AT_ONCE)
    made = []
    for _ in range(count):
        with the_world().changing(state, at=the_moment(given)) as change:
            made.append(
                orders.place(
                    change,
                    wanted,
                    location_id=location_id,
                    source_name=given.get("source_name", "web"),
                    source_identifier=given.get("source_identifier"),
                    test=given.get("test", False),
                )
            )
    if "count" not in given:
        return jsonify(shown.order(state.store, made[0])), 201
    return jsonify({"data": [{"id": one.id, "name": one.name} for one in made]}), 201


@control.post("/<shop>/orders/<reference>/edit")
def edit_order(shop: str, reference: str) -> Response:
    """`lines`: {sku or line_id, delta}…; `add`: new lines as in an order."""
    state, given = the_shop(shop), given_body()
    order = the_order(state, reference)
    deltas = {_line(order, one): int(one["delta"]) for one in given.get("lines", [])}
    additions = [_wanted(state, one) for one in given.get("add", [])]
    with the_world().changing(state) as change:
        found = orders.edit(change, order.id, Edit(deltas, additions))
    return jsonify(shown.order(state.store, found))


@control.post("/<shop>/orders/<reference>/fulfil")
def fulfil_order(shop: str, reference: str) -> Response:
    """Ships all that remains, or `lines` ({sku or line_id, quantity}…), from `location` if named."""
    state, given = the_shop(shop), given_body()
    order = the_order(state, reference)
    lines = given.get("lines")
    quantities = (
        None if lines is None else {_line(order, one): int(one["quantity"]) for one in lines}
    )
    location_id = the_location(state, given["location"]).id if given.get("location") else None
    with the_world().changing(state) as change:
        orders.fulfil(change, order.id, quantities, location_id)
    return jsonify(shown.order(state.store, the_order(state, str(order.id))))


@control.post("/<shop>/orders/<reference>/fulfillments/<int:number>/cancel")
def cancel_fulfillment(shop: str, reference: str, number: int) -> Response:
    state = the_shop(shop)
    order = the_order(state, reference)
    with the_world().changing(state) as change:
        orders.cancel_fulfillment(change, order.id, number)
    return jsonify(shown.order(state.store, the_order(state, str(order.id))))


@control.post("/<shop>/orders/<reference>/move")
def move_order(shop: str, reference: str) -> Response:
    """Ships the rest from another `location`."""
    state, given = the_shop(shop), given_body()
    order = the_order(state, reference)
    place = the_location(state, given["location"])
    with the_world().changing(state) as change:
        found = orders.move(change, order.id, place.id)
    return jsonify(shown.order(state.store, found))


@control.post("/<shop>/orders/<reference>/cancel")
def cancel_order(shop: str, reference: str) -> Response:
    """Cancels, with (`restock`: true) or without putting the units back."""
    state, given = the_shop(shop), given_body()
    order = the_order(state, reference)
    with the_world().changing(state, at=the_moment(given)) as change:
        found = orders.cancel(
            change,
            order.id,
            restock=given.get("restock", True),
            reason=given.get("reason", "customer"),
        )
    return jsonify(shown.order(state.store, found))


@control.post("/<shop>/orders/<reference>/refund")
def refund_order(shop: str, reference: str) -> Response:
    """`lines`: {sku or line_id, quantity, restock_type: cancel|return|no_restock, location}…"""
    state, given = the_shop(shop), given_body()
    order = the_order(state, reference)
    wanted = [
        Returned(
            _line(order, one),
            int(one["quantity"]),
            one.get("restock_type", "return"),
            the_location(state, one["location"]).id if one.get("location") else None,
        )
        for one in given["lines"]
    ]
    with the_world().changing(state) as change:
        orders.refund(change, order.id, wanted, given.get("note"))
    return jsonify(shown.order(state.store, the_order(state, str(order.id))))


def _line(order: Order, given: Json) -> int:
    for line in order.lines:
        if line.id == given.get("line_id") or (given.get("sku") and line.sku == given["sku"]):
            return line.id
    raise Unknown(f"{order.name} has no such line: {given}.")


def _wanted(state: ShopState, given: Json) -> Wanted:
    quantity = int(given.get("quantity", 1))
    if "title" in given:
        return Wanted(quantity, None, given["title"], given.get("price", "10.00"))
    return Wanted(quantity, the_variant(state, given).id)
