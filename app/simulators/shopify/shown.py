"""Records as the control API shows them: plain JSON by SKU and by names of locations."""

from __future__ import annotations

from typing import Any

from app.simulators.shopify.admin_api.order_views import fulfillment_status
from app.simulators.shopify.records import (
    Adjustment,
    Body,
    Delivery,
    Item,
    Level,
    Location,
    Order,
    Product,
    Transfer,
    Variant,
)
from app.simulators.shopify.stock import identities_broken
from app.simulators.shopify.store import Store
from app.simulators.shopify.world import ShopState, World

Json = dict[str, Any]


def shop(world: World, state: ShopState) -> Json:
    """A shop at a glance."""
    found = state.shop
    return {
        "domain": found.domain,
        "name": found.name,
        "id": found.id,
        "currency": found.currency,
        "time_zone": found.time_zone,
        "installed_at": time(found.installed_at),
        "scopes": found.scopes,
        "locations": [location(one) for one in _sorted(state.store)],
        "counts": {name: len(table) for name, table in state.store.tables.items()},
        "knobs": world.knobs(state),
        "statistics": state.statistics,
        "bucket": state.bucket.status(),
    }


def location(found: Location) -> Json:
    return {
        "id": found.id,
        "name": found.name,
        "active": found.active,
        "fulfils_online": found.fulfils_online,
        "priority": found.priority,
    }


def item(store: Store, variant: Variant) -> Json:
    product = store.get(Product, variant.product_id)
    found = store.get(Item, variant.item_id)
    assert product is not None and found is not None
    title = product.title if variant.title == "Default Title" else None
    return {
        "sku": variant.sku,
        "title": title or f"{product.title}, {variant.title}",
        "item_id": variant.item_id,
        "variant_id": variant.id,
        "product_id": variant.product_id,
        "barcode": variant.barcode,
        "price": variant.price,
        "unit_cost": found.unit_cost,
        "tracked": found.tracked,
        "is_set": bool(variant.components),
        "handle": product.handle,
        "stock": [level(store, one) for one in levels_of(store, variant.item_id)],
    }


def level(store: Store, found: Level) -> Json:
    place = store.get(Location, found.location_id)
    owner = store.get(Item, found.item_id)
    return {
        "sku": owner.sku if owner else None,
        "item_id": found.item_id,
        "location": place.name if place else None,
        "location_id": found.location_id,
        "active": found.active,
        "quantities": {**found.quantities, "on_hand": found.quantity("on_hand")},
        "ledgers": found.ledgers,
        "updated_at": time(found.updated_at),
    }


def levels_of(store: Store, item_id: int) -> list[Level]:
    """An item's levels in the order of the locations' preference."""
    order = {place.id: place.priority for place in store.all(Location)}
    return sorted(store.by(Level, "item_id", item_id), key=lambda one: order[one.location_id])


def adjustment(store: Store, found: Adjustment, item_id: int | None = None) -> Json:
    return {
        "id": found.id,
        "created_at": time(found.created_at),
        "reason": found.reason,
        "reference": found.reference,
        "actor": found.actor,
        "changes": [
            {
                "sku": (owner := store.get(Item, one.item_id)) and owner.sku,
                "item_id": one.item_id,
                "location": (place := store.get(Location, one.location_id)) and place.name,
                "name": one.name,
                "delta": one.delta,
                "after": one.after,
                "ledger": one.ledger,
            }
            for one in found.changes
            if item_id is None or one.item_id == item_id
        ],
    }


def history(store: Store, item_id: int | None, location_id: int | None, limit: int) -> list[Json]:
    """Entries that touch the item and location, newest first."""
    found = []
    for one in reversed(store.all(Adjustment)):
        if any(
            (item_id is None or change.item_id == item_id)
            and (location_id is None or change.location_id == location_id)
            for change in one.changes
        ):
            found.append(adjustment(store, one, item_id))
        if len(found) == limit:
            break
    return found


