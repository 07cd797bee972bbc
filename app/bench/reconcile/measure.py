"""The full pass, the same match by other engines, and a thousand changed lines, on the same rows.

Other engines get the papers copied out of PostgreSQL, which is part of their time, and keep their
answer in memory: none of them compares it with what stands, or writes it back, as the product does.
What writing would cost them is measured once: the same rows by COPY into a table with the same
indexes, beside the product's first pass.
"""

from __future__ import annotations

import filecmp
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import text
from sqlmodel import Session

from app.bench import ground
from app.bench.ground import BooksAreWrong, Ground
from app.bench.reconcile import copied, papers
from app.bench.reconcile.backends import Backends, Peak
from app.bench.reconcile.engines import ENGINES
from app.bench.report import Ratio, Report, Series
from app.config import settings
from app.db import database_time, run, shop_of, transaction
from app.shops import open_shop
from app.vendor.reconciliation import conservation, full, restating, statements

CHANGED = 1_000
ANSWER = """
SELECT sum(hashtextextended((to_jsonb(kept) - 'restated_at')::text, 0)::numeric), count(*)
FROM reconciliation_line AS kept WHERE shop_id = :shop
"""
KEPT = copied.answered("extract(epoch FROM {}) * 1000000", "{}")
# A receipt more, in lines from all over the books: every so many in the order of a hash.
CHANGE = """
WITH changed AS (
    UPDATE purchase_order_line SET received_units = received_units + 1
    WHERE shop_id = :shop AND (region, number, line) IN (
        SELECT region, number, line FROM purchase_order_line WHERE shop_id = :shop
        ORDER BY hashtextextended(number || line, :round) LIMIT :most)
    RETURNING region, number, line, received_units
)
INSERT INTO receipt (shop_id, region, number, line, observed_at, total, amount, unit, unit_size)
SELECT :shop, region, number, line, now(), received_units, received_units, 'Eaches', 1 FROM changed
"""


def measure(place: Ground, rounds: int, lines: int) -> Report:
    """Matches the papers of so many lines in every way. Raises BooksAreWrong for unlike answers."""
    with transaction() as session:
        shop_id = open_shop(session, ground.SHOP).shop_id
    with psycopg.connect(place.superuser_url, autocommit=True) as connection:
        written = papers.write_papers(connection, shop_id, lines)
        return _measure(place, rounds, lines, shop_id, written, Backends(connection))


def _measure(
    place: Ground,
    rounds: int,
    lines: int,
    shop_id: int,
    written: dict[str, int],
    database: Backends,
) -> Report:
    first = Series("first full pass, every row written", "lines")
    again = Series("full pass over what is matched", "lines")
    by_hand = Series("PostgreSQL, its answer kept nowhere", "lines")
    others = {name: Series(f"{name}, loading included", "lines") for name in ENGINES}
    best = Series("the best of these engines", "lines")
    best_kept = Series("the best of these engines, its answer written too", "lines")
    changed = Series(f"{CHANGED:,} changed lines", "passes")
    whole = Series("full passes", "passes")
    changed_inside = Series(f"{CHANGED:,} changed lines, the database's processors", "passes")
    whole_inside = Series("full passes, the database's processors", "passes")
    memory: dict[str, int] = {}
    first_seconds = _timed(lambda: full.restate_all(shop_id))
    first.add(lines, first_seconds, [first_seconds])
    for number in range(rounds):
        now = database_time()
        with Peak(database) as peak:
            seconds, inside = _timed_inside(
                database,
                lambda now=now: full.restate_all(shop_id, now=now),  # type: ignore[misc]
            )
        _most(memory, "full pass, the database's processes", peak)
        again.add(lines, seconds, [seconds])
        whole.add(1, seconds, [seconds])
        whole_inside.add(1, inside, [inside])
        took = elsewhere(place, shop_id, now, memory)
        for name, series in {PLAIN: by_hand, **others}.items():
            series.add(lines, took[name], [took[name]])
        best.add(lines, min(took.values()), [min(took.values())])
        if not number:
            # Once is enough: the first full pass, too, is there only once.
            seconds = min(took.values()) + _written_elsewhere(place, shop_id)
            best_kept.add(lines, seconds, [seconds])
        run(_change, shop_id, number)
        seconds, inside = _timed_inside(database, lambda: run(_follow, shop_id))
        changed.add(1, seconds, [seconds])
        changed_inside.add(1, inside, [inside])
        _same_answer(shop_id)
    return Report(
        "reconcile",
        ground.database_version(),
        rounds,
        [
            *(first, best_kept, again, by_hand, *others.values()),
            *(changed, whole, changed_inside, whole_inside),
        ],
        {
            "lines": lines,
            "rows": written,
            "changed": CHANGED,
            "engines": [PLAIN, *ENGINES],
            "connections": settings().match_connections,
            "peak_memory_bytes": memory,
        },
        "in every round all engines gave the rows that stand, a full pass gave those that following"
        " gave, and the audit was silent",
        [
            Ratio("time of a full pass to the best engine's", best, again, at_most=1.5),
            Ratio("time of a first full pass to the best's that writes", best_kept, first),
            Ratio("a full pass to 1,000 changed lines, in the database", changed_inside,
                  whole_inside, 100.0),
            Ratio("a full pass to 1,000 changed lines, on the clock", changed, whole),
        ],
    )  # fmt: skip


def _most(memory: dict[str, int], name: str, peak: Peak) -> None:
    memory[name] = max(memory.get(name, 0), peak.bytes)


