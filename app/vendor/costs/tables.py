"""Costs agreed with Amazon. What stood once is kept: a price dispute needs it years later."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Identity, Index, Integer, text
from sqlmodel import Field

from app.db import Table


class AgreedCost(Table, table=True):
    """What one product costs Amazon from a day on, for one vendor code, in one currency.

    The cost is that of the unit which the vendor code's orders state their costs for. A row in
    force is ended by `withdrawn_at`, or by a newer one of the same first day, which it then names.
    """

    __tablename__ = "agreed_cost"
    __table_args__ = (
        CheckConstraint("cost > 0", name="cost"),
        CheckConstraint("ends_on >= starts_on", name="days"),
        CheckConstraint("replaced_by IS NULL OR withdrawn_at IS NOT NULL", name="replaced"),
        Index(
            "uq_agreed_cost_in_force",
            "shop_id",
            "region",
            "vendor_code",
            "asin",
            "currency",
            "starts_on",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_agreed_cost_import", "shop_id", "import_id"),
        Index("ix_agreed_cost_replaced_by", "shop_id", "replaced_by"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    agreed_cost_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=Integer,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    region: str
    vendor_code: str
    asin: str
    currency: str = Field(max_length=3)
    cost: Decimal = Field(max_digits=19, decimal_places=4)
    starts_on: date = Field(description="The first day, of an order's date in UTC.")
    ends_on: date | None = Field(default=None, description="The last day; open where null.")
    import_id: int | None = Field(
        default=None, sa_type=Integer, description="The file that brought it, if one did."
    )
    made_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    made_by: str
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    replaced_by: int | None = Field(
        default=None, sa_type=Integer, description="The newer row of the same first day."
    )
