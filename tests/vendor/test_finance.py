"""Every invoice that Amazon's finance shows is kept as it was said, once, and tied to what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from app.db import transaction
from app.vendor.finance import reading
from app.vendor.finance.tables import FinanceInvoice, FinanceInvoiceLine, FinanceReading
from tests.vendor.billed import keep_billing
from tests.vendor.brand import TENT, VendorBrand


@pytest.fixture
def billed(brand: VendorBrand) -> VendorBrand:
    """A brand whose vendor code is known to sell to the United States."""
    brand.amazon.place(TENT | {"amount": 1})
    brand.poll()
    keep_billing(brand)
    return brand


def kept(brand: VendorBrand, number: str) -> FinanceInvoice:
    with transaction(brand.shop_id) as session:
        return session.get_one(FinanceInvoice, (brand.shop_id, "na", "HLDFS", number))


def test_a_debit_of_amazons_is_kept_by_its_kind_with_what_it_is_about(billed: VendorBrand) -> None:
    billed.amazon.bill(
        "NT-7SC",
        "24.98",
        related={"PURCHASE_ORDER_IDS": ["P1"], "SHORTAGE_INVOICE_IDS": ["NT-7"]},
        lines=[
            {
                "amount": "24.98",
                "type": "GOODS",
                "asin": "B0TENT0001",
                "units": 2,
                "cost": "12.49",
                "matched": 0,
                "defects": {"PQV": ["SHORTAGES_IN_TRANSIT"]},
            }
        ],
    )
    reading.read(billed.shop_id)
    found = kept(billed, "NT-7SC")
    assert (found.kind, found.base_number, found.type) == ("shortage_claim", "NT-7", "OTHER")
    assert (found.total, found.currency, found.status) == (Decimal("24.98"), "USD", "DEDUCTED")
    assert found.purchase_orders == ["P1"]
    assert found.message_id is not None
    with transaction(billed.shop_id) as session:
        line = session.get_one(FinanceInvoiceLine, (billed.shop_id, "na", "HLDFS", "NT-7SC", 1))
    assert (line.purchase_order, line.asin, line.units) == ("P1", "B0TENT0001", 2)
    assert (line.matched_units, line.quantity_variance) == (0, 2)
    assert line.variances == [{"varianceType": "PQV", "defectTypes": ["SHORTAGES_IN_TRANSIT"]}]


def test_goods_sent_by_another_door_are_an_invoice_by_any_number(billed: VendorBrand) -> None:
    billed.amazon.bill("EDI-99", "10.00", type="AP_INVENTORY", status="IN_PROGRESS")
    reading.read(billed.shop_id)
    assert kept(billed, "EDI-99").kind == "invoice"


def test_the_same_again_is_not_asked_for_line_by_line(billed: VendorBrand) -> None:
    billed.amazon.bill("ABCD-12345678", "-5.00")
    reading.read(billed.shop_id)
    calls = billed.amazon.calls("getInvoice")
    reading.read(billed.shop_id)
    assert billed.amazon.calls("getInvoice") == calls
    assert len(billed.messages("finance_invoice")) == 1


def test_what_has_changed_replaces_what_was_kept_lines_and_all(billed: VendorBrand) -> None:
    billed.amazon.bill("ABCD-12345678", "5.00", lines=[{"amount": "2"}, {"amount": "3"}])
    reading.read(billed.shop_id)
    billed.amazon.bill("ABCD-12345678", "6.00", lines=[{"amount": "6"}])
    reading.read(billed.shop_id)
    assert kept(billed, "ABCD-12345678").total == Decimal(6)
    assert kept(billed, "ABCD-12345678").kind == "co_op"
    assert billed.value("SELECT sum(amount) FROM finance_invoice_line") == Decimal(6)
    assert len(billed.messages("finance_invoice")) == 2


def test_the_past_is_read_once_in_windows_that_amazon_takes(billed: VendorBrand) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=300)
    billed.amazon.bill("OLD-1PC", "1.00", issued_at=long_ago.strftime("%Y-%m-%dT%H:%M:%SZ"))
    reading.read(billed.shop_id)
    assert kept(billed, "OLD-1PC").kind == "price_claim"
    calls = billed.amazon.calls("getInvoiceHeaders")
    reading.read(billed.shop_id)
    assert billed.amazon.calls("getInvoiceHeaders") == calls + 1


def test_what_amazon_refuses_is_kept_for_the_screen_and_its_past_is_asked_for_again(
    billed: VendorBrand,
) -> None:
    def noted() -> Any:
        with transaction(billed.shop_id) as session:
            return session.exec(select(FinanceReading)).one()

    billed.execute("DELETE FROM finance_reading")
    billed.amazon.fail("forbidden", "getInvoiceHeaders", times=3)
    reading.read(billed.shop_id)
    assert noted().read_to is None and noted().error
    billed.amazon.mend()
    reading.read(billed.shop_id)
    assert noted().read_to is not None and noted().error is None
