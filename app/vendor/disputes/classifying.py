"""Every deduction with what it is in the end: the stable list that measurements and exports read."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.vendor.co_op import recomputing
from app.vendor.deductions import quick_pay
from app.vendor.deductions.tables import Deduction
from app.vendor.disputes import netting

# What we billed above the order's cost, by invoice: what a price claim on it may rightly take.
ABOVE_ORDER = """
SELECT invoice.number, sum(greatest(line.cost - own.cost, 0) * line.units
    / CASE WHEN code.cost_basis = 'case' THEN own.unit_size ELSE 1 END)
FROM invoice JOIN invoice_line AS line USING (shop_id, invoice_id)
JOIN purchase_order_line AS own ON own.shop_id = line.shop_id AND own.region = line.region
    AND own.number = line.number AND own.line = line.line
LEFT JOIN vendor_code AS code ON code.shop_id = invoice.shop_id AND code.region = invoice.region
    AND code.code = invoice.vendor_code
WHERE invoice.shop_id = :shop AND invoice.number = ANY(:numbers)
GROUP BY invoice.number
"""
VERDICTS = (
    "repaid",
    "shortage",
    "mis_receipt",
    "price",
    "overbilled",
    "chargeback",
    "provision",
    "co_op",
    "coop_overcharge",
    "coop_unagreed",
    "quick_pay",
    "late_quick_pay",
    "quick_pay_excess",
    "return",
    "price_protection",
    "withholding",
    "unknown",
)


class Classified(NamedTuple):
    """One deduction, judged. `in_question` is what of it is worth working, in its own currency:
    nothing of what is agreed, timing or repaid."""

    region: str
    kind: str
    reference: str
    currency: str
    invoice_number: str | None
    purchase_order: str | None
    line: str | None
    cause: str | None
    units: int | None
    taken: Decimal
    recovered: Decimal
    verdict: str
    in_question: Decimal

    @property
    def open(self) -> Decimal:
        """What has not come back."""
        return max(self.taken - self.recovered, Decimal(0))


def classified(session: Session) -> list[Classified]:
    """Every deduction of the shop with its verdict, by region, kind, number and currency."""
    rows = session.exec(
        select(Deduction)
        .where(Deduction.shop_id == shop_of(session))
        .order_by(
            col(Deduction.region),
            col(Deduction.kind),
            col(Deduction.reference),
            col(Deduction.currency),
        )
    ).all()
    return classify(session, rows)


def classify(session: Session, rows: Sequence[Deduction]) -> list[Classified]:
    """These deductions with their verdicts, in their order."""
    audited = _audited(session, rows)
    above = _above_order(session, rows)
    return [_judged(session, row, audited.get(_key(row)), above) for row in rows]


Key = tuple[str, str, str, str]


def _key(row: Deduction) -> Key:
    return row.region, row.kind, row.reference, row.currency


def _judged(
    session: Session,
    row: Deduction,
    audited: tuple[str, Decimal] | None,
    above: dict[str, Decimal],
) -> Classified:
    left = max(row.taken - row.recovered, Decimal(0))
    verdict, amount = audited or _verdict(session, row, left, above)
    return Classified(
        row.region,
        row.kind,
        row.reference,
        row.currency,
        row.invoice_number,
        row.purchase_order,
        row.line,
        row.cause,
        row.units,
        row.taken,
        row.recovered,
        verdict,
        amount,
    )


def _verdict(
    session: Session, row: Deduction, left: Decimal, above: dict[str, Decimal]
) -> tuple[str, Decimal]:
    if left == 0:
        return "repaid", left
    if row.kind == "shortage_claim":
        if row.cause is None and row.purchase_order is not None:
            done = netting.over_truck(session, row.region, [row.purchase_order], row.line)
            if done.explained:
                return "mis_receipt", left
        return ("overbilled" if row.cause == "OVERBILLING" else "shortage"), left
    if row.kind == "price_claim":
        ours = above.get(row.invoice_number or "", Decimal(0))
        return ("overbilled" if ours >= left else "price"), left
    if row.kind in ("provision", "withholding"):
        return row.kind, Decimal(0)
    return row.kind, left


def _audited(session: Session, rows: Sequence[Deduction]) -> dict[Key, tuple[str, Decimal]]:
    """Verdicts of what can be computed: discounts and co-op charges."""
    found: dict[Key, tuple[str, Decimal]] = {}
    discounts = [row for row in rows if row.kind == "quick_pay" and row.taken > row.recovered]
    words = {"late": "late_quick_pay", "too_much": "quick_pay_excess"}
    for row, one in zip(discounts, quick_pay.audit(session, discounts), strict=True):
        found[_key(row)] = words.get(one.verdict, "quick_pay"), one.wrong
    charges = [row for row in rows if row.kind == "co_op" and row.taken > row.recovered]
    verdicts = {"over": "coop_overcharge", "no_agreement": "coop_unagreed"}
    for charge in recomputing.recompute(session, charges):
        found[_key(charge.row)] = verdicts.get(charge.verdict, "co_op"), charge.wrong
    return found


def _above_order(session: Session, rows: Sequence[Deduction]) -> dict[str, Decimal]:
    numbers = sorted(
        {row.invoice_number for row in rows if row.kind == "price_claim" and row.invoice_number}
    )
    if not numbers:
        return {}
    asked = {"shop": shop_of(session), "numbers": numbers}
    return {
        number: amount or Decimal(0) for number, amount in session.execute(text(ABOVE_ORDER), asked)
    }
