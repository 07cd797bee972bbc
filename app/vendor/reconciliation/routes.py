"""The match over HTTP."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
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
    shop_transaction,
)
from app.inventory.futures import zone_of
from app.vendor.lookups import moment_of_cursor
from app.vendor.reconciliation import views
from app.vendor.reconciliation.tables import ReconciliationInvoice, ReconciliationLine
from app.vendor.reconciliation.waterfall import Waterfall, condition, waterfall

TAG = Tag(name="reconciliation", description="Each purchase order line from ordered to paid.")
api = APIBlueprint("reconciliation", __name__, url_prefix="/api", abp_tags=[TAG])

Disagreement = Literal[
    "any",
    "over_shipped",
    "short_received",
    "over_received",
    "price_variance",
    "duplicate_invoice",
    "overbilled",
    "unbilled",
    "deducted",
    "unplaced",
    "unexplained",
    "underpaid",
    "unpaid_overdue",
]
StepName = Literal[
    "ordered",
    "not_acknowledged",
    "acknowledged",
    "not_shipped",
    "shipped",
    "not_received",
    "received",
    "not_invoiced",
    "invoiced_otherwise",
    "tax",
    "invoiced",
    "discounts",
    "deducted",
    "recovered",
    "provision",
    "outstanding",
    "paid",
]
BridgeStep = Literal[
    "quick_pay",
    "withheld",
    "shortage",
    "price",
    "chargeback",
    "other_deducted",
    "recovered",
    "provision",
    "open",
    "unexplained",
]
"""What lies between invoiced and paid; the bridge of `/cash` has the same names."""
InvoiceState = Literal["void", "unpaid", "partly_paid", "settled", "overpaid"]


class Filters(BaseModel):
    """What narrows the match; days are of the order in the shop's zone, both included."""

    vendor_code: str | None = Field(default=None, max_length=64)
    from_day: date | None = None
    to_day: date | None = None

    def values(self, zone: ZoneInfo) -> dict[str, Any]:
        """What narrows, with days as moments of the zone."""
        return {
            "vendor_code": self.vendor_code or None,
            "since": _midnight(self.from_day, zone),
            "until": _midnight(self.to_day and self.to_day + timedelta(days=1), zone),
        }


class LinesQuery(PageQuery, Filters):
    """Which lines to list. `step` opens a step of the waterfall."""

    disagreement: Disagreement | None = Field(default=None, description="Any, or one by name.")
    step: StepName | None = None
    currency: str | None = Field(default=None, max_length=3)
    search: str | None = Field(default=None, max_length=64, description="Start of an order number.")


class InvoicesQuery(PageQuery):
    """Which invoices to list."""

    state: InvoiceState | None = None
    unexplained: bool = Field(default=False, description="Only those with money unexplained.")
    unplaced: bool = Field(
        default=False, description="Only those with claims whose lines nobody names."
    )
    search: str | None = Field(default=None, max_length=64, description="Start of its number.")
    currency: str | None = Field(default=None, pattern="^[A-Z]{3}$")
    open: bool = Field(default=False, description="Only those of which something is to come.")
    step: BridgeStep | None = Field(
        default=None, description="Opens a step from invoiced to paid: only those with money in it."
    )


class LinePath(BaseModel):
    region: Literal["na", "eu", "fe"]
    number: str = Field(min_length=1, max_length=64)
    line: str = Field(min_length=1, max_length=64)


class Lines(Page[views.ReconciliationLineView]):
    """Lines, those of the newest orders first."""


class Invoices(Page[views.ReconciliationInvoiceView]):
    """Invoices, the newest first."""


