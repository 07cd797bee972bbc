"""Which function handles which webhook topic of Shopify.

A handler gets all waiting messages of its topics at once, in the drain's transaction: it does no
HTTP, settles once for the whole batch, and returns the odd lines of each message by message id.
It may run twice for the same messages. What needs Shopify's answer becomes an outgoing message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlmodel import Session

from app.messages import Message
from app.shopify import (
    catalog,
    compliance,
    counting,
    install,
    order_books,
    past_orders,
    requests,
    snapshots,
    stock,
    transfers,
)
from app.shopify.notes import Note
from app.shopify.payloads import INBOUND_TOPICS, TRANSFER_TOPICS

Notes = Mapping[int, Sequence[Note]]
Handler = Callable[[Session, Sequence[Message]], Notes]

# Handled even while the catalogue import has not taken the opening balances yet; all other topics
# wait for it, as they build on it.
BEFORE_OPENING = frozenset(
    {
        "app/uninstalled",
        "app/scopes_update",
        "shop/update",
        "bulk_operations/finish",
        "customers/data_request",
        "customers/redact",
        "shop/redact",
    }
)


def order_changed(session: Session, taken: Sequence[Message]) -> Notes:
    """orders/create, updated and cancelled carry the whole order: settle them all at once."""
    found = [(snapshots.order_of(message.request), message.message_id) for message in taken]
    return order_books.settle_orders(
        session, [(order, message_id) for order, message_id in found if order is not None]
    )


def order_unclear(session: Session, taken: Sequence[Message]) -> Notes:
    """orders/edited and refunds/create tell changes without a usable version: read the order."""
    order_books.request_orders(
        session, [(message.reference, message) for message in taken if message.reference]
    )
    return {}


def order_deleted(session: Session, taken: Sequence[Message]) -> Notes:
    """A deleted order needs nothing held any more."""
    order_books.forget_orders(session, taken)
    return {}


def order_routed(session: Session, taken: Sequence[Message]) -> Notes:
    """Where an order's units are kept matters once there is more than one place for them."""
    if len(order_books.active_locations(session)) > 1:
        for message in taken:
            _ask_for_route(session, message)
    return {}


def fulfilled(session: Session, taken: Sequence[Message]) -> Notes:
    """fulfillments/create and update carry the whole fulfilment."""
    given = []
    for message in taken:
        found, order = snapshots.fulfillment_of(message.request), message.request.get("order_id")
        if found is not None and order:
            given.append((found, order, message.message_id))
    return order_books.settle_fulfillments(session, given)


def export_finished(session: Session, taken: Sequence[Message]) -> Notes:
    """Shopify has written the file that the catalogue import, the counting or the past waits for."""
    catalog.wake(session)
    counting.wake(session)
    past_orders.wake(session)
    return {}


def _quietly(work: Callable[[Session, Sequence[Message]], None]) -> Handler:
    """A handler that has nothing to note of any message."""

    def handle(session: Session, taken: Sequence[Message]) -> Notes:
        work(session, taken)
        return {}

    return handle


def _ask_for_route(session: Session, message: Message) -> None:
    body = message.request
    routed = body.get("fulfillment_order") or body.get("moved_fulfillment_order") or {}
    original = body.get("original_fulfillment_order") or {}
    order = routed.get("order_id") or original.get("order_id")
    route = routed.get("id") or original.get("id")
    if order:
        requests.ask_for(session, requests.READ_ORDER, [(order, order)], message.message_id)
    elif route:
        requests.ask_for(
            session, requests.READ_ROUTE, [(f"route:{route}", route)], message.message_id
        )


_customers = _quietly(compliance.customers)
_locations = _quietly(stock.locations_changed)
_transfers = _quietly(transfers.changed)

HANDLERS: dict[str, Handler] = {
    "app/uninstalled": _quietly(install.uninstalled),
    "app/scopes_update": _quietly(install.scopes_updated),
    "shop/update": _quietly(install.shop_updated),
    "bulk_operations/finish": export_finished,
    "locations/create": _locations,
    "locations/update": _locations,
    "locations/activate": _locations,
    "locations/deactivate": _locations,
    "locations/delete": _locations,
    "products/create": stock.products_changed,
    "products/update": stock.products_changed,
    "products/delete": _quietly(stock.products_deleted),
    "inventory_items/create": stock.items_changed,
    "inventory_items/update": stock.items_changed,
    "inventory_items/delete": _quietly(stock.items_deleted),
    "inventory_levels/connect": stock.levels_changed,
    "inventory_levels/update": stock.levels_changed,
    "inventory_levels/disconnect": stock.levels_changed,
    **dict.fromkeys(TRANSFER_TOPICS, _transfers),
    **dict.fromkeys(INBOUND_TOPICS, _transfers),
    "orders/create": order_changed,
    "orders/updated": order_changed,
    "orders/cancelled": order_changed,
    "orders/edited": order_unclear,
    "refunds/create": order_unclear,
    "orders/delete": order_deleted,
    "fulfillments/create": fulfilled,
    "fulfillments/update": fulfilled,
    "fulfillment_orders/order_routing_complete": order_routed,
    "fulfillment_orders/moved": order_routed,
    "customers/data_request": _customers,
    "customers/redact": _customers,
    "shop/redact": _quietly(compliance.erase_shop),
}
