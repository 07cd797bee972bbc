"""The full pass: every row of the match written anew, range by range, over several connections.

A range is the orders of so many lines, or so many invoices, in the order of their numbers, so what a
pass needs of memory does not grow with the papers. Each is a transaction of its own that writes only
what is other than it stands. What is due stays due until all are through, so a pass that
dies half-way is followed by another, and whoever checks the books knows that papers wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlmodel import Session

from app.config import settings
from app.db import database_time, run, shop_of
from app.vendor.reconciliation.restating import (
    ONE_AT_A_TIME,
    WITHDRAWN,
    Written,
    rows_written,
    terms_at,
)
from app.vendor.reconciliation.statements import RANGE_OF_INVOICES, RANGE_OF_LINES, with_terms
from app.vendor.reconciliation.tables import ReconciliationDue

LINES_AT_ONCE = 50_000
INVOICES_AT_ONCE = 10_000
# Sorting papers by their numbers, to merge them, takes longer than the planner thinks.
FOR_A_RANGE = (
    "SET LOCAL work_mem = '64MB'; SET LOCAL hash_mem_multiplier = 2; SET LOCAL jit = off;"
    " SET LOCAL enable_mergejoin = off"
)
WAITS_LONG = "SET LOCAL idle_in_transaction_session_timeout = 0"
TAKE_ALL = "DELETE FROM reconciliation_due WHERE shop_id = :shop"
REGIONS_OF_ORDERS = (
    "SELECT DISTINCT region FROM purchase_order WHERE shop_id = :shop ORDER BY region"
)
# So many lines on from where the last range ended, and else the last there is.
NEXT_END_OF_ORDERS = """
SELECT coalesce(
    (SELECT number FROM purchase_order_line
     WHERE shop_id = :shop AND region = :region AND number > :after
     ORDER BY number OFFSET :most LIMIT 1),
    (SELECT max(number) FROM purchase_order_line
     WHERE shop_id = :shop AND region = :region AND number > :after))
"""
NEXT_END_OF_INVOICES = """
SELECT coalesce(
    (SELECT number FROM invoice WHERE shop_id = :shop AND number > :after
     ORDER BY number OFFSET :most LIMIT 1),
    (SELECT max(number) FROM invoice WHERE shop_id = :shop AND number > :after))
"""


class _Range(NamedTuple):
    """Numbers after one up to another; of orders, in one region."""

    after: str
    last: str
    region: str | None = None


def restate_all(shop_id: int, *, now: datetime | None = None) -> Written:
    """Writes every row of a shop's match anew; what stands already is not written again.

    The same papers at the same moment give the same rows as following them one by one. May run
    twice, and may die half-way. One shop's pass waits for another of the same shop.
    """
    run(_say_that_papers_wait, shop_id)
    return run(_restate_all, shop_id, now or database_time())


def _restate_all(session: Session, now: datetime) -> Written:
    shop_id = shop_of(session)
    shop = {"shop": shop_id}
    session.execute(text(WAITS_LONG))
    session.execute(text(ONE_AT_A_TIME), shop)
    # Gone only when all is written. What is said to be due after this is due again.
    session.execute(text(TAKE_ALL), shop)
    asked = terms_at(now)
    with ThreadPoolExecutor(settings().match_connections) as pool:
        # A line reads its invoices' rows: those of all invoices are written before.
        write = partial(_write, shop_id, RANGE_OF_INVOICES, asked)
        invoices = sum(pool.map(write, _invoices(session)))
        write = partial(_write, shop_id, with_terms(RANGE_OF_LINES), asked)
        lines = sum(pool.map(write, _orders(session)))
    session.execute(text(WITHDRAWN), shop)
    return Written(invoices, lines)


def _say_that_papers_wait(session: Session) -> None:
    """Until all ranges are written the books are half new; what checks them waits for what is due."""
    session.add(ReconciliationDue(shop_id=shop_of(session)))


def _write(shop_id: int, statement: str, asked: dict[str, Any], part: _Range) -> int:
    return run(_write_range, shop_id, statement, asked | part._asdict())


def _write_range(session: Session, statement: str, asked: dict[str, Any]) -> int:
    session.execute(text(FOR_A_RANGE))
    return rows_written(session, statement, {"shop": shop_of(session)} | asked)


def _orders(session: Session) -> Iterator[_Range]:
    regions = session.execute(text(REGIONS_OF_ORDERS), {"shop": shop_of(session)}).scalars().all()
    for region in regions:
        yield from _ranges(session, NEXT_END_OF_ORDERS, LINES_AT_ONCE, region)


def _invoices(session: Session) -> Iterator[_Range]:
    yield from _ranges(session, NEXT_END_OF_INVOICES, INVOICES_AT_ONCE)


def _ranges(
    session: Session, next_end: str, most: int, region: str | None = None
) -> Iterator[_Range]:
    """The next is looked for while those before it are written."""
    asked = {"shop": shop_of(session), "most": most, "region": region}
    after = ""
    while (last := session.execute(text(next_end), asked | {"after": after}).scalar()) is not None:
        yield _Range(after, last, region)
        after = last
