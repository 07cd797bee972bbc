"""Policies over HTTP: what applies and why, changes that holds follow, and the preview."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app import jobs
from app.db import transaction
from app.inventory import past
from app.inventory.models import State
from app.inventory.past import Past
from app.shops import this_shop
from tests.inventory.brand import Brand
from tests.inventory.test_policy import ask, purchase
from tests.support.screen import Screen, open_screen

warnings.filterwarnings("ignore", category=UserWarning, module="joserfc")


@pytest.fixture
def screen(brand: Brand, queue: str, set_settings: Callable[..., None]) -> Screen:
    return open_screen(brand.shop_id, "brand.myshopify.com", set_settings)


def put(screen: Screen, status: int = 200, **body: Any) -> Any:
    return screen.ask("/policies", status, "PUT", body)


def test_a_policy_is_put_and_the_holds_follow_it(brand: Brand, screen: Screen) -> None:
    brand.stock("tent", "main", 9)
    put(screen, safety_stock=4)
    assert screen.ask("/policies")["following"]
    assert "policy" in [one.job for one in jobs.due()]
    jobs.do("policy", brand.shop_id)
    view = screen.ask("/policies")
    assert not view["following"]
    assert "policy" not in [one.job for one in jobs.due()]
    (policy,) = view["policies"]
    assert (policy["scope"], policy["terms"]["safety_stock"]) == ("everything", 4)
    assert brand.quantity("tent", "main", State.SAFETY_STOCK) == 4
    assert put(screen)["policies"] == []


def test_each_value_says_where_it_comes_from(brand: Brand, screen: Screen) -> None:
    view = screen.ask(
        "/policies/groups", 201, "POST", {"name": "Heroes", "item_ids": [brand.item("tent")]}
    )
    group = view["groups"][0]["id"]
    put(screen, safety_stock=2, take_back=True)
    put(screen, group_id=group, amazon_share=40, location_id=brand.at("main"))
    put(screen, item_id=brand.item("tent"), safety_stock=7)
    path = f"/policies/items?location_id={brand.at('main')}"
    stove, tent = screen.ask(path)["data"]
    shown = {name: (one["value"], one["source"]["scope"]) for name, one in tent["fields"].items()}
    assert shown == {
        "safety_stock": (7, "item"),
        "amazon_share": (40, "group"),
        "amazon_ceiling": (None, "default"),
        "precedence": ("earliest_due", "default"),
        "take_back": (True, "everything"),
        "whole_cases": (False, "default"),
    }
    assert tent["fields"]["amazon_share"]["source"]["location"] == "main"
    assert tent["group"]["name"] == "Heroes"
    assert stove["fields"]["safety_stock"]["value"] == 2
    assert screen.ask("/policies/items?search=TENT")["data"][0]["own"]["safety_stock"] == 7


@pytest.mark.parametrize(
    "body, field",
    [
        ({"amazon_share": 101}, "amazon_share"),
        ({"safety_stock": -1}, "safety_stock"),
        ({"item_id": 1, "group_id": 1}, "group_id"),
        ({"item_id": 999_999, "safety_stock": 1}, "item_id"),
        ({"location_id": 999_999, "safety_stock": 1}, "location_id"),
        ({"precedence": "both"}, "precedence"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_by_field(
    screen: Screen, body: dict[str, Any], field: str
) -> None:
    assert [one["field"] for one in put(screen, 422, **body)["errors"]] == [field]


def test_changes_are_listed_with_who_before_and_after(brand: Brand, screen: Screen) -> None:
    put(screen, item_id=brand.item("tent"), safety_stock=7)
    put(screen, item_id=brand.item("tent"), safety_stock=7)
    put(screen, item_id=brand.item("tent"), safety_stock=9)
    newest, first = screen.all("/policies/changes", limit=1)
    assert (first["before"], first["after"]) == (None, {"safety_stock": 7})
    assert (newest["before"], newest["after"]) == ({"safety_stock": 7}, {"safety_stock": 9})
    assert newest["name"] == "TENT" and newest["by"].startswith("user:")


def test_a_group_needs_a_name_of_its_own_and_known_items(brand: Brand, screen: Screen) -> None:
    made = screen.ask("/policies/groups", 201, "POST", {"name": "Heroes"})["groups"][0]
    assert screen.ask("/policies/groups", 409, "POST", {"name": "Heroes"})["code"] == "name_taken"
    refused = screen.ask("/policies/groups", 422, "POST", {"name": "X", "item_ids": [999_999]})
    assert refused["errors"][0]["field"] == "item_ids"
    screen.ask("/policies/groups/999999", 404, "PUT", {"name": "Y"})
    view = screen.ask(f"/policies/groups/{made['id']}", 200, "DELETE")
    assert view["groups"] == []


def test_a_preview_tells_what_would_have_been_and_changes_nothing(
    brand: Brand, screen: Screen
) -> None:
    with transaction(brand.shop_id) as session:
        this_shop(session).opened_at = datetime.now(UTC) - timedelta(days=5)
    brand.stock("tent", "main", 10)
    ask(brand, purchase(brand, 10))
    for number in range(4):
        brand.settle(brand.order(str(number), 1, item="tent", at="main"))
    brand.refresh_collisions()
    before = brand.movement_count(), brand.balances()
    found = screen.ask(
        "/policies/preview", 200, "POST", {"changes": [{"safety_stock": 6, "precedence": "dtc"}]}
    )
    assert (brand.movement_count(), brand.balances()) == before
    assert (found["current"]["oversells"], found["proposed"]["oversells"]) == (4, 0)
    assert (found["orders"], found["requests"]) == (4, 1)
    assert (found["current"]["refused"], found["proposed"]["refused"]) == (0, 6)
    (item,) = found["items"]
    assert item["item"]["sku"] == "TENT" and len(item["current"]["dates"]) == 4
    assert found["begins"] == found["history_since"], "no history is claimed from before the books"


def test_a_preview_of_what_there_is_says_that_nothing_changes(brand: Brand, screen: Screen) -> None:
    brand.stock("tent", "main", 10)
    put(screen, safety_stock=3)
    jobs.do("policy", brand.shop_id)
    ask(brand, purchase(brand, 10))
    found = screen.ask("/policies/preview", 200, "POST", {"changes": [{"safety_stock": 3}]})
    assert found["current"] == found["proposed"]
    assert found["differing"] == 0


def test_an_oversell_gives_way_by_the_job_that_grants_what_is_free(
    brand: Brand, screen: Screen
) -> None:
    brand.stock("tent", "main", 10)
    put(screen, take_back=True)
    jobs.do("policy", brand.shop_id)
    ask(brand, purchase(brand, 10))
    brand.settle(brand.order("1", 4, item="tent", at="main"))
    brand.refresh_collisions()
    jobs.do("ask_again", brand.shop_id)
    (ended,) = screen.ask("/collisions?status=ended")["data"]
    assert (ended["ended_by"], ended["way_taken"]) == ("policy", "take_back")
    assert screen.ask("/collisions")["data"] == []


def test_a_shop_that_is_leaving_is_granted_nothing(brand: Brand, screen: Screen) -> None:
    brand.stock("tent", "main", 10)
    with transaction(brand.shop_id) as session:
        this_shop(session).leaving_at = datetime.now(UTC)
    put(screen, safety_stock=3)
    jobs.do("policy", brand.shop_id)
    assert brand.quantity("tent", "main", State.SAFETY_STOCK) == 0


def test_a_preview_on_the_first_day_replays_what_was_asked_for_before_the_books(
    brand: Brand, screen: Screen
) -> None:
    opened_at = datetime.now(UTC)
    brand.stock("tent", "main", 2)  # what is left on the day of the opening
    tent, main = brand.item("tent"), brand.at("main")
    with transaction(brand.shop_id) as session:
        this_shop(session).opened_at = opened_at
        past.begin(session, opened_at, datetime.now(UTC))
        known = past.cover(session)
        assert known is not None
        known.since = opened_at - timedelta(days=60)
        at = [opened_at - timedelta(days=30 - number) for number in range(6)]
        orders = [Past("order", str(n), "1", tent, main, 2, at[n]) for n in range(1, 6)]
        # Amazon asked for ten of the twelve that were there and took four; one order was cancelled.
        paper = Past("purchase_order", "NA:1", "1", tent, main, 10, at[0], at[5], 4, at[0])
        gone = replace(orders[0], reference="6", ended_at=at[2])
        for _ in range(2):
            past.keep(session, [*orders, paper, gone])
    body = {"changes": [{"amazon_ceiling": 4}]}
    found = screen.ask("/policies/preview", 200, "POST", body)
    assert found["past"]["state"] == "reading" and found["orders"] == 0
    with transaction(brand.shop_id) as session:
        known = past.cover(session)
        assert known is not None
        known.state = "whole"
    found = screen.ask("/policies/preview", 200, "POST", body)
    assert (found["orders"], found["requests"]) == (6, 1)
    assert (found["past"]["orders"], found["past"]["requests"]) == (6, 1)
    assert found["past"]["since"] == found["begins"] < found["history_since"]
    assert (found["current"]["oversells"], found["proposed"]["oversells"]) == (2, 0)
    assert (found["current"]["refused"], found["proposed"]["refused"]) == (0, 6)


def test_what_came_in_before_the_books_is_what_orders_do_not_explain(brand: Brand) -> None:
    tent, main = brand.item("tent"), brand.at("main")
    noon = datetime(2026, 11, 10, 12, tzinfo=UTC)
    begins, ends, day = noon - timedelta(hours=12), noon + timedelta(hours=12), noon.date()
    with transaction(brand.shop_id) as session:
        past.keep(session, [Past("order", "1", "1", tent, main, 3, noon)])
        for _ in range(2):
            past.keep_deliveries(session, day, day, "UTC", [(day, tent, main, 9)])
        kept = past.between(session, begins, ends, [tent])
    assert [(one.kind, one.units) for one in kept] == [("delivery", 12), ("order", 3)]
