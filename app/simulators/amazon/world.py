"""What this Amazon knows: vendor groups, orders, transactions, shipments, and what falls due later."""

from __future__ import annotations

import random
import secrets
import string
from datetime import timedelta
from typing import Any

from app.simulators.amazon import orders
from app.simulators.store import Store

ACKNOWLEDGEMENT_SECONDS = 2.0
RECEIPT_SECONDS = (20.0, 45.0, 70.0)
RECOUNT_SECONDS = 95.0
CODE_MINUTES = 5

FRESH: dict[str, Any] = {
    "accounts": {},
    "access_tokens": {},
    "codes": {},
    "orders": {},
    "transactions": {},
    "shipments": {},
    "acknowledgements": [],
    "invoices": {},
    "invoices_sent": [],
    "faults": [],
    "number": 0,
}


class World:
    """State and its rules; every method that changes it runs inside `store.changing()`."""

    def __init__(
        self,
        store: Store,
        *,
        client_id: str,
        client_secret: str,
        speed: float = 1.0,
        seed: int = 7,
    ) -> None:
        self.store = store
        self.client_id = client_id
        self.client_secret = client_secret
        self.speed = speed
        self.random = random.Random(seed)
        self.selling_partner_id = "A1HOLDFAST"

    @property
    def state(self) -> dict[str, Any]:
        return self.store.state

    def add_account(self, refresh_token: str, vendor_codes: list[str]) -> None:
        """A vendor group that has authorised the application."""
        self.state["accounts"][refresh_token] = {"vendor_codes": vendor_codes, "revoked": False}

    def revoke(self, refresh_token: str) -> None:
        """Ends an authorisation: its tokens no longer work."""
        self.state["accounts"][refresh_token]["revoked"] = True

    def living(self, refresh_token: str) -> str | None:
        account = self.state["accounts"].get(refresh_token)
        return refresh_token if account and not account["revoked"] else None

    def new_access_token(self, refresh_token: str, seconds: int) -> str:
        token = f"Atza|{secrets.token_urlsafe(48)}"
        expires = orders.stamp(orders.now() + timedelta(seconds=seconds))
        self.state["access_tokens"][token] = {"refresh_token": refresh_token, "expires": expires}
        return token

    def account_of(self, access_token: str) -> str | None:
        """The vendor group a living access token belongs to."""
        with self.store.reading() as state:
            known = state["access_tokens"].get(access_token)
            if known is None or known["expires"] < orders.stamp(orders.now()):
                return None
            return self.living(known["refresh_token"])

    def new_code(self) -> str:
        code = secrets.token_hex(10)
        expires = orders.stamp(orders.now() + timedelta(minutes=CODE_MINUTES))
        refresh = next(iter(self.state["accounts"]))
        self.state["codes"][code] = {"refresh_token": refresh, "expires": expires}
        return code

    def spend_code(self, code: str) -> str | None:
        known = self.state["codes"].pop(code, None)
        if known is None or known["expires"] < orders.stamp(orders.now()):
            return None
        return str(known["refresh_token"])

    def fail(self, operation: str, kind: str, times: int) -> None:
        """The next calls of an operation (or of any, `*`) go wrong in this way."""
        self.state["faults"].append({"operation": operation, "kind": kind, "times": times})

    def take_fault(self, operation: str) -> str | None:
        with self.store.lock:
            for fault in self.state["faults"]:
                if fault["times"] > 0 and fault["operation"] in (operation, "*"):
                    fault["times"] -= 1
                    return str(fault["kind"])
        return None

    def orders_of(self, account: str) -> list[dict[str, Any]]:
        """A vendor group's orders, oldest first."""
        found = [one for one in self.state["orders"].values() if one["refresh_token"] == account]
        return sorted(found, key=lambda one: (one["available_at"], one["number"]))

    def order(self, account: str, number: str) -> dict[str, Any] | None:
        found = self.state["orders"].get(number)
        return found if found and found["refresh_token"] == account else None

    def place(self, lines: list[dict[str, Any]], **details: Any) -> dict[str, Any]:
        """A new purchase order of the first vendor group (or the one named)."""
        account = details.pop("refresh_token", None) or next(iter(self.state["accounts"]))
        code = (
            details.pop("vendor_code", None) or self.state["accounts"][account]["vendor_codes"][0]
        )
        number = details.pop("number", None) or self._new_number()
        order = orders.new_order(number, code, lines, refresh_token=account, **details)
        self.state["orders"][number] = order
        return order

    def take_acknowledgements(self, account: str, sent: list[dict[str, Any]]) -> str:
        """Keeps what was sent; its effect shows after a while, a broken rule as a Failure."""
        errors = []
        for one in sent:
            errors += orders.acknowledgement_errors(
                self.order(account, one["purchaseOrderNumber"]), one
            )
        made = self.transaction_of(errors)
        self.state["acknowledgements"].append(
            {"transaction_id": made, "sent": sent, "errors": errors}
        )
        if not errors:
            due = self._later(ACKNOWLEDGEMENT_SECONDS)
            for one in sent:
                order = self.state["orders"][one["purchaseOrderNumber"]]
                order["due"].append({"at": due, "what": "acknowledge", "sent": one})
        return made

    def take_shipments(self, account: str, sent: list[dict[str, Any]]) -> str:
        """Takes shipment notices and plans the receipts that follow from them."""
        errors = [error for one in sent for error in self._shipment_errors(account, one)]
        if not errors:
            for one in sent:
                self.state["shipments"][one["shipmentIdentifier"]] = one
                self._plan_receipts(one)
        return self.transaction_of(errors, success="Success")

    def transaction(self, transaction_id: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.state["transactions"].get(transaction_id)
        return found

    def pass_time(self) -> None:
        """Lets everything happen that is due."""
        now = orders.stamp(orders.now())
        for order in self.state["orders"].values():
            due = sorted(
                (one for one in order["due"] if one["at"] <= now), key=lambda one: str(one["at"])
            )
            if due:
                order["due"] = [one for one in order["due"] if one["at"] > now]
            for one in due:
                if one["what"] == "acknowledge":
                    orders.acknowledge(order, one["sent"])
                else:
                    orders.receive(order, one["line"], one["total"])

    def transaction_of(self, errors: list[str], success: str = "Processing") -> str:
        """A new transaction; with errors it is a Failure."""
        made = orders.transaction_id()
        status = "Failure" if errors else success
        self.state["transactions"][made] = {"status": status, "errors": errors}
        return made

    def _shipment_errors(self, account: str, sent: dict[str, Any]) -> list[str]:
        errors = []
        identifier = sent["shipmentIdentifier"]
        known = self.state["shipments"].get(identifier)
        if known and sent["shipmentConfirmationType"] == "Original":
            errors.append(f"shipment {identifier} was used before")
        if not known and sent["shipmentConfirmationType"] == "Replace":
            errors.append(f"shipment {identifier} is not known, so it cannot be replaced")
        shipped_at = sent.get("shippedDate")
        if shipped_at and orders.moment(shipped_at) > orders.now() + timedelta(minutes=1):
            errors.append("shippedDate lies in the future")
        for item in sent["shippedItems"]:
            number = item.get("itemDetails", {}).get("purchaseOrderNumber", "")
            order = self.order(account, number)
            if order is None:
                errors.append(f"purchase order {number} is unknown")
            elif _line(order, item) is None:
                errors.append(f"an item is not on purchase order {number}")
        return errors

    def _plan_receipts(self, sent: dict[str, Any]) -> None:
        for item in sent["shippedItems"]:
            order = self.state["orders"][item["itemDetails"]["purchaseOrderNumber"]]
            line = _line(order, item)
            assert line is not None
            units = _in_units_of(line, item["shippedQuantity"])
            before = max(
                [line["received"]]
                + [one["total"] for one in order["due"] if one.get("line") == line["sequence"]]
            )
            chance = self.random.random()
            end = units - 1 if chance < 0.15 and units > 1 else units
            for part, seconds in enumerate(RECEIPT_SECONDS, start=1):
                total = before + end * part // len(RECEIPT_SECONDS)
                self._due(order, seconds, line, total)
            if chance > 0.9 and end > 1:
                # A recount finds one less than was booked.
                self._due(order, RECOUNT_SECONDS, line, before + end - 1)

    def _due(self, order: dict[str, Any], seconds: float, line: dict[str, Any], total: int) -> None:
        order["due"].append(
            {
                "at": self._later(seconds),
                "what": "receive",
                "line": line["sequence"],
                "total": total,
            }
        )

    def _later(self, seconds: float) -> str:
        return orders.stamp(orders.now() + timedelta(seconds=seconds / self.speed))

    def _new_number(self) -> str:
        self.state["number"] += 1
        mixed = random.Random(self.state["number"] * 7919)
        return "".join(mixed.choices(string.digits + "ABCDEFGHJKLMNPQRSTUVWXYZ", k=8))


def _line(order: dict[str, Any], item: dict[str, Any]) -> dict[str, Any] | None:
    for line in order["lines"]:
        if item.get("amazonProductIdentifier") == line["asin"] or (
            item.get("vendorProductIdentifier")
            and item.get("vendorProductIdentifier") == line["vendor_sku"]
        ):
            found: dict[str, Any] = line
            return found
    return None


def _in_units_of(line: dict[str, Any], quantity: dict[str, Any]) -> int:
    """A shipped quantity in the order line's own unit."""
    eaches = quantity["amount"]
    if quantity.get("unitOfMeasure") == "Cases":
        eaches *= quantity.get("unitSize", 1)
    return int(eaches // line["unit_size"]) if line["unit"] == "Cases" else int(eaches)
