"""A shop that leaves holds nothing more for Amazon, whatever comes in, until it stays after all."""

from __future__ import annotations

from app.db import transaction
from app.inventory.models import State
from app.overview import leaving
from app.shops import this_shop
from tests.vendor.brand import STOVE, VendorBrand


def test_orders_that_come_in_while_leaving_hold_nothing(brand: VendorBrand) -> None:
    brand.stock("stove", 30)
    brand.amazon.place(STOVE | {"amount": 20})
    brand.poll()
    assert brand.balance("stove", State.RESERVED) == 20
    with transaction(brand.shop_id) as session:
        leaving.begin(session, actor="user:1", confirm=this_shop(session).domain)
    assert brand.balance("stove", State.RESERVED) == 0
    brand.amazon.place(STOVE | {"amount": 5})
    brand.poll()
    assert brand.balance("stove", State.RESERVED) == 0
    assert brand.balance("stove", State.AVAILABLE) == 30
    with transaction(brand.shop_id) as session:
        leaving.stay(session)
    assert brand.balance("stove", State.RESERVED) == 25
