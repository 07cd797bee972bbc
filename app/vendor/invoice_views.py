"""Invoices on the wire: the list, the whole with its check and forecast, and billing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.http import Answer, Moment, Money
from app.inventory.views import ItemBrief
from app.vendor.acknowledgements import case_size
from app.vendor.billing import missing
from app.vendor.detail import items_of
from app.vendor.invoice_amounts import Costing
from app.vendor.invoice_charges import charges_of
from app.vendor.invoice_check import Finding, Side, Subject
from app.vendor.invoice_facts import subject_of
from app.vendor.invoice_forecast import Forecast, forecast
from app.vendor.invoice_tables import INVOICE, Invoice, VendorCode
from app.vendor.invoices import findings
from app.vendor.marketplaces import WITH_CREDIT_NOTES
from app.vendor.payments.views import InvoicePayment, payments_of

NEXT = {
    "draft": "send",
    "waiting": "wait",
    "sent": "wait",
    "accepted": "wait",
    "missing": "look_up",
    "unclear": "look_up",
    "failed": "correct",
}
ABOUT = """
SELECT invoice_id, array_agg(DISTINCT number ORDER BY number), sum(units)::int,
    bool_or(amazon_units IS NOT NULL AND amazon_units <> units)
FROM invoice_line WHERE shop_id = :shop AND invoice_id = ANY(:ids) GROUP BY 1
"""


class InvoiceSummary(Answer):
    """An invoice in short; `next_action` is what it waits for from a person."""

    id: int
    type: str
    number: str | None
    region: str
    vendor_code: str
    state: str
    waits_for_a_person: bool
    next_action: str | None
    source: str
    orders: list[str]
    units: int
    total: Money | None
    made_at: Moment
    dated_at: Moment | None
    sent_at: Moment | None
    landed_at: Moment | None
    due_at: Moment | None
    amazon_status: str | None
    amazon_total: Money | None
    differs: bool
    error: str | None
    error_field: str | None


class InvoiceLineView(Answer):
    """Units are eaches; `invoiced_before` is on other invoices, less credit notes."""

    number: str
    line: str
    item: ItemBrief | None
    asin: str | None
    vendor_sku: str | None
    units: int
    case_size: int
    cost: Money | None
    ordered_cost: Money | None
    amount: Money | None
    tax_rate: str | None
    said_tax_rate: str | None
    hsn_code: str | None
    tax: Money | None
    accepted: int
    shipped: int
    received: int
    invoiced_before: int
    amazon_units: int | None
    amazon_amount: Money | None
    matched_units: int | None
    variances: list[dict[str, Any]] | None


class ChargeView(Answer):
    """A charge or allowance of the whole invoice, before tax."""

    type: str
    is_allowance: bool
    description: str | None
    amount: Money
    tax: Money


class FindingView(Answer):
    """A broken rule: where, by what, what it should be, and what to do."""

    rule: str
    severity: str
    field: str
    value: str | None
    expected: str | None
    says: str
    fix: str
    source: str
    since: date


class ShortView(Answer):
    """What Amazon would hold back of one line; `line` counts from 0."""

    line: int
    reason: str
    units: int
    amount: Money


class ForecastView(Answer):
    """Before tax."""

    asked: Money
    expected: Money
    short: list[ShortView]


class TotalsIf(Answer):
    """What the lines come to if a cost is of an each, and if it is of a case."""

    each: Money
    case: Money


class DifferenceView(Answer):
    """Where Amazon's finance shows something else than what was sent; `line` counts from 0."""

    field: str
    line: int | None
    sent: str | None
    landed: str | None


class InvoiceView(InvoiceSummary):
    """An invoice with all that a person decides by."""

    made_by: str
    times_sent: int
    transaction_id: str | None
    message_id: int | None
    handed_over_how: str | None
    handed_over_by: str | None
    replaces: int | None
    credit: dict[str, Any] | None
    items_total: Money | None
    charges: list[ChargeView]
    charges_total: Money | None
    reference_number: str | None
    tax_total: Money | None
    totals_if: TotalsIf | None
    lines: list[InvoiceLineView]
    findings: list[FindingView]
    forecast: ForecastView | None
    differences: list[DifferenceView]
    can: list[str]
    payments: list[InvoicePayment]


