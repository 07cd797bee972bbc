"""What reports say here: customers' demand for the ASINs that this Amazon has ordered.

Every figure follows from the ASIN, the day and the orders, so the same question has the same answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from app.simulators.amazon import orders

FORECAST_WEEKS = 26
CURRENCIES = {"ATVPDKIKX0DER": "USD", "A2EUQ1WTGCTBG2": "CAD", "A1F83G8C2ARO7P": "GBP"}
DAYS = {"DAY": 1, "WEEK": 7}
QUANTILES = (("p70", 1.12), ("p80", 1.25), ("p90", 1.48))


class Offer(NamedTuple):
    """An ASIN as this Amazon buys and sells it."""

    asin: str
    cost: Decimal
    received: list[tuple[str, int]]
    open_units: int


def made(asked: dict[str, Any], placed: list[dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    """The name of Amazon's schema and the document of one report."""
    offers = sorted(_offers(placed).values())
    kind = asked["reportType"]
    specification = {
        "reportType": kind,
        "reportOptions": asked.get("reportOptions") or {},
        "marketplaceIds": asked["marketplaceIds"],
        "lastUpdatedDate": orders.now().date().isoformat(),
    }
    if "dataStartTime" in asked and "REAL_TIME" not in kind:
        specification |= {
            name: asked[name][:10] for name in ("dataStartTime", "dataEndTime") if name in asked
        }
    head = {"reportSpecification": specification}
    currency = CURRENCIES.get(asked["marketplaceIds"][0], "EUR")
    if kind == "GET_VENDOR_FORECASTING_REPORT":
        return "vendorForecastingReport", head | {"forecastByAsin": list(_forecast(offers))}
    if "REAL_TIME" in kind:
        return _real_time(kind, asked, specification, offers)
    name, key, figures = _PERIODICAL[kind]
    spans = list(_spans(asked))
    rows = [
        {**_dated(span), "asin": one.asin, **figures(one, span, currency)}
        for span in spans
        for one in offers
    ]
    totals = [
        {**_dated(span), **_summed([row for row in rows if row["startDate"] == str(span[0])])}
        for span in spans
    ]
    if key == "inventory":
        for total in totals:
            total |= {"receiveFillRate": 0.97, "procurableProductOutOfStockRate": 0.04}
    return name, head | {f"{key}Aggregate": [t for t in totals if len(t) > 2]} | {
        f"{key}ByAsin": rows
    }


def _sales(one: Offer, span: tuple[date, date], currency: str) -> dict[str, Any]:
    units = sum(_units(one.asin, day) for day in _days(span))
    price = one.cost * Decimal("1.6")
    return {
        "customerReturns": units // 25,
        "orderedRevenue": _amount(price * (units + 1), currency),
        "orderedUnits": units + 1,
        "shippedCogs": _amount(one.cost * units, currency),
        "shippedRevenue": _amount(price * units, currency),
        "shippedUnits": units,
    }


def _inventory(one: Offer, span: tuple[date, date], currency: str) -> dict[str, Any]:
    first, last = span
    came = sum(units for at, units in one.received if str(first) <= at[:10] <= str(last))
    before = [(at, units) for at, units in one.received if at[:10] <= str(last)]
    since = date.fromisoformat(before[0][0][:10]) if before else last
    left = sum(units for _, units in before) - sum(
        _units(one.asin, d) for d in _days((since, last))
    )
    on_hand = max(left, int(_share(one.asin) * 30))
    return {
        "vendorConfirmationRate": 0.95,
        "netReceivedInventoryCost": _amount(one.cost * came, currency),
        "netReceivedInventoryUnits": came,
        "openPurchaseOrderUnits": one.open_units,
        "averageVendorLeadTimeDays": 9.5,
        "sellThroughRate": 0.42,
        "unfilledCustomerOrderedUnits": 0,
        "sellableOnHandInventoryCost": _amount(one.cost * on_hand, currency),
        "sellableOnHandInventoryUnits": on_hand,
        "unsellableOnHandInventoryCost": _amount(Decimal(0), currency),
        "unsellableOnHandInventoryUnits": 0,
        "aged90PlusDaysSellableInventoryCost": _amount(Decimal(0), currency),
        "aged90PlusDaysSellableInventoryUnits": 0,
        "unhealthyInventoryCost": _amount(Decimal(0), currency),
        "unhealthyInventoryUnits": 0,
    }


def _traffic(one: Offer, span: tuple[date, date], _currency: str) -> dict[str, Any]:
    return {"glanceViews": sum(_units(one.asin, day) * 23 + 7 for day in _days(span))}


def _margin(one: Offer, span: tuple[date, date], _currency: str) -> dict[str, Any]:
    return {"netPureProductMargin": round(0.2 + 0.15 * _share(one.asin, str(span[0])), 4)}


_PERIODICAL = {
    "GET_VENDOR_SALES_REPORT": ("vendorSalesReport", "sales", _sales),
    "GET_VENDOR_INVENTORY_REPORT": ("vendorInventoryReport", "inventory", _inventory),
    "GET_VENDOR_TRAFFIC_REPORT": ("vendorTrafficReport", "traffic", _traffic),
    "GET_VENDOR_NET_PURE_PRODUCT_MARGIN_REPORT": (
        "vendorNetPureProductMarginReport",
        "netPureProductMargin",
        _margin,
    ),
}


