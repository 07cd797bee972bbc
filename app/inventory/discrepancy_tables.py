"""What people keep beside a discrepancy: comments, tasks, and amounts they have written off."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy import ForeignKeyConstraint, Identity, Index, Integer
from sqlmodel import Field

from app.db import Table

OF_DISCREPANCY = ["discrepancy.shop_id", "discrepancy.discrepancy_id"]


def _now() -> datetime:
    return datetime.now(UTC)


class DiscrepancyComment(Table, table=True):
    """What somebody said of a discrepancy; never changed."""

    __tablename__ = "discrepancy_comment"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "discrepancy_id"], OF_DISCREPANCY),
        Index("ix_discrepancy_comment_discrepancy", "shop_id", "discrepancy_id"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    comment_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=Integer,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    discrepancy_id: int = Field(sa_type=Integer)
    text: str
    by: str
    at: datetime = Field(default_factory=_now)


class DiscrepancyTask(Table, table=True):
    """One thing to do about a discrepancy."""

    __tablename__ = "discrepancy_task"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "discrepancy_id"], OF_DISCREPANCY),
        Index("ix_discrepancy_task_discrepancy", "shop_id", "discrepancy_id"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    task_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=Integer,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    discrepancy_id: int = Field(sa_type=Integer)
    title: str
    owner: str | None = None
    due_on: date | None = Field(default=None, description="In the shop's time zone.")
    added_by: str
    added_at: datetime = Field(default_factory=_now)
    done_by: str | None = None
    done_at: datetime | None = None


class WriteOff(Table, table=True):
    """An amount that the shop has given up, until the discrepancy is another one or is over."""

    __tablename__ = "write_off"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "discrepancy_id"], OF_DISCREPANCY),
        Index(
            "uq_write_off_standing",
            "shop_id",
            "discrepancy_id",
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    write_off_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=Integer,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    discrepancy_id: int = Field(sa_type=Integer)
    amount: Decimal = Field(max_digits=19, decimal_places=4)
    currency: str = Field(min_length=3, max_length=3)
    reason: str
    by: str
    at: datetime = Field(default_factory=_now)
    ended_at: datetime | None = None
    ended_because: str | None = Field(
        default=None, description="'reopened' or 'closed', as the discrepancy was."
    )
