"""Purchase orders as Amazon keeps them: their shape on the wire, acknowledgements, receipts."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

ACKNOWLEDGED = {"Accepted": "accepted", "Backordered": "backordered", "Rejected": "rejected"}


def now() -> datetime:
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """As Amazon writes times: UTC, milliseconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def new_order(
    number: str,
    vendor_code: str,
    lines: list[dict[str, Any]],
    *,
    refresh_token: str,
    ship_to: str = "PHX7",
    ordered_at: datetime | None = None,
    window: tuple[datetime, datetime] | None = None,
    collect: bool = False,
    order_type: str = "RegularOrder",
) -> dict[str, Any]:
    """A purchase order as kept. A line has sequence, asin, vendor_sku, amount, unit, unit_size, cost."""
    at = ordered_at or now()
    start, end = window or (at + timedelta(days=5), at + timedelta(days=12))
    return {
        "number": number,
        "refresh_token": refresh_token,
        "vendor_code": vendor_code,
        "ship_to": ship_to,
        "state": "New",
        "type": order_type,
        "available_at": stamp(at),
        "ordered_at": stamp(at),
        "changed_at": None,
        "state_changed_at": stamp(at),
        "updated_at": stamp(at),
        "window": {
            "kind": "shipWindow" if collect else "deliveryWindow",
            "start": stamp(start),
            "end": stamp(end),
        },
        "lines": [_new_line(line, at) for line in lines],
        "due": [],
    }


