"""Disputes as we keep them: what was asked, when, under which case, and what came of it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Identity, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.db import Table

STATES = ("draft", "filed", "repaid", "repaid_in_part", "denied", "withdrawn")
UNDER_WAY = ("draft", "filed")
AT_AMAZON = ("filed", "repaid", "repaid_in_part", "denied")
"""States whose outcome is read from later payments."""


def _now() -> datetime:
    return datetime.now(UTC)


class Dispute(Table, table=True):
    """One attempt to have a deduction back. A person files it in Vendor Central and types the case."""

    __tablename__ = "dispute"
    __table_args__ = (
        UniqueConstraint(
            "shop_id",
            "region",
            "kind",
            "reference",
            "currency",
            "attempt",
            name="uq_dispute_attempt",
        ),
        CheckConstraint(
            "state IN ('draft', 'filed', 'repaid', 'repaid_in_part', 'denied', 'withdrawn')",
            name="state",
        ),
        CheckConstraint("amount > 0 AND recovered >= 0 AND attempt > 0", name="amounts"),
        CheckConstraint("(filed_at IS NULL) = (case_number IS NULL)", name="filed"),
        Index("ix_dispute_state", "shop_id", "state", "dispute_id"),
        Index(
            "uq_dispute_under_way",
            "shop_id",
            "region",
            "kind",
            "reference",
            "currency",
            unique=True,
            postgresql_where=text("state IN ('draft', 'filed')"),
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    dispute_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=Integer,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    region: str
    kind: str = Field(description="Of the deduction, as are reference and currency.")
    reference: str
    currency: str = Field(max_length=3)
    attempt: int = Field(sa_type=Integer)
    state: str = "draft"
    amount: Decimal = Field(max_digits=19, decimal_places=4, description="Asked back.")
    units: int | None = Field(default=None, sa_type=Integer)
    note: str = ""
    made_at: datetime = Field(default_factory=_now)
    made_by: str
    case_number: str | None = None
    filed_at: datetime | None = None
    filed_by: str | None = None
    answer_by: datetime | None = Field(
        default=None, description="After which silence is taken as no."
    )
    closes_at: datetime | None = Field(default=None, description="By the clock when it was made.")
    rule: str = Field(default="", description="Where that clock is from.")
    recovered: Decimal = Field(default=Decimal(0), max_digits=19, decimal_places=4)
    ended_at: datetime | None = None
    outcome_by: str | None = Field(
        default=None, description="payments, silence, or the person who said it."
    )
    pack_sha256: str | None = Field(default=None, description="Of the pack as filed.")
    history: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What the deduction is known by."""
        return self.region, self.kind, self.reference, self.currency
