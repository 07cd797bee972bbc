"""Exports of claims: chargebacks, returns and disputes, row by row; the newest file says how they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from app.bell import ring_after_commit
from app.db import shop_of
from app.inventory.futures import zone_of
from app.vendor.claims import applying
from app.vendor.claims.tables import ClaimPaper
from app.vendor.files.kinds import CHARGEBACKS, DISPUTES, RETURNS
from app.vendor.files.paper import Became, Difference, Paper, Preview, by_place, shown, tabled
from app.vendor.files.sheet import Fault
from app.vendor.files.tables import FileImport
from app.vendor.papers import digest_of
from app.vendor.payments.references import reference

CAN_UNDO = True
AT_ONCE = 200
KINDS = {CHARGEBACKS: "chargeback", RETURNS: "return", DISPUTES: "dispute"}
NUMBERS = {"chargeback": "issue", "return": "return_number", "dispute": "case"}
PARTS = {"chargeback": "asin", "return": "invoice_number", "dispute": "asin"}
# How exports name the end of a case; the list of Dispute Management says Resolved, others are UNVERIFIED.
RESOLVED = ("resolved", "closed", "approved", "denied", "rejected", "已解决", "已关闭")

Key = tuple[str, str]


@dataclass
class Stated:
    """One row: the number it is known by, and what it says."""

    row: int
    kind: str
    number: str
    part: str
    values: dict[str, Any]


def stated(kept: FileImport, known: Mapping[str, str]) -> tuple[Preview, list[Stated]]:
    """What the file says of claims."""
    found, records = tabled(kept, known)
    kind = KINDS[kept.kind]
    made: dict[Key, Stated] = {}
    for record in records:
        number = str(record.values[NUMBERS[kind]])
        part = str(record.values.get(PARTS[kind], ""))
        if before := made.get((number, part)):
            fault = Fault(record.row, "", "line_twice", number, str(before.row), NUMBERS[kind])
            found.faults.append(fault)
            continue
        made[number, part] = Stated(record.row, kind, number, part, record.values)
    found.faults = by_place(found.faults)
    return found, list(made.values())


def outcomes(session: Session, kept: FileImport, stated: Sequence[Stated]) -> list[Paper]:
    """What is new in these rows."""
    region = kept.choices["region"]
    numbers = [one.number for one in stated]
    rows = session.exec(
        select(ClaimPaper)
        .where(
            ClaimPaper.shop_id == shop_of(session),
            ClaimPaper.region == region,
            ClaimPaper.kind == KINDS[kept.kind],
            col(ClaimPaper.number).in_(numbers),
        )
        .order_by(col(ClaimPaper.import_id))
    )
    known = {(row.number, row.part): row for row in rows}
    zone = zone_of(session)
    return [_paper(kept, known.get((one.number, one.part)), one, zone) for one in stated]


def _paper(kept: FileImport, known: ClaimPaper | None, one: Stated, zone: ZoneInfo) -> Paper:
    made = _row(kept, one, zone)
    became: Became = "new"
    differences: list[Difference] = []
    if known is not None:
        became = "same" if known.digest == made.digest else "changed"
        for name, before, after in (
            ("claim_status", known.status, made.status),
            ("charge", known.amount, made.amount),
            ("approved", known.approved, made.approved),
            ("dispute_by", known.dispute_by, made.dispute_by),
            ("units", known.units, made.units),
        ):
            if before != after:
                differences.append(Difference("", name, shown(before), shown(after)))
    content = {"row": made}
    units = made.units or 0
    return Paper(
        one.number, one.row, became, 1, units, differences, content, made.amount, made.currency
    )


def _row(kept: FileImport, one: Stated, zone: ZoneInfo) -> ClaimPaper:
    said = one.values
    currency = said.get("currency") or said.get("charge_currency") or kept.choices["currency"]
    invoice = said.get("invoice_number")
    status = said.get("claim_status")
    stated: dict[str, Any] = {
        "invoice_number": invoice,
        "base": reference(invoice, is_ours=False).number if invoice else None,
        "purchase_order": said.get("number"),
        "asin": said.get("asin"),
        "vendor_code": said.get("vendor_code"),
        "type": said.get("issue_type"),
        "subtype": said.get("issue_subtype"),
        "status": status,
        "is_resolved": bool(status) and str(status).strip().casefold().startswith(RESOLVED),
        "units": said.get("units"),
        "amount": said.get("charge"),
        "approved": said.get("approved"),
        "currency": currency.upper(),
        "notified_at": _at(said.get("notified_on"), time(12)),
        "dispute_by": _end_of(said.get("dispute_by"), zone),
    }
    plain = {name: shown(value) for name, value in stated.items()}
    return ClaimPaper(
        shop_id=kept.shop_id,
        region=kept.choices["region"],
        kind=one.kind,
        number=one.number,
        part=one.part,
        import_id=kept.import_id,
        digest=digest_of(plain),
        **stated,
    )


def _at(day: date | None, hour: time) -> datetime | None:
    return None if day is None else datetime.combine(day, hour, UTC)


def _end_of(day: date | None, zone: ZoneInfo) -> datetime | None:
    """The last second of the day, of the shop's own or of UTC's, whichever ends first.

    A claim is never told to have time that it may not have, and the shop reads the day of the file.
    """
    if day is None:
        return None
    ends = (datetime.combine(day, time(23, 59, 59), each) for each in (zone, UTC))
    return min(one.astimezone(UTC) for one in ends)


def take(session: Session, kept: FileImport, papers: Sequence[Paper]) -> None:
    """Keeps what is new, and lays it on deductions and disputes."""
    for paper in papers:
        if paper.became in ("new", "changed"):
            session.merge(paper.content["row"])
    _lay(session)


def undo_some(session: Session, kept: FileImport) -> None:
    """Takes the rows of a file back; what an earlier one said stands again."""
    outcome = dict(kept.outcome)
    rows = session.exec(
        select(ClaimPaper)
        .where(ClaimPaper.shop_id == shop_of(session), ClaimPaper.import_id == kept.import_id)
        .limit(AT_ONCE)
    ).all()
    if not rows:
        kept.state = "undone"
        return
    for row in rows:
        session.delete(row)
    outcome["taken_back"] = outcome.get("taken_back", 0) + len(rows)
    kept.done += len(rows)
    kept.outcome = outcome
    _lay(session)


def _lay(session: Session) -> None:
    """Lays all claims that stand on deductions and disputes; the queue of discrepancies follows."""
    applying.apply(session)
    ring_after_commit(session, "deductions_anew")
