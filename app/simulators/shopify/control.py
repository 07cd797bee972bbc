"""The control API: what merchants, customers and bad luck do, for the demo and for tests.

Everything below `/_control/{shop}`; the README beside this file lists it all. Items are named by
`sku`, `item_id` or `variant_id`, locations by name or id, orders by id, number or name.
"""

from __future__ import annotations

import time
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from app.simulators.shopify import life, live, orders, seed, shown, tokens
from app.simulators.shopify.events import announce
from app.simulators.shopify.orders import Edit, Returned
from app.simulators.shopify.records import (
    Component,
    Delivery,
    Level,
    Location,
    Order,
    RefreshToken,
    Variant,
)
from app.simulators.shopify.routing import Wanted
from app.simulators.shopify.world import ShopState, Unknown, World

control = Blueprint("control", __name__)
Json = dict[str, Any]
MOST_AT_ONCE = 10_000
ITEM_BY = ("item_id", "variant_id", "sku")


@control.get("")
@control.get("/")
def overview() -> Response:
    return jsonify({"shops": [shown.shop(_world(), one) for one in _world().shops.values()]})


@control.post("/shops")
def create_shop() -> Any:
    """Makes a shop: `domain`, `name`, `seed` (demo or empty), `installed`, `first_id`."""
    given = _given()
    world = _world()
    if given.get("seed") == "demo":
        state = seed.demo(world, given["domain"], given.get("number", 1))
    else:
        state = seed.empty(
            world, given["domain"], name=given.get("name", ""), first_id=given.get("first_id")
        )
    if given.get("installed", True):
        world.install(state)
    return jsonify(shown.shop(world, state)), 201


@control.get("/<shop>")
def one_shop(shop: str) -> Response:
    return jsonify(shown.shop(_world(), _state(shop)))


@control.get("/<shop>/items")
def items(shop: str) -> Response:
    store = _state(shop).store
    return jsonify({"data": [shown.item(store, one) for one in store.all(Variant)]})


@control.post("/<shop>/items")
def add_item(shop: str) -> Any:
    """A new product with one variant; `stock` maps locations to units available."""
    state, given = _state(shop), _given()
    parts = [
        Component(variant_id=_variant(state, {"sku": sku}).id, quantity=units)
        for sku, units in given.get("components", {}).items()
    ]
    places = {_location(state, name).id: units for name, units in given.get("stock", {}).items()}
    with _world().changing(state) as change:
        product = life.add_product(
            change, given.get("title") or given.get("sku") or "Item", "Other"
        )
        variant = life.add_variant(
            change,
            product,
            sku=given.get("sku"),
            price=given.get("price", "10.00"),
            unit_cost=given.get("unit_cost"),
            barcode=given.get("barcode"),
            tracked=given.get("tracked", True),
            item_id=given.get("item_id"),
            components=parts,
            metafields=given.get("metafields", {}),
        )
        for location_id, units in places.items():
            life.set_stock(change, variant.item_id, location_id, quantity=units)
    return jsonify(shown.item(state.store, variant)), 201


@control.patch("/<shop>/items")
def change_item(shop: str) -> Response:
    """Changes `set` (sku, title, barcode, price, tracked, unit_cost) of an item."""
    state, given = _state(shop), _given()
    variant = _variant(state, given)
    with _world().changing(state) as change:
        changed = life.update_variant(change, variant.id, given["set"])
    return jsonify(shown.item(state.store, changed))


@control.delete("/<shop>/items")
def delete_item(shop: str) -> Any:
    """Deletes the product that an item belongs to."""
    state = _state(shop)
    variant = _variant(state, _given() or request.args.to_dict())
    with _world().changing(state) as change:
        life.delete_product(change, variant.product_id)
    return "", 204


@control.get("/<shop>/locations")
def locations(shop: str) -> Response:
    found = _state(shop).store.all(Location)
    return jsonify({"data": [shown.location(one) for one in found]})


@control.post("/<shop>/locations")
def add_location(shop: str) -> Any:
    state, given = _state(shop), _given()
    with _world().changing(state) as change:
        made = life.add_location(change, given["name"])
    return jsonify(shown.location(made)), 201


@control.patch("/<shop>/locations")
def change_location(shop: str) -> Response:
    """Activates or deactivates (`active`) a `location`, or gives it another `name`."""
    state, given = _state(shop), _given()
    place = _location(state, given["location"])
    with _world().changing(state) as change:
        edited = change.edit(Location, place.id)
        if "active" in given and given["active"] != place.active:
            life.set_active(change, place.id, bool(given["active"]))
        if "name" in given:
            edited.name, edited.updated_at = given["name"], change.second
            announce(change, "locations/update", place.id)
    return jsonify(shown.location(edited))


