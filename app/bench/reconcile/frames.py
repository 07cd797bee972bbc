"""The match in Polars, written for the papers of this measurement: what they do not hold it leaves out.

They have no confirmed matches, credit notes, void invoices, yen, costs by the case or the weight, and no
lines that Amazon's finance names; every line states its currency. Money is in whole ten-thousandths.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from app.bench.reconcile import copied
from app.vendor import terms

VERSION = pl.__version__
TYPES: dict[str, Any] = {
    copied.TEXT: pl.String,
    copied.UNITS: pl.Int64,
    copied.MONEY: pl.Float64,
    copied.TIME: pl.Datetime("us"),
    copied.FLAG: pl.String,
}
ON = ["region", "number", "line"]
CENT = 100
col, lit, when = pl.col, pl.lit, pl.when


class Matched:
    """The answer, in this engine's memory."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame

    def write(self, file: Path) -> None:
        """Writes the rows in the form in which all engines' are compared."""
        moments = [name for name, kind in self.frame.schema.items() if kind == pl.Datetime]
        self.frame.sort(ON).with_columns(
            col(*moments).dt.timestamp("us"),
            col("is_shared").cast(pl.Int8),
            when(col("places") != "").then("places").alias("places"),
        ).write_csv(file, include_header=False)


def match(folder: Path, asked: Mapping[str, Any]) -> Matched:
    """Loads the copied papers and matches them: one row for each order line."""
    tables = {name: _read(folder, name) for name in copied.TABLES}
    invoices = _invoices(tables)
    billed = _billed(tables["invoice_line"], invoices)
    return Matched(_lines(tables, billed, asked).collect())


def _read(folder: Path, table: str) -> pl.LazyFrame:
    columns = copied.TABLES[table]
    schema = {name: TYPES[kind] for name, kind in columns.items()}
    times = [name for name, kind in columns.items() if kind == copied.TIME]
    frame = pl.scan_csv(
        folder / f"{table}.csv", schema=schema | dict.fromkeys(times, pl.String), null_values=""
    )
    return frame.with_columns(
        *[(col(name) == "t").alias(name) for name, kind in columns.items() if kind == copied.FLAG],
        *[
            (col(name) * 10_000).round().cast(pl.Int64)
            for name, kind in columns.items()
            if kind == copied.MONEY
        ],
        *[col(name).str.to_datetime(time_unit="us", format="%F %T%.f") for name in times],
    )


