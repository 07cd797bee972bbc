"""How many orders a second the ledger settles, by batch size, over one hot item and over many.

Beside it two floors in the same database. The bare one: a hand-written statement that does the same
inserts and updates in the same tables for a shop of its own, with no check, no lock taken first, no
ORM. The other: the same movements alone, by COPY, into a table with the same columns and indexes.
"""

from __future__ import annotations

import random
import threading
import time
from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import accumulate, count
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import text

from app.bench import ground
from app.bench.report import Ratio, Report, Series
from app.config import settings
from app.db import engine, run
from app.inventory import ledger
from app.inventory.arrays import integers, texts
from app.inventory.documents import Claim, Document, Outcome
from app.inventory.models import State
from app.together import Together

BATCHES = (1, 10, 100, 1_000)
FLOOR_BATCHES = (1, 1_000)
COPIED = 1_000
ITEMS = 10_000
CALLERS = 64
SKEW = 1.0
COPY = (
    "COPY bench_posting (shop_id, movement_id, occurred_at, quantity, from_account_id,"
    " to_account_id, from_balance, to_balance, reason, document_id, line, actor, echo) FROM STDIN"
)
BARE = """
WITH given AS (
    SELECT * FROM unnest(%(references)s::text[], %(titles)s::text[], %(items)s::int[],
        %(free)s::int[], %(held)s::int[], %(free_left)s::int[], %(then_held)s::int[])
        AS given (reference, title, item, free, held, free_left, then_held)
), stored AS (
    INSERT INTO document (shop_id, kind, reference, version, title, digest)
    SELECT %(shop)s, 'shopify_order', reference, 1, title, '' FROM given
    RETURNING document_id, reference
), moved AS (
    INSERT INTO posting (shop_id, occurred_at, quantity, from_account_id, to_account_id,
        from_balance, to_balance, reason, document_id, line, actor, echo)
    SELECT %(shop)s, now(), 1, free, held, free_left, then_held, 'held', document_id, '1',
           'shopify', true
    FROM given JOIN stored USING (reference)
), kept AS (
    INSERT INTO hold (shop_id, document_id, line, item_id, location_id, state, wanted, fulfilled,
        held, fact, firm, updated_at)
    SELECT %(shop)s, document_id, '1', item, %(location)s, 'committed', 1, 0, 1, true, true, now()
    FROM given JOIN stored USING (reference)
)
UPDATE balance SET quantity = quantity + change
FROM (SELECT free AS account, -count(*)::int AS change FROM given GROUP BY free
      UNION ALL SELECT held, count(*)::int FROM given GROUP BY held) AS changed
WHERE shop_id = %(shop)s AND account_id = account
"""

Choose = Callable[[], int]
Loads = dict[Series, tuple[int, Callable[[], float]]]
Connection = psycopg.Connection[Any]


class Ground:
    """Two shops with the same stock: one for the product, one for the bare statement."""

    def __init__(self) -> None:
        self.shop_id, self.location_id, self.items = ground.make_shop(ground.SHOP, ITEMS)
        self.bare_shop, self.bare_location, self.bare_items = ground.make_shop(
            f"bare-{ground.SHOP}", ITEMS
        )
        self.accounts = _open_accounts(self.bare_shop, self.bare_location)
        self.numbers = count(1)
        self.committed = 0
        # Both shops have sold each item before, so the same accounts stand open in both.
        for start in range(0, ITEMS, 1_000):
            picks = range(start, start + 1_000)
            run(ledger.settle, self.shop_id, [_order(self, pick) for pick in picks])
            self.committed += len(picks)


def measure(folder: Path, rounds: int, seconds: float) -> Report:
    """Interleaved rounds of every load and its floors; the books are checked after each."""
    stands = Ground()
    chance = random.Random(7)
    picks = {"many items": zipf(range(ITEMS), chance), "hot item": lambda: 0}
    settle = {
        (load, batch): Series(f"settle, {load}, batch {batch:,}", "orders")
        for load in picks
        for batch in BATCHES
    }
    bare = {
        (load, batch): Series(f"bare SQL, {load}, batch {batch:,}", "orders")
        for load in picks
        for batch in FLOOR_BATCHES
    }
    grouped = Series(f"settle, many items, {CALLERS} callers together", "orders")
    alone = Series(f"settle, many items, {CALLERS} callers each alone", "orders")
    copied = Series("COPY of 1,000 movements", "orders")
    _make_copy_table()
    with _bare_connection(stands.bare_shop) as connection:
        for _ in range(rounds):
            for (load, batch), one in settle.items():
                choose = picks[load]
                beside: Loads = {one: (batch, partial(_settle, stands, choose, batch))}
                if floor := bare.get((load, batch)):
                    beside[floor] = (batch, partial(_bare, stands, choose, batch, connection))
                if (load, batch) == ("many items", COPIED):
                    beside[copied] = (COPIED, partial(_copy, stands, choose, connection))
                _turn_about(beside, seconds)
            _callers(grouped, stands, picks["many items"], _together(stands.shop_id), seconds)
            _callers(
                alone,
                stands,
                picks["many items"],
                lambda one: run(ledger.settle, stands.shop_id, [one]),
                seconds,
            )
            ground.check_books(stands.shop_id, stands.committed)
    ratios = [
        *(Ratio(f"settle of bare SQL, {load}, batch {batch:,}", settle[load, batch], floor, 0.7)
          for (load, batch), floor in bare.items()),
        Ratio("settle of COPY, many items, batch 1,000", settle["many items", 1_000], copied, 0.3),
        Ratio("hot item of many items, batch 1,000", settle["hot item", 1_000],
              settle["many items", 1_000], 1.0),
        Ratio(f"{CALLERS} callers together of one at a time", grouped,
              settle["many items", 1], 2.0),
    ]  # fmt: skip
    return Report(
        "ledger",
        ground.database_version(),
        rounds,
        [*settle.values(), *bare.values(), grouped, alone, copied],
        {"items": ITEMS, "zipf": SKEW, "lines_per_order": 1, "seconds_per_round": seconds},
        ratios=ratios,
    )


