"""Invoices to Amazon: drafts from what was received or shipped, and sending them once.

A draft has no number. Its first sending allots one from the vendor code's own row, under a lock and
in the transaction that also stores the document and the outgoing message, so a number is never used
twice and never lost. What Amazon refused is sent again under the same number as long as the document
stays the same; otherwise it is cancelled, keeps its number, and another one takes its place
(vendorInvoices guide, November 2026).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import text
from sqlmodel import Session, col, select

from app import messages
from app.bell import ring_after_commit
from app.db import database_time, shop_of
from app.errors import FieldError, Refused
from app.vendor.acknowledgements import SEND
from app.vendor.billing import code_of
from app.vendor.invoice_body import body, document
from app.vendor.invoice_check import Finding, Subject, check
from app.vendor.invoice_facts import (
    Invoiced,
    invoiced,
    is_used,
    lines_on,
    subject_of,
)
from app.vendor.invoice_pricing import price
from app.vendor.invoice_rules import rules_of
from app.vendor.invoice_tables import CREDIT_NOTE, INVOICE, Invoice, InvoiceLine, VendorCode
from app.vendor.orders import are_by_file, locked_orders
from app.vendor.promises import lines_of
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine

TOPIC = "invoice"
TAXED_BEFORE = """
SELECT DISTINCT ON (line.asin) line.asin, line.hsn_code, line.said_tax_rate
FROM invoice_line AS line JOIN invoice USING (shop_id, invoice_id)
WHERE line.shop_id = :shop AND line.region = :region AND invoice.vendor_code = ANY(:codes)
  AND line.asin = ANY(:asins) AND invoice.source <> 'file'
ORDER BY line.asin, line.invoice_id DESC
"""
Source = Literal["receipts", "shipments", "hand"]


@dataclass(frozen=True)
class Billed:
    """Eaches of one line of a purchase order, and what each (or each case) costs."""

    number: str
    line: str
    units: int
    cost: Decimal | None
    hsn_code: str | None = None
    tax_rate: Decimal | None = None
    """Another than the country's standard rate; a part of one."""


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
    known = _taxed_before(session, region, orders, lines_by_key(lines).values())
    billed = [
        Billed(line.number, line.line, units, line.cost, *known.get(line.asin or "", (None, None)))
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
    *,
    charges: Sequence[Mapping[str, Any]] | None = None,
    reference_number: str | None = None,
) -> Invoice:
    """Replaces what a draft says; charges that are None stay as they were.

    Raises Refused: 404, 409 if it was sent, 422 by line.
    """
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
    invoice.dated_at, invoice.reference_number = dated_at, reference_number
    if charges is not None:
        invoice.charges = list(map(dict, charges)) or None
    _write_lines(session, invoice, ordered, billed)
    price(session, invoice)
    return invoice


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
    billed = [_billed_again(one) for one in lines_on(session, old)]
    orders = _locked(session, old.region, sorted({one.number for one in billed}))
    ordered = lines_by_key(lines_of(session, list(orders.values())))
    new = _make(session, orders, ordered, billed, source=old.source, actor=actor)
    new.type, new.credit, new.replaces = old.type, old.credit, old.invoice_id
    new.charges = old.charges
    price(session, new)
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
    billed = [_billed_again(one) for one in lines_on(session, original)]
    orders = _locked(session, original.region, sorted({one.number for one in billed}))
    ordered = lines_by_key(lines_of(session, list(orders.values())))
    note = _make(session, orders, ordered, billed, source="hand", actor=actor)
    note.type = CREDIT_NOTE
    note.credit = {**refers_to, "invoice_id": original.invoice_id}
    session.add(note)
    session.flush()
    return note


def _billed_again(line: InvoiceLine) -> Billed:
    return Billed(line.number, line.line, line.units, line.cost, line.hsn_code, line.said_tax_rate)


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


def _taxed_before(
    session: Session,
    region: str,
    orders: Mapping[str, PurchaseOrder],
    lines: Iterable[PurchaseOrderLine],
) -> dict[str, tuple[str | None, Decimal | None]]:
    """By ASIN, the HSN code and the other rate that a person stated last for the vendor code."""
    asked = {
        "shop": shop_of(session),
        "region": region,
        "codes": sorted({one.vendor_code for one in orders.values()}),
        "asins": sorted({one.asin for one in lines if one.asin}),
    }
    return {row[0]: (row[1], row[2]) for row in session.execute(text(TAXED_BEFORE), asked)}


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
                hsn_code=one.hsn_code,
                said_tax_rate=one.tax_rate,
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
                FieldError(one.broken.field, f"{one.rule.says} {one.rule.fix}", one.rule.name)
                for one in blocking
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
    heads = ("id", "date", "invoiceTotal", "referenceNumber", "chargeDetails", "allowanceDetails")
    return [sent.get(name) for name in heads], items
