"""Which topics we know, who handles each, and in which order a batch of them is handled."""

from __future__ import annotations

from typing import NamedTuple

from app.shopify.handlers import BEFORE_OPENING, HANDLERS, Handler

COMPLIANCE = frozenset({"customers/data_request", "customers/redact", "shop/redact"})
"""What Shopify sends to /webhooks/shopify/compliance; the law's topics, known at either address."""

ORDER_OF_SUBJECTS = (
    "shop",
    "app",
    "locations",
    "products",
    "inventory_items",
    "orders",
    "fulfillment_orders",
    "fulfillments",
    "refunds",
    "inventory_transfers",
    "inventory_shipments",
    "inventory_levels",
    "bulk_operations",
    "customers",
)
"""What others build upon comes first: a place before its stock, an order before its fulfilment."""


class Topic(NamedTuple):
    """One known topic."""

    handler: Handler
    rank: int
    before_opening: bool


def _rank(topic: str) -> int:
    subject = topic.partition("/")[0]
    if subject in ORDER_OF_SUBJECTS:
        return ORDER_OF_SUBJECTS.index(subject)
    return len(ORDER_OF_SUBJECTS)


TOPICS: dict[str, Topic] = {
    topic: Topic(
        handler=handler,
        rank=_rank(topic),
        before_opening=topic in BEFORE_OPENING or topic in COMPLIANCE,
    )
    for topic, handler in HANDLERS.items()
}
