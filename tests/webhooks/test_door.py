"""The door: what is let in, what is turned away, and what is kept of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from app import bell
from app.db import transaction
from app.messages import Message
from tests.support.web import make_app
from tests.webhooks.sender import SECRET, Sender, make_shop

ORDER = {
    "id": 9_007_199_254_740_993,
    "name": "#1001",
    "email": "somebody@example.com",
    "customer": {"first_name": "Some", "last_name": "Body"},
    "shipping_address": {"zip": "10115"},
    "updated_at": "2026-11-23T05:00:00-05:00",
    "line_items": [{"id": 18_014_398_509_481_985, "variant_id": 7, "quantity": 2, "sku": None}],
}


def stored(shop_id: int) -> list[Message]:
    with transaction(shop_id) as session:
        return list(session.exec(select(Message).order_by(Message.message_id)))  # type: ignore[arg-type]


def test_a_signed_webhook_is_stored_and_rings(sender: Sender, shop_id: int) -> None:
    answered = sender.send(ORDER, webhook_id="w-1")
    assert answered.status == 200
    (message,) = stored(shop_id)
    assert (message.topic, message.key, message.direction) == ("orders/create", "w-1", "in")
    assert message.reference == "9007199254740993"
    assert message.occurred_at is not None
    assert message.occurred_at.isoformat() == "2026-11-23T10:00:00.123000+00:00"


def test_ids_above_two_to_the_53_survive(sender: Sender, shop_id: int) -> None:
    sender.send(ORDER)
    (message,) = stored(shop_id)
    assert message.request["id"] == "9007199254740993"
    assert message.request["line_items"][0]["id"] == "18014398509481985"


def test_nothing_about_a_person_is_stored(sender: Sender, shop_id: int) -> None:
    sender.send(ORDER)
    kept = str(stored(shop_id)[0].request)
    for personal in ("somebody", "Some", "Body", "10115", "customer", "address"):
        assert personal not in kept


def test_a_webhook_with_a_wrong_signature_is_refused(sender: Sender, shop_id: int) -> None:
    answered = sender.send(ORDER, signature="bm8gc2lnbmF0dXJl")
    assert answered.status == 401
    assert answered.problem["code"] == "bad_signature"
    assert stored(shop_id) == []


@pytest.mark.parametrize("signature", ["", "%%%", "é", "a" * 44])
def test_a_signature_that_is_none_is_refused_too(sender: Sender, signature: str) -> None:
    assert sender.send(ORDER, signature=signature).status in (400, 401)


def test_the_previous_secret_is_accepted_while_it_is_rotated(
    shop_id: int, queue: str, set_settings: Callable[..., None]
) -> None:
    set_settings(SHOPIFY_API_KEY="id", SHOPIFY_API_SECRET="new", SHOPIFY_API_SECRET_PREVIOUS=SECRET)
    sender = Sender(make_app())
    assert sender.send(ORDER, secret=SECRET).status == 200
    assert sender.send(ORDER, secret="new").status == 200
    assert sender.send(ORDER, secret="older").status == 401


@pytest.mark.parametrize("header", ["Topic", "Hmac-Sha256", "Shop-Domain", "Webhook-Id"])
def test_a_webhook_without_one_of_its_headers_is_malformed(sender: Sender, header: str) -> None:
    answered = sender.send(ORDER, without=(header,))
    assert answered.status == 400
    assert answered.problem["errors"] == [{"field": f"X-Shopify-{header}", "message": "is missing"}]


def test_the_newer_spelling_of_the_headers_is_understood(sender: Sender, shop_id: int) -> None:
    assert sender.send(ORDER, prefix="Shopify-").status == 200
    assert len(stored(shop_id)) == 1


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b"null", b'"words"', b"\xff\xfe", b'{"id": NaN}', b"[" * 2_000, b"{}{}"],
)
def test_broken_json_is_malformed(sender: Sender, raw: bytes) -> None:
    answered = sender.send(raw=raw)
    assert (answered.status, answered.problem["code"]) == (400, "broken_json")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_too_large(sender: Sender, shop_id: int, chunked: bool) -> None:
    raw = b'{"x":"' + b"y" * 4_089 + b'"}'
    assert sender.send(raw=raw[:-3] + b'"}', chunked=chunked).status == 200
    answered = sender.send(raw=raw, chunked=chunked)
    assert (answered.status, answered.problem["code"]) == (413, "body_too_large")
    assert len(stored(shop_id)) == 1


def test_a_length_that_is_no_number_is_malformed(sender: Sender) -> None:
    assert sender.send(ORDER, environ={"CONTENT_LENGTH": "-1"}).status == 400


def test_a_body_that_ends_too_soon_is_malformed(sender: Sender) -> None:
    assert sender.send(ORDER, environ={"CONTENT_LENGTH": "4000"}).status == 400


def test_an_unknown_shop_is_answered_and_ignored(sender: Sender, shop_id: int) -> None:
    assert sender.send(ORDER, shop="stranger.myshopify.com").status == 200
    assert sender.send(ORDER, shop="no shop at all").status == 200
    assert stored(shop_id) == []


def test_a_shop_that_was_unknown_is_found_once_it_is_there(sender: Sender) -> None:
    assert sender.send(ORDER, shop="late.myshopify.com").status == 200
    late = make_shop("late.myshopify.com")
    assert sender.send(ORDER, shop="late.myshopify.com").status == 200
    assert len(stored(late)) == 1


def test_an_unknown_topic_is_recorded_as_ignored(sender: Sender, shop_id: int) -> None:
    assert sender.send({"secret": "x"}, topic="carts/create").status == 200
    (message,) = stored(shop_id)
    assert (message.topic, message.state, message.request) == ("carts/create", "ignored", {})


def test_a_webhook_delivered_twice_is_stored_once(sender: Sender, shop_id: int) -> None:
    for _ in range(3):
        assert sender.send(ORDER, webhook_id="same").status == 200
    assert len(stored(shop_id)) == 1


def test_the_compliance_address_takes_what_the_law_asks(sender: Sender, shop_id: int) -> None:
    body = {"shop_domain": "acme.myshopify.com", "customer": {"id": 1, "email": "a@example.com"}}
    path = "/webhooks/shopify/compliance"
    assert sender.send(body, topic="customers/redact", path=path).status == 200
    assert sender.send(body, topic="customers/redact", path=path, signature="x").status == 401
    (message,) = stored(shop_id)
    assert "example" not in str(message.request)


def test_anything_but_a_post_is_refused(sender: Sender) -> None:
    answered = sender.send(ORDER, method="GET")
    assert (answered.status, answered.headers["Allow"]) == (405, "POST")


def test_a_request_id_comes_back_if_it_is_sane(sender: Sender) -> None:
    assert (
        sender.send(ORDER, environ={"HTTP_X_REQUEST_ID": "abc-1"}).headers["X-Request-Id"]
        == "abc-1"
    )
    spoiled = sender.send(ORDER, environ={"HTTP_X_REQUEST_ID": "abc\n" + "x" * 300})
    assert len(spoiled.headers["X-Request-Id"]) == 32


def test_redis_being_down_does_not_cost_a_webhook(
    sender: Sender, shop_id: int, queue: str, set_settings: Callable[..., None]
) -> None:
    set_settings(REDIS_URL="unix:///nowhere/redis.sock")
    assert sender.send(ORDER).status == 200
    set_settings(REDIS_URL=queue)
    assert len(stored(shop_id)) == 1


def test_a_database_that_is_down_makes_shopify_come_again(
    database: str, shop_id: int, queue: str, set_settings: Callable[..., None]
) -> None:
    set_settings(
        SHOPIFY_API_KEY="id",
        SHOPIFY_API_SECRET=SECRET,
        DATABASE_URL="postgresql://holdfast@/none?host=/nowhere",
    )
    answered = Sender(make_app()).send(ORDER)
    set_settings(DATABASE_URL=database)
    assert (answered.status, answered.headers["Retry-After"]) == (503, "5")


def test_many_threads_store_each_message_once(sender: Sender, shop_id: int) -> None:
    failures: list[Any] = []

    def deliver(number: int) -> None:
        for index in range(20):
            # Every id is sent by two threads, so half of all deliveries are repeats.
            answered = sender.send(ORDER, webhook_id=f"{number // 2}-{index}")
            if answered.status != 200:
                failures.append(answered)

    threads = [threading.Thread(target=deliver, args=[number]) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(stored(shop_id)) == 8 * 20


def test_messages_of_many_shops_in_one_commit_stay_apart(sender: Sender, shop_id: int) -> None:
    others = [make_shop(f"shop-{number}.myshopify.com") for number in range(4)]
    threads = [
        threading.Thread(
            target=lambda number=number: [
                sender.send(ORDER, shop=f"shop-{number}.myshopify.com", webhook_id=f"{index}")
                for index in range(10)
            ]
        )
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(stored(other)) for other in others] == [10, 10, 10, 10]
    assert bell.connection().ping()
