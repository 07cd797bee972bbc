"""Products on open purchase orders that are no item of ours yet, and a person's word on what they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.errors import FieldError, Refused
from app.inventory.models import Item
from app.vendor.items import Named, resolve
from app.vendor.kits import give_name
from app.vendor.orders import map_lines
from app.vendor.promises import lines_of, restate
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine

GROUPS = """
SELECT coalesce(line.asin, '') AS asin, coalesce(line.vendor_sku, '') AS vendor_sku,
       sum(line.ordered_units)::bigint AS units, min(purchase_order.ordered_at) AS since,
       array_agg(DISTINCT ARRAY[purchase_order.region, purchase_order.number]) AS orders
FROM purchase_order_line AS line JOIN purchase_order USING (shop_id, region, number)
WHERE line.shop_id = :shop AND line.item_id IS NULL AND NOT line.removed
  AND purchase_order.state <> 'Closed'
  AND (coalesce(line.asin, ''), coalesce(line.vendor_sku, '')) > (:asin, :vendor_sku)
GROUP BY 1, 2 ORDER BY 1, 2 LIMIT :most
"""
# A GTIN is the same product with or without its leading zeros (GS1 General Specifications, 12, 13
# and 14 digits); a SKU is compared without case, spaces and punctuation.
SUGGESTIONS = """
SELECT wanted.asin, wanted.vendor_sku, found.item_id, found.reason
FROM unnest(CAST(:asins AS text[]), CAST(:skus AS text[])) AS wanted (asin, vendor_sku)
CROSS JOIN LATERAL (
    SELECT item_id, 'known_identifier' AS reason FROM alias
    WHERE shop_id = :shop AND ((kind = 'asin' AND value = wanted.asin)
        OR (kind IN ('vendor_sku', 'barcode') AND value = wanted.vendor_sku))
    UNION
    SELECT item_id, 'same_barcode' FROM alias
    WHERE shop_id = :shop AND kind = 'barcode' AND wanted.vendor_sku ~ '^[0-9]{8,14}$'
      AND value ~ '^[0-9]{8,14}$' AND ltrim(value, '0') = ltrim(wanted.vendor_sku, '0')
    UNION
    SELECT item_id, 'same_sku' FROM item
    WHERE shop_id = :shop AND archived_at IS NULL
      AND regexp_replace(wanted.vendor_sku, '[^[:alnum:]]', '', 'g') <> ''
      AND upper(regexp_replace(sku, '[^[:alnum:]]', '', 'g'))
          = upper(regexp_replace(wanted.vendor_sku, '[^[:alnum:]]', '', 'g'))
) AS found ORDER BY 1, 2, 4, 3
"""


class Group(NamedTuple):
    """One unknown product: units are eaches ordered, of all open orders that name it alike; each order
    is its region and number."""

    asin: str
    vendor_sku: str
    units: int
    since: datetime
    orders: list[tuple[str, str]]


class Suggestion(NamedTuple):
    """An item that an unknown product may be, and why; only a person makes it so."""

    item_id: int
    reason: str


def groups(session: Session, after: Named, most: int) -> list[Group]:
    """Unknown products of open orders by ASIN and vendor SKU, those after `after`."""
    rows = session.execute(
        text(GROUPS),
        {
            "shop": shop_of(session),
            "asin": after.asin or "",
            "vendor_sku": after.vendor_sku or "",
            "most": most,
        },
    )
    return [Group(*row) for row in rows]


def suggestions(
    session: Session, wanted: Sequence[Group]
) -> dict[tuple[str, str], list[Suggestion]]:
    """For each product the items it may be, one reason each: the strongest."""
    found: dict[tuple[str, str], dict[int, Suggestion]] = {}
    rows = session.execute(
        text(SUGGESTIONS),
        {
            "shop": shop_of(session),
            "asins": [one.asin for one in wanted],
            "skus": [one.vendor_sku for one in wanted],
        },
    )
    for asin, vendor_sku, item_id, reason in rows:
        own = found.setdefault((asin, vendor_sku), {})
        own.setdefault(item_id, Suggestion(item_id, reason))
    return {name: list(own.values()) for name, own in found.items()}


def confirm(session: Session, named: Named, item_id: int, *, actor: str) -> list[str]:
    """Ties a product to the item a person says it is; the numbers of the orders that gained it.

    Guarantees: its ASIN and vendor SKU name that item from now on, and every open order that
    waited for it holds what is free in this transaction. Raises Refused when the item is unknown
    or archived, or an identifier already names another item.
    """
    shop = shop_of(session)
    item = session.get(Item, (shop, item_id))
    if item is None or item.archived_at is not None:
        message = "No item in use has this id. Choose one from Stock."
        raise Refused("item_unknown", message, errors=[FieldError("item_id", message)])
    orders = _waiting(session, named)  # before the names, as polling locks them
    for kind, value in (("asin", named.asin), ("vendor_sku", named.vendor_sku)):
        if value:
            give_name(session, item_id, kind, value)
    if resolve(session, [named]).get(named) != item_id:
        message = "This vendor SKU is the barcode of another item. Correct the barcode first."
        raise Refused("identifiers_disagree", message, errors=[FieldError("vendor_sku", message)])
    gained = map_lines(session, orders, lines_of(session, orders))
    restate(session, gained, actor=actor)
    return [order.number for order in gained]


def _waiting(session: Session, named: Named) -> list[PurchaseOrder]:
    """Open orders with an unmapped line that bears one of these names, locked in one order."""
    names = [
        column == value
        for column, value in (
            (col(PurchaseOrderLine.asin), named.asin),
            (col(PurchaseOrderLine.vendor_sku), named.vendor_sku),
        )
        if value
    ]
    matches = names[0] if len(names) == 1 else names[0] | names[1]
    lines = (
        select(PurchaseOrderLine.number)
        .where(
            PurchaseOrderLine.shop_id == PurchaseOrder.shop_id,
            PurchaseOrderLine.region == PurchaseOrder.region,
            PurchaseOrderLine.number == PurchaseOrder.number,
            col(PurchaseOrderLine.item_id).is_(None),
            ~col(PurchaseOrderLine.removed),
            matches,
        )
        .exists()
    )
    return list(
        session.exec(
            select(PurchaseOrder)
            .where(
                PurchaseOrder.shop_id == shop_of(session), PurchaseOrder.state != "Closed", lines
            )
            .order_by(col(PurchaseOrder.region), col(PurchaseOrder.number))
            .with_for_update()
        )
    )
