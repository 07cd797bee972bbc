"""Reports as we ask for them, and the rows they brought: one table for each of Amazon's documents.

Units are whole eaches, money is a decimal in the row's own currency, days are Amazon's calendar days.
An empty ASIN is Amazon's own total over the whole catalogue, which is not the sum of the others.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, Index, Integer, text
from sqlmodel import Field

from app.db import Table

WAITING, ASKING, QUEUED, RUNNING, HANGING = "waiting", "asking", "queued", "running", "hanging"
DONE, EMPTY, FATAL, FAILED = "done", "empty", "fatal", "failed"
STATES = (WAITING, ASKING, QUEUED, RUNNING, HANGING, DONE, EMPTY, FATAL, FAILED)
WHOLE_CATALOGUE = ""


def _now() -> datetime:
    return datetime.now(UTC)


def _of_connection() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["shop_id", "connection_id"],
        ["connection.shop_id", "connection.connection_id"],
        ondelete="CASCADE",
    )


class Report(Table, table=True):
    """One kind of report for one period: asked for once at a time, however often it is tried."""

    __tablename__ = "report"
    __table_args__ = (
        _of_connection(),
        CheckConstraint(
            "state IN ('waiting', 'asking', 'queued', 'running', 'hanging', 'done', 'empty',"
            " 'fatal', 'failed')",
            name="state",
        ),
        CheckConstraint("starts_at < ends_at", name="span"),
        Index(
            "uq_report_period",
            "shop_id",
            "connection_id",
            "marketplace",
            "kind",
            "starts_at",
            unique=True,
        ),
        Index("ix_report_due", "shop_id", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    report_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=Integer,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    connection_id: int = Field(sa_type=Integer)
    marketplace: str = Field(description="US, DE, UK …")
    kind: str
    starts_at: datetime
    ends_at: datetime = Field(description="Not included.")
    state: str = WAITING
    asked_by: str = "clock"
    made_at: datetime = Field(default_factory=_now)
    times_asked: int = 0
    asked_at: datetime | None = None
    due_at: datetime | None = Field(default=None, description="When it is looked at next.")
    tries: int = Field(default=0, description="Failed looks since it last went on.")
    amazon_id: str | None = Field(default=None, description="Amazon's reportId.")
    document_id: str | None = None
    ended_at: datetime | None = None
    good_at: datetime | None = Field(default=None, description="When it was last read well.")
    rows_kept: int = 0
    rows_unread: int = 0
    cause: str | None = Field(default=None, description="Why it is not there, mostly Amazon's own.")
    cause_code: str | None = Field(
        default=None, description="role, unreachable, refused, fatal, hanging, document or rows."
    )


class PeriodRow(Table):
    """What every row of a report over days has in front: whose, of what, of when."""

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    connection_id: int = Field(primary_key=True, sa_type=Integer)
    marketplace: str = Field(primary_key=True)
    asin: str = Field(primary_key=True)
    starts_on: date = Field(primary_key=True)
    ends_on: date = Field(primary_key=True)
    report_id: int = Field(sa_type=Integer, description="The report that said so last.")


class HourRow(Table):
    """What every row of a real-time report has in front."""

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    connection_id: int = Field(primary_key=True, sa_type=Integer)
    marketplace: str = Field(primary_key=True)
    asin: str = Field(primary_key=True)
    starts_at: datetime = Field(primary_key=True)
    report_id: int = Field(sa_type=Integer)


def _money() -> Decimal | None:
    made: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    return made


def _rate() -> Decimal | None:
    made: Decimal | None = Field(default=None, max_digits=19, decimal_places=6)
    return made


class ReportedSales(PeriodRow, table=True):
    """What Amazon's customers ordered and were sent, of what was bought from us (SOURCING)."""

    __tablename__ = "reported_sales"
    __table_args__ = (_of_connection(), Index("ix_reported_sales_week", "shop_id", "starts_on"))

    ordered_units: int | None = None
    ordered_revenue: Decimal | None = _money()
    shipped_units: int
    shipped_revenue: Decimal | None = _money()
    shipped_cogs: Decimal | None = _money()
    customer_returns: int | None = None
    currency: str | None = Field(default=None, max_length=3)


class ReportedInventory(PeriodRow, table=True):
    """Stock at Amazon at a period's end; Amazon's, never added to what the shop can sell."""

    __tablename__ = "reported_inventory"
    __table_args__ = (_of_connection(), Index("ix_reported_inventory_week", "shop_id", "starts_on"))

    net_received_units: int
    net_received_cost: Decimal | None = _money()
    open_purchase_order_units: int
    sellable_units: int
    sellable_cost: Decimal | None = _money()
    unsellable_units: int | None = None
    unsellable_cost: Decimal | None = _money()
    aged_units: int | None = Field(default=None, description="Sellable for more than 90 days.")
    aged_cost: Decimal | None = _money()
    unhealthy_units: int | None = None
    unhealthy_cost: Decimal | None = _money()
    unfilled_customer_ordered_units: int | None = None
    vendor_confirmation_rate: Decimal | None = _rate()
    receive_fill_rate: Decimal | None = _rate()
    out_of_stock_rate: Decimal | None = _rate()
    sell_through_rate: Decimal | None = _rate()
    lead_time_days: Decimal | None = _rate()
    currency: str | None = Field(default=None, max_length=3)


class ReportedTraffic(PeriodRow, table=True):
    """How often customers saw an item's page."""

    __tablename__ = "reported_traffic"
    __table_args__ = (_of_connection(),)

    glance_views: int


class ReportedMargin(PeriodRow, table=True):
    """Amazon's net pure product margin, as a part of one."""

    __tablename__ = "reported_margin"
    __table_args__ = (_of_connection(),)

    net_pure_product_margin: Decimal = Field(max_digits=19, decimal_places=6)


class PublishedForecast(Table, table=True):
    """Customers' demand of a week, as forecast on the day it was published; never overwritten."""

    __tablename__ = "published_forecast"
    __table_args__ = (
        _of_connection(),
        Index("ix_published_forecast_published_on", "shop_id", "published_on"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    connection_id: int = Field(primary_key=True, sa_type=Integer)
    marketplace: str = Field(primary_key=True)
    asin: str = Field(primary_key=True)
    starts_on: date = Field(primary_key=True)
    published_on: date = Field(primary_key=True)
    ends_on: date
    report_id: int = Field(sa_type=Integer)
    read_at: datetime = Field(default_factory=_now, description="When it first reached us.")
    mean: Decimal = Field(max_digits=19, decimal_places=4)
    p70: Decimal = Field(max_digits=19, decimal_places=4)
    p80: Decimal = Field(max_digits=19, decimal_places=4)
    p90: Decimal = Field(max_digits=19, decimal_places=4)


class HourlySales(HourRow, table=True):
    """Orders of one hour."""

    __tablename__ = "hourly_sales"
    __table_args__ = (_of_connection(),)

    ordered_units: int
    ordered_revenue: Decimal = Field(max_digits=19, decimal_places=4)
    currency: str = Field(max_length=3)


class HourlyInventory(HourRow, table=True):
    """Units at Amazon that can reach most customers fast, at one hour."""

    __tablename__ = "hourly_inventory"
    __table_args__ = (_of_connection(),)

    highly_available_units: int


class HourlyTraffic(HourRow, table=True):
    """Page views of one hour."""

    __tablename__ = "hourly_traffic"
    __table_args__ = (_of_connection(),)

    glance_views: int