@control.get("/<shop>/stock")
def stock(shop: str) -> Response:
    """Quantities by state; filtered by `sku` or `item_id`, and `location`."""
    state = _state(shop)
    wanted = request.args.to_dict()
    found = state.store.all(Level)
    if _names_item(wanted):
        found = shown.levels_of(state.store, _variant(state, wanted).item_id)
    if "location" in wanted:
        place = _location(state, wanted["location"])
        found = [one for one in found if one.location_id == place.id]
    return jsonify({"data": [shown.level(state.store, one) for one in found]})


@control.post("/<shop>/stock")
def set_stock(shop: str) -> Response:
    """The merchant sets (`quantity`) or corrects (`delta`) a state (`name`) in the admin."""
    state, given = _state(shop), _given()
    variant = _variant(state, given)
    place = _location(state, given.get("location"))
    with _world().changing(state) as change:
        life.set_stock(
            change,
            variant.item_id,
            place.id,
            name=given.get("name", "available"),
            quantity=given.get("quantity"),
            delta=given.get("delta"),
            reason=given.get("reason", "correction"),
        )
    levels = shown.levels_of(state.store, variant.item_id)
    return jsonify({"data": [shown.level(state.store, one) for one in levels]})


@control.get("/<shop>/history")
def history(shop: str) -> Response:
    """Inventory history, newest first; filtered by `sku` or `item_id`, and `location`."""
    state, wanted = _state(shop), request.args.to_dict()
    item_id = _variant(state, wanted).item_id if _names_item(wanted) else None
    place = _location(state, wanted["location"]).id if "location" in wanted else None
    limit = int(wanted.get("limit", 100))
    return jsonify({"data": shown.history(state.store, item_id, place, limit)})


@control.get("/<shop>/orders")
def list_orders(shop: str) -> Response:
    """Orders, newest first; `status` open, closed or cancelled; `limit`."""
    store, status = _state(shop).store, request.args.get("status")
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
    state = _state(shop)
    return jsonify(shown.order(state.store, _order(state, reference)))


@control.post("/<shop>/orders")
def place_order(shop: str) -> Any:
    """Places `count` (1) orders of `lines` ({sku, quantity}…), at a `location` if one is named."""
    state, given = _state(shop), _given()
    wanted = [_wanted(state, one) for one in given["lines"]]
    location_id = _location(state, given["location"]).id if given.get("location") else None
    count = min(int(given.get("count", 1)), MOST_AT_ONCE)
    made = []
    for _ in range(count):
        with _world().changing(state) as change:
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
    state, given = _state(shop), _given()
    order = _order(state, reference)
    deltas = {_line(order, one): int(one["delta"]) for one in given.get("lines", [])}
    additions = [_wanted(state, one) for one in given.get("add", [])]
    with _world().changing(state) as change:
        found = orders.edit(change, order.id, Edit(deltas, additions))
    return jsonify(shown.order(state.store, found))


@control.post("/<shop>/orders/<reference>/fulfil")
def fulfil_order(shop: str, reference: str) -> Response:
    """Ships all that remains, or `lines` ({sku or line_id, quantity}…), from `location` if named."""
    state, given = _state(shop), _given()
    order = _order(state, reference)
    lines = given.get("lines")
    quantities = (
        None if lines is None else {_line(order, one): int(one["quantity"]) for one in lines}
    )
    location_id = _location(state, given["location"]).id if given.get("location") else None
    with _world().changing(state) as change:
        orders.fulfil(change, order.id, quantities, location_id)
    return jsonify(shown.order(state.store, _order(state, str(order.id))))


@control.post("/<shop>/orders/<reference>/fulfillments/<int:number>/cancel")
def cancel_fulfillment(shop: str, reference: str, number: int) -> Response:
    state = _state(shop)
    order = _order(state, reference)
    with _world().changing(state) as change:
        orders.cancel_fulfillment(change, order.id, number)
    return jsonify(shown.order(state.store, _order(state, str(order.id))))


@control.post("/<shop>/orders/<reference>/move")
def move_order(shop: str, reference: str) -> Response:
    """Ships the rest from another `location`."""
    state, given = _state(shop), _given()
    order = _order(state, reference)
    place = _location(state, given["location"])
    with _world().changing(state) as change:
        found = orders.move(change, order.id, place.id)
    return jsonify(shown.order(state.store, found))


