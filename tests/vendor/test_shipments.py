"""What leaves for Amazon leaves the books, Amazon hears of it once, and its totals are followed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.db import run, transaction
from app.errors import Refused
from app.inventory import collisions
from app.inventory.models import State
from app.simulators.amazon import contract
from app.vendor import acknowledgements, shipments
from app.vendor.acknowledgements import Said
from app.vendor.shipments import Packed
from tests.vendor.amazon import Amazon
from tests.vendor.brand import STOVE, TENT, VendorBrand, make_vendor_brand

NOW = datetime.now(UTC)


def ship(brand: VendorBrand, number: str, *packed: Packed, at: str = "main", **more: Any) -> str:
    given: dict[str, Any] = {
        "shipped_at": None,
        "identifier": None,
        "release_rest": False,
        "carton_count": 2,
        "location_id": brand.locations[at],
    }
    with transaction(brand.shop_id) as session:
        paper = shipments.ship(session, "na", number, packed, actor="user:1", **(given | more))
        return paper.identifier


@pytest.fixture
def number(brand: VendorBrand) -> str:
    """An order of 20 stoves, accepted in full out of 30."""
    brand.stock("stove", 30)
    placed = brand.amazon.place(STOVE | {"amount": 20})
    brand.poll()
    with transaction(brand.shop_id) as session:
        acknowledgements.acknowledge(
            session, "na", placed, [Said("1", 20, 0, 0, None)], actor="user:1"
        )
    brand.send_and_follow()
    return placed


def test_a_part_that_left_leaves_the_rest_held(brand: VendorBrand, number: str) -> None:
    ship(brand, number, Packed("1", 12))
    assert brand.balance("stove", State.RESERVED) == 8
    assert brand.balance("stove", State.AMAZON_TRANSIT) == 12
    ship(brand, number, Packed("1", 8))
    assert brand.balance("stove", State.RESERVED) == 0
    assert brand.balance("stove", State.AVAILABLE) == 10


def test_the_rest_is_released_when_no_more_will_come(brand: VendorBrand, number: str) -> None:
    ship(brand, number, Packed("1", 12), release_rest=True)
    assert brand.balance("stove", State.RESERVED) == 0
    assert brand.balance("stove", State.AVAILABLE) == 18


def test_the_notice_is_amazons_and_is_sent_once(brand: VendorBrand, number: str) -> None:
    identifier = ship(brand, number, Packed("1", 12), carton_count=3)
    (message,) = brand.messages("shipment")
    assert contract.request_errors("SubmitShipmentConfirmations", {}, message.request) == []
    brand.send_and_follow()
    brand.send_and_follow()
    (sent,) = brand.amazon.shipments(number)
    assert sent["shipmentIdentifier"] == identifier
    assert sent["shipmentMeasurements"] == {"cartonCount": 3}
    assert sent["shippedItems"][0]["itemDetails"] == {"purchaseOrderNumber": number}
    assert brand.value("SELECT state FROM shipment") == "accepted"


def test_a_notice_whose_answer_was_lost_is_not_taken_for_a_new_one(
    brand: VendorBrand, number: str
) -> None:
    ship(brand, number, Packed("1", 12))
    brand.amazon.fail("cut", "SubmitShipmentConfirmations")
    brand.send()
    brand.send(later=timedelta(minutes=40))
    brand.send_and_follow()
    assert len(brand.amazon.shipments(number)) == 1
    assert brand.value("SELECT state FROM shipment") == "accepted"
    assert brand.messages("shipment")[0].state == "done"


def test_a_refused_notice_is_shown_and_the_units_stay_shipped(
    brand: VendorBrand, number: str
) -> None:
    ship(brand, number, Packed("1", 5), identifier="TWICE-1")
    brand.send_and_follow()
    other = ship(brand, number, Packed("1", 5), identifier="TWICE-2")
    with transaction(brand.shop_id) as session:
        session.connection().exec_driver_sql(
            "UPDATE message SET request = jsonb_set(request,"
            " '{shipmentConfirmations,0,shipmentIdentifier}', '\"TWICE-1\"')"
            " WHERE reference = %s",
            (other,),
        )
    brand.send_and_follow()
    found = brand.rows("SELECT state, error FROM shipment WHERE identifier = 'TWICE-2'")[0]
    assert found[0] == "failed"
    assert "was used before" in found[1]
    assert brand.balance("stove", State.AMAZON_TRANSIT) == 10


@pytest.mark.parametrize(
    ("packed", "more", "field"),
    [
        (Packed("1", 21), {}, "lines[0].units"),
        (Packed("7", 1), {}, "lines[0].line"),
        (Packed("1", 1), {"location_id": 999_999}, "location_id"),
        (Packed("1", 1), {"shipped_at": NOW + timedelta(days=1)}, "shipped_at"),
        (Packed("1", 1), {"shipped_at": NOW - timedelta(days=8)}, "shipped_at"),
    ],
)
def test_what_cannot_have_left_is_refused_by_field(
    brand: VendorBrand, number: str, packed: Packed, more: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        ship(brand, number, packed, **more)
    assert [error.field for error in refused.value.errors] == [field]


def test_cases_leave_whole(brand: VendorBrand) -> None:
    brand.stock("tent", 12)
    placed = brand.amazon.place(TENT | {"amount": 2, "unit": "Cases", "unit_size": 6})
    brand.poll()
    with transaction(brand.shop_id) as session:
        acknowledgements.acknowledge(
            session, "na", placed, [Said("1", 12, 0, 0, None)], actor="user:1"
        )
    with pytest.raises(Refused) as refused:
        ship(brand, placed, Packed("1", 7))
    assert "whole cases of 6" in refused.value.errors[0].message


def test_an_order_is_acknowledged_before_it_is_shipped(brand: VendorBrand) -> None:
    brand.stock("stove", 30)
    placed = brand.amazon.place(STOVE | {"amount": 20})
    brand.poll()
    with pytest.raises(Refused) as refused:
        ship(brand, placed, Packed("1", 1))
    assert refused.value.code == "not_acknowledged"


def test_an_identifier_is_used_once(brand: VendorBrand, number: str) -> None:
    ship(brand, number, Packed("1", 1), identifier="TRUCK-1")
    with pytest.raises(Refused) as refused:
        ship(brand, number, Packed("1", 1), identifier="TRUCK-1")
    assert (refused.value.status, refused.value.code) == (409, "identifier_used")


def test_units_from_another_location_come_from_what_is_free_there(
    brand: VendorBrand, number: str
) -> None:
    brand.stock("stove", 4, at="second")
    ship(brand, number, Packed("1", 6), at="second")
    assert brand.balance("stove", State.AVAILABLE, at="second") == -2
    assert brand.balance("stove", State.RESERVED) == 14
    brand.amazon.receive(number, "1", 5)
    brand.poll()
    assert brand.balance("stove", State.AMAZON_TRANSIT, at="second") == 1
    assert brand.balance("stove", State.AMAZON_TRANSIT) == 0
    assert brand.value("SELECT kind FROM collision WHERE ended_at IS NULL") == "oversold"
    brand.stock("stove", 2, at="second")
    run(
        collisions.refresh,
        brand.shop_id,
        [(brand.items["stove"], brand.locations["second"])],
    )


def test_receipts_are_totals_and_may_shrink(brand: VendorBrand, number: str) -> None:
    ship(brand, number, Packed("1", 20))
    for total, received in ((7, 7), (7, 7), (19, 19), (15, 15)):
        brand.amazon.receive(number, "1", total)
        brand.poll()
        assert brand.balance("stove", State.AMAZON) == received
        assert brand.balance("stove", State.AMAZON_TRANSIT) == 20 - received
    totals = brand.rows("SELECT total FROM receipt ORDER BY observed_at")
    assert [row[0] for row in totals] == [7, 19, 15]
    reasons = brand.rows("SELECT DISTINCT reason::text FROM movement WHERE line = '1'")
    assert ("receipt_corrected",) in [tuple(row) for row in reasons]


def test_amazon_may_receive_more_than_we_shipped(brand: VendorBrand, number: str) -> None:
    ship(brand, number, Packed("1", 10))
    brand.amazon.receive(number, "1", 12)
    brand.poll()
    assert brand.balance("stove", State.AMAZON) == 12
    assert brand.balance("stove", State.AMAZON_TRANSIT) == -2


def test_receipts_in_cases_are_eaches_in_the_books(brand: VendorBrand) -> None:
    brand.stock("tent", 30)
    placed = brand.amazon.place(TENT | {"amount": 5, "unit": "Cases", "unit_size": 6})
    brand.poll()
    with transaction(brand.shop_id) as session:
        acknowledgements.acknowledge(
            session, "na", placed, [Said("1", 30, 0, 0, None)], actor="user:1"
        )
    brand.send_and_follow()
    ship(brand, placed, Packed("1", 30))
    brand.amazon.receive(placed, "1", 4)
    brand.poll()
    assert brand.balance("tent", State.AMAZON) == 24
    (row,) = brand.rows("SELECT total, amount, unit, unit_size FROM receipt")
    assert tuple(row) == (24, 4, "Cases", 6)


def test_what_was_received_before_we_came_is_part_of_the_opening(amazon: Amazon) -> None:
    brand = make_vendor_brand(amazon, connected_at=NOW)
    brand.stock("stove", 50)
    ended = amazon.place(
        STOVE | {"amount": 20},
        ordered_at=NOW - timedelta(days=10),
        window=(NOW - timedelta(days=6), NOW - timedelta(days=3)),
    )
    under_way = amazon.place(STOVE | {"amount": 10}, ordered_at=NOW - timedelta(days=10))
    amazon.receive(ended, "1", 15)
    amazon.receive(under_way, "1", 4)
    brand.poll()
    assert brand.balance("stove", State.AMAZON) == 19
    assert brand.balance("stove", State.AMAZON_TRANSIT) == 0
    assert brand.balance("stove", State.RESERVED) == 6  # what is left of the one under way
    amazon.receive(ended, "1", 18)
    brand.poll()
    assert brand.balance("stove", State.AMAZON) == 22
    assert brand.balance("stove", State.AMAZON_TRANSIT) == 0
