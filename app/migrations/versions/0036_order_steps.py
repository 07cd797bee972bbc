"""Whose each step of an order is.

Revision: 0036, after 0035
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "order_step_owner",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("number", AutoString(), nullable=False),
        sa.Column("step", AutoString(), nullable=False),
        sa.Column("owner", AutoString(), nullable=False),
        sa.Column("given_by", AutoString(), nullable=False),
        sa.Column("given_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "region", "number"],
            ["purchase_order.shop_id", "purchase_order.region", "purchase_order.number"],
            name=op.f("fk_order_step_owner_shop_id_region_number_purchase_order"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "shop_id", "region", "number", "step", name=op.f("pk_order_step_owner")
        ),
    )
    protect("order_step_owner")


def downgrade() -> None:
    op.drop_table("order_step_owner")
