"""Payments of this Amazon: made by a lever, shown by its finance."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from app.simulators.amazon import orders
from app.simulators.amazon.world import World

LONGEST = timedelta(days=90)
LINES_A_PAGE = 50


def usual_start() -> str:
    """Where the list begins when nobody says."""
    return orders.stamp(orders.now() - timedelta(days=30))


def pay(world: World, given: dict[str, Any]) -> dict[str, Any]:
    """Makes or replaces a payment: `number`, `lines` (reference, paid, total?, discount?, withheld?,
    description?), `currency`, `status`, `paid_at`, `amount` (the sum of its lines where not given),
    `invoice_currency` with `rate`, `stated_lines`, `refresh_token`."""
    account = given.get("refresh_token") or next(iter(world.state["accounts"]))
    currency = given.get("currency", "USD")
    inner = given.get("invoice_currency", currency)
    total = sum(float(one["paid"]) for one in given["lines"])
    rate = float(given.get("rate", 1))
    header: dict[str, Any] = {
        "uniquePaymentId": f"UP-{given['number']}",
        "paymentNumber": given["number"],
        "paymentDate": given.get("paid_at", orders.stamp(orders.now() - timedelta(minutes=1))),
        "paymentAmount": _money(given.get("amount", round(total * rate, 2)), currency),
        "remittanceStatus": given.get("status", "SUCCESSFUL"),
        "paymentMethod": "ACH",
        "lineItemCount": given.get("stated_lines", len(given["lines"])),
        "countryCode": "US",
        "relatedIdentifiers": [
            {
                "relatedIdentifierName": "VENDOR_CODE",
                "relatedIdentifierValue": world.state["accounts"][account]["vendor_codes"],
            }
        ],
    }
    if inner != currency:
        header["paymentAmountInInvoiceCurrency"] = _money(round(total, 2), inner)
        header["exchangeRate"] = rate
    kept = {
        "account": account,
        "header": header,
        "items": [_item(one, inner) for one in given["lines"]],
    }
    world.state["remittances"][header["uniquePaymentId"]] = kept
    return header


def headers(world: World, account: str, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """The payments of a vendor group that were made in this time."""
    return [
        one["header"]
        for one in world.state["remittances"].values()
        if one["account"] == account and start <= orders.moment(one["header"]["paymentDate"]) <= end
    ]


def whole(world: World, account: str, payment_id: str, token: str | None) -> dict[str, Any] | None:
    """One payment with a page of its lines; None where there is none."""
    kept = world.state["remittances"].get(payment_id)
    if kept is None or kept["account"] != account:
        return None
    start = int(token or 0)
    end = start + LINES_A_PAGE
    found = {"remittanceHeader": kept["header"], "remittanceItems": kept["items"][start:end]}
    return found | ({"nextTokenForLineItems": str(end)} if end < len(kept["items"]) else {})


def _item(given: dict[str, Any], currency: str) -> dict[str, Any]:
    item: dict[str, Any] = {
        "invoiceNumber": given["reference"],
        "invoiceIssueDate": given.get("issued_at", orders.stamp(orders.now())),
        "invoiceType": "STANDARD",
        "netAmountPaid": _money(given["paid"], currency),
        "totalAmount": _money(given.get("total", given["paid"]), currency),
    }
    if "description" in given:
        item["description"] = given["description"]
    if "discount" in given:
        item["netAmountPaidBreakdown"] = [
            {
                "breakdownType": "TermsDiscountTaken",
                "breakdownAmount": _money(given["discount"], currency),
            }
        ]
    if "withheld" in given:
        item["withholdingAmount"] = _money(given["withheld"], currency)
    return item


def _money(amount: Any, currency: str) -> dict[str, Any]:
    return {"currencyAmount": float(amount), "currencyCode": currency}
