"""Kits over HTTP: what one unit of an item that Amazon orders is made of."""

from __future__ import annotations

from typing import Any

from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from sqlmodel import Session, col, select

from app.db import shop_of
from app.errors import Refused
from app.http import (
    Answer,
    APIBlueprint,
    Page,
    PageQuery,
    answer,
    cut_page,
    decode_cursor,
    shop_transaction,
)
from app.inventory.kits import Part
from app.inventory.models import Item, KitPart
from app.inventory.views import ItemBrief
from app.vendor import kits

KITS = Tag(name="kits", description="Items that are sold as one unit and kept as several.")
api = APIBlueprint("kits", __name__, url_prefix="/api", abp_tags=[KITS])
LARGEST = 2**31 - 1
MOST_PARTS = 100


class KitPath(BaseModel):
    """The item that is a kit."""

    item_id: int = Field(ge=1, le=LARGEST)


class PartBody(BaseModel):
    """One part of a kit."""

    item_id: int = Field(ge=1, le=LARGEST)
    units: int = Field(ge=1, le=100_000, description="Eaches in one unit of the kit.")


class PartsBody(BaseModel):
    """All parts of a kit; none: it is no kit any more."""

    parts: list[PartBody] = Field(max_length=MOST_PARTS)


class KitBody(BaseModel):
    """A kit that no catalogue has."""

    sku: str = Field(min_length=1, max_length=255)
    title: str = Field(default="", max_length=255)
    asin: str | None = Field(default=None, pattern=r"^[0-9A-Z]{10}$")
    vendor_sku: str | None = Field(default=None, min_length=1, max_length=255)
    parts: list[PartBody] = Field(min_length=1, max_length=MOST_PARTS)


class PartView(Answer):
    """One part of a kit, with its item."""

    item: ItemBrief
    units: int


class KitView(Answer):
    """A kit with its parts."""

    item: ItemBrief
    parts: list[PartView]


@api.get("/kits", responses={200: Page[KitView]})
def list_kits(query: PageQuery) -> Any:
    """Every kit with its parts."""
    keys = decode_cursor(query.cursor, 1)
    with shop_transaction() as session:
        wanted = select(KitPart.kit_item_id).where(KitPart.shop_id == shop_of(session)).distinct()
        if keys:
            wanted = wanted.where(KitPart.kit_item_id > int(keys[0]))
        ids = session.exec(wanted.order_by(col(KitPart.kit_item_id)).limit(query.limit + 1)).all()
        page, cursor = cut_page(ids, query.limit, lambda item_id: (item_id,))
        data = [_view(session, item_id) for item_id in page]
    return answer(Page[KitView](data=data, next_cursor=cursor))


@api.get("/kits/<int:item_id>", responses={200: KitView})
def read_kit(path: KitPath) -> Any:
    """What an item is made of; no parts: it is kept as itself."""
    with shop_transaction() as session:
        if session.get(Item, (shop_of(session), path.item_id)) is None:
            raise Refused("not_found", "There is no such item in this shop.", status=404)
        view = _view(session, path.item_id)
    return answer(view)


@api.post("/kits", responses={201: KitView})
def make_kit(body: KitBody) -> Any:
    """Makes a kit with an item of its own, for a pack that only Amazon orders."""
    with shop_transaction() as session:
        item_id = kits.make(
            session,
            sku=body.sku,
            title=body.title,
            asin=body.asin,
            vendor_sku=body.vendor_sku,
            parts=_parts(body.parts),
        )
        view = _view(session, item_id)
    return answer(view, 201)


@api.put("/kits/<int:item_id>", responses={200: KitView})
def compose_kit(path: KitPath, body: PartsBody) -> Any:
    """Says what an item is made of; no parts: it is an item of its own again."""
    with shop_transaction() as session:
        kits.change(session, path.item_id, _parts(body.parts))
        view = _view(session, path.item_id)
    return answer(view)


def _parts(given: list[PartBody]) -> list[Part]:
    return [Part(one.item_id, one.units) for one in given]


def _view(session: Session, item_id: int) -> KitView:
    rows = session.execute(
        select(KitPart.units, Item)
        .join(
            Item,
            (col(Item.shop_id) == col(KitPart.shop_id)) & (col(Item.item_id) == KitPart.item_id),
        )
        .where(KitPart.shop_id == shop_of(session), KitPart.kit_item_id == item_id)
        .order_by(col(Item.sku), col(Item.item_id))
    ).all()
    kit = session.get_one(Item, (shop_of(session), item_id))
    return KitView(
        item=_brief(kit), parts=[PartView(item=_brief(item), units=units) for units, item in rows]
    )


def _brief(item: Item) -> ItemBrief:
    return ItemBrief(id=item.item_id, sku=item.sku, title=item.title, image_url=item.image_url)
