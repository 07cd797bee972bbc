"""The levers of this Amazon, under /_control: for demos and tests, never for the product."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request

from app.simulators.amazon import invoices as finance
from app.simulators.amazon import orders, past, remittances
from app.simulators.amazon.server import Amazon
from app.simulators.catalog import BY_SKU


def control(amazon: Amazon) -> Blueprint:
    """The control routes of one simulator; what they take and give is in README.md."""
    lever = Blueprint("control", __name__, url_prefix="/_control")
    world = amazon.world

    @lever.post("/accounts")
    def add_account() -> dict[str, Any]:
        given = request.get_json()
        with world.store.changing():
            world.add_account(given["refresh_token"], given.get("vendor_codes", ["HLDFS"]))
        return {"ok": True}

    @lever.post("/accounts/revoke")
    def revoke() -> dict[str, Any]:
        with world.store.changing():
            world.revoke(request.get_json()["refresh_token"])
        return {"ok": True}

    @lever.post("/client-secrets")
    def rotate() -> dict[str, Any]:
        with world.store.changing():
            world.client_secrets = list(request.get_json()["secrets"])
        return {"ok": True}

    @lever.post("/purchase-orders")
    def place() -> dict[str, Any]:
        given = request.get_json()
        details: dict[str, Any] = {
            key: given[key]
            for key in ("number", "vendor_code", "ship_to", "refresh_token", "order_type")
            if key in given
        }
        if "window" in given:
            details["window"] = tuple(datetime.fromisoformat(one) for one in given["window"])
        if "ordered_at" in given:
            details["ordered_at"] = datetime.fromisoformat(given["ordered_at"])
        lines = [_line(number, line) for number, line in enumerate(given["lines"], start=1)]
        with world.store.changing():
            return world.place(lines, **details)

    @lever.get("/purchase-orders")
    def list_orders() -> dict[str, Any]:
        with world.store.changing() as state:
            world.pass_time()
            return {"data": list(state["orders"].values())}

    @lever.post("/purchase-orders/<number>/change")
    def change(number: str) -> dict[str, Any]:
        with world.store.changing() as state:
            orders.change(state["orders"][number], request.get_json())
            return dict(state["orders"][number])

    @lever.post("/purchase-orders/<number>/receipts")
    def receive(number: str) -> dict[str, Any]:
        given = request.get_json()
        with world.store.changing() as state:
            order = state["orders"][number]
            # What was told by hand is not overtaken by what was planned.
            order["due"] = [one for one in order["due"] if one.get("line") != str(given["line"])]
            orders.receive(order, str(given["line"]), int(given["total"]))
            return dict(order)

    @lever.get("/acknowledgements")
    def acknowledgements() -> dict[str, Any]:
        with world.store.reading() as state:
            return {"data": state["acknowledgements"]}

    @lever.get("/shipments")
    def shipments() -> dict[str, Any]:
        with world.store.reading() as state:
            return {"data": list(state["shipments"].values())}

    @lever.get("/shipments-sent")
    def shipments_sent() -> dict[str, Any]:
        with world.store.reading() as state:
            return {"data": state["shipments_sent"]}

    @lever.get("/invoices")
    def invoices() -> dict[str, Any]:
        with world.store.reading() as state:
            return {"data": state["invoices_sent"]}

    @lever.post("/invoices/<number>")
    def settle(number: str) -> dict[str, Any]:
        """Lets finance show it now, as `invoices.settle` says."""
        with world.store.changing():
            return finance.settle(world, number, request.get_json())

    @lever.post("/finance-invoices")
    def bill() -> dict[str, Any]:
        """Lets finance show an invoice that nobody sent, as `invoices.bill` says."""
        with world.store.changing():
            return finance.bill(world, request.get_json())

    @lever.post("/remittances")
    def pay() -> dict[str, Any]:
        """Pays these lines to a vendor group, as `remittances.pay` says."""
        with world.store.changing():
            return remittances.pay(world, request.get_json())

    @lever.get("/elsewhere")
    def list_papers() -> dict[str, Any]:
        """The carriers' papers that the brand has of its past."""
        with world.store.reading() as state:
            return {"data": state["elsewhere"].get("papers", [])}

    @lever.get("/elsewhere/<any(shipments,invoices):name>.csv")
    def list_past(name: str) -> Response:
        """The brand's own list of what it shipped or invoiced before."""
        with world.store.reading():
            return Response(past.table(world, name), mimetype="text/csv")

    @lever.get("/elsewhere/papers/<name>")
    def read_paper(name: str) -> Response:
        """One of the carriers' papers."""
        with world.store.reading() as state:
            found = next(one for one in state["elsewhere"]["papers"] if one["name"] == name)
            return Response(past.paper(found), mimetype="application/pdf")

    @lever.post("/faults")
    def fail() -> dict[str, Any]:
        given = request.get_json()
        with world.store.changing():
            world.fail(given.get("operation", "*"), given["kind"], int(given.get("times", 1)))
        return {"ok": True}

    @lever.delete("/faults")
    def mend() -> dict[str, Any]:
        with world.store.changing() as state:
            state["faults"].clear()
        return {"ok": True}

    @lever.post("/speed")
    def speed() -> dict[str, Any]:
        world.speed = float(request.get_json()["speed"])
        return {"speed": world.speed}

    @lever.get("/stats")
    def stats() -> dict[str, Any]:
        with world.store.reading() as state:
            lost = [one["sent"]["id"] for one in state["invoices"].values() if not one["lands_at"]]
        return {
            "never_landed": lost,
            "calls": dict(amazon.calls),
            "contract_breaks": amazon.contract_breaks,
            "faults_taken": amazon.faults_taken,
        }

    return lever


def _line(number: int, given: dict[str, Any]) -> dict[str, Any]:
    """A line from `sku` and `cases` or `eaches`, or in full."""
    line = {"sequence": given.get("sequence", number), **given}
    item = BY_SKU.get(given.get("sku", ""))
    if item:
        line = {
            "asin": item.asin,
            "vendor_sku": item.barcode,
            "cost": str(item.cost),
            **line,
        }
        if "cases" in given:
            line |= {"unit": "Cases", "unit_size": item.units_per_case}
    line["amount"] = given.get("cases") or given.get("eaches") or given.get("amount", 0)
    return line
