"""Deductions on the wire: what was taken, what came back, and the papers that say so."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import database_time, shop_of
from app.errors import Refused
from app.http import Answer, Moment, Money
from app.vendor.deductions.tables import Deduction
from app.vendor.disputes import clocks
from app.vendor.disputes.classifying import Classified, classify
from app.vendor.disputes.clock_views import ClockView, clock_view
from app.vendor.evidence import vault
from app.vendor.evidence.views import EvidenceView, view_of
from app.vendor.invoice_tables import Invoice

KINDS = (
    "shortage_claim",
    "price_claim",
    "chargeback",
    "co_op",
    "return",
    "price_protection",
    "provision",
    "quick_pay",
    "withholding",
    "unknown",
)
TIMING = ("provision", "withholding")
"""Kinds that Amazon gives back or that are credited elsewhere: never counted as a loss."""

TOTALS = """
SELECT kind, currency, count(*), count(*) FILTER (WHERE taken > recovered), sum(taken),
       sum(recovered), sum(greatest(taken - recovered, 0))
FROM deduction WHERE shop_id = :shop GROUP BY 1, 2 ORDER BY 1, 2
"""

ORDERS = """
SELECT DISTINCT line.number FROM invoice JOIN invoice_line AS line USING (shop_id, invoice_id)
WHERE invoice.shop_id = :shop AND invoice.region = :region AND invoice.number = :number ORDER BY 1
"""


class Key(NamedTuple):
    """What a deduction is known by within its shop."""

    region: str
    kind: str
    reference: str
    currency: str


class DeductionSummary(Answer):
    """All that was taken and given back under one of Amazon's numbers, in one currency.

    `cause` is `told_by` Amazon where it gives one, else by the books: what our own papers say.
    """

    region: str
    kind: str
    reference: str
    is_timing: bool
    state: str
    invoice_number: str | None
    invoice_id: int | None
    purchase_order: str | None
    line: str | None
    cause: str | None
    told_by: str | None
    units: int | None
    taken: Money
    recovered: Money
    open: Money
    first_at: Moment
    last_at: Moment
    notified_at: Moment | None
    dispute_by: Moment | None
    clock: ClockView | None


class StepView(Answer):
    """One line of a payment; `amount` is below zero where it takes."""

    at: Moment
    reference: str
    description: str | None
    amount: Money
    told_by: str | None
    payment_id: str
    payment: str | None
    position: int
    message_id: int | None


class VarianceView(Answer):
    """What Amazon's finance says of one line of the invoice."""

    purchase_order: str
    line: str
    asin: str | None
    units: int
    matched_units: int | None
    type: str
    causes: list[str]


class KindTotal(Answer):
    """Every deduction of one kind in one currency."""

    kind: str
    is_timing: bool
    deductions: int
    still_open: int
    taken: Money
    recovered: Money
    open: Money


class DeductionView(DeductionSummary):
    """One deduction with its steps, Amazon's causes line by line, and what else the invoice lost."""

    steps: list[StepView]
    variances: list[VarianceView]
    others: list[DeductionSummary]
    evidence: list[EvidenceView]


def state_of(taken: Decimal, recovered: Decimal) -> str:
    """open: something is still missing; recovered: all is back; repaid_more: and more than we saw
    taken, as what was taken may be older than what we have read."""
    if taken > recovered:
        return "open"
    return "recovered" if taken == recovered else "repaid_more"


def summaries(session: Session, rows: Sequence[Deduction]) -> list[DeductionSummary]:
    """These deductions, each tied to its invoice."""
    numbers = sorted({row.invoice_number for row in rows if row.invoice_number})
    wanted = select(Invoice.number, Invoice.invoice_id).where(
        Invoice.shop_id == shop_of(session), col(Invoice.number).in_(numbers)
    )
    ours: dict[str | None, int] = {number: found for number, found in session.exec(wanted)}
    dates = clocks.dates_of(session, rows)
    now = database_time()
    return [
        DeductionSummary(
            **_summary(row, ours.get(row.invoice_number), judged),
            clock=clock_view(
                clocks.window_of(row, dates.get((row.region, row.invoice_number or ""))), now
            ),
        )
        for row, judged in zip(rows, classify(session, rows), strict=True)
    ]