class BillingView(Answer):
    """How a vendor code is billed; `missing` names what blocks sending."""

    region: str
    code: str
    marketplace: str | None
    payee_code: str | None
    cost_basis: str | None
    tax_in_total: bool | None
    tax_treatment: str | None
    tax_registration_number: str | None
    remit_to: dict[str, Any] | None
    bill_to: dict[str, Any] | None
    terms: dict[str, Any] | None
    number_prefix: str
    next_number: int
    draft_from: str
    missing: list[str]


def billing_view(row: VendorCode) -> BillingView:
    """How a vendor code is billed, with what is still to be said."""
    return BillingView(missing=missing(row), **row.model_dump(exclude={"shop_id", "missing"}))


def summaries(session: Session, invoices: Sequence[Invoice]) -> list[InvoiceSummary]:
    """These invoices in short, in the order given; one query more however many they are."""
    rows = session.execute(
        text(ABOUT), {"shop": shop_of(session), "ids": [one.invoice_id for one in invoices]}
    )
    about = {row[0]: (list(row[1]), row[2], row[3]) for row in rows}
    return [InvoiceSummary(**_summary(one, about)) for one in invoices]


def whole(session: Session, invoice: Invoice) -> InvoiceView:
    """One invoice with all that a person decides by."""
    subject = subject_of(session, invoice)
    [short] = summaries(session, [invoice])
    is_open = invoice.state in ("draft", "failed")
    items = items_of(session, [side.ordered for side in subject.sides])
    currency = invoice.currency
    return InvoiceView(
        **short.model_dump(),
        made_by=invoice.made_by,
        times_sent=invoice.times_sent,
        transaction_id=invoice.transaction_id,
        message_id=invoice.message_id,
        handed_over_how=invoice.handed_over_how,
        handed_over_by=invoice.handed_over_by,
        replaces=invoice.replaces,
        credit=invoice.credit,
        items_total=_money(invoice.items_total, currency),
        charges=[
            ChargeView(
                type=one.type,
                is_allowance=one.is_allowance,
                description=one.description,
                amount=Money(amount=one.amount, currency=currency),
                tax=Money(amount=one.tax, currency=currency),
            )
            for one in charges_of(invoice.charges)
        ],
        charges_total=_money(invoice.charges_total, currency) if invoice.charges else None,
        reference_number=invoice.reference_number,
        tax_total=_money(invoice.tax_total, currency),
        totals_if=_totals_if(subject),
        lines=[_line(side, items, currency) for side in subject.sides],
        findings=[_finding(one) for one in findings(subject)] if is_open else [],
        forecast=_forecast(forecast(subject), currency) if invoice.state != "cancelled" else None,
        differences=differences(subject),
        can=_can(invoice, subject.billing),
        payments=payments_of(session, invoice.region, invoice.number),
    )


def differences(subject: Subject) -> list[DifferenceView]:
    """What Amazon's finance shows otherwise than it was sent; nothing before it has landed."""
    invoice = subject.invoice
    if invoice.landed_at is None:
        return []
    found = []
    if (invoice.amazon_total, invoice.amazon_currency) != (invoice.total, invoice.currency):
        found.append(
            DifferenceView(
                field="total",
                line=None,
                sent=f"{invoice.total:f} {invoice.currency}" if invoice.total else None,
                landed=f"{invoice.amazon_total:f} {invoice.amazon_currency}",
            )
        )
    for index, side in enumerate(subject.sides):
        theirs = side.own.amazon_units
        if theirs is not None and theirs != side.own.units:
            found.append(
                DifferenceView(
                    field="units", line=index, sent=str(side.own.units), landed=str(theirs)
                )
            )
    return found


def _summary(
    invoice: Invoice, about: Mapping[int, tuple[list[str], int, bool | None]]
) -> dict[str, Any]:
    orders, units, has_other_units = about.get(invoice.invoice_id, ([], 0, False))
    theirs = (invoice.amazon_total, invoice.amazon_currency)
    differs = invoice.landed_at is not None and (
        bool(has_other_units) or theirs != (invoice.total, invoice.currency)
    )
    following = "hand_over" if invoice.waits_for_a_person else NEXT.get(invoice.state)
    if invoice.state == "landed" and differs:
        following = "compare"
    return {
        "id": invoice.invoice_id,
        "next_action": following,
        "orders": orders,
        "units": units,
        "total": _money(invoice.total, invoice.currency),
        "amazon_total": _money(invoice.amazon_total, invoice.amazon_currency or ""),
        "differs": differs,
        **{
            name: getattr(invoice, name)
            for name in InvoiceSummary.model_fields
            if name
            not in (
                "id",
                "next_action",
                "orders",
                "units",
                "total",
                "amazon_total",
                "differs",
            )
        },
    }


