"""The product's own statements in DuckDB: the same text, with what its dialect says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from app.bench.reconcile import copied
from app.vendor.costs.agreeing import of_line
from app.vendor.reconciliation import statements

VERSION = duckdb.__version__
THE_SHOP = 1
LOAD = """
CREATE TABLE {table} AS SELECT {shop} AS shop_id, * FROM read_csv('{file}', header = true,
    auto_detect = false, columns = {columns}, nullstr = '')
"""
# Whole numbers stay whole: DuckDB divides decimals as floating point.
MACROS = """
CREATE MACRO whole_div(a, b) AS CAST(a AS HUGEINT) // CAST(b AS HUGEINT);
CREATE MACRO whole_mod(a, b) AS CAST(a * 100 AS HUGEINT) % CAST(b * 100 AS HUGEINT);
CREATE MACRO halves_up(a, b) AS (2 * CAST(a * 10000 AS HUGEINT) + CAST(b * 10000 AS HUGEINT))
    // (2 * CAST(b * 10000 AS HUGEINT));
CREATE MACRO rest_of(a, b) AS CAST(a AS HUGEINT) % CAST(b AS HUGEINT);
CREATE MACRO caused_by(said, type) AS list_filter(from_json(said,
    '[{"varianceType": "VARCHAR", "defectTypes": ["VARCHAR"]}]'),
    lambda one: one.varianceType = type)[1].defectTypes[1];
"""
OF_INVOICES = (
    ("added_up(", "sum("),
    ("""CROSS JOIN LATERAL (
            SELECT * FROM invoice_line AS line
            WHERE line.shop_id = :shop AND line.invoice_id = found.invoice_id OFFSET 0) AS own""",
     "JOIN invoice_line AS own ON own.invoice_id = found.invoice_id"),
    ("EXISTS (SELECT FROM confirmed", "EXISTS (SELECT 1 FROM confirmed"),
    ("date_trunc('month', coalesce(invoice.dated_at, invoice.made_at), 'UTC')",
     "date_trunc('month', coalesce(invoice.dated_at, invoice.made_at))"),
    ("CAST(code.terms ->> 'net_days' AS int) * interval '1 day'",
     "to_days(CAST(code.terms ->> 'net_days' AS int))"),
    ("interval '1 month - 1 day'", "interval '1 month' - interval '1 day'"),
    ("mod(", "whole_mod("),
    ("array_remove(ARRAY[", "list_filter(["),
    ("], NULL) AS placed", "], lambda one: one IS NOT NULL) AS placed"),
)  # fmt: skip
OF_LINES = (
    ("money.placed && '{shortage,shortage_recovered}'",
     "list_has_any(money.placed, ['shortage', 'shortage_recovered'])"),
    ("money.placed && '{price,price_recovered}'",
     "list_has_any(money.placed, ['price', 'price_recovered'])"),
    ("money.placed <> '{}'", "len(money.placed) > 0"),
    ("""jsonb_path_query_first(own.variances,
               '$[*] ? (@.varianceType == "PQV").defectTypes[0]') #>> '{}'""",
     "caused_by(own.variances, 'PQV')"),
    ("""jsonb_path_query_first(own.variances,
               '$[*] ? (@.varianceType == "PPV").defectTypes[0]') #>> '{}'""",
     "caused_by(own.variances, 'PPV')"),
    ("added_up(", "sum("),
    ("trunc(abs(amount) * scale) AS coins", "CAST(trunc(abs(amount) * scale) AS HUGEINT) AS coins"),
    ("abs(amount) - trunc(abs(amount) * scale) / scale AS crumb",
     "CAST(abs(amount) - trunc(abs(amount) * scale) / scale AS DECIMAL(19, 4)) AS crumb"),
    ("ELSE weight * 10000 END", "ELSE CAST(weight * 10000 AS HUGEINT) END"),
    ("div(coins * weight,", "whole_div(coins * weight,"),
    ("mod(coins * weight,", "rest_of(coins * weight,"),
    ("""sign * ((base + CASE WHEN place <= rest THEN 1 ELSE 0 END) / scale
                       + CASE WHEN place = 1 THEN crumb ELSE 0 END) AS given""",
     """CAST(sign * ((base + CASE WHEN place <= rest THEN 1 ELSE 0 END) / scale
                       + CASE WHEN place = 1 THEN crumb ELSE 0 END) AS DECIMAL(19, 4)) AS given"""),
    ("array_remove(ARRAY[", "list_filter(["),
    ("], NULL) END AS places", "], lambda one: one IS NOT NULL) END AS places"),
    ("CASE WHEN before_books THEN '{}' ELSE", "CASE WHEN before_books THEN [] ELSE"),
    ("round(least(given_back, shortage) * units / whole)",
     "halves_up(least(given_back, shortage) * units, whole)"),
    ("round(shortage * units / whole)", "halves_up(shortage * units, whole)"),
    ("round(outstanding * units / whole)", "halves_up(outstanding * units, whole)"),
    # No cost was agreed for any of these papers.
    (f"coalesce((SELECT agreed.cost FROM ({of_line('line').strip()}) AS agreed), line.cost) AS cost",
     "line.cost AS cost"),
    # Every line of these papers states its currency.
    ("""CASE WHEN line.cost_currency IS NOT NULL THEN line.cost_currency
                ELSE (SELECT min(money.currency) FROM invoice_line AS own
                      JOIN reconciliation_invoice AS money USING (shop_id, invoice_id)
                      WHERE own.shop_id = :shop AND own.region = line.region
                        AND own.number = line.number AND own.line = line.line) END""",
     "line.cost_currency"),
    ("""(SELECT max(shipment.shipped_at)
                      FROM shipment_line AS sent JOIN shipment USING (shop_id, region, identifier)
                      WHERE sent.shop_id = :shop AND sent.region = line.region
                        AND sent.number = line.number AND sent.line = line.line
                        AND sent.booked_units > 0)""",
     "notice.left_at"),
    ("LEFT JOIN vendor_code AS code",
     """LEFT JOIN (
        SELECT sent.region, sent.number, sent.line, max(shipment.shipped_at) AS left_at
        FROM shipment_line AS sent JOIN shipment USING (shop_id, region, identifier)
        WHERE sent.booked_units > 0 GROUP BY ALL
    ) AS notice ON notice.region = line.region AND notice.number = line.number
        AND notice.line = line.line
    LEFT JOIN vendor_code AS code"""),
    ("""CROSS JOIN LATERAL (
        SELECT * FROM reconciliation_invoice AS each_one
        WHERE each_one.shop_id = :shop AND each_one.invoice_id = named.invoice_id OFFSET 0) AS money
    CROSS JOIN LATERAL (
        SELECT * FROM invoice_line AS each_one
        WHERE each_one.shop_id = :shop AND each_one.invoice_id = named.invoice_id OFFSET 0) AS own""",
     """JOIN reconciliation_invoice AS money ON money.invoice_id = named.invoice_id
    JOIN invoice_line AS own ON own.invoice_id = named.invoice_id"""),
)  # fmt: skip


