"""Invoices to Amazon: drafts from what was received or shipped, and sending them once.

A draft has no number. Its first sending allots one from the vendor code's own row, under a lock and
in the transaction that also stores the document and the outgoing message, so a number is never used
twice and never lost. What Amazon refused is sent again under the same number as long as the document
stays the same; otherwise it is cancelled, keeps its number, and another one takes its place
(vendorInvoices guide, November 2026).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from sqlmodel import Session, col, select

from app import messages
from app.bell import ring_after_commit
from app.db import database_time, shop_of
from app.errors import FieldError, Refused
from app.vendor.acknowledgements import SEND, case_size
from app.vendor.billing import code_of
from app.vendor.invoice_amounts import Amounts, Costing, amounts, totals
from app.vendor.invoice_body import body, document
from app.vendor.invoice_check import Finding, Subject, check
from app.vendor.invoice_facts import (
    Invoiced,
    invoiced,
    is_used,
    lines_on,
    subject_of,
    tax_of,
)
from app.vendor.invoice_rules import rules_of
from app.vendor.invoice_tables import CREDIT_NOTE, INVOICE, Invoice, InvoiceLine, VendorCode
from app.vendor.orders import are_by_file, locked_orders
from app.vendor.promises import lines_of
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine

TOPIC = "invoice"
Source = Literal["receipts", "shipments", "hand"]


@dataclass(frozen=True)
class Billed:
    """Eaches of one line of a purchase order, and what each (or each case) costs."""

    number: str
    line: str
    units: int
    cost: Decimal | None


def draft(
    session: Session, region: str, numbers: Sequence[str], source: Source, *, actor: str
) -> Invoice:
    """A draft of all that is received (or shipped) of these orders and not invoiced yet.

    Asking again while such a draft is open gives that draft. Raises Refused: 404 for an unknown
    order, 409 when nothing is left to invoice, 422 when the orders cannot share an invoice.
    """
    orders = _locked(session, region, numbers)
    open_one = _open_draft(session, region, set(numbers), source)
    if open_one is not None:
        return open_one
    lines = lines_of(session, list(orders.values()))
    before = invoiced(session, region, numbers)
    billed = [
        Billed(line.number, line.line, units, line.cost)
        for number in sorted(orders)
        for line in lines[region, number]
        if not line.removed
        and (
            units := _billable(
                orders[number], line, source, before.get((line.number, line.line), Invoiced())
            )
        )
    ]
    if not billed:
        raise Refused(
            "nothing_to_invoice",
            f"Nothing is left of it to invoice from {source}.",
            status=409,
        )
    return _make(session, orders, lines_by_key(lines), billed, source=source, actor=actor)


def edit(
    session: Session,
    invoice_id: int,
    billed: Sequence[Billed],
    dated_at: datetime | None,
) -> Invoice:
    """Replaces what a draft says. Raises Refused: 404, 409 if it was sent, 422 by line."""
    invoice = locked_invoice(session, invoice_id)
    _must_be(invoice, "draft")
    orders = _locked(session, invoice.region, sorted({one.number for one in billed}))
    ordered = lines_by_key(lines_of(session, list(orders.values())))
    seen: set[tuple[str, str]] = set()
    errors = []
    for index, one in enumerate(billed):
        key = (one.number, one.line)
        if key not in ordered or key in seen:
            said = "is named twice" if key in seen else "is not a line of this order"
            errors.append(FieldError(f"lines[{index}].line", said))
        seen.add(key)
    errors += _cannot_share(orders, ordered, billed)
    if errors:
        raise Refused("cannot_invoice", "This cannot be one invoice.", errors=errors)
    for line in lines_on(session, invoice):
        session.delete(line)
    session.flush()
    invoice.dated_at = dated_at
    _write_lines(session, invoice, ordered, billed)
    price(session, invoice)
    return invoice


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
    made: list[Amounts] = []
    for line in lines:
        line.amount = line.tax = line.tax_rate = None
        if line.cost is not None and billing.cost_basis and billing.tax_treatment:
            size = case_size(ordered[line.number, line.line])
            costing = Costing(size, billing.cost_basis, invoice.currency)
            own = amounts(costing.amount(line.cost, line.units), rate, invoice.currency)
            line.amount, line.tax, line.tax_rate = own.amount, own.tax, rate
            made.append(own)
        session.add(line)
    if len(made) == len(lines) and billing.tax_in_total is not None:
        whole = totals(made, tax_in_total=billing.tax_in_total)
        invoice.items_total, invoice.tax_total = whole.items, whole.tax
        invoice.total = whole.total
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


def findings(subject: Subject) -> list[Finding]:
    """What the check finds by the rules of the invoice's day."""
    return check(subject, rules_of(subject.dated_at.date()))


