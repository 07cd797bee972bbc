"""Writing the match anew: for what a changed paper touches, or for everything.

A row is what all papers together say at a moment, whatever the order in which they came, so writing
it anew is always right, and twice is the same as once. What has changed is said by the database's own
triggers, so no writer of papers can forget to.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlmodel import Session

from app.config import settings
from app.db import database_time, run, shop_of
from app.vendor.reconciliation import matching, standing, stating
from app.vendor.reconciliation.statements import SOME_INVOICES, SOME_LINES, with_terms

AT_ONCE = 2_000
"""Papers looked at in one transaction."""

LineKey = tuple[str, str, str]

WITHDRAWN = """
DELETE FROM reconciliation_line AS kept USING purchase_order AS paper
WHERE kept.shop_id = :shop AND paper.shop_id = :shop AND paper.region = kept.region
  AND paper.number = kept.number AND paper.withdrawn
"""
TAKE = """
DELETE FROM reconciliation_due WHERE shop_id = :shop AND due_id IN (
    SELECT due_id FROM reconciliation_due WHERE shop_id = :shop ORDER BY due_id LIMIT :most)
RETURNING region, number, line, invoice_number
"""
TIME_IS_OVER = """
SELECT region, number, line FROM reconciliation_line
WHERE shop_id = :shop AND looks_again_at <= :now ORDER BY looks_again_at LIMIT :most
"""
LINES_OF_INVOICES = """
SELECT DISTINCT own.region, own.number, own.line
FROM invoice JOIN invoice_line AS own USING (shop_id, invoice_id)
WHERE invoice.shop_id = :shop AND invoice.number = ANY(CAST(:invoices AS text[]))
"""
LINES_OF_ORDERS = """
SELECT region, number, line FROM purchase_order_line
WHERE shop_id = :shop AND (region, number) IN (
    SELECT * FROM unnest(CAST(:regions AS text[]), CAST(:numbers AS text[])))
"""
ORDERS_OF_INVOICES = """
SELECT DISTINCT own.region, own.number
FROM invoice JOIN invoice_line AS own USING (shop_id, invoice_id)
WHERE invoice.shop_id = :shop AND invoice.number = ANY(CAST(:invoices AS text[]))
"""
INVOICES_OF_LINES = """
SELECT DISTINCT invoice.number
FROM unnest(CAST(:regions AS text[]), CAST(:numbers AS text[]), CAST(:lines AS text[]))
    AS given (region, number, line)
JOIN invoice_line AS own ON own.shop_id = :shop AND own.region = given.region
    AND own.number = given.number AND own.line = given.line
