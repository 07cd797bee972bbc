"""What is kept of a webhook's body: a few fields for each topic, and never a person's data.

Everything not named here is dropped before anything is stored or logged: customers, addresses,
notes, payment details, whatever a later API version may add. Ids are kept as digits in a string,
since they may be too large for a browser's numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

Kept = dict[str, Any]
Keep = Callable[[Any], Any]

LARGEST_QUANTITY = 2_000_000_000  # Shopify's own limit on a quantity
LONGEST_TEXT = 255
UNSTORABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
GID = re.compile(r"gid://shopify/[A-Za-z]+/(\d{1,20})(?:\?.*)?", re.ASCII)
TOKEN = re.compile(r"[A-Za-z0-9_./:-]{1,64}", re.ASCII)
MONEY = re.compile(r"-?\d{1,15}(?:\.\d{1,4})?", re.ASCII)


def identifier(value: Any) -> str | None:
    """Shopify's id as digits, from a number, digits or a GraphQL id; None for anything else."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return str(value) if 0 < value < 10**20 else None
    if isinstance(value, str):
        if re.fullmatch(r"\d{1,20}", value, re.ASCII):
            return value
        found = GID.fullmatch(value)
        return found[1] if found else None
    return None


def whole(value: Any) -> int | None:
    """A quantity that can be one; None for fractions, words and what no store can hold."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if abs(value) <= LARGEST_QUANTITY else None


def words(value: Any) -> str | None:
    """Text that PostgreSQL can store, cut to a sensible length."""
    return UNSTORABLE.sub("", value)[:LONGEST_TEXT] if isinstance(value, str) else None


def token(value: Any) -> str | None:
    """A machine's word such as `cancelled` or `no_restock`."""
    return value if isinstance(value, str) and TOKEN.fullmatch(value) else None


def flag(value: Any) -> bool | None:
    """True or false, nothing else."""
    return value if isinstance(value, bool) else None


def amount(value: Any) -> str | None:
    """A decimal number as text."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return text if isinstance(text, str) and MONEY.fullmatch(text) else None


def address_of_image(value: Any) -> str | None:
    """An https address of a picture."""
    text = words(value) if isinstance(value, str) and len(value) <= LONGEST_TEXT * 4 else None
    return text if text and text.startswith("https://") else None


def moment(value: Any) -> str | None:
    """A time stamp as Shopify wrote it, if it is one."""
    return value if isinstance(value, str) and when(value) else None


def when(value: Any) -> datetime | None:
    """A time stamp in UTC; None if it is none. Without a zone it is read as UTC."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        return None
    try:
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None


def each(fields: Mapping[str, Keep]) -> Keep:
    """A list of objects, each reduced to these fields."""
    one = only(fields)
    return lambda value: (
        [one(entry) for entry in value if isinstance(entry, dict)]
        if isinstance(value, list)
        else []
    )


def only(fields: Mapping[str, Keep]) -> Keep:
    """An object reduced to these fields; those that are absent stay absent."""

    def reduce(value: Any) -> Kept:
        if not isinstance(value, dict):
            return {}
        return {name: keep(value[name]) for name, keep in fields.items() if name in value}

    return reduce


def every(keep: Keep) -> Keep:
    """A list of plain values."""
    return lambda value: [keep(entry) for entry in value] if isinstance(value, list) else []


REFUND = {
    "id": identifier,
    "order_id": identifier,
    "created_at": moment,
    "processed_at": moment,
    "restock": flag,
    "refund_line_items": each(
        {
            "id": identifier,
            "line_item_id": identifier,
            "quantity": whole,
            "restock_type": token,
            "location_id": identifier,
        }
    ),
}
FULFILLMENT = {
    "id": identifier,
    "order_id": identifier,
    "status": token,
    "location_id": identifier,
    "created_at": moment,
    "updated_at": moment,
    "line_items": each({"id": identifier, "variant_id": identifier, "quantity": whole}),
}
ORDER = {
    "id": identifier,
    "name": words,
    "created_at": moment,
    "updated_at": moment,
    "cancelled_at": moment,
    "closed_at": moment,
    "fulfillment_status": token,
    "source_name": token,
    "location_id": identifier,
    "test": flag,
    "line_items": each(
        {
            "id": identifier,
            "variant_id": identifier,
            "product_id": identifier,
            "sku": words,
            "quantity": whole,
            "current_quantity": whole,
            "fulfillable_quantity": whole,
            "fulfillment_status": token,
            "requires_shipping": flag,
            "product_exists": flag,
            "variant_inventory_management": token,
        }
    ),
    "fulfillments": each(FULFILLMENT),
    "refunds": each(REFUND),
}
DELTAS = each({"id": identifier, "delta": whole})
EDIT = {
    "order_edit": only(
        {
            "id": identifier,
            "order_id": identifier,
            "created_at": moment,
            "committed_at": moment,
            "line_items": only({"additions": DELTAS, "removals": DELTAS}),
        }
    )
}
ROUTED = only(
    {"id": identifier, "order_id": identifier, "status": token, "assigned_location_id": identifier}
)
ROUTING = {
    "fulfillment_order": ROUTED,
    "original_fulfillment_order": ROUTED,
    "moved_fulfillment_order": ROUTED,
    "destination_location_id": identifier,
}
LEVEL = {
    "inventory_item_id": identifier,
    "location_id": identifier,
    "available": whole,
    "updated_at": moment,
}
INVENTORY_ITEM = {
    "id": identifier,
    "sku": words,
    "tracked": flag,
    "cost": amount,
    "created_at": moment,
    "updated_at": moment,
}
PRODUCT = {
    "id": identifier,
    "title": words,
    "status": token,
    "created_at": moment,
    "updated_at": moment,
    "image": only({"src": address_of_image}),
    "images": each({"id": identifier, "src": address_of_image}),
    "variants": each(
        {
            "id": identifier,
            "title": words,
            "sku": words,
            "barcode": words,
            "price": amount,
            "inventory_item_id": identifier,
            "image_id": identifier,
        }
    ),
}
TRANSFER = {"id": identifier, "status": token, "happened_at": moment}
INBOUND_SHIPMENT = TRANSFER | {"shipment_id": identifier, "inventory_transfer_id": identifier}
LOCATION = {
    "id": identifier,
    "name": words,
    "active": flag,
    "created_at": moment,
    "updated_at": moment,
}
BULK_OPERATION = {
    "admin_graphql_api_id": identifier,
    "status": token,
    "error_code": token,
    "type": token,
    "created_at": moment,
    "completed_at": moment,
}
SHOP = {"id": identifier, "created_at": moment, "updated_at": moment}
SHOP_UPDATE = SHOP | {"name": words, "currency": token, "iana_timezone": token}
SCOPES = {"previous": every(token), "current": every(token), "updated_at": moment}
DELETED = {"id": identifier}

