"""Which papers of the evidence vault are kept beside which discrepancy."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import ForeignKeyConstraint, Integer
from sqlmodel import Field

from app.db import Table
from app.vendor.evidence import tables as evidence

__all__ = ["DiscrepancyAttachment", "evidence"]


class DiscrepancyAttachment(Table, table=True):
    """One paper beside one discrepancy; gone with the paper."""

    __tablename__ = "discrepancy_attachment"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "discrepancy_id"], ["discrepancy.shop_id", "discrepancy.discrepancy_id"]
        ),
        ForeignKeyConstraint(
            ["shop_id", "evidence_id"],
            ["evidence.shop_id", "evidence.evidence_id"],
            ondelete="CASCADE",
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    discrepancy_id: int = Field(primary_key=True, sa_type=Integer)
    evidence_id: int = Field(primary_key=True, sa_type=Integer)
    by: str
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))
