"""Unmapped products over HTTP: what waits for an item, what it may be, and a person's word."""

from __future__ import annotations

from typing import Any, Self

from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field, model_validator
from sqlmodel import col, select

from app.db import shop_of
from app.http import (
    Answer,
    APIBlueprint,
    Moment,
    Page,
    PageQuery,
    answer,
    cut_page,
    decode_cursor,
    principal,
    shop_transaction,
)
from app.inventory.models import Item
from app.inventory.views import ItemBrief
from app.vendor import unmapped
from app.vendor.items import Named

UNMAPPED = Tag(name="unmapped products", description="Ordered by Amazon, and no item of ours yet.")
api = APIBlueprint("unmapped_products", __name__, url_prefix="/api", abp_tags=[UNMAPPED])
LARGEST = 2**31 - 1


class SuggestionView(Answer):
    """`reason`: known_identifier, same_barcode or same_sku."""

    item: ItemBrief
    reason: str


class WaitingOrder(Answer):
    region: str
    number: str


class UnmappedProductView(Answer):
    """Units are eaches ordered; `since` is when the oldest of the orders was placed; `numbers` are
    those of `orders`, of which two regions may have the same."""

    asin: str | None
    vendor_sku: str | None
    units: int
    since: Moment
    numbers: list[str]
    orders: list[WaitingOrder]
    suggestions: list[SuggestionView]


class MapBody(BaseModel):
    """A product as Amazon names it, and the item that it is."""

    asin: str | None = Field(default=None, min_length=1, max_length=64)
    vendor_sku: str | None = Field(default=None, min_length=1, max_length=255)
    item_id: int = Field(ge=1, le=LARGEST)

    @model_validator(mode="after")
    def _is_named(self) -> Self:
        if not self.asin and not self.vendor_sku:
            raise ValueError("Give the ASIN, the vendor SKU or both.")
        return self


class MappedView(Answer):
    """The orders that now know their item."""

    numbers: list[str]


@api.get("/unmapped-products", responses={200: Page[UnmappedProductView]})
def list_unmapped_products(query: PageQuery) -> Any:
    """Products of open purchase orders that are no item yet, with what they may be."""
    keys = decode_cursor(query.cursor, 2)
    after = Named(str(keys[0]), str(keys[1])) if keys else Named(None, None)
    with shop_transaction() as session:
        rows = unmapped.groups(session, after, query.limit + 1)
        page, cursor = cut_page(rows, query.limit, lambda row: (row.asin, row.vendor_sku))
        found = unmapped.suggestions(session, page)
        wanted = {one.item_id for own in found.values() for one in own}
        items = {
            row.item_id: ItemBrief(
                id=row.item_id, sku=row.sku, title=row.title, image_url=row.image_url
            )
            for row in session.exec(
                select(Item).where(Item.shop_id == shop_of(session), col(Item.item_id).in_(wanted))
            )
        }
    data = [
        UnmappedProductView(
            asin=row.asin or None,
            vendor_sku=row.vendor_sku or None,
            units=row.units,
            since=row.since,
            numbers=sorted({number for _, number in row.orders}),
            orders=[WaitingOrder(region=region, number=number) for region, number in row.orders],
            suggestions=[
                SuggestionView(item=items[one.item_id], reason=one.reason)
                for one in found.get((row.asin, row.vendor_sku), [])
            ],
        )
        for row in page
    ]
    return answer(Page[UnmappedProductView](data=data, next_cursor=cursor))


@api.post("/unmapped-products/map", responses={200: MappedView})
def map_unmapped_product(body: MapBody) -> Any:
    """Ties a product to an item; every order that waited for it holds at once."""
    with shop_transaction() as session:
        named = Named(body.asin, body.vendor_sku)
        numbers = unmapped.confirm(session, named, body.item_id, actor=principal().actor)
    return answer(MappedView(numbers=numbers))
