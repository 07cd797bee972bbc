"""Reports on the wire: how each kind stands, what was asked for, and an ASIN's figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import PlainSerializer

from app.http import Answer, Moment, Money
from app.inventory.views import ItemBrief
from app.vendor.reports.standing import Missing, Standing
from app.vendor.reports.tables import Report

Number = Annotated[Decimal, PlainSerializer(lambda value: f"{value.normalize():f}", str)]


class ConnectionBrief(Answer):
    id: int
    name: str


class PeriodView(Answer):
    starts_at: Moment
    ends_at: Moment


class ReportView(Answer):
    """One period's report; `cause` is Amazon's own words where it gave any."""

    id: int
    connection_id: int
    marketplace: str
    kind: str
    starts_at: Moment
    ends_at: Moment
    state: str
    asked_by: str
    times_asked: int
    asked_at: Moment | None
    ended_at: Moment | None
    good_at: Moment | None
    due_at: Moment | None
    amazon_id: str | None
    rows_kept: int
    rows_unread: int
    cause: str | None
    cause_code: str | None


class MissingView(Answer):
    starts_at: Moment
    ends_at: Moment
    state: str | None
    cause: str | None
    cause_code: str | None
    due_at: Moment | None
    next_action: str


class StandingView(Answer):
    """One kind of one vendor group in one marketplace."""

    connection: ConnectionBrief
    marketplace: str
    kind: str
    period: str
    last_good: ReportView | None
    next_at: Moment
    under_way: int
    missing: list[MissingView]
    source: str
    verified: bool


class AsinSummary(Answer):
    """The newest week's figures; units are eaches at Amazon, none of them ours to sell."""

    asin: str
    connection_id: int
    marketplace: str
    item: ItemBrief | None
    sold_from: date | None
    ordered_units: int | None
    shipped_units: int | None
    stood_on: date | None
    sellable_units: int | None
    open_purchase_order_units: int | None
    forecast_from: date | None
    p70: Number | None
    p80: Number | None
    p90: Number | None


class WeekView(Answer):
    starts_on: date
    ends_on: date
    ordered_units: int | None
    shipped_units: int | None
    shipped_revenue: Money | None
    shipped_cogs: Money | None
    customer_returns: int | None
    sellable_units: int | None
    sellable_cost: Money | None
    net_received_units: int | None
    open_purchase_order_units: int | None
    glance_views: int | None
    net_pure_product_margin: Number | None


class PublishedView(Answer):
    published_on: date
    mean: Number
    p70: Number
    p80: Number
    p90: Number


class ForecastView(Answer):
    """One week ahead; `first` and `versions` say how it has changed since it was first published."""

    starts_on: date
    ends_on: date
    published_on: date
    mean: Number
    p70: Number
    p80: Number
    p90: Number
    first_published_on: date
    first_p80: Number
    versions: list[PublishedView]


class HourView(Answer):
    starts_at: Moment
    ordered_units: int | None
    ordered_revenue: Money | None
    highly_available_units: int | None
    glance_views: int | None


class PlaceView(Answer):
    """What the reports of one vendor group in one marketplace say."""

    connection: ConnectionBrief
    marketplace: str
    weeks: list[WeekView]
    forecasts: list[ForecastView]
    hours: list[HourView]


class AsinView(Answer):
    asin: str
    item: ItemBrief | None
    places: list[PlaceView]


def report_view(row: Report) -> ReportView:
    return ReportView(id=row.report_id, **row.model_dump(exclude={"shop_id", "report_id"}))


def standing_view(one: Standing) -> StandingView:
    kind, connection = one.subject.kind, one.subject.connection
    return StandingView(
        connection=ConnectionBrief(id=connection.connection_id, name=connection.name),
        marketplace=one.subject.marketplace,
        kind=kind.name,
        period=kind.period,
        last_good=report_view(one.last_good) if one.last_good else None,
        next_at=one.next_at,
        under_way=one.under_way,
        missing=[_missing(missing) for missing in one.missing],
        source=kind.source,
        verified=kind.verified,
    )


def asin_summary(row: Mapping[str, Any]) -> AsinSummary:
    return AsinSummary(item=item_of(row), **{k: v for k, v in row.items() if k not in ITEM_COLUMNS})


def item_of(row: Mapping[str, Any]) -> ItemBrief | None:
    if row["item_id"] is None:
        return None
    return ItemBrief(
        id=row["item_id"], sku=row["sku"], title=row["title"], image_url=row["image_url"]
    )


def week_view(row: Mapping[str, Any]) -> WeekView:
    amounts = {
        "shipped_revenue": _money(row["shipped_revenue"], row["currency"]),
        "shipped_cogs": _money(row["shipped_cogs"], row["currency"]),
        "sellable_cost": _money(row["sellable_cost"], row["cost_currency"]),
    }
    return WeekView(**{**row, **amounts})


def hour_view(row: Mapping[str, Any]) -> HourView:
    revenue = _money(row["ordered_revenue"], row["currency"])
    return HourView(**{**row, "ordered_revenue": revenue})


ITEM_COLUMNS = ("item_id", "sku", "title", "image_url")


def _money(amount: Decimal | None, currency: str | None) -> Money | None:
    if amount is None or currency is None:
        return None
    return Money(amount=amount, currency=currency)


def _missing(one: Missing) -> MissingView:
    row = one.report
    return MissingView(
        starts_at=one.period.starts_at,
        ends_at=one.period.ends_at,
        state=row.state if row else None,
        cause=row.cause if row else None,
        cause_code=row.cause_code if row else None,
        due_at=row.due_at if row else None,
        next_action=one.next_action,
    )