def _new_line(line: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {
        "sequence": str(line["sequence"]),
        "asin": line.get("asin"),
        "vendor_sku": line.get("vendor_sku"),
        "amount": int(line["amount"]),
        "unit": line.get("unit", "Eaches"),
        "unit_size": int(line.get("unit_size", 1)),
        "cost": line.get("cost"),
        "back_order": bool(line.get("back_order", False)),
        "cancelled": 0,
        "accepted": 0,
        "backordered": 0,
        "rejected": 0,
        "acknowledged_at": None,
        "acknowledgements": [],
        "ordered_history": [{"at": stamp(at), "ordered": int(line["amount"]), "cancelled": 0}],
        "received": 0,
        "received_at": None,
    }


def as_order(order: dict[str, Any], details: bool = True) -> dict[str, Any]:
    """The order as getPurchaseOrders gives it."""
    shown: dict[str, Any] = {
        "purchaseOrderNumber": order["number"],
        "purchaseOrderState": order["state"],
    }
    if details:
        window = order["window"]
        shown["orderDetails"] = {
            "purchaseOrderDate": order["ordered_at"],
            "purchaseOrderStateChangedDate": order["state_changed_at"],
            "purchaseOrderType": order["type"],
            "paymentMethod": "Consignment" if order["type"] == "ConsignedOrder" else "Invoice",
            "sellingParty": {"partyId": order["vendor_code"]},
            "shipToParty": {"partyId": order["ship_to"]},
            window["kind"]: f"{window['start']}--{window['end']}",
            "items": [_as_item(line) for line in order["lines"]],
        }
        if order["changed_at"]:
            shown["orderDetails"]["purchaseOrderChangedDate"] = order["changed_at"]
    return shown


def _as_item(line: dict[str, Any]) -> dict[str, Any]:
    item = {
        "itemSequenceNumber": line["sequence"],
        "amazonProductIdentifier": line["asin"],
        "vendorProductIdentifier": line["vendor_sku"],
        "orderedQuantity": quantity(line, line["amount"]),
        "isBackOrderAllowed": line["back_order"],
        "netCost": line["cost"] and {"currencyCode": "USD", "amount": line["cost"]},
    }
    return {key: value for key, value in item.items() if value is not None}


def quantity(line: dict[str, Any], amount: int) -> dict[str, Any]:
    """A quantity in the line's own unit."""
    return {"amount": amount, "unitOfMeasure": line["unit"], "unitSize": line["unit_size"]}


def status_of(order: dict[str, Any]) -> str:
    """What getPurchaseOrdersStatus says the order is, as a whole."""
    return "CLOSED" if order["state"] == "Closed" else "OPEN"


def as_status(order: dict[str, Any]) -> dict[str, Any]:
    """The order as getPurchaseOrdersStatus gives it."""
    return {
        "purchaseOrderNumber": order["number"],
        "purchaseOrderStatus": status_of(order),
        "purchaseOrderDate": order["ordered_at"],
        "lastUpdatedDate": order["updated_at"],
        "sellingParty": {"partyId": order["vendor_code"]},
        "shipToParty": {"partyId": order["ship_to"]},
        "itemStatus": [_as_item_status(line) for line in order["lines"]],
    }


def _as_item_status(line: dict[str, Any]) -> dict[str, Any]:
    confirmed = line["accepted"] + line["backordered"]
    receiving = {
        "receiveStatus": receive_status(line),
        "receivedQuantity": quantity(line, line["received"]),
        "lastReceiveDate": line["received_at"],
    }
    status = {
        "itemSequenceNumber": line["sequence"],
        "buyerProductIdentifier": line["asin"],
        "vendorProductIdentifier": line["vendor_sku"],
        "netCost": line["cost"] and {"currencyCode": "USD", "amount": line["cost"]},
        "orderedQuantity": {
            "orderedQuantity": quantity(line, line["amount"]),
            "orderedQuantityDetails": [
                {
                    "updatedDate": entry["at"],
                    "orderedQuantity": quantity(line, entry["ordered"]),
                    "cancelledQuantity": quantity(line, entry["cancelled"]),
                }
                for entry in line["ordered_history"]
            ],
        },
        "acknowledgementStatus": {
            "confirmationStatus": confirmation_status(line),
            "acceptedQuantity": quantity(line, confirmed),
            "rejectedQuantity": quantity(line, line["rejected"]),
            "acknowledgementStatusDetails": [
                {
                    "acknowledgementDate": entry["at"],
                    "acceptedQuantity": quantity(line, entry["accepted"]),
                    "rejectedQuantity": quantity(line, entry["rejected"]),
                }
                for entry in line["acknowledgements"]
            ],
        },
        "receivingStatus": {key: value for key, value in receiving.items() if value is not None},
    }
    return {key: value for key, value in status.items() if value is not None}


def confirmation_status(line: dict[str, Any]) -> str:
    confirmed = line["accepted"] + line["backordered"]
    if line["acknowledged_at"] is None:
        return "UNCONFIRMED"
    if not confirmed:
        return "REJECTED"
    return "ACCEPTED" if confirmed >= line["amount"] else "PARTIALLY_ACCEPTED"


def receive_status(line: dict[str, Any]) -> str:
    confirmed = line["accepted"] + line["backordered"]
    if not line["received"]:
        return "NOT_RECEIVED"
    return "RECEIVED" if line["received"] >= confirmed else "PARTIALLY_RECEIVED"


def acknowledgement_errors(order: dict[str, Any] | None, sent: dict[str, Any]) -> list[str]:
    """Amazon's rules beyond the schema; any of them makes the transaction a Failure."""
    if order is None:
        return [f"purchase order {sent['purchaseOrderNumber']} is unknown"]
    if order["state"] == "Closed":
        return [f"purchase order {order['number']} is closed"]
    errors: list[str] = []
    for item in sent["items"]:
        line = _line_of(order, item)
        if line is None:
            errors.append("an item is not on the purchase order")
            continue
        errors += _line_errors(line, item)
    return errors


def _line_of(order: dict[str, Any], item: dict[str, Any]) -> dict[str, Any] | None:
    for line in order["lines"]:
        same = (
            item.get("itemSequenceNumber") == line["sequence"]
            if item.get("itemSequenceNumber")
            else item.get("amazonProductIdentifier") == line["asin"]
        )
        if same:
            found: dict[str, Any] = line
            return found
    return None


def _line_errors(line: dict[str, Any], item: dict[str, Any]) -> list[str]:
    at = f"item {line['sequence']}"
    parts = item["itemAcknowledgements"]
    total = sum(part["acknowledgedQuantity"].get("amount", 0) for part in parts)
    confirmed = sum(
        part["acknowledgedQuantity"].get("amount", 0)
        for part in parts
        if part["acknowledgementCode"] != "Rejected"
    )
    errors = []
    if any(part["acknowledgedQuantity"].get("amount", 0) <= 0 for part in parts):
        errors.append(f"{at}: a quantity of zero cannot be acknowledged")
    if total > line["amount"]:
        errors.append(f"{at}: more was acknowledged than ordered")
    if item.get("netCost") is None and item.get("listPrice") is None:
        errors.append(f"{at}: netCost is blank")
    elif _above(item.get("netCost"), line["cost"]):
        errors.append(f"{at}: netCost is above the purchase order's")
    if not line["back_order"] and any(p["acknowledgementCode"] == "Backordered" for p in parts):
        errors.append(f"{at}: back orders are not allowed")
    if line["rejected"] and confirmed > line["accepted"] + line["backordered"]:
        errors.append(f"{at}: a rejected quantity cannot be accepted again")
    return errors


def _above(offered: dict[str, Any] | None, ordered: str | None) -> bool:
    return bool(offered and ordered and Decimal(offered["amount"]) > Decimal(ordered))


def acknowledge(order: dict[str, Any], sent: dict[str, Any]) -> None:
    """Takes an acknowledgement: the latest replaces earlier ones, missing lines are rejected."""
    at = stamp(now())
    named = {id(_line_of(order, item)): item for item in sent["items"]}
    for line in order["lines"]:
        item = named.get(id(line))
        counts = dict.fromkeys(ACKNOWLEDGED.values(), 0)
        for part in item["itemAcknowledgements"] if item else ():
            counts[ACKNOWLEDGED[part["acknowledgementCode"]]] += part["acknowledgedQuantity"][
                "amount"
            ]
        counts["rejected"] = line["amount"] - counts["accepted"] - counts["backordered"]
        line.update(counts, acknowledged_at=at)
        line["acknowledgements"].append(
            {
                "at": at,
                "accepted": counts["accepted"] + counts["backordered"],
                "rejected": counts["rejected"],
            }
        )
    nothing = all(line["accepted"] + line["backordered"] == 0 for line in order["lines"])
    set_state(order, "Closed" if nothing else "Acknowledged")


def set_state(order: dict[str, Any], state: str) -> None:
    """Moves the order on and notes when."""
    if order["state"] != state:
        order["state"] = state
        order["state_changed_at"] = stamp(now())
    order["updated_at"] = stamp(now())


def receive(order: dict[str, Any], sequence: str, total: int) -> None:
    """Sets the running total of a line, up or down, in the line's own unit; closes a full order."""
    for line in order["lines"]:
        if line["sequence"] == sequence:
            line["received"] = total
            line["received_at"] = stamp(now())
    order["updated_at"] = stamp(now())
    expected = [line["accepted"] + line["backordered"] for line in order["lines"]]
    done = [line["received"] for line in order["lines"]]
    if sum(expected) and all(got >= want for got, want in zip(done, expected, strict=True)):
        set_state(order, "Closed")


def change(order: dict[str, Any], changes: dict[str, Any]) -> None:
    """Amazon changes its mind: line amounts and costs, the window, the fulfilment centre."""
    at = now()
    for line in order["lines"]:
        changed = changes.get("lines", {}).get(line["sequence"], {})
        if "amount" in changed:
            amount = int(changed["amount"])
            line["cancelled"] += max(0, line["amount"] - amount)
            line["amount"] = amount
            line["ordered_history"].append(
                {"at": stamp(at), "ordered": amount, "cancelled": line["cancelled"]}
            )
        if "cost" in changed:
            line["cost"] = str(changed["cost"])
    if "window" in changes:
        order["window"] = {**order["window"], **changes["window"]}
    order["ship_to"] = changes.get("ship_to", order["ship_to"])
    order["changed_at"] = order["updated_at"] = stamp(at)
    if changes.get("cancel"):
        set_state(order, "Closed")


def transaction_id() -> str:
    """As Amazon's look: a date and a UUID."""
    return f"{now():%Y%m%d}-{uuid.uuid4()}"
