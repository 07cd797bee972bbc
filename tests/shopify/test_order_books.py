"""Orders in the books: webhooks go in, in any order and number, and balances come out."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from app.db import transaction
from app.shopify import order_books, snapshots
from tests.shopify.shop import OPENED, OpenShop, after, open_test_shop


@pytest.fixture
def shop(database: str, queue: str) -> OpenShop:
    return open_test_shop()


def body(version: float, *, quantity: int = 5, open_units: int, **changes: Any) -> dict[str, Any]:
    values = {
        "id": 1042,
        "name": "#1042",
        "created_at": after(1),
        "updated_at": after(version),
        "line_items": [
            {
                "id": 1,
                "variant_id": 40,
                "product_id": 30,
                "sku": "TENT",
                "quantity": quantity,
                "fulfillable_quantity": open_units,
            }
        ],
    }
    return values | changes


def fulfillment(quantity: int, version: float, **changes: Any) -> dict[str, Any]:
    values = {
        "id": 500,
        "order_id": 1042,
        "status": "success",
        "location_id": 100,
        "created_at": after(version),
        "updated_at": after(version),
        "line_items": [{"id": 1, "variant_id": 40, "quantity": quantity}],
    }
    return values | changes


def refund(quantity: int, restock: str, version: float, **changes: Any) -> dict[str, Any]:
    line = {
        "id": 1, "line_item_id": 1, "quantity": quantity, "restock_type": restock,
        "location_id": 100,
    }  # fmt: skip
    return {"id": 600, "created_at": after(version), "refund_line_items": [line]} | changes


def test_an_order_is_held_fulfilled_and_done(shop: OpenShop) -> None:
    shop.deliver("orders/create", body(1, open_units=5))
    assert shop.standing("TENT") == {"available": 45, "committed": 5, "adjustment": -50}
    shop.deliver("fulfillments/create", fulfillment(2, 2))
    assert shop.balance("TENT", "committed") == 3
    shop.deliver("orders/updated", body(2, open_units=3, fulfillments=[fulfillment(2, 2)]))
    assert shop.standing("TENT") == {
        "available": 45, "committed": 3, "customer": 2, "adjustment": -50,
    }  # fmt: skip
    cancelled = body(
        3,
        open_units=0,
        fulfillments=[fulfillment(2, 2)],
        refunds=[refund(3, "cancel", 3)],
        cancelled_at=after(3),
    )
    shop.deliver("orders/cancelled", cancelled)
    assert shop.standing("TENT") == {"available": 48, "customer": 2, "adjustment": -50}
    assert shop.out("inventory/move", "inventory/adjust") == []


def test_the_order_of_arrival_and_repeats_do_not_matter(shop: OpenShop) -> None:
    papers: list[tuple[str, dict[str, Any]]] = [
        ("orders/create", body(1, open_units=5)),
        ("orders/updated", body(2, open_units=3, fulfillments=[fulfillment(2, 2)])),
        ("fulfillments/create", fulfillment(2, 2)),
        (
            "orders/updated",
            body(
                3,
                open_units=1,
                fulfillments=[fulfillment(2, 2)],
                refunds=[refund(1, "cancel", 3), refund(1, "no_restock", 3, id=601)],
            ),
        ),
        (
            "orders/updated",
            body(
                4,
                open_units=1,
                fulfillments=[fulfillment(2, 2)],
                refunds=[
                    refund(1, "cancel", 3),
                    refund(1, "no_restock", 3, id=601),
                    refund(1, "return", 4, id=602),
                ],
            ),
        ),
    ]
    expected = {"available": 47, "committed": 1, "customer": 1, "adjustment": -49}
    for seed in range(6):
        shuffled = papers * 2
        random.Random(seed).shuffle(shuffled)
        fresh = open_test_shop(f"shuffled-{seed}.myshopify.com")
        for place, (topic, paper) in enumerate(shuffled):
            fresh.deliver(topic, paper, drain=place % 3 == 2)
        fresh.deliver("orders/updated", papers[-1][1])
        assert fresh.standing("TENT") == expected, seed
    for topic, paper in papers:
        shop.deliver(topic, paper)
    assert shop.standing("TENT") == expected


def test_a_thousand_orders_are_one_batch(shop: OpenShop) -> None:
    for number in range(1000):
        shop.deliver("orders/create", body(1, open_units=1, quantity=1, id=number + 1), drain=False)
    shop.deliver("orders/create", body(1, open_units=1, quantity=1, id=5000))
    assert shop.balance("TENT", "committed") == 1001
    assert shop.balance("TENT", "available") == 50 - 1001


def test_the_same_second_with_other_content_is_asked_for_and_then_settled(shop: OpenShop) -> None:
    shop.deliver("orders/create", body(1, open_units=5))
    shop.deliver("orders/updated", body(1, open_units=2, refunds=[refund(3, "cancel", 1)]))
    assert shop.balance("TENT", "committed") == 5
    assert [one.reference for one in shop.out("orders/read")] == ["1042"]
    kept = body(1, open_units=2, refunds=[refund(3, "cancel", 1)], id="1042", read=True)
    kept["line_items"][0] |= {"id": "1", "variant_id": "40"}
    kept["refunds"][0]["refund_line_items"][0]["line_item_id"] = "1"
    kept["refunds"][0]["id"] = "600"
    snapshot = snapshots.order_of(kept)
    assert snapshot is not None
    with transaction(shop.shop_id) as session:
        order_books.settle_orders(session, [(snapshot, None)])
    assert shop.balance("TENT", "committed") == 2


def test_edits_and_refunds_are_asked_for_once_while_the_question_waits(shop: OpenShop) -> None:
    edit = {"order_edit": {"id": 1, "order_id": 1042, "committed_at": after(2)}}
    shop.deliver("orders/edited", edit, drain=False)
    shop.deliver("orders/edited", edit | {"x": 1}, drain=False)
    shop.deliver("refunds/create", refund(1, "cancel", 2, order_id=1042))
    (asked,) = shop.out("orders/read")
    assert asked.request == {"id": "1042"}


def test_routing_is_asked_for_where_there_is_more_than_one_place(shop: OpenShop) -> None:
    routed = {"fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/77", "status": "open"}}
    shop.deliver("fulfillment_orders/order_routing_complete", routed)
    (asked,) = shop.out("fulfillment_orders/read")
    assert asked.request == {"id": "77"}


def test_a_fulfilment_from_elsewhere_moves_the_hold(shop: OpenShop) -> None:
    shop.deliver("orders/create", body(1, open_units=5))
    shop.deliver("fulfillments/create", fulfillment(5, 2, location_id=200))
    assert shop.standing("TENT") == {"available": 50, "adjustment": -50}
    assert shop.standing("TENT", "200") == {"available": 15, "customer": 5, "adjustment": -20}


def test_a_cancelled_fulfilment_gives_the_units_back_to_the_order(shop: OpenShop) -> None:
    shop.deliver("orders/create", body(1, open_units=5))
    shop.deliver("fulfillments/create", fulfillment(5, 2))
    shop.deliver("fulfillments/update", fulfillment(5, 2) | {
        "status": "cancelled", "updated_at": after(3),
    })  # fmt: skip
    assert shop.standing("TENT") == {"available": 45, "committed": 5, "adjustment": -50}
    assert [one.reference for one in shop.out("orders/read")] == ["1042"]


def test_odd_lines_are_listed_and_unknown_products_asked_for(shop: OpenShop) -> None:
    odd = body(1, open_units=5)
    odd["line_items"] += [
        {"id": 2, "variant_id": 99, "product_id": 31, "quantity": 1, "fulfillable_quantity": 1},
        {"id": 3, "variant_id": 43, "product_id": 32, "quantity": 1, "fulfillable_quantity": 1},
        {"id": 4, "quantity": -1, "sku": None},
        {"id": 5, "quantity": 10**30, "sku": "X", "variant_id": 2**60},
    ]
    message = shop.message(shop.deliver("orders/create", odd))
    assert [note["code"] for note in message.notes] == [
        "variant_unknown", "not_tracked", "bad_quantity", "bad_quantity",
    ]  # fmt: skip
    assert shop.balance("TENT", "committed") == 5
    assert [one.request for one in shop.out("products/read")] == [{"id": "31"}]
    assert [one.request for one in shop.out("orders/read")] == [{"id": "1042"}]


def test_a_body_of_five_thousand_lines_is_handled(shop: OpenShop) -> None:
    lines = [
        {"id": n, "variant_id": 40, "sku": None, "quantity": 1, "fulfillable_quantity": 1}
        for n in range(1, 5001)
    ]
    shop.deliver("orders/create", body(1, open_units=0, line_items=lines))
    assert shop.balance("TENT", "committed") == 5000


def test_a_deleted_order_holds_nothing(shop: OpenShop) -> None:
    shop.deliver("orders/create", body(1, open_units=5))
    shop.deliver("orders/delete", {"id": 1042})
    assert shop.standing("TENT") == {"available": 50, "adjustment": -50}


def test_an_item_no_longer_tracked_holds_nothing(shop: OpenShop) -> None:
    shop.deliver("orders/create", body(1, open_units=5))
    shop.deliver(
        "inventory_items/update", {"id": 9001, "sku": "TENT", "tracked": False, "cost": "12.50"}
    )
    assert shop.balance("TENT", "committed") == 0


def test_an_order_from_before_the_opening_takes_over_what_the_opening_held(
    database: str, queue: str
) -> None:
    shop = open_test_shop(
        counted=[("TENT", "100", "available", 43), ("TENT", "100", "committed", 7)]
    )
    assert shop.standing("TENT") == {"available": 43, "committed": 7, "adjustment": -50}
    before = (OPENED - timedelta(days=90)).isoformat()
    shop.deliver("orders/updated", body(2, open_units=5, created_at=before))
    assert shop.standing("TENT") == {"available": 43, "committed": 7, "adjustment": -50}
    shop.deliver("fulfillments/create", fulfillment(5, 3))
    assert shop.standing("TENT") == {
        "available": 43, "committed": 2, "customer": 5, "adjustment": -50,
    }  # fmt: skip
