"""Vendor retail analytics reports and the rows they bring.

Revision: 0012, after 0011
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = (
    "report",
    "reported_sales",
    "reported_inventory",
    "reported_traffic",
    "reported_margin",
    "published_forecast",
    "hourly_sales",
    "hourly_inventory",
    "hourly_traffic",
)


def upgrade() -> None:
    op.create_table(
        "report",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("marketplace", AutoString(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("starts_at", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("asked_by", AutoString(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("times_asked", sa.Integer(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=True),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("amazon_id", AutoString(), nullable=True),
        sa.Column("document_id", AutoString(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("rows_kept", sa.Integer(), nullable=False),
        sa.Column("rows_unread", sa.Integer(), nullable=False),
        sa.Column("good_at", UTCDateTime(), nullable=True),
        sa.Column("cause", AutoString(), nullable=True),
        sa.Column("cause_code", AutoString(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'asking', 'queued', 'running', 'hanging', 'done', 'empty',"
            " 'fatal', 'failed')",
            name=op.f("ck_report_state"),
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_report_span")),
        sa.ForeignKeyConstraint(
            ["shop_id", "connection_id"],
            ["connection.shop_id", "connection.connection_id"],
            name=op.f("fk_report_shop_id_connection_id_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("shop_id", "report_id", name=op.f("pk_report")),
    )
    op.create_index(
        "ix_report_due",
        "report",
        ["shop_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "uq_report_period",
        "report",
        ["shop_id", "connection_id", "marketplace", "kind", "starts_at"],
        unique=True,
    )
    days = (
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
    )
    hour: tuple[sa.Column[Any], ...] = (sa.Column("starts_at", UTCDateTime(), nullable=False),)
    make(
        "reported_sales",
        days,
        (
            maybe_units("ordered_units"),
            maybe_money("ordered_revenue"),
            units("shipped_units"),
            maybe_money("shipped_revenue"),
            maybe_money("shipped_cogs"),
            maybe_units("customer_returns"),
            currency(nullable=True),
        ),
    )
    make(
        "reported_inventory",
        days,
        (
            units("net_received_units"),
            maybe_money("net_received_cost"),
            units("open_purchase_order_units"),
            units("sellable_units"),
            maybe_money("sellable_cost"),
            maybe_units("unsellable_units"),
            maybe_money("unsellable_cost"),
            maybe_units("aged_units"),
            maybe_money("aged_cost"),
            maybe_units("unhealthy_units"),
            maybe_money("unhealthy_cost"),
            maybe_units("unfilled_customer_ordered_units"),
            maybe_rate("vendor_confirmation_rate"),
            maybe_rate("receive_fill_rate"),
            maybe_rate("out_of_stock_rate"),
            maybe_rate("sell_through_rate"),
            maybe_rate("lead_time_days"),
            currency(nullable=True),
        ),
    )
    make("reported_traffic", days, (units("glance_views"),))
    make(
        "reported_margin",
        days,
        (sa.Column("net_pure_product_margin", sa.Numeric(19, 6), nullable=False),),
    )
    make(
        "published_forecast",
        (
            sa.Column("starts_on", sa.Date(), nullable=False),
            sa.Column("published_on", sa.Date(), nullable=False),
        ),
        (
            sa.Column("ends_on", sa.Date(), nullable=False),
            sa.Column("read_at", UTCDateTime(), nullable=False),
            *(
                sa.Column(name, sa.Numeric(19, 4), nullable=False)
                for name in ("mean", "p70", "p80", "p90")
            ),
        ),
    )
    make(
        "hourly_sales",
        hour,
        (
            units("ordered_units"),
            sa.Column("ordered_revenue", sa.Numeric(19, 4), nullable=False),
            currency(nullable=False),
        ),
    )
    make("hourly_inventory", hour, (units("highly_available_units"),))
    make("hourly_traffic", hour, (units("glance_views"),))
    op.create_index("ix_reported_sales_week", "reported_sales", ["shop_id", "starts_on"])
    op.create_index("ix_reported_inventory_week", "reported_inventory", ["shop_id", "starts_on"])
    op.create_index(
        "ix_published_forecast_published_on", "published_forecast", ["shop_id", "published_on"]
    )
    protect(*TABLES)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def make(table: str, when: tuple[sa.Column[Any], ...], what: tuple[sa.Column[Any], ...]) -> None:
    """A table of rows that reports bring: whose, of what, of when, and its figures."""
    own: tuple[sa.Column[Any], ...] = (
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("marketplace", AutoString(), nullable=False),
        sa.Column("asin", AutoString(), nullable=False),
    )
    op.create_table(
        table,
        *own,
        *(sa.Column(one.name, one.type, nullable=False) for one in when),
        sa.Column("report_id", sa.Integer(), nullable=False),
        *what,
        sa.ForeignKeyConstraint(
            ["shop_id", "connection_id"],
            ["connection.shop_id", "connection.connection_id"],
            name=op.f(f"fk_{table}_shop_id_connection_id_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(*(one.name for one in (*own, *when)), name=op.f(f"pk_{table}")),
    )


def units(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=False)


def maybe_units(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=True)


def maybe_money(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Numeric(19, 4), nullable=True)


def maybe_rate(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Numeric(19, 6), nullable=True)


def currency(*, nullable: bool) -> sa.Column[Any]:
    return sa.Column("currency", AutoString(length=3), nullable=nullable)
