"""The core over HTTP: pages without gaps, numbers that open, collisions ended by one click."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

from tests.inventory.brand import Brand
from tests.support.id_tokens import bearer
from tests.support.screen import Screen, open_screen

warnings.filterwarnings("ignore", category=UserWarning, module="joserfc")


@pytest.fixture
def screen(brand: Brand, queue: str, set_settings: Callable[..., None]) -> Screen:
    return open_screen(brand.shop_id, "brand.myshopify.com", set_settings)


def test_an_item_shows_what_stands_where(brand: Brand, screen: Screen) -> None:
    brand.stock("tent", "main", 10)
    brand.stock("tent", "east", 4)
    brand.settle(brand.order("1", 3, item="tent", at="main"))
    item = screen.ask(f"/items/{brand.item('tent')}")
    assert (item["on_hand"], item["totals"]["available"], item["totals"]["committed"]) == (
        14,
        11,
        3,
    )
    assert {
        (one["location"]["name"], one["state"], one["quantity"])
        for one in item["balances"]
        if one["state"] in ("available", "committed")
    } == {("main", "available", 7), ("main", "committed", 3), ("east", "available", 4)}


def test_a_balance_as_of_an_earlier_moment_is_what_it_was(brand: Brand, screen: Screen) -> None:
    brand.stock("tent", "main", 10)
    path = f"/items/{brand.item('tent')}"
    before = screen.ask(f"{path}/movements")["data"][0]["recorded_at"]
    brand.settle(brand.order("1", 3, item="tent", at="main"))
    brand.settle(brand.purchase_order("P", 4, item="tent", at="main"))
    assert screen.ask(path)["totals"]["available"] == 3
    then = screen.ask(f"{path}?as_of={before}")
    assert (then["totals"]["available"], then["totals"]["committed"]) == (10, 0)
    assert len(screen.ask(f"{path}/movements?as_of={before}")["data"]) == 1


def test_every_movement_is_on_exactly_one_page(brand: Brand, screen: Screen) -> None:
    brand.stock("tent", "main", 100)
    for number in range(23):
        brand.settle(brand.order(str(number), 1, item="tent", at="main"))
    rows = screen.all(f"/items/{brand.item('tent')}/movements", limit=5)
    assert len(rows) == len({row["id"] for row in rows}) == 24
    assert [int(row["id"]) for row in rows] == sorted(
        (int(row["id"]) for row in rows), reverse=True
    )
    newest = rows[0]
    assert (newest["from"]["state"], newest["to"]["state"]) == ("available", "committed")
    assert newest["document"]["kind"] == "shopify_order"
    assert newest["from"]["balance_after"] == 77


def test_movements_of_one_account_leave_out_the_others(brand: Brand, screen: Screen) -> None:
    brand.stock("tent", "main", 10)
    brand.stock("tent", "east", 10)
    brand.settle(brand.order("1", 2, item="tent", at="main"))
    rows = screen.all(
        f"/items/{brand.item('tent')}/movements", state="committed", location_id=brand.at("main")
    )
    assert [row["quantity"] for row in rows] == [2]


@pytest.mark.parametrize("sort", ["sku", "available"])
def test_items_page_without_gap_or_repeat(brand: Brand, screen: Screen, sort: str) -> None:
    brand.stock("stove", "main", 1)
    rows = screen.all("/items", limit=1, sort=sort)
    expected = ["STOVE", "TENT"] if sort == "sku" else ["TENT", "STOVE"]
    assert [row["sku"] for row in rows] == expected


def test_a_search_finds_by_title_and_takes_wildcards_literally(
    brand: Brand, screen: Screen
) -> None:
    assert [row["sku"] for row in screen.all("/items", search="ten")] == ["TENT"]
    assert screen.all("/items", search="%25") == []


@pytest.mark.parametrize(
    "path, field",
    [
        ("/items?limit=0", "limit"),
        ("/items?sort=price", "sort"),
        ("/items?cursor=nonsense", "cursor"),
        ("/items/1?as_of=yesterday", "as_of"),
    ],
)
def test_bad_input_names_the_field(screen: Screen, path: str, field: str) -> None:
    answer = screen.web.get(f"/api{path}", headers=bearer(screen.domain))
    assert answer.status_code in (400, 422)
    assert answer.mimetype == "application/problem+json"
    assert field in {one["field"] for one in answer.get_json()["errors"]}


def test_an_unknown_item_is_not_found(screen: Screen) -> None:
    assert screen.ask("/items/999999", 404)["code"] == "not_found"


def test_holds_say_who_wants_what_and_what_is_short(brand: Brand, screen: Screen) -> None:
    brand.stock("tent", "main", 5)
    brand.settle(brand.order("1", 2, item="tent", at="main"))
    brand.settle(brand.purchase_order("P", 9, item="tent", at="main"))
    rows = screen.all("/holds", limit=1)
    assert [(row["document"]["kind"], row["held"], row["short"]) for row in rows] == [
        ("purchase_order", 3, 6),
        ("shopify_order", 2, 0),
    ]


def collide(brand: Brand) -> None:
    brand.stock("tent", "main", 10)
    brand.settle(brand.purchase_order("P", 8, item="tent", at="main"))
    brand.settle(brand.order("1", 5, item="tent", at="main"))
    brand.refresh_collisions()


def click(screen: Screen, collision: dict[str, Any], way: dict[str, Any], status: int = 200) -> Any:
    path = f"/collisions/{collision['id']}/ways/{way['way']}"
    return screen.ask(path, status, "POST", {"parameters": way["parameters"]})


def test_one_click_ends_a_collision(brand: Brand, screen: Screen) -> None:
    collide(brand)
    (collision,) = screen.all("/collisions", status="open")
    assert [one["rail"] for one in collision["claimants"]] == ["dtc", "amazon"]
    assert sum(way["ends_it"] for way in collision["ways"]) >= 2
    ended = click(screen, collision, collision["ways"][0])
    assert (ended["status"], ended["way_taken"], ended["ended_by"]) == (
        "ended",
        "take_back",
        "user:7",
    )
    assert screen.all("/collisions", status="open") == []
    assert [one["id"] for one in screen.all("/collisions", status="ended")] == [collision["id"]]


def test_a_click_that_comes_too_late_shows_the_fresh_collision(
    brand: Brand, screen: Screen
) -> None:
    collide(brand)
    (collision,) = screen.all("/collisions", status="open")
    brand.settle(brand.purchase_order("P", 1, item="tent", at="main", version=2))
    brand.refresh_collisions()
    refused = click(screen, collision, collision["ways"][0], 409)
    assert refused["code"] == "collision_changed"
    assert refused["collision"]["status"] == "ended"


def test_the_audit_runs_on_request(screen: Screen) -> None:
    assert screen.ask("/audit")["ran_at"] is None
    ran = screen.ask("/audit", 200, "POST")
    assert ran["findings"] == []
    assert screen.ask("/audit")["ran_at"] == ran["ran_at"]
    assert "balances_equal_movements" in ran["checks"]