JOIN invoice ON invoice.shop_id = :shop AND invoice.invoice_id = own.invoice_id
WHERE invoice.number IS NOT NULL
"""
NEXT_ORDERS = """
SELECT region, number FROM purchase_order
WHERE shop_id = :shop AND (region, number) > (:region, :number)
ORDER BY region, number LIMIT :most
"""
NEXT_INVOICES = """
SELECT number FROM invoice WHERE shop_id = :shop AND number > :number ORDER BY number LIMIT :most
"""
LOOKED_UP = "SET LOCAL jit = off"
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('reconciliation', :shop))"


class Written(NamedTuple):
    """How many rows are other than before."""

    invoices: int
    lines: int


def restate(
    session: Session,
    lines: Collection[LineKey] = (),
    invoices: Collection[str] = (),
    *,
    now: datetime | None = None,
) -> Written:
    """Writes these lines and these invoices of ours, by number, with all their lines, anew.

    The same papers at the same moment give the same rows as a full pass; the same again writes
    nothing. One shop's run waits for another of the same shop.
    """
    shop = {"shop": shop_of(session)}
    session.flush()
    session.execute(text(ONE_AT_A_TIME), shop)
    asked = shop | terms_at(now)
    keys = set(lines)
    written = 0
    if invoices:
        named = {"invoices": sorted(set(invoices))}
        written = rows_written(session, SOME_INVOICES, asked | named)
        keys |= {tuple(row) for row in session.execute(text(LINES_OF_INVOICES), shop | named)}
    if not keys:
        return Written(written, 0)
    session.execute(text(LOOKED_UP))
    written_lines = rows_written(session, with_terms(SOME_LINES), asked | _arrays(keys))
    return Written(written, written_lines)


def state_all(shop_id: int) -> None:
    """States what disagrees of every order and invoice to the queue, in parts. May run twice."""
    last: tuple[str, str] | None = ("", "")
    while last is not None:
        last = run(_state_orders, shop_id, last)
    number: str | None = ""
    while number is not None:
        number = run(_state_invoices, shop_id, number)


def reconcile(shop_id: int) -> None:
    """Follows every paper that has changed, and every time that is over, in parts.

    May run twice, and may die half-way: what is due goes in the transaction that writes it anew.
    """
    run(standing.follow, shop_id)
    while run(follow_some, shop_id):
        pass
    run(standing.state, shop_id)
    run(matching.suggest, shop_id)


def follow_some(session: Session, *, now: datetime | None = None) -> bool:
    """Follows the oldest of what is due as of `now`; says whether there may be more."""
    now = now or database_time()
    some = {"shop": shop_of(session), "now": now, "most": AT_ONCE}
    due = session.execute(text(TAKE), some).all()
    over = session.execute(text(TIME_IS_OVER), some).all()
    if not due and not over:
        return False
    lines = {(row.region, row.number, row.line) for row in due if row.line is not None}
    orders = sorted(
        {(row.region, row.number) for row in due if row.line is None and row.number is not None}
    )
    if orders:
        named = {"regions": [one[0] for one in orders], "numbers": [one[1] for one in orders]}
        lines |= {tuple(row) for row in session.execute(text(LINES_OF_ORDERS), some | named)}
        session.execute(text(WITHDRAWN), some)
    lines |= {(row.region, row.number, row.line) for row in over}
    invoices = {row.invoice_number for row in due if row.invoice_number is not None}
    restate(session, lines, invoices, now=now)
    invoices |= _invoices_of(session, lines)
    touched = {(region, number) for region, number, _ in lines}
    touched |= _orders_of(session, invoices)
    stating.state(session, touched, invoices, now=now)
    return len(due) == AT_ONCE or len(over) == AT_ONCE


def _state_orders(session: Session, after: tuple[str, str]) -> tuple[str, str] | None:
    asked = {
        "shop": shop_of(session),
        "region": after[0],
        "number": after[1],
        "most": stating.AT_ONCE,
    }
    orders = [(row.region, row.number) for row in session.execute(text(NEXT_ORDERS), asked)]
    stating.state(session, orders, ())
    return orders[-1] if orders else None


def _state_invoices(session: Session, after: str) -> str | None:
    asked = {"shop": shop_of(session), "number": after, "most": stating.AT_ONCE}
    invoices = list(session.execute(text(NEXT_INVOICES), asked).scalars())
    stating.state(session, (), invoices)
    return invoices[-1] if invoices else None


def _invoices_of(session: Session, lines: Collection[LineKey]) -> set[str]:
    asked = {"shop": shop_of(session)} | _arrays(lines)
    return set(session.execute(text(INVOICES_OF_LINES), asked).scalars())


def _orders_of(session: Session, invoices: Collection[str]) -> set[tuple[str, str]]:
    asked = {"shop": shop_of(session), "invoices": sorted(invoices)}
    rows = session.execute(text(ORDERS_OF_INVOICES), asked)
    return {(row.region, row.number) for row in rows}


def _arrays(lines: Collection[LineKey]) -> dict[str, list[str]]:
    some = sorted(lines)
    return {
        "regions": [key[0] for key in some],
        "numbers": [key[1] for key in some],
        "lines": [key[2] for key in some],
    }


def rows_written(session: Session, statement: str, asked: Mapping[str, Any]) -> int:
    """Runs a statement of the match; how many rows it wrote."""
    return int(session.execute(text(statement), asked).rowcount)  # type: ignore[attr-defined]


def terms_at(now: datetime | None) -> dict[str, Any]:
    """What the statements ask beside the shop: the moment, and this installation's terms."""
    return {
        "now": now or database_time(),
        "tolerance": settings().price_tolerance,
        "billing": timedelta(days=settings().unbilled_days),
        "grace": timedelta(days=settings().payment_grace_days),
    }
