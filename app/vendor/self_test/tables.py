"""One row for each part of Amazon's interface that a connection has been asked for."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Integer
from sqlmodel import Field

from app.db import Table

SELF_TEST = "self_test"
STATES = (
    "good",
    "role_missing",
    "consent_ended",
    "failing",
    "unasked",
    "throttled",
    "disturbed",
    "secret_refused",
)
"""What is known of a part: it answers; is refused for want of a role, an ended consent or our client
secret, or for what we asked (`failing`); Amazon is troubled or wants fewer questions; not asked yet."""


class Capability(Table, table=True):
    """Whether one part of Amazon's interface answers this connection, and what it said last."""

    __tablename__ = "capability"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "connection_id"],
            ["connection.shop_id", "connection.connection_id"],
            ondelete="CASCADE",
        ),
        CheckConstraint(
            "state IN ('good', 'role_missing', 'consent_ended', 'failing', 'unasked',"
            " 'throttled', 'disturbed', 'secret_refused')",
            name="state",
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    connection_id: int = Field(primary_key=True, sa_type=Integer)
    name: str = Field(primary_key=True)
    state: str
    asked_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    last_good_at: datetime | None = None
    said: str | None = Field(
        default=None, description="Amazon's words when it did not answer well."
    )
