"""Following an invoice at Amazon: what its finance shows of it, and what that means for ours.

Amazon's 202 and even its transaction say nothing of the books there; only the finance invoices
(2026-06-25) show that one has arrived, at what sum, and later what was paid of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlmodel import Session, col, select

from app.db import database_time, shop_of
from app.errors import GiveUp, RetryLater
from app.vendor.client import VendorClient
from app.vendor.invoice_facts import lines_on
from app.vendor.invoice_tables import FOLLOWED, Invoice, InvoiceLine
from app.vendor.marketplaces import MARKETPLACES
from app.vendor.papers import plain

MOST_PAGES = 200
REFUSED = "REJECTED"
SETTLED = ("PAID", "DEDUCTED")
# What may be a field's path in Amazon's words: items[1].netCost, invoices[0].billToParty, invoiceTotal.
PATH = re.compile(r"[A-Za-z]+(?:\[\d+\])?(?:[./][A-Za-z]+(?:\[\d+\])?)*")


@dataclass(frozen=True)
class Shown:
    """An invoice as Amazon's finance shows it: its header, its lines if they were read."""

    number: str
    status: str
    total: Decimal
    currency: str
    terms: str | None
    due_at: datetime | None
    updated_at: datetime
    header: Mapping[str, Any] = field(repr=False)
    items: Sequence[Mapping[str, Any]] = field(default=(), repr=False)


def read_back(client: VendorClient, number: str, payee_code: str, marketplace: str) -> Shown | None:
    """The invoice as Amazon's finance has it; None while it has not.

    Raises RetryLater (NotAuthorised among them) or GiveUp when Amazon does not say.
    """
    place = MARKETPLACES[marketplace].id
    items: list[Mapping[str, Any]] = []
    token: str | None = None
    for _page in range(MOST_PAGES):
        try:
            payload = client.finance_invoice(
                f"{number}~{payee_code}", marketplaceId=place, nextTokenForLineItems=token
            ).payload
        except GiveUp as error:
            if error.code == "not_found":
                return None
            raise
        items += payload.get("invoiceItems") or []
        following = payload.get("nextTokenForLineItems")
        if not following or following == token:
            return shown(payload["invoiceHeader"], items)
        token = following
    raise RetryLater("Amazon's pages of the invoice's lines do not come to an end.")


def shown(header: Any, items: Sequence[Mapping[str, Any]] = ()) -> Shown:
    """Reads an InvoiceHeader. Raises RetryLater when it cannot be what it says."""
    try:
        amount = header["invoiceAmount"]
        return Shown(
            number=str(header["invoiceNumber"]),
            status=str(header["invoiceStatus"]),
            total=Decimal(str(amount["currencyAmount"])),
            currency=str(amount["currencyCode"])[:3],
            terms=header.get("paymentTerms"),
            due_at=_moment(header.get("dueDate")),
            updated_at=_moment(header["lastUpdatedDate"]) or database_time(),
            header=header,
            items=items,
        )
    except (KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise RetryLater(f"Amazon's finance invoice cannot be read: {error!r}") from error


def note(session: Session, invoice: Invoice, seen: Shown) -> None:
    """Stores what Amazon shows of an invoice; the same again changes nothing."""
    if invoice.amazon_updated_at is not None and seen.updated_at < invoice.amazon_updated_at:
        return
    invoice.landed_at = invoice.landed_at or database_time()
    invoice.amazon_status, invoice.amazon_updated_at = seen.status, seen.updated_at
    invoice.amazon_total, invoice.amazon_currency = seen.total, seen.currency
    invoice.amazon_terms, invoice.due_at = seen.terms, seen.due_at
    invoice.amazon_content = {"header": plain(seen.header), "items": plain(list(seen.items))}
    if seen.status == REFUSED:
        invoice.state, invoice.error = "failed", "Amazon's finance has rejected it."
    else:
        invoice.state, invoice.error, invoice.error_field = "landed", None, None
    session.add(invoice)
    if seen.items:
        _note_lines(session, lines_on(session, invoice), seen.items)
    session.flush()


def find(session: Session, number: str) -> Invoice | None:
    """Our invoice of that number, locked, if Amazon may show something new of it."""
    return session.exec(
        select(Invoice)
        .where(
            Invoice.shop_id == shop_of(session),
            Invoice.number == number,
            col(Invoice.state).in_(FOLLOWED),
        )
        .with_for_update()
    ).first()


def refusal(session: Session, invoice: Invoice, reason: str) -> None:
    """Notes that Amazon refused it, with the field it named if it named one."""
    invoice.state, invoice.error = "failed", reason
    invoice.error_field = field_named(reason, invoice.document or {})
    session.add(invoice)


def field_named(reason: str, document: Mapping[str, Any]) -> str | None:
    """The field of the sent document that Amazon's words are about; None where they name none."""
    inside = {name for item in document.get("items", ()) for name in item}
    for found in PATH.findall(reason):
        path = re.sub(r"^invoices\[\d+\]\.", "", found.replace("/", "."))
        first = re.split(r"[.\[]", path)[0]
        is_plain_word = path.islower() and path.isalpha()
        if not is_plain_word and (first in document or first in inside):
            return path
    return None


def _note_lines(
    session: Session, lines: Sequence[InvoiceLine], items: Sequence[Mapping[str, Any]]
) -> None:
    """By Amazon's line number where it is ours, else by ASIN where only one line has that."""
    by_position = {str(line.position): line for line in lines}
    for item in items:
        context = item.get("lineItemContext") or {}
        names = {one.get("itemIdentifierValue") for one in context.get("itemIdentifiers") or ()}
        line = by_position.get(str(item.get("lineItemId")).lstrip("0"))
        if line is None or (names and not names & {line.asin, line.vendor_sku}):
            same = [one for one in lines if names & {one.asin, one.vendor_sku}]
            line = same[0] if len(same) == 1 else None
        if line is None:
            continue
        matching = context.get("matchingContext") or {}
        line.amazon_units = item.get("quantity")
        line.amazon_amount = Decimal(str(item["totalAmount"]["currencyAmount"]))
        line.matched_units = matching.get("matchedQuantity")
        line.price_variance = _amount(matching.get("priceVariance"))
        line.variances = plain(matching.get("varianceReasons") or [])
        session.add(line)


def _amount(written: Any) -> Decimal | None:
    return Decimal(str(written["currencyAmount"])) if written else None


def _moment(written: Any) -> datetime | None:
    if not written:
        return None
    found = datetime.fromisoformat(str(written))
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
