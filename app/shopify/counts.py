"""Shopify's counts: what it says stands where, how they reach the core, and what is on its way.

The core compares them with the books (`app.inventory.counts`); this side knows how to read a level,
and which items are not to be judged because a message about them still waits.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.inventory import counts
from app.inventory.counts import Counted
from app.inventory.models import INSIDE, State
from app.shopify.client import Json
from app.shopify.payloads import whole

__all__ = ["SOURCE", "Counted", "busy_items", "dead_items", "forget", "keep", "of_level"]

SOURCE = "shopify"

# Papers that wait name their items by variant or inventory item, or by an order that holds them.
BUSY = """
WITH waiting AS (
    SELECT direction, topic, reference, request FROM message
    WHERE shop_id = :shop AND channel = 'shopify' AND state = 'waiting'
)
SELECT CAST(request ->> 'item_id' AS int) FROM waiting
WHERE direction = 'out' AND request ? 'changes'
UNION
SELECT alias.item_id FROM waiting
CROSS JOIN LATERAL jsonb_path_query(request, '$.line_items[*].variant_id') AS variant
JOIN alias ON alias.shop_id = :shop AND alias.kind = 'shopify_variant'
  AND alias.value = variant #>> '{}'
WHERE direction = 'in'
UNION
SELECT alias.item_id FROM waiting
JOIN alias ON alias.shop_id = :shop AND alias.kind = 'shopify_inventory_item'
  AND alias.value = coalesce(request ->> 'inventory_item_id', request ->> 'id')
WHERE direction = 'in'
  AND (topic LIKE 'inventory_levels/%' OR topic LIKE 'inventory_items/%')
UNION
SELECT arrival.item_id FROM waiting
JOIN arrival ON arrival.shop_id = :shop AND arrival.source = 'shopify_transfer'
  AND arrival.ended_at IS NULL
  AND (topic = 'inventory_transfers/list' OR split_part(arrival.reference, ':', 1)
       = coalesce(request ->> 'inventory_transfer_id', request ->> 'id'))
WHERE topic LIKE 'inventory_transfers/%' OR topic LIKE 'inventory_shipments/%'
UNION
SELECT hold.item_id FROM waiting
JOIN document ON document.shop_id = :shop AND document.kind = 'shopify_order'
  AND document.reference = waiting.reference
JOIN hold ON hold.shop_id = :shop AND hold.document_id = document.document_id
"""
DEAD = """
SELECT CAST(request ->> 'item_id' AS int) AS item_id, max(message_id) FROM message
WHERE shop_id = :shop AND direction = 'out' AND channel = 'shopify' AND state = 'dead'
  AND request ? 'changes'
GROUP BY 1
"""


def keep(session: Session, counted: Iterable[Counted], *, sparse: bool = False) -> None:
    """Keeps Shopify's counts; an older one never replaces a newer one."""
    counts.record(session, SOURCE, counted, sparse=sparse)


def forget(session: Session) -> None:
    """Drops all of Shopify's counts of this shop, before they are all read anew."""
    counts.forget(session, SOURCE)


def of_level(
    level: Json,
    item_id: int,
    location_id: int,
    observed_at: datetime,
    *,
    read_at: datetime | None = None,
    sparse: bool = False,
) -> list[Counted]:
    """Every state of one inventory level; with `sparse` zeros are left out, but for `available`."""
    found = []
    for one in level.get("quantities") or ():
        name, quantity = one.get("name"), whole(one.get("quantity"))
        if quantity is None or name not in INSIDE:
            continue
        if quantity or not sparse or name == State.AVAILABLE:
            state = State(name)
            found.append(Counted(item_id, location_id, state, quantity, observed_at, read_at))
    return found


def busy_items(session: Session) -> set[int]:
    """Items that something waiting at the border speaks of, so that their counts say nothing yet."""
    rows = session.execute(text(BUSY), {"shop": shop_of(session)})
    return {item_id for item_id in rows.scalars() if item_id is not None}


def dead_items(session: Session) -> dict[int, int]:
    """Items that Shopify was never told a movement of, with the newest message that died of it."""
    rows = session.execute(text(DEAD), {"shop": shop_of(session)})
    return {row[0]: row[1] for row in rows}
