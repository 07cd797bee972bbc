"""Our own moves as Shopify shall make them."""

from __future__ import annotations

from typing import Any

import pytest

from app.db import run
from app.inventory import ledger
from app.inventory.documents import Claim, Document, DocumentKey
from app.inventory.flows import adjusted, relocated, shipped
from app.inventory.models import Reason, State
from app.shopify import mirror
from tests.shopify.shop import OpenShop, open_test_shop

PURCHASE_ORDER = DocumentKey("purchase_order", "na:4GXQ2B7M")


@pytest.fixture
def shop(database: str, queue: str) -> OpenShop:
    return open_test_shop()


def settle(shop: OpenShop, *documents: Document) -> list[int]:
    with shop.transaction() as session:
        return [one.document_id for one in ledger.settle(session, documents)]


def purchase_order(shop: OpenShop, wanted: int, version: int = 1) -> Document:
    claim = Claim("1", shop.item_ids["TENT"], shop.locations["100"], State.RESERVED, wanted)
    return Document(*PURCHASE_ORDER, version, claims=[claim], fact=False, firm=False)


def planned(shop: OpenShop) -> list[tuple[str, dict[str, Any]]]:
    run(mirror.plan, shop.shop_id)
    return [(one.topic, one.request) for one in shop.out(mirror.MOVE, mirror.ADJUST)]


def test_echoes_are_never_told(shop: OpenShop) -> None:
    assert planned(shop) == []


def test_a_hold_moves_units_inside_one_location(shop: OpenShop) -> None:
    (document_id,) = settle(shop, purchase_order(shop, 12))
    ((topic, request),) = planned(shop)
    assert topic == mirror.MOVE
    assert mirror.variables(request, [50, 3]) == {
        "reason": "reservation_created",
        "referenceDocumentUri": "gid://holdfast/AmazonPurchaseOrder/4GXQ2B7M",
        "changes": [
            {
                "inventoryItemId": "gid://shopify/InventoryItem/9001",
                "quantity": 12,
                "from": {
                    "locationId": "gid://shopify/Location/100",
                    "name": "available",
                    "changeFromQuantity": 50,
                },
                "to": {
                    "locationId": "gid://shopify/Location/100",
                    "name": "reserved",
                    "changeFromQuantity": 3,
                    "ledgerDocumentUri": f"gid://holdfast/Hold/{document_id}",
                },
            }
        ],
    }


def test_a_hold_is_given_back_and_shipped_under_the_entry_it_was_taken_under(
    shop: OpenShop,
) -> None:
    (document_id, *_) = settle(shop, purchase_order(shop, 12))
    flow = shipped(
        "9", shop.item_ids["TENT"], shop.locations["100"], 5, to=State.AMAZON_TRANSIT,
        hold=PURCHASE_ORDER, hold_line="1", state=State.RESERVED,
    )  # fmt: skip
    settle(shop, Document("shipment", "na:S1", 1, flows=[flow]))
    settle(shop, purchase_order(shop, 8, version=2))
    moves = planned(shop)
    assert [topic for topic, _ in moves] == [mirror.MOVE, mirror.ADJUST, mirror.MOVE]
    entry = f"gid://holdfast/Hold/{document_id}"
    sent, released = moves[1][1], moves[2][1]
    assert mirror.variables(sent, [12]) == {
        "name": "reserved",
        "reason": "movement_created",
        "referenceDocumentUri": "gid://holdfast/AmazonShipment/S1",
        "changes": [
            {
                "inventoryItemId": "gid://shopify/InventoryItem/9001",
                "locationId": "gid://shopify/Location/100",
                "delta": -5,
                "changeFromQuantity": 12,
                "ledgerDocumentUri": entry,
            }
        ],
    }
    given_back = mirror.variables(released, [7, 38])["changes"][0]
    assert given_back["quantity"] == 4
    assert given_back["from"]["ledgerDocumentUri"] == entry
    assert released["reason"] == "reservation_deleted"


def test_a_relocation_is_one_adjustment_of_two_places(shop: OpenShop) -> None:
    flow = relocated("1", shop.item_ids["TENT"], shop.locations["200"], shop.locations["100"], 4)
    settle(shop, Document("relocation", "r1", 1, flows=[flow]))
    ((topic, request),) = planned(shop)
    made = mirror.variables(request, [20, 50])
    assert topic == mirror.ADJUST and made["name"] == "available"
    assert [(one["delta"], one["changeFromQuantity"]) for one in made["changes"]] == [
        (-4, 20), (4, 50),
    ]  # fmt: skip
    assert all("ledgerDocumentUri" not in one for one in made["changes"])


def test_damage_is_a_move_under_the_places_own_entry(shop: OpenShop) -> None:
    flow = adjusted(
        "1", shop.item_ids["TENT"], shop.locations["100"], 2, state=State.DAMAGED,
        source=State.AVAILABLE, reason=Reason.ADJUSTED,
    )  # fmt: skip
    settle(shop, Document("adjustment", "a1", 1, flows=[flow]))
    ((topic, request),) = planned(shop)
    assert (topic, request["reason"]) == (mirror.MOVE, "damaged")
    entry = mirror.variables(request, [50, None])["changes"][0]["to"]["ledgerDocumentUri"]
    assert entry.startswith("gid://holdfast/Damaged/")


def test_a_movement_is_told_once(shop: OpenShop) -> None:
    settle(shop, purchase_order(shop, 12))
    assert len(planned(shop)) == 1
    assert len(planned(shop)) == 1
