"""Inventory transfers of Shopify as papers: their expected arrivals, with or without a day.

Revision: 0031, after 0030
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("arrival", sa.Column("title", AutoString(), nullable=True))
    op.alter_column("arrival", "expected_on", nullable=True)
    op.create_table(
        "inventory_transfer",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("number", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("status", AutoString(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.Column("read_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "number", name=op.f("pk_inventory_transfer")),
    )
    protect("inventory_transfer")


def downgrade() -> None:
    op.drop_table("inventory_transfer")
    op.execute("DELETE FROM arrival WHERE expected_on IS NULL")
    op.alter_column("arrival", "expected_on", nullable=False)
    op.drop_column("arrival", "title")
