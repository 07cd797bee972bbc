"""What a request to the control API names: the shop, items, locations and orders."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app, request

from app.simulators.shopify.records import (
    Location,
    Order,
    Transfer,
    Variant,
)
from app.simulators.shopify.world import ShopState, Unknown, World

Json = dict[str, Any]
ITEM_BY = ("item_id", "variant_id", "sku")


def the_world() -> World:
    world: World = current_app.extensions["world"]
    return world


def the_shop(shop: str) -> ShopState:
    return the_world().state(shop)


def given_body() -> Json:
    given = request.get_json(silent=True)
    return given if isinstance(given, dict) else {}


def names_item(given: Json) -> bool:
    return any(name in given for name in ITEM_BY)


def the_variant(state: ShopState, given: Json) -> Variant:
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


def the_location(state: ShopState, given: Any) -> Location:
    ordered = sorted(state.store.all(Location), key=lambda one: one.priority)
    for one in ordered:
        if given is None or str(given) in (one.name, str(one.id)):
            return one
    raise Unknown(f"There is no location {given}.")


def the_order(state: ShopState, reference: str) -> Order:
    found = state.store.get(Order, reference)
    if found is not None:
        return found
    for one in reversed(state.store.all(Order)):
        if reference.removeprefix("#") == str(one.number):
            return one
    raise Unknown(f"There is no order {reference}.")


def the_transfer(state: ShopState, reference: str) -> Transfer:
    """By id or name."""
    found = state.store.get(Transfer, reference)
    if found is not None:
        return found
    for one in state.store.all(Transfer):
        if reference in (one.name, one.name.removeprefix("#")):
            return one
    raise Unknown(f"There is no transfer {reference}.")


def the_moment(given: Json) -> datetime | None:
    """When it happened (`at`, in ISO 8601), for a past that a shop begins with; None: now."""
    at = given.get("at")
    return datetime.fromisoformat(at) if at else None