def _summary(row: Deduction, invoice_id: int | None, judged: Classified) -> dict[str, Any]:
    def money(amount: Decimal) -> Money:
        return Money(amount=amount, currency=row.currency)

    return {
        "region": row.region,
        "kind": row.kind,
        "reference": row.reference,
        "is_timing": row.kind in TIMING,
        "state": state_of(row.taken, row.recovered),
        "invoice_number": row.invoice_number,
        "invoice_id": invoice_id,
        "purchase_order": row.purchase_order,
        "line": row.line,
        "cause": judged.cause,
        "told_by": "amazon" if row.cause else "books" if judged.cause else None,
        "units": row.units,
        "taken": money(row.taken),
        "recovered": money(row.recovered),
        "open": money(max(row.taken - row.recovered, Decimal(0))),
        "first_at": row.first_at,
        "last_at": row.last_at,
        "notified_at": row.notified_at,
        "dispute_by": row.dispute_by,
    }


def totals(session: Session) -> list[KindTotal]:
    """What each kind has taken and given back, currency by currency."""
    found = []
    for row in session.execute(text(TOTALS), {"shop": shop_of(session)}):
        kind, currency, count, still_open, *amounts = row
        taken, recovered, left = (Money(amount=one, currency=currency) for one in amounts)
        found.append(
            KindTotal(
                kind=kind,
                is_timing=kind in TIMING,
                deductions=count,
                still_open=still_open,
                taken=taken,
                recovered=recovered,
                open=left,
            )
        )
    return found


def named(session: Session, key: Key) -> Deduction:
    """One deduction. Raises Refused 404 when this shop has none of that key."""
    row = session.get(Deduction, (shop_of(session), *key))
    if row is None:
        raise Refused("not_found", "There is no such deduction in this shop.", status=404)
    return row


def whole(session: Session, key: Key) -> DeductionView:
    """One deduction with everything behind it. Raises Refused 404."""
    row = named(session, key)
    others = session.exec(
        select(Deduction)
        .where(
            Deduction.shop_id == row.shop_id,
            Deduction.invoice_number == row.invoice_number,
            col(Deduction.invoice_number).is_not(None),
            col(Deduction.kind) != row.kind,
        )
        .order_by(col(Deduction.kind), col(Deduction.reference), col(Deduction.currency))
    ).all()
    [summary] = summaries(session, [row])
    return DeductionView(
        **summary.model_dump(),
        steps=[_step(one, row.currency) for one in row.steps],
        variances=variances(session, summary.invoice_id),
        others=summaries(session, others),
        evidence=[
            view_of(paper)
            for paper in vault.belonging_to(
                session, row.region, row.invoice_number, orders_of(session, row)
            )
        ],
    )


def orders_of(session: Session, row: Deduction) -> list[str]:
    """The purchase orders that a deduction is about: its own, else all of its invoice."""
    if row.purchase_order is not None:
        return [row.purchase_order]
    asked = {"shop": row.shop_id, "region": row.region, "number": row.invoice_number}
    return list(session.execute(text(ORDERS), asked).scalars())


def _step(said: dict[str, Any], currency: str) -> StepView:
    return StepView(
        **{name: said[name] for name in StepView.model_fields if name != "amount"},
        amount=Money(amount=-Decimal(said["taken"]), currency=currency),
    )


VARIANCES = """
SELECT line.number AS purchase_order, line.line, line.asin, line.units, line.matched_units,
       variance.value ->> 'varianceType' AS type, variance.value -> 'defectTypes' AS causes
FROM invoice_line AS line CROSS JOIN LATERAL jsonb_array_elements(
    CASE WHEN jsonb_typeof(line.variances) = 'array' THEN line.variances ELSE '[]' END
) AS variance
WHERE line.shop_id = :shop AND line.invoice_id = :invoice ORDER BY line.position, type
"""


def variances(session: Session, invoice_id: int | None) -> list[VarianceView]:
    """Amazon's own causes for each line of an invoice of ours."""
    asked = {"shop": shop_of(session), "invoice": invoice_id}
    return [
        VarianceView(**{**row, "causes": row["causes"] or []})
        for row in session.execute(text(VARIANCES), asked).mappings()
    ]
