"""Writing the match anew: for what a changed paper touches, or for everything.

A row is what all papers together say at a moment, whatever the order in which they came, so writing
it anew is always right, and twice is the same as once. What has changed is said by the database's own
triggers, so no writer of papers can forget to.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlmodel import Session

from app.config import settings
from app.db import database_time, run, shop_of
from app.vendor import terms
from app.vendor.reconciliation import matching, standing, stating
from app.vendor.reconciliation.tables import ReconciliationLine

HERE = Path(__file__).parent
REGIONS = ("na", "eu", "fe")
AT_ONCE = 2_000
"""Papers looked at in one transaction."""

LineKey = tuple[str, str, str]

KEY = ("region", "number", "line")
COLUMNS = [
    name for name in ReconciliationLine.model_fields if name not in ("shop_id", *KEY, "restated_at")
]
UPSERT = {
    "sets": ", ".join(f"{name} = excluded.{name}" for name in [*COLUMNS, "restated_at"]),
    "columns": ", ".join(["shop_id", *KEY, *COLUMNS, "restated_at"]),
    "known": ", ".join(f"known.{name}" for name in COLUMNS),
    "fresh": ", ".join(f"fresh.{name}" for name in COLUMNS),
}
# What Amazon's finance names of an invoice's line, without tax: units that it has not matched, at the
# invoice's price, and its variance of the price. Amazon does not say how it signs that.
SHORT = """CASE WHEN own.units > 0 AND own.amazon_units > own.matched_units
               THEN round(least(own.amazon_units - own.matched_units, own.units) * own.amount
                   / own.units, CASE WHEN {currency} = 'JPY' THEN 0 ELSE 2 END) ELSE 0 END"""
PRICE = "coalesce(abs(own.price_variance), 0)"
ON_LINES = """
    CASE WHEN {amount} <> 0 AND (lines = 1 OR {named}_lines = 1
              OR mod({amount}, nullif({named}_net, 0)) = 0
              OR mod({amount}, nullif({named}_gross, 0)) = 0) THEN '{amount}' END"""
CLAIMS = {
    "shortage": "short",
    "shortage_recovered": "short",
    "price": "price",
    "price_recovered": "price",
}
ONLY_LINE = "\n    CASE WHEN {amount} <> 0 AND lines = 1 THEN '{amount}' END"
SETTLES = "{settles}"
LINES = (HERE / "lines.sql").read_text(encoding="utf-8").replace(SETTLES, "{{settles}}")
LINES = LINES.replace("{short}", SHORT.format(currency="money.currency")).replace("{price}", PRICE)
ALL_LINES = LINES.format(
    **UPSERT,
    lines="""purchase_order_line AS line
    JOIN purchase_order AS paper USING (shop_id, region, number)""",
    concerned="invoice_line",
    own="",
)
# Some lines are named in a table of their own, and so is what is invoiced of them: the planner knows
# how many there are, and does not look through one once for each row of the other. OFFSET 0: looked up
# one by one in the index, whatever the planner thinks of three columns at once.
PART = LINES[LINES.index("part AS (") + len("part AS (") : LINES.index("),\n-- Paid in full")]
NAME_LINES = """
CREATE TEMP TABLE matching_due ON COMMIT DROP AS
SELECT DISTINCT region, number, line FROM unnest(CAST(:regions AS text[]),
    CAST(:numbers AS text[]), CAST(:lines AS text[])) AS given (region, number, line)
"""
# What is plain concerns no other line; money that is shared, or on some lines only, all of its invoice.
CONCERNED = """
SELECT theirs.invoice_id, theirs.position,
       money.quick_pay <> 0 OR money.withheld <> 0 OR money.provision <> 0
           OR money.open NOT IN (0, money.total) OR money.placed <> '{}' AS is_whole
FROM matching_due AS due CROSS JOIN LATERAL (
    SELECT own.invoice_id, own.position FROM invoice_line AS own
    WHERE own.shop_id = :shop AND own.region = due.region AND own.number = due.number
      AND own.line = due.line OFFSET 0) AS theirs
CROSS JOIN LATERAL (
    SELECT * FROM reconciliation_invoice AS kept
    WHERE kept.shop_id = :shop AND kept.invoice_id = theirs.invoice_id OFFSET 0) AS money