def _turn_about(loads: Loads, seconds: float) -> None:
    """One call of each load after the other, so that a slow moment of the disk meets them all."""
    latencies: dict[Series, list[float]] = {series: [] for series in loads}
    while any(sum(taken) < seconds for taken in latencies.values()):
        for series, (_size, call) in loads.items():
            latencies[series].append(call())
    for series, (size, _call) in loads.items():
        taken = latencies[series]
        series.add(size * len(taken), sum(taken), taken)


def zipf(items: Sequence[int], chance: random.Random) -> Choose:
    """Draws items by Zipf's law: the second half as often as the first, the third a third as often."""
    weights = list(accumulate(1 / (rank + 1) ** SKEW for rank in range(len(items))))
    return lambda: items[min(len(items) - 1, bisect(weights, chance.random() * weights[-1]))]


def _settle(stands: Ground, choose: Choose, batch: int) -> float:
    documents = [_order(stands, choose()) for _ in range(batch)]
    started = time.perf_counter()
    run(ledger.settle, stands.shop_id, documents)
    spent = time.perf_counter() - started
    stands.committed += batch
    return spent


def _order(stands: Ground, pick: int) -> Document:
    number = next(stands.numbers)
    return Document(
        "shopify_order",
        str(number),
        1,
        title=f"#{number}",
        claims=[Claim("1", stands.items[pick], stands.location_id, State.COMMITTED, 1)],
        echo=True,
        actor="shopify",
    )


def _callers(
    series: Series,
    stands: Ground,
    choose: Choose,
    settle: Callable[[Document], object],
    seconds: float,
) -> None:
    """Many threads, each with one order after the other."""
    latencies: list[float] = []
    started = time.perf_counter()
    end = started + seconds
    mutex = threading.Lock()

    def work(_number: int) -> None:
        own: list[float] = []
        while (began := time.perf_counter()) < end:
            with mutex:
                order = _order(stands, choose())
            settle(order)
            own.append(time.perf_counter() - began)
        with mutex:
            latencies.extend(own)

    with ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(work, range(CALLERS)))
    stands.committed += len(latencies)
    series.add(len(latencies), time.perf_counter() - started, latencies)


def _together(shop_id: int) -> Together[Document, Outcome]:
    return Together(lambda given: run(ledger.settle, shop_id, given), most=200)


@contextmanager
def _bare_connection(shop_id: int) -> Iterator[Connection]:
    with psycopg.connect(settings().database_url, autocommit=True) as connection:
        connection.execute("SELECT set_config('holdfast.shop_id', %s, false)", [str(shop_id)])
        yield connection


def _bare(stands: Ground, choose: Choose, batch: int, connection: Connection) -> float:
    values = _bare_values(stands, [choose() for _ in range(batch)])
    started = time.perf_counter()
    connection.execute(BARE, values, prepare=True)
    return time.perf_counter() - started


def _bare_values(stands: Ground, picks: Sequence[int]) -> dict[str, Any]:
    numbers = [next(stands.numbers) for _ in picks]
    items = [stands.bare_items[pick] for pick in picks]
    return {
        "shop": stands.bare_shop,
        "location": stands.bare_location,
        "references": texts([str(number) for number in numbers]),
        "titles": texts([f"#{number}" for number in numbers]),
        "items": integers(items),
        "free": integers([stands.accounts[item, "available"] for item in items]),
        "held": integers([stands.accounts[item, "committed"] for item in items]),
        "free_left": integers([1] * len(picks)),
        "then_held": integers([1] * len(picks)),
    }


OPEN_COMMITTED = """
INSERT INTO balance (shop_id, item_id, location_id, state, quantity)
SELECT shop_id, item_id, :location, 'committed', 0 FROM item WHERE shop_id = :shop
"""


def _open_accounts(shop_id: int, location_id: int) -> dict[tuple[int, str], int]:
    with engine().begin() as connection:
        connection.execute(
            text("SELECT set_config('holdfast.shop_id', :shop, true)"), {"shop": str(shop_id)}
        )
        connection.execute(text(OPEN_COMMITTED), {"shop": shop_id, "location": location_id})
        rows = connection.execute(
            text("SELECT item_id, state::text, account_id FROM balance WHERE shop_id = :shop"),
            {"shop": shop_id},
        ).all()
    return {(row[0], row[1]): row[2] for row in rows}


def _make_copy_table() -> None:
    """The same table once more, in months like the real one, with the same keys."""
    with engine().begin() as connection:
        for statement in (
            "CREATE TABLE bench_posting (LIKE posting INCLUDING ALL)"
            " PARTITION BY RANGE (recorded_at)",
            "CREATE TABLE bench_posting_all PARTITION OF bench_posting DEFAULT",
        ):
            connection.execute(text(statement))


def _copy(stands: Ground, choose: Choose, connection: Connection) -> float:
    rows = [_row(next(stands.numbers), stands, choose()) for _ in range(COPIED)]
    started = time.perf_counter()
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        for row in rows:
            copy.write_row(row)
    return time.perf_counter() - started


def _row(number: int, stands: Ground, pick: int) -> tuple[object, ...]:
    item = stands.bare_items[pick]
    accounts = (stands.accounts[item, "available"], stands.accounts[item, "committed"])
    moved = (*accounts, 1, 1, "held", number, "1", "shopify", True)
    return (stands.bare_shop, number, "2026-11-23 10:00:00+00", 1, *moved)
