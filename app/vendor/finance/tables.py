"""Invoices as Amazon's finance states them; each figure with when and whence it was read."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.db import Table


def _now() -> datetime:
    return datetime.now(UTC)


class FinanceInvoice(Table, table=True):
    """One invoice that Amazon's finance shows. Amounts are as Amazon signs them; null is not said."""

    __tablename__ = "finance_invoice"
    __table_args__ = (
        CheckConstraint("source IN ('api', 'file')", name="source"),
        CheckConstraint("type IN ('AP_INVENTORY', 'OTHER')", name="type"),
        Index("ix_finance_invoice_issued_at", "shop_id", "issued_at", "region", "number"),
        Index("ix_finance_invoice_base_number", "shop_id", "base_number"),
        Index("ix_finance_invoice_number", "shop_id", "number"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    payee_code: str = Field(primary_key=True, description="Empty where Amazon names none.")
    number: str = Field(primary_key=True)
    source: str = "api"
    type: str
    kind: str = Field(description="By the grammar of `payments.references`.")
    base_number: str = Field(description="Of the invoice that it is about: without suffixes.")
    status: str = Field(description="Amazon's word.")
    vendor_code: str | None = None
    purchase_orders: list[str] = Field(default_factory=list, sa_type=JSONB)
    issued_at: datetime
    due_at: datetime | None = None
    terms: str | None = None
    currency: str = Field(max_length=3)
    total: Decimal = Field(max_digits=19, decimal_places=4)
    without_tax: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    tax: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    misc_charges: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    other: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    paid: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    queued: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    quick_pay_discount: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    quantity_variance: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    price_variance: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    other_settlement: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    related: dict[str, Any] = Field(sa_type=JSONB, description="Amazon's names to their values.")
    amazon_updated_at: datetime
    read_at: datetime = Field(default_factory=_now)
    digest: str = Field(description="Of the header; lines are read again when it changes.")
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    import_id: int | None = Field(default=None, sa_type=Integer)


class FinanceInvoiceLine(Table, table=True):
    """One line with what Amazon matched, paid, and found otherwise than invoiced; in eaches."""

    __tablename__ = "finance_invoice_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "region", "payee_code", "number"],
            [
                "finance_invoice.shop_id",
                "finance_invoice.region",
                "finance_invoice.payee_code",
                "finance_invoice.number",
            ],
            ondelete="CASCADE",
        ),
        CheckConstraint("type IN ('GOODS', 'SERVICES', 'OTHERS')", name="type"),
        Index("ix_finance_invoice_line_purchase_order", "shop_id", "purchase_order"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    payee_code: str = Field(primary_key=True)
    number: str = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_type=Integer)
    amazon_line: str = Field(default="", description="Amazon's own name of the line.")
    purchase_order: str | None = None
    asin: str | None = None
    vendor_sku: str | None = None
    type: str
    service_charge: str | None = None
    units: int | None = Field(default=None, sa_type=Integer)
    cost: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    amount: Decimal = Field(max_digits=19, decimal_places=4)
    matched_units: int | None = Field(default=None, sa_type=Integer)
    matched_amount: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    quantity_variance: int | None = Field(default=None, sa_type=Integer)
    price_variance: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    paid_units: int | None = Field(default=None, sa_type=Integer)
    paid_amount: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    variances: list[dict[str, Any]] = Field(
        default_factory=list,
        sa_type=JSONB,
        description="Types with their defects, in Amazon's words.",
    )


class FinanceReading(Table, table=True):
    """How far the finance invoices of one connection and marketplace have been read."""

    __tablename__ = "finance_reading"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "connection_id"],
            ["connection.shop_id", "connection.connection_id"],
            ondelete="CASCADE",
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    connection_id: int = Field(primary_key=True, sa_type=Integer)
    marketplace_id: str = Field(primary_key=True)
    read_to: datetime | None = Field(default=None, description="None: its past was not read yet.")
    error: str | None = None
    tried_at: datetime = Field(default_factory=_now)