ANSWER = copied.answered("epoch_us({})", "answer")


class Matched:
    """The answer, in this engine's memory."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def write(self, file: Path) -> None:
        """Writes the rows in the form in which all engines' are compared."""
        self.connection.execute(f"COPY ({ANSWER}) TO '{file}' (FORMAT csv, HEADER false)")


def match(folder: Path, asked: Mapping[str, Any]) -> Matched:
    """Loads the copied papers and matches them."""
    asked = {**asked, "shop": THE_SHOP}
    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(MACROS)
    for table, types in copied.TABLES.items():
        file = folder / f"{table}.csv"
        connection.execute(LOAD.format(table=table, shop=THE_SHOP, file=file, columns=types))
    columns, query = statements.matched_invoices()
    told = _said(query, OF_INVOICES, asked)
    connection.execute(f"CREATE TABLE reconciliation_invoice AS {told}")
    _named(connection, "reconciliation_invoice", columns)
    columns, query = statements.matched_lines()
    connection.execute(f"CREATE TABLE answer AS {_said(query, OF_LINES, asked)}")
    _named(connection, "answer", columns)
    return Matched(connection)


def _said(query: str, otherwise: tuple[tuple[str, str], ...], asked: Mapping[str, Any]) -> str:
    for ours, theirs in otherwise:
        if ours not in query:
            raise ValueError(f"the product's statement no longer says {ours!r}")
        query = query.replace(ours, theirs)
    query = query.replace("AS timestamptz)", "AS timestamp)")
    for name, value in asked.items():
        query = query.replace(f":{name}", _literal(value))
    return query


def _literal(value: Any) -> str:
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')}'"
    return f"'{value.days} days'" if isinstance(value, timedelta) else str(value)


def _named(connection: duckdb.DuckDBPyConnection, table: str, columns: str) -> None:
    """Gives the columns of a table the names that the product's statement inserts into."""
    names = [name.strip() for name in columns.strip("() \n").split(",")]
    for one, (had, *_) in zip(
        names, connection.execute(f"DESCRIBE {table}").fetchall(), strict=True
    ):
        if had != one:
            connection.execute(f'ALTER TABLE {table} RENAME COLUMN "{had}" TO "{one}"')
