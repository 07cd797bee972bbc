"""The full pass, the same match by hand in one query, and a thousand changed lines, on the same rows."""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg
from sqlalchemy import text
from sqlmodel import Session

from app.bench import ground
from app.bench.ground import BooksAreWrong, Ground
from app.bench.reconcile import papers
from app.bench.report import Ratio, Report, Series
from app.db import run, shop_of, transaction
from app.shops import open_shop
from app.vendor.reconciliation import conservation, restating

CHANGED = 1_000
ANSWER = """
SELECT sum(hashtextextended((to_jsonb(kept) - 'restated_at')::text, 0)::numeric), count(*)
FROM reconciliation_line AS kept WHERE shop_id = :shop
"""
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
    by_hand = Series("PostgreSQL by hand, nothing kept", "lines")
    changed = Series(f"{CHANGED:,} changed lines", "passes")
    whole = Series("full passes", "passes")
    seconds = _timed(lambda: run(restating.restate_all, shop_id))
    first.add(lines, seconds, [seconds])
    for number in range(rounds):
        seconds = _timed(lambda: run(restating.restate_all, shop_id))
        again.add(lines, seconds, [seconds])
        whole.add(1, seconds, [seconds])
        seconds = _timed(lambda: run(_by_hand, shop_id))
        by_hand.add(lines, seconds, [seconds])
        run(_change, shop_id, number)
        seconds = _timed(lambda: run(_follow, shop_id))
        changed.add(1, seconds, [seconds])
        _same_answer(shop_id)
    return Report(
        "reconcile",
        ground.database_version(),
        rounds,
        [first, again, by_hand, changed, whole],
        {"lines": lines, "rows": written, "changed": CHANGED},
        "after every round a full pass gave the rows that following gave, and the audit was silent",
        [
            Ratio("full pass beside PostgreSQL by hand", again, by_hand, 1 / 1.5),
            Ratio("1,000 changed lines beside a full pass", changed, whole, 100.0),
        ],
    )


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


def _by_hand(session: Session) -> None:
    """The same match by one query into a table of nobody's: no rows compared, none kept."""
    session.execute(text(restating.FOR_A_FULL_PASS))
    columns, query = restating.matched_rows()
    asked = {"shop": shop_of(session)} | restating.terms_at(None)
    session.execute(text(f"CREATE TEMP TABLE answer {columns} ON COMMIT DROP AS {query}"), asked)


def _same_answer(shop_id: int) -> None:
    followed = run(_answer, shop_id)
    run(restating.restate_all, shop_id)
    if run(_answer, shop_id) != followed:
        raise BooksAreWrong("a full pass gives other rows than following the papers gave")
    if found := run(conservation.findings, shop_id):
        raise BooksAreWrong(f"not every unit and cent stands once: {found[0]}")


def _answer(session: Session) -> tuple[object, ...]:
    return tuple(session.execute(text(ANSWER), {"shop": shop_of(session)}).one())
