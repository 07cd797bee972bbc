"""Invoices over HTTP: list, draft, check, send, correct; and how a vendor code is billed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from flask import Response
from flask_openapi3.models.tag import Tag
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import text
from sqlmodel import col, select

from app.db import shop_of
from app.errors import Refused
from app.http import (
    APIBlueprint,
    Page,
    PageQuery,
    answer,
    cut_page,
    decode_cursor,
    principal,
    shop_transaction,
)
from app.vendor import billing, invoice_pdf, invoice_pricing, invoice_views, invoices
from app.vendor.disputes import findings
from app.vendor.invoice_charges import AllowanceType, ChargeType
from app.vendor.invoice_facts import lines_on
from app.vendor.invoice_tables import Invoice
from app.vendor.lookups import whole_of_cursor

INVOICES = Tag(name="invoices", description="What Amazon is billed, and what became of it.")
api = APIBlueprint("invoices", __name__, url_prefix="/api", abp_tags=[INVOICES])

LARGEST = 2**31 - 1
MOST_LINES = 5000
ON_ORDER = """
EXISTS (SELECT FROM invoice_line AS line WHERE line.shop_id = invoice.shop_id
    AND line.invoice_id = invoice.invoice_id AND line.number = :order)
"""
Region = Literal["na", "eu", "fe"]


class InvoicesQuery(PageQuery):
    """Which invoices to list."""

    state: (
        Literal[
            "draft",
            "waiting",
            "sent",
            "accepted",
            "missing",
            "unclear",
            "landed",
            "failed",
            "cancelled",
        ]
        | None
    ) = None
    order: str | None = Field(default=None, max_length=64, description="A purchase order on it.")
    search: str | None = Field(default=None, max_length=64, description="Start of a number.")


class InvoicePath(BaseModel):
    """One invoice."""

    invoice_id: int = Field(ge=1, le=LARGEST)


class DraftBody(BaseModel):
    """Several orders of one vendor code, currency and region may share an invoice."""

    region: Region
    numbers: list[str] = Field(min_length=1, max_length=200)
    source: Literal["receipts", "shipments", "hand"] = "receipts"


class BilledLine(BaseModel):
    """What a draft says of one line of an order."""

    number: str = Field(min_length=1, max_length=64)
    line: str = Field(min_length=1, max_length=64)
    units: int = Field(ge=0, le=LARGEST, description="Eaches.")
    cost: Decimal | None = Field(
        default=None, max_digits=15, decimal_places=4, description="In the vendor code's basis."
    )
    hsn_code: str | None = Field(default=None, max_length=8, description="Of India's GST.")
    tax_rate: Decimal | None = Field(
        default=None,
        ge=0,
        lt=1,
        max_digits=9,
        decimal_places=6,
        description="Another than the country's standard rate; 0.05 is 5 %.",
    )


class ChargeBody(BaseModel):
    """A charge or an allowance of the whole invoice, before tax; an allowance is taken off."""

    type: ChargeType | AllowanceType
    amount: Decimal = Field(gt=0, max_digits=15, decimal_places=2)
    description: str | None = Field(default=None, max_length=100)


class EditBody(BaseModel):
    """All that a draft says."""

    dated_at: AwareDatetime | None = Field(
        default=None, description="The invoice date; null: the day it is sent."
    )
    lines: list[BilledLine] = Field(min_length=1, max_length=MOST_LINES)
    charges: list[ChargeBody] | None = Field(
        default=None, max_length=20, description="Null: they stay as they were."
    )
    reference_number: str | None = Field(
        default=None, max_length=64, description="Another number that the law wants: India's IRN."
    )


class SendBody(BaseModel):
    """How it is to be numbered."""

    number: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9/-]{0,19}$",
        description="Your own number; null: the vendor code's next.",
    )


class CreditBody(BaseModel):
    """What the credit note refers to, beside the invoice."""

    reason: Literal["invoice", "return", "coop", "debit_note"]
    returns_reference: str | None = Field(default=None, max_length=64)
    goods_returned_on: date | None = None
    coop_reference: str | None = Field(default=None, max_length=64)
    debit_note: str | None = Field(default=None, max_length=64)


class Party(BaseModel):
    """Who and where; `party_id` and the tax number are Amazon's on the bill-to side."""

    party_id: str | None = Field(default=None, max_length=64)
    name: str = Field(max_length=120)
    line1: str = Field(max_length=120)
    line2: str | None = Field(default=None, max_length=120)
    city: str = Field(max_length=80)
    state: str | None = Field(default=None, max_length=40)
    postal_code: str = Field(max_length=20)
    country: str = Field(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2.")
    phone: str | None = Field(default=None, max_length=40)
    tax_registration_number: str | None = Field(default=None, max_length=40)


class Terms(BaseModel):
    """As agreed with Amazon; they must equal the contract's."""

    type: Literal[
        "Basic",
        "EndOfMonth",
        "FixedDate",
        "Proximo",
        "PaymentDueUponReceiptOfInvoice",
        "LetterofCredit",
    ] = "Basic"
    net_days: int = Field(ge=0, le=365)
    discount_percent: str | None = Field(default=None, pattern=r"^\d{1,2}(\.\d{1,2})?$")
    discount_days: int | None = Field(default=None, ge=0, le=365)


class CodePath(BaseModel):
    """One vendor code."""

    code: str = Field(min_length=1, max_length=64)


class BillingBody(BaseModel):
    """Everything that is said of a vendor code; null says nothing, and may block sending."""

    region: Region
    marketplace: str | None = Field(default=None, pattern="^[A-Z]{2}$")
    payee_code: str | None = Field(default=None, min_length=1, max_length=64)
    cost_basis: Literal["each", "case"] | None = None
    tax_in_total: bool | None = None
    tax_treatment: Literal["none", "standard", "reverse_charge"] | None = None
    tax_registration_number: str | None = Field(default=None, max_length=40)
    remit_to: Party | None = None
    bill_to: Party | None = None
    terms: Terms | None = None
    number_prefix: str = Field(default="", max_length=12)
    next_number: int = Field(default=1, ge=1, le=LARGEST)
    draft_from: Literal["hand", "receipts", "shipments"] = "hand"


@api.get("/invoices", responses={200: Page[invoice_views.InvoiceSummary]})
def list_invoices(query: InvoicesQuery) -> Any:
    """Invoices and credit notes, the newest first."""
    keys = decode_cursor(query.cursor, 1)
    with shop_transaction() as session:
        wanted = select(Invoice).where(Invoice.shop_id == shop_of(session))
        if query.state is not None:
            wanted = wanted.where(Invoice.state == query.state)
        if query.order:
            wanted = wanted.where(text(ON_ORDER).bindparams(order=query.order))
        if query.search and query.search.strip():
            wanted = wanted.where(
                col(Invoice.number).istartswith(query.search.strip(), autoescape=True)
            )
        if keys:
            wanted = wanted.where(Invoice.invoice_id < whole_of_cursor(keys[0]))
        rows = session.exec(
            wanted.order_by(col(Invoice.invoice_id).desc()).limit(query.limit + 1)
        ).all()
        page, cursor = cut_page(rows, query.limit, lambda row: (row.invoice_id,))
        data = invoice_views.summaries(session, page)
    return answer(Page[invoice_views.InvoiceSummary](data=data, next_cursor=cursor))


@api.post("/invoices", responses={201: invoice_views.InvoiceView})
def draft_invoice(body: DraftBody) -> Any:
    """Drafts all that is received (or shipped) of these orders and not invoiced yet."""
    with shop_transaction() as session:
        made = invoices.draft(
            session, body.region, body.numbers, body.source, actor=principal().actor
        )
        view = invoice_views.whole(session, made)
    return answer(view, 201)


@api.get("/invoices/<int:invoice_id>", responses={200: invoice_views.InvoiceView})
def read_invoice(path: InvoicePath) -> Any:
    """One invoice with its lines, the check before sending, the forecast, and Amazon's own view."""
    with shop_transaction() as session:
        view = invoice_views.whole(session, invoices.invoice_of(session, path.invoice_id))
    return answer(view)


@api.put("/invoices/<int:invoice_id>", responses={200: invoice_views.InvoiceView})
def edit_invoice(path: InvoicePath, body: EditBody) -> Any:
    """Replaces what a draft says."""
    with shop_transaction() as session:
        billed = [invoices.Billed(**line.model_dump()) for line in body.lines]
        charges = body.charges
        made = invoices.edit(
            session,
            path.invoice_id,
            billed,
            body.dated_at,
            charges=None if charges is None else [one.model_dump(mode="json") for one in charges],
            reference_number=body.reference_number or None,
        )
        view = invoice_views.whole(session, made)
    return answer(view)


@api.post("/invoices/<int:invoice_id>/send", responses={202: invoice_views.InvoiceView})
def send_invoice(path: InvoicePath, body: SendBody) -> Any:
    """Checks a draft, numbers it and sends it; every rule that blocks is named."""
    with shop_transaction() as session:
        made = invoices.issue(session, path.invoice_id, body.number)
        view = invoice_views.whole(session, made)
    return answer(view, 202)


@api.post("/invoices/<int:invoice_id>/resend", responses={202: invoice_views.InvoiceView})
def resend_invoice(path: InvoicePath) -> Any:
    """Sends the same document again under the same number."""
    with shop_transaction() as session:
        view = invoice_views.whole(session, invoices.resend(session, path.invoice_id))
    return answer(view, 202)


@api.post("/invoices/<int:invoice_id>/cancel", responses={200: invoice_views.InvoiceView})
def cancel_invoice(path: InvoicePath) -> Any:
    """Ends a draft or an invoice that Amazon refused; its number stays used."""
    with shop_transaction() as session:
        view = invoice_views.whole(session, invoices.cancel(session, path.invoice_id))
    return answer(view)


@api.post("/invoices/<int:invoice_id>/replace", responses={201: invoice_views.InvoiceView})
def replace_invoice(path: InvoicePath) -> Any:
    """Cancels an invoice that Amazon refused and drafts another with the same lines."""
    with shop_transaction() as session:
        made = invoices.replace(session, path.invoice_id, actor=principal().actor)
        view = invoice_views.whole(session, made)
    return answer(view, 201)


@api.post("/invoices/<int:invoice_id>/credit-notes", responses={201: invoice_views.InvoiceView})
def credit_invoice(path: InvoicePath, body: CreditBody) -> Any:
    """Drafts a credit note for an invoice that Amazon has."""
    with shop_transaction() as session:
        refers_to = body.model_dump(mode="json", exclude_none=True)
        made = invoices.credit(session, path.invoice_id, refers_to, actor=principal().actor)
        view = invoice_views.whole(session, made)
    return answer(view, 201)


@api.get("/invoices/<int:invoice_id>/pdf")
def read_invoice_pdf(path: InvoicePath) -> Any:
    """The PDF copy of a sent invoice: made from the document as it was sent, always the same."""
    with shop_transaction() as session:
        invoice = invoices.invoice_of(session, path.invoice_id)
        if invoice.document is None:
            raise Refused("not_sent", "A copy exists once it has been sent.", status=409)
        content = invoice_pdf.made_of(invoice, lines_on(session, invoice))
    name = "".join(one if one.isalnum() or one == "-" else "_" for one in invoice.number or "")
    return Response(
        content,
        mimetype="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="invoice-{name}.pdf"'},
    )


@api.get("/vendor-codes", responses={200: Page[invoice_views.BillingView]})
def list_vendor_codes() -> Any:
    """Every vendor code, and what is still to be said before it can be billed."""
    with shop_transaction() as session:
        data = [invoice_views.billing_view(one) for one in billing.all_codes(session)]
    return answer(Page[invoice_views.BillingView](data=data))


@api.put("/vendor-codes/<string:code>", responses={200: invoice_views.BillingView})
def keep_vendor_code(path: CodePath, body: BillingBody) -> Any:
    """Replaces how a vendor code is billed; its open drafts, and what is judged by it, are anew."""
    said = body.model_dump(mode="json", exclude={"region"})
    with shop_transaction() as session:
        row = billing.keep(
            session, body.region, path.code, billing.Billing(**said), by=principal().actor
        )
        invoice_pricing.price_drafts(session, body.region, path.code)
        for kind in ("co_op", "price_claim"):
            findings.state_all(session, kind)
        view = invoice_views.billing_view(row)
    return answer(view)
