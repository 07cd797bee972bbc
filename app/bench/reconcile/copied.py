"""The papers that the match reads, copied out of PostgreSQL for another engine: a file for each table."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import NoneType
from typing import Any, get_args

import psycopg
from psycopg import sql

from app.vendor.reconciliation.tables import ReconciliationLine

# Of each table the columns that the match reads, with the types that other engines need to be told.
UNITS, MONEY, TIME, FLAG = "INTEGER", "DECIMAL(19,4)", "TIMESTAMP", "BOOLEAN"
TEXT = "VARCHAR"
Columns = dict[str, str]
TABLES: dict[str, Columns] = {
    "purchase_order": {
        **dict.fromkeys(("region", "number", "vendor_code", "state", "status"), TEXT),
        **dict.fromkeys(("payment_method", "type"), TEXT),
        "ordered_at": TIME,
        "before_books": FLAG,
        "withdrawn": FLAG,
    },
    "purchase_order_line": {
        **dict.fromkeys(("region", "number", "line", "ordered_unit", "cost_currency"), TEXT),
        "cost_weight_unit": TEXT,
        **dict.fromkeys(("ordered_units", "accepted_units", "backordered_units"), UNITS),
        **dict.fromkeys(("shipped_units", "received_units", "units_before_books"), UNITS),
        "unit_size": UNITS,
        "cost": MONEY,
        "removed": FLAG,
        "last_received_at": TIME,
    },
    "vendor_code": {**dict.fromkeys(("region", "code", "cost_basis", "terms"), TEXT)},
    "shipment": {"region": TEXT, "identifier": TEXT, "shipped_at": TIME},
    "shipment_line": {
        **dict.fromkeys(("region", "identifier", "number", "line"), TEXT),
        "booked_units": UNITS,
    },
    "invoice": {
        "invoice_id": UNITS,
        **dict.fromkeys(("region", "number", "vendor_code", "currency", "state", "type"), TEXT),
        **dict.fromkeys(("dated_at", "made_at", "due_at"), TIME),
        **dict.fromkeys(("items_total", "charges_total", "tax_total", "total"), MONEY),
    },
    "invoice_line": {
        **dict.fromkeys(("invoice_id", "position", "units", "amazon_units"), UNITS),
        "matched_units": UNITS,
        **dict.fromkeys(("region", "number", "line", "variances"), TEXT),
        **dict.fromkeys(("cost", "amount", "tax", "charges", "price_variance"), MONEY),
    },
    "payment_match": {"match_id": UNITS, "state": TEXT},
    "payment_match_part": {
        **dict.fromkeys(("match_id", "position", "invoice_id"), UNITS),
        **dict.fromkeys(("region", "payment_id", "reference", "currency"), TEXT),
        **dict.fromkeys(("paid", "amount", "discount", "withheld"), MONEY),
    },
    "remittance": {"region": TEXT, "payment_id": TEXT, "status": TEXT, "paid_at": TIME},
    "remittance_line": {
        "position": UNITS,
        **dict.fromkeys(("region", "payment_id", "invoice_number", "reference"), TEXT),
        **dict.fromkeys(("kind", "currency"), TEXT),
        **dict.fromkeys(("paid", "discount", "withheld"), MONEY),
    },
}


def copy_out(connection: psycopg.Connection[Any], shop_id: int, folder: Path) -> None:
    """Writes one CSV with a header for each table, of the shop's rows; times in UTC, without zone."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, columns in TABLES.items():
        chosen = sql.SQL(", ").join(
            sql.SQL("{name} AT TIME ZONE 'UTC' AS {name}").format(name=sql.Identifier(name))
            if kind == TIME
            else sql.Identifier(name)
            for name, kind in columns.items()
        )
        copied = sql.SQL(
            "COPY (SELECT {chosen} FROM {table} WHERE shop_id = {shop}) TO STDOUT (FORMAT csv, HEADER)"
        ).format(chosen=chosen, table=sql.Identifier(table), shop=sql.Literal(shop_id))
        with (
            (folder / f"{table}.csv").open("wb") as file,
            connection.cursor() as cursor,
            cursor.copy(copied) as out,
        ):
            for block in out:
                file.write(block)


def answered(moment: str, table: str) -> str:
    """The query of an answer, row by row in one form: money in ten-thousandths, flags as 0 and 1,
    moments (by the dialect's function `moment`) in microseconds."""
    columns = ", ".join(
        _plain(moment, name, field.annotation)
        for name, field in ReconciliationLine.model_fields.items()
        if name not in ("shop_id", "restated_at")
    )
    return f"SELECT {columns} FROM {table} ORDER BY region, number, line"


def _plain(moment: str, name: str, kind: Any) -> str:
    kinds = {one for one in get_args(kind) if one is not NoneType} or {kind}
    if Decimal in kinds:
        return f"CAST({name} * 10000 AS bigint) AS {name}"
    if datetime in kinds:
        return f"CAST({moment.format(name)} AS bigint) AS {name}"
    if bool in kinds:
        return f"CAST({name} AS int) AS {name}"
    return f"nullif(array_to_string({name}, ';'), '') AS {name}" if name == "places" else name
