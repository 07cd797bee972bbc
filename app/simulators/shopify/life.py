"""The shop's own life: installing and removing the app, items, locations and stock by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from app.simulators.shopify import stock, tokens
from app.simulators.shopify.events import announce
from app.simulators.shopify.records import (
    STATES,
    Component,
    Item,
    Level,
    Location,
    Product,
    Shop,
    Variant,
    level_key,
)
from app.simulators.shopify.stock import Step
from app.simulators.shopify.store import Changing
from app.simulators.shopify.world import ShopState, Unknown, World

STAFF = "Robin Larkfield"


def uninstall(world: World, state: ShopState) -> None:
    """The merchant removes the app: its tokens die at once, and it hears of it."""
    with world.changing(state) as change:
        tokens.revoke_all(change)
        announce(change, "app/uninstalled")
        change.edit(Shop, "shop").installed_at = None


def grant_scopes(world: World, state: ShopState, scopes: list[str]) -> None:
    """The merchant consents to other scopes; tokens given from now on carry them."""
    with world.changing(state) as change:
        shop = change.edit(Shop, "shop")
        previous, shop.scopes = shop.scopes, scopes
        announce(change, "app/scopes_update", previous)


def add_location(
    change: Changing, name: str, *, address: dict[str, str] | None = None, active: bool = True
) -> Location:
    """A new location, the last by preference."""
    made = change.add(
        Location(
            id=change.new_id(),
            name=name,
            active=active,
            priority=len(change.all(Location)) + 1,
            address=address or {},
            created_at=change.second,
            updated_at=change.second,
        )
    )
    announce(change, "locations/create", made.id)
    return made


def set_active(change: Changing, location_id: int, active: bool) -> None:
    """Activates or deactivates a location; its quantities stay, its levels follow."""
    location = change.edit(Location, location_id)
    location.active, location.updated_at = active, change.second
    for level in change.all(Level):
        if level.location_id == location_id and level.active != active:
            edited = change.edit(Level, level.key)
            edited.active, edited.updated_at = active, change.second
            topic = "inventory_levels/connect" if active else "inventory_levels/disconnect"
            announce(change, topic, level.key)
    announce(change, "locations/activate" if active else "locations/deactivate", location_id)


def add_product(change: Changing, title: str, vendor: str, kind: str = "Outdoor") -> Product:
    handle = "-".join("".join(c if c.isalnum() else " " for c in title.lower()).split())
    made = change.add(
        Product(
            id=change.new_id(),
            title=title,
            handle=handle,
            vendor=vendor,
            kind=kind,
            created_at=change.second,
            updated_at=change.second,
        )
    )
    announce(change, "products/create", made.id)
    return made


def add_variant(
    change: Changing,
    product: Product,
    *,
    sku: str | None,
    title: str = "Default Title",
    price: str = "10.00",
    unit_cost: str | None = None,
    barcode: str | None = None,
    tracked: bool = True,
    metafields: dict[str, str] | None = None,
    components: list[Component] | None = None,
    item_id: int | None = None,
) -> Variant:
    """A variant with an inventory item of its own, stocked (at zero) at every location."""
    item = change.add(
        Item(
            id=item_id or change.new_id(),
            sku=sku,
            tracked=tracked,
            unit_cost=unit_cost,
            created_at=change.second,
            updated_at=change.second,
        )
    )
    siblings = [one for one in change.all(Variant) if one.product_id == product.id]
    made = change.add(
        Variant(
            id=change.new_id(),
            product_id=product.id,
            item_id=item.id,
            title=title,
            sku=sku,
            barcode=barcode,
            price=price,
            position=len(siblings) + 1,
            components=components or [],
            metafields=metafields or {},
            created_at=change.second,
            updated_at=change.second,
        )
    )
    for location in change.all(Location):
        stock.level_of(change, item.id, location.id)
        announce(change, "inventory_levels/connect", level_key(item.id, location.id))
    announce(change, "inventory_items/create", item.id)
    return made


def update_variant(change: Changing, variant_id: int, wanted: dict[str, Any]) -> Variant:
    """Changes the sku, title, barcode, price or tracking of a variant and its item."""
    variant = change.edit(Variant, variant_id)
    item = change.edit(Item, variant.item_id)
    if "sku" in wanted:
        variant.sku = item.sku = wanted["sku"]
    if "tracked" in wanted:
        item.tracked = bool(wanted["tracked"])
    if "unit_cost" in wanted:
        item.unit_cost = wanted["unit_cost"]
    variant.title = wanted.get("title", variant.title)
    variant.barcode = wanted.get("barcode", variant.barcode)
    variant.price = wanted.get("price", variant.price)
    product = change.edit(Product, variant.product_id)
    variant.updated_at = item.updated_at = product.updated_at = change.second
    announce(change, "inventory_items/update", item.id)
    announce(change, "products/update", product.id)
    return variant


def delete_product(change: Changing, product_id: int) -> None:
    """Deletes a product with its variants, items and levels; orders keep their lines."""
    for variant in change.all(Variant):
        if variant.product_id != product_id:
            continue
        for level in change.all(Level):
            if level.item_id == variant.item_id:
                change.remove(Level, level.key)
        change.remove(Item, variant.item_id)
        change.remove(Variant, variant.id)
        announce(change, "inventory_items/delete", variant.item_id)
    change.remove(Product, product_id)
    announce(change, "products/delete", product_id)


def set_stock(
    change: Changing,
    item_id: int,
    location_id: int,
    *,
    name: str = "available",
    quantity: int | None = None,
    delta: int | None = None,
    reason: str = "correction",
    app: str | None = None,
) -> None:
    """The merchant counts (`quantity`) or corrects (`delta`) a state in the admin. Raises Unknown.

    With `app` another app of that name does it, by its own access.
    """
    if name not in STATES:
        raise Unknown(f"There is no state {name}.")
    level = change.get(Level, level_key(item_id, location_id))
    current = level.quantity(name) if level else 0
    by = delta if delta is not None else (quantity or 0) - current
    if name != "available" and current + by < 0:
        raise Unknown(f"{name} cannot be below zero.")
    stock.apply(change, [Step(item_id, location_id, name, by)], reason=reason, actor=app or STAFF)


def activate(
    world: World, state: ShopState, item_id: int, location_id: int, available: int
) -> None:
    """Stocks an item at a location."""
    with world.changing(state) as change:
        level = stock.level_of(change, item_id, location_id)
        level.active = True
        announce(change, "inventory_levels/connect", level.key)
        if available:
            step = Step(item_id, location_id, "available", available)
            stock.apply(change, [step], reason="correction", actor=world.settings.app_title)


def at(text: str | None) -> datetime | None:
    """An ISO time from outside, in UTC. Raises ValueError."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