TRANSFER_TOPICS = tuple(
    f"inventory_transfers/{what}"
    for what in (
        "add_items",
        "remove_items",
        "update_item_quantities",
        "ready_to_ship",
        "updated",
        "cancel",
        "complete",
    )
)
INBOUND_TOPICS = tuple(
    f"inventory_shipments/{what}"
    for what in (
        "create",
        "delete",
        "add_items",
        "remove_items",
        "update_item_quantities",
        "update_tracking",
        "mark_in_transit",
        "receive_items",
    )
)

# Topics that are not listed keep nothing; neither do the compliance topics, which name customers.
FIELDS: dict[str, Mapping[str, Keep]] = {
    "orders/create": ORDER,
    "orders/updated": ORDER,
    "orders/cancelled": ORDER,
    "orders/paid": ORDER,
    "orders/fulfilled": ORDER,
    "orders/partially_fulfilled": ORDER,
    "orders/delete": DELETED,
    "orders/edited": EDIT,
    "refunds/create": REFUND,
    "fulfillments/create": FULFILLMENT,
    "fulfillments/update": FULFILLMENT,
    "fulfillment_orders/order_routing_complete": ROUTING,
    "fulfillment_orders/moved": ROUTING,
    "inventory_levels/connect": LEVEL,
    "inventory_levels/update": LEVEL,
    "inventory_levels/disconnect": LEVEL,
    "inventory_items/create": INVENTORY_ITEM,
    "inventory_items/update": INVENTORY_ITEM,
    "inventory_items/delete": DELETED,
    **dict.fromkeys(TRANSFER_TOPICS, TRANSFER),
    **dict.fromkeys(INBOUND_TOPICS, INBOUND_SHIPMENT),
    "products/create": PRODUCT,
    "products/update": PRODUCT,
    "products/delete": DELETED,
    "locations/create": LOCATION,
    "locations/update": LOCATION,
    "locations/activate": LOCATION,
    "locations/deactivate": LOCATION,
    "locations/delete": DELETED,
    "bulk_operations/finish": BULK_OPERATION,
    "app/uninstalled": SHOP,
    "app/scopes_update": SCOPES,
    "shop/update": SHOP_UPDATE,
}


def kept(topic: str, body: Any) -> Kept:
    """The fields of a webhook's body that may be stored; an empty object for an unknown topic.

    Never raises, whatever the body is: wrong types become null, unknown fields vanish.
    """
    fields = FIELDS.get(topic)
    reduced: Kept = only(fields)(body) if fields else {}
    return reduced


def reference(topic: str, fields: Mapping[str, Any]) -> str | None:
    """The id of the thing a kept body speaks of: the order for all its papers, else its own."""
    if topic == "orders/edited":
        return _text(_inner(fields, "order_edit").get("order_id"))
    if topic.startswith("fulfillment_orders/"):
        routed = _inner(fields, "fulfillment_order") or _inner(fields, "moved_fulfillment_order")
        return _text(routed.get("order_id")) or _text(routed.get("id"))
    if topic.startswith("inventory_levels/"):
        return _text(fields.get("inventory_item_id"))
    if topic.startswith("inventory_shipments/"):
        return _text(fields.get("inventory_transfer_id"))
    if topic == "bulk_operations/finish":
        return _text(fields.get("admin_graphql_api_id"))
    return _text(fields.get("order_id")) or _text(fields.get("id"))


def occurred_at(topic: str, fields: Mapping[str, Any]) -> datetime | None:
    """When it happened by the payload's own word; the door prefers Shopify's header to this."""
    if topic == "orders/edited":
        edit = _inner(fields, "order_edit")
        return when(edit.get("committed_at")) or when(edit.get("created_at"))
    for name in ("happened_at", "updated_at", "processed_at", "completed_at", "created_at"):
        found = when(fields.get(name))
        if found is not None:
            return found
    return None


def _inner(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = fields.get(name)
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
