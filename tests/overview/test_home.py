"""Home and messages over HTTP."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app import messages
from app.db import transaction
from app.messages import Message
from tests.inventory.brand import Brand, make_brand
from tests.support.screen import Screen, open_screen


@pytest.fixture
def brand(database: str) -> Brand:
    return make_brand()


@pytest.fixture
def screen(brand: Brand, queue: str, set_settings: Callable[..., None]) -> Screen:
    return open_screen(brand.shop_id, "brand.myshopify.com", set_settings)


def dead_message(brand: Brand) -> int:
    with transaction(brand.shop_id) as session:
        message_id = messages.record(
            session,
            direction="in",
            channel="shopify",
            topic="orders/create",
            key="one",
            request={"id": 1},
        )
        assert message_id is not None
        messages.bury(session.get_one(Message, (brand.shop_id, message_id)), "It broke.")
    return message_id


def test_home_counts_what_needs_a_person(brand: Brand, screen: Screen) -> None:
    brand.stock("tent", "main", 4)
    brand.settle(brand.order("1", 6, item="tent", at="main"))
    brand.refresh_collisions()
    dead_message(brand)
    home = screen.ask("/home")
    assert home["collisions_open"] == 1
    assert home["messages"]["dead"] == 1
    assert (home["units"]["available"], home["units"]["committed"]) == (-2, 6)
    assert {step["step"]: step["done"] for step in home["setup"]} == {
        "shopify_connected": True,
        "catalog_imported": False,
        "amazon_connected": False,
        "first_purchase_order": False,
    }


def test_a_dead_message_waits_again_after_replay(brand: Brand, screen: Screen) -> None:
    message_id = dead_message(brand)
    assert [one["error"] for one in screen.all("/messages", state="dead")] == ["It broke."]
    replayed = screen.ask(f"/messages/{message_id}/replay", 202, "POST")
    assert (replayed["state"], replayed["attempts"]) == ("waiting", 0)
    assert [one["outcome"] for one in replayed["history"]] == ["dead", "replayed"]


def test_secrets_of_a_connection_are_never_shown(screen: Screen) -> None:
    (connection,) = screen.ask("/connections")["data"]
    assert "access_token" not in connection
    assert "refresh_token" not in connection
