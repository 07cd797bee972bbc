"""Connections: how a shop reaches Shopify and Amazon, with their secrets sealed and their state named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Identity, Integer, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Session, col, select

from app import secrets
from app.db import Table, shop_of

BY_FILE = "by_file"
"""The state of a connection that has papers by file only, and no access."""


class Connection(Table, table=True):
    """One grant of access. Tokens are sealed (`secrets`), and replaced in pairs under the row's lock."""

    __tablename__ = "connection"
    __table_args__ = (
        UniqueConstraint("shop_id", "channel", "reference"),
        CheckConstraint("channel IN ('shopify', 'amazon')", name="channel"),
        CheckConstraint(
            "state IN ('connected', 'reopen_needed', 'reauthorise', 'disconnected', 'by_file')",
            name="state",
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    connection_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=Integer,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    channel: str
    reference: str = Field(description="The shop's domain, or Amazon's vendor group as we name it.")
    name: str = ""
    region: str | None = Field(default=None, description="Amazon's: na, eu or fe.")
    state: str = "connected"
    access_token: str | None = Field(default=None, description="Sealed.")
    access_expires_at: datetime | None = None
    refresh_token: str | None = Field(default=None, description="Sealed.")
    refresh_expires_at: datetime | None = None
    scopes: str = ""
    connected_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    disconnected_at: datetime | None = None
    last_good_at: datetime | None = Field(default=None, description="The last call that worked.")
    error: str | None = Field(default=None, description="Why it does not work now, for a person.")
    details: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)

    @property
    def has_access(self) -> bool:
        """Whether somebody meant it to reach the other side; papers by file need none."""
        return self.state not in ("disconnected", BY_FILE)

    def seal(self, *, access_token: str | None, refresh_token: str | None) -> None:
        """Stores both tokens encrypted; the pair is always replaced together."""
        self.access_token = secrets.encrypt(access_token) if access_token else None
        self.refresh_token = secrets.encrypt(refresh_token) if refresh_token else None

    def worked(self) -> None:
        """Notes that a call has just worked."""
        self.last_good_at = datetime.now(UTC)
        self.error = None


def connections(session: Session, channel: str | None = None) -> list[Connection]:
    """This shop's connections, those of one channel if it is named."""
    query = select(Connection).where(Connection.shop_id == shop_of(session))
    if channel is not None:
        query = query.where(Connection.channel == channel)
    return list(session.exec(query.order_by(col(Connection.connection_id))))


def locked(session: Session, connection_id: int) -> Connection:
    """One connection, re-read and locked until the transaction ends; for replacing its tokens."""
    return session.exec(
        select(Connection)
        .where(Connection.shop_id == shop_of(session), Connection.connection_id == connection_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
