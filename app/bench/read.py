"""How quick the product's reads are over a long history, beside the same queries asked barely.

Bare is the same SQL by psycopg alone, as the same role behind the same row-level security; product is
the public function of `app.inventory.queries`. Both take turns, round by round. The history is written
first. Its last million goes in by turns with the same million in a second database that holds nothing
from before the month it begins in, which tells whether a long history slows the next insert, and not
whether a month fills or the machine tires.
"""

from __future__ import annotations

import gc
import random
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from statistics import median
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url
from sqlmodel import Session

from app.bench import ground, history
from app.bench.ground import Ground
from app.bench.ledger import zipf
from app.bench.report import Report, Series
from app.config import settings
from app.db import engine, transaction
from app.inventory import queries
from app.shops import open_shop

ITEMS = 10_000
MANY = 200
PAGE = 50
CALLS = 200
MILLION = 1_000_000
SETTINGS = ("shared_buffers", "work_mem", "max_wal_size", "max_parallel_workers_per_gather")

SIZES = """
SELECT 'heap', sum(pg_relation_size(inhrelid)) FROM pg_inherits
WHERE inhparent = 'posting'::regclass
UNION ALL
SELECT whole.relname, sum(pg_relation_size(part.inhrelid))
FROM pg_index JOIN pg_class AS whole ON whole.oid = indexrelid
JOIN pg_inherits AS part ON part.inhparent = indexrelid
WHERE indrelid = 'posting'::regclass GROUP BY whole.relname
"""


class Question(NamedTuple):
    """One call: how the product asks it, and its SQL and values for the bare one."""

    product: Callable[[Session], Sequence[Any]]
    statement: str
    values: dict[str, Any]


Ask = Callable[[], Question]


def measure(place: Ground, rounds: int, movements: int) -> Report:
    """Writes the history, then asks in interleaved rounds. Raises BooksAreWrong for unlike answers."""
    shop_id = _opened()
    chunks, slowed = _write_beside_a_young_one(place, shop_id, movements)
    with psycopg.connect(place.superuser_url, autocommit=True) as connection:
        written = chunks[-1].total
        sizes = {name: int(size) / written for name, size in connection.execute(SIZES.encode())}
        server = {name: _shown(connection, name) for name in SETTINGS}
    series = {}
    gc.collect()
    gc.freeze()  # as the web process does
    with transaction(shop_id) as session, psycopg.connect(settings().database_url) as bare:
        bare.execute("SELECT set_config('holdfast.shop_id', %s, false)", (str(shop_id),))
        asks = _asks(session, shop_id)
        for name in asks:
            series[name, "product"] = Series(f"{name}, product", "reads")
            series[name, "bare"] = Series(f"{name}, bare", "reads")
        for number in range(-1, rounds):
            for name, ask in asks.items():
                taken = _round(session, bare, [ask() for _ in range(CALLS)], name)
                # The round before the first only warms up.
                for who, latencies in taken.items() if number >= 0 else ():
                    series[name, who].add(len(latencies), sum(latencies), latencies)
    return Report(
        "read",
        ground.database_version(),
        rounds,
        list(series.values()),
        {
            "movements": written,
            "items": ITEMS,
            "months": history.MONTHS + 1,
            "calls_per_round": CALLS,
            "p99_ratio": {
                name: round(_p99(series[name, "product"]) / _p99(series[name, "bare"]), 2)
                for name in asks
            },
            "inserts_per_second_by_million": _rates(chunks),
            "last_million_to_young": round(slowed, 2),
            "bytes_per_movement": {name: round(size, 1) for name, size in sizes.items()}
            | {"all": round(sum(sizes.values()), 1)},
            "server": server,
        },
        "product and bare gave the same rows in every call",
    )


def write(place: Ground, movements: int) -> tuple[int, list[history.Chunk]]:
    """A shop with a history of so many movements: its id, and how each chunk went in."""
    shop_id = _opened()
    with _settled(place.superuser_url) as connection:
        chunks = list(history.write_history(connection, shop_id, movements, ITEMS))
    return shop_id, chunks