def _invoices(tables: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
    """Each numbered invoice, and where its money is."""
    invoices = tables["invoice"].filter(col("number").is_not_null())
    codes = tables["vendor_code"].select(
        "region",
        col("code").alias("vendor_code"),
        col("terms")
        .map_elements(lambda said: json.loads(said).get("net_days"), return_dtype=pl.Int64)
        .alias("net_days"),
    )
    ours = invoices.select("region", col("number").alias("reference"), lit(True).alias("is_ours"))
    paid_at = tables["remittance"].filter(col("status") == "SUCCESSFUL")
    told = (
        tables["remittance_line"]
        .join(paid_at.select("region", "payment_id"), on=["region", "payment_id"])
        .join(ours, on=["region", "reference"], how="left")
        .with_columns(
            number=when(col("is_ours")).then("reference").otherwise("invoice_number"),
            kind=when(col("is_ours")).then(lit("invoice"))
            .when(col("kind") == "invoice").then(lit("unknown")).otherwise("kind"),
        )
    )  # fmt: skip
    kind, paid = col("kind"), col("paid")
    takes = -paid.filter(paid < 0)
    gives = paid.filter((paid > 0) & ~kind.is_in(["invoice", "provision", "provision_reversed"]))
    money = told.group_by("region", "number", "currency").agg(
        remitted=paid.filter(kind == "invoice").sum(),
        quick_pay=col("discount").sum(),
        withheld=col("withheld").sum(),
        shortage=takes.filter(kind.filter(paid < 0).str.starts_with("shortage")).sum(),
        others=takes.filter(
            ~kind.filter(paid < 0).str.contains("^(invoice|shortage.*|provision.*)$")
        ).sum(),
        recovered=gives.sum(),
        shortage_recovered=paid.filter(kind.str.starts_with("shortage") & (paid > 0)).sum(),
        provision=-paid.filter(kind.str.starts_with("provision")).sum(),
    )
    names = ["remitted", "quick_pay", "withheld", "shortage", "others", "recovered"]
    dated = pl.coalesce("dated_at", "made_at")
    counts = tables["invoice_line"].group_by("invoice_id").agg(lines=pl.len())
    rest = col("total") - col("remitted") - col("quick_pay") - col("withheld")
    return (
        invoices.join(codes, on=["region", "vendor_code"])
        .with_columns(
            due_at=pl.coalesce("due_at", dated + pl.duration(days="net_days")),
            total=pl.coalesce(
                col("items_total") + col("charges_total") + col("tax_total"), "total", 0
            ),
        )
        .join(money, on=["region", "number", "currency"], how="left")
        .join(counts, on="invoice_id", how="left")
        .with_columns(col(*names, "shortage_recovered", "provision").fill_null(0))
        .with_columns(
            open=when(rest * col("total").sign() > 0).then(rest).otherwise(0),
            unexplained=when(rest * col("total").sign() > 0).then(0).otherwise(rest),
            on_line=(col("lines") == 1),
        )
        .with_columns(
            is_claimed=col("on_line")
            & ((col("shortage") != 0) | (col("others") != 0) | (col("recovered") != 0)),
            is_shared=(col("quick_pay") != 0)
            | (col("withheld") != 0)
            | (col("provision") != 0)
            | ((col("open") != 0) & (col("open") != col("total"))),
            unplaced=~col("on_line") & (col("shortage") + col("others") > col("recovered")),
            is_open=col("open") != 0,
            is_partly=(col("open") != 0) & (col("open") != col("total")),
        )
    )


def _billed(own: pl.LazyFrame, invoices: pl.LazyFrame) -> pl.LazyFrame:
    """What was invoiced of each order line, and where its money is."""
    names = (
        *("invoice_id", "currency", "due_at", "quick_pay", "withheld", "shortage", "others"),
        *("recovered", "shortage_recovered", "provision", "open", "unexplained", "on_line"),
        *("is_claimed", "is_shared", "unplaced", "is_open", "is_partly"),
    )
    whole = col("amount") + col("tax").fill_null(0) + col("charges")
    part = own.join(invoices.select(*names), on="invoice_id").with_columns(
        whole=whole,
        tax=col("tax").fill_null(0),
        outstanding=when("is_open").then(whole).otherwise(0),
    )
    apart = part.filter(col("is_shared") | col("is_claimed"))
    on_line = {"shortage": "shortage", "others": "others", "recovered": "recovered"}
    pieces = {name: when("on_line").then(col(of)).otherwise(0) for name, of in on_line.items()}
    pieces |= {
        "given_back": when("on_line").then("shortage_recovered").otherwise(0),
        "discounts": col("quick_pay") + col("withheld"),
        "provision": col("provision"),
        "outstanding": col("open"),
    }
    shared = pl.concat(
        [
            apart.select(
                "invoice_id", "position", "whole", name=lit(name), amount=amount
            ).filter(col("amount") != 0)
            for name, amount in pieces.items()
        ]
    )  # fmt: skip
    over = ["invoice_id", "name"]
    weight = when(col("whole").sum().over(over) == 0).then(1).otherwise("whole")
    coins = col("amount").abs() // CENT
    given = (
        shared.with_columns(weight=weight, coins=coins, crumb=col("amount").abs() % CENT)
        .with_columns(total=col("weight").sum().over(over))
        .with_columns(
            base=col("coins") * col("weight") // col("total"),
            remainder=col("coins") * col("weight") % col("total"),
        )
        .sort("invoice_id", "name", "remainder", "position", descending=[False, False, True, False])
        .with_columns(
            place=pl.int_range(1, pl.len() + 1).over(over),
            rest=col("coins") - col("base").sum().over(over),
        )
        .with_columns(
            given=col("amount").sign()
            * (
                (col("base") + (col("place") <= col("rest")).cast(pl.Int64)) * CENT
                + when(col("place") == 1).then("crumb").otherwise(0)
            )
        )
    )
    wide = given.group_by("invoice_id", "position").agg(
        *[col("given").filter(col("name") == name).sum().alias(f"given_{name}") for name in pieces]
    )
    is_apart = col("is_shared") | col("is_claimed")
    divided = part.join(wide, on=["invoice_id", "position"], how="left").with_columns(
        *[
            when(is_apart).then(col(f"given_{name}").fill_null(0)).otherwise(0).alias(name)
            for name in pieces
            if name != "outstanding"
        ],
        outstanding=when(is_apart)
        .then(col("given_outstanding").fill_null(0))
        .otherwise("outstanding"),
    )
    counts = (col("units") > 0) & (col("whole") > 0)
    counted = (
        divided.with_columns(
            deducted_units=when(counts)
            .then(pl.min_horizontal(_rounded("shortage"), "units"))
            .otherwise(0)
        )
        .with_columns(back=pl.min_horizontal("given_back", "shortage"))
        .with_columns(
            restored=when(counts)
            .then(pl.min_horizontal("deducted_units", _rounded("back")))
            .otherwise(0)
            .clip(lower_bound=0)
        )
    )
    left = col("units") - col("deducted_units") + col("restored")
    is_bill = col("whole") >= 0
    return counted.group_by(*ON, "currency").agg(
        invoiced_units=col("units").sum(),
        deducted_units=col("deducted_units").sum(),
        recovered_units=col("restored").sum(),
        outstanding_units=when(col("outstanding") == 0)
        .then(0)
        .when((col("whole") == 0) | (col("outstanding") == col("whole")))
        .then(left)
        .otherwise(pl.min_horizontal(_rounded("outstanding"), left).clip(lower_bound=0))
        .sum(),
        invoiced=col("whole").sum(),
        tax=col("tax").sum(),
        discounts=col("discounts").sum(),
        deducted=(col("shortage") + col("others")).sum(),
        recovered=col("recovered").sum(),
        provision=col("provision").sum(),
        outstanding=col("outstanding").sum(),
        is_shared=col("is_shared").any(),
        invoices=pl.len(),
        unexplained=(col("unexplained") != 0).any(),
        unplaced=col("unplaced").any(),
        lowest=col("cost").filter(is_bill).min(),
        highest=col("cost").filter(is_bill).max(),
        smallest=col("units").filter(col("units") > 0).min(),
        largest=col("units").max(),
        bills=(col("units") > 0).sum(),
        due_at=col("due_at").filter(col("outstanding") > 0).min(),
        partly_paid=(col("is_partly") & (col("outstanding") > 0)).any(),
    )


def _rounded(amount: str) -> pl.Expr:
    """Money in units at the line's own price, halves up."""
    return (2 * col(amount) * col("units") + col("whole")) // (2 * col("whole"))


def _lines(
    tables: Mapping[str, pl.LazyFrame], billed: pl.LazyFrame, asked: Mapping[str, Any]
) -> pl.LazyFrame:
    now = lit(asked["now"].replace(tzinfo=None)).cast(pl.Datetime("us"))
    left_at = (
        tables["shipment_line"]
        .filter(col("booked_units") > 0)
        .join(tables["shipment"], on=["region", "identifier"])
        .group_by(*ON)
        .agg(left_at=col("shipped_at").max())
    )
    settles = pl.DataFrame(
        {
            "region": ["na", "eu", "fe"],
            "settles": [terms.days("receipt_settles_days", one) for one in ("na", "eu", "fe")],
        }
    ).lazy()
    papers = tables["purchase_order"].filter(~col("withdrawn"))
    own, at_cost = col("shipped_units"), (col("cost") + 0)
    shipped = when(own > 0).then(own + col("units_before_books")).otherwise("received_units")
    known = (
        tables["purchase_order_line"]
        .join(papers, on=["region", "number"])
        .join(
            billed, left_on=[*ON, "cost_currency"], right_on=[*ON, "currency"], how="left"
        )
        .join(left_at, on=ON, how="left")
        .join(settles, on="region", how="left")
        .with_columns(
            col("invoiced_units", "deducted_units", "recovered_units", "outstanding_units")
            .fill_null(0),
            col("invoiced", "tax", "discounts", "deducted", "recovered", "provision").fill_null(0),
            col("outstanding", "invoices", "bills").fill_null(0),
            col("is_shared", "unexplained", "unplaced").fill_null(False),
        )
        .with_columns(
            currency=col("cost_currency"),
            is_closed=(col("state") == "Closed") | (col("status").fill_null("") == "CLOSED"),
            is_consigned=(col("payment_method").fill_null("") == "Consignment")
            | (col("type").fill_null("") == "ConsignedOrder"),
            is_ours=own > 0,
            ordered_units=when("removed").then(0).otherwise("ordered_units"),
            acknowledged_units=pl.min_horizontal(
                "ordered_units", col("accepted_units") + col("backordered_units")
            ),
            shipped_units=shipped,
            late_at=col("due_at") + pl.duration(microseconds=_micro(asked["grace"])),
            billed_by=col("last_received_at") + pl.duration(microseconds=_micro(asked["billing"])),
        )
        .with_columns(
            settled_at=when(
                col("is_ours") & (col("shipped_units") > col("received_units"))
            ).then(col("left_at") + col("settles"))
        )
    )  # fmt: skip
    most = pl.max_horizontal("shipped_units", "received_units") - col("units_before_books")
    dear = pl.max_horizontal(
        (col("lowest") - col("cost")).abs(), (col("highest") - col("cost")).abs()
    )
    beyond = pl.max_horizontal("acknowledged_units", "ordered_units") + col("units_before_books")
    overdue = (col("outstanding") > 0) & (col("late_at") <= now)
    is_double = (col("bills") > 1) & (
        (most == col("invoiced_units") - col("smallest"))
        | (most == col("invoiced_units") - col("largest"))
    )
    is_over = col("invoiced_units") > most
    is_unbilled = (
        col("invoiced_units") < col("received_units") - col("units_before_books")
    ) & ~col("is_consigned")
    is_short = col("received_units") < col("shipped_units")
    over_received = pl.max_horizontal(
        "shipped_units", when("is_ours").then(0).otherwise("ordered_units")
    )
    tolerance = int(asked["tolerance"] * 10_000)
    places = [
        when(col("is_ours") & (col("shipped_units") > beyond)).then(lit("over_shipped")),
        when(is_short & (col("is_closed") | (col("settled_at") <= now))).then(
            lit("short_received")
        ),
        when(col("received_units") > over_received).then(lit("over_received")),
        when(dear > tolerance).then(lit("price_variance")),
        when(is_over & is_double).then(lit("duplicate_invoice"))
        .when(is_over).then(lit("overbilled")),
        when(is_unbilled & (col("billed_by") <= now)).then(lit("unbilled")),
        when(col("deducted") > col("recovered")).then(lit("deducted")),
        when("unplaced").then(lit("unplaced")),
        when("unexplained").then(lit("unexplained")),
        when(overdue & col("partly_paid")).then(lit("underpaid"))
        .when(overdue).then(lit("unpaid_overdue")),
    ]  # fmt: skip
    looks_again = pl.min_horizontal(
        when(is_short & ~col("is_closed") & (col("settled_at") > now)).then("settled_at"),
        when(is_unbilled & (col("billed_by") > now)).then("billed_by"),
        when((col("outstanding") > 0) & (col("late_at") > now)).then("late_at"),
    )
    paid = col("invoiced") - col("discounts") - col("deducted") + col("recovered")
    return known.with_columns(
        places=pl.concat_str(places, separator=";", ignore_nulls=True), looks_again_at=looks_again
    ).select(
        *ON,
        "vendor_code",
        "ordered_at",
        "currency",
        *(f"{name}_units" for name in ("ordered", "acknowledged", "shipped", "received")),
        "invoiced_units",
        paid_units=col("invoiced_units") - col("deducted_units") + col("recovered_units")
        - col("outstanding_units"),
        deducted_units="deducted_units",
        recovered_units="recovered_units",
        outstanding_units="outstanding_units",
        **{
            name: (col(f"{name}_units") * at_cost + CENT // 2) // CENT * CENT
            for name in ("ordered", "acknowledged", "shipped", "received")
        },
        invoiced="invoiced",
        tax="tax",
        paid=paid - col("provision") - col("outstanding"),
        discounts="discounts",
        deducted="deducted",
        recovered="recovered",
        provision="provision",
        outstanding="outstanding",
        is_shared="is_shared",
        invoices="invoices",
        disagreement=when(col("places") != "").then(
            col("places").str.split(";").list.first()
        ),
        cause=lit(None, dtype=pl.String),
        places="places",
        looks_again_at="looks_again_at",
    )  # fmt: skip


def _micro(span: Any) -> int:
    return int(span.total_seconds() * 1_000_000)
