"""Bodies of webhooks in Shopify's REST shapes, with invented personal data where real ones have it.

Times are in the shop's zone and to the second, ids are plain numbers, quantities follow Shopify's
meaning: `quantity` as ordered, `current_quantity` after edits and refunds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.simulators.shopify.people import person
from app.simulators.shopify.records import (
    BulkOperation,
    Fulfillment,
    Item,
    Level,
    Line,
    Location,
    Order,
    Product,
    Refund,
    Shop,
    Transfer,
    Variant,
)
from app.simulators.shopify.store import Changing

Body = dict[str, Any]


def build(change: Changing, topic: str, *about: Any) -> Body:
    """The body of one webhook, of things as they are at the end of this change."""
    shop = change.get(Shop, "shop")
    assert shop is not None
    return BUILDERS[topic.partition("/")[0] if topic not in BUILDERS else topic](
        change, shop, *about
    )


def moment(shop: Shop, at: datetime | None) -> str | None:
    """A time as the REST API writes it."""
    if at is None:
        return None
    return at.astimezone(ZoneInfo(shop.time_zone)).replace(microsecond=0).isoformat()


def money(amount: Decimal | str, currency: str) -> Body:
    one = {"amount": f"{Decimal(amount):.2f}", "currency_code": currency}
    return {"shop_money": one, "presentment_money": one}


def order(change: Changing, shop: Shop, order_id: int, *_: Any) -> Body:
    """The REST order, personal data and all."""
    found = change.get(Order, order_id)
    assert found is not None
    who = person(found.number)
    total = sum((Decimal(line.price) * line.quantity for line in found.lines), Decimal())
    current = sum((Decimal(line.price) * line.current for line in found.lines), Decimal())
    return {
        "id": found.id,
        "admin_graphql_api_id": f"gid://shopify/Order/{found.id}",
        "app_id": 580111,
        "browser_ip": who.browser_ip,
        "buyer_accepts_marketing": found.number % 2 == 0,
        "cancel_reason": found.cancel_reason,
        "cancelled_at": moment(shop, found.cancelled_at),
        "cart_token": f"hWN{found.id:x}",
        "client_details": {
            "accept_language": "en-US",
            "browser_ip": who.browser_ip,
            "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6)",
        },
        "closed_at": moment(shop, found.closed_at),
        "confirmation_number": f"LF{found.id % 10**7:07d}",
        "confirmed": True,
        "contact_email": who.email,
        "created_at": moment(shop, found.created_at),
        "currency": found.currency,
        "current_subtotal_price": f"{current:.2f}",
        "current_total_price": f"{current:.2f}",
        "current_total_price_set": money(current, found.currency),
        "customer_locale": "en-US",
        "email": who.email,
        "financial_status": found.financial_status(),
        "fulfillment_status": found.fulfillment_status(),
        "landing_site": "/?utm_source=newsletter",
        "location_id": None,
        "name": found.name,
        "note": "Please leave it with the neighbour." if found.number % 5 == 0 else None,
        "note_attributes": [{"name": "gift message", "value": f"For {who.first_name}, with love"}],
        "number": found.number - 1000,
        "order_number": found.number,
        "order_status_url": f"https://{shop.domain}/orders/{found.id:x}/authenticate?key=0a1b2c",
        "payment_gateway_names": ["shopify_payments"],
        "phone": who.phone,
        "presentment_currency": found.currency,
        "processed_at": moment(shop, found.created_at),
        "referring_site": "https://www.example.com/gear",
        "source_identifier": found.source_identifier,
        "source_name": found.source_name,
        "subtotal_price": f"{total:.2f}",
        "tags": ", ".join(found.tags),
        "taxes_included": False,
        "test": found.test,
        "token": f"{found.id:032x}",
        "total_price": f"{total:.2f}",
        "total_price_set": money(total, found.currency),
        "updated_at": moment(shop, found.updated_at),
        "user_id": None,
        "billing_address": who.address,
        "customer": {
            "id": who.id,
            "email": who.email,
            "first_name": who.first_name,
            "last_name": who.last_name,
            "phone": who.phone,
            "admin_graphql_api_id": f"gid://shopify/Customer/{who.id}",
            "default_address": who.address,
        },
        "discount_codes": [],
        "fulfillments": [_fulfillment(shop, found, one) for one in found.fulfillments],
        "line_items": [_line(found, line) for line in found.lines],
        "payment_details": {"credit_card_company": "Visa", "credit_card_number": "•••• 4242"},
        "refunds": [_refund(shop, found, one) for one in found.refunds],
        "shipping_address": who.address,
        "shipping_lines": [{"id": found.id + 1, "title": "Standard", "price": "0.00"}],
    }


def order_edited(
    change: Changing, shop: Shop, order_id: int, edit_id: int, deltas: dict[int, int]
) -> Body:
    """Deltas by line id and nothing else: not an order."""
    at = moment(shop, change.second)
    return {
        "order_edit": {
            "id": edit_id,
            "app_id": 1354745,
            "order_id": order_id,
            "user_id": 48221,
            "created_at": at,
            "committed_at": at,
            "notify_customer": False,
            "staff_note": "Asked by telephone",
            "line_items": {
                "additions": [{"id": key, "delta": n} for key, n in deltas.items() if n > 0],
                "removals": [{"id": key, "delta": -n} for key, n in deltas.items() if n < 0],
            },
            "discounts": {"line_item": {"additions": [], "removals": []}},
            "shipping_lines": {"additions": [], "removals": []},
        }
    }


def refund(change: Changing, shop: Shop, order_id: int, refund_id: int) -> Body:
    found = change.get(Order, order_id)
    assert found is not None
    return _refund(shop, found, next(one for one in found.refunds if one.id == refund_id))


def fulfillment(change: Changing, shop: Shop, order_id: int, fulfillment_id: int) -> Body:
    found = change.get(Order, order_id)
    assert found is not None
    one = next(one for one in found.fulfillments if one.id == fulfillment_id)
    return _fulfillment(shop, found, one)


def routing(change: Changing, shop: Shop, order_id: int, route_id: int, *_: Any) -> Body:
    found = change.get(Order, order_id)
    assert found is not None
    route = next(one for one in found.routes if one.id == route_id)
    return {
        "fulfillment_order": {
            "id": f"gid://shopify/FulfillmentOrder/{route.id}",
            "status": route.status.lower(),
        }
    }


def moved(change: Changing, shop: Shop, order_id: int, route_id: int, how: Body) -> Body:
    found = change.get(Order, order_id)
    assert found is not None
    routes = {one.id: one for one in found.routes}
    source, target = routes[how["from"]], routes[route_id]
    return {
        "original_fulfillment_order": {
            "id": f"gid://shopify/FulfillmentOrder/{source.id}",
            "status": source.status.lower(),
        },
        "moved_fulfillment_order": {
            "id": f"gid://shopify/FulfillmentOrder/{target.id}",
            "status": target.status.lower(),
        },
        "source_location": {"id": f"gid://shopify/Location/{source.location_id}"},
        "destination_location_id": f"gid://shopify/Location/{target.location_id}",
        "fulfillment_order_line_items_requested": [],
    }


def level(change: Changing, shop: Shop, key: str) -> Body:
    found = change.get(Level, key)
    assert found is not None
    item = change.get(Item, found.item_id)
    return {
        "inventory_item_id": found.item_id,
        "location_id": found.location_id,
        "available": found.quantity("available") if item and item.tracked else None,
        "updated_at": moment(shop, found.updated_at),
        "admin_graphql_api_id": (
            f"gid://shopify/InventoryLevel/{found.id}?inventory_item_id={found.item_id}"
        ),
    }


def item(change: Changing, shop: Shop, item_id: int) -> Body:
    found = change.get(Item, item_id)
    assert found is not None
    return {
        "id": found.id,
        "sku": found.sku,
        "created_at": moment(shop, found.created_at),
        "updated_at": moment(shop, found.updated_at),
        "requires_shipping": True,
        "cost": found.unit_cost,
        "country_code_of_origin": None,
        "province_code_of_origin": None,
        "harmonized_system_code": None,
        "tracked": found.tracked,
        "country_harmonized_system_codes": [],
        "admin_graphql_api_id": f"gid://shopify/InventoryItem/{found.id}",
    }


def product(change: Changing, shop: Shop, product_id: int) -> Body:
    found = change.get(Product, product_id)
    assert found is not None
    variants = [one for one in change.all(Variant) if one.product_id == product_id]
    src = image_address(change.store.public_url, found)
    image = {"id": found.id + 1, "product_id": found.id, "src": src}
    return {
        "id": found.id,
        "admin_graphql_api_id": f"gid://shopify/Product/{found.id}",
        "title": found.title,
        "body_html": f"<p>{found.title} by {found.vendor}.</p>",
        "vendor": found.vendor,
        "product_type": found.kind,
        "handle": found.handle,
        "status": found.status.lower(),
        "tags": "",
        "created_at": moment(shop, found.created_at),
        "updated_at": moment(shop, found.updated_at),
        "published_at": moment(shop, found.created_at),
        "options": [{"name": "Title", "position": 1, "values": [one.title for one in variants]}],
        "image": image,
        "images": [image],
        "variants": [
            {
                "id": one.id,
                "admin_graphql_api_id": f"gid://shopify/ProductVariant/{one.id}",
                "product_id": found.id,
                "title": one.title,
                "sku": one.sku,
                "barcode": one.barcode,
                "price": one.price,
                "position": one.position,
                "inventory_item_id": one.item_id,
                "inventory_policy": "deny",
                "image_id": None,
                "created_at": moment(shop, one.created_at),
                "updated_at": moment(shop, one.updated_at),
            }
            for one in variants
        ],
    }


def image_address(public_url: str, found: Product) -> str:
    """A drawing served by the simulator itself."""
    return f"{public_url}/images/{found.handle}.svg"


def location(change: Changing, shop: Shop, location_id: int) -> Body:
    found = change.get(Location, location_id)
    assert found is not None
    return {
        "id": found.id,
        "name": found.name,
        **{key: found.address.get(key) for key in ("address1", "address2", "city", "zip")},
        "country": "US",
        "phone": "+15035550100",
        "active": found.active,
        "legacy": False,
        "created_at": moment(shop, found.created_at),
        "updated_at": moment(shop, found.updated_at),
        "admin_graphql_api_id": f"gid://shopify/Location/{found.id}",
    }


def bulk_operation(change: Changing, shop: Shop, operation_id: int) -> Body:
    found = change.get(BulkOperation, operation_id)
    assert found is not None
    return {
        "admin_graphql_api_id": f"gid://shopify/BulkOperation/{found.id}",
        "completed_at": moment(shop, found.completed_at),
        "created_at": moment(shop, found.created_at),
        "error_code": found.error_code and found.error_code.lower(),
        "status": found.status.lower(),
        "type": "query",
    }


def shop_itself(change: Changing, shop: Shop, *_: Any) -> Body:
    return {
        "id": shop.id,
        "name": shop.name,
        "email": shop.email,
        "domain": shop.domain,
        "myshopify_domain": shop.domain,
        "shop_owner": "Robin Larkfield",
        "phone": "+15035550100",
        "currency": shop.currency,
        "iana_timezone": shop.time_zone,
        "created_at": moment(shop, shop.created_at),
        "updated_at": moment(shop, change.second),
        "admin_graphql_api_id": f"gid://shopify/Shop/{shop.id}",
    }


def scopes(change: Changing, shop: Shop, previous: list[str]) -> Body:
    return {
        "id": shop.id,
        "previous": previous,
        "current": shop.scopes,
        "updated_at": moment(shop, change.second),
    }


def customer(change: Changing, shop: Shop, number: int, orders: list[int]) -> Body:
    """Both customer topics in one: each reader takes the part it knows."""
    who = person(number)
    return {
        "shop_id": shop.id,
        "shop_domain": shop.domain,
        "customer": {"id": who.id, "email": who.email, "phone": who.phone},
        "orders_to_redact": orders,
        "orders_requested": orders,
        "data_request": {"id": number},
    }


def deleted(change: Changing, shop: Shop, thing_id: int) -> Body:
    return {"id": thing_id}


def transfer(change: Changing, shop: Shop, transfer_id: int, *_: Any) -> Body:
    """An inventory transfer by its GraphQL id; the keys of a place that is none are left out."""
    found = change.get(Transfer, transfer_id)
    assert found is not None
    ends = {"origin": found.origin_id, "destination": found.destination_id}
    return {
        "id": f"gid://shopify/InventoryTransfer/{found.id}",
        "happened_at": moment(shop, change.second),
        "status": found.status.lower(),
        **{
            name: {"id": f"gid://shopify/Location/{place}"}
            for name, place in ends.items()
            if place is not None
        },
        "line_items": [
            {
                "id": f"gid://shopify/InventoryTransferLineItem/{line.id}",
                "inventory_item_id": f"gid://shopify/InventoryItem/{line.item_id}",
                "quantity": line.quantity,
            }
            for line in found.lines
        ],
    }


def inbound(
    change: Changing, shop: Shop, transfer_id: int, shipment_id: int, status: str, *_: Any
) -> Body:
    """A shipment of a transfer by its GraphQL id, and (since 2026-10) the transfer's."""
    return {
        "id": f"gid://shopify/InventoryShipment/{shipment_id}",
        "inventory_transfer_id": f"gid://shopify/InventoryTransfer/{transfer_id}",
        "happened_at": moment(shop, change.second),
        "status": status.lower(),
    }


