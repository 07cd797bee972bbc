"""Kits: items that are sold as one unit and kept as several. Of a kit its parts are held and shipped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.errors import FieldError, Refused
from app.inventory.models import Item, KitPart


class Part(NamedTuple):
    """So many eaches of an item in one unit."""

    item_id: int
    units: int


def parts_of(session: Session, item_ids: Iterable[int]) -> dict[int, tuple[Part, ...]]:
    """What one unit of each item takes from stock: a kit's parts, of any other item one of itself.

    What is not tracked takes nothing: an untracked item has no parts here, and of a kit only the
    tracked ones.
    """
    wanted = sorted(set(item_ids))
    rows = session.execute(
        text(
            "SELECT kit_item_id, kit_part.item_id, units, tracked FROM kit_part"
            " JOIN item ON item.shop_id = kit_part.shop_id AND item.item_id = kit_part.item_id"
            " WHERE kit_part.shop_id = :shop AND kit_item_id = ANY(:items)"
            " UNION ALL SELECT item_id, item_id, 1, tracked FROM item"
            " WHERE shop_id = :shop AND item_id = ANY(:items) AND NOT EXISTS ("
            "  SELECT FROM kit_part WHERE kit_part.shop_id = :shop AND kit_item_id = item.item_id)"
            " ORDER BY 1, 2"
        ),
        {"shop": shop_of(session), "items": wanted},
    )
    found: dict[int, tuple[Part, ...]] = {item_id: () for item_id in wanted}
    for kit_item_id, item_id, units, tracked in rows:
        if tracked:
            found[kit_item_id] += (Part(item_id, units),)
    return found


def compose(session: Session, kit_item_id: int, parts: Sequence[Part]) -> None:
    """Says what a kit is made of; no parts: it is an item of its own again.

    Kits do not nest. Raises Refused: 404 for an unknown kit, 422 naming every wrong part.
    """
    shop = shop_of(session)
    if session.get(Item, (shop, kit_item_id)) is None:
        raise Refused("not_found", "There is no such item in this shop.", status=404)
    errors = _errors(session, kit_item_id, parts)
    if errors:
        raise Refused("bad_kit", "A kit cannot be made of these parts.", errors=errors)
    before = session.exec(
        select(KitPart).where(KitPart.shop_id == shop, KitPart.kit_item_id == kit_item_id)
    )
    for row in before:
        session.delete(row)
    session.flush()
    session.add_all(
        KitPart(shop_id=shop, kit_item_id=kit_item_id, item_id=part.item_id, units=part.units)
        for part in parts
    )
    session.flush()


def _errors(session: Session, kit_item_id: int, parts: Sequence[Part]) -> list[FieldError]:
    shop = shop_of(session)
    wanted = [part.item_id for part in parts]
    known = set(
        session.exec(
            select(Item.item_id).where(Item.shop_id == shop, col(Item.item_id).in_(wanted))
        )
    )
    kits = set(
        session.exec(
            select(KitPart.kit_item_id).where(
                KitPart.shop_id == shop, col(KitPart.kit_item_id).in_(wanted)
            )
        )
    )
    errors = []
    if parts and _is_part(session, kit_item_id):
        errors.append(FieldError("item_id", "it is itself a part of a kit; kits do not nest"))
    for index, item_id in enumerate(wanted):
        path = f"parts[{index}].item_id"
        if item_id not in known:
            errors.append(FieldError(path, "there is no such item"))
        elif item_id == kit_item_id:
            errors.append(FieldError(path, "a kit is not a part of itself"))
        elif item_id in kits:
            errors.append(FieldError(path, "this is a kit itself; name its parts instead"))
        elif item_id in wanted[:index]:
            errors.append(FieldError(path, "this part is named twice; add its units up"))
    return errors


def _is_part(session: Session, item_id: int) -> bool:
    found = session.exec(
        select(KitPart.kit_item_id)
        .where(KitPart.shop_id == shop_of(session), KitPart.item_id == item_id)
        .limit(1)
    ).first()
    return found is not None
