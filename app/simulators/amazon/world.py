"""What this Amazon knows: vendor groups, orders, transactions, shipments, and what falls due later."""

from __future__ import annotations

import random
import secrets
import string
from datetime import timedelta
from typing import Any

from app.simulators.amazon import orders, shipments
from app.simulators.store import Store

ACKNOWLEDGEMENT_SECONDS = 2.0
RECEIPT_SECONDS = (20.0, 45.0, 70.0)
RECOUNT_SECONDS = 95.0
CARRIER_SECONDS = 5.0
CODE_MINUTES = 5

FRESH: dict[str, Any] = {
    "accounts": {},
    "access_tokens": {},
    "codes": {},
    "orders": {},
    "transactions": {},
    "shipments": {},
    "shipped_by": {},
    "shipments_sent": [],
    "transport": {},
    "acknowledgements": [],
    "invoices": {},
    "finance_invoices": {},
    "remittances": {},
    "invoices_sent": [],
    "elsewhere": {},
    "reports": {},
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
        plans_receipts: bool = True,
    ) -> None:
        self.store = store
        self.client_id = client_id
        self.client_secrets = [client_secret]
        self.speed = speed
        self.random = random.Random(seed)
        self.plans_receipts = plans_receipts
        self.selling_partner_id = "A1HOLDFAST"
        self.refusals: list[str] = []

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

    def take_fault(self, operation: str, *, by_name: bool = False) -> str | None:
        """The fault of this call, once; `by_name` leaves those of any operation to others."""
        wanted = (operation,) if by_name else (operation, "*")
        with self.store.lock:
            for fault in self.state["faults"]:
                if fault["times"] > 0 and fault["operation"] in wanted:
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
        """Keeps what was sent; its effect shows after a while, a broken rule as a Failure.

        The fault `never_shown` of the operation `acknowledgement`: taken, and without effect.
        """
        fault = self.take_fault("acknowledgement", by_name=True)
        errors = []
        for one in sent:
            errors += orders.acknowledgement_errors(
                self.order(account, one["purchaseOrderNumber"]), one
            )
        made = self.transaction_of(errors)
        self.state["acknowledgements"].append(
            {"transaction_id": made, "sent": sent, "errors": errors, "fault": fault}
        )
        if not errors and fault != "never_shown":
            due = self._later(ACKNOWLEDGEMENT_SECONDS)
            for one in sent:
                order = self.state["orders"][one["purchaseOrderNumber"]]
                order["due"].append({"at": due, "what": "acknowledge", "sent": one})
        return made

    def take_shipments(self, account: str, sent: list[dict[str, Any]]) -> str:
        """Takes shipment notices and plans the receipts that follow from them."""
        orders_known = {
            number: one
            for number, one in self.state["orders"].items()
            if one["refresh_token"] == account
        }
        own = {
            identifier: one
            for identifier, one in self.state["shipments"].items()
            if self.state["shipped_by"].get(identifier) == account
        }
        errors = list(self.refusals)
        for one in sent:
            errors += shipments.notice_errors(one, own, orders_known)
        if not errors:
            for one in sent:
                known = one["shipmentIdentifier"] in own
                self.state["shipments"][one["shipmentIdentifier"]] = one
                self.state["shipped_by"][one["shipmentIdentifier"]] = account
                if self.plans_receipts and not known:
                    self._plan_receipts(one)
        made = self.transaction_of(errors, success="Success")
        for one in sent:
            self.state["shipments_sent"].append(
                {"transaction_id": made, "sent": one, "errors": errors}
            )
        return made

    def take_transport(self, account: str, sent: list[dict[str, Any]]) -> str:
        """Takes requests for a truck, or their taking back; a carrier is assigned after a while."""
        errors = list(self.refusals)
        for one in sent:
            errors += shipments.transport_errors(one, self.state["transport"])
        if not errors:
            for one in sent:
                identifier = one["vendorShipmentIdentifier"]
                self.state["transport"][identifier] = {
                    "sent": one,
                    "account": account,
                    "at": orders.stamp(orders.now()),
                    "assigned_at": self._later(CARRIER_SECONDS),
                    "reference": f"{self.random.randrange(10**9, 10**10)}",
                }
        return self.transaction_of(errors, success="Success")

    def shipments_of(self, account: str) -> list[dict[str, Any]]:
        """Everything known of a vendor group's shipments, as GetShipmentDetails gives it."""
        asked = {
            key: one for key, one in self.state["transport"].items() if one["account"] == account
        }
        notices = {
            key: one
            for key, one in self.state["shipments"].items()
            if self.state["shipped_by"].get(key) == account
        }
        return [
            shipments.as_details(key, notices.get(key), asked.get(key))
            for key in sorted(asked.keys() | notices.keys())
        ]

    def labels_of(self, account: str, identifier: str | None) -> list[dict[str, Any]]:
        """Carriers' labels of small parcels whose carrier is assigned."""
        return [
            shipments.as_labels(key, one)
            for key, one in sorted(self.state["transport"].items())
            if one["account"] == account
            and identifier in (None, key)
            and shipments.is_assigned(one)
            and shipments.is_parcel(one["sent"])
        ]

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

    def _plan_receipts(self, sent: dict[str, Any]) -> None:
        for item in sent["shippedItems"]:
            order = self.state["orders"][item["itemDetails"]["purchaseOrderNumber"]]
            line = shipments.line_of(order, item)
            assert line is not None
            units = shipments.in_units_of(line, item["shippedQuantity"])
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
