"""Rates of exchange by day, each with where it is from."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Date, Integer
from sqlmodel import Field

from app.db import Table


class ExchangeRate(Table, table=True):
    """What one unit of `base` was worth in `quote` on a day, as a person has said."""

    __tablename__ = "exchange_rate"
    __table_args__ = (
        CheckConstraint("rate > 0", name="rate"),
        CheckConstraint("base <> quote", name="pair"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    base: str = Field(primary_key=True, max_length=3)
    quote: str = Field(primary_key=True, max_length=3)
    day: date = Field(primary_key=True, sa_type=Date)
    rate: Decimal = Field(max_digits=19, decimal_places=8)
    source: str = Field(description="In the person's words: the bank, the central bank, …")
    by: str
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))
