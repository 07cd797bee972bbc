"""What shoppers and merchants do in the simulated store ends in the same numbers in the books."""

from __future__ import annotations

import json
import tomllib

import pytest
from sqlmodel import select

from app.config import PROJECT
from app.inventory.models import Count, Hold, State
from app.messages import Message
from tests.shopify.conftest import Store


@pytest.fixture
def live(store: Store) -> Store:
    store.connect()
    return store


def order(store: Store, *lines: tuple[str, int], **more: object) -> str:
    wanted = [{"sku": sku, "quantity": units} for sku, units in lines]
    made = store.control("POST", "/orders", lines=wanted, **more)
    return str(made["id"])


def test_an_order_is_held_shipped_and_nothing_is_written_back(live: Store) -> None:
    number = order(live, ("TENT", 3), ("LAMP", 1))
    live.settle()
    assert live.differences() == []
    assert live.books().balance("TENT", "committed", live.places[0]) == 3
    live.control("POST", f"/orders/{number}/fulfil", lines=[{"sku": "TENT", "quantity": 2}])
    live.settle()
    assert live.differences() == []
    live.control("POST", f"/orders/{number}/fulfil")
    live.settle()
    assert live.differences() == []
    books = live.books()
    assert books.balance("TENT", "customer", live.places[0]) == 3
    assert books.out("inventory/move", "inventory/adjust") == []


def test_edits_cancellations_and_refunds_settle_the_hold(live: Store) -> None:
    edited = order(live, ("TENT", 5))
    live.control("POST", f"/orders/{edited}/edit", lines=[{"sku": "TENT", "delta": -2}],
                 add=[{"sku": "LAMP", "quantity": 2}])  # fmt: skip
    cancelled = order(live, ("TENT", 4))
    live.control("POST", f"/orders/{cancelled}/cancel", restock=True)
    dropped = order(live, ("TENT", 2))
    live.control("POST", f"/orders/{dropped}/cancel", restock=False)
    refunded = order(live, ("TENT", 6))
    live.control("POST", f"/orders/{refunded}/fulfil", lines=[{"sku": "TENT", "quantity": 3}])
    live.control("POST", f"/orders/{refunded}/refund", lines=[
        {"sku": "TENT", "quantity": 1, "restock_type": "return", "location": live.places[1]},
        {"sku": "TENT", "quantity": 1, "restock_type": "cancel"},
    ])  # fmt: skip
    live.control("POST", f"/orders/{refunded}/refund", lines=[
        {"sku": "TENT", "quantity": 1, "restock_type": "no_restock"},
    ])  # fmt: skip
    live.settle()
    assert live.differences() == []


def test_a_cancelled_fulfilment_and_a_move_are_followed(live: Store) -> None:
    number = order(live, ("TENT", 4))
    shipped = live.control("POST", f"/orders/{number}/fulfil")
    live.settle()
    paper = shipped["fulfillments"][0]["id"]
    live.control("POST", f"/orders/{number}/fulfillments/{paper}/cancel")
    live.settle()
    assert live.differences() == []
    live.control("POST", f"/orders/{number}/move", location=live.places[1])
    live.settle()
    assert live.differences() == []
    assert live.books().balance("TENT", "committed", live.places[1]) == 4


def test_overselling_is_booked_as_it_happened(live: Store) -> None:
    order(live, ("LAMP", 25), location=live.places[0])
    live.settle()
    assert live.differences() == []
    assert live.books().balance("LAMP", "available", live.places[0]) == -15


@pytest.mark.parametrize("seed", [1, 2])
def test_twice_shuffled_and_late_is_the_same(live: Store, seed: int) -> None:
    live.knobs(hold=True, duplicate=1)
    first = order(live, ("TENT", 5), ("LAMP", 2))
    live.control("POST", f"/orders/{first}/fulfil", lines=[{"sku": "TENT", "quantity": 2}])
    live.control("POST", f"/orders/{first}/edit", lines=[{"sku": "TENT", "delta": -1}])
    second = order(live, ("TENT", 3))
    live.control("POST", f"/orders/{second}/cancel", restock=True)
    third = order(live, ("TENT", 2))
    live.control("POST", f"/orders/{third}/fulfil", location=live.places[1])
    live.control("POST", f"/orders/{third}/refund", lines=[
        {"sku": "TENT", "quantity": 1, "restock_type": "return"}])  # fmt: skip
    live.control("POST", "/deliveries/release", shuffled=True)
    live.settle()
    assert live.differences() == []