def inbound_tracking(
    change: Changing, shop: Shop, transfer_id: int, shipment_id: int, *_: Any
) -> Body:
    """The one body that names its shipment `shipment_id`."""
    return {
        "shipment_id": f"gid://shopify/InventoryShipment/{shipment_id}",
        "inventory_transfer_id": f"gid://shopify/InventoryTransfer/{transfer_id}",
        "happened_at": moment(shop, change.second),
    }


def redact(change: Changing, shop: Shop, *_: Any) -> Body:
    return {"shop_id": shop.id, "shop_domain": shop.domain}


BUILDERS: dict[str, Callable[..., Body]] = {
    "orders": order,
    "orders/edited": order_edited,
    "orders/delete": deleted,
    "refunds": refund,
    "fulfillments": fulfillment,
    "fulfillment_orders": routing,
    "fulfillment_orders/moved": moved,
    "inventory_levels": level,
    "inventory_items": item,
    "inventory_items/delete": deleted,
    "inventory_transfers": transfer,
    "inventory_shipments": inbound,
    "inventory_shipments/update_tracking": inbound_tracking,
    "products": product,
    "products/delete": deleted,
    "locations": location,
    "locations/delete": deleted,
    "bulk_operations": bulk_operation,
    "app/uninstalled": shop_itself,
    "app/scopes_update": scopes,
    "shop/update": shop_itself,
    "shop/redact": redact,
    "customers": customer,
}


