"""The inventory mutations keep Shopify's rules."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulators.shopify.conftest import Merchant

MOVE = """
mutation Move($input: InventoryMoveQuantitiesInput!, $key: String!) {
  inventoryMoveQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup {
      id createdAt reason referenceDocumentUri app { title }
      changes { name delta quantityAfterChange ledgerDocumentUri item { id } location { id } }
    }
    userErrors { code field message }
  }
}"""
ADJUST = """
mutation Adjust($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { changes { name delta quantityAfterChange } }
    userErrors { code field }
  }
}"""
SET = """
mutation Set($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { changes { name delta quantityAfterChange } }
    userErrors { code field }
  }
}"""
HOLD = "gid://holdfast/AmazonPOHold/1"
ORDER = "gid://holdfast/AmazonPurchaseOrder/4GXQ2B7M"


def gids(shop: Merchant, sku: str = "TENT", location: str = "Main warehouse") -> tuple[str, str]:
    level = shop.control("GET", f"stock?sku={sku}&location={location}")["data"][0]
    return (
        f"gid://shopify/InventoryItem/{level['item_id']}",
        f"gid://shopify/Location/{level['location_id']}",
    )


def move_input(shop: Merchant, quantity: int = 4, **changes: Any) -> dict[str, Any]:
    """Available → reserved for a purchase order; `from_` and `to` change a side's fields."""
    item, location = gids(shop)
    source = {"locationId": location, "name": "available", "changeFromQuantity": None}
    target = {
        "locationId": location,
        "name": "reserved",
        "changeFromQuantity": None,
        "ledgerDocumentUri": HOLD,
    }
    return {
        "reason": changes.get("reason", "reservation_created"),
        "referenceDocumentUri": changes.get("reference", ORDER),
        "changes": [
            {
                "inventoryItemId": changes.get("item", item),
                "quantity": quantity,
                "from": source | changes.get("from_", {}),
                "to": target | changes.get("to", {}),
            }
        ],
    }


def move(shop: Merchant, given: dict[str, Any], key: str = "key-1") -> Any:
    return shop.good(MOVE, input=given, key=key)["inventoryMoveQuantities"]


def codes(payload: Any) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


def test_a_move_changes_both_states_and_stands_in_the_history_with_our_name(shop: Merchant) -> None:
    group = move(shop, move_input(shop))["inventoryAdjustmentGroup"]
    assert {
        (one["name"], one["delta"], one["quantityAfterChange"]) for one in group["changes"]
    } == {
        ("available", -4, 6),
        ("reserved", 4, 4),
    }
    assert group["app"] == {"title": "Holdfast"}
    after = shop.quantities("TENT")
    assert (after["available"], after["reserved"], after["on_hand"]) == (6, 4, 10)
    latest = shop.control("GET", "history?sku=TENT")["data"][0]
    assert latest["actor"] == "Holdfast"
    assert latest["reference"] == ORDER
    assert {one["ledger"] for one in latest["changes"]} == {None, HOLD}


def test_a_stale_quantity_is_refused_and_nothing_is_applied(shop: Merchant) -> None:
    given = move_input(shop, from_={"changeFromQuantity": 9})
    assert codes(move(shop, given)) == ["CHANGE_FROM_QUANTITY_STALE"]
    assert shop.quantities("TENT")["available"] == 10
    given = move_input(shop, from_={"changeFromQuantity": 10}, to={"changeFromQuantity": 0})
    assert codes(move(shop, given, "key-2")) == []


def test_a_move_that_leaves_out_the_compared_quantity_is_an_error(shop: Merchant) -> None:
    given = move_input(shop)
    del given["changes"][0]["to"]["changeFromQuantity"]
    body = shop.ask(MOVE, input=given, key="key")
    assert "changeFromQuantity" in body["errors"][0]["message"]


def test_a_mutation_without_an_idempotency_key_is_an_error(shop: Merchant) -> None:
    body = shop.ask(
        MOVE.replace(" @idempotent(key: $key)", "").replace(", $key: String!", ""),
        input=move_input(shop),
    )
    assert "@idempotent" in body["errors"][0]["message"]
    assert shop.quantities("TENT")["available"] == 10


def test_the_same_key_gives_the_same_answer_once_and_another_content_is_refused(
    shop: Merchant,
) -> None:
    given = move_input(shop)
    first, second = move(shop, given), move(shop, given)
    assert first == second
    assert shop.quantities("TENT")["reserved"] == 4
    other = move(shop, move_input(shop, quantity=5))
    assert codes(other) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]


def test_the_other_two_outcomes_of_a_key_can_be_had_on_request(shop: Merchant) -> None:
    given = move_input(shop)
    shop.control("POST", "knobs", concurrent_next=1)
    assert codes(move(shop, given)) == ["IDEMPOTENCY_CONCURRENT_REQUEST"]
    shop.control("POST", "knobs", crash_mutation_next=1)
    assert "errors" in shop.ask(MOVE, input=given, key="key-1")
    assert codes(move(shop, given)) == ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"]
    assert codes(move(shop, given, "key-2")) == []
    assert shop.quantities("TENT")["reserved"] == 4


