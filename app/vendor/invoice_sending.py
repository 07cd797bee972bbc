"""What the outbox does with an invoice: where it looks, and what each look makes of it.

An invoice whose sending had an unknown outcome is looked for and never sent again by itself: a
person decides that, after a look into Vendor Central. Two invoices cost more than a late one.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session, col, select

from app import messages
from app.db import database_time, shop_of
from app.errors import GiveUp
from app.messages import Message
from app.vendor import invoice_following
from app.vendor.billing import code_of
from app.vendor.client import NotAuthorised, VendorClient
from app.vendor.invoice_facts import lines_on
from app.vendor.invoice_tables import Invoice
from app.vendor.looks import LOOKS, UNKNOWN_LOOKS, Look, next_look, says_known
from app.vendor.tables import PurchaseOrder

# Transaction status page, November 2026: still `Processing` after 15 minutes is accepted.
ACCEPTED_AFTER = timedelta(minutes=15)
MISSING = (
    "Amazon took it two hours ago and its finance still does not show it; look it up in Vendor"
    " Central. If it is not there, send it again under the same number."
)
UNCLEAR = (
    "It may have reached Amazon, and nothing shows whether it did; look it up in Vendor Central. If"
    " it is not there, send it again under the same number."
)
SILENT = "Amazon's finance does not let us read invoices; look it up in Vendor Central."


class InvoiceKey(NamedTuple):
    """How Amazon's finance names an invoice."""

    number: str
    payee_code: str
    marketplace: str


def key_of(session: Session, invoice: Invoice) -> InvoiceKey:
    """The finance API's name of a numbered invoice, by the payee it was sent with."""
    billing = code_of(session, invoice.region, invoice.vendor_code)
    payee = (invoice.document or {}).get("remitToParty", {}).get("partyId")
    return InvoiceKey(invoice.number or "", payee or "", billing.marketplace or "")


def paper_of(session: Session, message: Message) -> Invoice | None:
    """The invoice whose newest sending this message is."""
    return session.exec(
        select(Invoice)
        .where(Invoice.shop_id == shop_of(session), Invoice.message_id == message.message_id)
        .with_for_update()
    ).first()


def connection_id_of(session: Session, invoice: Invoice) -> int:
    """The connection that reads the invoice's orders; 0 when there is none."""
    numbers = [line.number for line in lines_on(session, invoice)]
    found = session.exec(
        select(PurchaseOrder.connection_id).where(
            PurchaseOrder.shop_id == invoice.shop_id,
            PurchaseOrder.region == invoice.region,
            col(PurchaseOrder.number).in_(numbers),
        )
    ).first()
    return found or 0


def look_for(client: VendorClient, key: InvoiceKey) -> Look:
    """Whether Amazon's finance shows it; that it may not be read there is no failure."""
    try:
        found = invoice_following.read_back(client, *key)
    except (NotAuthorised, GiveUp):
        return Look(is_silent=True)
    return Look(is_seen=found is not None, invoice=found)


def looked_at(session: Session, message: Message, since: datetime, look: Look) -> None:
    """After the sending was taken: refused, landed, accepted so far, or missing."""
    invoice = paper_of(session, message)
    if invoice is None:
        messages.bury(message, "The invoice has been sent again by a newer message.")
        return
    if look.failure is not None and invoice.times_sent > 1 and says_known(look.failure):
        # The first sending had arrived after all; finance will show it, now or later.
        invoice.state, look = "accepted", Look()
    if look.failure is not None:
        refused(session, invoice, look.failure)
        message.response = (message.response or {}) | {"phase": "failed"}
        messages.bury(message, look.failure)
        return
    if look.invoice is not None:
        _landed(session, invoice, message, look)
        return
    if invoice.state == "sent" and database_time() - since >= ACCEPTED_AFTER:
        invoice.state = "accepted"
    following = next_look(since, LOOKS)
    if following is not None:
        message.due_at, message.attempts = following, 0
    elif look.is_silent:
        invoice.state, invoice.error = "accepted", SILENT
        messages.finish(message, response=(message.response or {}) | {"phase": "done"})
    else:
        invoice.state, invoice.error = "missing", MISSING
        messages.bury(message, MISSING)
    session.add(invoice)


def looked_for(session: Session, message: Message, since: datetime, look: Look) -> None:
    """After an unknown outcome: landed, to be looked for again, or for a person to look up."""
    invoice = paper_of(session, message)
    if invoice is None:
        messages.bury(message, "The invoice has been sent again by a newer message.")
        return
    if look.invoice is not None:
        _landed(session, invoice, message, look)
        return
    following = next_look(since, UNKNOWN_LOOKS)
    if following is not None:
        message.due_at, message.attempts = following, 0
        return
    invoice.state, invoice.error = "unclear", UNCLEAR
    session.add(invoice)
    messages.bury(message, UNCLEAR)


def refused(session: Session, invoice: Invoice, reason: str) -> None:
    """Amazon will not take it: the reason and the field stay on it for a person."""
    invoice_following.refusal(session, invoice, reason)


def _landed(session: Session, invoice: Invoice, message: Message, look: Look) -> None:
    assert look.invoice is not None
    invoice.sent_at = invoice.sent_at or database_time()
    invoice_following.note(session, invoice, look.invoice)
    messages.finish(message, response=(message.response or {}) | {"phase": "done"})
