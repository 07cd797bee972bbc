"""Remittances as Amazon's finance states them; each figure with when and whence it was read."""

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
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.db import Table


def _now() -> datetime:
    return datetime.now(UTC)


class Remittance(Table, table=True):
    """One payment of Amazon's. `number` is what vendors know it by, `payment_id` is its key."""

    __tablename__ = "remittance"
    __table_args__ = (
        CheckConstraint("status IN ('IN_PROGRESS', 'SUCCESSFUL', 'FAILED')", name="status"),
        CheckConstraint("source IN ('api', 'file', 'edi')", name="source"),
        CheckConstraint(
            "payee_how IN ('said', 'stated', 'invoices', 'only_one')", name="payee_how"
        ),
        Index(
            "ix_remittance_payee_unknown",
            "shop_id",
            "region",
            "payment_id",
            postgresql_where=text("payee_how IS NULL"),
        ),
        Index("ix_remittance_number", "shop_id", "region", "number"),
        Index("ix_remittance_paid_at", "shop_id", "paid_at", "region", "payment_id"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    payment_id: str = Field(primary_key=True)
    number: str | None = None
    status: str
    paid_at: datetime
    amount: Decimal = Field(max_digits=19, decimal_places=4)
    currency: str = Field(max_length=3)
    invoice_amount: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    invoice_currency: str | None = Field(default=None, max_length=3)
    exchange_rate: Decimal | None = Field(default=None, max_digits=19, decimal_places=8)
    method: str | None = None
    stated_lines: int | None = Field(default=None, sa_type=Integer)
    vendor_codes: list[str] = Field(default_factory=list, sa_type=JSONB)
    payee_codes: list[str] = Field(default_factory=list, sa_type=JSONB)
    payees: list[str] = Field(
        default_factory=list, sa_type=JSONB, description="Whose it is; none: not known."
    )
    payee_how: str | None = Field(
        default=None, description="said by a person, stated, by its invoices, or the only_one."
    )
    digest: str = Field(description="Of the header; lines are read again when it changes.")
    header: dict[str, Any] = Field(sa_type=JSONB)
    read_at: datetime = Field(default_factory=_now)
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    source: str = Field(default="api", description="Whence it was read; each payment counts once.")
    import_id: int | None = Field(default=None, sa_type=Integer, description="Of its file.")


class RemittancePayee(Table, table=True):
    """Whose a payment is, as a person has said; by its number it outlives a change of its key."""

    __tablename__ = "remittance_payee"

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    number: str = Field(primary_key=True, description="Of the payment, or its key without one.")
    payee: str
    said_at: datetime
    said_by: str


class RemittanceWitness(Table, table=True):
    """What a file or an X12 820 says of one payment.

    Where Amazon's API shows no payment of that number, the payment is made of the newest witness.
    Where it does, the witness stands beside it and counts for nothing; what they disagree about is
    in `differences`.
    """

    __tablename__ = "remittance_witness"
    __table_args__ = (
        CheckConstraint("source IN ('file', 'edi')", name="source"),
        Index("ix_remittance_witness_number", "shop_id", "region", "number"),
        Index("ix_remittance_witness_import", "shop_id", "import_id"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    witness_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=Integer,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    region: str
    number: str = Field(description="Amazon's number of the payment.")
    source: str
    import_id: int = Field(sa_type=Integer, description="Of the file that says it.")
    digest: str
    stated: dict[str, Any] = Field(sa_type=JSONB, description="As `stated.Payment` writes it.")
    stated_at: datetime = Field(default_factory=_now)
    payment_id: str | None = Field(default=None, description="Of the payment that counts.")
    differences: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)


class RemittanceLine(Table, table=True):
    """What one payment says of one invoice, claim or other paper."""

    __tablename__ = "remittance_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "region", "payment_id"],
            ["remittance.shop_id", "remittance.region", "remittance.payment_id"],
            ondelete="CASCADE",
        ),
        Index("ix_remittance_line_invoice", "shop_id", "invoice_number"),
        Index("ix_remittance_line_reference", "shop_id", "reference"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    payment_id: str = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_type=Integer)
    reference: str = Field(default="", description="As Amazon writes it, with its suffix.")
    invoice_number: str = Field(default="", description="Of the invoice that it is about.")
    kind: str = Field(description="By the grammar of `references`.")
    invoiced_at: datetime | None = None
    description: str | None = None
    invoice_type: str | None = None
    terms: str | None = None
    total: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    paid: Decimal = Field(max_digits=19, decimal_places=4)
    discount: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    withheld: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    currency: str = Field(max_length=3)


class RemittanceReading(Table, table=True):
    """How far the remittances of one connection and marketplace have been read."""

    __tablename__ = "remittance_reading"
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
    read_to: datetime
    error: str | None = None
    tried_at: datetime = Field(default_factory=_now)