def issue(session: Session, invoice_id: int, number: str | None) -> Invoice:
    """Sends a draft: number, document and outgoing message in the caller's transaction.

    Where Amazon's papers come by file only, no message is made: it waits until a person has handed
    it over (`by_file.hand_over`).

    Raises Refused: 404, 409 when it is no draft any more, 422 with every rule that blocks it.
    """
    invoice = locked_invoice(session, invoice_id)
    _must_be(invoice, "draft")
    _locked(session, invoice.region, sorted({line.number for line in lines_on(session, invoice)}))
    billing = code_of(session, invoice.region, invoice.vendor_code, lock=True)
    invoice.dated_at = invoice.dated_at or database_time()
    price(session, invoice)
    _must_pass(subject_of(session, invoice, number=number))
    invoice.number = number or _allotted(session, billing, invoice)
    _send(session, invoice, subject_of(session, invoice))
    return invoice


def resend(session: Session, invoice_id: int) -> Invoice:
    """Sends the same document again under the same number, by Amazon's rule.

    Raises Refused: 404, 409 unless Amazon refused it or never showed it, 422 when what would be sent
    is another document than the first, or when a rule blocks it.
    """
    invoice = locked_invoice(session, invoice_id)
    _must_be(invoice, "failed", "missing", "unclear")
    _must_have_ended(session, invoice)
    subject = subject_of(session, invoice)
    _must_pass(subject)
    if _legal(document(subject)) != _legal(invoice.document or {}):
        raise Refused(
            "other_document",
            "This would be another document under the same number; cancel it and make a new one.",
        )
    _send(session, invoice, subject)
    return invoice


def cancel(session: Session, invoice_id: int) -> Invoice:
    """Ends a draft, or an invoice that Amazon has refused or never got; its number stays used.

    Raises Refused: 404, 409 for one that Amazon may have.
    """
    invoice = locked_invoice(session, invoice_id)
    if not invoice.waits_for_a_person:
        _must_be(invoice, "draft", "failed")
    invoice.state = "cancelled"
    session.add(invoice)
    session.flush()
    return invoice


def replace(session: Session, invoice_id: int, *, actor: str) -> Invoice:
    """Cancels an invoice that Amazon has refused or never got; drafts another with its lines."""
    old = locked_invoice(session, invoice_id)
    if not old.waits_for_a_person:
        _must_be(old, "failed")
    old = cancel(session, invoice_id)
    billed = [Billed(one.number, one.line, one.units, one.cost) for one in lines_on(session, old)]
    orders = _locked(session, old.region, sorted({one.number for one in billed}))
    ordered = lines_by_key(lines_of(session, list(orders.values())))
    new = _make(session, orders, ordered, billed, source=old.source, actor=actor)
    new.type, new.credit, new.replaces = old.type, old.credit, old.invoice_id
    session.add(new)
    session.flush()
    return new


