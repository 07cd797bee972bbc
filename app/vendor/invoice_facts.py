"""What is known around an invoice: what was ordered, shipped, received and invoiced before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import database_time, shop_of
from app.vendor import taxes
from app.vendor.billing import code_of
from app.vendor.costs.agreeing import agreed_for
from app.vendor.invoice_check import Side, Subject
from app.vendor.invoice_tables import CREDIT_NOTE, Invoice, InvoiceLine, VendorCode
from app.vendor.marketplaces import MARKETPLACES
from app.vendor.promises import lines_of
from app.vendor.tables import PurchaseOrder
from app.vendor.taxes import TaxRate

LineKey = tuple[str, str]
INVOICED = """
SELECT line.number, line.line,
    coalesce(sum(CASE WHEN type = 'Invoice' THEN units ELSE -units END)
        FILTER (WHERE state <> 'draft'), 0)::int,
    coalesce(sum(units) FILTER (WHERE state = 'draft' AND type = 'Invoice'), 0)::int
FROM invoice_line AS line JOIN invoice USING (shop_id, invoice_id)
WHERE line.shop_id = :shop AND line.region = :region AND line.number = ANY(:numbers)
    AND state <> 'cancelled' AND invoice_id <> :but
GROUP BY 1, 2
"""
SHIPPED = """
SELECT number, count(DISTINCT identifier), max(made_at)
FROM shipment_line JOIN shipment USING (shop_id, region, identifier)
WHERE shop_id = :shop AND region = :region AND number = ANY(:numbers) AND state <> 'failed'
GROUP BY 1
"""
ACKNOWLEDGED = """
SELECT DISTINCT ON (said.number) said.number, message.request
FROM acknowledgement AS said JOIN message USING (shop_id, message_id)
WHERE said.shop_id = :shop AND region = :region AND said.number = ANY(:numbers)
    AND said.state <> 'failed'
ORDER BY said.number, acknowledgement_id DESC
"""
OTHERS = """
SELECT DISTINCT line.number, invoice.number
FROM invoice_line AS line JOIN invoice USING (shop_id, invoice_id)
WHERE line.shop_id = :shop AND line.region = :region AND line.number = ANY(:numbers)
    AND state NOT IN ('draft', 'cancelled') AND type = 'Invoice' AND invoice_id <> :but
ORDER BY 1, 2
"""


class Invoiced(NamedTuple):
    """Eaches of an order's line on numbered invoices (less credit notes), and on drafts."""

    sent: int = 0
    drafted: int = 0


def invoiced(
    session: Session, region: str, numbers: Iterable[str], *, but: int = 0
) -> dict[LineKey, Invoiced]:
    """What is invoiced of each line of these orders, leaving out one invoice."""
    asked = _asked(session, region, numbers) | {"but": but}
    rows = session.execute(text(INVOICED), asked)
    return {(number, line): Invoiced(sent, drafted) for number, line, sent, drafted in rows}


def lines_on(session: Session, invoice: Invoice) -> list[InvoiceLine]:
    """An invoice's lines, in their order."""
    return list(
        session.exec(
            select(InvoiceLine)
            .where(
                InvoiceLine.shop_id == invoice.shop_id,
                InvoiceLine.invoice_id == invoice.invoice_id,
            )
            .order_by(col(InvoiceLine.position))
        )
    )


def tax_of(billing: VendorCode, day: datetime) -> TaxRate | None:
    """The rate that a vendor code's invoice of that day is taxed at; None where it is not."""
    place = MARKETPLACES.get(billing.marketplace or "")
    if place is None or billing.tax_treatment not in ("standard", "reverse_charge"):
        return None
    return taxes.rate_of(place.country, day.date())


def subject_of(session: Session, invoice: Invoice, *, number: str | None = None) -> Subject:
    """An invoice with all that it is checked against, as things stand now.

    `number` is the one that a draft would be given, where a person has chosen it.
    """
    number = number or invoice.number
    lines = lines_on(session, invoice)
    now = database_time()
    billing = code_of(session, invoice.region, invoice.vendor_code)
    original = original_of(session, invoice)
    return Subject(
        invoice=invoice,
        billing=billing,
        sides=_sides(session, invoice, lines, original),
        now=now,
        tax=tax_of(billing, invoice.dated_at or now),
        number=number,
        number_is_used=number is not None and is_used(session, number, invoice),
        applied_terms=_applied_terms(session, invoice),
        original=original,
    )