"""
NAME_PARTS = "CREATE TEMP TABLE matching_part ON COMMIT DROP AS " + PART.format(
    concerned="""(
        SELECT plain.* FROM unnest(CAST(:invoices AS int[]), CAST(:positions AS int[]))
            AS given (invoice_id, position) CROSS JOIN LATERAL (
            SELECT * FROM invoice_line
            WHERE shop_id = :shop AND invoice_line.invoice_id = given.invoice_id
              AND invoice_line.position = given.position OFFSET 0) AS plain
        UNION ALL SELECT whole.* FROM unnest(CAST(:wholes AS int[])) AS given (invoice_id)
        CROSS JOIN LATERAL (
            SELECT * FROM invoice_line
            WHERE shop_id = :shop AND invoice_line.invoice_id = given.invoice_id OFFSET 0) AS whole)"""
)
FORGET = "DROP TABLE IF EXISTS matching_due, matching_part"
SOME_LINES = LINES.replace(PART, "SELECT * FROM matching_part").format(
    **UPSERT,
    lines="""matching_due AS due CROSS JOIN LATERAL (
        SELECT * FROM purchase_order_line AS kept WHERE kept.shop_id = :shop
          AND kept.region = due.region AND kept.number = due.number AND kept.line = due.line
        OFFSET 0) AS line
    CROSS JOIN LATERAL (
        SELECT * FROM purchase_order AS kept WHERE kept.shop_id = :shop
          AND kept.region = due.region AND kept.number = due.number OFFSET 0) AS paper""",
    own="WHERE (region, number, line) IN (SELECT region, number, line FROM matching_due)",
)
INVOICES = (HERE / "invoices.sql").read_text(encoding="utf-8")
NAMED = {
    "short": SHORT.format(currency="found.currency"),
    "price": PRICE,
    "on_lines": ",".join(
        [ON_LINES.format(amount=amount, named=named) for amount, named in CLAIMS.items()]
        + [ONLY_LINE.format(amount=amount) for amount in ("other", "other_recovered")]
    ),
}
ALL_INVOICES = INVOICES.format(billed="", told="remittance_line", **NAMED)
SOME_INVOICES = INVOICES.format(
    **NAMED,
    billed="AND invoice.number = ANY(CAST(:invoices AS text[]))",
    told="""(
        SELECT * FROM remittance_line
        WHERE shop_id = :shop AND invoice_number = ANY(CAST(:invoices AS text[]))
        UNION SELECT * FROM remittance_line
        WHERE shop_id = :shop AND reference = ANY(CAST(:invoices AS text[])))""",
)
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
TAKE_ALL = "DELETE FROM reconciliation_due WHERE shop_id = :shop"
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
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('reconciliation', :shop))"
FOR_A_FULL_PASS = (
    "SET LOCAL work_mem = '128MB'; SET LOCAL hash_mem_multiplier = 4; SET LOCAL jit = off"
)


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
        written = _rows(session, SOME_INVOICES, asked | named)
        keys |= {tuple(row) for row in session.execute(text(LINES_OF_INVOICES), shop | named)}
    if not keys:
        return Written(written, 0)
    session.execute(text(FORGET))
    session.execute(text(NAME_LINES), _arrays(keys))
    session.execute(text("ANALYZE matching_due"))
    session.execute(text(NAME_PARTS), shop | _parts(session))
    session.execute(text("ANALYZE matching_part (invoice_id, region, number, line)"))
    return Written(written, _rows(session, _with_terms(SOME_LINES), asked))


def restate_all(session: Session, *, now: datetime | None = None) -> Written:
    """Writes every row anew, in three statements; what stands already is not written again."""
    shop = {"shop": shop_of(session)}
    session.flush()
    session.execute(text(ONE_AT_A_TIME), shop)
    # What is said to be due after this is due again.
    session.execute(text(TAKE_ALL), shop)
    session.execute(text(FOR_A_FULL_PASS))
    asked = shop | terms_at(now)
    invoices = _rows(session, ALL_INVOICES, asked)
    lines = _rows(session, _with_terms(ALL_LINES), asked)
    session.execute(text(WITHDRAWN), shop)
    return Written(invoices, lines)


def state_all(shop_id: int) -> None:
    """States what disagrees of every order and invoice to the queue, in parts. May run twice."""
    last: tuple[str, str] | None = ("", "")
    while last is not None:
        last = run(_state_orders, shop_id, last)
    number: str | None = ""
    while number is not None:
        number = run(_state_invoices, shop_id, number)


def matched_invoices() -> tuple[str, str]:
    """The columns, and the query of all invoices as they should stand, written nowhere; to measure."""
    return _unwritten(ALL_INVOICES, "reconciliation_invoice")


def matched_rows() -> tuple[str, str]:
    """The same of all lines; it reads the invoices' rows."""
    return _unwritten(_with_terms(ALL_LINES), "reconciliation_line")


def _unwritten(statement: str, table: str) -> tuple[str, str]:
    before, written = statement.split(f"INSERT INTO {table} AS kept", 1)
    start = written.index("SELECT :shop")
    ends = min(written.index(one) for one in ("\n) AS fresh", "ON CONFLICT") if one in written)
    columns = written[: written.index(")") + 1].strip()
    query = before.rstrip().splitlines()
    while query[-1].startswith("--"):
        query.pop()
    return columns, "\n".join([*query, written[start:ends]])


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


def _parts(session: Session) -> dict[str, list[int]]:
    """What is invoiced of the lines named: by its place in its invoice, or the whole invoice."""
    rows = session.execute(text(CONCERNED), {"shop": shop_of(session)}).all()
    plain = [row for row in rows if not row.is_whole]
    return {
        "invoices": [row.invoice_id for row in plain],
        "positions": [row.position for row in plain],
        "wholes": sorted({row.invoice_id for row in rows if row.is_whole}),
    }


def _arrays(lines: Collection[LineKey]) -> dict[str, list[str]]:
    some = sorted(lines)
    return {
        "regions": [key[0] for key in some],
        "numbers": [key[1] for key in some],
        "lines": [key[2] for key in some],
    }


def _rows(session: Session, statement: str, asked: Mapping[str, Any]) -> int:
    return int(session.execute(text(statement), asked).rowcount)  # type: ignore[attr-defined]


def terms_at(now: datetime | None) -> dict[str, Any]:
    """What the statements ask beside the shop: the moment, and this installation's terms."""
    return {
        "now": now or database_time(),
        "tolerance": settings().price_tolerance,
        "billing": timedelta(days=settings().unbilled_days),
        "grace": timedelta(days=settings().payment_grace_days),
    }


def _with_terms(statement: str) -> str:
    return statement.replace(SETTLES, _days("receipt_settles_days"))


def _days(term: str) -> str:
    """What a dated term is in each region, as branches of a CASE over whole numbers of our own."""
    return " ".join(
        f"WHEN '{region}' THEN interval '{terms.days(term, region).days:d} days'"
        for region in REGIONS
    )
