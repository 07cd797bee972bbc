"""What Amazon has paid is read whole, checked to the cent, and tied to the invoices it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.db import transaction
from app.errors import Refused
from app.vendor.payments import reading, views
from app.vendor.payments.references import KINDS, Reference, reference
from tests.vendor.billed import keep_billing
from tests.vendor.brand import TENT, VendorBrand


@pytest.fixture
def billed(brand: VendorBrand) -> VendorBrand:
    """A brand whose vendor code is known to sell to the United States."""
    brand.amazon.place(TENT | {"amount": 1})
    brand.poll()
    keep_billing(brand)
    return brand


def read(brand: VendorBrand) -> None:
    brand.execute("UPDATE remittance_reading SET tried_at = tried_at - interval '2 hours'")
    reading.read(brand.shop_id)


def whole(brand: VendorBrand, number: str) -> views.RemittanceView:
    with transaction(brand.shop_id) as session:
        return views.whole(session, "na", f"UP-{number}")


def numbered(brand: VendorBrand) -> str:
    """Payments of one simulator share their keys; each test has its own."""
    return f"PAY{brand.shop_id}"


def test_a_payment_is_read_with_its_lines_and_adds_up(billed: VendorBrand) -> None:
    number = numbered(billed)
    billed.amazon.pay(
        number,
        {"reference": "NT-1", "paid": "480.10", "total": "490.00", "discount": "9.90"},
        {"reference": "NT-1SC", "paid": "-40.00", "description": "Shortage claim"},
        {"reference": "NT-1SCR", "paid": "40.00"},
    )
    read(billed)
    found = whole(billed, number)
    assert (found.number, found.amount.amount, found.lines) == (number, Decimal("480.1"), 3)
    assert found.adds_up and found.difference is None
    assert [(one.kind, one.invoice_number) for one in found.data] == [
        ("unknown", "NT-1"),
        ("shortage_claim", "NT-1"),
        ("shortage_repaid", "NT-1"),
    ]
    assert found.data[0].discount is not None
    assert found.data[0].discount.amount == Decimal("9.9")
    assert {one.kind: one.paid.amount for one in found.by_kind} == {
        "unknown": Decimal("480.1"),
        "shortage_claim": Decimal("-40"),
        "shortage_repaid": Decimal("40"),
    }


def test_the_same_payment_again_changes_nothing(billed: VendorBrand) -> None:
    number = numbered(billed)
    billed.amazon.pay(number, {"reference": "NT-1", "paid": "10.00"})
    read(billed)
    calls = billed.amazon.calls("getRemittance")
    read(billed)
    assert billed.amazon.calls("getRemittance") == calls
    assert len(billed.messages("remittance")) == 1


def test_a_payment_that_has_changed_is_read_again_and_counted_once(billed: VendorBrand) -> None:
    number = numbered(billed)
    billed.amazon.pay(number, {"reference": "NT-1", "paid": "10.00"}, status="IN_PROGRESS")
    read(billed)
    billed.amazon.pay(number, {"reference": "NT-1", "paid": "12.00"})
    read(billed)
    assert whole(billed, number).status == "SUCCESSFUL"
    assert billed.value("SELECT sum(paid) FROM remittance_line") == Decimal("12")
    assert len(billed.messages("remittance")) == 2


def test_every_page_of_lines_is_read(billed: VendorBrand) -> None:
    number = numbered(billed)
    billed.amazon.pay(number, *({"reference": f"NT-{n}", "paid": "1.01"} for n in range(1, 121)))
    read(billed)
    found = whole(billed, number)
    assert (found.lines, found.adds_up) == (120, True)


@pytest.mark.parametrize(
    ("details", "difference"),
    [({"amount": "100.01"}, Decimal("0.01")), ({"stated_lines": 3}, None)],
)
def test_a_payment_that_does_not_add_up_says_so(
    billed: VendorBrand, details: dict[str, Any], difference: Decimal | None
) -> None:
    number = numbered(billed)
    billed.amazon.pay(
        number,
        {"reference": "NT-1", "paid": "60.00"},
        {"reference": "NT-2", "paid": "40.00"},
        **details,
    )
    read(billed)
    found = whole(billed, number)
    assert not found.adds_up
    assert (found.difference and found.difference.amount) == difference


def test_two_currencies_are_never_added(billed: VendorBrand) -> None:
    number = numbered(billed)
    billed.amazon.pay(
        number,
        {"reference": "NT-1", "paid": "100.00"},
        currency="CNY",
        invoice_currency="USD",
        rate="7.1",
    )
    read(billed)
    found = whole(billed, number)
    assert (found.amount.currency, found.amount.amount) == ("CNY", Decimal("710"))
    assert found.data[0].paid.currency == "USD"
    assert found.adds_up and found.exchange_rate == "7.1"


def test_a_year_is_read_in_windows_that_amazon_takes(billed: VendorBrand) -> None:
    number = numbered(billed)
    past = (datetime.now(UTC) - timedelta(days=300)).isoformat()
    billed.amazon.pay(number, {"reference": "NT-1", "paid": "1.00"}, paid_at=past)
    read(billed)
    assert whole(billed, number).lines == 1


def test_what_amazon_refuses_is_kept_for_the_screen_and_tried_again(billed: VendorBrand) -> None:
    number = numbered(billed)
    billed.amazon.pay(number, {"reference": "NT-1", "paid": "1.00"})
    billed.amazon.fail("forbidden", "getRemittanceHeaders", times=3)
    read(billed)
    assert billed.value("SELECT error FROM remittance_reading")
    billed.amazon.mend()
    read(billed)
    assert billed.value("SELECT error FROM remittance_reading") is None
    assert whole(billed, number).lines == 1


def test_another_shops_payment_is_not_there(billed: VendorBrand) -> None:
    with pytest.raises(Refused), transaction(billed.shop_id) as session:
        views.whole(session, "na", "UP-NOBODY")


@pytest.mark.parametrize(
    ("written", "kind", "number"),
    [
        ("NT-1SC", "shortage_claim", "NT-1"),
        ("NT-1-SC", "shortage_claim", "NT-1"),
        ("NT-1SCR", "shortage_repaid", "NT-1"),
        ("NT-1SCRSC", "shortage_claim", "NT-1"),
        ("NT-1SCRSCRSCR", "shortage_repaid", "NT-1"),
        ("NT-1PC", "price_claim", "NT-1"),
        ("NT-1VCBSINV", "chargeback", "NT-1"),
        ("AB12-CD34EF56", "co_op", "AB12-CD34EF56"),
        ("IPAPUS1234", "price_protection", "IPAPUS1234"),
        ("NT-1 PROVISION FOR RECEIVABLES", "provision", "NT-1"),
        ("NT-1 PROVISION FOR RECEIVABLESR", "provision_reversed", "NT-1"),
        ("NT-1XYZ", "unknown", "NT-1XYZ"),
    ],
)
def test_a_reference_says_what_it_is_about(written: str, kind: str, number: str) -> None:
    assert reference(written, is_ours=False) == Reference(kind, number)


def test_an_invoice_of_ours_is_an_invoice_whatever_its_number_looks_like() -> None:
    assert reference("DISC", is_ours=True) == Reference("invoice", "DISC")


@given(st.text(max_size=40))
def test_every_reference_is_of_one_known_kind(written: str) -> None:
    found = reference(written, is_ours=False)
    assert found.kind in KINDS
    assert written.strip().startswith(found.number)


def test_reading_is_not_repeated_within_the_hour(billed: VendorBrand) -> None:
    read(billed)
    calls = billed.amazon.calls("getRemittanceHeaders")
    reading.read(billed.shop_id)
    assert billed.amazon.calls("getRemittanceHeaders") == calls
