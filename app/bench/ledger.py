"""How many orders a second the ledger settles, by batch size, over one hot item and over many.

Beside it the floor: the same movements by COPY into a table with the same columns and indexes.
"""

from __future__ import annotations

import random
import time
from bisect import bisect
from collections.abc import Callable, Sequence
from itertools import accumulate, count
from pathlib import Path

import psycopg
from sqlalchemy import text

from app.bench import ground
from app.bench.report import Report, Series
from app.config import settings
from app.db import engine, run
from app.inventory import ledger
from app.inventory.documents import Claim, Document
from app.inventory.models import State

BATCHES = (1, 10, 100, 1_000)
ITEMS = 10_000
SKEW = 1.0
COPY = (
    "COPY bench_movement (shop_id, movement_id, occurred_at, item_id, quantity, from_location_id,"
    " from_state, to_location_id, to_state, from_balance, to_balance, reason, document_id, line,"
    " actor, echo) FROM STDIN"
)


Choose = Callable[[], int]


def measure(folder: Path, rounds: int, seconds: float) -> Report:
    """Interleaved rounds of every batch size on both loads; the books are checked after each."""
    shop_id, location_id, items = ground.make_shop(ground.SHOP, ITEMS)
    chance = random.Random(7)
    loads = {"many items": zipf(items, chance), "hot item": lambda: items[0]}
    series = {
        (load, batch): Series(f"settle, {load}, batch {batch:,}", "orders")
        for load in loads
        for batch in BATCHES
    }
    floor = Series("floor: COPY of 1,000 movements", "orders")
    numbers = count(1)
    committed = 0
    _make_floor_table()
    for _ in range(rounds):
        for (load, batch), one in series.items():
            committed += _settle(one, shop_id, location_id, loads[load], batch, seconds, numbers)
        _copy(floor, shop_id, location_id, loads["many items"], seconds, numbers)
        ground.check_books(shop_id, committed)
    return Report(
        "ledger",
        ground.database_version(),
        rounds,
        [*series.values(), floor],
        {"items": ITEMS, "zipf": SKEW, "lines_per_order": 1, "seconds_per_round": seconds},
    )


def zipf(items: Sequence[int], chance: random.Random) -> Choose:
    """Draws items by Zipf's law: the second half as often as the first, the third a third as often."""
    weights = list(accumulate(1 / (rank + 1) ** SKEW for rank in range(len(items))))
    return lambda: items[min(len(items) - 1, bisect(weights, chance.random() * weights[-1]))]


def _settle(
    series: Series,
    shop_id: int,
    location_id: int,
    choose: Choose,
    batch: int,
    seconds: float,
    numbers: count[int],
) -> int:
    latencies: list[float] = []
    done = 0
    spent = 0.0
    while spent < seconds:
        documents = [_order(next(numbers), choose(), location_id) for _ in range(batch)]
        started = time.perf_counter()
        run(ledger.settle, shop_id, documents)
        latencies.append(time.perf_counter() - started)
        spent += latencies[-1]
        done += batch
    series.add(done, spent, latencies)
    return done


def _order(number: int, item_id: int, location_id: int) -> Document:
    return Document(
        "shopify_order",
        str(number),
        1,
        title=f"#{number}",
        claims=[Claim("1", item_id, location_id, State.COMMITTED, 1)],
        echo=True,
        actor="shopify",
    )


def _make_floor_table() -> None:
    with engine().begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE bench_movement (LIKE movement INCLUDING DEFAULTS INCLUDING INDEXES"
                " INCLUDING CONSTRAINTS)"
            )
        )


def _copy(
    series: Series,
    shop_id: int,
    location_id: int,
    choose: Choose,
    seconds: float,
    numbers: count[int],
) -> None:
    latencies: list[float] = []
    done = 0
    spent = 0.0
    with psycopg.connect(settings().database_url) as connection:
        while spent < seconds:
            rows = [_row(next(numbers), shop_id, location_id, choose()) for _ in range(1_000)]
            started = time.perf_counter()
            with connection.cursor() as cursor, cursor.copy(COPY) as copy:
                for row in rows:
                    copy.write_row(row)
            connection.commit()
            latencies.append(time.perf_counter() - started)
            spent += latencies[-1]
            done += len(rows)
    series.add(done, spent, latencies)


def _row(number: int, shop_id: int, location_id: int, item_id: int) -> tuple[object, ...]:
    moved = (location_id, "available", location_id, "committed", 1, 1, "held", number, "1")
    return (shop_id, number, "2026-11-23 10:00:00+00", item_id, 1, *moved, "shopify", True)
