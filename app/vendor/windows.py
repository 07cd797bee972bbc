"""The windows of open orders as a calendar, each with what may make it late and how soon."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from flask_openapi3.models.tag import Tag
from sqlmodel import Session, col, select

from app.db import database_time, shop_of
from app.http import Answer, APIBlueprint, Moment, answer, shop_transaction
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine
from app.vendor.views import PurchaseOrderSummary, summaries

WINDOWS = Tag(name="windows", description="When open purchase orders are to leave or to arrive.")
api = APIBlueprint("windows", __name__, url_prefix="/api", abp_tags=[WINDOWS])

MOST = 1_000
ANSWER_SOON = timedelta(hours=6)
LEAVE_SOON = timedelta(days=3)
Risk = Literal["late", "unanswered", "unmapped", "short", "soon", "none"]


class OrderWindow(Answer):
    """One open order. `left` is what it is promised and has not been shipped, in eaches.

    The worst risk is named: `late` (the window has ended), `unanswered` (Amazon's clock for the first
    answer ends within hours, or has), `short` (units are not held), `soon` (three days are left).
    """

    number: str
    region: str
    vendor_code: str
    ship_to: str
    kind: Literal["ship", "delivery"]
    start: Moment
    end: Moment
    ordered: int
    left: int
    short: int
    risk: Risk


class Windows(Answer):
    """Open orders with something left to ship, the earliest end of a window first."""

    data: list[OrderWindow]


@api.get("/purchase-orders/windows", responses={200: Windows})
def list_windows() -> Any:
    """Open orders that have something left to ship, by the end of their windows."""
    with shop_transaction() as session:
        found = windows(session, database_time())
    return answer(Windows(data=found))


def windows(session: Session, now: datetime) -> list[OrderWindow]:
    """Every open order with a window and something left to ship, the earliest end first."""
    orders = session.exec(
        select(PurchaseOrder)
        .where(
            PurchaseOrder.shop_id == shop_of(session),
            PurchaseOrder.state != "Closed",
            ~col(PurchaseOrder.before_books),
        )
        .order_by(col(PurchaseOrder.ordered_at).desc())
        .limit(MOST)
    ).all()
    unmapped = _with_unmapped_lines(session)
    found = [
        one
        for summary in summaries(session, orders)
        if (one := _window(summary, now, (summary.region, summary.number) in unmapped)) is not None
    ]
    return sorted(found, key=lambda one: (one.end, one.region, one.number))


def _with_unmapped_lines(session: Session) -> set[tuple[str, str]]:
    """Orders that Amazon wants something of that is no item of ours."""
    rows = session.exec(
        select(PurchaseOrderLine.region, PurchaseOrderLine.number)
        .where(
            PurchaseOrderLine.shop_id == shop_of(session),
            col(PurchaseOrderLine.item_id).is_(None),
            PurchaseOrderLine.ordered_units > 0,
        )
        .distinct()
    )
    return {(region, number) for region, number in rows}


def _window(
    order: PurchaseOrderSummary, now: datetime, has_unmapped_line: bool
) -> OrderWindow | None:
    window = order.ship_window or order.delivery_window
    units = order.units
    answered = units.accepted + units.backordered + units.rejected > 0
    promised = units.accepted + units.backordered if answered else units.ordered
    left = promised - units.shipped
    if window is None or left <= 0:
        return None
    return OrderWindow(
        number=order.number,
        region=order.region,
        vendor_code=order.vendor_code,
        ship_to=order.ship_to,
        kind="ship" if order.ship_window else "delivery",
        start=window.start,
        end=window.end,
        ordered=units.ordered,
        left=left,
        short=units.short,
        risk=_risk(order, window.end, now, has_unmapped_line),
    )


def _risk(
    order: PurchaseOrderSummary, end: datetime, now: datetime, has_unmapped_line: bool
) -> Risk:
    if end < now:
        return "late"
    if order.acknowledge_by is not None and order.acknowledge_by < now + ANSWER_SOON:
        return "unanswered"
    if order.units.short > 0:
        return "unmapped" if has_unmapped_line else "short"
    return "soon" if end < now + LEAVE_SOON else "none"