def _line(found: Order, line: Line) -> Body:
    remaining = found.remaining(line.id)
    shipped = found.shipped(line.id)
    status = None if not shipped else "partial" if remaining else "fulfilled"
    return {
        "id": line.id,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{line.id}",
        "attributed_staffs": [],
        "current_quantity": line.current,
        "fulfillable_quantity": remaining,
        "fulfillment_service": "manual",
        "fulfillment_status": status,
        "gift_card": False,
        "name": f"{line.title} - {line.variant_title}" if line.variant_title else line.title,
        "price": line.price,
        "price_set": money(line.price, found.currency),
        "product_exists": line.product_id is not None,
        "product_id": line.product_id,
        "properties": [{"name": "engraving", "value": person(found.number).last_name}],
        "quantity": line.quantity,
        "requires_shipping": line.requires_shipping,
        "sales_line_item_group_id": line.group_id,
        "sku": line.sku,
        "taxable": True,
        "title": line.title,
        "variant_id": line.variant_id,
        "variant_inventory_management": "shopify" if line.item_id is not None else None,
        "variant_title": line.variant_title,
        "vendor": None,
        "discount_allocations": [],
        "tax_lines": [],
        "duties": [],
    }


def _fulfillment(shop: Shop, found: Order, one: Fulfillment) -> Body:
    who = person(found.number)
    return {
        "id": one.id,
        "admin_graphql_api_id": f"gid://shopify/Fulfillment/{one.id}",
        "order_id": found.id,
        "name": one.name.replace("-F", "."),
        "status": one.status,
        "location_id": one.location_id,
        "service": "manual",
        "shipment_status": None,
        "tracking_company": "UPS",
        "tracking_number": one.tracking_number,
        "tracking_numbers": [one.tracking_number],
        "tracking_url": f"https://tracking.example/{one.tracking_number}",
        "origin_address": None,
        "email": who.email,
        "destination": who.address,
        "receipt": {},
        "created_at": moment(shop, one.created_at),
        "updated_at": moment(shop, one.updated_at),
        "line_items": [
            {**_line(found, found.line(line.line_id)), "quantity": line.quantity}
            for line in one.lines
        ],
    }


