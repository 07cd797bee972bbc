"""Invoices over HTTP, from an order's received units to a copy of what was sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.screen import Screen, open_screen
from tests.vendor.billed import BILLING, lands, sold
from tests.vendor.brand import VendorBrand


@pytest.fixture
def screen(brand: VendorBrand, set_settings: Callable[..., None]) -> Screen:
    domain = str(
        brand.value("SELECT domain FROM shop_domain WHERE shop_id = :shop", shop=brand.shop_id)
    )
    return open_screen(brand.shop_id, domain, set_settings)


def said(**changed: Any) -> dict[str, Any]:
    return {"region": "na", **BILLING.__dict__, **changed}


def test_from_received_units_to_a_sent_invoice(screen: Screen, brand: VendorBrand) -> None:
    number = sold(brand)
    [code] = screen.ask("/vendor-codes")["data"]
    assert code["code"] == "HLDFS" and "cost_basis" in code["missing"]
    made = screen.ask("/invoices", 201, "POST", {"region": "na", "numbers": [number]})
    problem = screen.ask(f"/invoices/{made['id']}/send", 422, "POST", {})
    assert problem["code"] == "cannot_send"
    assert "billing.cost_basis" in {one["field"] for one in problem["errors"]}
    prefix = f"R{brand.shop_id}-"
    kept = screen.ask("/vendor-codes/HLDFS", 200, "PUT", said(number_prefix=prefix))
    assert kept["missing"] == []
    shown = screen.ask(f"/invoices/{made['id']}")
    assert shown["total"] == {"amount": "542.50", "currency": "USD"}
    assert shown["can"] == ["send", "edit", "cancel"]
    sent = screen.ask(f"/invoices/{made['id']}/send", 202, "POST", {})
    assert (sent["number"], sent["state"]) == (f"{prefix}000001", "waiting")
    brand.send()
    lands(brand, sent["number"])
    brand.poll()
    [listed] = screen.ask(f"/invoices?order={number}&state=landed&search={prefix}")["data"]
    assert listed["amazon_total"] == listed["total"]
    assert listed["next_action"] is None


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"marketplace": "DE"}, "marketplace"),
        ({"number_prefix": "ü"}, "number_prefix"),
        ({"tax_registration_number": "?", "tax_treatment": "standard"}, "tax_registration_number"),
        ({"cost_basis": "pallet"}, "cost_basis"),
        ({"remit_to": {"name": "nobody"}}, "remit_to.line1"),
    ],
)
def test_wrong_billing_is_refused_by_field(
    screen: Screen, brand: VendorBrand, changed: dict[str, Any], field: str
) -> None:
    brand.amazon.place({"asin": "B0TENT0001", "amount": 1, "cost": "1.00"})
    brand.poll()
    problem = screen.ask("/vendor-codes/HLDFS", 422, "PUT", said(**changed))
    assert field in {one["field"] for one in problem["errors"]}


def test_a_vendor_code_that_nobody_ordered_from_is_unknown(screen: Screen) -> None:
    screen.ask("/vendor-codes/STRANGE", 404, "PUT", said())
