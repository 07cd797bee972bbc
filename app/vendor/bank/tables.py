"""Lines of bank statements that are from Amazon: amounts, days and references, and nobody's name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Identity, Index, Integer, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.db import Table


class BankLine(Table, table=True):
    """One booking on an account. `payment_id` is of the payment that it is the money of.

    `amount` is below zero where money left the account. `matched_how`: by `reference` and amount, or
    `confirmed` by a person. A line that is set aside is of none of the payments here.
    """

    __tablename__ = "bank_line"
    __table_args__ = (
        UniqueConstraint("shop_id", "key"),
        CheckConstraint("matched_how IN ('reference', 'confirmed')", name="matched_how"),
        CheckConstraint(
            "(payment_id IS NULL) = (matched_how IS NULL)"
            " AND (payment_id IS NULL) = (region IS NULL)",
            name="matched",
        ),
        Index("ix_bank_line_booked_on", "shop_id", "booked_on", "bank_line_id"),
        Index("ix_bank_line_payment", "shop_id", "region", "payment_id"),
        Index("ix_bank_line_import", "shop_id", "import_id"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    bank_line_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=Integer,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    key: str = Field(description="The same for the same line in overlapping statements.")
    import_id: int = Field(sa_type=Integer, description="Of its file.")
    booked_on: date
    valued_on: date | None = None
    amount: Decimal = Field(max_digits=19, decimal_places=4)
    currency: str = Field(max_length=3)
    bank_reference: str | None = None
    end_to_end: str | None = Field(default=None, description="The payer's own reference.")
    named_numbers: list[str] = Field(
        default_factory=list, sa_type=JSONB, description="Numbers that its text names."
    )
    region: str | None = None
    payment_id: str | None = None
    payment_number: str | None = None
    matched_how: str | None = None
    matched_by: str | None = None
    matched_at: datetime | None = None
    set_aside_by: str | None = None
    set_aside_at: datetime | None = None
    taken_at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class BankParting(Table, table=True):
    """That a line which a person had tied to a payment is tied no longer, and not by a person.

    The payment is gone, failed or is in another currency by now, or the line's statement was taken
    back. Kept until the two stand together again, or a person says anew what the line is.
    """

    __tablename__ = "bank_parting"

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    key: str = Field(primary_key=True, description="Of the line.")
    region: str
    payment_id: str
    payment_number: str | None = None
    amount: Decimal = Field(max_digits=19, decimal_places=4)
    currency: str = Field(max_length=3)
    matched_by: str
    matched_at: datetime
    parted_at: datetime
