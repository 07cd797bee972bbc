"""Bank statements by file: their lines from Amazon, each once, however many statements show it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.vendor.bank import matching, partings, statements
from app.vendor.bank.tables import BankLine
from app.vendor.files.paper import Became, Paper, Preview, by_place, tabled
from app.vendor.files.sheet import Fault
from app.vendor.files.tables import FileImport

CAN_UNDO = True
AT_ONCE = 200
NUMBERS = "SELECT number FROM remittance WHERE shop_id = :shop AND number IS NOT NULL"


@dataclass
class Stated:
    """One line of a statement."""

    row: int
    key: str
    booked_on: date
    valued_on: date | None
    amount: Decimal
    currency: str
    bank_reference: str | None
    end_to_end: str | None
    named_numbers: list[str]


def reduced(session: Session, content: bytes, known: Mapping[str, str]) -> bytes:
    """What of a statement may be kept at all. Raises Refused where that is nothing."""
    numbers = session.execute(text(NUMBERS), {"shop": shop_of(session)}).scalars()
    return statements.amazon_only(content, set(numbers), known)


def stated(kept: FileImport, known: Mapping[str, str]) -> tuple[Preview, list[Stated]]:
    """What the file says."""
    found, records = tabled(kept, known)
    has_amount = {"amount", "credit", "debit"} & set(found.columns)
    if found.columns and not has_amount:
        row = found.headings.row
        fault = Fault(row, "", "column_missing", hint="Amount / Betrag / 金额", field="amount")
        found.faults = by_place([*found.faults, fault])
        return found, []
    lines: list[Stated] = []
    seen: Counter[tuple[Any, ...]] = Counter()
    for record in records:
        said = record.values
        if str(said.get("end_to_end", "")).upper() in statements.NOT_GIVEN:
            del said["end_to_end"]
        amount = _amount(said)
        if amount is None:
            found.faults.append(Fault(record.row, "", "empty_cell", field="amount"))
            continue
        currency = said.get("currency") or said.get("amount_currency") or kept.choices["currency"]
        parts = (
            said["booked_on"].isoformat(),
            f"{amount.normalize():f}",
            currency.upper(),
            said.get("bank_reference", ""),
            said.get("end_to_end", ""),
        )
        # Two bookings of one statement that look the same are two; the same two again are known.
        seen[parts] += 1
        key = hashlib.sha256("\n".join([*parts, str(seen[parts])]).encode()).hexdigest()
        lines.append(
            Stated(
                record.row,
                key,
                said["booked_on"],
                said.get("valued_on"),
                amount,
                currency.upper(),
                said.get("bank_reference"),
                said.get("end_to_end"),
                statements.references_in(
                    " ".join(str(said.get(one, "")) for one in ("bank_reference", "details"))
                ),
            )
        )
    found.faults = by_place(found.faults)
    return found, lines


def _amount(said: Mapping[str, Any]) -> Decimal | None:
    """Signed, whichever way the bank writes it: one column, or one for each side."""
    if "amount" in said:
        return Decimal(said["amount"])
    if said.get("credit"):
        return abs(Decimal(said["credit"]))
    return -abs(Decimal(said["debit"])) if "debit" in said else said.get("credit")


def outcomes(session: Session, kept: FileImport, stated: Sequence[Stated]) -> list[Paper]:
    """Which of these lines are new."""
    known = set(
        session.exec(
            select(BankLine.key).where(
                BankLine.shop_id == shop_of(session),
                col(BankLine.key).in_([one.key for one in stated]),
            )
        )
    )
    papers = []
    for one in stated:
        became: Became = "same" if one.key in known else "new"
        name = one.end_to_end or one.bank_reference or one.booked_on.isoformat()
        papers.append(
            Paper(name, one.row, became, 1, 0, (), {"stated": one}, one.amount, one.currency)
        )
    return papers


def take(session: Session, kept: FileImport, papers: Sequence[Paper]) -> None:
    """Keeps the new lines, and ties those to payments that reference and amount name."""
    for paper in papers:
        if paper.became == "new":
            one: Stated = paper.content["stated"]
            session.add(
                BankLine(
                    shop_id=shop_of(session),
                    import_id=kept.import_id,
                    **{name: value for name, value in vars(one).items() if name != "row"},
                )
            )
    session.flush()
    matching.state(session)


def undo_some(session: Session, kept: FileImport) -> None:
    """Takes the lines of a file back, with what was said of them."""
    outcome = dict(kept.outcome)
    rows = session.exec(
        select(BankLine)
        .where(BankLine.shop_id == shop_of(session), BankLine.import_id == kept.import_id)
        .order_by(col(BankLine.bank_line_id))
        .limit(AT_ONCE)
    ).all()
    if not rows:
        kept.state = "undone"
        matching.state(session)
        return
    partings.keep(session, [row.bank_line_id for row in rows])
    for row in rows:
        session.delete(row)
    outcome["taken_back"] = outcome.get("taken_back", 0) + len(rows)
    kept.done += len(rows)
    kept.outcome = outcome
