"""The third story: both stories at once, with everything going wrong, end in the same balances."""

from __future__ import annotations

import os
import signal
from collections import Counter
from dataclasses import dataclass, field

import psycopg
import pytest
from redis import Redis

from app.config import settings
from tests.stories.stage import MAIN, Stage, eventually

SKUS = ("TENT", "STOVE", "MUG", "LAMP", "ROPE")
STOCK = 200
ORDERS = 40
ON_AMAZON = {"TENT": ("B0TENT0001", "810000000011"), "STOVE": ("B0STOVE001", "810000000028")}
WAITS_FOR_A_LOCK = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()
"""


@dataclass
class Expected:
    """A plain account of what must come out, kept by hand beside the story."""

    units: Counter[tuple[str, str]] = field(default_factory=Counter)

    def move(self, sku: str, quantity: int, source: str, target: str) -> None:
        self.units[sku, source] -= quantity
        self.units[sku, target] += quantity

    def seen(self, stage: Stage) -> dict[tuple[str, str], int]:
        """The product's balances in the same shape."""
        found: Counter[tuple[str, str]] = Counter()
        for (sku, _location, state), quantity in stage.books().items():
            if state != "adjustment":
                found[sku, state] += quantity
        return {key: units for key, units in found.items() if units}

    def all(self) -> dict[tuple[str, str], int]:
        return {key: units for key, units in self.units.items() if units}


@pytest.mark.slow
def test_twice_shuffled_killed_and_emptied_the_books_come_out_the_same(
    stage: Stage, superuser: psycopg.Connection
) -> None:
    expected = Expected()
    for position, sku in enumerate(SKUS):
        barcode = ON_AMAZON[sku][1] if sku in ON_AMAZON else f"99000000001{position}"
        stage.add_item(sku, {MAIN: STOCK}, barcode)
        expected.units[sku, "available"] = STOCK
    stage.install()
    stage.connect_amazon()
    stage.shop("POST", "/knobs", duplicate=1, shuffle_seconds=0.5, hold=True)

    number = purchase_order(stage, expected)
    sell(stage, expected)
    kill_in_mid_drain(stage, superuser)
    empty_redis()

    acknowledge(stage, number)
    stage.kill_worker()
    empty_redis()
    eventually(lambda: acknowledgement(stage, number), "accepted", 240)

    ship(stage, number, expected)
    stage.kill_worker()
    empty_redis()
    # Goods that come in before their notice would be counted once more when that arrives.
    eventually(lambda: len(stage.amazons("GET", "/shipments")["data"]), 1, 240)
    receive(stage, number, expected)

    eventually(lambda: expected.seen(stage), expected.all(), 240)
    stage.settle_down(240)
    stage.check()
    # Twice as many deliveries as webhooks came in, and every message was handled once.
    deliveries = stage.shop("GET", "/deliveries?limit=1000")["data"]
    assert all(one["state"] == "delivered" for one in deliveries)
    keys = [one["id"] for one in stage.all("/api/messages?direction=in&channel=shopify")]
    assert len(keys) == len(set(keys)) == len(deliveries)
    assert len(stage.amazons("GET", "/acknowledgements")["data"]) == 1
    assert len(stage.amazons("GET", "/shipments")["data"]) == 1


def purchase_order(stage: Stage, expected: Expected) -> str:
    lines = [
        {"asin": asin, "vendor_sku": barcode, "amount": 40, "unit": "Eaches", "cost": "9.00"}
        for asin, barcode in ON_AMAZON.values()
    ]
    number = stage.purchase_order(*lines)
    for sku in ON_AMAZON:
        expected.move(sku, 40, "available", "reserved")
        eventually(lambda sku=sku: stage.units(sku, "reserved"), 40)  # type: ignore[misc]
    return number


def sell(stage: Stage, expected: Expected) -> None:
    """Forty orders: shipped, cancelled, refunded or edited, one after the other."""
    for number in range(ORDERS):
        sku, quantity = SKUS[number % len(SKUS)], 1 + number % 3
        order = stage.order(sku, quantity)
        expected.move(sku, quantity, "available", "committed")
        match number % 4:
            case 0:
                stage.shop("POST", f"/orders/{order}/fulfil")
                expected.move(sku, quantity, "committed", "customer")
            case 1:
                stage.shop("POST", f"/orders/{order}/cancel", restock=True)
                expected.move(sku, quantity, "committed", "available")
            case 2:
                line = {"sku": sku, "quantity": 1, "restock_type": "cancel"}
                stage.shop("POST", f"/orders/{order}/refund", lines=[line])
                expected.move(sku, 1, "committed", "available")
            case _:
                edit = [{"sku": sku, "delta": 1}]
                stage.shop("POST", f"/orders/{order}/edit", lines=edit)
                expected.move(sku, 1, "available", "committed")


def kill_in_mid_drain(stage: Stage, superuser: psycopg.Connection) -> None:
    """Lets the drain begin, stops it at a balance that we hold, and kills the worker right there."""
    with superuser.transaction():
        superuser.execute("SELECT FROM balance FOR UPDATE")
        stage.shop("POST", "/deliveries/release", shuffled=True)
        eventually(lambda: somebody_waits(superuser))
        os.kill(stage.processes.pid("worker"), signal.SIGKILL)
    stage.processes.end("worker")
    stage.start_worker()


def somebody_waits(superuser: psycopg.Connection) -> bool:
    """Whether any connection waits for a lock, those opened since our transaction began included."""
    superuser.execute("SELECT pg_stat_clear_snapshot()")
    return superuser.execute(WAITS_FOR_A_LOCK).fetchone() != (0,)


def empty_redis() -> None:
    """All of this product's Redis is gone: rings, flags, the queue and the workers' own notes."""
    with Redis.from_url(settings().redis_url) as redis:
        redis.flushdb()


def acknowledge(stage: Stage, number: str) -> None:
    proposals = [
        (line["line"], line["proposal"])
        for line in stage.get(f"/api/purchase-orders/{number}")["lines"]
    ]
    lines = [
        {
            "line": line,
            "accept": proposal["accept"],
            "backorder": proposal["backorder"],
            "reject": proposal["reject"],
            "rejection_reason": proposal["rejection_reason"],
        }
        for line, proposal in proposals
    ]
    stage.post(f"/api/purchase-orders/{number}/acknowledge", {"lines": lines})


def acknowledgement(stage: Stage, number: str) -> str | None:
    found = stage.get(f"/api/purchase-orders/{number}")["acknowledgement"]
    return str(found["state"]) if found else None


def ship(stage: Stage, number: str, expected: Expected) -> None:
    paper = stage.get(f"/api/purchase-orders/{number}")
    places = stage.get("/api/locations")["data"]
    location_id = next(one["id"] for one in places if one["name"] == MAIN)
    body = {
        "location_id": location_id,
        "carton_count": 4,
        "lines": [{"line": line["line"], "units": 40} for line in paper["lines"]],
        "release_rest": True,
    }
    stage.post(f"/api/purchase-orders/{number}/shipments", body)
    for sku in ON_AMAZON:
        expected.move(sku, 40, "reserved", "amazon_transit")


def receive(stage: Stage, number: str, expected: Expected) -> None:
    for line, sku in enumerate(ON_AMAZON, start=1):
        for total in (10, 40, 38):
            path = f"/purchase-orders/{number}/receipts"
            stage.amazons("POST", path, line=str(line), total=total)
        expected.move(sku, 38, "amazon_transit", "amazon")
