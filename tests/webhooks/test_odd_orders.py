"""Orders that no shop should send are stored and handled all the same, odd lines named for a person."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from app.db import transaction
from app.inventory.models import Alias, Item
from app.messages import Message
from app.webhooks import inbox
from tests.inventory.brand import Brand, make_brand
from tests.support.web import make_app
from tests.webhooks.sender import DOMAIN, SECRET, Sender

HUGE = 2**53 + 1


@pytest.fixture
def brand(database: str, queue: str) -> Brand:
    """A shop with a tracked tent at variant 7, and a gift card that nobody counts at variant 8."""
    made = make_brand(DOMAIN, items=("tent", "card"), locations=("1",))
    with transaction(made.shop_id) as session:
        session.execute(text("UPDATE shop SET opened_at = '2020-01-01T00:00:00Z'"))
        session.get_one(Item, (made.shop_id, made.item("card"))).tracked = False
        for variant, item in ((7, "tent"), (8, "card"), (HUGE, "tent")):
            session.add(
                Alias(
                    shop_id=made.shop_id,
                    kind="shopify_variant",
                    value=str(variant),
                    item_id=made.item(item),
                )
            )
    return made


@pytest.fixture
def sender(brand: Brand, set_settings: Callable[..., None]) -> Sender:
    set_settings(SHOPIFY_API_KEY="id", SHOPIFY_API_SECRET=SECRET)
    return Sender(make_app())


def order(lines: list[dict[str, Any]], **further: Any) -> dict[str, Any]:
    return {
        "id": HUGE,
        "name": "#1",
        "created_at": "2026-11-23T10:00:00Z",
        "updated_at": "2026-11-23T10:00:00Z",
        "line_items": lines,
    } | further


def line(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": number, "variant_id": 7, "quantity": 1, "current_quantity": 1} | fields


def handled(brand: Brand) -> Message:
    inbox.drain(brand.shop_id)
    with transaction(brand.shop_id) as session:
        return session.exec(
            select(Message).where(Message.direction == "in").order_by(Message.message_id.desc())  # type: ignore[attr-defined]
        ).first()  # type: ignore[return-value]


def held(brand: Brand) -> int:
    with transaction(brand.shop_id) as session:
        return int(session.execute(text("SELECT coalesce(sum(held), 0) FROM hold")).scalar_one())


def test_an_order_of_five_thousand_lines_is_held_in_full(sender: Sender, brand: Brand) -> None:
    body = order([line(number) for number in range(1, 5_001)])
    assert sender.send(body).status == 200
    assert handled(brand).state == "done"
    assert held(brand) == 5_000


def test_odd_lines_are_named_and_the_others_are_held(sender: Sender, brand: Brand) -> None:
    lines = [
        line(1, quantity=2, current_quantity=2),
        line(2, variant_id=999),
        line(3, variant_id=None, sku=None, product_exists=False),
        line(4, quantity=0, current_quantity=0),
        line(5, quantity=-3, current_quantity=-3),
        line(6, variant_id=8),
        line(7, variant_id=HUGE),
        line(8, quantity="many", current_quantity="many"),
        line(9, quantity=2**70, current_quantity=2**70),
    ]
    assert sender.send(order(lines)).status == 200
    message = handled(brand)
    assert message.state == "done", message.error
    assert message.reference == str(HUGE)
    assert held(brand) == 3
    noted = Counter(note["code"] for note in message.notes)
    assert noted["variant_unknown"] == 1
    assert noted["not_tracked"] == 1
    assert noted["custom_line"] == 1
    assert noted["bad_quantity"] >= 3
    assert {str(note["line"]) for note in message.notes} <= {"2", "3", "4", "5", "6", "8", "9"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"id": None},
        {"id": HUGE, "line_items": None},
        {"id": HUGE, "line_items": [None, 1, "x", {}]},
        {"id": HUGE, "updated_at": "yesterday", "line_items": [line(1)]},
        {"id": HUGE, "updated_at": "9999-12-31T23:59:59+00:00", "line_items": [line(1)]},
        {"id": 2**80, "updated_at": "2026-11-23T10:00:00Z", "line_items": [line(1)]},
        {"id": -1, "updated_at": "2026-11-23T10:00:00Z", "line_items": [line(1)]},
        {"id": "gid://shopify/Order/5", "updated_at": "2026-11-23T10:00:00Z"},
        order([line(1)], name="\x00\ud800 ' \" \\ %s {}"),
        order([line(2**63), line(2**64)]),
        order([line(1), line(1)]),
    ],
    ids=lambda body: json.dumps(body)[:60],
)
@pytest.mark.parametrize("topic", ["orders/create", "orders/edited", "refunds/create"])
def test_bodies_that_make_no_sense_hurt_nobody(
    sender: Sender, brand: Brand, topic: str, body: dict[str, Any]
) -> None:
    """Whatever becomes of such a message itself, the sound one that came with it goes through."""
    assert sender.send(body, topic=topic).status == 200
    assert sender.send(order([line(77)], id=4_242)).status == 200
    inbox.drain(brand.shop_id)
    with transaction(brand.shop_id) as session:
        sound = session.exec(select(Message).where(Message.reference == "4242")).one()
        assert sound.state == "done"
        odd = session.exec(
            select(Message).where(Message.direction == "in", Message.message_id != sound.message_id)
        ).one()
        assert odd.state in ("done", "waiting", "dead")
        assert "Traceback" not in (odd.error or "")