def order(store: Store, found: Order) -> Json:
    names = {place.id: place.name for place in store.all(Location)}
    return {
        "id": found.id,
        "name": found.name,
        "created_at": time(found.created_at),
        "updated_at": time(found.updated_at),
        "cancelled_at": time(found.cancelled_at),
        "closed_at": time(found.closed_at),
        "fulfillment_status": fulfillment_status(found),
        "financial_status": found.financial_status(),
        "lines": [
            {
                "id": line.id,
                "sku": line.sku,
                "title": line.title,
                "variant_id": line.variant_id,
                "item_id": line.item_id,
                "quantity": line.quantity,
                "current": line.current,
                "remaining": found.remaining(line.id),
                "shipped": found.shipped(line.id),
            }
            for line in found.lines
        ],
        "routes": [
            {
                "id": route.id,
                "location": names.get(route.location_id),
                "status": route.status,
                "lines": [
                    {"line_id": one.line_id, "total": one.total, "remaining": one.remaining}
                    for one in route.lines
                ],
            }
            for route in found.routes
        ],
        "fulfillments": [
            {
                "id": one.id,
                "location": names.get(one.location_id),
                "status": one.status,
                "lines": [
                    {"line_id": line.line_id, "quantity": line.quantity} for line in one.lines
                ],
            }
            for one in found.fulfillments
        ],
        "refunds": [one.model_dump(mode="json") for one in found.refunds],
    }


def transfer(store: Store, found: Transfer) -> Json:
    names = {place.id: place.name for place in store.all(Location)}
    skus = {one.id: one.sku for one in store.all(Item)}
    return {
        "id": found.id,
        "name": found.name,
        "reference": found.reference_name,
        "status": found.status,
        "origin": names.get(found.origin_id or 0),
        "destination": names.get(found.destination_id or 0),
        "lines": [
            {"sku": skus.get(line.item_id), "quantity": line.quantity} for line in found.lines
        ],
        "shipments": [
            {
                "id": one.id,
                "name": one.name,
                "status": one.status,
                "arrives_at": time(one.arrives_at),
                "lines": [
                    {
                        "sku": skus.get(line.item_id),
                        "quantity": line.quantity,
                        "accepted": line.accepted,
                        "rejected": line.rejected,
                    }
                    for line in one.lines
                ],
            }
            for one in found.shipments
        ],
    }


def delivery(store: Store, found: Delivery, *, whole: bool = False) -> Json:
    shown = {
        "webhook_id": found.webhook_id,
        "event_id": found.event_id,
        "topic": found.topic,
        "state": found.state,
        "triggered_at": time(found.triggered_at),
        "due_at": time(found.due_at),
        "failures": found.failures,
        "tries": [one.model_dump(mode="json") for one in found.tries],
    }
    if whole:
        body = store.get(Body, found.webhook_id)
        shown["body"] = body.text if body else None
    return shown


def wrong(store: Store) -> list[str]:
    """Broken rules of the simulator itself; always empty in a healthy one."""
    sums: dict[tuple[str, str], int] = {}
    for one in store.all(Adjustment):
        for change in one.changes:
            key = (f"{change.item_id}:{change.location_id}", change.name)
            sums[key] = sums.get(key, 0) + change.delta
    found = identities_broken(store.all(Level))
    for entry in store.all(Level):
        for name in (*entry.quantities, "on_hand"):
            if entry.quantity(name) != sums.get((entry.key, name), 0):
                found.append(f"{entry.key}: {name} differs from its history")
    committed: dict[tuple[int, int], int] = {}
    for placed in store.all(Order):
        for route in placed.routes:
            for line in route.lines:
                if line.item_id is not None:
                    place = (line.item_id, route.location_id)
                    committed[place] = committed.get(place, 0) + line.remaining
    for entry in store.all(Level):
        owner = store.get(Item, entry.item_id)
        wanted = committed.get((entry.item_id, entry.location_id), 0)
        if owner and owner.tracked and entry.quantities["committed"] != wanted:
            found.append(f"{entry.key}: committed is not what open orders need")
    return found


def time(at: Any) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


def _sorted(store: Store) -> list[Location]:
    return sorted(store.all(Location), key=lambda one: one.priority)
