"""What is kept of a webhook's body."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app.shopify import payloads

PERSONAL = [
    "Ada", "Lovelace", "ada@example.org", "+44 20 7946 0000", "12 St James's Square", "SW1Y 4JH",
    "51.507", "203.0.113.9", "Mozilla/5.0", "please ring twice", "engraved: for Charles",
    "tok_secret", "4242", "/landing?email=ada", "Analytical Engines Ltd", "8812345678901",
]  # fmt: skip
PERSON = {
    "id": 8812345678901,
    "email": "ada@example.org",
    "phone": "+44 20 7946 0000",
    "first_name": "Ada",
    "last_name": "Lovelace",
}
ADDRESS = {
    "name": "Ada Lovelace",
    "company": "Analytical Engines Ltd",
    "address1": "12 St James's Square",
    "zip": "SW1Y 4JH",
    "latitude": 51.507,
    "phone": "+44 20 7946 0000",
}


def order_body() -> dict[str, Any]:
    """An order as Shopify sends it, full of a person's data."""
    return {
        "id": 9007199254740993,
        "name": "#1042",
        "email": "ada@example.org",
        "contact_email": "ada@example.org",
        "phone": "+44 20 7946 0000",
        "created_at": "2026-11-20T10:00:00-05:00",
        "updated_at": "2026-11-20T10:00:05-05:00",
        "customer": PERSON,
        "billing_address": ADDRESS,
        "shipping_address": ADDRESS,
        "browser_ip": "203.0.113.9",
        "client_details": {"user_agent": "Mozilla/5.0", "browser_ip": "203.0.113.9"},
        "note": "please ring twice",
        "note_attributes": [{"name": "gift", "value": "for Ada"}],
        "token": "tok_secret",
        "cart_token": "tok_secret",
        "landing_site": "/landing?email=ada",
        "payment_details": {"credit_card_number": "•••• 4242"},
        "fulfillments": [
            {
                "id": 5,
                "status": "success",
                "destination": ADDRESS,
                "email": "ada@example.org",
                "receipt": {"authorization": "tok_secret"},
                "tracking_number": "tok_secret",
                "line_items": [{"id": 1, "quantity": 1, "properties": [{"value": "for Ada"}]}],
            }
        ],
        "refunds": [{"id": 6, "note": "Ada asked", "refund_line_items": [], "user_id": 1}],
        "line_items": [
            {
                "id": 1,
                "variant_id": 40,
                "sku": "TENT-2P",
                "quantity": 2,
                "properties": [{"name": "engraving", "value": "engraved: for Charles"}],
                "origin_location": ADDRESS,
            }
        ],
    }


@pytest.mark.parametrize("topic", sorted(payloads.FIELDS))
def test_no_personal_data_passes_whatever_the_topic(topic: str) -> None:
    body = order_body() | {
        "order_edit": order_body() | {"staff_note": "Ada rang"},
        "fulfillment_order": order_body(),
        "variants": [order_body()],
        "shop_owner": "Ada Lovelace",
    }
    body["name"] = "#1042"
    text = json.dumps(payloads.kept(topic, body), ensure_ascii=False)
    assert [word for word in PERSONAL if word in text] == []


@pytest.mark.parametrize(
    "topic", ["customers/redact", "customers/data_request", "customers/create"]
)
def test_topics_that_name_customers_keep_nothing(topic: str) -> None:
    assert payloads.kept(topic, {"customer": PERSON, "id": 8812345678901}) == {}


def test_what_stock_depends_on_is_kept_with_ids_as_text() -> None:
    fields = payloads.kept("orders/create", order_body())
    assert fields["id"] == "9007199254740993"
    assert fields["line_items"] == [
        {"id": "1", "variant_id": "40", "sku": "TENT-2P", "quantity": 2}
    ]
    assert payloads.reference("orders/create", fields) == "9007199254740993"
    assert payloads.occurred_at("orders/create", fields) == datetime(
        2026, 11, 20, 15, 0, 5, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "body",
    [None, 7, "text", [], [1], {"line_items": None}, {"line_items": "x"}, {"line_items": [None, 3]},
     {"id": {"a": 1}}, {"id": True}, {"id": -5}, {"id": 10**30}, {"updated_at": "soon"},
     {"updated_at": "0001-01-01T00:00:00+14:00"}],
)  # fmt: skip
@pytest.mark.parametrize("topic", sorted(payloads.FIELDS))
def test_no_body_is_too_odd(topic: str, body: Any) -> None:
    fields = payloads.kept(topic, body)
    assert isinstance(fields, dict)
    assert payloads.reference(topic, fields) is None
    assert payloads.occurred_at(topic, fields) is None


def test_text_that_postgresql_cannot_store_is_cleaned() -> None:
    line = {"id": 1, "sku": "A\x00B\ud800C", "quantity": 1.5, "variant_id": "gid://shopify/X/9"}
    fields = payloads.kept("orders/create", {"line_items": [line]})
    assert fields["line_items"] == [{"id": "1", "sku": "ABC", "quantity": None, "variant_id": "9"}]


def test_an_edit_speaks_of_its_order() -> None:
    body = {"order_edit": {"id": 1, "order_id": 77, "committed_at": "2026-11-20T10:00:00Z"}}
    fields = payloads.kept("orders/edited", body)
    assert payloads.reference("orders/edited", fields) == "77"
    assert payloads.occurred_at("orders/edited", fields) is not None
