"""The first story: a customer orders, and the units are held, shipped, given back and returned."""

from __future__ import annotations

from tests.stories.stage import MAIN, Stage, eventually

EAST = "East warehouse"


def test_an_order_is_held_shipped_and_settled(stage: Stage) -> None:
    stage.add_item("TENT", {MAIN: 10, EAST: 4}, "810000000011")
    stage.add_item("STOVE", {MAIN: 5}, "810000000028")
    stage.install()
    assert stage.units("TENT", "available", MAIN) == 10

    order = stage.order("TENT", 3)
    eventually(lambda: stage.units("TENT", "committed", MAIN), 3)
    assert stage.units("TENT", "available", MAIN) == 7

    hold = stage.get(f"/api/holds?item_id={stage.item('TENT')['id']}")["data"][0]
    assert (hold["document"]["kind"], hold["document"]["reference"]) == ("shopify_order", order)
    assert (hold["wanted"], hold["held"], hold["fact"]) == (3, 3, True)

    stage.shop("POST", f"/orders/{order}/fulfil", lines=[{"sku": "TENT", "quantity": 2}])
    eventually(lambda: stage.units("TENT", "customer"), 2)
    assert stage.units("TENT", "committed") == 1

    stage.shop("POST", f"/orders/{order}/edit", lines=[{"sku": "TENT", "delta": 2}])
    eventually(lambda: stage.units("TENT", "committed"), 3)

    stage.shop("POST", f"/orders/{order}/move", location=EAST)
    eventually(lambda: stage.units("TENT", "committed", EAST), 3)
    assert stage.units("TENT", "committed", MAIN) == 0

    stage.shop(
        "POST",
        f"/orders/{order}/refund",
        lines=[{"sku": "TENT", "quantity": 1, "restock_type": "cancel"}],
    )
    eventually(lambda: stage.units("TENT", "committed"), 2)

    other = stage.order("STOVE", 5)
    eventually(lambda: stage.units("STOVE", "available"), 0)
    stage.shop("POST", f"/orders/{other}/cancel", restock=True)
    eventually(lambda: stage.units("STOVE", "available"), 5)

    stage.settle_down()
    stage.check()
    # Shopify made every one of these moves itself, so none was written back to it.
    history = stage.shop("GET", "/history")["data"]
    assert history
    assert not [one for one in history if "Holdfast" in str(one)]
    movements = stage.all(f"/api/items/{stage.item('TENT')['id']}/movements")
    assert all(one["echo"] for one in movements if one["document"]["kind"] != "opening")
    assert all(one["message_id"] for one in movements if one["document"]["kind"] != "opening")


def test_an_oversold_item_is_a_collision_until_it_is_covered(stage: Stage) -> None:
    stage.add_item("TENT", {MAIN: 2}, "810000000011")
    stage.install()
    order = stage.order("TENT", 5)
    eventually(lambda: stage.units("TENT", "available"), -3)
    (collision,) = eventually(
        lambda: [
            {"kind": one["kind"], "units": one["units"]}
            for one in stage.get("/api/collisions")["data"]
        ],
        [{"kind": "oversold", "units": 3}],
    )
    assert collision
    stage.shop("POST", f"/orders/{order}/cancel", restock=True)
    eventually(lambda: stage.get("/api/collisions")["data"], [])
    stage.settle_down()
    stage.check()
