"""The shapes of Amazon's documents: which table, which lists, which columns, and how each is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from sqlmodel import SQLModel

from app.vendor.reports.tables import (
    HourlyInventory,
    HourlySales,
    HourlyTraffic,
    PublishedForecast,
    ReportedInventory,
    ReportedMargin,
    ReportedSales,
    ReportedTraffic,
)

LARGEST_COUNT = 2**31 - 1
LARGEST_AMOUNT = Decimal(10) ** 14


class BadRow(Exception):
    """A row that cannot be what it says; the words name the field."""


Values = dict[str, Any]
Field = tuple[str, str, Callable[[Any, str], Any], bool]
"""Amazon's name, ours, how it is read, and whether it must be there."""


@dataclass(frozen=True)
class Shape:
    """One of Amazon's documents: which table, the names of its lists, and its columns."""

    table: type[SQLModel]
    lists: tuple[str, ...]
    fields: tuple[Field, ...]
    dated: Callable[[Mapping[str, Any], Values], None]


def _by_days(raw: Mapping[str, Any], made: Values) -> None:
    made["starts_on"] = _day(raw.get("startDate"), "startDate")
    made["ends_on"] = _day(raw.get("endDate"), "endDate")


def _by_publication(raw: Mapping[str, Any], made: Values) -> None:
    _by_days(raw, made)
    made["published_on"] = _day(raw.get("forecastGenerationDate"), "forecastGenerationDate")


def _by_hour(raw: Mapping[str, Any], made: Values) -> None:
    made["starts_at"] = moment_of(raw.get("startTime"), "startTime")


class Amount(NamedTuple):
    """An amount with its currency, before both go to their columns."""

    amount: Decimal
    currency: str


def _count(value: Any, name: str) -> int:
    number = _number(value, name)
    if number != number.to_integral_value() or abs(number) > LARGEST_COUNT:
        raise BadRow(f"{name} {str(value)[:40]!r} is not a whole number of units")
    return int(number)


def _number(value: Any, name: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise BadRow(f"{name} {str(value)[:40]!r} is not a number")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise BadRow(f"{name} is not a number") from None
    if not number.is_finite() or abs(number) >= LARGEST_AMOUNT:
        raise BadRow(f"{name} {str(value)[:40]!r} is not a believable number")
    return number


def _amount(value: Any, name: str) -> Amount:
    if not isinstance(value, Mapping):
        raise BadRow(f"{name} is not an amount with its currency")
    currency = value.get("currencyCode")
    if not isinstance(currency, str) or len(currency) != 3:
        raise BadRow(f"{name} has no currency")
    return Amount(_number(value.get("amount"), name), currency)


def _day(value: Any, name: str) -> date:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise BadRow(f"{name} {str(value)[:40]!r} is not a day") from None


def moment_of(value: Any, name: str) -> datetime:
    """A date and time in UTC; without a zone it is taken for UTC. Raises BadRow naming the field."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        raise BadRow(f"{name} {str(value)[:40]!r} is not a date and time") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


# Columns as in Amazon's schemas of November 2026 (app/vendor/schemas/reports).
SHAPES = {
    "GET_VENDOR_SALES_REPORT": Shape(
        ReportedSales,
        ("salesAggregate", "salesByAsin"),
        (
            ("orderedUnits", "ordered_units", _count, False),
            ("orderedRevenue", "ordered_revenue", _amount, False),
            ("shippedUnits", "shipped_units", _count, True),
            ("shippedRevenue", "shipped_revenue", _amount, True),
            ("shippedCogs", "shipped_cogs", _amount, True),
            ("customerReturns", "customer_returns", _count, False),
        ),
        _by_days,
    ),
    "GET_VENDOR_INVENTORY_REPORT": Shape(
        ReportedInventory,
        ("inventoryAggregate", "inventoryByAsin"),
        (
            ("netReceivedInventoryUnits", "net_received_units", _count, True),
            ("netReceivedInventoryCost", "net_received_cost", _amount, True),
            ("openPurchaseOrderUnits", "open_purchase_order_units", _count, True),
            ("sellableOnHandInventoryUnits", "sellable_units", _count, True),
            ("sellableOnHandInventoryCost", "sellable_cost", _amount, True),
            ("unsellableOnHandInventoryUnits", "unsellable_units", _count, False),
            ("unsellableOnHandInventoryCost", "unsellable_cost", _amount, False),
            ("aged90PlusDaysSellableInventoryUnits", "aged_units", _count, False),
            ("aged90PlusDaysSellableInventoryCost", "aged_cost", _amount, False),
            ("unhealthyInventoryUnits", "unhealthy_units", _count, False),
            ("unhealthyInventoryCost", "unhealthy_cost", _amount, False),
            ("unfilledCustomerOrderedUnits", "unfilled_customer_ordered_units", _count, False),
            ("vendorConfirmationRate", "vendor_confirmation_rate", _number, False),
            ("receiveFillRate", "receive_fill_rate", _number, False),
            ("procurableProductOutOfStockRate", "out_of_stock_rate", _number, False),
            ("sellThroughRate", "sell_through_rate", _number, False),
            ("averageVendorLeadTimeDays", "lead_time_days", _number, False),
        ),
        _by_days,
    ),
    "GET_VENDOR_TRAFFIC_REPORT": Shape(
        ReportedTraffic,
        ("trafficAggregate", "trafficByAsin"),
        (("glanceViews", "glance_views", _count, True),),
        _by_days,
    ),
    "GET_VENDOR_NET_PURE_PRODUCT_MARGIN_REPORT": Shape(
        ReportedMargin,
        ("netPureProductMarginAggregate", "netPureProductMarginByAsin"),
        (("netPureProductMargin", "net_pure_product_margin", _number, True),),
        _by_days,
    ),
    "GET_VENDOR_FORECASTING_REPORT": Shape(
        PublishedForecast,
        ("forecastByAsin",),
        (
            ("meanForecastUnits", "mean", _number, True),
            ("p70ForecastUnits", "p70", _number, True),
            ("p80ForecastUnits", "p80", _number, True),
            ("p90ForecastUnits", "p90", _number, True),
        ),
        _by_publication,
    ),
    "GET_VENDOR_REAL_TIME_SALES_REPORT": Shape(
        HourlySales,
        ("reportData",),
        (
            ("orderedUnits", "ordered_units", _count, True),
            ("orderedRevenue", "ordered_revenue", _number, True),
        ),
        _by_hour,
    ),
    "GET_VENDOR_REAL_TIME_INVENTORY_REPORT": Shape(
        HourlyInventory,
        ("reportData",),
        (("highlyAvailableInventory", "highly_available_units", _count, True),),
        _by_hour,
    ),
    "GET_VENDOR_REAL_TIME_TRAFFIC_REPORT": Shape(
        HourlyTraffic,
        ("reportData",),
        (("glanceViews", "glance_views", _count, True),),
        _by_hour,
    ),
}