def _can(invoice: Invoice, billing: VendorCode) -> list[str]:
    possible = {
        "draft": ["send", "edit", "cancel"],
        "failed": ["resend", "replace", "cancel"],
        "missing": ["resend"],
        "unclear": ["resend"],
    }.get(invoice.state, [])
    if invoice.waits_for_a_person:
        possible = ["hand_over", "replace", "cancel"]
    is_there = invoice.type == INVOICE and invoice.state in ("accepted", "missing", "landed")
    if is_there and billing.marketplace in WITH_CREDIT_NOTES:
        possible = [*possible, "credit"]
    return possible + (["pdf"] if invoice.document else [])


def _line(side: Side, items: Mapping[int, ItemBrief], currency: str) -> InvoiceLineView:
    own, ordered = side.own, side.ordered
    return InvoiceLineView(
        number=own.number,
        line=own.line,
        item=items.get(ordered.item_id) if ordered.item_id is not None else None,
        asin=own.asin,
        vendor_sku=own.vendor_sku,
        units=own.units,
        case_size=case_size(ordered),
        cost=_money(own.cost, currency),
        ordered_cost=_money(ordered.cost, ordered.cost_currency or currency),
        amount=_money(own.amount, currency),
        tax_rate=None if own.tax_rate is None else f"{own.tax_rate.normalize():f}",
        said_tax_rate=None if own.said_tax_rate is None else f"{own.said_tax_rate.normalize():f}",
        hsn_code=own.hsn_code,
        tax=_money(own.tax, currency),
        accepted=ordered.accepted_units + ordered.backordered_units,
        shipped=ordered.shipped_units,
        received=ordered.received_units,
        invoiced_before=side.invoiced_before,
        amazon_units=own.amazon_units,
        amazon_amount=_money(own.amazon_amount, currency),
        matched_units=own.matched_units,
        variances=own.variances,
    )


def _finding(found: Finding) -> FindingView:
    rule = found.rule
    return FindingView(
        rule=rule.name,
        severity=rule.severity,
        says=rule.says,
        fix=rule.fix,
        source=rule.source,
        since=rule.valid_from,
        **found.broken._asdict(),
    )


def _forecast(found: Forecast | None, currency: str) -> ForecastView | None:
    if found is None:
        return None
    return ForecastView(
        asked=Money(amount=found.asked, currency=currency),
        expected=Money(amount=found.expected, currency=currency),
        short=[
            ShortView(
                line=one.index,
                reason=one.reason,
                units=one.units,
                amount=Money(amount=one.amount, currency=currency),
            )
            for one in found.short
        ],
    )


def _totals_if(subject: Subject) -> TotalsIf | None:
    """Both sums while the cost basis is unknown and a line is in cases."""
    currency = subject.invoice.currency
    if subject.billing.cost_basis or any(side.own.cost is None for side in subject.sides):
        return None
    if all(case_size(side.ordered) == 1 for side in subject.sides):
        return None
    sums = {
        basis: sum(
            (
                Costing(case_size(side.ordered), basis, currency).amount(
                    side.own.cost or Decimal(), side.own.units
                )
                for side in subject.sides
            ),
            Decimal(),
        )
        for basis in ("each", "case")
    }
    return TotalsIf(
        each=Money(amount=sums["each"], currency=currency),
        case=Money(amount=sums["case"], currency=currency),
    )


def _money(amount: Decimal | None, currency: str) -> Money | None:
    return None if amount is None else Money(amount=_shortest(amount), currency=currency)


def _shortest(amount: Decimal) -> Decimal:
    """With two digits at least, and with those of the tables only where they say something."""
    plain = amount.normalize()
    exponent = plain.as_tuple().exponent
    return (
        plain if isinstance(exponent, int) and exponent < -2 else amount.quantize(Decimal("0.01"))
    )
