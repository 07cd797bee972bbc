"""Invoices at this Amazon: taking them, refusing them, and its finance's view of them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from app.simulators.amazon import orders
from app.simulators.amazon.world import World

LANDING_SECONDS = 6.0
LATE_SECONDS = 600.0
REFUSED_FIELD = "items[0].netCost"
NET_DAYS = 60
LONGEST = timedelta(days=90)


def take(world: World, account: str, sent: list[dict[str, Any]]) -> str:
    """Keeps what was sent; it lands in finance after a while, a broken rule is a Failure.

    Faults of the operation `invoice`: `reject` (the first item's cost), `never_land`, `late`,
    `land_changed` (finance shows one unit less of the first line).
    """
    fault = world.take_fault("invoice")
    errors = [error for one in sent for error in _errors(world, account, one)]
    if fault == "reject":
        errors.append(f"{REFUSED_FIELD}: the cost is not valid")
    made = world.transaction_of(errors)
    for one in sent:
        world.state["invoices_sent"].append({"transaction_id": made, "sent": one, "errors": errors})
        if not errors:
            wait = LATE_SECONDS if fault == "late" else LANDING_SECONDS / world.speed
            at = orders.now() + timedelta(seconds=wait)
            world.state["invoices"][_key(one)] = {
                "account": account,
                "sent": one,
                "lands_at": None if fault == "never_land" else orders.stamp(at),
                "taken_at": orders.stamp(orders.now()),
                "less": 1 if fault == "land_changed" else 0,
                "status": "IN_PROGRESS",
            }
    return made


def bill(world: World, given: dict[str, Any]) -> dict[str, Any]:
    """Makes or replaces an invoice that nobody sent: a debit of Amazon's, or one by another door.

    Takes `number`, `payee`, `total`, `currency`, `type`, `status`, `issued_at`, `due_at` with
    `terms`, `related` (the model's names to values), `lines` (`amount`, `type`, `charge`, `asin`,
    `units`, `cost`, and of matching `matched`, `defects`) and `refresh_token`.
    """
    account = given.get("refresh_token") or next(iter(world.state["accounts"]))
    payee = given.get("payee", world.state["accounts"][account]["vendor_codes"][0])
    currency, now = given.get("currency", "USD"), orders.stamp(orders.now())
    issued_at = given.get("issued_at", orders.stamp(orders.now() - timedelta(minutes=1)))
    related = {"PAYEE_CODE": [payee]} | given.get("related", {})
    made = {
        "invoiceNumber": given["number"],
        "invoiceIdentifier": f"{given['number']}~{payee}",
        "invoiceStatus": given.get("status", "DEDUCTED"),
        "invoiceType": given.get("type", "OTHER"),
        "payer": {"partnerId": "AMAZON", "partnerType": "AMAZON"},
        "payee": {"partnerId": world.selling_partner_id, "partnerType": "VENDOR"},
        "issueDate": issued_at,
        "invoiceAmount": _money(Decimal(given["total"]), currency),
        "relatedIdentifiers": [
            {"relatedIdentifierName": name, "relatedIdentifierValue": list(values)}
            for name, values in related.items()
        ],
        "creationDate": issued_at,
        "lastUpdatedDate": now,
    }
    if "due_at" in given:
        made |= {"dueDate": given["due_at"], "paymentTerms": given.get("terms", f"NET {NET_DAYS}")}
    lines = given.get("lines") or [{"amount": given["total"]}]
    items = [_billed(place, one, currency) for place, one in enumerate(lines, start=1)]
    kept = {"account": account, "header": made, "items": items}
    world.state["finance_invoices"][made["invoiceIdentifier"]] = kept
    return made


def _billed(place: int, given: dict[str, Any], currency: str) -> dict[str, Any]:
    context: dict[str, Any] = {"lineItemType": given.get("type", "OTHERS")}
    if "charge" in given:
        context["serviceChargeType"] = given["charge"]
    if "asin" in given:
        context["itemIdentifiers"] = [
            {"itemIdentifierName": "ASIN", "itemIdentifierValue": given["asin"]}
        ]
    cost = Decimal(given.get("cost", "0"))
    if "matched" in given:
        context["matchingContext"] = _matching(
            given, int(given["units"]), int(given["matched"]), cost, currency
        )
    item: dict[str, Any] = {
        "lineItemId": str(place),
        "totalAmount": _money(Decimal(given["amount"]), currency),
        "lineItemContext": context,
    }
    if "units" in given:
        item |= {"quantity": int(given["units"]), "unitCost": _money(cost, currency)}
    return item


def header_list(
    world: World, account: str, since: str | None, issued: tuple[str, str]
) -> list[dict[str, Any]]:
    """What finance shows of a vendor group: changed after a moment, or issued within a time."""
    found = [header(world, one) for one in world.state["invoices"].values() if _is_of(one, account)]
    found += [
        one["header"]
        for one in world.state["finance_invoices"].values()
        if one["account"] == account
    ]
    if since is not None:
        return [one for one in found if one["lastUpdatedDate"] > since]
    return [one for one in found if issued[0] <= one["issueDate"] <= issued[1]]


def whole(world: World, account: str, identifier: str) -> dict[str, Any] | None:
    """One invoice with its lines; None while finance does not show it."""
    made = world.state["finance_invoices"].get(identifier)
    if made is not None and made["account"] == account:
        return {"invoiceHeader": made["header"], "invoiceItems": made["items"]}
    kept = world.state["invoices"].get(identifier)
    if kept is None or not _is_of(kept, account):
        return None
    return {"invoiceHeader": header(world, kept), "invoiceItems": _items(world, kept)}


def settle(world: World, number: str, given: dict[str, Any]) -> dict[str, Any]:
    """Lets finance show an invoice now: `status`, `settlement` (amounts by the model's names) and
    `lines` by position (`matched`, `price_variance`, `defects` by type of variance, `paid_units`,
    `paid_amount`). What is not given stays as it was."""
    found: dict[str, Any] = next(
        one for one in world.state["invoices"].values() if one["sent"]["id"] == number
    )
    found["status"] = given.get("status", found["status"])
    found["settlement"] = found.get("settlement", {}) | given.get("settlement", {})
    found["lines"] = found.get("lines", {}) | given.get("lines", {})
    found["lands_at"] = orders.stamp(orders.now())
    return dict(found)


def header(world: World, kept: dict[str, Any]) -> dict[str, Any]:
    """An InvoiceHeader of the finance model."""
    sent = kept["sent"]
    currency = sent["invoiceTotal"]["currencyCode"]
    total = Decimal(sent["invoiceTotal"]["amount"]) - _left_out(kept)
    issued = orders.moment(sent["date"])
    payee = sent["remitToParty"]["partyId"]
    numbers = sorted({item.get("purchaseOrderNumber", "") for item in sent["items"]})
    return {
        "invoiceNumber": sent["id"],
        "invoiceIdentifier": _key(sent),
        "invoiceStatus": kept["status"],
        "invoiceType": "AP_INVENTORY",
        "payer": {"partnerId": "AMAZON", "partnerType": "AMAZON"},
        "payee": {"partnerId": world.selling_partner_id, "partnerType": "VENDOR"},
        "issueDate": orders.stamp(issued),
        "dueDate": orders.stamp(issued + timedelta(days=NET_DAYS)),
        "paymentTerms": f"NET {NET_DAYS}",
        "invoiceAmount": _money(total, currency),
        "invoiceSettlementBreakdowns": [
            {"breakdownType": name, "breakdownAmount": _money(Decimal(amount), currency)}
            for name, amount in kept.get("settlement", {}).items()
        ],
        "relatedIdentifiers": [
            {"relatedIdentifierName": "PAYEE_CODE", "relatedIdentifierValue": [payee]},
            {"relatedIdentifierName": "PURCHASE_ORDER_IDS", "relatedIdentifierValue": numbers},
        ],
        "creationDate": kept["taken_at"],
        "lastUpdatedDate": kept["lands_at"],
    }


def _items(world: World, kept: dict[str, Any]) -> list[dict[str, Any]]:
    made = []
    for index, item in enumerate(kept["sent"]["items"]):
        quantity = item["invoicedQuantity"]["amount"] - (kept["less"] if index == 0 else 0)
        cost = Decimal(item["netCost"]["amount"])
        currency = item["netCost"]["currencyCode"]
        size = item["invoicedQuantity"].get("unitSize", 1)
        received = min(quantity * size, _received(world, item))
        names = {"ASIN": "amazonProductIdentifier", "SKU": "vendorProductIdentifier"}
        context = {
            "lineItemType": "GOODS",
            "itemIdentifiers": [
                {"itemIdentifierName": name, "itemIdentifierValue": item[key]}
                for name, key in names.items()
                if item.get(key)
            ],
            "matchingContext": _matching(
                kept.get("lines", {}).get(str(item["itemSequenceNumber"]), {}),
                quantity * size,
                received,
                cost / size,
                currency,
            ),
        }
        made.append(
            {
                "lineItemId": str(item["itemSequenceNumber"]),
                "unitCost": _money(cost, currency),
                "quantity": quantity * size,
                "totalAmount": _money(cost * quantity, currency),
                "lineItemContext": context,
            }
        )
    return made


def _matching(
    told: dict[str, Any], invoiced: int, received: int, cost: Decimal, currency: str
) -> dict[str, Any]:
    """What finance matched of a line, by its receipts or as it was told; all in eaches."""
    matched = int(told.get("matched", received))
    short = {"PQV": ["OVERBILLING"]} if matched < invoiced else {}
    made = {
        "matchedQuantity": matched,
        "matchedAmount": _money(cost * matched, currency),
        "quantityVariance": invoiced - matched,
        "varianceReasons": [
            {"varianceType": kind, "defectTypes": defects}
            for kind, defects in told.get("defects", short).items()
        ],
    }
    if "price_variance" in told:
        made["priceVariance"] = _money(Decimal(told["price_variance"]), currency)
    if "paid_units" in told:
        made["paidQuantity"] = int(told["paid_units"])
    if "paid_amount" in told:
        made["paidAmount"] = _money(Decimal(told["paid_amount"]), currency)
    return made


def _left_out(kept: dict[str, Any]) -> Decimal:
    return Decimal(kept["sent"]["items"][0]["netCost"]["amount"]) * int(kept["less"])


def _received(world: World, item: dict[str, Any]) -> int:
    order = world.state["orders"].get(item.get("purchaseOrderNumber", ""), {"lines": []})
    for line in order["lines"]:
        if line["asin"] == item.get("amazonProductIdentifier"):
            return int(line["received"]) * int(line["unit_size"])
    return 0


def _errors(world: World, account: str, sent: dict[str, Any]) -> list[str]:
    """Amazon's rules beyond the schema."""
    errors = []
    if _key(sent) in world.state["invoices"]:
        errors.append(f"id: invoice {sent['id']} was used before")
    if orders.moment(sent["date"]) > orders.now() + timedelta(minutes=1):
        errors.append("date: lies in the future")
    for party in ("remitToParty", "billToParty"):
        if not sent.get(party, {}).get("address"):
            errors.append(f"{party}.address: is missing")
    if not sent.get("items"):
        errors.append("items: there are none")
    for index, item in enumerate(sent.get("items", [])):
        number = item.get("purchaseOrderNumber", "")
        if world.order(account, number) is None:
            errors.append(f"items[{index}].purchaseOrderNumber: {number} is unknown")
        if item["invoicedQuantity"]["amount"] <= 0:
            errors.append(f"items[{index}].invoicedQuantity: must be above zero")
    return errors


def _is_of(kept: dict[str, Any], account: str) -> bool:
    has_landed = kept["lands_at"] is not None and kept["lands_at"] <= orders.stamp(orders.now())
    return kept["account"] == account and has_landed


def _key(sent: dict[str, Any]) -> str:
    return f"{sent['id']}~{sent['remitToParty']['partyId']}"


def _money(amount: Decimal, currency: str) -> dict[str, Any]:
    """The finance models have amounts as JSON numbers."""
    return {"currencyCode": currency, "currencyAmount": float(round(amount, 2))}
