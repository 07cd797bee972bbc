"""The statements of the match, made of one text of the rules each: for some papers, or for a range.

What is in `invoices.sql` and `lines.sql` is said once. A statement differs only in which papers it
looks at, and in how it finds them.
"""

from __future__ import annotations

from pathlib import Path

from app.db import Table
from app.vendor import terms
from app.vendor.costs.agreeing import of_line
from app.vendor.reconciliation.tables import ReconciliationInvoice, ReconciliationLine

HERE = Path(__file__).parent
REGIONS = ("na", "eu", "fe")


def _upsert(table: type[Table], *key: str) -> dict[str, str]:
    """The columns of a table in the order in which its statement writes them, and what of them is new."""
    columns = [name for name in table.model_fields if name not in ("shop_id", *key, "restated_at")]
    return {
        "sets": ", ".join(f"{name} = excluded.{name}" for name in [*columns, "restated_at"]),
        "columns": ", ".join(["shop_id", *key, *columns, "restated_at"]),
        "known": ", ".join(f"known.{name}" for name in columns),
        "fresh": ", ".join(f"fresh.{name}" for name in columns),
    }


UPSERT = _upsert(ReconciliationLine, "region", "number", "line")
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
LINES = LINES.replace("{agreed}", of_line("line").strip())
LINES = LINES.replace("{short}", SHORT.format(currency="money.currency")).replace("{price}", PRICE)
WHOLE_TABLES = {
    "due": "",
    "invoiced": "invoice_line AS own JOIN reconciliation_invoice AS money"
    " USING (shop_id, invoice_id)",
    "lines": "purchase_order_line AS line JOIN purchase_order AS paper"
    " USING (shop_id, region, number)",
}
SAME_KEY = "known.region = fresh.region AND known.number = fresh.number AND known.line = fresh.line"
# OFFSET 0: looked up one by one in the index, whatever the planner thinks of three columns at once.
FOUND_BY_KEY = """CROSS JOIN LATERAL (
        SELECT * FROM {table} AS each_one WHERE each_one.shop_id = :shop AND {same} OFFSET 0) AS {name}"""
OF_A_LINE = "each_one.region = {0}.region AND each_one.number = {0}.number"
IN_RANGE = "AND {0}.region = :region AND {0}.number > :after AND {0}.number <= :last"
ALL_LINES = LINES.format(
    **UPSERT,
    **WHOLE_TABLES,
    these="",
    ordered="",
    kept=f"reconciliation_line AS known ON known.shop_id = :shop AND {SAME_KEY}",
)
RANGE_OF_LINES = LINES.format(
    **UPSERT,
    **WHOLE_TABLES
    | {
        "invoiced": "invoice_line AS own "
        + FOUND_BY_KEY.format(
            table="reconciliation_invoice",
            same="each_one.invoice_id = own.invoice_id",
            name="money",
        )
    },
    these=IN_RANGE.format("own"),
    ordered=f"{IN_RANGE.format('line')} {IN_RANGE.format('paper')}",
    kept="reconciliation_line AS known ON known.shop_id = :shop"
    f" {IN_RANGE.format('known')} AND {SAME_KEY}",
)
SOME_LINES = LINES.format(
    **UPSERT,
    due="""due AS MATERIALIZED (
    SELECT region, number, line FROM unnest(CAST(:regions AS text[]),
        CAST(:numbers AS text[]), CAST(:lines AS text[])) AS given (region, number, line)
),
""",
    invoiced=" ".join(
        (
            "due",
            FOUND_BY_KEY.format(
                table="invoice_line",
                same=f"{OF_A_LINE.format('due')} AND each_one.line = due.line",
                name="own",
            ),
            FOUND_BY_KEY.format(
                table="reconciliation_invoice",
                same="each_one.invoice_id = own.invoice_id",
                name="money",
            ),
        )
    ),
    lines=" ".join(
        (
            "due",
            FOUND_BY_KEY.format(
                table="purchase_order_line",
                same=f"{OF_A_LINE.format('due')} AND each_one.line = due.line",
                name="line",
            ),
            FOUND_BY_KEY.format(table="purchase_order", same=OF_A_LINE.format("due"), name="paper"),
        )
    ),
    these="",
    ordered="",
    kept="""LATERAL (
    SELECT * FROM reconciliation_line AS each_one WHERE each_one.shop_id = :shop
      AND each_one.region = fresh.region AND each_one.number = fresh.number
      AND each_one.line = fresh.line OFFSET 0) AS known ON true""",
)
INVOICES = (HERE / "invoices.sql").read_text(encoding="utf-8")
NAMED = {
    **_upsert(ReconciliationInvoice, "invoice_id"),
    "short": SHORT.format(currency="found.currency"),
    "price": PRICE,
    "on_lines": ",".join(
        [ON_LINES.format(amount=amount, named=named) for amount, named in CLAIMS.items()]
        + [ONLY_LINE.format(amount=amount) for amount in ("other", "other_recovered")]
    ),
}
ALL_INVOICES = INVOICES.format(billed="", told="remittance_line", **NAMED)
RANGE_OF_INVOICES = INVOICES.format(
    **NAMED,
    billed="AND invoice.number > :after AND invoice.number <= :last",
    told="""(
        SELECT * FROM remittance_line WHERE shop_id = :shop
          AND (invoice_number > :after AND invoice_number <= :last
               OR reference > :after AND reference <= :last))""",
)
SOME_INVOICES = INVOICES.format(
    **NAMED,
    billed="AND invoice.number = ANY(CAST(:invoices AS text[]))",
    told="""(
        SELECT * FROM remittance_line
        WHERE shop_id = :shop AND invoice_number = ANY(CAST(:invoices AS text[]))
        UNION SELECT * FROM remittance_line
        WHERE shop_id = :shop AND reference = ANY(CAST(:invoices AS text[])))""",
)


def with_terms(statement: str) -> str:
    """The statement with what settles a receipt in each region, as this installation sets it."""
    return statement.replace(SETTLES, _days("receipt_settles_days"))


def matched_invoices() -> tuple[str, str]:
    """The columns, and the query of all invoices as they should stand, written nowhere; to measure."""
    return _unwritten(ALL_INVOICES, "reconciliation_invoice")


def matched_lines() -> tuple[str, str]:
    """The same of all lines; it reads the invoices' rows."""
    return _unwritten(with_terms(ALL_LINES), "reconciliation_line")


def _unwritten(statement: str, table: str) -> tuple[str, str]:
    before, written = statement.split(f"INSERT INTO {table} AS kept", 1)
    start = written.index("SELECT :shop")
    ends = min(written.index(one) for one in ("\n) AS fresh", "ON CONFLICT") if one in written)
    columns = written[: written.index(")") + 1].strip()
    query = before.rstrip().splitlines()
    while query[-1].startswith("--"):
        query.pop()
    return columns, "\n".join([*query, written[start:ends]])


def _days(term: str) -> str:
    """What a dated term is in each region, as branches of a CASE over whole numbers of our own."""
    return " ".join(
        f"WHEN '{region}' THEN interval '{terms.days(term, region).days:d} days'"
        for region in REGIONS
    )
