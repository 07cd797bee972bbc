"""What the demo's operator does on the first day: the brand's past is brought, as a vendor would.

Its own lists of shipments and invoices by file, how Amazon is billed, a co-op agreement, carriers'
papers, and one dispute. All of it through the product's API; nothing is done twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import httpx

from app.demo.product import DemoFailed, Product, Say

REGION = "na"
CODE = "HLDFS"
PATIENCE, GLANCE = 180.0, 1.0
FILED_DAYS_AGO = 12
CASE = "16402877351"
BRAND = {
    "name": "Larkfield Outdoor",
    "line1": "40 Mill Lane",
    "city": "Portland",
    "state": "OR",
    "postal_code": "97201",
    "country": "US",
}
BILLING = {
    "region": REGION,
    "marketplace": "US",
    "payee_code": CODE,
    "cost_basis": "each",
    "tax_in_total": True,
    "tax_treatment": "none",
    "remit_to": BRAND,
    "bill_to": BRAND | {"party_id": "AMZN1", "name": "Amazon.com Services LLC"},
    "terms": {"type": "Basic", "net_days": 60, "discount_percent": "2", "discount_days": 30},
    "number_prefix": "LK-",
    "next_number": 2001,
    "draft_from": "receipts",
}
AGREEMENT = {
    "region": REGION,
    "number": "COOP",
    "name": "Marketing allowance",
    "purpose": "marketing",
    "base": "fixed",
    "amount": "150.00",
    "currency": "USD",
    "period": "month",
}

Found = TypeVar("Found")


def bring_the_past(product: Product, say: Say) -> None:
    """Does what is still to be done of it; a demo that continues finds it done.

    Raises DemoFailed when the product does not come to what the past must lead to.
    """
    if product.get("/api/disputes")["data"]:
        return
    say(
        "Half a year of shipments, invoices and payments is being brought; the money's screens fill now"
    )
    origin = f"{product.addresses.amazon}/_control/elsewhere"
    for kind in ("shipments", "invoices"):
        content = _fetched(f"{origin}/{kind}.csv")
        _take(product, kind, content)
    product.put(f"/api/vendor-codes/{CODE}", BILLING)
    if not product.get("/api/co-op-agreements")["data"]:
        starts_on = (datetime.now(UTC) - timedelta(days=365)).date().isoformat()
        product.post("/api/co-op-agreements", AGREEMENT | {"starts_on": starts_on})
    for paper in httpx.get(origin, timeout=10, trust_env=False).json()["data"]:
        about = {"region": REGION, "order": paper["order"], "invoice": paper["invoice"]}
        product.bring(
            "/api/evidence",
            _fetched(f"{origin}/papers/{paper['name']}"),
            type=paper["type"],
            name=paper["name"],
            carrier_reference=paper["carrier_reference"],
            **about,
        )
    _dispute_the_oldest(product, say)


def _take(product: Product, kind: str, content: bytes) -> None:
    """Brings a file once all the orders that it names have been read, and waits until it is taken."""
    found = product.bring(
        "/api/file-imports", content, kind=kind, name=f"{kind}.csv", region=REGION
    )
    path = f"/api/file-imports/{found['file']['import_id']}"

    def is_known() -> bool:
        return all(one["became"] != "unknown" for one in product.get(path)["papers"])

    _eventually(is_known, f"the orders of the {kind} were not read")
    taken = product.post(f"{path}/apply", {})
    while taken["state"] == "applying":
        time.sleep(GLANCE)
        taken = product.get(path)["file"]


def _dispute_the_oldest(product: Product, say: Say) -> None:
    """Asks Amazon for the oldest shortage that is still open, as filed some days ago."""

    def shortages() -> list[Mapping[str, Any]]:
        found = product.get("/api/disputes/candidates?kind=shortage_claim")["data"]
        return [one for one in found if one["deduction"]["kind"] == "shortage_claim"]

    rows = _eventually(lambda: _two(shortages()), "the payments were not read")
    oldest = min(rows, key=lambda one: str(one["deduction"]["first_at"]))["deduction"]
    key = {name: oldest[name] for name in ("region", "kind", "reference")}
    made = product.post("/api/disputes", key | {"currency": oldest["open"]["currency"]})
    filed_at = (datetime.now(UTC) - timedelta(days=FILED_DAYS_AGO)).isoformat()
    path = f"/api/disputes/{made['dispute_id']}/file"
    product.post(path, {"case_number": CASE, "filed_at": filed_at})
    amount, currency = oldest["open"]["amount"], oldest["open"]["currency"]
    say(f"The past is here: {Decimal(amount):.2f} {currency} are in dispute with Amazon")


def _two(rows: list[Mapping[str, Any]]) -> list[Mapping[str, Any]] | None:
    return rows if len(rows) > 1 else None


def _fetched(url: str) -> bytes:
    answer = httpx.get(url, timeout=10, trust_env=False)
    answer.raise_for_status()
    return answer.content


def _eventually(look: Callable[[], Found | None], otherwise: str) -> Found:
    deadline = time.monotonic() + PATIENCE
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise DemoFailed(f"{otherwise} within {PATIENCE:g} s")
        time.sleep(GLANCE)
