"""Whom to tell, when, and what was noticed."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.db import Table


def _now() -> datetime:
    return datetime.now(UTC)


class AlertAddress(Table, table=True):
    """One place where people are told, in one language and one rhythm."""

    __tablename__ = "alert_address"
    __table_args__ = (
        CheckConstraint("kind IN ('email', 'slack', 'webhook', 'other')", name="kind"),
        CheckConstraint("rhythm IN ('at_once', 'daily', 'weekly')", name="rhythm"),
        CheckConstraint("language IN ('en', 'zh-CN')", name="language"),
        CheckConstraint("hour BETWEEN 0 AND 23 AND weekday BETWEEN 0 AND 6", name="time"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    address_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=Integer,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    name: str
    kind: str
    sealed: str = Field(description="The address itself, encrypted; it is never shown again.")
    hint: str = Field(description="So much of it that a person knows which one it is.")
    language: str = "en"
    rhythm: str = "at_once"
    hour: int = Field(default=8, sa_type=Integer, description="Of digests, in the shop's zone.")
    weekday: int = Field(default=0, sa_type=Integer, description="Of weekly ones; 0 is Monday.")
    digested_at: datetime = Field(
        default_factory=_now, description="Up to when digests have been looked at."
    )
    made_by: str
    made_at: datetime = Field(default_factory=_now)


class AlertRule(Table, table=True):
    """What is told to an address. A threshold that is null does not narrow it."""

    __tablename__ = "alert_rule"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "address_id"], ["alert_address.shop_id", "alert_address.address_id"]
        ),
        CheckConstraint("(at_least IS NULL) = (currency IS NULL)", name="amount"),
        CheckConstraint("days BETWEEN 0 AND 365", name="days"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    rule_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=Integer,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    address_id: int = Field(sa_type=Integer)
    kind: str = Field(description="One of app.overview.alerts.kinds.")
    at_least: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    currency: str | None = Field(default=None, min_length=3, max_length=3)
    days: int | None = Field(default=None, sa_type=Integer)
    made_by: str
    made_at: datetime = Field(default_factory=_now)


class Alert(Table, table=True):
    """One thing that a rule has noticed. Its key keeps it from being told twice."""

    __tablename__ = "alert"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "rule_id"],
            ["alert_rule.shop_id", "alert_rule.rule_id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("shop_id", "rule_id", "key"),
        Index("ix_alert_untold", "shop_id", "rule_id", postgresql_where=text("told_at IS NULL")),
        Index("ix_alert_message", "shop_id", "message_id"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    alert_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    rule_id: int = Field(sa_type=Integer)
    key: str
    kind: str
    path: str = Field(description="The screen it is about.")
    about: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    noticed_at: datetime = Field(default_factory=_now)
    over_at: datetime | None = Field(
        default=None, description="When it was over before anybody was told."
    )
    told_at: datetime | None = None
    message_id: int | None = Field(
        default=None, sa_type=BigInteger, description="The message that tells it."
    )
