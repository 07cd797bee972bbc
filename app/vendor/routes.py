"""Purchase orders over HTTP: list, read, acknowledge, ship."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from flask_openapi3.models.tag import Tag
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import text
from sqlmodel import col, select

from app.db import shop_of
from app.http import (
    APIBlueprint,
    Page,
    PageQuery,
    answer,
    cut_page,
    decode_cursor,
    principal,
    shop_transaction,
)
from app.vendor import acknowledgements, detail, shipments, views
from app.vendor.lookups import moment_of_cursor, order_named, starts_with
from app.vendor.tables import PurchaseOrder

PURCHASE_ORDERS = Tag(name="purchase orders", description="What Amazon orders, and our answers.")
api = APIBlueprint("purchase_orders", __name__, url_prefix="/api", abp_tags=[PURCHASE_ORDERS])

LARGEST = 2**31 - 1
MOST_LINES = 5000
FOUND_BY = """
(purchase_order.number ILIKE :like OR purchase_order.ship_to ILIKE :like
  OR purchase_order.vendor_code ILIKE :like OR EXISTS (
    SELECT FROM purchase_order_line AS line LEFT JOIN item USING (shop_id, item_id)
    WHERE line.shop_id = purchase_order.shop_id AND line.region = purchase_order.region
      AND line.number = purchase_order.number
      AND (line.asin ILIKE :like OR line.vendor_sku ILIKE :like OR item.sku ILIKE :like)))
"""


class OrdersQuery(PageQuery):
    state: Literal["New", "Acknowledged", "Closed"] | None = None
    region: Literal["na", "eu", "fe"] | None = None
    search: str | None = Field(
        default=None,
        max_length=100,
        description="Start of a number, centre, vendor code, ASIN or SKU.",
    )


class OrderPath(BaseModel):
    number: str = Field(min_length=1, max_length=64)


class OrderQuery(BaseModel):
    region: Literal["na", "eu", "fe"] | None = Field(
        default=None, description="Needed only where two regions share a number."
    )


class AcknowledgeLine(BaseModel):
    """All quantities in eaches; whole cases where cases were ordered."""

    line: str = Field(max_length=64)
    accept: int = Field(ge=0, le=LARGEST)
    backorder: int = Field(default=0, ge=0, le=LARGEST)
    backorder_on: date | None = Field(default=None, description="When the backorder will ship.")
    reject: int = Field(default=0, ge=0, le=LARGEST)
    rejection_reason: (
        Literal["TemporarilyUnavailable", "InvalidProductIdentifier", "ObsoleteProduct"] | None
    ) = None


class AcknowledgeBody(BaseModel):
    lines: list[AcknowledgeLine] = Field(min_length=1, max_length=MOST_LINES)


class ShipLine(BaseModel):
    line: str = Field(max_length=64)
    units: int = Field(gt=0, le=LARGEST, description="Eaches.")


class ShipBody(BaseModel):
    identifier: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")
    location_id: int = Field(ge=1, le=LARGEST)
    shipped_at: AwareDatetime | None = None
    carton_count: int = Field(ge=1, le=100_000)
    lines: list[ShipLine] = Field(min_length=1, max_length=MOST_LINES)
    release_rest: bool = False


@api.get("/purchase-orders", responses={200: Page[views.PurchaseOrderSummary]})
def list_purchase_orders(query: OrdersQuery) -> Any:
    """Purchase orders, the newest first."""
    keys = decode_cursor(query.cursor, 3)
    with shop_transaction() as session:
        wanted = select(PurchaseOrder).where(
            PurchaseOrder.shop_id == shop_of(session), ~col(PurchaseOrder.withdrawn)
        )
        if query.state is not None:
            wanted = wanted.where(PurchaseOrder.state == query.state)
        if query.region is not None:
            wanted = wanted.where(PurchaseOrder.region == query.region)
        if query.search and query.search.strip():
            wanted = wanted.where(text(FOUND_BY).bindparams(like=starts_with(query.search)))
        if keys:
            wanted = wanted.where(
                text("(ordered_at, region, number) < (:at, :region, :number)").bindparams(
                    at=moment_of_cursor(keys[0]), region=str(keys[1]), number=str(keys[2])
                )
            )
        rows = session.exec(
            wanted.order_by(
                col(PurchaseOrder.ordered_at).desc(),
                col(PurchaseOrder.region).desc(),
                col(PurchaseOrder.number).desc(),
            ).limit(query.limit + 1)
        ).all()
        page, cursor = cut_page(
            rows, query.limit, lambda row: (row.ordered_at, row.region, row.number)
        )
        data = views.summaries(session, page)
    return answer(Page[views.PurchaseOrderSummary](data=data, next_cursor=cursor))


@api.get("/purchase-orders/<string:number>", responses={200: views.PurchaseOrderView})
def read_purchase_order(path: OrderPath, query: OrderQuery) -> Any:
    """One purchase order with its lines, versions, acknowledgements and shipments."""
    with shop_transaction() as session:
        view = detail.whole(session, order_named(session, path.number, query.region))
    return answer(view)


@api.post("/purchase-orders/<string:number>/acknowledge", responses={202: views.PurchaseOrderView})
def acknowledge_purchase_order(path: OrderPath, query: OrderQuery, body: AcknowledgeBody) -> Any:
    """Promises these units to Amazon: held firmly now, sent at once, shown when Amazon shows it."""
    with shop_transaction() as session:
        order = order_named(session, path.number, query.region)
        acknowledgements.acknowledge(
            session,
            order.region,
            order.number,
            [acknowledgements.Said(**line.model_dump()) for line in body.lines],
            actor=principal().actor,
        )
        view = detail.whole(session, order)
    return answer(view, 202)


@api.post("/purchase-orders/<string:number>/shipments", responses={201: views.PurchaseOrderView})
def ship_purchase_order(path: OrderPath, query: OrderQuery, body: ShipBody) -> Any:
    """Books units that have left for Amazon and tells Amazon by ASN."""
    with shop_transaction() as session:
        order = order_named(session, path.number, query.region)
        shipments.ship(
            session,
            order.region,
            order.number,
            [shipments.Packed(line.line, line.units) for line in body.lines],
            location_id=body.location_id,
            carton_count=body.carton_count,
            shipped_at=body.shipped_at,
            identifier=body.identifier,
            release_rest=body.release_rest,
            actor=principal().actor,
        )
        view = detail.whole(session, order)
    return answer(view, 201)
