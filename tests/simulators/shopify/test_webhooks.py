"""Webhooks by Shopify's delivery contract, and its breaches on request."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from tests.simulators.shopify.conftest import DOMAIN, SECRET, App, Merchant


def place(shop: Merchant) -> None:
    shop.control("POST", "orders", lines=[{"sku": "TENT", "quantity": 1}])


def test_the_raw_body_is_signed_and_every_header_is_there(shop: Merchant, app: App) -> None:
    place(shop)
    shop.settle()
    (one,) = app.of("orders/create")
    digest = hmac.new(SECRET.encode(), one.body, hashlib.sha256).digest()
    assert one.headers["X-Shopify-Hmac-Sha256"] == base64.b64encode(digest).decode()
    assert one.headers["X-Shopify-Shop-Domain"] == DOMAIN
    assert one.headers["X-Shopify-API-Version"] == "2026-10"
    assert one.headers["X-Shopify-Triggered-At"].endswith("Z")
    assert one.path == "/webhooks/shopify"
    ids = [received.headers["X-Shopify-Webhook-Id"] for received in app.received]
    assert len(set(ids)) == len(ids)
    events = {received.headers["X-Shopify-Event-Id"] for received in app.received}
    assert len(events) == 1


def test_a_webhook_that_is_refused_comes_again_with_the_same_id_and_body(
    shop: Merchant, app: App
) -> None:
    shop.control("POST", "knobs", topics=["orders/create"])
    app.answers = [500, 404, 302]
    place(shop)
    shop.settle()
    assert len(app.received) == 4
    assert len({one.headers["X-Shopify-Webhook-Id"] for one in app.received}) == 1
    assert len({one.body for one in app.received}) == 1
    (delivery,) = shop.control("GET", "deliveries")["data"]
    assert (delivery["state"], delivery["failures"]) == ("delivered", 3)


def test_after_eight_retries_a_webhook_is_given_up(shop: Merchant, app: App) -> None:
    shop.control("POST", "knobs", topics=["orders/create"])
    app.answers = [503] * 20
    place(shop)
    shop.settle()
    assert len(app.received) == 9
    assert shop.control("GET", "deliveries?state=failed")["data"][0]["failures"] == 9


def test_duplicates_carry_the_same_id(shop: Merchant, app: App) -> None:
    shop.control("POST", "knobs", duplicate=1, topics=["orders/create"])
    place(shop)
    shop.settle()
    first, second = app.received
    assert first.headers["X-Shopify-Webhook-Id"] == second.headers["X-Shopify-Webhook-Id"]


def test_held_webhooks_are_released_on_request(shop: Merchant, app: App) -> None:
    shop.control("POST", "knobs", hold=True)
    place(shop)
    shop.settle()
    assert app.received == []
    assert shop.control("POST", "deliveries/release", shuffled=True)["released"] > 3
    shop.settle()
    assert "orders/create" in app.topics()


def test_a_lost_answer_means_that_the_app_gets_it_twice(shop: Merchant, app: App) -> None:
    shop.control("POST", "knobs", lose_answer_next=1, topics=["orders/create"])
    place(shop)
    shop.settle()
    assert len(app.received) == 2


def test_dropped_webhooks_never_come(shop: Merchant, app: App) -> None:
    shop.control("POST", "knobs", drop_next=1, topics=["orders/create"])
    place(shop)
    shop.settle()
    assert app.received == []
    assert shop.control("GET", "deliveries?state=dropped")["data"]


def test_bodies_can_be_trimmed_to_the_fields_that_are_subscribed_to(
    shop: Merchant, app: App
) -> None:
    shop.control("POST", "knobs", include_fields={"orders/create": ["id", "updated_at"]})
    place(shop)
    shop.settle()
    assert set(json.loads(app.of("orders/create")[0].body)) == {"id", "updated_at"}


def test_compliance_topics_have_their_own_address(shop: Merchant, app: App) -> None:
    place(shop)
    order = shop.control("GET", "orders")["data"][0]
    shop.control("POST", "compliance", topic="customers/redact", order=order["id"])
    shop.settle()
    (one,) = app.of("customers/redact")
    assert one.path == "/webhooks/shopify/compliance"
    assert json.loads(one.body)["orders_to_redact"] == [order["id"]]


def test_any_body_can_be_sent_signed(shop: Merchant, app: App) -> None:
    shop.control("POST", "webhooks", topic="orders/create", body='{"broken": ')
    shop.settle()
    assert app.received[0].body == b'{"broken": '


def test_the_app_hears_that_it_was_removed_and_nothing_after_that(shop: Merchant, app: App) -> None:
    shop.control("POST", "uninstall")
    place(shop)
    shop.settle()
    assert app.topics() == ["app/uninstalled"]


def test_items_and_locations_are_told_of(shop: Merchant, app: App) -> None:
    shop.control("POST", "items", sku="LAMP", stock={"Store": 2})
    shop.control("PATCH", "items", sku="LAMP", set={"sku": "LAMP-2"})
    shop.control("PATCH", "locations", location="Store", active=False)
    shop.control("DELETE", "items", sku="LAMP-2")
    shop.settle()
    assert set(app.topics()) >= {
        "products/create",
        "products/update",
        "products/delete",
        "inventory_items/create",
        "inventory_items/update",
        "inventory_items/delete",
        "inventory_levels/connect",
        "inventory_levels/disconnect",
        "locations/deactivate",
    }
