"""An invoice is numbered once, sent once, and believed when Amazon's finance shows it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from app.db import run, transaction
from app.errors import Refused
from app.simulators.amazon import contract
from app.vendor import drafting, invoice_pdf, invoices, outbox
from app.vendor.invoice_facts import lines_on
from app.vendor.invoices import Billed
from tests.vendor.billed import (
    ADDRESS,
    draft,
    invoice,
    issue,
    keep_billing,
    lands,
    sent,
    sold,
    view,
)
from tests.vendor.brand import STOVE, VendorBrand

HOUR = timedelta(hours=1)


@pytest.fixture
def drafted(brand: VendorBrand) -> int:
    """A draft of 12 tents and 5 stoves that Amazon has received, ready to be sent."""
    number = sold(brand)
    keep_billing(brand)
    return draft(brand, number)


def test_a_draft_is_what_was_received_and_not_invoiced(brand: VendorBrand, drafted: int) -> None:
    shown = view(brand, drafted)
    assert [(line.units, str(line.amount and line.amount.amount)) for line in shown.lines] == [
        (12, "480.00"),
        (5, "62.50"),
    ]
    assert shown.total and str(shown.total.amount) == "542.50"
    assert [one for one in shown.findings if one.severity == "block"] == []
    assert shown.forecast and shown.forecast.short == []


def test_one_click_twice_is_one_draft(brand: VendorBrand, drafted: int) -> None:
    [order] = view(brand, drafted).orders
    assert draft(brand, order) == drafted
    issue(brand, drafted)
    with pytest.raises(Refused, match="Nothing is left"):
        draft(brand, order)


def test_it_is_sent_once_and_lands(brand: VendorBrand, drafted: int) -> None:
    number = issue(brand, drafted)
    assert number == f"NT{brand.shop_id}-000001"
    (message,) = brand.messages("invoice")
    assert contract.request_errors("submitInvoices", {}, message.request) == []
    assert message.request["invoices"][0]["items"][0]["invoicedQuantity"] == {
        "amount": 2,
        "unitOfMeasure": "Cases",
        "unitSize": 6,
    }
    brand.send()
    assert invoice(brand, drafted).state == "sent"
    lands(brand, number)
    brand.send(later=timedelta(seconds=6))
    brand.send(later=HOUR)
    found = invoice(brand, drafted)
    assert (found.state, found.amazon_status) == ("landed", "IN_PROGRESS")
    assert found.amazon_total == Decimal("542.50")
    assert view(brand, drafted).differences == []
    assert len(sent(brand, number)) == 1
    assert brand.messages("invoice")[0].state == "done"


def test_what_is_blocked_is_not_numbered_and_every_rule_is_named(brand: VendorBrand) -> None:
    number = sold(brand)
    invoice_id = draft(brand, number)
    with pytest.raises(Refused) as refused:
        issue(brand, invoice_id)
    fields = {one.field for one in refused.value.errors}
    assert {"billing.cost_basis", "billing.tax_in_total", "billing.remit_to"} <= fields
    assert invoice(brand, invoice_id).number is None
    shown = view(brand, invoice_id)
    assert shown.totals_if and str(shown.totals_if.each.amount) == "542.50"
    assert str(shown.totals_if.case.amount) == "142.50"
    keep_billing(brand)
    assert issue(brand, invoice_id).endswith("-000001")


def test_a_number_is_never_used_twice(brand: VendorBrand, drafted: int) -> None:
    first = f"NT{brand.shop_id}-000001"
    issue(brand, drafted, first)
    second = draft(brand, sold(brand))
    with pytest.raises(Refused) as refused:
        issue(brand, second, first)
    assert [one.field for one in refused.value.errors] == ["number"]
    assert issue(brand, second) == f"NT{brand.shop_id}-000002"


def test_a_worker_that_died_while_sending_never_sends_it_again(
    brand: VendorBrand, drafted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = issue(brand, drafted)

    def die(*_: object) -> None:
        raise SystemExit("killed")

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "_submitted", die)
        with pytest.raises(SystemExit):
            brand.send()
    assert len(sent(brand, number)) == 1
    for _look in range(7):
        brand.send(later=timedelta(minutes=10))
    lands(brand, number)
    brand.poll()
    assert invoice(brand, drafted).state == "landed"
    assert len(sent(brand, number)) == 1


def test_a_lost_answer_is_looked_for(brand: VendorBrand, drafted: int) -> None:
    number = issue(brand, drafted)
    brand.amazon.fail("cut", "submitInvoices")
    brand.send()
    lands(brand, number)
    brand.send(later=timedelta(minutes=1))
    assert invoice(brand, drafted).state == "landed"
    assert len(sent(brand, number)) == 1


def test_what_may_have_arrived_is_for_a_person_to_look_up(brand: VendorBrand, drafted: int) -> None:
    number = issue(brand, drafted)
    brand.amazon.fail("empty_500", "submitInvoices")  # Amazon never saw it
    brand.send()
    for _look in range(7):
        brand.send(later=timedelta(minutes=10))
    assert invoice(brand, drafted).state == "unclear"
    assert sent(brand, number) == []
    run(invoices.resend, brand.shop_id, drafted)
    brand.send()
    assert len(sent(brand, number)) == 1
    assert invoice(brand, drafted).state == "sent"


def test_a_refusal_names_the_field_and_is_sent_again_under_its_number(
    brand: VendorBrand, drafted: int
) -> None:
    number = issue(brand, drafted)
    brand.amazon.fail("reject", "invoice")
    brand.send_and_follow()
    found = invoice(brand, drafted)
    assert (found.state, found.error_field) == ("failed", "items[0].netCost")
    run(invoices.resend, brand.shop_id, drafted)
    brand.send()
    lands(brand, number)
    brand.send(later=timedelta(seconds=6))
    assert invoice(brand, drafted).state == "landed"
    assert len(sent(brand, number)) == 2
    assert [one.state for one in brand.messages("invoice")] == ["dead", "done"]


def test_another_document_needs_another_number(brand: VendorBrand, drafted: int) -> None:
    number = issue(brand, drafted)
    brand.amazon.fail("reject", "invoice")
    brand.send_and_follow()
    keep_billing(brand, cost_basis="case", next_number=2)
    with pytest.raises(Refused) as refused:
        run(invoices.resend, brand.shop_id, drafted)
    assert refused.value.code in ("other_document", "cannot_send")
    with transaction(brand.shop_id) as session:
        second = invoices.replace(session, drafted, actor="user:1").invoice_id
    assert issue(brand, second) != number
    assert invoice(brand, drafted).state == "cancelled"
    assert invoice(brand, drafted).number == number


def test_what_was_taken_and_never_lands_is_missing_until_it_does(
    brand: VendorBrand, drafted: int
) -> None:
    brand.amazon.fail("never_land", "invoice")
    number = issue(brand, drafted)
    brand.send()
    brand.send(later=timedelta(minutes=16))
    assert invoice(brand, drafted).state == "accepted"
    for _look in range(4):
        brand.send(later=HOUR)
    assert invoice(brand, drafted).state == "missing"
    brand.poll()
    assert invoice(brand, drafted).state == "missing"
    lands(brand, number)
    brand.poll()
    assert invoice(brand, drafted).state == "landed"


def test_a_second_sending_of_what_had_arrived_is_no_failure(
    brand: VendorBrand, drafted: int
) -> None:
    brand.amazon.fail("never_land", "invoice")
    number = issue(brand, drafted)
    brand.send()
    for _look in range(4):
        brand.send(later=HOUR)
    run(invoices.resend, brand.shop_id, drafted)
    brand.send_and_follow()
    assert invoice(brand, drafted).state == "accepted"
    lands(brand, number)
    brand.poll()
    assert invoice(brand, drafted).state == "landed"


def test_german_invoices_have_tax_and_can_be_credited(brand: VendorBrand) -> None:
    order = sold(brand)
    keep_billing(brand)
    # The test's vendor group is American; only what it is billed by is German here.
    brand.value(
        "UPDATE vendor_code SET marketplace = 'DE', tax_treatment = 'standard',"
        " tax_registration_number = 'DE123456789',"
        """ bill_to = bill_to || '{"tax_registration_number": "DE987654321"}' RETURNING 1"""
    )
    first = draft(brand, order)
    number = issue(brand, first)
    document = invoice(brand, first).document or {}
    assert document["taxDetails"] == [
        {
            "taxType": "MwSt.",
            "taxRate": "19",
            "taxAmount": {"currencyCode": "USD", "amount": "103.08"},
            "taxableAmount": {"currencyCode": "USD", "amount": "542.50"},
        }
    ]
    assert document["invoiceTotal"]["amount"] == "645.58"
    brand.send()
    lands(brand, number)
    brand.send(later=timedelta(seconds=6))
    with transaction(brand.shop_id) as session:
        note = invoices.credit(session, first, {"reason": "invoice"}, actor="user:1").invoice_id
        billed = [Billed(order, "1", 6, Decimal("40.00"))]
        invoices.edit(session, note, billed, None)
    credited = issue(brand, note)
    (message,) = [one for one in brand.messages("invoice") if one.reference == credited]
    assert contract.request_errors("submitInvoices", {}, message.request) == []
    [item] = message.request["invoices"][0]["items"]
    assert item["creditNoteDetails"] == {"referenceInvoiceNumber": number}
    brand.send()
    lands(brand, credited)
    brand.send(later=timedelta(seconds=6))
    assert invoice(brand, note).state == "landed"


def test_what_lands_otherwise_is_shown_side_by_side(brand: VendorBrand, drafted: int) -> None:
    brand.amazon.fail("land_changed", "invoice")
    number = issue(brand, drafted)
    brand.send()
    lands(brand, number)
    brand.send(later=timedelta(seconds=6))
    shown = view(brand, drafted)
    assert shown.differs and shown.next_action == "compare"
    assert [(one.field, one.line) for one in shown.differences] == [("total", None), ("units", 0)]


def test_a_rejection_by_finance_is_a_failure(brand: VendorBrand, drafted: int) -> None:
    number = issue(brand, drafted)
    brand.send()
    lands(brand, number, status="REJECTED")
    brand.send(later=timedelta(seconds=6))
    assert invoice(brand, drafted).state == "failed"


def test_payment_shows_by_itself(brand: VendorBrand, drafted: int) -> None:
    number = issue(brand, drafted)
    brand.send()
    lands(brand, number)
    brand.send(later=timedelta(seconds=6))
    lands(brand, number, status="PAID")
    brand.poll()
    assert invoice(brand, drafted).amazon_status == "PAID"


def test_where_finance_may_not_be_read_it_stays_accepted(brand: VendorBrand, drafted: int) -> None:
    issue(brand, drafted)
    brand.send()
    brand.amazon.fail("forbidden", "getInvoice", times=50)
    for _look in range(4):
        brand.send(later=HOUR)
    found = invoice(brand, drafted)
    assert found.state == "accepted"
    assert "does not let us read" in (found.error or "")
    assert brand.connection().state == "connected"


def test_several_orders_of_a_vendor_code_share_an_invoice(brand: VendorBrand) -> None:
    numbers = [sold(brand), sold(brand)]
    keep_billing(brand)
    shown = view(brand, draft(brand, *numbers))
    assert shown.orders == sorted(numbers)
    assert shown.total and str(shown.total.amount) == "1085.00"


def test_drafts_are_made_by_rule_once(brand: VendorBrand) -> None:
    sold(brand)
    keep_billing(brand, draft_from="receipts")
    assert run(drafting.draft_by_rule, brand.shop_id) == 1
    assert run(drafting.draft_by_rule, brand.shop_id) == 0
    assert brand.value("SELECT count(*) FROM invoice WHERE made_by = 'rule'") == 1


def test_the_forecast_says_what_amazon_would_hold_back(brand: VendorBrand) -> None:
    number = sold(brand, received=(6, 5))
    keep_billing(brand)
    invoice_id = draft(brand, number, source="shipments")
    with transaction(brand.shop_id) as session:
        billed = [
            Billed(number, "1", 12, Decimal("40.00")),
            Billed(number, "2", 5, Decimal("13.00")),
        ]
        invoices.edit(session, invoice_id, billed, None)
    shown = view(brand, invoice_id)
    assert shown.forecast
    assert [(one.line, one.reason, str(one.amount.amount)) for one in shown.forecast.short] == [
        (0, "not_received", "240.00"),
        (1, "cost_above_order", "2.50"),
    ]
    assert str(shown.forecast.expected.amount) == "302.50"
    warned = {one.rule for one in shown.findings if one.severity == "warn"}
    assert {"more_than_received", "cost_not_ordered", "cost_not_acknowledged"} <= warned


def test_the_copy_is_the_same_every_time(brand: VendorBrand, drafted: int) -> None:
    issue(brand, drafted)
    found = invoice(brand, drafted)
    with transaction(brand.shop_id) as session:
        lines = lines_on(session, found)
    first = invoice_pdf.made_of(found, lines)
    assert first.startswith(b"%PDF")
    assert invoice_pdf.made_of(found, lines) == first


def test_a_credit_note_refers_to_its_invoice(brand: VendorBrand, drafted: int) -> None:
    number = issue(brand, drafted)
    brand.send()
    lands(brand, number)
    brand.send(later=timedelta(seconds=6))
    with transaction(brand.shop_id) as session:
        note = invoices.credit(session, drafted, {"reason": "invoice"}, actor="user:1").invoice_id
    with pytest.raises(Refused) as refused:
        issue(brand, note)
    assert {one.field for one in refused.value.errors} == {"type"}  # not in the United States
    assert view(brand, note).credit == {"reason": "invoice", "invoice_id": drafted}


def test_an_order_shipped_in_part_is_invoiced_in_parts(brand: VendorBrand) -> None:
    number = sold(brand, shipped=(6, 0))
    keep_billing(brand)
    first = draft(brand, number)
    issue(brand, first)
    brand.amazon.receive(number, "2", 5)
    brand.poll()
    shown = view(brand, draft(brand, number))
    assert [(line.line, line.units, line.invoiced_before) for line in shown.lines] == [("2", 5, 0)]
    assert shown.id != first


def test_addresses_are_sent_as_they_were_said(brand: VendorBrand, drafted: int) -> None:
    issue(brand, drafted)
    document = invoice(brand, drafted).document or {}
    assert document["remitToParty"]["address"]["postalOrZipCode"] == ADDRESS["postal_code"]
    assert document["billToParty"]["partyId"] == "AMZN1"
    assert STOVE["asin"] in {item["amazonProductIdentifier"] for item in document["items"]}