def is_used(session: Session, number: str, by_other_than: Invoice) -> bool:
    """Whether another invoice has, or has ever had, this number."""
    query = select(Invoice.invoice_id).where(
        Invoice.shop_id == shop_of(session),
        Invoice.number == number,
        Invoice.invoice_id != by_other_than.invoice_id,
    )
    return session.exec(query).first() is not None


def original_of(session: Session, invoice: Invoice) -> Invoice | None:
    """The invoice that a credit note corrects."""
    credited = (invoice.credit or {}).get("invoice_id")
    return session.get(Invoice, (invoice.shop_id, credited)) if credited else None


def _sides(
    session: Session, invoice: Invoice, lines: Sequence[InvoiceLine], original: Invoice | None
) -> list[Side]:
    region, numbers = invoice.region, sorted({line.number for line in lines})
    orders = {
        order.number: order
        for order in session.exec(
            select(PurchaseOrder).where(
                PurchaseOrder.shop_id == invoice.shop_id,
                PurchaseOrder.region == region,
                col(PurchaseOrder.number).in_(numbers),
            )
        )
    }
    ordered = {
        (line.number, line.line): line
        for each in lines_of(session, list(orders.values())).values()
        for line in each
    }
    asked = _asked(session, region, numbers)
    before = invoiced(session, region, numbers, but=invoice.invoice_id)
    shipped = {row[0]: (row[1], row[2]) for row in session.execute(text(SHIPPED), asked)}
    costs = {row[0]: _costs(row[1]) for row in session.execute(text(ACKNOWLEDGED), asked)}
    others: dict[str, list[str]] = {}
    for number, other in session.execute(text(OTHERS), asked | {"but": invoice.invoice_id}):
        others.setdefault(number, []).append(other)
    creditable = _creditable(session, invoice, original)
    agreed = {
        (one[1], one[2]): said
        for one, said in agreed_for(session, numbers).items()
        if one[0] == region
    }
    return [
        Side(
            own=line,
            order=orders[line.number],
            ordered=ordered[line.number, line.line],
            invoiced_before=before.get((line.number, line.line), Invoiced()).sent,
            acknowledged_cost=costs.get(line.number, {}).get(line.line),
            agreed_cost=agreed[line.number, line.line].cost
            if (line.number, line.line) in agreed
            else None,
            shipment_count=shipped.get(line.number, (0, None))[0],
            shipped_at=shipped.get(line.number, (0, None))[1],
            other_invoices=tuple(others.get(line.number, ())),
            creditable=creditable.get((line.number, line.line), 0),
        )
        for line in lines
    ]


def _creditable(session: Session, invoice: Invoice, original: Invoice | None) -> dict[LineKey, int]:
    """Eaches of the corrected invoice that no other credit note has taken."""
    if original is None:
        return {}
    left = {(line.number, line.line): line.units for line in lines_on(session, original)}
    notes = session.exec(
        select(Invoice).where(
            Invoice.shop_id == invoice.shop_id,
            Invoice.type == CREDIT_NOTE,
            Invoice.invoice_id != invoice.invoice_id,
            col(Invoice.state).not_in(("draft", "cancelled")),
            text("(credit->>'invoice_id')::int = :original").bindparams(
                original=original.invoice_id
            ),
        )
    ).all()
    for note in notes:
        for line in lines_on(session, note):
            key = (line.number, line.line)
            left[key] = left.get(key, 0) - line.units
    return left


def _costs(request: Mapping[str, Any]) -> dict[str, Decimal]:
    """Costs by line of an acknowledgement as it was sent."""
    found = {}
    for paper in request.get("acknowledgements", ()):
        for item in paper.get("items", ()):
            cost = item.get("netCost") or item.get("listPrice")
            if cost and item.get("itemSequenceNumber"):
                found[item["itemSequenceNumber"]] = Decimal(cost["amount"])
    return found


def _applied_terms(session: Session, invoice: Invoice) -> str | None:
    """The terms that Amazon has shown on the newest invoice of this vendor code."""
    return session.exec(
        select(Invoice.amazon_terms)
        .where(
            Invoice.shop_id == invoice.shop_id,
            Invoice.region == invoice.region,
            Invoice.vendor_code == invoice.vendor_code,
            col(Invoice.amazon_terms).is_not(None),
        )
        .order_by(col(Invoice.landed_at).desc())
        .limit(1)
    ).first()


def _asked(session: Session, region: str, numbers: Iterable[str]) -> dict[str, Any]:
    return {"shop": shop_of(session), "region": region, "numbers": sorted(set(numbers))}
