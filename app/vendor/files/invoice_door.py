"""Invoices by file: those that were sent elsewhere, so that nothing is invoiced twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal

from sqlmodel import Session, col, select

from app.db import database_time, shop_of
from app.inventory import futures
from app.vendor.billing import code_of
from app.vendor.files import grouping
from app.vendor.files.grouping import Orders, Stated
from app.vendor.files.kinds import KINDS
from app.vendor.files.paper import Became, Difference, Paper, Preview, by_place, shown, tabled
from app.vendor.files.sheet import Fault
from app.vendor.files.tables import FileImport
from app.vendor.invoice_amounts import COST_DIGITS, rounded
from app.vendor.invoice_facts import lines_on
from app.vendor.invoice_tables import Invoice, InvoiceLine

CAN_UNDO = True
AT_ONCE = 100
SOURCE = "file"


def stated(kept: FileImport, known: Mapping[str, str]) -> tuple[Preview, list[Stated]]:
    """What the file says of invoices."""
    found, records = tabled(kept, known, grouping.goods_faults)
    made, faults = grouping.stated(KINDS[kept.kind], "invoice_number", records)
    for one in made:
        currencies = {line.values.get("currency") or kept.choices["currency"] for line in one.lines}
        if len(currencies) > 1:
            said = ", ".join(sorted(currencies))
            faults.append(Fault(one.row, "", "several_currencies", said, field="currency"))
    found.faults = by_place([*found.faults, *faults])
    return found, made


def outcomes(session: Session, kept: FileImport, stated: Sequence[Stated]) -> list[Paper]:
    """What becomes of each of these invoices."""
    orders = grouping.orders_of(session, kept.choices["region"], stated)
    known = {
        row.number: row
        for row in session.exec(
            select(Invoice).where(
                Invoice.shop_id == shop_of(session),
                col(Invoice.number).in_([one.name for one in stated]),
            )
        )
    }
    return [_paper(session, orders, known.get(one.name), one) for one in stated]


def _paper(session: Session, orders: Orders, known: Invoice | None, one: Stated) -> Paper:
    became: Became = "new"
    is_unknown, differences = grouping.strange(orders, one)
    codes = {order.vendor_code for number in one.numbers if (order := orders.by_number.get(number))}
    if is_unknown:
        became, differences = "unknown", []
    elif differences:
        became = "differs"
    elif len(codes) > 1:
        became = "differs"
        differences = [Difference("", "vendor_code", None, ", ".join(sorted(codes)))]
    elif known is not None:
        differences = _beside(session, known, orders, one)
        became = "differs" if differences else "same"
    content = {"stated": one}
    return Paper(one.name, one.row, became, len(one.lines), one.units, differences, content)


def _beside(session: Session, known: Invoice, orders: Orders, one: Stated) -> list[Difference]:
    own = {(line.number, line.line): line.units for line in lines_on(session, known)}
    said = grouping.units_by_line(orders, one)
    found = [
        Difference(f"{key[0]} {key[1]}", "units", str(own.get(key, 0)), str(said.get(key, 0)))
        for key in sorted({*own, *said})
        if own.get(key, 0) != said.get(key, 0)
    ]
    total = one.values.get("total")
    if total is not None and known.total is not None and total != known.total:
        found.append(Difference("", "total", shown(known.total), shown(total)))
    return found


def take(session: Session, kept: FileImport, papers: Sequence[Paper]) -> None:
    """Keeps the new ones as sent; the same again changes nothing."""
    new = [paper.content["stated"] for paper in papers if paper.became == "new"]
    orders = grouping.orders_of(session, kept.choices["region"], new)
    for one in new:
        _make(session, kept, orders, one)


def _make(session: Session, kept: FileImport, orders: Orders, one: Stated) -> None:
    first = orders.by_number[one.numbers[0]]
    currency = one.lines[0].values.get("currency") or kept.choices["currency"]
    code_of(session, first.region, first.vendor_code)
    zone = futures.zone_of(session)
    dated_at = datetime.combine(one.values["dated_on"], time(12), zone).astimezone(UTC)
    dated_at = min(dated_at, database_time())
    by = kept.applied_by or kept.made_by
    lines = _lines(orders, one, currency)
    items = sum((line.amount or Decimal() for line in lines), Decimal())
    tax = one.values.get("tax", Decimal())
    invoice = Invoice(
        shop_id=shop_of(session),
        region=first.region,
        vendor_code=first.vendor_code,
        source=SOURCE,
        state="accepted",
        number=one.name,
        currency=currency,
        dated_at=dated_at,
        made_by=by,
        items_total=items,
        tax_total=tax,
        total=one.values.get("total", items + tax),
        sent_at=dated_at,
        times_sent=1,
        handed_over_how="file",
        handed_over_by=by,
        import_id=kept.import_id,
    )
    session.add(invoice)
    session.flush()
    for line in lines:
        line.invoice_id = invoice.invoice_id
        session.add(line)
    session.flush()


def _lines(orders: Orders, one: Stated, currency: str) -> list[InvoiceLine]:
    """One line for each line of an order; rows of the same one are added up."""
    made: dict[tuple[str, str], InvoiceLine] = {}
    for said in one.lines:
        ordered = grouping.line_named(orders.lines[said.values["number"]], said)
        assert ordered is not None
        # A cost is that of one of the unit in which the row counts.
        cost, size = said.values.get("cost"), said.units // said.values["units"]
        amount = rounded(cost * said.values["units"], currency) if cost is not None else None
        if cost is not None and size > 1:
            cost = (cost / size).quantize(COST_DIGITS)
        line = made.get((ordered.number, ordered.line))
        if line is None:
            made[ordered.number, ordered.line] = InvoiceLine(
                shop_id=ordered.shop_id,
                invoice_id=0,  # until the invoice has its own
                position=len(made) + 1,
                region=ordered.region,
                number=ordered.number,
                line=ordered.line,
                asin=ordered.asin,
                vendor_sku=ordered.vendor_sku,
                units=said.units,
                cost=cost,
                amount=amount,
            )
            continue
        line.units += said.units
        line.amount = None if amount is None or line.amount is None else line.amount + amount
        if line.cost != cost:
            line.cost = None  # at two costs; the amount says what they come to
    return list(made.values())


def undo_some(session: Session, kept: FileImport) -> None:
    """Takes the next invoices of a file out of the books; those that went on since stay."""
    outcome = dict(kept.outcome)
    rows = session.exec(
        select(Invoice)
        .where(
            Invoice.shop_id == shop_of(session),
            Invoice.import_id == kept.import_id,
            Invoice.invoice_id > outcome.get("undone_to", 0),
        )
        .order_by(col(Invoice.invoice_id))
        .limit(AT_ONCE)
        .with_for_update()
    ).all()
    if not rows:
        outcome.pop("undone_to", None)
        kept.state, kept.outcome = "undone", outcome
        return
    for invoice in rows:
        if invoice.state != "accepted" or invoice.landed_at is not None:
            said = {"number": invoice.number, "because": "changed_since"}
            outcome["kept"] = [*outcome.get("kept", []), said]
        else:
            # It was never sent from here, so its number may come again in the right file.
            for line in lines_on(session, invoice):
                session.delete(line)
            session.flush()
            session.delete(invoice)
            outcome["taken_back"] = outcome.get("taken_back", 0) + 1
        kept.done += 1
    outcome["undone_to"] = rows[-1].invoice_id
    kept.outcome = outcome
