"""Packs that Amazon orders as one unit are held, shipped and received as the parts they are made of."""

from __future__ import annotations

from typing import Any

import pytest

from app.db import transaction
from app.errors import Refused
from app.inventory.kits import Part
from app.inventory.models import State
from app.vendor import acknowledgements, detail, kits
from app.vendor.acknowledgements import Said
from app.vendor.orders import locked_orders
from app.vendor.shipments import Packed
from tests.vendor.brand import VendorBrand
from tests.vendor.test_shipments import ship

CAMP = {"asin": "B0CAMPKIT1", "vendor_sku": "CAMP-KIT", "cost": "60.00"}


def make_kit(brand: VendorBrand, **parts: int) -> int:
    with transaction(brand.shop_id) as session:
        return kits.make(
            session,
            sku="CAMP-KIT",
            title="Tent and two mugs",
            asin=CAMP["asin"],
            vendor_sku=None,
            parts=[Part(brand.items[name], units) for name, units in parts.items()],
        )


def line_of(brand: VendorBrand, number: str) -> Any:
    with transaction(brand.shop_id) as session:
        order = locked_orders(session, "na", [number])[number]
        return detail.whole(session, order).lines[0]


def held(brand: VendorBrand) -> dict[str, int]:
    return {name: brand.balance(name, State.RESERVED) for name in ("tent", "mug")}


@pytest.fixture
def kit(brand: VendorBrand) -> int:
    brand.stock("tent", 10)
    brand.stock("mug", 12)
    return make_kit(brand, tent=1, mug=2)


def test_an_order_of_kits_holds_their_parts(brand: VendorBrand, kit: int) -> None:
    number = brand.amazon.place(CAMP | {"amount": 5})
    brand.poll()
    assert held(brand) == {"tent": 5, "mug": 10}
    line = line_of(brand, number)
    assert (line.item.id, line.held, line.short, line.proposal.accept) == (kit, 5, 0, 5)


def test_only_whole_kits_are_promised(brand: VendorBrand, kit: int) -> None:
    number = brand.amazon.place(CAMP | {"amount": 8})
    brand.poll()
    # Eight tents are there, but mugs for six kits only.
    line = line_of(brand, number)
    assert (line.held, line.short, line.proposal.accept) == (6, 2, 6)
    with transaction(brand.shop_id) as session:
        acknowledgements.acknowledge(
            session,
            "na",
            number,
            [Said("1", 6, 0, 2, "TemporarilyUnavailable")],
            actor="user:1",
        )
    assert held(brand) == {"tent": 6, "mug": 12}


def test_kits_share_their_parts_with_what_the_shop_sells_alone(
    brand: VendorBrand, kit: int
) -> None:
    brand.shop_order("mug", 9)
    brand.amazon.place(CAMP | {"amount": 5})
    brand.poll()
    assert held(brand) == {"tent": 5, "mug": 3}


def test_shipped_and_received_kits_move_their_parts(brand: VendorBrand, kit: int) -> None:
    number = brand.amazon.place(CAMP | {"amount": 5})
    brand.poll()
    with transaction(brand.shop_id) as session:
        acknowledgements.acknowledge(
            session, "na", number, [Said("1", 5, 0, 0, None)], actor="user:1"
        )
    brand.send_and_follow()
    ship(brand, number, Packed("1", 4))
    assert held(brand) == {"tent": 1, "mug": 2}
    transit = {name: brand.balance(name, State.AMAZON_TRANSIT) for name in ("tent", "mug")}
    assert transit == {"tent": 4, "mug": 8}
    with transaction(brand.shop_id) as session, pytest.raises(Refused) as refusal:
        kits.change(session, kit, [Part(brand.items["tent"], 2)])
    assert refusal.value.code == "kit_in_use"


def test_a_kit_that_is_made_later_takes_up_the_orders_that_wait_for_it(brand: VendorBrand) -> None:
    brand.stock("tent", 10)
    brand.stock("mug", 12)
    number = brand.amazon.place(CAMP | {"amount": 5})
    brand.poll()
    assert held(brand) == {"tent": 0, "mug": 0}
    make_kit(brand, tent=1, mug=2)
    assert held(brand) == {"tent": 5, "mug": 10}
    assert line_of(brand, number).held == 5


def test_a_kit_made_of_other_parts_holds_those(brand: VendorBrand, kit: int) -> None:
    number = brand.amazon.place(CAMP | {"amount": 5})
    brand.poll()
    with transaction(brand.shop_id) as session:
        kits.change(session, kit, [Part(brand.items["tent"], 2)])
    assert held(brand) == {"tent": 10, "mug": 0}
    assert line_of(brand, number).held == 5


def test_kits_do_not_nest_and_have_known_parts(brand: VendorBrand, kit: int) -> None:
    wrong = [
        Part(kit, 1),
        Part(999_999, 1),
        Part(brand.items["mug"], 1),
        Part(brand.items["mug"], 2),
    ]
    with transaction(brand.shop_id) as session, pytest.raises(Refused) as refusal:
        kits.change(session, brand.items["stove"], wrong)
    assert [error.field for error in refusal.value.errors] == [
        "parts[0].item_id",
        "parts[1].item_id",
        "parts[3].item_id",
    ]
    with transaction(brand.shop_id) as session, pytest.raises(Refused) as refusal:
        kits.change(session, brand.items["tent"], [Part(brand.items["stove"], 1)])
    assert refusal.value.errors[0].field == "item_id"


def test_an_identifier_names_one_item_only(brand: VendorBrand, kit: int) -> None:
    with pytest.raises(Refused) as refusal:
        make_kit(brand, tent=3)
    assert (refusal.value.code, refusal.value.errors[0].field) == ("name_taken", "asin")