def _timed_inside(database: Backends, work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock, and on processors by the database."""
    before = database.seconds()
    seconds = _timed(work)
    # Where the database is elsewhere, what it took is what its caller waited.
    return seconds, database.seconds() - before or seconds


def _written_elsewhere(place: Ground, shop_id: int) -> float:
    """Seconds that the same rows take to be written into a table with the same indexes, by COPY."""
    file = place.folder / "match" / "rows"
    with psycopg.connect(place.superuser_url) as connection:
        connection.execute(
            "CREATE TABLE written_elsewhere (LIKE reconciliation_line INCLUDING ALL)"
        )
        connection.commit()
        rows = f"SELECT * FROM reconciliation_line WHERE shop_id = {shop_id:d}"
        with (
            file.open("wb") as out,
            connection.cursor() as cursor,
            cursor.copy(f"COPY ({rows}) TO STDOUT (FORMAT binary)".encode()) as copied_out,
        ):
            for block in copied_out:
                out.write(block)
        started = time.perf_counter()
        with (
            file.open("rb") as read,
            connection.cursor() as cursor,
            cursor.copy("COPY written_elsewhere FROM STDIN (FORMAT binary)") as copied_in,
        ):
            while block := read.read(1 << 20):
                copied_in.write(block)
        connection.commit()
        seconds = time.perf_counter() - started
        connection.execute("DROP TABLE written_elsewhere")
        connection.commit()
    file.unlink()
    return seconds


PLAIN = "PostgreSQL"
FOR_ONE_QUERY = (
    "SET LOCAL work_mem = '128MB'; SET LOCAL hash_mem_multiplier = 4; SET LOCAL jit = off"
)


def elsewhere(
    place: Ground, shop_id: int, now: datetime, memory: dict[str, int] | None = None
) -> dict[str, float]:
    """Seconds of each engine by name. Raises BooksAreWrong unless all give the rows that stand.

    `memory` is told the most bytes that each had of its own in this process.
    """
    folder = place.folder / "match"
    folder.mkdir(exist_ok=True)
    stands = folder / "stands.csv"
    asked = {"shop": shop_id} | restating.terms_at(now)
    with psycopg.connect(place.superuser_url) as connection:
        _copy(
            connection,
            KEPT.replace(
                "{}", f"(SELECT * FROM reconciliation_line WHERE shop_id = {shop_id}) AS kept"
            ),
            stands,
        )
        took = {PLAIN: run(_by_hand, shop_id, asked, folder / f"{PLAIN}.csv")}
        for name, match in ENGINES.items():
            with Peak() as peak:
                started = time.perf_counter()
                copied.copy_out(connection, shop_id, folder / "papers")
                answer = match(folder / "papers", asked)
                took[name] = time.perf_counter() - started
            if memory is not None:
                _most(memory, name, peak)
            answer.write(folder / f"{name}.csv")
    for name in took:
        if not filecmp.cmp(stands, folder / f"{name}.csv", shallow=False):
            raise BooksAreWrong(
                f"{name} answers otherwise: {_first_difference(stands, folder / f'{name}.csv')}"
            )
    return took


def _first_difference(one: Path, other: Path) -> str:
    with one.open() as ours, other.open() as theirs:
        for mine, its in zip(ours, theirs, strict=False):
            if mine != its:
                return f"{its.strip()} instead of {mine.strip()}"
    return "there are more rows, or fewer"


def _copy(connection: psycopg.Connection[Any], query: str, file: Path) -> None:
    with (
        file.open("wb") as written,
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)".encode()) as out,
    ):
        for block in out:
            written.write(block)


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _change(session: Session, number: int) -> None:
    asked = {"shop": shop_of(session), "round": number, "most": CHANGED}
    session.execute(text(CHANGE), asked)


def _follow(session: Session) -> None:
    """What the job does to the match; what it states to the queue is not part of the full pass."""
    due = session.execute(
        text("DELETE FROM reconciliation_due WHERE shop_id = :shop RETURNING region, number, line"),
        {"shop": shop_of(session)},
    ).all()
    restating.restate(session, {(row.region, row.number, row.line) for row in due})


def _by_hand(session: Session, asked: Mapping[str, Any], file: Path) -> float:
    """Seconds of the same match in tables of nobody's: no rows compared, none kept."""
    started = time.perf_counter()
    session.execute(text(FOR_ONE_QUERY))
    # The temporary table stands before the product's own of that name.
    for table, (columns, query) in {
        "reconciliation_invoice": statements.matched_invoices(),
        "answer": statements.matched_lines(),
    }.items():
        session.execute(
            text(f"CREATE TEMP TABLE {table} {columns} ON COMMIT DROP AS {query}"), dict(asked)
        )
        # With the key that the product's own tables have: it is looked up by it.
        key = "invoice_id" if table == "reconciliation_invoice" else "region, number, line"
        session.execute(text(f"CREATE UNIQUE INDEX ON {table} (shop_id, {key})"))
        session.execute(text(f"ANALYZE {table}"))
    seconds = time.perf_counter() - started
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    _copy(connection, KEPT.replace("{}", "answer"), file)
    return seconds


def _same_answer(shop_id: int) -> None:
    followed = run(_answer, shop_id)
    full.restate_all(shop_id)
    if run(_answer, shop_id) != followed:
        raise BooksAreWrong("a full pass gives other rows than following the papers gave")
    if found := run(conservation.findings, shop_id):
        raise BooksAreWrong(f"not every unit and cent stands once: {found[0]}")


def _answer(session: Session) -> tuple[object, ...]:
    return tuple(session.execute(text(ANSWER), {"shop": shop_of(session)}).one())
