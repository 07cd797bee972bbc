"""A shop that leaves holds nothing more for Amazon, whatever comes in, until it stays after all."""

from __future__ import annotations

from app.db import transaction
from app.inventory import policy, policy_changes
from app.inventory.models import State
from app.inventory.policies import PolicyKey, Terms
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


def test_safety_stock_is_given_back_and_not_made_up_again(brand: VendorBrand) -> None:
    brand.stock("stove", 30)
    key = PolicyKey(item_id=brand.items["stove"])
    with transaction(brand.shop_id) as session:
        policy_changes.put_policy(session, key, Terms(safety_stock=4), by="user:1")
    follow(brand)
    kept_back = brand.balance("stove", State.SAFETY_STOCK)
    assert kept_back == 4
    brand.amazon.place(STOVE | {"amount": 20})
    brand.poll()
    with transaction(brand.shop_id) as session:
        leaving.begin(session, actor="user:1", confirm=this_shop(session).domain)
    follow(brand)
    assert standing(brand) == (0, 0)
    with transaction(brand.shop_id) as session:
        leaving.stay(session)
    follow(brand)
    assert standing(brand) == (4, 20)


def follow(brand: VendorBrand) -> None:
    """What workers do of themselves: follow changes of policy, and ask again."""
    with transaction(brand.shop_id) as session:
        while policy.settle_change(session):
            pass
        policy.obey(session)


def standing(brand: VendorBrand) -> tuple[int, int]:
    return (
        brand.balance("stove", State.SAFETY_STOCK),
        brand.balance("stove", State.RESERVED),
    )
