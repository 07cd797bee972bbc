"""Deductions: derived from the papers, never written by hand, and rebuilt whole from them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.db import Table


class Deduction(Table, table=True):
    """All that Amazon has taken and given back under one number, in one currency.

    A claim, its repayment and the claim again are one row; a provision and its reversal are one row
    of kind `provision`, which is timing and never a loss.
    """

    __tablename__ = "deduction"
    __table_args__ = (
        CheckConstraint("taken >= 0 AND recovered >= 0", name="amounts"),
        Index("ix_deduction_invoice", "shop_id", "invoice_number"),
        Index("ix_deduction_last_at", "shop_id", "last_at", "region", "kind", "reference"),
        Index(
            "ix_deduction_steps",
            "steps",
            postgresql_using="gin",
            postgresql_ops={"steps": "jsonb_path_ops"},
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    reference: str = Field(primary_key=True, description="Amazon's number without its suffixes.")
    currency: str = Field(primary_key=True, max_length=3)
    invoice_number: str | None = Field(default=None, description="Of an invoice of ours.")
    purchase_order: str | None = None
    line: str | None = None
    cause: str | None = None
    units: int | None = Field(default=None, sa_type=Integer)
    taken: Decimal = Field(max_digits=19, decimal_places=4)
    recovered: Decimal = Field(max_digits=19, decimal_places=4)
    first_at: datetime
    last_at: datetime
    notified_at: datetime | None = None
    dispute_by: datetime | None = None
    steps: list[dict[str, Any]] = Field(sa_type=JSONB, description="Each with its paper.")


class FoldedRemittance(Table, table=True):
    """A payment whose lines stand in the deductions, as it was read then."""

    __tablename__ = "folded_remittance"

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    payment_id: str = Field(primary_key=True)
    read_at: datetime
