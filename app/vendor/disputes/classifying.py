"""Every deduction with what it is in the end: the stable list that measurements and exports read."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.vendor.co_op import recomputing
from app.vendor.costs.agreeing import of_line
from app.vendor.deductions import quick_pay
from app.vendor.deductions.tables import Deduction
from app.vendor.disputes import netting

# What we billed above the agreed cost, or the order's where none was agreed, by invoice: what a price
# claim on it may rightly take. At least and at most, which differ while it is not known what the cost
# of a line in cases is the cost of.
ABOVE_ORDER = f"""
SELECT invoice.number, coalesce(sum(above.by * line.units / CASE
           WHEN own.ordered_unit = 'Cases' AND coalesce(code.cost_basis, 'case') = 'case'
           THEN own.unit_size ELSE 1 END), 0) AS least,
       coalesce(sum(above.by * line.units / CASE
           WHEN own.ordered_unit = 'Cases' AND code.cost_basis = 'case'
           THEN own.unit_size ELSE 1 END), 0) AS most
FROM invoice JOIN invoice_line AS line USING (shop_id, invoice_id)
JOIN purchase_order_line AS own ON own.shop_id = line.shop_id AND own.region = line.region
    AND own.number = line.number AND own.line = line.line
JOIN purchase_order AS paper ON paper.shop_id = own.shop_id AND paper.region = own.region
    AND paper.number = own.number
LEFT JOIN LATERAL ({of_line("own")}) AS agreed ON true
LEFT JOIN vendor_code AS code ON code.shop_id = invoice.shop_id AND code.region = invoice.region
    AND code.code = invoice.vendor_code
CROSS JOIN LATERAL (VALUES (greatest(line.cost - coalesce(agreed.cost, own.cost), 0))) AS above (by)
WHERE invoice.shop_id = :shop AND invoice.number = ANY(:numbers)
GROUP BY invoice.number
"""
# The order lines of a claim: the one it is on, else all of its invoice; what the books say of them.
LINES = """
SELECT invoice.number AS invoice, own.number, own.line,
       (SELECT sum(CASE WHEN paper.type = 'CreditNote' THEN -billed.units ELSE billed.units END)
        FROM invoice_line AS billed JOIN invoice AS paper USING (shop_id, invoice_id)
        WHERE billed.shop_id = :shop AND billed.region = own.region AND billed.number = own.number
          AND billed.line = own.line AND paper.state NOT IN ('draft', 'failed', 'cancelled')
       )::int - greatest(ordered.received_units - ordered.units_before_books,
           CASE WHEN ordered.shipped_units > 0 THEN ordered.shipped_units
                ELSE ordered.ordered_units END) AS beyond,
       CASE WHEN ordered.shipped_units > 0
            THEN ordered.shipped_units + ordered.units_before_books - ordered.received_units
            ELSE 0 END AS short
FROM invoice JOIN invoice_line AS own USING (shop_id, invoice_id)
JOIN purchase_order_line AS ordered ON ordered.shop_id = own.shop_id
    AND ordered.region = own.region AND ordered.number = own.number AND ordered.line = own.line
WHERE invoice.shop_id = :shop AND invoice.number = ANY(:numbers)
ORDER BY invoice.number, own.position
"""
OUR_CAUSES = {
    "mis_receipt": "counted_elsewhere",
    "late_quick_pay": "paid_late",
    "quick_pay_excess": "discount_too_much",
    "coop_overcharge": "charged_above_agreement",
    "coop_unagreed": "no_agreement",
}
"""Causes of our own by verdict, where Amazon gives none; its own are in capitals."""
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
    nothing of what is agreed, timing or repaid. `cause` is Amazon's where it gives one (in capitals),
    else what our own papers say; None: neither says any. `units` are those that it is about."""

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
    lines = _lines(session, rows)
    return [_judged(session, row, audited.get(_key(row)), above, lines) for row in rows]


def in_question(session: Session, rows: Sequence[Deduction]) -> list[Decimal]:
    """What of each is worth asking back, in their order: what is open, less what is agreed.

    Discounts and co-op charges that were recomputed are in question only beyond their terms or
    agreement; what cannot be recomputed, and every other kind, is so with all that is open.
    """
    agreed: dict[Key, Decimal] = {}
    for row, one in _discounts(session, rows):
        if one.verdict in ("earned", "late", "too_much"):
            agreed[_key(row)] = one.wrong
    for charge in _charges(session, rows):
        if charge.verdict in ("agreed", "under", "over"):
            agreed[_key(charge.row)] = charge.wrong
    left = [max(row.taken - row.recovered, Decimal(0)) for row in rows]
    return [min(agreed.get(_key(row), all_), all_) for row, all_ in zip(rows, left, strict=True)]


class Claimed(NamedTuple):
    """An order line that a claim is on: eaches billed beyond what left, and not received of it."""

    invoice: str
    number: str
    line: str
    beyond: int
    short: int


