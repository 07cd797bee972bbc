"""Remittances on the wire: whether each adds up, and what each line is about."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.errors import Refused
from app.http import Answer, Moment, Money
from app.vendor.invoice_tables import Invoice
from app.vendor.payments import payees
from app.vendor.payments.tables import Remittance, RemittanceLine

SUMS = """
SELECT region, payment_id, currency, sum(paid), count(*) FROM remittance_line
WHERE shop_id = :shop AND payment_id = ANY(:ids) GROUP BY 1, 2, 3
"""

DISAGREE = """
SELECT region, payment_id FROM remittance_witness
WHERE shop_id = :shop AND payment_id = ANY(:ids) AND differences <> '[]'
"""
WITNESSES = """
SELECT witness.source, witness.import_id, witness.stated_at, witness.differences, file.name
FROM remittance_witness AS witness JOIN file_import AS file USING (shop_id, import_id)
WHERE shop_id = :shop AND witness.region = :region AND witness.payment_id = :id
  AND witness.import_id IS DISTINCT FROM CAST(:counted AS integer)
ORDER BY witness.stated_at
"""


class RemittanceSummary(Answer):
    """One payment. `difference` is what its lines lack of it, in the lines' currency; null: none.

    `payees`: whose it is, `payee_how` by what that is known; none: nothing says so.
    """

    region: str
    payment_id: str
    number: str | None
    status: str
    paid_at: Moment
    amount: Money
    invoice_amount: Money | None
    exchange_rate: str | None
    method: str | None
    lines: int
    stated_lines: int | None
    adds_up: bool
    difference: Money | None
    read_at: Moment
    message_id: int | None
    source: str
    import_id: int | None
    disagrees: bool
    payees: list[str]
    payee_how: str | None


class WitnessDifference(Answer):
    """One field, with what counts and what this source says; line "": of the whole payment."""

    line: str
    field: str
    counted: str | None
    witness: str | None


class WitnessView(Answer):
    """What another source says of the payment; it does not count. Differences name each field."""

    source: str
    import_id: int
    file: str
    stated_at: Moment
    differences: list[WitnessDifference]


class RemittanceLineView(Answer):
    """What it says of one paper; `invoice_id` is ours, if it is about one of ours."""

    position: int
    reference: str
    invoice_number: str
    invoice_id: int | None
    kind: str
    description: str | None
    terms: str | None
    invoiced_at: Moment | None
    total: Money | None
    paid: Money
    discount: Money | None
    withheld: Money | None


class KindTotal(Answer):
    """All lines of one kind in one currency."""

    kind: str
    lines: int
    paid: Money


class InvoicePayment(Answer):
    """What one payment says of an invoice: paid, claimed back, or repaid."""

    region: str
    payment_id: str
    number: str | None
    status: str
    paid_at: Moment
    reference: str
    kind: str
    paid: Money
    discount: Money | None


class RemittanceView(RemittanceSummary):
    """One payment with its lines and what they are, kind by kind."""

    vendor_codes: list[str]
    payee_codes: list[str]
    known_payees: list[str]
    by_kind: list[KindTotal]
    witnesses: list[WitnessView]
    data: list[RemittanceLineView]


def summaries(session: Session, rows: Sequence[Remittance]) -> list[RemittanceSummary]:
    """These payments, each checked against its lines."""
    asked = {"shop": shop_of(session), "ids": [row.payment_id for row in rows]}
    sums: dict[tuple[str, str], list[tuple[str, Decimal, int]]] = {}
    for region, payment_id, currency, paid, count in session.execute(text(SUMS), asked):
        sums.setdefault((region, payment_id), []).append((currency, paid, count))
    disagree = {(one.region, one.payment_id) for one in session.execute(text(DISAGREE), asked)}
    return [
        _summary(row, sums.get(key, []), key in disagree)
        for row in rows
        for key in [(row.region, row.payment_id)]
    ]


def _summary(
    row: Remittance, sums: Sequence[tuple[str, Decimal, int]], disagrees: bool
) -> RemittanceSummary:
    lines = sum(count for _, _, count in sums)
    stated = {row.currency: row.amount}
    if row.invoice_amount is not None and row.invoice_currency is not None:
        stated[row.invoice_currency] = row.invoice_amount
    difference: Money | None = None
    for currency, paid, _ in sums:
        lacking = stated.get(currency, Decimal(0)) - paid
        if lacking:
            difference = Money(amount=lacking, currency=currency)
    if not sums and row.amount:
        difference = Money(amount=row.amount, currency=row.currency)
    counted = row.stated_lines is None or row.stated_lines == lines
    return RemittanceSummary(
        region=row.region,
        payment_id=row.payment_id,
        number=row.number,
        status=row.status,
        paid_at=row.paid_at,
        amount=Money(amount=row.amount, currency=row.currency),
        invoice_amount=_money(row.invoice_amount, row.invoice_currency),
        exchange_rate=None if row.exchange_rate is None else f"{row.exchange_rate.normalize():f}",
        method=row.method,
        lines=lines,
        stated_lines=row.stated_lines,
        adds_up=difference is None and counted,
        difference=difference,
        read_at=row.read_at,
        message_id=row.message_id,
        source=row.source,
        import_id=row.import_id,
        disagrees=disagrees,
        payees=row.payees,
        payee_how=row.payee_how,
    )


def whole(session: Session, region: str, payment_id: str) -> RemittanceView:
    """One payment. Raises Refused 404 when this shop has none of that key."""
    row = session.get(Remittance, (shop_of(session), region, payment_id))
    if row is None:
        raise Refused("not_found", "There is no such payment in this shop.", status=404)
    lines = session.exec(
        select(RemittanceLine)
        .where(
            RemittanceLine.shop_id == row.shop_id,
            RemittanceLine.region == region,
            RemittanceLine.payment_id == payment_id,
        )
        .order_by(col(RemittanceLine.position))
    ).all()
    ours = _ours(session, region, [line.invoice_number for line in lines])
    totals: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for line in lines:
        count, paid = totals.get((line.kind, line.currency), (0, Decimal(0)))
        totals[line.kind, line.currency] = (count + 1, paid + line.paid)
    [summary] = summaries(session, [row])
    return RemittanceView(
        **summary.model_dump(),
        vendor_codes=row.vendor_codes,
        payee_codes=row.payee_codes,
        known_payees=payees.of_region(session, region),
        by_kind=[
            KindTotal(kind=kind, lines=count, paid=Money(amount=paid, currency=currency))
            for (kind, currency), (count, paid) in sorted(totals.items())
        ],
        witnesses=_witnesses(session, row),
        data=[_line(line, ours.get(line.invoice_number)) for line in lines],
    )


def _witnesses(session: Session, row: Remittance) -> list[WitnessView]:
    asked = {
        "shop": row.shop_id,
        "region": row.region,
        "id": row.payment_id,
        "counted": row.import_id,
    }
    return [
        WitnessView(
            source=one.source,
            import_id=one.import_id,
            file=one.name,
            stated_at=one.stated_at,
            differences=[
                WitnessDifference(
                    **{name: few[name] for name in ("line", "field", "counted", "witness")}
                )
                for few in one.differences
            ],
        )
        for one in session.execute(text(WITNESSES), asked)
    ]


def payments_of(session: Session, region: str, number: str | None) -> list[InvoicePayment]:
    """Every line of a payment of this region that is about this invoice, the oldest first."""
    if number is None:
        return []
    rows = session.exec(
        select(RemittanceLine, Remittance)
        .join(
            Remittance,
            (col(Remittance.shop_id) == RemittanceLine.shop_id)
            & (col(Remittance.region) == RemittanceLine.region)
            & (col(Remittance.payment_id) == RemittanceLine.payment_id),
        )
        .where(
            RemittanceLine.shop_id == shop_of(session),
            RemittanceLine.region == region,
            RemittanceLine.invoice_number == number,
        )
        .order_by(col(Remittance.paid_at), col(RemittanceLine.position))
    ).all()
    return [
        InvoicePayment(
            region=payment.region,
            payment_id=payment.payment_id,
            number=payment.number,
            status=payment.status,
            paid_at=payment.paid_at,
            reference=line.reference,
            kind=line.kind,
            paid=Money(amount=line.paid, currency=line.currency),
            discount=_money(line.discount, line.currency),
        )
        for line, payment in rows
    ]


def _ours(session: Session, region: str, numbers: Sequence[str]) -> dict[str, int]:
    rows = session.exec(
        select(Invoice).where(
            Invoice.shop_id == shop_of(session),
            Invoice.region == region,
            col(Invoice.number).in_(sorted(set(numbers))),
        )
    )
    return {row.number: row.invoice_id for row in rows if row.number is not None}


def _line(line: RemittanceLine, invoice_id: int | None) -> RemittanceLineView:
    return RemittanceLineView(
        position=line.position,
        reference=line.reference,
        invoice_number=line.invoice_number,
        invoice_id=invoice_id,
        kind=line.kind,
        description=line.description,
        terms=line.terms,
        invoiced_at=line.invoiced_at,
        total=_money(line.total, line.currency),
        paid=Money(amount=line.paid, currency=line.currency),
        discount=_money(line.discount, line.currency),
        withheld=_money(line.withheld, line.currency),
    )


def _money(amount: Decimal | None, currency: str | None) -> Money | None:
    if amount is None or currency is None:
        return None
    return Money(amount=amount, currency=currency)
