"""Whether one shop's flood delays another's orders, or a checkout that claims the same items.

The same few orders of a neighbour and the same lone claims are measured twice in one run, by the
product's own processes: while all is quiet, and while a flood is accepted and drained.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from app.bench import ground
from app.bench.load import Load
from app.bench.report import Report, Series
from app.bench.traffic import ITEMS, finished, load_of, product, wait_until_drained
from app.bench.webhooks import send
from app.config import settings
from app.db import run
from app.inventory import ledger
from app.inventory.documents import Claim, Document
from app.inventory.models import State

NEIGHBOUR = "neighbour.myshopify.com"
PER_SECOND = 10.0
CLAIMS_PER_SECOND = 10.0
QUIET_SECONDS = 10.0


@dataclass
class Checkouts:
    """Claims of one line each, one after the other, as a checkout makes them."""

    shop_id: int
    location_id: int
    items: list[int]
    made: int = 0

    def claim_until(self, over: Callable[[], bool]) -> list[float]:
        """How many seconds each claim took."""
        took: list[float] = []
        while True:
            began = time.perf_counter()
            self.made += 1
            run(ledger.settle, self.shop_id, [self._order()])
            took.append(time.perf_counter() - began)
            if over():
                return took
            time.sleep(max(0.0, 1 / CLAIMS_PER_SECOND - took[-1]))

    def _order(self) -> Document:
        # The items of a flood take turns, so any of them is in most of its batches.
        item_id = self.items[self.made % len(self.items)]
        claim = Claim("1", item_id, self.location_id, State.COMMITTED, 1)
        return Document("checkout", str(self.made), 1, claims=[claim], actor="checkout")


def measure(folder: Path, requests: int, connections: int, port: int) -> Report:
    """Neighbour and checkout in quiet, then while so many orders of another shop come at once.

    Raises LostWebhooks or BooksAreWrong unless every order of both shops is held once.
    """
    shop_id, location_id, items = ground.make_shop(ground.SHOP, ITEMS)
    neighbour_id, _, _ = ground.make_shop(NEIGHBOUR, ITEMS)
    checkouts = Checkouts(shop_id, location_id, items)
    series = [
        Series(f"{who}, {when}", "orders")
        for when in ("quiet", "beside a flood")
        for who in ("neighbour's webhook to hold", "a lone claim on the same items")
    ]
    slowest: list[int] = []
    with product(folder, port):
        ends_at = time.monotonic() + QUIET_SECONDS
        slowest += _together(
            series[:2], neighbour_id, checkouts, port, "quiet", lambda: time.monotonic() > ends_at
        )
        drained = threading.Event()
        flood = load_of(port, connections, requests, 0.0)
        with ThreadPoolExecutor(1) as pool:
            poured = pool.submit(_flood, flood, shop_id, drained)
            slowest += _together(
                series[2:], neighbour_id, checkouts, port, "flooded", drained.is_set
            )
            seconds = poured.result()
    ground.check_books(shop_id, requests + checkouts.made)
    return Report(
        "webhooks-neighbours",
        ground.database_version(),
        1,
        series,
        {
            "flood": requests,
            "drained_in_seconds": round(seconds, 1),
            "neighbours_orders_a_second": PER_SECOND,
            "lone_claims_a_second": CLAIMS_PER_SECOND,
            "slowest_ms": dict(zip((one.name for one in series), slowest, strict=True)),
            "items": ITEMS,
            "web_processes": 1,
            "web_threads": settings().web_threads,
            "workers": 1,
        },
        "every order of both shops held once, the audit silent",
    )


def _together(
    series: list[Series],
    neighbour_id: int,
    checkouts: Checkouts,
    port: int,
    prefix: str,
    over: Callable[[], bool],
) -> list[int]:
    """The neighbour's orders, a second's worth after the other, and beside them the lone claims."""
    with ThreadPoolExecutor(1) as pool:
        orders = pool.submit(_neighbour, neighbour_id, port, prefix, over)
        took = checkouts.claim_until(over)
        waits = orders.result()
    found = []
    for one, seconds in zip(series, (waits, took), strict=True):
        one.add(len(seconds), sum(seconds), seconds)
        found.append(round(max(seconds) * 1_000))
    return found


def _neighbour(shop_id: int, port: int, prefix: str, over: Callable[[], bool]) -> list[float]:
    waits: list[float] = []
    for second in count():
        part = f"{prefix}{second}"
        load = replace(
            load_of(port, 2, round(PER_SECOND), PER_SECOND),
            shop=NEIGHBOUR,
            prefix=part,
            first_order=len(waits) + 1 + (0 if prefix == "quiet" else 1_000_000),
        )
        measured = send(load)
        wait_until_drained(shop_id, part, measured, load.requests)
        waits += [moment - measured.due_at[number] for number, moment in finished(shop_id, part)]
        if over():
            return waits
    raise AssertionError("unreachable")


def _flood(load: Load, shop_id: int, drained: threading.Event) -> float:
    began = time.perf_counter()
    try:
        wait_until_drained(shop_id, load.prefix, send(load), load.requests)
    finally:
        drained.set()
    return time.perf_counter() - began