Key = tuple[str, str, str, str]
Above = tuple[Decimal, Decimal]
"""What was billed above the order: at least, at most."""


def _key(row: Deduction) -> Key:
    return row.region, row.kind, row.reference, row.currency


def _judged(
    session: Session,
    row: Deduction,
    audited: tuple[str, Decimal] | None,
    above: dict[str, Above],
    lines: dict[str, list[Claimed]],
) -> Classified:
    left = max(row.taken - row.recovered, Decimal(0))
    claimed = [
        one
        for one in lines.get(row.invoice_number or "", [])
        if row.line is None or (one.number, one.line) == (row.purchase_order, row.line)
    ]
    verdict, amount = audited or _verdict(session, row, left, above, claimed)
    return Classified(
        row.region,
        row.kind,
        row.reference,
        row.currency,
        row.invoice_number,
        row.purchase_order,
        row.line,
        row.cause or _our_cause(row, verdict, claimed),
        row.units,
        row.taken,
        row.recovered,
        verdict,
        amount,
    )


def _verdict(
    session: Session,
    row: Deduction,
    left: Decimal,
    above: dict[str, Above],
    claimed: Sequence[Claimed],
) -> tuple[str, Decimal]:
    if left == 0:
        return "repaid", left
    if row.kind == "shortage_claim":
        if row.cause is None and row.purchase_order is not None:
            done = netting.over_truck(session, row.region, [row.purchase_order], row.line)
            if done.explained:
                return "mis_receipt", left
        # Amazon's word is not enough: over-billed is only what we billed beyond what left us.
        return ("overbilled" if any(one.beyond > 0 for one in claimed) else "shortage"), left
    if row.kind == "price_claim":
        least, most = above.get(row.invoice_number or "", (Decimal(0), Decimal(0)))
        if least < left <= most:
            return "unknown", left  # it hangs on what the cost of a case is the cost of
        return ("overbilled" if least >= left else "price"), left
    if row.kind in ("provision", "withholding"):
        return row.kind, Decimal(0)
    return row.kind, left


def _our_cause(row: Deduction, verdict: str, claimed: Sequence[Claimed]) -> str | None:
    if verdict in OUR_CAUSES:
        return OUR_CAUSES[verdict]
    if verdict == "overbilled":
        return "billed_above_order" if row.kind == "price_claim" else "billed_beyond_shipped"
    if row.kind == "price_claim" and verdict in ("price", "unknown"):
        return "billed_as_ordered" if verdict == "price" else "cost_basis_unknown"
    if verdict == "shortage" and claimed:
        return "received_short" if any(one.short > 0 for one in claimed) else "received_in_full"
    return None


def _lines(session: Session, rows: Sequence[Deduction]) -> dict[str, list[Claimed]]:
    numbers = sorted(
        {row.invoice_number for row in rows if row.kind == "shortage_claim" and row.invoice_number}
    )
    found: dict[str, list[Claimed]] = {}
    if numbers:
        asked = {"shop": shop_of(session), "numbers": numbers}
        for row in session.execute(text(LINES), asked):
            found.setdefault(row.invoice, []).append(Claimed(*row))
    return found


def _audited(session: Session, rows: Sequence[Deduction]) -> dict[Key, tuple[str, Decimal]]:
    """Verdicts of what can be computed: discounts and co-op charges."""
    found: dict[Key, tuple[str, Decimal]] = {}
    words = {"late": "late_quick_pay", "too_much": "quick_pay_excess"}
    for row, one in _discounts(session, rows):
        found[_key(row)] = words.get(one.verdict, "quick_pay"), one.wrong
    verdicts = {"over": "coop_overcharge", "no_agreement": "coop_unagreed"}
    for charge in _charges(session, rows):
        found[_key(charge.row)] = verdicts.get(charge.verdict, "co_op"), charge.wrong
    return found


def _discounts(
    session: Session, rows: Sequence[Deduction]
) -> list[tuple[Deduction, quick_pay.Audited]]:
    found = [row for row in rows if row.kind == "quick_pay" and row.taken > row.recovered]
    return list(zip(found, quick_pay.audit(session, found), strict=True))


def _charges(session: Session, rows: Sequence[Deduction]) -> list[recomputing.Recomputed]:
    found = [row for row in rows if row.kind == "co_op" and row.taken > row.recovered]
    return recomputing.recompute(session, found) if found else []


def _above_order(session: Session, rows: Sequence[Deduction]) -> dict[str, Above]:
    numbers = sorted(
        {row.invoice_number for row in rows if row.kind == "price_claim" and row.invoice_number}
    )
    if not numbers:
        return {}
    asked = {"shop": shop_of(session), "numbers": numbers}
    return {
        number: (least, most) for number, least, most in session.execute(text(ABOVE_ORDER), asked)
    }