def credit(
    session: Session, invoice_id: int, refers_to: Mapping[str, Any], *, actor: str
) -> Invoice:
    """A draft of a credit note for one invoice that Amazon has; its lines can then be lowered.

    Raises Refused: 404, or 409 when it is no invoice that Amazon has.
    """
    original = locked_invoice(session, invoice_id)
    _must_be(original, "accepted", "missing", "landed")
    if original.type != INVOICE:
        raise Refused("not_an_invoice", "A credit note corrects an invoice.", status=409)
    billed = [
        Billed(one.number, one.line, one.units, one.cost) for one in lines_on(session, original)
    ]
    orders = _locked(session, original.region, sorted({one.number for one in billed}))
    ordered = lines_by_key(lines_of(session, list(orders.values())))
    note = _make(session, orders, ordered, billed, source="hand", actor=actor)
    note.type = CREDIT_NOTE
    note.credit = {**refers_to, "invoice_id": original.invoice_id}
    session.add(note)
    session.flush()
    return note


def locked_invoice(session: Session, invoice_id: int) -> Invoice:
    """The invoice, re-read and locked. Raises Refused(404)."""
    found = session.exec(
        select(Invoice)
        .where(Invoice.shop_id == shop_of(session), Invoice.invoice_id == invoice_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise Refused("not_found", "There is no such invoice in this shop.", status=404)
    return found


def invoice_of(session: Session, invoice_id: int) -> Invoice:
    """The invoice, to be read only. Raises Refused(404)."""
    found = session.get(Invoice, (shop_of(session), invoice_id))
    if found is None:
        raise Refused("not_found", "There is no such invoice in this shop.", status=404)
    return found


def lines_by_key(
    lines: Mapping[Any, Sequence[PurchaseOrderLine]],
) -> dict[tuple[str, str], PurchaseOrderLine]:
    """Order lines by number and line."""
    return {(line.number, line.line): line for each in lines.values() for line in each}


def _billable(
    order: PurchaseOrder, line: PurchaseOrderLine, source: Source, before: Invoiced
) -> int:
    """Eaches not invoiced yet. Those from before our books were invoiced before us; of an order that
    was over by then it is the person who asks for the draft that says they were not."""
    done = line.received_units if source == "receipts" else line.shipped_units
    if source == "hand":
        done = max(line.received_units, line.shipped_units)
    billed_then = 0 if order.before_books else line.units_before_books
    return max(0, done - billed_then - before.sent - before.drafted)


def _make(
    session: Session,
    orders: Mapping[str, PurchaseOrder],
    ordered: Mapping[tuple[str, str], PurchaseOrderLine],
    billed: Sequence[Billed],
    *,
    source: str,
    actor: str,
) -> Invoice:
    errors = _cannot_share(orders, ordered, billed)
    if errors:
        raise Refused("cannot_invoice", "This cannot be one invoice.", errors=errors)
    first = orders[billed[0].number]
    code_of(session, first.region, first.vendor_code)
    invoice = Invoice(
        shop_id=shop_of(session),
        region=first.region,
        vendor_code=first.vendor_code,
        source=source,
        currency=_currencies(ordered, billed).pop(),
        made_at=database_time(),
        made_by=actor,
    )
    session.add(invoice)
    session.flush()
    _write_lines(session, invoice, ordered, billed)
    price(session, invoice)
    return invoice


def _write_lines(
    session: Session,
    invoice: Invoice,
    ordered: Mapping[tuple[str, str], PurchaseOrderLine],
    billed: Sequence[Billed],
) -> None:
    for position, one in enumerate(billed, start=1):
        line = ordered[one.number, one.line]
        session.add(
            InvoiceLine(
                shop_id=invoice.shop_id,
                invoice_id=invoice.invoice_id,
                position=position,
                region=invoice.region,
                number=one.number,
                line=one.line,
                asin=line.asin,
                vendor_sku=line.vendor_sku,
                units=one.units,
                cost=one.cost,
            )
        )
    session.flush()


def _cannot_share(
    orders: Mapping[str, PurchaseOrder],
    ordered: Mapping[tuple[str, str], PurchaseOrderLine],
    billed: Sequence[Billed],
) -> list[FieldError]:
    errors = []
    if len({order.vendor_code for order in orders.values()}) > 1:
        errors.append(FieldError("numbers", "the orders are of several vendor codes"))
    currencies = _currencies(ordered, billed)
    if len(currencies) > 1:
        errors.append(FieldError("numbers", f"several currencies: {', '.join(sorted(currencies))}"))
    if not currencies:
        errors.append(FieldError("numbers", "the orders name no cost, so no currency"))
    return errors


def _currencies(
    ordered: Mapping[tuple[str, str], PurchaseOrderLine], billed: Sequence[Billed]
) -> set[str]:
    lines = (ordered.get((one.number, one.line)) for one in billed)
    return {line.cost_currency for line in lines if line is not None and line.cost_currency}


def _open_draft(session: Session, region: str, numbers: set[str], source: Source) -> Invoice | None:
    drafts = session.exec(
        select(Invoice)
        .where(
            Invoice.shop_id == shop_of(session),
            Invoice.region == region,
            Invoice.state == "draft",
            Invoice.type == INVOICE,
            Invoice.source == source,
        )
        .order_by(col(Invoice.invoice_id))
    ).all()
    for one in drafts:
        if {line.number for line in lines_on(session, one)} == numbers:
            return one
    return None


def _locked(session: Session, region: str, numbers: Sequence[str]) -> dict[str, PurchaseOrder]:
    orders = locked_orders(session, region, sorted(set(numbers)))
    for index, number in enumerate(numbers):
        if number not in orders:
            errors = [FieldError(f"numbers[{index}]", "is no purchase order of this shop")]
            raise Refused(
                "not_found", "There is no such purchase order.", status=404, errors=errors
            )
    return orders


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


def _allotted(session: Session, billing: VendorCode, invoice: Invoice) -> str:
    """The vendor code's next number that nobody has used; its row is locked."""
    while True:
        number = f"{billing.number_prefix}{billing.next_number:06d}"
        billing.next_number += 1
        session.add(billing)
        if not is_used(session, number, invoice):
            return number


def _must_be(invoice: Invoice, *states: str) -> None:
    if invoice.state not in states:
        raise Refused(
            "wrong_state",
            f"This is possible while it is {' or '.join(states)}; it is {invoice.state}.",
            status=409,
        )


def _must_have_ended(session: Session, invoice: Invoice) -> None:
    if invoice.message_id is None:
        return
    message = session.get(messages.Message, (invoice.shop_id, invoice.message_id))
    if message is not None and message.state == "waiting":
        raise Refused(
            "under_way", "Its last sending is still being followed; wait for its end.", status=409
        )


def _must_pass(subject: Subject) -> None:
    blocking = [one for one in findings(subject) if one.rule.severity == "block"]
    if blocking:
        raise Refused(
            "cannot_send",
            "Amazon would not take it like this.",
            errors=[
                FieldError(one.broken.field, f"{one.rule.says} {one.rule.fix}") for one in blocking
            ],
        )


def _send(session: Session, invoice: Invoice, subject: Subject) -> None:
    invoice.times_sent += 1
    request = body(subject)
    invoice.document = request["invoices"][0]
    invoice.state, invoice.error, invoice.error_field = "waiting", None, None
    invoice.transaction_id = invoice.sent_at = invoice.message_id = None
    invoice.handed_over_how = invoice.handed_over_by = None
    if are_by_file(session, [side.order for side in subject.sides]):
        session.add(invoice)  # it waits for a person to hand it over
        session.flush()
        return
    invoice.message_id = messages.record(
        session,
        direction="out",
        channel="amazon",
        topic=TOPIC,
        key=f"{invoice.region}:{invoice.number}:invoice:{invoice.times_sent}",
        reference=invoice.number,
        request=request,
        occurred_at=invoice.dated_at,
    )
    session.add(invoice)
    session.flush()
    ring_after_commit(session, SEND)


def _legal(sent: Mapping[str, Any]) -> Any:
    """What makes it this document: what may differ in a second sending is not in it."""
    items = [
        (
            item["purchaseOrderNumber"],
            item["invoicedQuantity"],
            item["netCost"],
            item.get("taxDetails"),
        )
        for item in sent.get("items", ())
    ]
    return (sent.get("id"), sent.get("date"), sent.get("invoiceTotal"), items)
