"""Invoices and credit notes as we keep them, and how each vendor code is billed.

Quantities are eaches. Money is a decimal in the invoice's one currency. What Amazon shows of an
invoice stands beside what was sent and never replaces it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.db import Table
from app.vendor.tables import HANDED_OVER

INVOICE, CREDIT_NOTE = "Invoice", "CreditNote"
STATES = ("draft", "waiting", "sent", "accepted", "missing", "unclear", "landed", "failed")
"""And `cancelled`. What each means is in docs/operators.md."""
FOLLOWED = ("sent", "accepted", "missing", "unclear", "landed")
"""States in which Amazon may show something new of an invoice."""


def _now() -> datetime:
    return datetime.now(UTC)


class VendorCode(Table, table=True):
    """How one vendor code is billed. What is null has not been said, and blocks sending."""

    __tablename__ = "vendor_code"
    __table_args__ = (
        CheckConstraint("cost_basis IN ('each', 'case')", name="cost_basis"),
        CheckConstraint(
            "tax_treatment IN ('none', 'standard', 'reverse_charge')", name="tax_treatment"
        ),
        CheckConstraint("draft_from IN ('hand', 'receipts', 'shipments')", name="draft_from"),
        CheckConstraint("next_number > 0", name="next_number"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    marketplace: str | None = Field(default=None, max_length=2, description="US, DE, UK …")
    payee_code: str | None = Field(default=None, description="As Amazon's finance API names it.")
    cost_basis: str | None = Field(
        default=None, description="What the cost of a line ordered in cases is the cost of."
    )
    tax_in_total: bool | None = Field(default=None, description="Of invoiceTotal.")
    tax_treatment: str | None = None
    tax_registration_number: str | None = None
    remit_to: dict[str, Any] | None = Field(default=None, sa_type=JSONB, nullable=True)
    bill_to: dict[str, Any] | None = Field(default=None, sa_type=JSONB, nullable=True)
    terms: dict[str, Any] | None = Field(default=None, sa_type=JSONB, nullable=True)
    number_prefix: str = ""
    next_number: int = Field(default=1, sa_type=Integer)
    draft_from: str = Field(default="hand", description="Drafts made by rule: from what.")
    changed_at: datetime = Field(default_factory=_now)
    changed_by: str = ""


class Invoice(Table, table=True):
    """One invoice or credit note. It has a number from its first sending, for ever."""

    __tablename__ = "invoice"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "region", "vendor_code"],
            ["vendor_code.shop_id", "vendor_code.region", "vendor_code.code"],
        ),
        # Once used, for ever: cancelled invoices stay, and numbers of all vendor codes are one set.
        UniqueConstraint("shop_id", "number"),
        CheckConstraint("type IN ('Invoice', 'CreditNote')", name="type"),
        CheckConstraint(
            "state IN ('draft', 'waiting', 'sent', 'accepted', 'missing', 'unclear', 'landed',"
            " 'failed', 'cancelled')",
            name="state",
        ),
        CheckConstraint("number IS NOT NULL OR state IN ('draft', 'cancelled')", name="numbered"),
        CheckConstraint(HANDED_OVER, name="handed_over"),
        Index("ix_invoice_message", "shop_id", "message_id"),
        Index(
            "ix_invoice_import",
            "shop_id",
            "import_id",
            postgresql_where=text("import_id IS NOT NULL"),
        ),
        Index("ix_invoice_state", "shop_id", "state"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    invoice_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=Integer,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    region: str
    vendor_code: str
    type: str = INVOICE
    source: str = Field(description="receipts, shipments, hand, or file: it was sent elsewhere.")
    state: str = "draft"
    number: str | None = None
    currency: str = Field(max_length=3)
    dated_at: datetime | None = Field(default=None, description="The invoice date.")
    made_at: datetime = Field(default_factory=_now)
    made_by: str
    charges: list[dict[str, Any]] | None = Field(
        default=None, sa_type=JSONB, nullable=True, description="See invoice_charges."
    )
    charges_total: Decimal = Field(
        default=Decimal(),
        max_digits=19,
        decimal_places=4,
        sa_column_kwargs={"server_default": "0"},
        description="Charges less allowances, before tax.",
    )
    reference_number: str | None = Field(
        default=None, description="Another number that the law wants, such as India's IRN."
    )
    items_total: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    tax_total: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    total: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    document: dict[str, Any] | None = Field(
        default=None, sa_type=JSONB, nullable=True, description="As sent last."
    )
    credit: dict[str, Any] | None = Field(
        default=None, sa_type=JSONB, nullable=True, description="What a credit note refers to."
    )
    import_id: int | None = Field(
        default=None, sa_type=Integer, description="The file that brought it, if one did."
    )
    replaces: int | None = Field(default=None, sa_type=Integer, description="A cancelled one.")
    times_sent: int = 0
    sent_at: datetime | None = None
    handed_over_how: str | None = Field(
        default=None, description="Where no API carries it: `hand` (typed) or `file`, by a person."
    )
    handed_over_by: str | None = None
    transaction_id: str | None = None
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    error: str | None = None
    error_field: str | None = Field(default=None, description="The field that Amazon named.")
    landed_at: datetime | None = Field(default=None, description="When we first saw it there.")
    amazon_status: str | None = None
    amazon_total: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    amazon_currency: str | None = Field(default=None, max_length=3)
    amazon_terms: str | None = None
    due_at: datetime | None = Field(default=None, description="By Amazon.")
    amazon_updated_at: datetime | None = None
    amazon_content: dict[str, Any] | None = Field(default=None, sa_type=JSONB, nullable=True)

    @property
    def waits_for_a_person(self) -> bool:
        """Whether it is made, and no API carries it: a person has still to hand it over."""
        return self.state == "waiting" and self.message_id is None


class InvoiceLine(Table, table=True):
    """Eaches of one purchase order line in one invoice, at a cost in the order's own basis."""

    __tablename__ = "invoice_line"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "invoice_id"], ["invoice.shop_id", "invoice.invoice_id"]),
        ForeignKeyConstraint(
            ["shop_id", "region", "number", "line"],
            [
                "purchase_order_line.shop_id",
                "purchase_order_line.region",
                "purchase_order_line.number",
                "purchase_order_line.line",
            ],
        ),
        UniqueConstraint("shop_id", "invoice_id", "number", "line"),
        CheckConstraint("units >= 0", name="units"),
        Index("ix_invoice_line_order", "shop_id", "region", "number", "line"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    invoice_id: int = Field(primary_key=True, sa_type=Integer)
    position: int = Field(primary_key=True, sa_type=Integer)
    region: str
    number: str
    line: str
    asin: str | None = None
    vendor_sku: str | None = None
    units: int
    cost: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    amount: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    tax_rate: Decimal | None = Field(default=None, max_digits=9, decimal_places=6)
    tax: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    charges: Decimal = Field(
        default=Decimal(),
        max_digits=19,
        decimal_places=4,
        sa_column_kwargs={"server_default": "0"},
        description="Its share of the invoice's charges less allowances, with their tax.",
    )
    hsn_code: str | None = Field(default=None, description="Harmonised code of India's GST.")
    said_tax_rate: Decimal | None = Field(
        default=None,
        max_digits=9,
        decimal_places=6,
        description="Another rate than the country's standard one, as a person says.",
    )
    amazon_units: int | None = None
    amazon_amount: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    matched_units: int | None = None
    price_variance: Decimal | None = Field(
        default=None, max_digits=19, decimal_places=4, description="By Amazon, of the whole line."
    )
    variances: list[dict[str, Any]] | None = Field(default=None, sa_type=JSONB, nullable=True)