@api.get("/reconciliation", responses={200: Lines})
def list_lines(query: LinesQuery) -> Any:
    """Purchase order lines from ordered to paid, those of the newest orders first."""
    keys = decode_cursor(query.cursor, 4)
    with shop_transaction() as session:
        asked = query.values(zone_of(session))
        wanted = select(ReconciliationLine).where(ReconciliationLine.shop_id == shop_of(session))
        if query.vendor_code:
            wanted = wanted.where(ReconciliationLine.vendor_code == query.vendor_code)
        if asked["since"]:
            wanted = wanted.where(ReconciliationLine.ordered_at >= asked["since"])
        if asked["until"]:
            wanted = wanted.where(ReconciliationLine.ordered_at < asked["until"])
        if query.disagreement == "any":
            wanted = wanted.where(col(ReconciliationLine.disagreement).is_not(None))
        elif query.disagreement:
            wanted = wanted.where(ReconciliationLine.disagreement == query.disagreement)
        if query.step:
            wanted = wanted.where(text(condition(query.step)))
        if query.currency:
            wanted = wanted.where(ReconciliationLine.currency == query.currency)
        if query.search and query.search.strip():
            wanted = wanted.where(
                col(ReconciliationLine.number).istartswith(query.search.strip(), autoescape=True)
            )
        if keys:
            wanted = wanted.where(
                text(
                    "(ordered_at, region, number, line) < (:at, :region, :number, :line)"
                ).bindparams(**views.after(keys, moment_of_cursor(keys[0])))
            )
        rows = session.exec(
            wanted.order_by(
                col(ReconciliationLine.ordered_at).desc(),
                col(ReconciliationLine.region).desc(),
                col(ReconciliationLine.number).desc(),
                col(ReconciliationLine.line).desc(),
            ).limit(query.limit + 1)
        ).all()
        page, following = cut_page(rows, query.limit, _keys)
        found = Lines(data=views.line_views(session, page), next_cursor=following)
    return answer(found)


@api.get("/reconciliation/waterfall", responses={200: Waterfall})
def read_waterfall(query: Filters) -> Any:
    """Where everything ordered has gone, step by step, and whether all of it agrees."""
    with shop_transaction() as session:
        found = waterfall(session, query.values(zone_of(session)))
    return answer(found)


@api.get("/reconciliation/invoices", responses={200: Invoices})
def list_invoices(query: InvoicesQuery) -> Any:
    """Our invoices and where the money of each is, the newest first."""
    keys = decode_cursor(query.cursor, 2)
    with shop_transaction() as session:
        wanted = select(ReconciliationInvoice).where(
            ReconciliationInvoice.shop_id == shop_of(session)
        )
        if query.state:
            wanted = wanted.where(ReconciliationInvoice.state == query.state)
        if query.search and query.search.strip():
            wanted = wanted.where(
                col(ReconciliationInvoice.number).istartswith(query.search.strip(), autoescape=True)
            )
        if query.currency:
            wanted = wanted.where(ReconciliationInvoice.currency == query.currency)
        if query.open:
            wanted = wanted.where(ReconciliationInvoice.open > 0)
        if query.step:
            wanted = wanted.where(
                col(getattr(ReconciliationInvoice, query.step)) != 0,
                ReconciliationInvoice.state != "void",
            )
        if query.unexplained:
            wanted = wanted.where(ReconciliationInvoice.unexplained != 0)
        if query.unplaced:
            wanted = wanted.where(
                ReconciliationInvoice.unplaced_deducted != ReconciliationInvoice.unplaced_recovered
            )
        if keys:
            wanted = wanted.where(
                text("(dated_at, invoice_id) < (:at, :id)").bindparams(
                    at=moment_of_cursor(keys[0]), id=int(keys[1])
                )
            )
        rows = session.exec(
            wanted.order_by(
                col(ReconciliationInvoice.dated_at).desc(),
                col(ReconciliationInvoice.invoice_id).desc(),
            ).limit(query.limit + 1)
        ).all()
        page, following = cut_page(rows, query.limit, lambda row: (row.dated_at, row.invoice_id))
        found = Invoices(data=[views.invoice_view(row) for row in page], next_cursor=following)
    return answer(found)


@api.get("/reconciliation/<region>/<number>/<line>", responses={200: views.ReconciliationDetail})
def read_line(path: LinePath) -> Any:
    """One line with every paper behind each of its figures."""
    with shop_transaction() as session:
        found = views.whole(session, path.region, path.number, path.line)
    return answer(found)


def _keys(row: ReconciliationLine) -> tuple[datetime, str, str, str]:
    return row.ordered_at, row.region, row.number, row.line


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), zone)
