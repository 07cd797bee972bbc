"""What each step of an order's life does to stock, and what the app hears of it."""

from __future__ import annotations

import json
from typing import Any

from tests.simulators.shopify.conftest import App, Merchant


def states(
    shop: Merchant, sku: str = "TENT", location: str = "Main warehouse"
) -> tuple[int, int, int]:
    found = shop.quantities(sku, location)
    return found["available"], found["committed"], found["on_hand"]


def place(shop: Merchant, *lines: tuple[str, int], **more: Any) -> Any:
    wanted = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
    return shop.control("POST", "orders", lines=wanted, **more)


def test_an_order_moves_units_to_committed_and_shipping_takes_them_out(shop: Merchant) -> None:
    order = place(shop, ("TENT", 3))
    assert states(shop) == (7, 3, 10)
    shop.control("POST", f"orders/{order['id']}/fulfil")
    assert states(shop) == (7, 0, 7)


def test_an_order_is_placed_whatever_the_stock(shop: Merchant) -> None:
    place(shop, ("STOVE", 5))
    assert states(shop, "STOVE") == (-2, 5, 3)


def test_an_order_goes_where_all_of_it_is_or_line_by_line(shop: Merchant) -> None:
    shop.control("POST", "stock", sku="TENT", location="Main warehouse", quantity=0)
    place(shop, ("TENT", 2), ("STOVE", 1))
    assert states(shop, "TENT", "East warehouse") == (3, 2, 5)
    assert states(shop, "STOVE") == (2, 1, 3)


def test_cancelling_puts_the_units_back_or_not(shop: Merchant) -> None:
    one, other = place(shop, ("TENT", 2)), place(shop, ("TENT", 3))
    shop.control("POST", f"orders/{one['id']}/cancel", restock=True)
    assert states(shop) == (7, 3, 10)
    shop.control("POST", f"orders/{other['id']}/cancel", restock=False)
    assert states(shop) == (7, 0, 7)


def test_an_edit_takes_and_gives_units(shop: Merchant) -> None:
    order = place(shop, ("TENT", 3))
    shop.control("POST", f"orders/{order['id']}/edit", lines=[{"sku": "TENT", "delta": -2}])
    assert states(shop) == (9, 1, 10)
    edited = shop.control(
        "POST", f"orders/{order['id']}/edit", add=[{"sku": "STOVE", "quantity": 2}]
    )
    assert states(shop, "STOVE") == (1, 2, 3)
    assert [(line["quantity"], line["current"]) for line in edited["lines"]] == [(3, 1), (2, 2)]


def test_refunds_restock_by_their_type(shop: Merchant) -> None:
    order = place(shop, ("TENT", 6))
    path = f"orders/{order['id']}"
    shop.control("POST", f"{path}/fulfil", lines=[{"sku": "TENT", "quantity": 2}])
    assert states(shop) == (4, 4, 8)

    def refund(quantity: int, kind: str, **more: Any) -> None:
        line = {"sku": "TENT", "quantity": quantity, "restock_type": kind, **more}
        shop.control("POST", f"{path}/refund", lines=[line])

    refund(1, "cancel")
    assert states(shop) == (5, 3, 8)
    refund(1, "return", location="Store")
    assert states(shop, "TENT", "Store") == (1, 0, 1)
    refund(1, "no_restock")
    assert states(shop) == (5, 2, 7)


def test_shipping_from_elsewhere_moves_the_units_there_first(shop: Merchant) -> None:
    order = place(shop, ("TENT", 3))
    shop.control("POST", f"orders/{order['id']}/fulfil", location="East warehouse")
    assert states(shop) == (10, 0, 10)
    assert states(shop, "TENT", "East warehouse") == (2, 0, 2)


def test_a_cancelled_fulfilment_commits_its_units_again(shop: Merchant) -> None:
    order = place(shop, ("TENT", 3))
    shipped = shop.control("POST", f"orders/{order['id']}/fulfil")
    number = shipped["fulfillments"][0]["id"]
    shop.control("POST", f"orders/{order['id']}/fulfillments/{number}/cancel")
    assert states(shop) == (7, 3, 10)


def test_a_set_is_ordered_as_its_parts(shop: Merchant) -> None:
    shop.control("POST", "items", sku="SET", components={"TENT": 1, "STOVE": 2})
    order = place(shop, ("SET", 1))
    assert [(line["sku"], line["quantity"]) for line in order["lines"]] == [
        ("TENT", 1),
        ("STOVE", 2),
    ]


def test_items_that_are_not_tracked_and_custom_lines_touch_no_stock(shop: Merchant) -> None:
    shop.control("POST", "items", sku="WRAP", tracked=False)
    lines = [{"sku": "WRAP", "quantity": 2}, {"title": "Engraving", "quantity": 1}]
    order = shop.control("POST", "orders", lines=lines)
    assert shop.quantities("WRAP")["committed"] == 0
    shop.control("POST", f"orders/{order['id']}/fulfil")
    assert shop.control("GET", "wrong")["data"] == []


def test_the_app_hears_of_an_order_in_shopifys_words(shop: Merchant, app: App) -> None:
    order = place(shop, ("TENT", 2))
    shop.settle()
    assert set(app.topics()) >= {
        "orders/create",
        "orders/updated",
        "inventory_levels/update",
        "fulfillment_orders/order_routing_complete",
    }
    (created,) = app.of("orders/create")
    body = json.loads(created.body)
    assert (body["id"], body["name"]) == (order["id"], order["name"])
    assert body["line_items"][0]["current_quantity"] == 2
    assert body["customer"]["email"]  # what the product must not keep
    level = json.loads(app.of("inventory_levels/update")[-1].body)
    assert level["available"] == 8


def test_an_edit_is_told_as_deltas_and_a_refund_with_its_restock_type(
    shop: Merchant, app: App
) -> None:
    order = place(shop, ("TENT", 2))
    shop.control("POST", f"orders/{order['id']}/edit", lines=[{"sku": "TENT", "delta": -1}])
    line = {"sku": "TENT", "quantity": 1, "restock_type": "cancel"}
    shop.control("POST", f"orders/{order['id']}/refund", lines=[line])
    shop.settle()
    edit = json.loads(app.of("orders/edited")[0].body)["order_edit"]
    assert edit["order_id"] == order["id"]
    assert edit["line_items"]["removals"] == [{"id": order["lines"][0]["id"], "delta": 1}]
    refund = json.loads(app.of("refunds/create")[0].body)
    assert refund["refund_line_items"][0]["restock_type"] == "cancel"
