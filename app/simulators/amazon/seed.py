"""Half a year of purchase orders of the sample brand, and what happens next while it runs."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from app.simulators.amazon import orders, past
from app.simulators.amazon.world import World
from app.simulators.catalog import ON_AMAZON, VENDOR_CODE, Item

REFRESH_TOKEN = "Atzr|demo-refresh-token"
CENTRES = ("PHX7", "ONT8", "MDW2", "ABE8")
WEEKS = 25
HISTORY_ASIN = "B0HIST{:04}"


def seed(world: World) -> None:
    """Fills an empty world: a past with its money, an order on its way, two new ones of which one
    wants too much."""
    chance = random.Random(20261123)
    with world.store.changing():
        world.add_account(REFRESH_TOKEN, [VENDOR_CODE])
        plenty = [item for item in ON_AMAZON if not item.is_scarce]
        scarce = [item for item in ON_AMAZON if item.is_scarce][:3]
        now = orders.now()
        for week in range(WEEKS, 1, -1):
            at = now - timedelta(days=7 * week)
            order = world.place(_lines(chance.sample(plenty, 8), chance), ordered_at=at)
            past.live_through(world, order, week)
        past.pay_all(world)
        # Accepted last week by hand in Vendor Central and still to be shipped.
        at = orders.now() - timedelta(days=4)
        open_order = world.place(_lines(chance.sample(plenty, 5), chance), ordered_at=at)
        orders.acknowledge(open_order, past.accept_all(open_order))
        hours_ago = orders.now() - timedelta(hours=3)
        world.place(_lines(chance.sample(plenty, 6), chance), ordered_at=hours_ago)
        lines = _lines(scarce + chance.sample(plenty, 3), chance)
        for line in lines[: len(scarce)]:
            # More than the brand has free of these.
            line["amount"] = 60 // line["unit_size"]
        world.place(lines, ordered_at=orders.now() - timedelta(hours=1), ship_to="ONT8")


def history(world: World, count: int, lines: int, items: int) -> None:
    """Half a year of purchase orders in an empty world: all but the last two weeks' are closed.

    Items are `HISTORY_ASIN` of 1 to `items`, in eaches.
    """
    with world.store.changing():
        world.add_account(REFRESH_TOKEN, [VENDOR_CODE])
        now = orders.now()
        for number in range(count):
            at = now - timedelta(days=181) * (count - number) / count
            picks = [
                {
                    "sequence": line,
                    "asin": HISTORY_ASIN.format((number * lines + line) % items + 1),
                    "amount": 1 + line % 5,
                    "cost": "10.00",
                }
                for line in range(1, lines + 1)
            ]
            order = world.place(picks, ordered_at=at)
            if now - at > timedelta(days=14):
                _finish(order, short=number % 10 == 0)


def next_order(world: World) -> dict[str, Any]:
    """One more purchase order, as Amazon sends them through the day."""
    with world.store.changing():
        chosen = world.random.sample(ON_AMAZON, world.random.randint(2, 5))
        return world.place(_lines(chosen, world.random), ship_to=world.random.choice(CENTRES))


def _lines(items: list[Item], chance: random.Random) -> list[dict[str, Any]]:
    lines = []
    for number, item in enumerate(items, start=1):
        by_case = item.units_per_case > 1
        lines.append(
            {
                "sequence": number,
                "asin": item.asin,
                # Many vendors gave Amazon the barcode as their own identifier.
                "vendor_sku": item.barcode,
                "amount": chance.randint(1, 4) if by_case else chance.randint(4, 24),
                "unit": "Cases" if by_case else "Eaches",
                "unit_size": item.units_per_case,
                "cost": str(item.cost),
                "back_order": number % 3 == 0,
            }
        )
    return lines


def _finish(order: dict[str, Any], *, short: bool) -> None:
    orders.acknowledge(order, past.accept_all(order))
    for line in order["lines"]:
        missing = 1 if short and line["sequence"] == "1" and line["amount"] > 1 else 0
        orders.receive(order, line["sequence"], line["amount"] - missing)
    orders.set_state(order, "Closed")
    then = orders.stamp(orders.moment(order["ordered_at"]) + timedelta(days=6))
    order["state_changed_at"] = order["updated_at"] = then
    for line in order["lines"]:
        line["received_at"] = line["acknowledged_at"] = then