def _refund(shop: Shop, found: Order, one: Refund) -> Body:
    total = sum(
        (Decimal(found.line(line.line_id).price) * line.quantity for line in one.lines), Decimal()
    )
    at = moment(shop, one.created_at)
    return {
        "id": one.id,
        "admin_graphql_api_id": f"gid://shopify/Refund/{one.id}",
        "order_id": found.id,
        "created_at": at,
        "processed_at": at,
        "note": one.note,
        "restock": any(line.restock_type != "no_restock" for line in one.lines),
        "user_id": 48221,
        "refund_line_items": [
            {
                "id": line.id,
                "line_item_id": line.line_id,
                "location_id": line.location_id,
                "quantity": line.quantity,
                "restock_type": line.restock_type,
                "subtotal": float(Decimal(found.line(line.line_id).price) * line.quantity),
                "total_tax": 0.0,
                "line_item": _line(found, found.line(line.line_id)),
            }
            for line in one.lines
        ],
        "transactions": [
            {
                "id": one.id + 1,
                "order_id": found.id,
                "kind": "refund",
                "amount": f"{total:.2f}",
                "currency": found.currency,
                "status": "success",
                "gateway": "shopify_payments",
                "receipt": {"id": f"re_{one.id}"},
            }
        ],
        "order_adjustments": [],
        "duties": [],
    }
