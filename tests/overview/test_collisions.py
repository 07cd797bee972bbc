"""Collisions, arrivals and projections over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event

from app.db import engine, transaction
from app.inventory.models import Item
from tests.inventory.brand import Brand, make_brand
from tests.support.screen import Screen, open_screen

TODAY = datetime.now(UTC).date()


@pytest.fixture
def brand(database: str) -> Brand:
    return make_brand()


@pytest.fixture
def screen(brand: Brand, queue: str, set_settings: Callable[..., None]) -> Screen:
    return open_screen(brand.shop_id, "brand.myshopify.com", set_settings)


def collide(brand: Brand) -> None:
    brand.stock("tent", "main", 10)
    paper = brand.purchase_order("P", 8, item="tent", at="main")
    brand.settle(replace(paper, title="PO P"))
    brand.settle(brand.order("1", 5, item="tent", at="main"))
    brand.refresh_collisions()


def announced(**changed: Any) -> dict[str, Any]:
    day = TODAY + timedelta(days=4)
    row = {
        "reference": "BOAT-17",
        "sku": "tent",
        "location": "MAIN",
        "units": 12,
        "expected_on": day.isoformat(),
    }
    return row | changed


def price(brand: Brand) -> None:
    with transaction(brand.shop_id) as session:
        item = session.get_one(Item, (brand.shop_id, brand.item("tent")))
        item.price, item.price_currency = Decimal("229.00"), "USD"
        item.unit_cost, item.unit_cost_currency = Decimal("55.20"), "USD"
        session.add(item)


def test_a_way_says_what_it_loses_as_decimals_with_their_currency(
    brand: Brand, screen: Screen
) -> None:
    price(brand)
    collide(brand)
    (collision,) = screen.all("/collisions")
    accept = next(way for way in collision["ways"] if way["way"] == "accept")
    assert accept["loses"] == {"amount": "-521.40", "currency": "USD"}
    assert {
        (one["rail"], one["reason"], one["missing"], one["verified"]) for one in accept["stakes"]
    } == {
        ("dtc", "margin", None, True),
        ("amazon", "none", None, True),
    }
    best = collision["ways"][0]
    assert (best["way"], best["recommended"], best["because"]) == ("take_back", True, "loses_least")


def test_the_history_opens_into_what_moved_and_the_way_as_it_was_offered(
    brand: Brand, screen: Screen
) -> None:
    price(brand)
    collide(brand)
    (collision,) = screen.all("/collisions")
    way = collision["ways"][0]
    path = f"/collisions/{collision['id']}/ways/{way['way']}"
    screen.ask(path, 200, "POST", {"parameters": way["parameters"], "note": "the shop first"})
    brand.settle(brand.order("2", 1, item="tent", at="main"))
    brand.refresh_collisions()
    (ended,) = screen.all("/collisions", status="ended")
    assert (ended["note"], ended["outcome"]["offered"]["units"]) == ("the shop first", 3)
    (paper,) = [
        one["document"] for one in ended["outcome"]["offered"]["effects"] if one["document"]
    ]
    assert paper == {"kind": "purchase_order", "reference": "P", "title": "PO P"}
    (movement,) = ended["outcome"]["movements"]
    assert (movement["quantity"], movement["document"]["reference"]) == (3, "P")
    listed = screen.all(f"/items/{brand.item('tent')}/movements")
    assert movement["id"] in [one["id"] for one in listed]
    (again,) = screen.all("/collisions", status="open")
    assert ended["outcome"]["opened_again"]["id"] == again["id"]


def test_what_ends_by_itself_is_history_too(brand: Brand, screen: Screen) -> None:
    collide(brand)
    brand.stock("tent", "main", 3)
    brand.refresh_collisions()
    (ended,) = screen.all("/collisions", status="ended")
    assert (ended["ended_by"], ended["outcome"]["offered"]) == ("system", None)
    assert ended["outcome"]["opened_again"] is None


def test_an_arrival_shows_in_the_projection_and_as_a_way_to_wait(
    brand: Brand, screen: Screen
) -> None:
    collide(brand)
    assert screen.ask("/arrivals", 200, "POST", {"rows": [announced()]}) == {"stated": 1}
    projections = screen.ask(f"/items/{brand.item('tent')}/projection")["data"]
    (main,) = [one for one in projections if one["changes"]]
    assert main["free"] == -3
    assert [(one["kind"], one["units"], one["free_after"]) for one in main["changes"]] == [
        ("arrival", 12, 9)
    ]
    (collision,) = screen.all("/collisions")
    wait = next(way for way in collision["ways"] if way["way"] == "wait")
    assert wait["parameters"] == {"on": announced()["expected_on"], "arrivals": "BOAT-17"}
    assert [one["missing"] for one in wait["stakes"] if one["rail"] == "dtc"] == ["waiting"]
    assert wait["loses"] is None


def test_arrivals_are_paged_and_ended_ones_are_apart(brand: Brand, screen: Screen) -> None:
    rows = [announced(reference=f"BOAT-{number}") for number in range(5)]
    screen.ask("/arrivals", 200, "POST", {"rows": rows})
    listed = screen.all("/arrivals", limit=2)
    assert [one["reference"] for one in listed] == [f"BOAT-{number}" for number in range(5)]
    screen.ask(f"/arrivals/{listed[0]['id']}/end", 200, "POST")
    assert len(screen.all("/arrivals")) == 4
    assert [one["id"] for one in screen.all("/arrivals", status="ended")] == [listed[0]["id"]]


def test_a_wrong_row_is_named_and_nothing_is_kept(brand: Brand, screen: Screen) -> None:
    rows = [announced(), announced(sku="moon")]
    refused = screen.ask("/arrivals", 422, "POST", {"rows": rows})
    assert [one["field"] for one in refused["errors"]] == ["rows[1].sku"]
    content = "reference,sku,location,units\nB,tent,main,1\n"
    refused = screen.ask("/arrivals/file", 422, "POST", {"content": content})
    assert "expected_on is missing" in refused["errors"][0]["message"]
    assert screen.all("/arrivals") == []


def test_a_list_of_collisions_takes_few_queries_for_each(
    database: str, queue: str, set_settings: Callable[..., None]
) -> None:
    names = tuple(f"item {number}" for number in range(20))
    brand = make_brand(items=names)
    for name in names:
        brand.settle(brand.order(name, 1, item=name, at="main"))
    brand.refresh_collisions()
    screen = open_screen(brand.shop_id, "brand.myshopify.com", set_settings)
    asked: list[str] = []
    event.listen(engine(), "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert len(screen.all("/collisions", limit=20)) == 20
    assert len(asked) < 20 * 5 + 20
