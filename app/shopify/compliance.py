"""The law's topics: we hold nothing of any customer, and erase a shop that left when told to.

Source: Shopify, "Privacy law compliance". What these messages carry is never stored (`payloads`).
"""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import TopologicalSorter

import structlog
from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.messages import Message
from app.shopify import tokens
from app.shops import this_shop

log = structlog.get_logger(__name__)

KEPT = {"shop", "shop_domain"}
TABLES = """
SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
  AND attname = 'shop_id' AND NOT attisdropped
"""
REFERENCES = """
SELECT DISTINCT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
WHERE contype = 'f' AND connamespace = 'public'::regnamespace
"""


def customers(session: Session, taken: Sequence[Message]) -> None:
    """customers/data_request and customers/redact: there is nothing here to hand out or to erase."""
    for message in taken:
        log.info("compliance", topic=message.topic, at=message.received_at.isoformat())


def erase_shop(session: Session, taken: Sequence[Message]) -> None:
    """shop/redact: erases every row of the shop, unless it has installed the app again meanwhile.

    What is left is the shop's domain with our number for it, so that messages still on their way
    are recognised, and ignored.
    """
    connection = tokens.find(session)
    if connection is not None and connection.state != "disconnected":
        log.warning("not_erased", reason="the shop is connected")
        return
    shop = shop_of(session)
    session.execute(
        text("SELECT set_config('holdfast.erasing_shop', :shop, true)"), {"shop": str(shop)}
    )
    for table in _tables_children_first(session):
        session.execute(text(f'DELETE FROM "{table}" WHERE shop_id = :shop'), {"shop": shop})
    row = this_shop(session)
    row.name, row.shopify_shop_id, row.opened_at = "", None, None
    log.info("erased", shop_id=shop)


def _tables_children_first(session: Session) -> list[str]:
    tables = set(session.execute(text(TABLES)).scalars()) - KEPT
    order: TopologicalSorter[str] = TopologicalSorter({table: set() for table in tables})
    for child, parent in session.execute(text(REFERENCES)):
        if child in tables and parent in tables and child != parent:
            order.add(parent, child)
    return list(order.static_order())
