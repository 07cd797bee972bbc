"""The audit of quick-pay discounts: earned only when the payment came within the terms' days.

Amazon takes the discount on the gross amount, of units that it later claims short too, and also when
it pays late; both are arithmetic (amazon-vendor.md §7.8).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.vendor.deductions.tables import Deduction

CENT = Decimal("0.01")
WRITTEN = re.compile(r"(\d{1,2}(?:\.\d{1,3})?)\s*%\D{0,12}?(\d{1,3})(?!\s*%)")
VERDICTS = ("earned", "late", "too_much", "no_terms")

# Of each invoice: its date, the terms of its vendor code, and what was taken back of it since.
INVOICES = """
SELECT invoice.number, invoice.dated_at, code.terms,
       coalesce((
           SELECT sum(taken - recovered) FROM deduction
           WHERE deduction.shop_id = :shop AND deduction.region = invoice.region
             AND deduction.invoice_number = invoice.number
             AND deduction.currency = invoice.currency
             AND deduction.kind IN ('shortage_claim', 'price_claim')
             AND deduction.taken > deduction.recovered
       ), 0) AS claimed
FROM invoice
LEFT JOIN vendor_code AS code ON code.shop_id = invoice.shop_id AND code.region = invoice.region
    AND code.code = invoice.vendor_code
WHERE invoice.shop_id = :shop AND invoice.number = ANY(:numbers)
"""


@dataclass(frozen=True)
class Agreed:
    """A discount as agreed: so much of the amount, if paid so many days after the invoice's date."""

    percent: Decimal
    days: int


@dataclass(frozen=True)
class Audited:
    """One discount, judged. `wrong` is what was taken and not earned, never below zero."""

    verdict: str
    agreed: Agreed | None
    told_by: str | None
    invoiced_at: datetime | None
    last_day: datetime | None
    paid_at: datetime
    gross: Decimal
    claimed: Decimal
    earned: Decimal
    taken: Decimal
    wrong: Decimal


def agreed_in(written: str | None) -> Agreed | None:
    """The discount in terms as Amazon writes them ("2% 30 NET 60"); None where there is none."""
    found = WRITTEN.search(written or "")
    return Agreed(Decimal(found[1]), int(found[2])) if found else None


def audit(session: Session, rows: Sequence[Deduction]) -> list[Audited]:
    """Judges deductions of the kind `quick_pay`, in their order."""
    numbers = sorted({row.reference for row in rows})
    asked = {"shop": shop_of(session), "numbers": numbers}
    known: dict[str, Mapping[str, Any]] = {
        row["number"]: dict(row) for row in session.execute(text(INVOICES), asked).mappings()
    }
    return [judge(row, known.get(row.reference, {})) for row in rows]


def judge(row: Deduction, invoice: Mapping[str, Any]) -> Audited:
    """One discount against its terms: the vendor code's, else those that the payment states.

    Late is each part that was taken after the last day; of what was in time, no more than the agreed
    part of what stands invoiced and not claimed back.
    """
    steps = [step for step in row.steps if Decimal(step["taken"]) > 0]
    agreed, told_by = _terms(invoice.get("terms"), steps)
    invoiced_at = invoice.get("dated_at") or _first(steps, "invoiced_at")
    paid_at = max((datetime.fromisoformat(step["at"]) for step in steps), default=row.last_at)
    gross = sum((Decimal(step["gross"] or 0) for step in steps), Decimal(0))
    claimed = min(max(Decimal(invoice.get("claimed") or 0), Decimal(0)), gross)
    taken = row.taken - row.recovered
    if agreed is None or invoiced_at is None:
        nothing = Decimal(0)
        return Audited(
            "no_terms", agreed, told_by, invoiced_at, None, paid_at, gross, claimed, nothing, taken,
            nothing,
        )  # fmt: skip
    last_day = _end_of_day(invoiced_at + timedelta(days=agreed.days))
    late = sum(
        (Decimal(step["taken"]) for step in steps if datetime.fromisoformat(step["at"]) > last_day),
        Decimal(0),
    )
    in_time = row.taken - late
    earned = Decimal(0)
    if in_time > 0:
        base = sum(
            (
                Decimal(step["gross"] or 0)
                for step in steps
                if datetime.fromisoformat(step["at"]) <= last_day
            ),
            Decimal(0),
        )
        part = (base - claimed) * agreed.percent / 100
        earned = max(Decimal(0), part.quantize(CENT, ROUND_HALF_UP))
    excess = max(Decimal(0), in_time - earned) if gross else Decimal(0)
    if excess <= CENT:  # a payment is rounded once, and its parts each for themselves
        excess = Decimal(0)
    wrong = min(max(late + excess, Decimal(0)), max(taken, Decimal(0)))
    verdict = "earned" if wrong == 0 else "late" if late > 0 else "too_much"
    return Audited(
        verdict, agreed, told_by, invoiced_at, last_day, paid_at, gross, claimed, earned, taken,
        wrong,
    )  # fmt: skip


def _terms(
    ours: Mapping[str, Any] | None, steps: Sequence[Mapping[str, Any]]
) -> tuple[Agreed | None, str | None]:
    percent, days = (ours or {}).get("discount_percent"), (ours or {}).get("discount_days")
    if percent is not None and days is not None:
        return Agreed(Decimal(str(percent)), int(days)), "vendor_code"
    for step in steps:
        if found := agreed_in(step.get("terms")):
            return found, "payment"
    return None, None


def _first(steps: Sequence[Mapping[str, Any]], name: str) -> datetime | None:
    found = next((step[name] for step in steps if step.get(name)), None)
    return datetime.fromisoformat(found) if found else None


def _end_of_day(moment: datetime) -> datetime:
    day = moment.astimezone(UTC)
    return day.replace(hour=23, minute=59, second=59, microsecond=999_999)
