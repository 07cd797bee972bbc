"""A day of a flash sale, a hundred times as fast: quiet hours, the rush at noon, too little stock."""

from __future__ import annotations

import math
import os
import random
import time
from collections import Counter

import pytest

from tests.stories.stage import MAIN, Stage, eventually

TIMES = int(os.environ.get("TIMES", "1"))
SPEED = 100
DAY = 86_400 if TIMES > 1 else 3_600
"""Seconds of the day that are lived through; a short run lives through the hour around noon."""
NOON = DAY / 2
ORDERS = 400 * TIMES
HOT, OTHERS = "TENT", ("STOVE", "MUG", "LAMP", "ROPE", "AXE")
HOT_STOCK = ORDERS // 4
EDGE = 0.15


def moments(chance: random.Random) -> list[float]:
    """When orders come, in seconds of the day: some all day long, most in the minutes after noon."""
    quiet = [chance.uniform(0, DAY) for _ in range(int(ORDERS * EDGE))]
    rush = [NOON + chance.expovariate(1 / 600) for _ in range(ORDERS - len(quiet))]
    return sorted(min(moment, DAY) for moment in quiet + rush)


@pytest.mark.slow
def test_a_flash_sale_ends_with_every_unit_accounted_for_and_every_collision_named(
    stage: Stage,
) -> None:
    chance = random.Random(11)
    stage.add_item(HOT, {MAIN: HOT_STOCK}, "810000000011")
    for number, sku in enumerate(OTHERS):
        stage.add_item(sku, {MAIN: ORDERS}, f"99000000001{number}")
    stage.install()
    stage.connect_amazon()
    held, shipped = Counter[str](), Counter[str]()
    open_orders: list[tuple[str, str, int]] = []
    amazon_asks = NOON + 120
    began = time.monotonic()
    for moment in moments(chance):
        time.sleep(max(0.0, began + moment / SPEED - time.monotonic()))
        if amazon_asks and moment > amazon_asks:
            amazon_asks = math.inf
            stage.purchase_order(
                {
                    "asin": "B0TENT0001",
                    "vendor_sku": "810000000011",
                    "amount": HOT_STOCK,
                    "unit": "Eaches",
                    "cost": "9.00",
                }
            )
        sku = HOT if chance.random() < 0.6 else chance.choice(OTHERS)
        units = 1 if chance.random() < 0.9 else 2
        order = stage.order(sku, units)
        held[sku] += units
        open_orders.append((order, sku, units))
        if chance.random() < 0.2:
            order, sku, units = open_orders.pop(chance.randrange(len(open_orders)))
            held[sku] -= units
            if chance.random() < 0.3:
                stage.shop("POST", f"/orders/{order}/cancel", restock=True)
            else:
                stage.shop("POST", f"/orders/{order}/fulfil")
                shipped[sku] += units
    eventually(lambda: {sku: stage.units(sku, "committed") for sku in held}, dict(held), 120)
    assert {sku: stage.units(sku, "customer") for sku in held} == {
        sku: shipped[sku] for sku in held
    }
    stage.settle_down(120)
    stage.check()
    free = stage.units(HOT, "available")
    reserved = stage.units(HOT, "reserved")
    assert held[HOT] + shipped[HOT] + free + reserved == HOT_STOCK
    assert free <= 0, "the sale was meant to sell more than there was"
    collisions = stage.all("/api/collisions")
    assert [one["item"]["sku"] for one in collisions] == [HOT]
    if free < 0:
        assert (collisions[0]["kind"], collisions[0]["units"]) == ("oversold", -free)