def test_a_reply_can_be_lost_and_the_same_key_finds_what_was_done(shop: Merchant) -> None:
    given = move_input(shop)
    shop.control("POST", "knobs", lose_reply_next=1)
    response = shop.client.post(
        f"/{shop.state.domain}/admin/api/2026-10/graphql.json",
        json={"query": MOVE, "variables": {"input": given, "key": "key-1"}},
        headers={"X-Shopify-Access-Token": shop.token},
    )
    assert response.status_code == 502
    assert move(shop, given)["inventoryAdjustmentGroup"] is not None
    assert shop.quantities("TENT")["reserved"] == 4


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason": "because"}, "INVALID_REASON"),
        ({"reference": "not a uri"}, "INVALID_REFERENCE_DOCUMENT"),
        ({"item": "gid://shopify/InventoryItem/1"}, "INVALID_INVENTORY_ITEM"),
        ({"from_": {"locationId": "gid://shopify/Location/1"}}, "INVALID_LOCATION"),
        ({"from_": {"ledgerDocumentUri": HOLD}}, "INVALID_AVAILABLE_DOCUMENT"),
        ({"to": {"ledgerDocumentUri": None}}, "INVALID_QUANTITY_DOCUMENT"),
        ({"to": {"ledgerDocumentUri": "gid://shopify/Order/1"}}, "INTERNAL_LEDGER_DOCUMENT"),
        ({"to": {"ledgerDocumentUri": "nonsense"}}, "INVALID_LEDGER_DOCUMENT"),
        ({"to": {"name": "committed"}}, "INVALID_QUANTITY_NAME"),
        ({"to": {"name": "available", "ledgerDocumentUri": None}}, "SAME_QUANTITY_NAME"),
        (
            {"from_": {"name": "damaged", "ledgerDocumentUri": HOLD}},
            "MOVE_QUANTITIES_FAILED",
        ),
    ],
)
def test_a_wrong_move_is_named_and_changes_nothing(
    shop: Merchant, changes: dict[str, Any], code: str
) -> None:
    assert codes(move(shop, move_input(shop, **changes))) == [code]
    assert shop.quantities("TENT")["on_hand"] == 10
    assert shop.quantities("TENT")["available"] == 10


def test_a_move_stays_at_one_location_and_takes_no_negative_or_huge_quantity(
    shop: Merchant,
) -> None:
    _, other = gids(shop, location="East warehouse")
    given = move_input(shop, to={"locationId": other})
    assert codes(move(shop, given, "a")) == ["DIFFERENT_LOCATIONS"]
    assert codes(move(shop, move_input(shop, -1), "b")) == ["INVALID_QUANTITY_NEGATIVE"]
    assert codes(move(shop, move_input(shop, 2_000_000_001), "c")) == ["INVALID_QUANTITY_TOO_HIGH"]


def test_three_ledger_documents_in_one_move_are_too_many(shop: Merchant) -> None:
    given = move_input(shop)
    stove, location = gids(shop, "STOVE")
    for number, sku in ((2, "STOVE"), (3, "TENT")):
        extra = move_input(shop, item=gids(shop, sku)[0], to={"ledgerDocumentUri": f"x:{number}"})
        given["changes"] += extra["changes"]
    assert codes(move(shop, given)) == ["MAXIMUM_LEDGER_DOCUMENT_URIS"]


def test_available_may_be_moved_below_zero_as_in_shopify(shop: Merchant) -> None:
    assert codes(move(shop, move_input(shop, quantity=12))) == []
    assert shop.quantities("TENT")["available"] == -2


def test_an_adjustment_takes_units_out_of_reserved(shop: Merchant) -> None:
    move(shop, move_input(shop))
    item, location = gids(shop)
    change = {
        "inventoryItemId": item,
        "locationId": location,
        "delta": -3,
        "changeFromQuantity": 4,
        "ledgerDocumentUri": HOLD,
    }
    given = {"name": "reserved", "reason": "movement_created", "changes": [change]}
    payload = shop.good(ADJUST, input=given, key="ship")["inventoryAdjustQuantities"]
    assert codes(payload) == []
    names = {one["name"] for one in payload["inventoryAdjustmentGroup"]["changes"]}
    assert names == {"reserved", "on_hand"}
    assert shop.quantities("TENT")["on_hand"] == 7
    given["changes"] = [change | {"changeFromQuantity": None, "delta": -2}]
    payload = shop.good(ADJUST, input=given, key="again")["inventoryAdjustQuantities"]
    assert codes(payload) == ["ADJUST_QUANTITIES_FAILED"]


def test_setting_on_hand_moves_available_by_the_difference(shop: Merchant) -> None:
    move(shop, move_input(shop))
    item, location = gids(shop)
    quantity = {
        "inventoryItemId": item,
        "locationId": location,
        "quantity": 25,
        "changeFromQuantity": 10,
    }
    given = {"name": "on_hand", "reason": "correction", "quantities": [quantity]}
    assert codes(shop.good(SET, input=given, key="s")["inventorySetQuantities"]) == []
    assert shop.quantities("TENT")["available"] == 21
    given["quantities"] = [quantity, quantity]
    assert codes(shop.good(SET, input=given, key="t")["inventorySetQuantities"]) == [
        "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"
    ]
    assert codes(
        shop.good(SET, input=given | {"name": "reserved"}, key="u")["inventorySetQuantities"]
    ) == ["INVALID_NAME"]


def test_a_set_has_no_stock_of_its_own_to_change(shop: Merchant) -> None:
    shop.control("POST", "items", sku="SET", components={"TENT": 1, "STOVE": 2})
    item, _ = gids(shop, "SET")
    assert codes(move(shop, move_input(shop, item=item))) == ["NON_MUTABLE_INVENTORY_ITEM"]


def test_more_than_250_changes_are_too_many(shop: Merchant) -> None:
    given = move_input(shop)
    given["changes"] *= 251
    body = shop.ask(MOVE, input=given, key="key")
    assert body["errors"][0]["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"
