"""What we have to ask Shopify again: outgoing messages that read one thing, asked for once."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import text
from sqlmodel import Session

from app import bell, messages
from app.db import shop_of

OUT = "shopify_out"
READ_ORDER = "orders/read"
READ_ROUTE = "fulfillment_orders/read"
READ_PRODUCT = "products/read"
READ_LEVELS = "inventory_levels/read"
READ_LOCATIONS = "locations/read"
READ_HISTORY = "inventory_history/read"
READ_TRANSFERS = "inventory_transfers/list"
READ_TRANSFER = "inventory_transfers/read"
# What has arrived is known before the levels that show it are compared.
READS = (
    READ_PRODUCT,
    READ_LOCATIONS,
    READ_ORDER,
    READ_ROUTE,
    READ_TRANSFERS,
    READ_TRANSFER,
    READ_LEVELS,
    READ_HISTORY,
)


def ask_for(
    session: Session, topic: str, wanted: Iterable[tuple[str, str]], because: object
) -> None:
    """Asks Shopify for these (reference, id) unless such a question waits already, not yet put.

    `because` names what made us ask, so that handling that twice asks once.
    """
    by_reference = dict(wanted)
    if not by_reference:
        return
    # One that has been tried may have been answered just before this reason to ask came up.
    waiting = session.execute(
        text(
            "SELECT reference FROM message WHERE shop_id = :shop AND direction = 'out'"
            " AND channel = 'shopify' AND topic = :topic AND state = 'waiting' AND attempts = 0"
            " AND reference = ANY(:references)"
        ),
        {"shop": shop_of(session), "topic": topic, "references": list(by_reference)},
    )
    for known in waiting.scalars():
        by_reference.pop(known, None)
    for reference, number in by_reference.items():
        messages.record(
            session,
            direction="out",
            channel="shopify",
            topic=topic,
            key=f"{topic}:{number}:{because}",
            reference=reference,
            request={"id": number},
        )
    bell.ring_after_commit(session, OUT)
