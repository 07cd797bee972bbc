"""Products that are no item yet wait in one queue; a person maps them and every order holds at once."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.inventory.models import State
from tests.vendor.brand import MUG, TENT, VendorBrand
from tests.vendor.test_routes import Screen, web

__all__ = ["web"]
LIKE_MUG = {"asin": "B0MUG00001", "vendor_sku": "mug ", "cost": "3.10"}
# The barcode of the tent with the leading zeros of a GTIN-14.
LIKE_TENT = {"asin": "B0TENT0009", "vendor_sku": "00810000000011", "cost": "40.00"}


@pytest.fixture
def screen(web: FlaskClient, brand: VendorBrand) -> Screen:
    return Screen(web, brand)


def test_one_word_maps_a_product_on_every_order_that_waits(
    screen: Screen, brand: VendorBrand
) -> None:
    brand.stock("mug", 10)
    numbers = sorted(brand.amazon.place(MUG | {"amount": amount}) for amount in (4, 3))
    brand.poll()
    (product,) = screen.ask("/unmapped-products")["data"]
    assert (product["asin"], product["vendor_sku"]) == ("B0MUG00001", "MUG-12")
    assert (product["units"], product["numbers"]) == (7, numbers)
    assert product["orders"] == [{"region": "na", "number": one} for one in numbers]
    assert product["suggestions"] == []
    assert brand.balance("mug", State.RESERVED) == 0
    body = {"asin": "B0MUG00001", "vendor_sku": "MUG-12", "item_id": brand.items["mug"]}
    mapped = screen.post("/unmapped-products/map", body, 200)
    assert sorted(mapped["numbers"]) == numbers
    assert brand.balance("mug", State.RESERVED) == 7
    assert screen.ask("/unmapped-products")["data"] == []
    moved = brand.rows("SELECT DISTINCT actor FROM movement WHERE reason = 'held'")
    assert [row.actor for row in moved] == ["user:42"]
    assert screen.post("/unmapped-products/map", body, 200)["numbers"] == []
    later = brand.amazon.place(MUG | {"amount": 2})
    brand.poll()
    assert screen.ask(f"/purchase-orders/{later}")["units"]["held"] == 2


def test_what_looks_the_same_is_suggested_with_its_reason_and_never_mapped(
    screen: Screen, brand: VendorBrand
) -> None:
    brand.stock("mug", 10)
    brand.stock("tent", 10)
    brand.amazon.place(LIKE_MUG | {"amount": 4}, LIKE_TENT | {"amount": 1})
    brand.poll()
    found = {
        product["asin"]: [(one["item"]["sku"], one["reason"]) for one in product["suggestions"]]
        for product in screen.ask("/unmapped-products")["data"]
    }
    assert found == {
        "B0MUG00001": [("MUG", "same_sku")],
        "B0TENT0009": [("TENT-2P", "same_barcode")],
    }
    assert brand.balance("mug", State.RESERVED) == brand.balance("tent", State.RESERVED) == 0


def test_the_queue_comes_in_pages(screen: Screen, brand: VendorBrand) -> None:
    brand.amazon.place(MUG | {"amount": 4}, LIKE_TENT | {"amount": 1})
    brand.poll()
    first = screen.ask("/unmapped-products?limit=1")
    second = screen.ask(f"/unmapped-products?limit=1&cursor={first['next_cursor']}")
    assert [page["data"][0]["asin"] for page in (first, second)] == ["B0MUG00001", "B0TENT0009"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"asin": "B0MUG00001", "item_id": 2**31 - 1}, "item_unknown"),
        ({"vendor_sku": TENT["vendor_sku"]}, "identifiers_disagree"),
        ({"asin": TENT["asin"]}, "name_taken"),
    ],
)
def test_a_name_that_is_another_items_is_refused_and_nothing_changes(
    screen: Screen, brand: VendorBrand, body: dict[str, object], code: str
) -> None:
    brand.stock("mug", 10)
    brand.amazon.place(TENT | {"amount": 1}, MUG | {"amount": 4})
    brand.poll()
    wanted = {"item_id": brand.items["mug"]} | body
    assert screen.post("/unmapped-products/map", wanted, 422)["code"] == code
    assert len(screen.ask("/unmapped-products")["data"]) == 1
    assert brand.balance("mug", State.RESERVED) == 0
    assert brand.value("SELECT count(*) FROM alias WHERE item_id = :item", **{
        "item": brand.items["mug"]
    }) == 0  # fmt: skip


def test_a_product_without_any_name_is_refused(screen: Screen, brand: VendorBrand) -> None:
    screen.post("/unmapped-products/map", {"item_id": brand.items["mug"]}, 422)
