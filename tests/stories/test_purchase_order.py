"""The second story: Amazon orders; what is free is held, acknowledged, shipped and received."""

from __future__ import annotations

from typing import Any

from tests.stories.stage import MAIN, Stage, eventually

BARCODE = "810000000011"


def test_a_purchase_order_is_held_acknowledged_shipped_and_received(stage: Stage) -> None:
    stage.add_item("TENT", {MAIN: 15}, BARCODE)
    stage.install()
    stage.connect_amazon()
    line = {"asin": "B0TENT0001", "vendor_sku": BARCODE, "amount": 20, "unit": "Eaches"}
    number = stage.purchase_order(line | {"cost": "40.00", "back_order": False})

    # What is free is held as a request; the part that cannot be held is named.
    eventually(lambda: stage.units("TENT", "reserved"), 15)
    paper = stage.get(f"/api/purchase-orders/{number}")
    assert (paper["lines"][0]["held"], paper["lines"][0]["short"]) == (15, 5)
    collision = stage.get("/api/collisions")["data"][0]
    assert (collision["kind"], collision["units"]) == ("short", 5)
    assert len(collision["ways"]) >= 2

    # Shopify shows exactly that, with our papers in its history.
    eventually(lambda: shopifys(stage), {"available": 0, "committed": 0, "reserved": 15})
    written = [one for one in stage.shop("GET", "/history?sku=TENT")["data"] if number in str(one)]
    assert written, "the hold does not stand in Shopify's history"

    # The operator sends the proposal as it is.
    proposal = paper["lines"][0]["proposal"]
    assert (proposal["accept"], proposal["reject"]) == (15, 5)
    body = {
        "lines": [
            {
                "line": paper["lines"][0]["line"],
                "accept": proposal["accept"],
                "backorder": proposal["backorder"],
                "reject": proposal["reject"],
                "rejection_reason": proposal["rejection_reason"],
            }
        ]
    }
    assert stage.ask("POST", f"/api/purchase-orders/{number}/acknowledge", body).status_code == 202
    # A second press of the button is refused, and nothing is sent twice.
    again = stage.ask("POST", f"/api/purchase-orders/{number}/acknowledge", body)
    assert again.status_code == 409
    eventually(lambda: acknowledgement(stage, number), "accepted")
    assert len(stage.amazons("GET", "/acknowledgements")["data"]) == 1

    # The truck leaves.
    shipment = {
        "location_id": location(stage, MAIN),
        "carton_count": 2,
        "lines": [{"line": paper["lines"][0]["line"], "units": 15}],
        "release_rest": True,
    }
    answer = stage.ask("POST", f"/api/purchase-orders/{number}/shipments", shipment)
    assert answer.status_code == 201, answer.text
    eventually(lambda: stage.units("TENT", "amazon_transit"), 15)
    eventually(lambda: shopifys(stage), {"available": 0, "committed": 0, "reserved": 0})

    # Receipts are totals so far, and may shrink.
    for total in (6, 15, 14):
        stage.amazons("POST", f"/purchase-orders/{number}/receipts", line="1", total=total)
        eventually(lambda: stage.units("TENT", "amazon"), total)
        assert stage.units("TENT", "amazon_transit") == 15 - total
    line_now = stage.get(f"/api/purchase-orders/{number}")["lines"][0]
    assert (line_now["shipped"], line_now["received"]) == (15, 14)
    stage.settle_down()
    stage.check()


def test_the_last_units_are_wanted_by_both_and_one_click_ends_it(stage: Stage) -> None:
    stage.add_item("TENT", {MAIN: 10}, BARCODE)
    stage.install()
    stage.connect_amazon()
    stage.purchase_order(
        {
            "asin": "B0TENT0001",
            "vendor_sku": BARCODE,
            "amount": 8,
            "unit": "Eaches",
            "cost": "40.00",
        }
    )
    eventually(lambda: shopifys(stage), {"available": 2, "committed": 0, "reserved": 8})
    stage.order("TENT", 5)
    eventually(lambda: stage.units("TENT", "available"), -3)
    eventually(lambda: len(stage.get("/api/collisions")["data"]), 1)
    collision = stage.get("/api/collisions")["data"][0]
    assert {one["rail"] for one in collision["claimants"]} == {"dtc", "amazon"}
    way = next(one for one in collision["ways"] if one["way"] == "take_back" and one["ends_it"])
    ended = stage.post(
        f"/api/collisions/{collision['id']}/ways/take_back",
        {"parameters": way["parameters"], "note": "the shop goes first"},
    )
    assert ended["way_taken"] == "take_back"
    eventually(lambda: stage.units("TENT", "available"), 0)
    assert stage.units("TENT", "reserved") == 5
    eventually(lambda: shopifys(stage), {"available": 0, "committed": 5, "reserved": 5})
    stage.settle_down()
    stage.check()


def shopifys(stage: Stage) -> dict[str, int]:
    """What the store itself shows of the tent."""
    quantities = stage.shop("GET", f"/stock?sku=TENT&location={MAIN}")["data"][0]["quantities"]
    return {state: quantities[state] for state in ("available", "committed", "reserved")}


def acknowledgement(stage: Stage, number: str) -> str | None:
    """How far the last acknowledgement has come."""
    found: dict[str, Any] | None = stage.get(f"/api/purchase-orders/{number}")["acknowledgement"]
    return found["state"] if found else None


def location(stage: Stage, name: str) -> int:
    """The product's own id of a location."""
    return next(
        int(one["id"]) for one in stage.get("/api/locations")["data"] if one["name"] == name
    )
