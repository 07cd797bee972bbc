"""Where no API carries Amazon's papers, they are made here and handed over by a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.db import run, transaction
from app.errors import Refused
from app.inventory.models import State
from app.vendor import billing, by_file, detail, invoices, outbox, shipments
from app.vendor.acknowledgements import Said, acknowledge
from app.vendor.invoice_tables import Invoice
from app.vendor.orders import locked_orders
from app.vendor.shipments import Packed
from app.vendor.shipping import contents, drafts, reminders, sending, transport
from app.vendor.tables import Shipment
from tests.vendor.billed import ADDRESS, BILLING
from tests.vendor.brand import VendorBrand
from tests.vendor.test_files import take

FILE = (
    "PO,ASIN,Model Number,Quantity,Unit Cost,Currency,Vendor,Ship to,Window Start,Window End,"
    "Order date\n"
    "EU1,B0TENT0001,810000000011,12,40.00,EUR,ACME1,DTM1,2099-11-02,2099-11-20,"
    f"{datetime.now(UTC) - timedelta(days=3):%Y-%m-%d}\n"
)
GERMAN = ADDRESS | {"country": "DE", "postal_code": "10115", "city": "Berlin", "state": None}


def acknowledged(brand: VendorBrand, accept: int = 12) -> None:
    """The order of a file, brought and acknowledged."""
    brand.stock("tent", 20)
    take(brand, FILE)
    answer(brand, accept)


def answer(brand: VendorBrand, accept: int) -> None:
    reason = "TemporarilyUnavailable" if accept < 12 else None
    with transaction(brand.shop_id) as session:
        said = [Said("1", accept, 0, 12 - accept, reason)]
        acknowledge(session, "eu", "EU1", said, actor="user:7")


def hand_over_answer(brand: VendorBrand, how: Any = "hand") -> None:
    with transaction(brand.shop_id) as session:
        order = locked_orders(session, "eu", ["EU1"])["EU1"]
        by_file.hand_over(
            session, by_file.latest_acknowledgement(session, order), how, actor="user:8"
        )


def shipped(brand: VendorBrand) -> Shipment:
    """The same, shipped in full; nobody has handed the notice over."""
    acknowledged(brand)
    with transaction(brand.shop_id) as session:
        return shipments.ship(
            session,
            "eu",
            "EU1",
            [Packed("1", 12)],
            location_id=brand.locations["main"],
            carton_count=2,
            shipped_at=datetime.now(UTC) - timedelta(minutes=1),
            identifier="TRUCK1",
            release_rest=False,
            actor="user:7",
        )


def hand_over_shipment(brand: VendorBrand, how: Any = "file") -> Shipment:
    with transaction(brand.shop_id) as session:
        shipment = contents.locked(session, "eu", "TRUCK1")
        by_file.hand_over(session, shipment, how, actor="user:8")
        return shipment


def invoiced(brand: VendorBrand) -> Invoice:
    """An invoice of what was shipped, numbered; nobody has handed it over."""
    shipped(brand)
    said = replace(
        BILLING,
        marketplace="DE",
        tax_treatment="standard",
        tax_registration_number="DE123456789",
        remit_to=GERMAN,
        bill_to=GERMAN | {"party_id": "AMZN1", "tax_registration_number": "DE987654321"},
        number_prefix=f"EU{brand.shop_id}-",
    )
    with transaction(brand.shop_id) as session:
        billing.keep(session, "eu", "ACME1", said, by="user:7")
        drafted = invoices.draft(session, "eu", ["EU1"], "shipments", actor="user:7").invoice_id
    return run(invoices.issue, brand.shop_id, drafted, None)


def test_an_answer_is_held_as_said_and_waits_for_a_person(brand: VendorBrand) -> None:
    acknowledged(brand)
    assert brand.balance("tent", State.RESERVED) == 12
    with transaction(brand.shop_id) as session:
        view = detail.whole(session, locked_orders(session, "eu", ["EU1"])["EU1"])
    assert view.state == "New"
    assert view.acknowledgement is not None and view.acknowledgement.waits_for_a_person
    assert view.acknowledge_by is not None  # the clock goes on until Amazon has it
    assert brand.messages("acknowledgement") == []


def test_handing_an_answer_over_says_who_when_and_how(brand: VendorBrand) -> None:
    acknowledged(brand)
    hand_over_answer(brand, "file")
    with transaction(brand.shop_id) as session:
        view = detail.whole(session, locked_orders(session, "eu", ["EU1"])["EU1"])
    [said] = view.acknowledgements
    assert (said.state, said.handed_over_how, said.handed_over_by) == ("accepted", "file", "user:8")
    assert said.sent_at is not None
    assert (view.state, view.acknowledge_by) == ("Acknowledged", None)
    with pytest.raises(Refused) as refused:
        hand_over_answer(brand)
    assert refused.value.code == "nothing_to_hand_over"


def test_an_answer_that_nobody_handed_over_can_be_given_anew(brand: VendorBrand) -> None:
    acknowledged(brand)
    answer(brand, 6)
    states = brand.rows("SELECT state FROM acknowledgement ORDER BY acknowledgement_id")
    assert [row.state for row in states] == ["failed", "waiting"]
    assert brand.balance("tent", State.RESERVED) == 6


def test_units_leave_at_once_and_the_truck_when_amazon_has_the_notice(brand: VendorBrand) -> None:
    found = shipped(brand)
    assert (found.state, found.message_id, found.waits_for_a_person) == ("waiting", None, True)
    assert brand.balance("tent", State.AMAZON_TRANSIT) == 12
    assert brand.balance("tent", State.RESERVED) == 0
    with transaction(brand.shop_id) as session, pytest.raises(Refused) as refused:
        sending.depart(session, contents.locked(session, "eu", "TRUCK1"))
    assert refused.value.code == "no_asn"
    found = hand_over_shipment(brand)
    assert (found.state, found.handed_over_how, found.handed_over_by) == (
        "accepted",
        "file",
        "user:8",
    )
    assert found.sent_at is not None and found.accepted_at is not None
    with transaction(brand.shop_id) as session:
        sending.depart(session, contents.locked(session, "eu", "TRUCK1"))
    assert brand.messages("shipment") == []


def test_a_notice_that_nobody_handed_over_is_reminded_of_before_departure(
    brand: VendorBrand,
) -> None:
    shipped(brand)
    with transaction(brand.shop_id) as session:
        contents.locked(session, "eu", "TRUCK1").departs_at = datetime.now(UTC)
    with transaction(brand.shop_id) as session:
        assert reminders.is_due(session)
        assert reminders.remind(session) == 1
        assert [one.identifier for one in reminders.without_notice(session)] == ["TRUCK1"]


def test_a_correction_moves_the_difference_back_and_waits_again(brand: VendorBrand) -> None:
    shipped(brand)
    hand_over_shipment(brand)
    with transaction(brand.shop_id) as session:
        shipment = contents.locked(session, "eu", "TRUCK1")
        drafts.correct(session, shipment)
        drafts.set_units(session, shipment, {("EU1", "1"): 9})
        sending.send(
            session,
            shipment,
            shipped_at=None,
            despite_warnings=True,
            release_rest=False,
            actor="user:7",
        )
        assert (shipment.waits_for_a_person, shipment.handed_over_by) == (True, None)
    assert brand.balance("tent", State.AMAZON_TRANSIT) == 9
    assert brand.messages("shipment") == []


def test_a_notice_that_nobody_handed_over_can_be_cancelled(brand: VendorBrand) -> None:
    shipped(brand)
    with transaction(brand.shop_id) as session:
        sending.cancel(session, contents.locked(session, "eu", "TRUCK1"), actor="user:7")
    assert brand.balance("tent", State.AMAZON_TRANSIT) == 0
    assert brand.balance("tent", State.RESERVED) == 12


def test_transport_is_asked_for_elsewhere(brand: VendorBrand) -> None:
    shipped(brand)
    with transaction(brand.shop_id) as session, pytest.raises(Refused) as refused:
        transport.request(
            session,
            contents.locked(session, "eu", "TRUCK1"),
            pickup_at=datetime.now(UTC) + timedelta(days=2),
            pallets_stackable=True,
            actor="user:7",
        )
    assert refused.value.code == "by_file"
    assert brand.messages("transport_request") == []


def test_an_invoice_has_its_number_and_copy_and_waits_for_a_person(brand: VendorBrand) -> None:
    found = invoiced(brand)
    assert (found.state, found.message_id, found.sent_at) == ("waiting", None, None)
    assert found.document is not None and found.document["id"] == found.number
    outbox.send(brand.shop_id)
    assert brand.messages("invoice") == []
    with transaction(brand.shop_id) as session:
        invoice = invoices.locked_invoice(session, found.invoice_id)
        by_file.hand_over(session, invoice, "hand", actor="user:8")
        assert (invoice.state, invoice.handed_over_how) == ("accepted", "hand")
        assert invoice.sent_at is not None
        with pytest.raises(Refused):
            invoices.cancel(session, found.invoice_id)  # Amazon has it now


def test_an_invoice_that_nobody_handed_over_can_be_replaced(brand: VendorBrand) -> None:
    found = invoiced(brand)
    with transaction(brand.shop_id) as session:
        other = invoices.replace(session, found.invoice_id, actor="user:7")
        old = invoices.invoice_of(session, found.invoice_id)
        assert (old.state, other.state, other.replaces) == ("cancelled", "draft", old.invoice_id)
        other_id = other.invoice_id
    assert run(invoices.issue, brand.shop_id, other_id, None).number != found.number
