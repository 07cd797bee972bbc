"""From Amazon's purchase order to its receipt, on real parts."""

from __future__ import annotations

from app.db import transaction
from app.inventory.models import State
from app.vendor import acknowledgements, shipments
from app.vendor.acknowledgements import Said
from app.vendor.shipments import Packed
from tests.vendor.brand import STOVE, TENT, VendorBrand


def acknowledge(brand: VendorBrand, number: str, *said: Said) -> None:
    with transaction(brand.shop_id) as session:
        acknowledgements.acknowledge(session, "na", number, said, actor="user:1")


def ship(brand: VendorBrand, number: str, *packed: Packed, at: str = "main", **more: object) -> str:
    given = {"shipped_at": None, "identifier": None, "release_rest": False} | more
    with transaction(brand.shop_id) as session:
        paper = shipments.ship(
            session,
            "na",
            number,
            packed,
            location_id=brand.locations[at],
            carton_count=2,
            actor="user:1",
            **given,  # type: ignore[arg-type]
        )
        return paper.identifier


def test_an_order_is_polled_acknowledged_shipped_and_received(brand: VendorBrand) -> None:
    brand.stock("tent", 50)
    brand.stock("stove", 20)
    number = brand.amazon.place(
        TENT | {"amount": 5, "unit": "Cases", "unit_size": 6}, STOVE | {"amount": 30}
    )
    brand.poll()
    assert brand.balance("tent", State.RESERVED) == 30
    assert brand.balance("stove", State.RESERVED) == 20
    assert brand.balance("stove", State.AVAILABLE) == 0

    acknowledge(
        brand,
        number,
        Said("1", 30, 0, 0, None),
        Said("2", 20, 0, 10, "TemporarilyUnavailable"),
    )
    brand.send_and_follow()
    assert len(brand.amazon.acknowledgements(number)) == 1
    assert brand.value("SELECT state FROM acknowledgement") == "accepted"
    assert [message.state for message in brand.messages("acknowledgement")] == ["done"]
    assert brand.value("SELECT state FROM purchase_order") == "Acknowledged"

    ship(brand, number, Packed("1", 30), Packed("2", 15), release_rest=True)
    assert brand.balance("tent", State.AMAZON_TRANSIT) == 30
    assert brand.balance("stove", State.AVAILABLE) == 5
    brand.send_and_follow()
    assert brand.value("SELECT state FROM shipment") == "accepted"
    assert len(brand.amazon.shipments(number)) == 1

    brand.amazon.receive(number, "1", 5)
    brand.amazon.receive(number, "2", 14)
    brand.poll()
    assert brand.balance("tent", State.AMAZON) == 30
    assert brand.balance("stove", State.AMAZON) == 14
    assert brand.balance("stove", State.AMAZON_TRANSIT) == 1
