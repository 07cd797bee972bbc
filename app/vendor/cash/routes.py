"""Cash over HTTP."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from app.db import database_time
from app.http import (
    Answer,
    APIBlueprint,
    Page,
    PageQuery,
    answer,
    cut_page,
    decode_cursor,
    principal,
    shop_transaction,
)
from app.vendor.cash import rates, standing, unsettled, views
from app.vendor.cash.tables import ExchangeRate
from app.vendor.lookups import moment_of_cursor

TAG = Tag(name="cash", description="When Amazon's money is due, and what it was reduced by.")
api = APIBlueprint("cash", __name__, url_prefix="/api", abp_tags=[TAG])
CURRENCY = "^[A-Z]{3}$"
BEFORE_ALL = datetime(1, 1, 2, tzinfo=UTC)
FOR_EVER = datetime(9999, 12, 31, tzinfo=UTC)


class CashQuery(BaseModel):
    currency: str | None = Field(
        default=None,
        pattern=CURRENCY,
        description="Show everything in this one too, by dated rates.",
    )


class OpenQuery(PageQuery):
    """Which open invoices to list; days are due days in the shop's zone, both included."""

    bucket: (
        Literal["not_due", "days_1_30", "days_31_60", "days_61_90", "over_90", "no_due_date"] | None
    ) = None
    currency: str | None = Field(default=None, pattern=CURRENCY)
    from_day: date | None = None
    to_day: date | None = None


class BridgeQuery(BaseModel):
    """Which invoices: by the day of the invoice in the shop's zone, both included."""

    from_day: date | None = None
    to_day: date | None = None


class RatePath(BaseModel):
    base: str = Field(pattern=CURRENCY)
    quote: str = Field(pattern=CURRENCY)
    day: date


class RateBody(RatePath):
    """What one unit of `base` was worth in `quote` on that day."""

    rate: Decimal = Field(max_digits=19, decimal_places=8)
    source: str = Field(min_length=1, max_length=120, description="Who says so, in your words.")


class RuleBody(BaseModel):
    unsettled_after_days: int | None = Field(
        description="Name orders not settled so many days after they left; null: never."
    )


class OpenInvoices(Page[views.OpenInvoiceView]):
    """Invoices with money to come, the soonest due first."""


class Bridges(Answer):
    """From invoiced to paid, currency by currency."""

    data: list[views.BridgeView]


class Rates(Answer):
    """What people of this shop have said, the newest day first."""

    data: list[views.RateView]


@api.get("/cash", responses={200: views.CashView})
def read_cash(query: CashQuery) -> Any:
    """What is open: by age, and by the week in which it should come."""
    with shop_transaction() as session:
        found = views.cash(session, database_time(), query.currency)
    return answer(found)


@api.get("/cash/invoices", responses={200: OpenInvoices})
def list_open_invoices(query: OpenQuery) -> Any:
    """The invoices behind a figure of what is open."""
    keys = decode_cursor(query.cursor, 2)
    asked: dict[str, Any] = {
        "bucket": query.bucket,
        "currency": query.currency,
        "since": query.from_day,
        "until": query.to_day,
        "at": moment_of_cursor(keys[0]) if keys else BEFORE_ALL,
        "id": int(str(keys[1])) if keys else 0,
        "most": query.limit + 1,
    }
    with shop_transaction() as session:
        rows = views.open_invoices(session, database_time(), asked)
        page, following = cut_page(rows, query.limit, _keys)
        found = OpenInvoices(
            data=[views.open_invoice_view(row) for row in page], next_cursor=following
        )
    return answer(found)


@api.get("/cash/bridge", responses={200: Bridges})
def read_bridge(query: BridgeQuery) -> Any:
    """From invoiced to paid by cause; each currency by itself."""
    with shop_transaction() as session:
        made = standing.bridges(session, query.from_day, query.to_day)
        found = Bridges(data=[views.bridge_view(one) for one in made])
    return answer(found)


@api.put("/cash/rules", responses={200: views.CashView})
def set_rules(body: RuleBody) -> Any:
    """Sets the alarm for orders that are not settled."""
    with shop_transaction() as session:
        unsettled.set_days(session, body.unsettled_after_days)
        found = views.cash(session, database_time(), None)
    return answer(found)


@api.get("/cash/rates", responses={200: Rates})
def list_rates() -> Any:
    """Rates of exchange that people of this shop have said."""
    with shop_transaction() as session:
        found = Rates(data=[_said(one) for one in rates.said(session)])
    return answer(found)


@api.post("/cash/rates", responses={200: Rates})
def say_rate(body: RateBody) -> Any:
    """Says a rate of a day, in place of what was said of it."""
    with shop_transaction() as session:
        rates.say(
            session, body.base, body.quote, body.day, body.rate, body.source, by=principal().actor
        )
        session.flush()
        found = Rates(data=[_said(one) for one in rates.said(session)])
    return answer(found)


@api.delete("/cash/rates/<base>/<quote>/<day>", responses={200: Rates})
def forget_rate(path: RatePath) -> Any:
    """Takes back what was said of a day."""
    with shop_transaction() as session:
        rates.forget(session, path.base, path.quote, path.day)
        found = Rates(data=[_said(one) for one in rates.said(session)])
    return answer(found)


def _said(one: ExchangeRate) -> views.RateView:
    return views.rate_view(rates.Rate(one.base, one.quote, one.rate, one.day, one.source))


def _keys(row: Any) -> tuple[datetime, int]:
    return row.due_at or FOR_EVER, row.invoice_id
