"""A shipment is packed, checked, announced once, corrected within Amazon's rules, and shown by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import jobs
from app.db import transaction
from app.errors import Refused
from app.inventory.models import State
from app.simulators.amazon import contract
from app.vendor import acknowledgements
from app.vendor.acknowledgements import Said
from app.vendor.dated import TableWrong
from app.vendor.shipping import (
    contents,
    documents,
    drafts,
    following,
    packing,
    reminders,
    rulebook,
    rules,
    sending,
    sscc,
    transport,
)
from app.vendor.shipping.packing import Put
from app.vendor.shipping.tables import ShippingSetting
from app.vendor.tables import Shipment
from tests.vendor.brand import STOVE, TENT, VendorBrand

NOW = datetime.now(UTC)
CASES = TENT | {"amount": 3, "unit": "Cases", "unit_size": 6}


def accepted(brand: VendorBrand, *lines: dict[str, Any], **details: Any) -> str:
    """An order of these lines, accepted in full."""
    number = brand.amazon.place(*lines, **details)
    brand.poll()
    said = [
        Said(str(at), line["amount"] * line.get("unit_size", 1), 0, 0, None)
        for at, line in enumerate(lines, start=1)
    ]
    with transaction(brand.shop_id) as session:
        acknowledgements.acknowledge(session, "na", number, said, actor="user:1")
    brand.send_and_follow()
    return number


class Table:
    """The packing table: what a person does with one shipment, each step in a transaction."""

    def __init__(self, brand: VendorBrand, *numbers: str) -> None:
        self.brand = brand
        with transaction(brand.shop_id) as session:
            session.merge(ShippingSetting(shop_id=brand.shop_id, gs1_company_prefix="8100000"))
            self.identifier = drafts.start(session, "na", numbers, actor="user:1").identifier

    def do(self, step: Callable[..., Any], *given: Any, **named: Any) -> Any:
        with transaction(self.brand.shop_id) as session:
            shipment = contents.locked(session, "na", self.identifier)
            return step(session, shipment, *given, **named)

    def pack(self, *puts: Put, copies: int = 1) -> None:
        self.do(packing.pack, puts, copies=copies, at=NOW, by="user:1")

    def pack_by_case(self) -> None:
        self.do(packing.pack_by_case, at=NOW, by="user:1")

    def set_units(self, number: str, line: str, units: int) -> None:
        self.do(drafts.set_units, {(number, line): units})

    def send(self, *, despite_warnings: bool = True, release_rest: bool = False) -> None:
        self.do(
            sending.send,
            shipped_at=None,
            despite_warnings=despite_warnings,
            release_rest=release_rest,
            actor="user:1",
        )

    def findings(self) -> dict[str, rules.Finding]:
        found = self.do(lambda session, one: rules.check(session, contents.read(session, one)))
        return {finding.rule: finding for finding in found}

    def row(self) -> Shipment:
        found: Shipment = self.do(lambda _, one: one)
        return found

    def noticed(self) -> dict[str, Any]:
        """The newest notice that Amazon has of it."""
        sent = self.brand.amazon.http.get("/_control/shipments").json()["data"]
        found: dict[str, Any] = next(
            one for one in sent if one["shipmentIdentifier"] == self.identifier
        )
        return found


@given(st.integers(4, 12), st.integers(0, 10**5 - 1), st.integers(0, 10**12 - 1))
def test_a_container_number_checks_itself(length: int, serial: int, digits: int) -> None:
    code = sscc.make(f"{digits:012d}"[:length], serial)
    assert sscc.is_valid(code)
    wrong = code[:5] + str((int(code[5]) + 1) % 10) + code[6:]
    assert not sscc.is_valid(wrong)


def test_gs1s_own_example_has_its_check_digit() -> None:
    assert sscc.check_digit("37610425002123456"[:17]) == 9


def test_container_numbers_end_with_the_serials() -> None:
    assert sscc.make("810000012345", 99999).startswith("9810000012345")
    with pytest.raises(Refused) as refused:
        sscc.make("810000012345", 100000)
    assert refused.value.code == "serials_used_up"


def test_two_orders_for_one_centre_share_a_truck_and_one_notice(brand: VendorBrand) -> None:
    brand.stock("stove", 20)
    brand.stock("tent", 18)
    first = accepted(brand, STOVE | {"amount": 8}, CASES)
    second = accepted(brand, STOVE | {"amount": 4})
    table = Table(brand, first, second)
    table.pack(Put(first, "1", 8), Put(second, "1", 4))
    table.pack_by_case()
    table.do(packing.palletize, [])
    assert table.findings()["carrier_code"].severity == "warn"
    with pytest.raises(Refused) as refused:
        table.send(despite_warnings=False)
    assert refused.value.code == "warnings"
    assert brand.balance("stove", State.RESERVED) == 12
    table.send()
    assert brand.balance("stove", State.AMAZON_TRANSIT) == 12
    assert brand.balance("tent", State.AMAZON_TRANSIT) == 18
    assert brand.balance("stove", State.RESERVED) == 0
    (message,) = brand.messages("shipment")
    assert contract.request_errors("SubmitShipmentConfirmations", {}, message.request) == []
    brand.send_and_follow()
    sent = table.noticed()
    assert sent["shipmentMeasurements"] == {"palletCount": 1}
    assert sent["shipmentStructure"] == "PalletizedAssortmentCase"
    assert len(sent["cartons"]) == 4
    codes = [carton["cartonIdentifiers"][0]["containerIdentificationNumber"] for carton in
             sent["cartons"]]  # fmt: skip
    assert len(set(codes)) == 4 and all(sscc.is_valid(code[2:]) for code in codes)
    assert {item["itemDetails"]["purchaseOrderNumber"] for item in sent["shippedItems"]} == {
        first, second,
    }  # fmt: skip
    row = table.row()
    assert row.state == "accepted" and row.seen_at is not None
    assert row.error is None


def test_orders_for_different_centres_do_not_share_a_truck(brand: VendorBrand) -> None:
    brand.stock("stove", 20)
    first = accepted(brand, STOVE | {"amount": 4})
    second = accepted(brand, STOVE | {"amount": 4}, ship_to="ONT8")
    with pytest.raises(Refused) as refused:
        Table(brand, first, second)
    assert refused.value.code == "orders_differ"


def test_what_one_draft_has_planned_another_does_not_offer(brand: VendorBrand) -> None:
    brand.stock("stove", 10)
    number = accepted(brand, STOVE | {"amount": 10})
    table = Table(brand, number)
    table.set_units(number, "1", 6)
    other = Table(brand, number)
    assert other.do(lambda session, one: contents.read(session, one).units) == 4


def test_lots_and_dates_travel_with_their_carton_and_are_demanded_of_dated_goods(
    brand: VendorBrand,
) -> None:
    brand.stock("stove", 10)
    number = accepted(brand, STOVE | {"amount": 10})
    table = Table(brand, number)
    with transaction(brand.shop_id) as session:
        drafts.set_dated(session, brand.items["stove"], True)
    table.pack_by_case()
    assert table.findings()["lot_and_expiry"].severity == "block"
    table.pack(Put(number, "1", 6, "L1", date(2027, 5, 1)))
    assert table.findings()["all_packed"].value == "6"
    table.pack(Put(number, "1", 4, "L2", date(2027, 8, 1)))
    assert [one for one in table.findings().values() if one.severity == "block"] == []
    table.send()
    brand.send_and_follow()
    said = table.noticed()["cartons"][1]["items"][0]["itemDetails"]
    assert (said["lotNumber"], said["expiry"]["expiryDate"]) == ("L2", "2027-08-01T12:00:00Z")


def test_no_carton_holds_more_than_is_planned_and_numbers_are_not_given_twice(
    brand: VendorBrand,
) -> None:
    brand.stock("stove", 10)
    number = accepted(brand, STOVE | {"amount": 10})
    table = Table(brand, number)
    with pytest.raises(Refused) as refused:
        table.pack(Put(number, "1", 4), copies=3)
    assert refused.value.errors[0].field == "lines[0].units"
    table.pack(Put(number, "1", 5), copies=2)
    before = {row[0] for row in brand.rows("SELECT sscc FROM carton")}
    table.do(packing.unpack, None)
    table.pack(Put(number, "1", 5), copies=2)
    assert before.isdisjoint({row[0] for row in brand.rows("SELECT sscc FROM carton")})


def test_a_replacement_lowers_units_and_brings_the_rest_back(brand: VendorBrand) -> None:
    brand.stock("stove", 10)
    number = accepted(brand, STOVE | {"amount": 10})
    table = Table(brand, number)
    table.pack(Put(number, "1", 5), copies=2)
    table.send()
    with pytest.raises(Refused) as refused:
        table.do(drafts.correct)
    assert refused.value.code == "shipment_under_way"
    brand.send_and_follow()
    table.do(drafts.correct)
    table.do(packing.unpack, 2)
    table.set_units(number, "1", 5)
    table.send()
    assert brand.balance("stove", State.AMAZON_TRANSIT) == 5
    assert brand.balance("stove", State.RESERVED) == 5
    assert brand.value("SELECT shipped_units FROM purchase_order_line") == 5
    brand.send_and_follow()
    sent = table.noticed()
    assert sent["shipmentConfirmationType"] == "Replace"
    assert sent["shippedItems"][0]["shippedQuantity"]["amount"] == 5
    table.do(drafts.correct)
    table.set_units(number, "1", 6)
    assert table.findings()["only_fewer"].severity == "block"
    table.do(drafts.forget_correction)
    assert table.row().may_be_changed is False


def test_no_replacement_once_amazon_has_begun_to_receive(brand: VendorBrand) -> None:
    brand.stock("stove", 10)
    number = accepted(brand, STOVE | {"amount": 10})
    table = Table(brand, number)
    table.pack_by_case()
    table.send()
    brand.send_and_follow()
    brand.amazon.receive(number, "1", 3)
    brand.poll()
    with pytest.raises(Refused) as refused:
        table.do(drafts.correct)
    assert refused.value.code == "too_late_to_replace"


def test_a_notice_that_has_not_gone_is_cancelled_and_its_units_come_back(
    brand: VendorBrand,
) -> None:
    brand.stock("stove", 10)
    number = accepted(brand, STOVE | {"amount": 10})
    table = Table(brand, number)
    table.pack_by_case()
    table.send()
    table.do(sending.cancel, actor="user:1")
    assert brand.balance("stove", State.AMAZON_TRANSIT) == 0
    assert brand.balance("stove", State.RESERVED) == 10
    brand.send_and_follow()
    assert brand.amazon.shipments(number) == []
    assert brand.messages("shipment")[0].state == "ignored"


def test_what_amazon_has_cannot_be_cancelled(brand: VendorBrand) -> None:
    brand.stock("stove", 10)
    table = Table(brand, accepted(brand, STOVE | {"amount": 10}))
    table.pack_by_case()
    table.send()
    brand.send_and_follow()
    with pytest.raises(Refused) as refused:
        table.do(sending.cancel, actor="user:1")
    assert refused.value.code == "cannot_cancel"


def test_a_refused_notice_is_corrected_and_sent_as_an_original(brand: VendorBrand) -> None:
    brand.stock("stove", 10)
    number = accepted(brand, STOVE | {"amount": 10})
    table = Table(brand, number)
    table.pack_by_case()
    brand.amazon.fail("refuse", "SubmitShipmentConfirmations")
    table.send()
    brand.send_and_follow()
    assert table.row().state == "failed"
    assert "refused on request" in (table.row().error or "")
    table.do(drafts.correct)
    table.send()
    assert brand.balance("stove", State.AMAZON_TRANSIT) == 10
    brand.send_and_follow()
    assert table.noticed()["shipmentConfirmationType"] == "Original"
    assert table.row().state == "accepted"


def test_a_notice_that_amazon_took_and_does_not_show_is_asked_for_again(
    brand: VendorBrand,
) -> None:
    brand.stock("stove", 10)
    table = Table(brand, accepted(brand, STOVE | {"amount": 10}))
    table.pack_by_case()
    table.send()
    brand.amazon.fail("empty", "GetShipmentDetails", 10)
    brand.send_and_follow()
    assert (table.row().state, table.row().seen_at) == ("accepted", None)
    brand.amazon.mend()
    following.follow(brand.shop_id)
    assert table.row().seen_at is not None


def test_nothing_departs_without_its_notice_and_a_person_is_reminded(brand: VendorBrand) -> None:
    brand.stock("stove", 10)
    table = Table(brand, accepted(brand, STOVE | {"amount": 10}))
    table.pack_by_case()
    with pytest.raises(Refused) as refused:
        table.do(sending.depart)
    assert refused.value.code == "no_asn"
    table.do(drafts.change, {"departs_at": NOW + timedelta(days=2)})
    jobs.do("remind", brand.shop_id)
    assert table.row().reminded_at is None
    table.do(drafts.change, {"departs_at": NOW + timedelta(minutes=30)})
    for _ in range(2):
        jobs.do("remind", brand.shop_id)
    with transaction(brand.shop_id) as session:
        [waiting] = reminders.without_notice(session)
    assert waiting.identifier == table.identifier
    table.send()
    brand.send()
    table.do(sending.depart)
    with transaction(brand.shop_id) as session:
        assert reminders.without_notice(session) == []


def collect(brand: VendorBrand) -> tuple[str, Table]:
    brand.stock("stove", 10)
    number = brand.amazon.place(STOVE | {"amount": 10})
    brand.poll()
    with transaction(brand.shop_id) as session:
        session.connection().exec_driver_sql(
            "UPDATE purchase_order SET ship_start = delivery_start, ship_end = delivery_end,"
            " delivery_start = NULL, delivery_end = NULL"
        )
        acknowledgements.acknowledge(
            session, "na", number, [Said("1", 10, 0, 0, None)], actor="user:1"
        )
    return number, Table(brand, number)


def test_amazon_collects_and_its_reference_and_labels_come_back(brand: VendorBrand) -> None:
    _, table = collect(brand)
    assert "amazon_reference" in table.findings()
    pickup = {"pickup_at": NOW + timedelta(days=1), "pallets_stackable": True, "actor": "user:1"}
    with pytest.raises(Refused) as refused:
        table.do(transport.request, **pickup)
    assert {error.field for error in refused.value.errors} == {"carton_count", "weight"}
    table.pack_by_case()
    table.do(drafts.change, {"weight": 40, "weight_unit": "Lb", "type": "SmallParcel"})
    table.do(transport.request, **pickup)
    (message,) = brand.messages("transport_request")
    assert contract.request_errors("SubmitShipments", {}, message.request) == []
    brand.send_and_follow()
    following.follow(brand.shop_id)
    row, asked = table.row(), table.do(transport.latest)
    assert row.amazon_reference and row.carrier_code == "AZNG" and row.carrier_reference
    assert (asked.state, asked.status) == ("accepted", "CarrierAssigned")
    assert asked.scheduled_pickup_at is not None
    label = brand.rows("SELECT tracking_number, content FROM carrier_label")[0]
    assert label[0].startswith("TBA") and bytes(label[1]).startswith(b"%PDF")
    table.do(transport.cancel, actor="user:1")
    brand.send_and_follow()
    assert table.do(transport.latest).state == "accepted"


def test_a_vendor_who_pays_the_freight_asks_amazon_for_no_truck(brand: VendorBrand) -> None:
    brand.stock("stove", 10)
    table = Table(brand, accepted(brand, STOVE | {"amount": 10}))
    with pytest.raises(Refused) as refused:
        table.do(
            transport.request,
            pickup_at=NOW + timedelta(days=1),
            pallets_stackable=True,
            actor="user:1",
        )
    assert "freight_term" in [error.field for error in refused.value.errors]


def test_labels_and_packing_list_are_pdfs_of_every_box(brand: VendorBrand) -> None:
    brand.stock("stove", 10)
    number = accepted(brand, STOVE | {"amount": 10})
    table = Table(brand, number)
    table.pack(Put(number, "1", 5), copies=2)
    table.do(packing.palletize, [])
    labels = table.do(lambda s, one: documents.labels(s, contents.read(s, one)))
    assert labels.startswith(b"%PDF") and labels.count(b"/Type /Page\n") == 3
    assert b"/MediaBox [ 0 0 288 432 ]" in labels
    assert table.do(lambda s, one: documents.packing_list(s, contents.read(s, one))).startswith(
        b"%PDF"
    )


def test_a_shop_makes_a_rule_of_its_own_block_or_switches_it_off(
    brand: VendorBrand, set_settings: Callable[..., None], tmp_path: Path
) -> None:
    own = tmp_path / "rules.toml"
    own.write_text(
        '[[rule]]\nname = "carrier_code"\nseverity = "block"\nregion = "all"\n'
        'from = 2026-01-01\nsource = "ours"\n'
        '[[rule]]\nname = "sscc"\nseverity = "off"\nregion = "all"\n'
        'from = 2026-01-01\nsource = "ours"\n'
    )
    set_settings(AMAZON_SHIPPING_RULES=str(own))
    brand.stock("stove", 10)
    table = Table(brand, accepted(brand, STOVE | {"amount": 10}))
    found = table.findings()
    assert (found["carrier_code"].severity, found["carrier_code"].source) == ("block", "ours")
    assert "sscc" not in found
    own.write_text('[[rule]]\nname = "nonsense"\nseverity = "block"\n')
    with pytest.raises(TableWrong, match="rule 1: from is missing"):
        rulebook.TABLE.read(own)


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"bill_of_lading": "20261123"}, "bill_of_lading_form"),
        ({"bill_of_lading": "12"}, "bill_of_lading_form"),
        ({"carrier_code": "X1"}, "carrier_code_form"),
        ({"estimated_delivery_at": NOW + timedelta(days=60)}, "in_window"),
    ],
)
def test_what_amazon_would_find_fault_with_is_named_before(
    brand: VendorBrand, values: dict[str, Any], rule: str
) -> None:
    brand.stock("stove", 10)
    table = Table(brand, accepted(brand, STOVE | {"amount": 10}))
    table.do(drafts.change, values)
    assert rule in table.findings()
    good = {"bill_of_lading": "HLDFS-17", "carrier_code": "UPSN", "estimated_delivery_at": None}
    table.do(drafts.change, good)
    assert rule not in table.findings()
