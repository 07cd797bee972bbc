"""Which table is exported when, and the files that were made."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.db import Table


def _now() -> datetime:
    return datetime.now(UTC)


class ExportSchedule(Table, table=True):
    """One table with its filters, made again and again at an hour of the shop's own zone."""

    __tablename__ = "export_schedule"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "address_id"], ["alert_address.shop_id", "alert_address.address_id"]
        ),
        CheckConstraint("format IN ('csv', 'xlsx')", name="format"),
        CheckConstraint("rhythm IN ('daily', 'weekly', 'monthly')", name="rhythm"),
        CheckConstraint(
            "hour BETWEEN 0 AND 23 AND weekday BETWEEN 0 AND 6 AND day BETWEEN 1 AND 28",
            name="time",
        ),
        Index("ix_export_schedule_due", "shop_id", "next_at"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    schedule_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=Integer,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    name: str
    table_name: str = Field(description="One of app.overview.exports.tables.")
    filters: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    format: str
    rhythm: str
    hour: int = Field(default=6, sa_type=Integer)
    weekday: int = Field(default=0, sa_type=Integer, description="Of weekly ones; 0 is Monday.")
    day: int = Field(default=1, sa_type=Integer, description="Of monthly ones.")
    address_id: int | None = Field(
        default=None, sa_type=Integer, description="Who gets it by mail; null: only the list."
    )
    next_at: datetime
    last_at: datetime | None = None
    error: str | None = Field(default=None, description="Why the newest could not be made.")
    making_since: datetime | None = Field(default=None, description="Of the file being made now.")
    rows_made: int | None = Field(default=None, sa_type=Integer, description="Of it, so far.")
    made_by: str
    made_at: datetime = Field(default_factory=_now)


class ExportedFile(Table, table=True):
    """One file of a schedule, kept for a while."""

    __tablename__ = "exported_file"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "schedule_id"],
            ["export_schedule.shop_id", "export_schedule.schedule_id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("shop_id", "schedule_id", "due_at"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    file_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=Integer,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    schedule_id: int = Field(sa_type=Integer)
    due_at: datetime = Field(description="The time it was due, which is made once.")
    name: str
    format: str
    size: int = Field(sa_type=Integer)
    content: bytes = Field(sa_type=LargeBinary)
    made_at: datetime = Field(default_factory=_now)
    message_id: int | None = Field(default=None, sa_type=BigInteger)
