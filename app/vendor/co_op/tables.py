"""Co-op agreements as a person has read them in Vendor Central, and which charge belongs to which."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, Integer
from sqlmodel import Field

from app.db import Table

PURPOSES = ("damage_allowance", "freight_allowance", "marketing", "volume", "other")
BASES = ("receipts", "net_receipts", "invoiced", "net_sales", "fixed")


def _now() -> datetime:
    return datetime.now(UTC)


class CoOpAgreement(Table, table=True):
    """One agreement. `rate` is a part of the base; a fixed one has an `amount` for each period."""

    __tablename__ = "co_op_agreement"
    __table_args__ = (
        CheckConstraint(f"purpose IN {PURPOSES!r}", name="purpose"),
        CheckConstraint(f"base IN {BASES!r}", name="base"),
        CheckConstraint("period IN ('month', 'quarter', 'year')", name="period"),
        CheckConstraint("funding IN ('deducted', 'paid')", name="funding"),
        CheckConstraint(
            "(base = 'fixed') = (amount IS NOT NULL) AND (base = 'fixed') = (rate IS NULL)",
            name="priced",
        ),
        CheckConstraint("rate >= 0 AND rate <= 1 AND amount >= 0", name="amounts"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    agreement_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=Integer,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    region: str
    vendor_code: str | None = Field(default=None, description="Null: every one of the region.")
    number: str = Field(default="", description="Amazon's, as its charges begin.")
    name: str
    purpose: str
    base: str
    rate: Decimal | None = Field(default=None, max_digits=9, decimal_places=6)
    amount: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    currency: str = Field(max_length=3)
    period: str = "month"
    funding: str = Field(default="deducted", description="From payments, or paid by an invoice.")
    starts_on: date
    ends_on: date | None = None
    changed_at: datetime = Field(default_factory=_now)
    changed_by: str


class CoOpCharge(Table, table=True):
    """Which agreement and days a charge is about, as a person has confirmed."""

    __tablename__ = "co_op_charge"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "agreement_id"],
            ["co_op_agreement.shop_id", "co_op_agreement.agreement_id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("from_day <= to_day", name="days"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    reference: str = Field(primary_key=True)
    currency: str = Field(primary_key=True, max_length=3)
    agreement_id: int = Field(sa_type=Integer)
    from_day: date
    to_day: date
    confirmed_at: datetime = Field(default_factory=_now)
    confirmed_by: str
