"""The control API: what merchants, customers and bad luck do, for the demo and for tests.

Everything below `/_control/{shop}`; the README beside this file lists it all. Items are named by
`sku`, `item_id` or `variant_id`, locations by name or id, orders by id, number or name.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from app.simulators.shopify import life, live, seed, shown
from app.simulators.shopify.asked import (
    given_body,
    names_item,
    the_location,
    the_moment,
    the_shop,
    the_variant,
    the_world,
)
from app.simulators.shopify.events import announce
from app.simulators.shopify.records import (
    Component,
    Level,
    Location,
    Variant,
)

control = Blueprint("control", __name__)


@control.get("")
@control.get("/")
def overview() -> Response:
    return jsonify({"shops": [shown.shop(the_world(), one) for one in the_world().shops.values()]})


@control.post("/shops")
def create_shop() -> Any:
    """Makes a shop: `domain`, `name`, `seed` (demo or empty), `installed`, `first_id`."""
    given = given_body()
    world = the_world()
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
    return jsonify(shown.shop(the_world(), the_shop(shop)))


@control.get("/<shop>/items")
def items(shop: str) -> Response:
    store = the_shop(shop).store
    return jsonify({"data": [shown.item(store, one) for one in store.all(Variant)]})


@control.post("/<shop>/items")
def add_item(shop: str) -> Any:
    """A new product with one variant; `stock` maps locations to units available."""
    state, given = the_shop(shop), given_body()
    parts = [
        Component(variant_id=the_variant(state, {"sku": sku}).id, quantity=units)
        for sku, units in given.get("components", {}).items()
    ]
    places = {the_location(state, name).id: units for name, units in given.get("stock", {}).items()}
    with the_world().changing(state) as change:
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
    state, given = the_shop(shop), given_body()
    variant = the_variant(state, given)
    with the_world().changing(state) as change:
        changed = life.update_variant(change, variant.id, given["set"])
    return jsonify(shown.item(state.store, changed))


@control.delete("/<shop>/items")
def delete_item(shop: str) -> Any:
    """Deletes the product that an item belongs to."""
    state = the_shop(shop)
    variant = the_variant(state, given_body() or request.args.to_dict())
    with the_world().changing(state) as change:
        life.delete_product(change, variant.product_id)
    return "", 204


@control.get("/<shop>/locations")
def locations(shop: str) -> Response:
    found = the_shop(shop).store.all(Location)
    return jsonify({"data": [shown.location(one) for one in found]})


@control.post("/<shop>/locations")
def add_location(shop: str) -> Any:
    state, given = the_shop(shop), given_body()
    with the_world().changing(state) as change:
        made = life.add_location(change, given["name"])
    return jsonify(shown.location(made)), 201


@control.patch("/<shop>/locations")
def change_location(shop: str) -> Response:
    """Activates or deactivates (`active`) a `location`, or gives it another `name`."""
    state, given = the_shop(shop), given_body()
    place = the_location(state, given["location"])
    with the_world().changing(state) as change:
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
    state = the_shop(shop)
    wanted = request.args.to_dict()
    found = state.store.all(Level)
    if names_item(wanted):
        found = shown.levels_of(state.store, the_variant(state, wanted).item_id)
    if "location" in wanted:
        place = the_location(state, wanted["location"])
        found = [one for one in found if one.location_id == place.id]
    return jsonify({"data": [shown.level(state.store, one) for one in found]})


@control.post("/<shop>/stock")
def set_stock(shop: str) -> Response:
    """The merchant, or another `app`, sets (`quantity`) or corrects (`delta`) a state (`name`)."""
    state, given = the_shop(shop), given_body()
    variant = the_variant(state, given)
    place = the_location(state, given.get("location"))
    with the_world().changing(state, at=the_moment(given)) as change:
        life.set_stock(
            change,
            variant.item_id,
            place.id,
            name=given.get("name", "available"),
            quantity=given.get("quantity"),
            delta=given.get("delta"),
            reason=given.get("reason", "correction"),
            app=given.get("app"),
        )
    levels = shown.levels_of(state.store, variant.item_id)
    return jsonify({"data": [shown.level(state.store, one) for one in levels]})


@control.get("/<shop>/history")
def history(shop: str) -> Response:
    """Inventory history, newest first; filtered by `sku` or `item_id`, and `location`."""
    state, wanted = the_shop(shop), request.args.to_dict()
    item_id = the_variant(state, wanted).item_id if names_item(wanted) else None
    place = the_location(state, wanted["location"]).id if "location" in wanted else None
    limit = int(wanted.get("limit", 100))
    return jsonify({"data": shown.history(state.store, item_id, place, limit)})


@control.get("/<shop>/live")
def live_traffic(shop: str) -> Response:
    return jsonify(live.status(the_shop(shop)))


@control.post("/<shop>/live")
def start_live(shop: str) -> Response:
    """Begins live traffic: `orders_per_minute` and shares (0–1) of what becomes of orders."""
    return jsonify(live.start(the_world(), the_shop(shop), given_body()))


@control.delete("/<shop>/live")
def stop_live(shop: str) -> Response:
    return jsonify(live.stop(the_shop(shop)))


@control.get("/<shop>/wrong")
def wrong(shop: str) -> Response:
    """Rules of Shopify's that the simulator itself has broken; empty unless it is faulty."""
    return jsonify({"data": shown.wrong(the_shop(shop).store)})