def _forecast(offers: list[Offer]) -> Iterator[dict[str, Any]]:
    today = orders.now().date()
    # Published each Tuesday, three days after the week's end.
    published = today - timedelta(days=(today.weekday() - 1) % 7)
    first = published + timedelta(days=(6 - published.weekday()) % 7)
    for one in offers:
        for week in range(FORECAST_WEEKS):
            start = first + timedelta(weeks=week)
            usual = (0.3 + 4 * _share(one.asin)) * 7
            mean = usual * (0.85 + 0.3 * _share(one.asin, str(start), str(published)))
            yield {
                "forecastGenerationDate": str(published),
                "asin": one.asin,
                "startDate": str(start),
                "endDate": str(start + timedelta(days=6)),
                "meanForecastUnits": round(mean, 2),
                **{f"{name}ForecastUnits": round(mean * wider, 2) for name, wider in QUANTILES},
            }


def _real_time(
    kind: str, asked: dict[str, Any], specification: dict[str, Any], offers: list[Offer]
) -> tuple[str, dict[str, Any]]:
    specification.pop("lastUpdatedDate")
    specification |= {name: asked[name] for name in ("dataStartTime", "dataEndTime")}
    name, figure = {
        "GET_VENDOR_REAL_TIME_SALES_REPORT": ("vendorRealTimeSalesReport", "sales"),
        "GET_VENDOR_REAL_TIME_INVENTORY_REPORT": ("vendorRealTimeInventoryReport", "inventory"),
        "GET_VENDOR_REAL_TIME_TRAFFIC_REPORT": ("vendorRealTimeTrafficReport", "traffic"),
    }[kind]
    rows = []
    hour = orders.moment(asked["dataStartTime"]).astimezone(UTC)
    end = orders.moment(asked["dataEndTime"])
    while hour + timedelta(hours=1) <= end:
        for one in offers:
            rows.append(_hour(one, hour, figure))
        hour += timedelta(hours=1)
    return name, {"reportSpecification": specification, "reportData": rows}


def _hour(one: Offer, hour: datetime, figure: str) -> dict[str, Any]:
    units = int(_share(one.asin) / 3 + _share(one.asin, hour.isoformat()))
    figures: dict[str, dict[str, Any]] = {
        "sales": {
            "orderedUnits": units,
            "orderedRevenue": float((one.cost * Decimal("1.6") * units).quantize(Decimal("0.01"))),
        },
        "inventory": {"highlyAvailableInventory": int(20 + 60 * _share(one.asin))},
        "traffic": {"glanceViews": units * 23 + 3},
    }
    times = {
        "startTime": orders.stamp(hour),
        "endTime": orders.stamp(hour + timedelta(hours=1)),
        "asin": one.asin,
    }
    return times | figures[figure]


def _offers(placed: list[dict[str, Any]]) -> dict[str, Offer]:
    found: dict[str, Offer] = {}
    for order in placed:
        for line in order["lines"]:
            if not line["asin"]:
                continue
            cost = Decimal(line["cost"] or "0")
            before = found.get(line["asin"], Offer(line["asin"], cost, [], 0))
            came = line["received"] * line["unit_size"]
            received = [*before.received]
            if came:
                received = sorted([*received, (line["received_at"] or order["ordered_at"], came)])
            still = (line["amount"] - line["cancelled"]) * line["unit_size"] - came
            waits = max(0, still) if order["state"] != "Closed" else 0
            found[line["asin"]] = Offer(line["asin"], cost, received, before.open_units + waits)
    return found


def _spans(asked: dict[str, Any]) -> Iterator[tuple[date, date]]:
    start = orders.moment(asked["dataStartTime"]).date()
    end = orders.moment(asked["dataEndTime"]).date()
    days = DAYS.get(asked["reportOptions"]["reportPeriod"], (end - start).days + 1)
    while start <= end:
        yield start, start + timedelta(days=days - 1)
        start += timedelta(days=days)


def _summed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    total: dict[str, Any] = {}
    for row in rows:
        for key, value in row.items():
            if isinstance(value, dict):
                before = Decimal(str(total[key]["amount"])) if key in total else Decimal(0)
                total[key] = _amount(before + Decimal(str(value["amount"])), value["currencyCode"])
            elif isinstance(value, int):
                total[key] = total.get(key, 0) + value
            elif isinstance(value, float):
                total[key] = value
    return total


def _dated(span: tuple[date, date]) -> dict[str, str]:
    return {"startDate": str(span[0]), "endDate": str(span[1])}


def _days(span: tuple[date, date]) -> Iterator[date]:
    for number in range((span[1] - span[0]).days + 1):
        yield span[0] + timedelta(days=number)


def _units(asin: str, day: date) -> int:
    """What customers buy of it on a day."""
    usual = 0.3 + 4 * _share(asin)
    return int(usual * (0.5 + _share(asin, str(day))) + _share(str(day), asin))


def _share(*words: str) -> float:
    """A number from 0 to 1 that belongs to these words."""
    return int(hashlib.sha256(":".join(words).encode()).hexdigest()[:8], 16) / 0xFFFFFFFF


def _amount(amount: Decimal, currency: str) -> dict[str, Any]:
    return {"amount": float(amount.quantize(Decimal("0.01"))), "currencyCode": currency}
