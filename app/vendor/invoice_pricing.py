"""What a draft comes to: its lines, charges and taxes, by the billing of its vendor code."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sqlmodel import Session, col, select

from app.db import database_time, shop_of
from app.vendor import indian_tax
from app.vendor.acknowledgements import case_size
from app.vendor.billing import code_of
from app.vendor.invoice_amounts import Amounts, Costing, amounts, totals
from app.vendor.invoice_charges import charges_of, shares, taxed
from app.vendor.invoice_facts import lines_on, tax_of
from app.vendor.invoice_tables import Invoice, InvoiceLine, VendorCode
from app.vendor.tables import PurchaseOrderLine


def price(session: Session, invoice: Invoice) -> None:
    """Computes a draft's amounts anew from its lines and the vendor code's billing.

    While the cost basis or the treatment of tax is unknown, there are no amounts.
    """
    billing = code_of(session, invoice.region, invoice.vendor_code)
    lines = lines_on(session, invoice)
    ordered = _ordered(session, invoice.region, lines)
    tax = tax_of(billing, invoice.dated_at or database_time())
    rate = tax.rate if tax and billing.tax_treatment == "standard" else Decimal()
    invoice.items_total = invoice.tax_total = invoice.total = None
    invoice.charges_total = Decimal()
    in_halves = _within_one_state(billing)
    made: list[Amounts] = []
    for line in lines:
        line.amount = line.tax = line.tax_rate = None
        line.charges = Decimal()
        own_rate = rate
        if billing.tax_treatment == "standard" and line.said_tax_rate is not None:
            own_rate = line.said_tax_rate
        if line.cost is not None and billing.cost_basis and billing.tax_treatment:
            size = case_size(ordered[line.number, line.line])
            costing = Costing(size, billing.cost_basis, invoice.currency)
            amount = costing.amount(line.cost, line.units)
            own = amounts(amount, own_rate, invoice.currency, in_halves=in_halves)
            line.amount, line.tax, line.tax_rate = own.amount, own.tax, own_rate
            made.append(own)
        session.add(line)
    if len(made) == len(lines) and billing.tax_in_total is not None:
        _charge(invoice, lines, rate, in_halves=in_halves)
        extra = [Amounts(*one.signed) for one in charges_of(invoice.charges)]
        whole = totals(made, extra, tax_in_total=billing.tax_in_total)
        invoice.items_total, invoice.tax_total = whole.items, whole.tax
        invoice.charges_total, invoice.total = whole.charges, whole.total
    session.add(invoice)
    session.flush()


def price_drafts(session: Session, region: str, code: str) -> None:
    """Computes every draft of a vendor code anew, after its billing has changed."""
    for invoice in session.exec(
        select(Invoice).where(
            Invoice.shop_id == shop_of(session),
            Invoice.region == region,
            Invoice.vendor_code == code,
            Invoice.state == "draft",
        )
    ).all():
        price(session, invoice)


def _charge(
    invoice: Invoice, lines: Sequence[InvoiceLine], rate: Decimal, *, in_halves: bool
) -> None:
    """Taxes an invoice's charges at the rate of its lines, and gives each line its share of them."""
    if not invoice.charges:
        return
    rates = {line.tax_rate for line in lines if line.tax_rate is not None}
    # Of lines at several rates, the dearest: a charge goes with the main supply, a person may split it.
    rate = max(rates, default=rate)
    invoice.charges = taxed(invoice.charges, rate, invoice.currency, in_halves=in_halves)
    gross = sum((sum(one.signed, Decimal()) for one in charges_of(invoice.charges)), Decimal())
    weights = [line.amount or Decimal() for line in lines]
    for line, share in zip(lines, shares(gross, weights, invoice.currency), strict=True):
        line.charges = share


def _within_one_state(billing: VendorCode) -> bool:
    """Whether the tax is India's two halves (indian_tax), each rounded by itself."""
    if billing.marketplace != "IN":
        return False
    buyer = (billing.bill_to or {}).get("tax_registration_number")
    parts = indian_tax.parts(billing.tax_registration_number, buyer, Decimal(1), Decimal(0))
    return len(parts) > 1


def _ordered(
    session: Session, region: str, lines: Sequence[InvoiceLine]
) -> dict[tuple[str, str], PurchaseOrderLine]:
    numbers = {line.number for line in lines}
    found = session.exec(
        select(PurchaseOrderLine).where(
            PurchaseOrderLine.shop_id == shop_of(session),
            PurchaseOrderLine.region == region,
            col(PurchaseOrderLine.number).in_(numbers),
        )
    )
    return {(line.number, line.line): line for line in found}