def test_a_product_that_is_new_is_read_before_its_order_is_held(live: Store) -> None:
    live.knobs(topics=["orders/create"])
    live.control("POST", "/items", sku="STOVE", title="Stove", stock={live.places[0]: 9})
    number = order(live, ("STOVE", 2))
    live.settle()
    books = live.books()
    assert live.differences() == []
    assert books.balance("STOVE", "committed", live.places[0]) == 2
    with books.transaction() as session:
        holds = session.exec(select(Hold).where(Hold.item_id == books.item_ids["STOVE"])).all()
    assert [hold.held for hold in holds] == [2]
    assert number


def test_new_items_and_locations_come_by_themselves(live: Store) -> None:
    live.control("POST", "/items", sku="BAG", title="Bag", barcode="B0DBAG0001",
                 metafields={"holdfast.units_per_case": "4"}, stock={live.places[0]: 12})  # fmt: skip
    live.control("POST", "/locations", name="Pop-up")
    live.settle()
    books = live.books()
    assert "Pop-up" in books.locations
    assert books.standing("BAG", live.places[0]) == {"available": 12, "adjustment": -12}
    assert live.differences() == []
    live.control("PATCH", "/items", sku="BAG", set={"tracked": False})
    live.control("PATCH", "/locations", location="Pop-up", active=False)
    live.settle()


def test_the_sample_brand_is_imported_and_lived_with(simulator: object, store: Store) -> None:
    demo = Store(store.simulator, "sample-" + store.domain, seed="demo")
    demo.connect()
    assert demo.differences() == []
    places = [one["name"] for one in demo.control("GET", "/locations")["data"]]
    skus = [one["sku"] for one in demo.control("GET", "/items")["data"] if one["sku"]]
    number = order(demo, (skus[0], 2), (skus[1], 1), location=places[0])
    demo.settle()
    demo.control("POST", f"/orders/{number}/fulfil")
    open_orders = demo.control("GET", "/orders?status=open")["data"]
    for one in open_orders[:6]:
        demo.control("POST", f"/orders/{one['id']}/fulfil")
    for one in open_orders[6:10]:
        demo.control("POST", f"/orders/{one['id']}/cancel", restock=True)
    demo.settle()
    assert demo.differences() == []
    demo.leave()


def test_what_the_app_subscribes_to_is_enough(live: Store) -> None:
    blocks = tomllib.loads((PROJECT / "shopify.app.toml").read_text())["webhooks"]["subscriptions"]
    topics = [topic for block in blocks for topic in block.get("topics", ())]
    included = {
        topic: block["include_fields"]
        for block in blocks
        for topic in block.get("topics", ())
        if "include_fields" in block
    }
    live.knobs(topics=topics, include_fields=included)
    number = order(live, ("TENT", 5))
    live.settle()
    live.control("POST", f"/orders/{number}/fulfil", lines=[{"sku": "TENT", "quantity": 2}])
    live.control("POST", f"/orders/{number}/refund", lines=[
        {"sku": "TENT", "quantity": 1, "restock_type": "cancel"},
        {"sku": "TENT", "quantity": 1, "restock_type": "return"},
    ])  # fmt: skip
    live.control("POST", f"/orders/{number}/edit", lines=[{"sku": "TENT", "delta": 2}])
    live.control("POST", "/items", sku="BAG", title="Bag", stock={live.places[1]: 3})
    live.settle()
    assert live.differences() == []
    found = live.control("GET", "/deliveries?limit=1000")["data"]
    assert {one["state"] for one in found} == {"delivered"}
    with live.books().transaction() as session:
        stored = json.dumps([row.request for row in session.exec(select(Message))])
    for word in ("@", "address", "customer", "browser_ip", "properties", "receipt"):
        assert word not in stored


def test_a_level_that_is_not_told_is_read(live: Store) -> None:
    live.control("POST", "/stock", sku="TENT", location=live.places[2], quantity=4)
    live.settle()
    with live.books().transaction() as session:
        counted = session.exec(select(Count).where(Count.state == State.AVAILABLE)).all()
    books = live.books()
    place = (books.item_ids["TENT"], books.locations[live.places[2]])
    assert [one.quantity for one in counted if (one.item_id, one.location_id) == place] == [4]
