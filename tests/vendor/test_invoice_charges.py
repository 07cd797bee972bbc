"""Freight and allowances of a whole invoice, other rates by line, and India's taxes: to the cent."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.db import run, transaction
from app.simulators.amazon import contract
from app.vendor import indian_tax, invoice_pdf, invoices
from app.vendor.invoice_amounts import amounts
from app.vendor.invoice_charges import shares
from app.vendor.invoice_facts import lines_on
from app.vendor.invoices import Billed
from app.vendor.reconciliation import conservation, full
from tests.vendor.billed import draft, invoice, issue, keep_billing, sold, view
from tests.vendor.brand import VendorBrand

FREIGHT = {"type": "Freight", "amount": "25.00", "description": "LTL"}
DISCOUNT = {"type": "Discount", "amount": "4.99"}
HALF = Decimal("0.09")


@given(
    st.decimals(-9999, 9999, places=2),
    st.lists(st.decimals(0, 500, places=2), min_size=1, max_size=6),
)
def test_a_charge_shared_out_adds_up_to_the_cent(whole: Decimal, weights: list[Decimal]) -> None:
    found = shares(whole, weights, "USD")
    assert sum(found) == whole
    assert all(one * whole >= 0 for one in found)


def test_charges_are_sent_at_the_head_and_stand_once_in_the_match(brand: VendorBrand) -> None:
    number = sold(brand)
    keep_billing(brand)
    made = draft(brand, number)
    with transaction(brand.shop_id) as session:
        lines = [
            Billed(one.number, one.line, one.units, one.cost)
            for one in lines_on(session, invoices.invoice_of(session, made))
        ]
        invoices.edit(session, made, lines, None, charges=[FREIGHT, DISCOUNT])
    shown = view(brand, made)
    assert shown.total and shown.total.amount == Decimal("562.51")
    assert [one.rule for one in shown.findings if one.field == "charges[0].amount"] == [
        "charges_agreed"
    ]
    issue(brand, made)
    (message,) = brand.messages("invoice")
    assert contract.request_errors("submitInvoices", {}, message.request) == []
    sent = message.request["invoices"][0]
    assert sent["invoiceTotal"]["amount"] == "562.51"
    [freight], [discount] = sent["chargeDetails"], sent["allowanceDetails"]
    assert (freight["chargeAmount"]["amount"], discount["allowanceAmount"]["amount"]) == (
        "25.00",
        "4.99",
    )
    with transaction(brand.shop_id) as session:
        kept = lines_on(session, invoices.invoice_of(session, made))
        assert sum(line.charges for line in kept) == Decimal("20.01")
        assert invoice_pdf.made_of(invoice(brand, made), kept).startswith(b"%PDF")
    full.restate_all(brand.shop_id)
    [told] = brand.rows("SELECT total FROM reconciliation_invoice")
    assert told.total == Decimal("562.51")
    assert brand.value("SELECT sum(invoiced) FROM reconciliation_line") == Decimal("562.51")
    assert run(conservation.findings, brand.shop_id) == []


def test_what_a_person_said_of_a_product_is_proposed_the_next_time(brand: VendorBrand) -> None:
    number = sold(brand)
    keep_billing(brand)
    first = draft(brand, number)
    with transaction(brand.shop_id) as session:
        said = [
            Billed(one.number, one.line, 1, one.cost, "630690", Decimal("0.05"))
            for one in lines_on(session, invoices.invoice_of(session, first))
        ]
        invoices.edit(session, first, said, None)
    issue(brand, first)
    with transaction(brand.shop_id) as session:
        again = invoices.draft(session, "na", [number], "receipts", actor="user:1")
        lines = lines_on(session, again)
    assert {(one.hsn_code, one.said_tax_rate) for one in lines} == {("630690", Decimal("0.05"))}


@pytest.mark.parametrize(
    ("seller", "buyer", "types"),
    [
        ("29ABCDE1234F1Z5", "29AAACA1111A1Z0", ["CGST", "SGST"]),
        ("04ABCDE1234F1Z5", "04AAACA1111A1Z0", ["CGST", "UTGST"]),
        ("29ABCDE1234F1Z5", "27AAACA1111A1Z0", ["IGST"]),
    ],
)
def test_gst_is_of_two_halves_within_a_state_and_of_one_piece_between_states(
    seller: str, buyer: str, types: list[str]
) -> None:
    own = amounts(Decimal("100.05"), 2 * HALF, "INR", in_halves=len(types) > 1)
    found = indian_tax.parts(seller, buyer, 2 * HALF, own.tax)
    assert [one.type for one in found] == types
    assert sum(one.tax for one in found) == own.tax
    assert all(one.tax == other.tax for one, other in pairwise(found))
