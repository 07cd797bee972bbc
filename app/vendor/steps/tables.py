"""Who looks after a step of an order: the only thing of the checklist that is said and not derived."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import ForeignKeyConstraint, Integer
from sqlmodel import Field

from app.db import Table


class OrderStepOwner(Table, table=True):
    """Whose a step is, in the words that the queue of discrepancies uses."""

    __tablename__ = "order_step_owner"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "region", "number"],
            ["purchase_order.shop_id", "purchase_order.region", "purchase_order.number"],
            ondelete="CASCADE",
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    number: str = Field(primary_key=True)
    step: str = Field(primary_key=True)
    owner: str
    given_by: str
    given_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
