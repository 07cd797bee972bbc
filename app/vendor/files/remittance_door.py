"""Remittances by file: Vendor Central's export in both layouts, and X12 820s.

Each payment becomes a witness: it counts only where Amazon's API does not show the payment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from sqlmodel import Session, col, select

from app.db import shop_of
from app.vendor.bank import matching as bank
from app.vendor.files import reading, sheet
from app.vendor.files.blocks import Block, blocks, guessed
from app.vendor.files.columns import Headings, faults_of, samples
from app.vendor.files.kinds import PAYMENT_FIELDS, PAYMENT_LINE_FIELDS, REMITTANCES, Kind
from app.vendor.files.paper import Became, Difference, Paper, Preview, by_place, x12_fault
from app.vendor.files.reading import Columns, Habits, Record, habits_of
from app.vendor.files.sheet import Fault, Unreadable
from app.vendor.files.tables import FileImport
from app.vendor.payments import findings, payees, witnesses
from app.vendor.payments.stated import Line, Payment, payment
from app.vendor.payments.tables import RemittanceWitness
from app.vendor.x12.envelope import X12Error, is_x12
from app.vendor.x12.envelope import read as read_x12
from app.vendor.x12.remittance import Advice, advice

CAN_UNDO = True
AT_ONCE = 50
PAYMENTS = Kind(REMITTANCES, PAYMENT_FIELDS)
LINES = Kind(REMITTANCES, PAYMENT_LINE_FIELDS)
NOON = time(12)
"""A file says days; the middle of one is nearest to any moment of it."""


@dataclass
class Stated:
    """One payment of a file, and the row where it begins."""

    row: int
    payment: Payment
    source: str = witnesses.FILE


@dataclass
class _Gathered:
    row: int
    values: dict[str, Any]
    lines: list[Record] = field(default_factory=list)


def stated(kept: FileImport, known: Mapping[str, str]) -> tuple[Preview, list[Stated]]:
    """What the file says of payments."""
    if is_x12(kept.content):
        return _of_x12(kept)
    found, chosen = Preview(), kept.choices
    try:
        read = sheet.read(kept.content, encoding=chosen.get("encoding"), sheet=chosen.get("sheet"))
    except Unreadable as error:
        found.faults = [error.fault]
        return found, []
    found.sheet, found.sheets, found.encoding = read.sheet, read.sheets, read.encoding
    parts = blocks(PAYMENTS, LINES, read, known)
    # A person chooses among the headings of both blocks as among those of one.
    found.headings = Headings(
        parts[0].headings.row, tuple(name for part in parts for name in part.headings.names)
    )
    for part in parts:
        found.columns |= part.mapped(chosen.get("columns") or guessed(part, known))
        found.faults += faults_of(part.kind, part.headings, part.mapped(found.columns))
    found.samples = _samples(parts)
    if found.faults:
        return found, []
    records, found.habits, found.faults = _records(
        parts, found.columns, Habits(chosen.get("date_order"), chosen.get("decimal_mark"))
    )
    found.rows = sum(map(len, records))
    gathered, faults = _together(records) if len(parts) == 2 else _in_one(records[0])
    found.faults = by_place([*dict.fromkeys([*found.faults, *faults])])
    return found, [_stated(one, chosen["currency"]) for one in gathered]


def _of_x12(kept: FileImport) -> tuple[Preview, list[Stated]]:
    found, made = Preview(), list[Stated]()
    try:
        for interchange in read_x12(kept.content):
            for group in interchange.groups:
                made += [_advised(advice(one), kept) for one in group.transactions]
    except X12Error as error:
        found.faults = [x12_fault(error)]
        return found, []
    seen: dict[str, int] = {}
    for one in made:
        number = one.payment.number
        if number in seen:
            fault = Fault(one.row, "TRN02", "line_twice", number, str(seen[number]))
            found.faults.append(fault._replace(field="payment_number"))
        seen.setdefault(number, one.row)
    found.rows = sum(len(one.payment.lines) for one in made)
    return found, made


def _advised(said: Advice, kept: FileImport) -> Stated:
    currency = said.currency or kept.choices["currency"]
    lines = [
        Line(
            reference=item.reference,
            paid=item.paid,
            currency=currency,
            invoiced_at=_noon(item.dated_on) if item.dated_on else None,
            description="; ".join(item.why) or None,
            total=item.gross,
            discount=item.discount,
        )
        for item in said.items
    ]
    made = Payment(
        number=said.number,
        paid_at=_noon(said.paid_on),
        amount=said.amount,
        currency=currency,
        method=said.method,
        lines=tuple(lines),
        payee=said.payee,
    )
    return Stated(said.segment, made, witnesses.EDI)


def _samples(parts: Sequence[Block]) -> list[list[str]]:
    rows = [samples(part.sheet, part.headings) for part in parts]
    widths = [len(part.headings.different) for part in parts]
    return [
        [
            cell
            for own, width in zip(rows, widths, strict=True)
            for cell in (own[place] if place < len(own) else [""] * width)
        ]
        for place in range(max(map(len, rows), default=0))
    ]


def _records(
    parts: Sequence[Block], mapped: Mapping[str, str], chosen: Habits
) -> tuple[list[list[Record]], Habits, list[Fault]]:
    """The rows of each block, read by the habits of the whole file."""
    habits = chosen
    for part in parts:
        rows = [row for row in part.sheet.rows if row.number > part.headings.row]
        habits = habits_of(Columns(part.kind, part.headings, part.mapped(mapped)), rows, habits)
    found, faults = [], []
    for part in parts:
        read = reading.read(part.kind, part.sheet, part.headings, part.mapped(mapped), habits)
        found.append(read.records)
        faults += read.faults
    return found, habits, faults


def _together(records: Sequence[Sequence[Record]]) -> tuple[list[_Gathered], list[Fault]]:
    """Payments with the lines that name them. A line of no payment here is a fault."""
    heads, lines = records
    found: dict[str, _Gathered] = {}
    faults = []
    for one in heads:
        number = one.values["payment_number"]
        if number in found:
            row = str(found[number].row)
            faults.append(Fault(one.row, "", "line_twice", number, row, "payment_number"))
        found.setdefault(number, _Gathered(one.row, one.values))
    for one in lines:
        number = one.values["of_payment"]
        if number not in found:
            faults.append(Fault(one.row, "", "no_such_payment", number, field="of_payment"))
            continue
        found[number].lines.append(one)
    return list(found.values()), faults


def _in_one(records: Sequence[Record]) -> tuple[list[_Gathered], list[Fault]]:
    """Rows that each say their payment. Rows of one payment that contradict each other are faults."""
    found: dict[str, _Gathered] = {}
    faults = []
    for one in records:
        number = one.values["payment_number"]
        paper = found.setdefault(number, _Gathered(one.row, {}))
        for head in PAYMENT_FIELDS:
            if head.name not in one.values:
                continue
            value = one.values[head.name]
            before = paper.values.setdefault(head.name, value)
            if before != value:
                faults.append(
                    Fault(one.row, "", "contradicts", str(value), str(before), field=head.name)
                )
        for name in ("payment_amount_currency", "invoice_amount_currency"):
            if name in one.values:
                paper.values.setdefault(name, one.values[name])
        paper.lines.append(one)
    return list(found.values()), faults


def _stated(one: _Gathered, usual: str) -> Stated:
    said = one.values
    currency = said.get("payment_currency") or said.get("payment_amount_currency")
    inner = said.get("invoice_currency") or said.get("invoice_amount_currency")
    currency = (currency or inner or usual).upper()
    inner = (inner or currency).upper()
    return Stated(
        one.row,
        Payment(
            number=said["payment_number"],
            paid_at=_noon(said["paid_on"]),
            amount=said["payment_amount"],
            currency=currency,
            status=said.get("payment_status", "SUCCESSFUL"),
            invoice_amount=said.get("invoice_amount"),
            invoice_currency=inner if "invoice_amount" in said else None,
            exchange_rate=said.get("exchange_rate"),
            method=said.get("payment_method"),
            payee=said.get("payee"),
            lines=tuple(_line(line.values, inner) for line in one.lines),
        ),
    )


def _line(said: Mapping[str, Any], usual: str) -> Line:
    dated = said.get("dated_on")
    currency = said.get("line_currency") or said.get("paid_currency")
    return Line(
        reference=said["invoice_number"],
        paid=said["paid"],
        currency=(currency or usual).upper(),
        original=said.get("original_invoice"),
        invoiced_at=_noon(dated) if dated else None,
        description=said.get("description"),
        type=said.get("transaction_type"),
        total=said.get("invoiced"),
        discount=said.get("discount"),
        withheld=said.get("withheld"),
    )


def _noon(day: date) -> datetime:
    return datetime.combine(day, NOON, UTC)


def outcomes(session: Session, kept: FileImport, stated: Sequence[Stated]) -> list[Paper]:
    """What becomes of each of these payments."""
    chosen = kept.choices["region"]
    papers = []
    for one in stated:
        region = payees.region_of(session, one.payment, chosen)
        known = witnesses.newest(session, region, [one.payment.number])
        papers.append(_paper(session, region, known, one))
    return papers


def _paper(
    session: Session,
    region: str,
    known: Mapping[tuple[str, str], RemittanceWitness],
    one: Stated,
) -> Paper:
    said = one.payment
    became: Became = "new"
    against = witnesses.shown(session, region, said)
    earlier = known.get((said.number, one.source))
    before: list[witnesses.Difference] = []
    if earlier is not None and earlier.digest == said.digest:
        became = "same"
    elif against is not None:
        before = witnesses.differences(against, said)
        became = "disagrees" if before else "witness"
    elif (other := _other_source(known, one)) is not None:
        before = witnesses.differences(payment(other.stated), said)
        became = "disagrees" if before else "witness"
    elif earlier is not None:
        before = witnesses.differences(payment(earlier.stated), said)
        became = "changed"
    differences = [Difference(few.line, few.field, few.counted, few.witness) for few in before]
    return Paper(
        said.number,
        one.row,
        became,
        len(said.lines),
        0,
        differences,
        {"stated": one, "region": region},
        said.amount,
        said.currency,
    )


def _other_source(
    known: Mapping[tuple[str, str], RemittanceWitness], one: Stated
) -> RemittanceWitness | None:
    others = [source for source in witnesses.RANKS if source != one.source]
    return next((known[key] for s in others if (key := (one.payment.number, s)) in known), None)


def take(session: Session, kept: FileImport, papers: Sequence[Paper]) -> None:
    """Keeps each payment; the same again changes nothing."""
    for paper in papers:
        if paper.became != "same":
            one: Stated = paper.content["stated"]
            region = paper.content["region"]
            witnesses.keep(session, region, one.source, kept.import_id, one.payment)
    findings.state(session)
    bank.state(session)


def undo_some(session: Session, kept: FileImport) -> None:
    """Takes the next payments of a file back; what another source says of them counts again."""
    outcome = dict(kept.outcome)
    rows = session.exec(
        select(RemittanceWitness)
        .where(
            RemittanceWitness.shop_id == shop_of(session),
            RemittanceWitness.import_id == kept.import_id,
        )
        .order_by(col(RemittanceWitness.witness_id))
        .limit(AT_ONCE)
    ).all()
    if not rows:
        kept.state = "undone"
        return
    witnesses.forget(session, rows)
    findings.state(session)
    bank.state(session)
    outcome["taken_back"] = outcome.get("taken_back", 0) + len(rows)
    kept.done += len(rows)
    kept.outcome = outcome
