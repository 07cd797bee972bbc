"""Which of our items a purchase order line means: by exact identifiers, never by likeness."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from app.db import shop_of
from app.inventory.arrays import texts
from app.inventory.models import Alias

BY_ALIAS = """
SELECT alias.kind, alias.value, alias.item_id
FROM alias WHERE shop_id = :shop
  AND ((kind = 'asin' AND value = ANY(CAST(:asins AS text[])))
    OR (kind IN ('vendor_sku', 'barcode') AND value = ANY(CAST(:skus AS text[]))))
"""
BY_SKU = """
SELECT sku, array_agg(item_id) FROM item
WHERE shop_id = :shop AND sku = ANY(CAST(:skus AS text[])) AND archived_at IS NULL GROUP BY sku
"""


class Named(NamedTuple):
    """How a line names its goods."""

    asin: str | None
    vendor_sku: str | None


def resolve(session: Session, named: Iterable[Named]) -> dict[Named, int]:
    """The item of each name that means exactly one; the others are left out.

    An ASIN, vendor SKU or barcode counts when it is an alias of ours, and two that point at
    different items cancel each other out. Without any alias, a vendor SKU counts when exactly one
    item has it as its SKU. An ASIN that stands beside a known vendor SKU becomes an alias as well.
    """
    wanted = set(named)
    asins = list({name.asin for name in wanted if name.asin})
    skus = list({name.vendor_sku for name in wanted if name.vendor_sku})
    if not asins and not skus:
        return {}
    asked = {"shop": shop_of(session), "asins": texts(asins), "skus": texts(skus)}
    aliases = {
        (kind, value): item_id for kind, value, item_id in session.execute(text(BY_ALIAS), asked)
    }
    by_sku = {
        sku: items[0] for sku, items in session.execute(text(BY_SKU), asked) if len(items) == 1
    }
    found: dict[Named, int] = {}
    for name in wanted:
        candidates = {
            aliases[key]
            for key in (
                ("asin", name.asin),
                ("vendor_sku", name.vendor_sku),
                ("barcode", name.vendor_sku),
            )
            if key in aliases
        }
        if not candidates and name.vendor_sku in by_sku:
            candidates = {by_sku[name.vendor_sku]}
        if len(candidates) == 1:
            found[name] = candidates.pop()
    _learn(session, found, aliases.keys())
    return found


def _learn(
    session: Session, found: dict[Named, int], known: Iterable[tuple[str, str | None]]
) -> None:
    known = set(known)
    taught: dict[str, set[int]] = {}
    for name, item_id in found.items():
        if name.asin and ("asin", name.asin) not in known:
            taught.setdefault(name.asin, set()).add(item_id)
    rows = [
        {"shop_id": shop_of(session), "kind": "asin", "value": asin, "item_id": items.pop()}
        for asin, items in sorted(taught.items())
        if len(items) == 1
    ]
    if rows:
        session.execute(insert(Alias).values(rows).on_conflict_do_nothing())