@control.post("/<shop>/orders/<reference>/cancel")
def cancel_order(shop: str, reference: str) -> Response:
    """Cancels, with (`restock`: true) or without putting the units back."""
    state, given = _state(shop), _given()
    order = _order(state, reference)
    with _world().changing(state) as change:
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
    state, given = _state(shop), _given()
    order = _order(state, reference)
    wanted = [
        Returned(
            _line(order, one),
            int(one["quantity"]),
            one.get("restock_type", "return"),
            _location(state, one["location"]).id if one.get("location") else None,
        )
        for one in given["lines"]
    ]
    with _world().changing(state) as change:
        orders.refund(change, order.id, wanted, given.get("note"))
    return jsonify(shown.order(state.store, _order(state, str(order.id))))


@control.get("/<shop>/deliveries")
def deliveries(shop: str) -> Response:
    """Webhooks, newest first; filtered by `state`, `topic` and `limit` (100)."""
    store, wanted = _state(shop).store, request.args.to_dict()
    found = [
        one
        for one in reversed(store.all(Delivery))
        if wanted.get("state") in (None, one.state) and wanted.get("topic") in (None, one.topic)
    ]
    found = found[: int(wanted.get("limit", 100))]
    return jsonify({"data": [shown.delivery(store, one) for one in found]})


@control.get("/<shop>/deliveries/<webhook_id>")
def one_delivery(shop: str, webhook_id: str) -> Response:
    """One webhook with its body as text."""
    store = _state(shop).store
    found = store.get(Delivery, webhook_id)
    if found is None:
        raise Unknown(f"There is no webhook {webhook_id}.")
    return jsonify(shown.delivery(store, found, whole=True))


@control.post("/<shop>/deliveries/release")
def release(shop: str) -> Response:
    """Sends what is held, `shuffled` or in order, and holds no more unless `keep_holding`."""
    state, given = _state(shop), _given()
    state.manners.hold = bool(given.get("keep_holding", False))
    count = _world().deliverer.release(state.route, shuffled=bool(given.get("shuffled", False)))
    return jsonify({"released": count})


@control.post("/<shop>/deliveries/hurry")
def hurry(shop: str) -> Response:
    """Makes every waiting retry due now."""
    return jsonify({"hurried": _world().deliverer.hurry(_state(shop).route)})


@control.post("/<shop>/deliveries/<webhook_id>/again")
def again(shop: str, webhook_id: str) -> Response:
    """Sends a webhook once more, with the same webhook id."""
    state = _state(shop)
    if state.store.get(Delivery, webhook_id) is None:
        raise Unknown(f"There is no webhook {webhook_id}.")
    with state.store.changing() as change:
        found = change.edit(Delivery, webhook_id)
        if found.state == "delivered":
            found.again += 1
        else:
            found.state, found.failures = "pending", 0
        found.due_at = change.at
    _world().deliverer.add(state.route, found)
    return jsonify(shown.delivery(state.store, found))


@control.get("/<shop>/settled")
def settled(shop: str) -> Any:
    """Waits up to `seconds` (10) until no webhook is pending; 200 or 504 with what is left."""
    store = _state(shop).store
    until = time.monotonic() + float(request.args.get("seconds", 10))
    while True:
        left = [
            one
            for one in store.all(Delivery)
            if one.state == "pending" or (one.state == "delivered" and one.again)
        ]
        if not left or time.monotonic() > until:
            break
        time.sleep(0.02)
    body = {"pending": [shown.delivery(store, one) for one in left[:50]], "count": len(left)}
    return jsonify(body), 504 if left else 200


@control.post("/<shop>/webhooks")
def send_webhook(shop: str) -> Any:
    """Signs and sends a `body` (text, as it is) under a `topic`; for what no order could cause."""
    given = _given()
    webhook_id = _world().send_raw(_state(shop), given["topic"], given["body"])
    return jsonify({"webhook_id": webhook_id}), 201


@control.post("/<shop>/compliance")
def compliance(shop: str) -> Any:
    """Sends a compliance `topic`; the customer topics name the customer of an `order`."""
    state, given = _state(shop), _given()
    with _world().changing(state) as change:
        if given["topic"] == "shop/redact":
            announce(change, "shop/redact")
        else:
            order = _order(state, str(given["order"]))
            announce(change, given["topic"], order.number, [order.id])
    return "", 202


@control.get("/<shop>/knobs")
def knobs(shop: str) -> Response:
    return jsonify(_world().knobs(_state(shop)))


@control.post("/<shop>/knobs")
def set_knobs(shop: str) -> Response:
    """Sets any of the knobs; the README lists them."""
    return jsonify(_world().set_knobs(_state(shop), _given()))


