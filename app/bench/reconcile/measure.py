"""The full pass, the same match by other engines, and a thousand changed lines, on the same rows.

Other engines get the papers copied out of PostgreSQL, which is part of their time, and keep their
answer in memory: none of them compares it with what stands, or writes it back, as the product does.
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
from app.bench.reconcile.engines import ENGINES
from app.bench.report import Ratio, Report, Series
from app.db import database_time, run, shop_of, transaction
from app.shops import open_shop
from app.vendor.reconciliation import conservation, restating

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
    first = Series("first full pass, every row written", "lines")
    again = Series("full pass over what is matched", "lines")
    by_hand = Series("PostgreSQL, its answer kept nowhere", "lines")
    others = {name: Series(f"{name}, loading included", "lines") for name in ENGINES}
    best = Series("the best of these engines", "lines")
    changed = Series(f"{CHANGED:,} changed lines", "passes")
    whole = Series("full passes", "passes")
    seconds = _timed(lambda: run(restating.restate_all, shop_id))
    first.add(lines, seconds, [seconds])
    for number in range(rounds):
        now = database_time()
        seconds = _timed(lambda now=now: run(restating.restate_all, shop_id, now=now))  # type: ignore[misc]
        again.add(lines, seconds, [seconds])
        whole.add(1, seconds, [seconds])
        took = elsewhere(place, shop_id, now)
        for name, series in {PLAIN: by_hand, **others}.items():
            series.add(lines, took[name], [took[name]])
        best.add(lines, min(took.values()), [min(took.values())])
        run(_change, shop_id, number)
        seconds = _timed(lambda: run(_follow, shop_id))
        changed.add(1, seconds, [seconds])
        _same_answer(shop_id)
    return Report(
        "reconcile",
        ground.database_version(),
        rounds,
        [first, again, by_hand, *others.values(), changed, whole],
        {"lines": lines, "rows": written, "changed": CHANGED, "engines": [PLAIN, *ENGINES]},
        "in every round all engines gave the rows that stand, a full pass gave those that following"
        " gave, and the audit was silent",
        [
            Ratio("time of a full pass to the best engine's", best, again, at_most=1.5),
            Ratio("1,000 changed lines beside a full pass", changed, whole, 100.0),
        ],
    )


PLAIN = "PostgreSQL"


def elsewhere(place: Ground, shop_id: int, now: datetime) -> dict[str, float]:
    """Seconds of each engine by name. Raises BooksAreWrong unless all give the rows that stand."""
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
            started = time.perf_counter()
            copied.copy_out(connection, shop_id, folder / "papers")
            answer = match(folder / "papers", asked)
            took[name] = time.perf_counter() - started
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
    session.execute(text(restating.FOR_A_FULL_PASS))
    # The temporary table stands before the product's own of that name.
    for table, (columns, query) in {
        "reconciliation_invoice": restating.matched_invoices(),
        "answer": restating.matched_rows(),
    }.items():
        session.execute(
            text(f"CREATE TEMP TABLE {table} {columns} ON COMMIT DROP AS {query}"), dict(asked)
        )
        session.execute(text(f"ANALYZE {table}"))
    seconds = time.perf_counter() - started
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    _copy(connection, KEPT.replace("{}", "answer"), file)
    return seconds


def _same_answer(shop_id: int) -> None:
    followed = run(_answer, shop_id)
    run(restating.restate_all, shop_id)
    if run(_answer, shop_id) != followed:
        raise BooksAreWrong("a full pass gives other rows than following the papers gave")
    if found := run(conservation.findings, shop_id):
        raise BooksAreWrong(f"not every unit and cent stands once: {found[0]}")


def _answer(session: Session) -> tuple[object, ...]:
    return tuple(session.execute(text(ANSWER), {"shop": shop_of(session)}).one())
