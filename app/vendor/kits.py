"""Kits that Amazon orders as one unit: kept with their identifiers, and open orders restated."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from app.db import shop_of
from app.errors import FieldError, Refused
from app.inventory import kits
from app.inventory.kits import Part
from app.inventory.models import Alias, Item
from app.vendor.orders import locked_orders, map_again
from app.vendor.promises import restate
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine

MOVED = """
SELECT EXISTS (SELECT FROM purchase_order_line WHERE shop_id = :shop AND item_id = :item
               AND shipped_units + received_units + units_before_books > 0)
"""


def make(
    session: Session,
    *,
    sku: str,
    title: str,
    asin: str | None,
    vendor_sku: str | None,
    parts: Sequence[Part],
) -> int:
    """A kit that no catalogue has, such as a pack of three that only Amazon sells; its item's id.

    Its own stock is not tracked. Raises Refused when an identifier is another item's, or for parts
    that it cannot be made of.
    """
    shop = shop_of(session)
    item = Item(shop_id=shop, sku=sku, title=title, tracked=False)
    session.add(item)
    session.flush()
    for kind, value in (("asin", asin), ("vendor_sku", vendor_sku)):
        if value:
            give_name(session, item.item_id, kind, value)
    change(session, item.item_id, parts)
    map_again(session)
    return item.item_id


def change(session: Session, kit_item_id: int, parts: Sequence[Part]) -> None:
    """Says what a kit is made of, and holds that for the open orders that want it.

    Raises Refused("kit_in_use") once any unit of it has left: those were made of the parts of then.
    """
    shop = shop_of(session)
    if session.execute(text(MOVED), {"shop": shop, "item": kit_item_id}).scalar_one():
        raise Refused(
            "kit_in_use",
            "Units of it have left for Amazon as it is; make another kit instead.",
            status=409,
        )
    kits.compose(session, kit_item_id, parts)
    pairs = session.execute(
        select(PurchaseOrder.region, PurchaseOrder.number)
        .join(
            PurchaseOrderLine,
            (col(PurchaseOrderLine.shop_id) == col(PurchaseOrder.shop_id))
            & (col(PurchaseOrderLine.region) == col(PurchaseOrder.region))
            & (col(PurchaseOrderLine.number) == col(PurchaseOrder.number)),
        )
        .where(
            PurchaseOrder.shop_id == shop,
            PurchaseOrder.state != "Closed",
            PurchaseOrderLine.item_id == kit_item_id,
        )
        .distinct()
    ).all()
    for region in sorted({pair.region for pair in pairs}):
        numbers = sorted(pair.number for pair in pairs if pair.region == region)
        restate(session, list(locked_orders(session, region, numbers).values()))


def give_name(session: Session, item_id: int, kind: str, value: str) -> None:
    """Makes an outside identifier mean this item; again is harmless.

    Raises Refused("name_taken") when it means another item.
    """
    kept = session.execute(
        insert(Alias)
        .values(shop_id=shop_of(session), kind=kind, value=value, item_id=item_id)
        .on_conflict_do_nothing()
        .returning(col(Alias.item_id))
    ).scalar()
    if kept is None and session.get_one(Alias, (shop_of(session), kind, value)).item_id != item_id:
        field = FieldError(kind, "this names another item already")
        raise Refused("name_taken", "Another item has this identifier.", errors=[field])