@control.delete("/<shop>/knobs")
def reset_knobs(shop: str) -> Response:
    """Good behaviour again; held webhooks are released."""
    state = _state(shop)
    _world().reset_knobs(state)
    return jsonify(_world().knobs(state))


@control.post("/<shop>/bucket")
def bucket(shop: str) -> Response:
    """Empties the cost bucket (`drain`), or gives it another `maximum` and `restore_rate`."""
    state, given = _state(shop), _given()
    if "maximum" in given:
        state.bucket.resize(float(given["maximum"]), float(given.get("restore_rate", 100)))
    if given.get("drain"):
        state.bucket.drain()
    return jsonify(state.bucket.status())


@control.get("/<shop>/live")
def live_traffic(shop: str) -> Response:
    return jsonify(live.status(_state(shop)))


@control.post("/<shop>/live")
def start_live(shop: str) -> Response:
    """Begins live traffic: `orders_per_minute` and shares (0–1) of what becomes of orders."""
    return jsonify(live.start(_world(), _state(shop), _given()))


@control.delete("/<shop>/live")
def stop_live(shop: str) -> Response:
    return jsonify(live.stop(_state(shop)))


@control.post("/<shop>/uninstall")
def uninstall(shop: str) -> Any:
    """The merchant removes the app: tokens die, app/uninstalled is sent."""
    life.uninstall(_world(), _state(shop))
    return "", 202


@control.post("/<shop>/install")
def install(shop: str) -> Any:
    """The merchant opens the app again, which installs it."""
    _world().install(_state(shop))
    return "", 202


@control.post("/<shop>/scopes")
def scopes(shop: str) -> Any:
    """The merchant consents to these `scopes`."""
    life.grant_scopes(_world(), _state(shop), list(_given()["scopes"]))
    return "", 202


@control.get("/<shop>/id-token")
def id_token(shop: str) -> Response:
    """An ID token for `user` (1), good for `seconds` (60; negative: expired already)."""
    state = _state(shop)
    _world().install(state)
    user, seconds = int(request.args.get("user", 1)), int(request.args.get("seconds", 60))
    token = tokens.id_token(_world().settings, state.domain, user, seconds=seconds)
    return jsonify({"id_token": token})


@control.post("/<shop>/tokens/expire")
def expire_tokens(shop: str) -> Any:
    """Ends all access tokens now; with `refresh`, revokes the refresh tokens as well."""
    with _state(shop).store.changing() as change:
        tokens.expire_access(change)
        if _given().get("refresh"):
            for one in change.all(RefreshToken):
                change.edit(RefreshToken, one.key).revoked = True
    return "", 202


@control.get("/<shop>/wrong")
def wrong(shop: str) -> Response:
    """Rules of Shopify's that the simulator itself has broken; empty unless it is faulty."""
    return jsonify({"data": shown.wrong(_state(shop).store)})


def _world() -> World:
    world: World = current_app.extensions["world"]
    return world


def _state(shop: str) -> ShopState:
    return _world().state(shop)


def _given() -> Json:
    given = request.get_json(silent=True)
    return given if isinstance(given, dict) else {}


def _names_item(given: Json) -> bool:
    return any(name in given for name in ITEM_BY)


def _variant(state: ShopState, given: Json) -> Variant:
    for name in ITEM_BY:
        if given.get(name) is None:
            continue
        if name == "variant_id":
            found = [one for one in [state.store.get(Variant, given[name])] if one]
        else:
            value = int(given[name]) if name == "item_id" else given[name]
            found = state.store.by(Variant, name, value)
        if found:
            return found[0]
    raise Unknown(f"There is no such item: {given}.")


def _location(state: ShopState, given: Any) -> Location:
    ordered = sorted(state.store.all(Location), key=lambda one: one.priority)
    for one in ordered:
        if given is None or str(given) in (one.name, str(one.id)):
            return one
    raise Unknown(f"There is no location {given}.")


def _order(state: ShopState, reference: str) -> Order:
    found = state.store.get(Order, reference)
    if found is not None:
        return found
    for one in reversed(state.store.all(Order)):
        if reference.removeprefix("#") == str(one.number):
            return one
    raise Unknown(f"There is no order {reference}.")


def _line(order: Order, given: Json) -> int:
    for line in order.lines:
        if line.id == given.get("line_id") or (given.get("sku") and line.sku == given["sku"]):
            return line.id
    raise Unknown(f"{order.name} has no such line: {given}.")


def _wanted(state: ShopState, given: Json) -> Wanted:
    quantity = int(given.get("quantity", 1))
    if "title" in given:
        return Wanted(quantity, None, given["title"], given.get("price", "10.00"))
    return Wanted(quantity, _variant(state, given).id)
