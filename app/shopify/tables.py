"""What only the Shopify side keeps: how far reading has come, and the transfers that it has read."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import CheckConstraint, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.db import Table


class CatalogImport(Table, table=True):
    """The catalogue import of a shop: one row, begun anew when the shop is connected again."""

    __tablename__ = "catalog_import"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name="state"),
        CheckConstraint("step IN ('ask', 'wait', 'load', 'orders', 'open')", name="step"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    state: str = "waiting"
    step: str = "ask"
    run: int = Field(default=1, description="Which import of this shop it is.")
    operation_id: str | None = Field(default=None, description="Shopify's bulk operation.")
    result_url: str | None = Field(default=None, description="Where its result is read from.")
    result_rows: int = Field(default=0, description="Rows of the result read and kept so far.")
    cursor: str | None = Field(default=None, description="Where reading of open orders stands.")
    items: int = Field(default=0, description="Items kept so far.")
    total: int | None = Field(default=None, description="Items to come, once Shopify says so.")
    orders: int = Field(default=0, description="Open orders read so far.")
    attempts: int = Field(default=0, description="Failures in a row of the current step.")
    error: str | None = Field(default=None, description="What went wrong last, for a person.")
    due_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    asked_at: datetime | None = Field(default=None, description="When Shopify began to read.")
    started_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    finished_at: datetime | None = None


class CountRun(Table, table=True):
    """The bulk reading of all quantities: one row a shop, begun anew each time it is due."""

    __tablename__ = "count_run"
    __table_args__ = (CheckConstraint("step IN ('ask', 'wait', 'load')", name="step"),)

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    step: str = "ask"
    operation_id: str | None = Field(default=None, description="Shopify's bulk operation.")
    result_url: str | None = Field(default=None, description="Where its result is read from.")
    result_rows: int = Field(default=0, description="Levels of the result kept so far.")
    attempts: int = Field(default=0, description="Failures in a row.")
    error: str | None = Field(default=None, description="What went wrong last, for a person.")
    due_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    asked_at: datetime | None = Field(default=None, description="When Shopify began to read.")
    finished_at: datetime | None = Field(default=None, description="When the last one was whole.")


class PastOrdersRun(Table, table=True):
    """The reading of the orders from before the books: one row a shop, read once."""

    __tablename__ = "past_orders_run"
    __table_args__ = (
        CheckConstraint("step IN ('ask', 'wait', 'load', 'deliveries', 'done')", name="step"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    step: str = "ask"
    operation_id: str | None = Field(default=None, description="Shopify's bulk operation.")
    result_url: str | None = Field(default=None, description="Where its result is read from.")
    result_rows: int = Field(default=0, description="Orders of the result kept so far.")
    reached_on: date | None = Field(
        default=None, description="The last day of the shop whose deliveries were read."
    )
    attempts: int = Field(default=0, description="Failures in a row.")
    error: str | None = Field(default=None, description="What went wrong last, for a person.")
    due_at: datetime | None = Field(
        default_factory=lambda: datetime.now(UTC), description="Null: there is nothing to do."
    )


class InventoryTransfer(Table, table=True):
    """An inventory transfer as it was read last; what of it is to come stands in `arrival`."""

    __tablename__ = "inventory_transfer"

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    number: str = Field(primary_key=True, description="Shopify's id of it.")
    name: str = ""
    status: str = Field(default="", description="In Shopify's words, or DELETED.")
    before: dict[str, int] | None = Field(
        default=None,
        sa_type=JSONB,
        description="Units by line that the opening or counts brought into the books, so that the"
        " transfer does not; null until it is read again.",
    )
    read_at: datetime