def _write_beside_a_young_one(
    place: Ground, shop_id: int, movements: int
) -> tuple[list[history.Chunk], float]:
    """The chunks of the history, and how fast its last million went in, of its speed with no history.

    Each chunk of the last million takes turns with the same chunk in a copy of the database whose
    history begins with the month that the million begins in; the ratio is the median over these pairs.
    """
    number = history.number_of_chunks(movements, ITEMS)
    paired = number - max(1, round(number * _step(movements) / movements))
    begun = history.month_begun(paired, number)
    young = _copied(place.superuser_url)
    ratios: list[float] = []
    with (
        _settled(place.superuser_url) as connection,
        psycopg.connect(young, autocommit=True) as beside,
    ):
        chunks = list[history.Chunk]()
        short = history.write_history(beside, shop_id, movements, ITEMS, first=begun)
        for _ in range(begun, paired):
            next(short)
        for chunk in history.write_history(connection, shop_id, movements, ITEMS):
            chunks.append(chunk)
            if len(chunks) > paired:
                fresh = next(short)
                speed = chunk.movements / chunk.seconds
                ratios.append(speed / (fresh.movements / fresh.seconds))
    return chunks, median(ratios)


def _opened() -> int:
    with transaction() as session:
        return open_shop(session, ground.SHOP).shop_id


@contextmanager
def _settled(superuser_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to write by; afterwards the tables are vacuumed, analyzed and on disk."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        yield connection
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def _copied(superuser_url: str) -> str:
    """A second database like this one on the same server: its superuser's address."""
    url = make_url(superuser_url)
    engine().dispose()  # a database in use cannot be copied
    name = f"{url.database}_young"
    with psycopg.connect(
        url.set(database="postgres").render_as_string(False), autocommit=True
    ) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(str(url.database))
            )
        )
    return url.set(database=name).render_as_string(False)


def _asks(session: Session, shop_id: int) -> dict[str, Ask]:
    chance = random.Random(11)
    statement = "SELECT item_id FROM item ORDER BY item_id"
    items = list(session.connection().exec_driver_sql(statement).scalars())
    by_zipf = zipf(items, chance)
    now = datetime.now().astimezone()
    span = timedelta(days=30 * history.MONTHS)

    def many() -> Question:
        some = chance.sample(items, min(MANY, len(items)))
        return Question(
            lambda session: queries.balances(session, some),
            queries.NOW,
            {"shop": shop_id, "items": some},
        )

    def page() -> Question:
        item = by_zipf()
        return Question(
            lambda session: queries.movements(session, item, limit=PAGE),
            queries.page_statement(),
            {"shop": shop_id, "item": item, "limit": PAGE},
        )

    def as_of() -> Question:
        item, moment = by_zipf(), now - chance.random() * span
        return Question(
            lambda session: queries.balances(session, [item], moment),
            queries.AS_OF,
            {"shop": shop_id, "items": [item], "moment": moment},
        )

    return {f"balances of {MANY} items": many, f"page of {PAGE}": page, "as-of balance": as_of}


def _round(
    session: Session, bare: psycopg.Connection[Any], questions: Sequence[Question], name: str
) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {"product": [], "bare": []}
    for number, question in enumerate(questions):
        answers: dict[str, Sequence[Any]] = {}
        # Whoever asks second finds the pages warm, so they take turns at that, too.
        for who in ("product", "bare") if number % 2 else ("bare", "product"):
            started = time.perf_counter()
            if who == "product":
                answers[who] = question.product(session)
            else:
                answers[who] = bare.execute(
                    question.statement.encode(), question.values, prepare=False
                ).fetchall()
            taken[who].append(time.perf_counter() - started)
        if sorted(map(tuple, answers["product"])) != sorted(map(tuple, answers["bare"])):
            raise ground.BooksAreWrong(f"{name}: product and bare answer differently")
    return taken


def _rates(chunks: Sequence[history.Chunk]) -> list[int]:
    """Movements a second, the median of the chunks of each million (or of each tenth if fewer)."""
    step = _step(chunks[-1].total)
    ends = list(range(step, chunks[-1].total + step, step))
    by_end: list[list[float]] = [[] for _ in ends]
    for chunk in chunks:
        by_end[bisect_left(ends, chunk.total)].append(chunk.movements / chunk.seconds)
    return [round(median(rates)) for rates in by_end if rates]


def _step(movements: int) -> int:
    return min(MILLION, max(1, movements // 10))


def _p99(series: Series) -> float:
    return median(one[1] for one in series.milliseconds)


def _shown(connection: psycopg.Connection[Any], name: str) -> str:
    row = connection.execute(f"SHOW {name}".encode()).fetchone()
    return str(row[0]) if row else ""
