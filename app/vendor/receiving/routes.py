"""Receipts over HTTP: lines whose sources differ, and where each unit of an order stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from flask_openapi3.models.tag import Tag
from pydantic import Field
from sqlmodel import Session

from app.http import (
    Answer,
    APIBlueprint,
    Moment,
    Money,
    Page,
    PageQuery,
    answer,
    cut_page,
    decode_cursor,
    shop_transaction,
)
from app.inventory.views import ItemBrief
from app.vendor.detail import briefs
from app.vendor.lookups import moment_of_cursor, order_named, starts_with
from app.vendor.receiving import places, sources
from app.vendor.receiving.reported import Reported, reported
from app.vendor.receiving.sources import Compared
from app.vendor.routes import OrderPath, OrderQuery

RECEIPTS = Tag(name="receipts", description="What Amazon says it has received.")
api = APIBlueprint("receipts", __name__, url_prefix="/api", abp_tags=[RECEIPTS])


class ReceiptsQuery(PageQuery):
    state: Literal["on_its_way", "searched", "short", "over", "disagree"] | None = None
    search: str | None = Field(
        default=None, max_length=100, description="Start of a number, ASIN or vendor SKU."
    )


class ReportedView(Answer):
    """What Amazon's inventory reports of whole weeks say it has received of a line's product.

    `units` are net of returns to us, over all orders; `by_status` is what the statuses of all orders of
    the product say for the same days. `says`: more or fewer than these, or same. `gaps` are weeks in
    between without a report; `report_id` is the newest report, `read_at` when it was read.
    """

    marketplace: str
    starts_on: date
    ends_on: date
    weeks: int
    gaps: int
    units: int
    by_status: int
    says: str
    read_at: Moment
    report_id: int


class ReceiptView(Answer):
    """A shipped line: what left, and what order status, invoice matching and inventory report say.

    `missing` is negative where more was received than shipped. Without a `value`, `cost_unknown` says
    why: `not_stated`, `by_weight`, or `cost_basis`, which is said of the vendor code.
    """

    region: str
    number: str
    line: str
    vendor_code: str
    item: ItemBrief | None
    asin: str | None
    vendor_sku: str | None
    order_state: str
    state: str
    left_at: Moment
    searched_until: Moment
    shipped: int
    received: int
    status_read_at: Moment | None
    matched: int | None
    matched_at: Moment | None
    missing: int
    value: Money | None
    cost_unknown: str | None
    reported: ReportedView | None
    not_reported: str | None = Field(
        description="Why no report speaks of it: no_asin, marketplace (say it of the vendor code),"
        " no_report (none reaches so far yet) or not_named."
    )


class PlacesView(Answer):
    """Eaches by place; all but `over` add up to what was ordered."""

    open: int
    held: int
    shipped: int
    received: int
    short: int
    rejected: int
    cancelled: int
    over: int


class LinePlaces(PlacesView):
    line: str


class OrderPlaces(Answer):
    units: PlacesView
    lines: list[LinePlaces]


@api.get("/receipts", responses={200: Page[ReceiptView]})
def list_receipts(query: ReceiptsQuery) -> Any:
    """Shipped lines whose sources differ, the longest under way first."""
    keys = decode_cursor(query.cursor, 4)
    after = [moment_of_cursor(keys[0]), *map(str, keys[1:])] if keys else None
    with shop_transaction() as session:
        found = sources.compared(
            session,
            state=query.state,
            like=starts_with(query.search) if query.search and query.search.strip() else None,
            after=after,
            limit=query.limit + 1,
        )
        page, cursor = cut_page(
            found, query.limit, lambda row: (row.left_at, row.region, row.number, row.line)
        )
        data = _views(session, page)
    return answer(Page[ReceiptView](data=data, next_cursor=cursor))


@api.get("/purchase-orders/<string:number>/places", responses={200: OrderPlaces})
def read_places(path: OrderPath, query: OrderQuery) -> Any:
    """Where every ordered unit stands, in all and by line."""
    with shop_transaction() as session:
        found = places.places_of(session, order_named(session, path.number, query.region))
    return answer(
        OrderPlaces(
            units=PlacesView(**places.together(found)._asdict()),
            lines=[LinePlaces(line=line, **one._asdict()) for line, one in found.items()],
        )
    )


def _views(session: Session, rows: Sequence[Compared]) -> list[ReceiptView]:
    items = briefs(session, {row.item_id for row in rows if row.item_id is not None})
    told = reported(session, rows)
    return [
        ReceiptView(
            **{name: getattr(row, name) for name in SHOWN},
            item=items.get(row.item_id) if row.item_id is not None else None,
            missing=row.shipped - row.received,
            value=_value(row),
            **_reported(told[row.region, row.number, row.line]),
        )
        for row in rows
    ]


CENT = Decimal("0.01")
SHOWN = tuple(ReceiptView.model_fields.keys() & set(Compared._fields))


def _reported(told: Reported | str) -> dict[str, Any]:
    if isinstance(told, str):
        return {"reported": None, "not_reported": told}
    return {"reported": ReportedView(**told._asdict(), says=told.says), "not_reported": None}


def _value(row: Compared) -> Money | None:
    if row.cost is None or row.cost_currency is None:
        return None
    amount = row.cost * abs(row.shipped - row.received)
    return Money(amount=amount.quantize(CENT), currency=row.cost_currency)
