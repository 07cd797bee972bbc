"""Bundles, items under several variants and items that are not tracked, as Shopify's orders bring them."""

from __future__ import annotations

from sqlmodel import select

from app.db import transaction
from app.inventory.models import Item
from tests.shopify.conftest import Store
from tests.shopify.shop import after, open_test_shop


def test_an_order_of_a_bundle_holds_its_components_and_never_the_bundle(store: Store) -> None:
    store.control("POST", "/items", sku="SET", components={"TENT": 1, "LAMP": 2})
    store.connect()
    place = store.places[0]
    order = store.control("POST", "/orders", lines=[{"sku": "SET", "quantity": 3}])
    store.settle()
    books = store.books()
    assert books.balance("TENT", "committed", place) == 3
    assert books.balance("LAMP", "committed", place) == 6
    assert books.standing("SET", place) == {}
    assert store.differences() == []
    store.control("POST", f"/orders/{order['id']}/cancel", restock=True)
    store.settle()
    assert store.books().balance("LAMP", "committed", place) == 0
    assert store.differences() == []


def test_a_bundle_is_known_but_nothing_is_counted_of_it(store: Store) -> None:
    store.control("POST", "/items", sku="SET", components={"TENT": 1})
    store.connect()
    with transaction(store.shop_id) as session:
        found = session.exec(select(Item).where(Item.sku == "SET")).one()
    assert found.tracked is False


def test_a_bundle_and_its_component_share_the_same_units(store: Store) -> None:
    store.control("POST", "/items", sku="SET", components={"LAMP": 4})
    store.connect()
    store.control("POST", "/orders", lines=[{"sku": "SET", "quantity": 2}])
    store.control("POST", "/orders", lines=[{"sku": "LAMP", "quantity": 1}])
    store.settle()
    place = store.places[0]
    assert store.books().standing("LAMP", place)["committed"] == 9
    assert store.books().standing("LAMP", place)["available"] == 1


def test_variants_of_one_inventory_item_hold_the_same_units(database: str, queue: str) -> None:
    shop = open_test_shop()
    lines = [
        {"id": 1, "variant_id": 41, "quantity": 2, "fulfillable_quantity": 2},
        {"id": 2, "variant_id": 42, "quantity": 3, "fulfillable_quantity": 3},
    ]
    moment = after(1)
    shop.deliver(
        "orders/create",
        {"id": 5001, "name": "#1", "created_at": moment, "updated_at": moment, "line_items": lines},
    )
    assert shop.standing("LAMP") == {"available": 5, "committed": 5, "adjustment": -10}


def test_nothing_is_held_of_what_is_not_tracked_until_it_is(store: Store) -> None:
    store.control("POST", "/items", sku="CARD", tracked=False)
    store.connect()
    place = store.places[0]
    store.control("POST", "/orders", lines=[{"sku": "CARD", "quantity": 2}])
    store.settle()
    assert store.books().standing("CARD", place) == {}
    assert store.differences() == []
