"""Rates of exchange, and the alarm for orders that are not settled.

Revision: 0025, after 0024
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exchange_rate",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("base", AutoString(3), nullable=False),
        sa.Column("quote", AutoString(3), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(19, 8), nullable=False),
        sa.Column("source", AutoString(), nullable=False),
        sa.Column("by", AutoString(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("rate > 0", name=op.f("ck_exchange_rate_rate")),
        sa.CheckConstraint("base <> quote", name=op.f("ck_exchange_rate_pair")),
        sa.PrimaryKeyConstraint("shop_id", "base", "quote", "day", name=op.f("pk_exchange_rate")),
    )
    protect("exchange_rate")
    op.add_column("shop_preference", sa.Column("unsettled_after_days", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("shop_preference", "unsettled_after_days")
    op.drop_table("exchange_rate")
