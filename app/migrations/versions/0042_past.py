"""What happened before the books were opened, for the preview of a policy.

Revision: 0042, after 0041
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "past_line",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("reference", AutoString(), nullable=False),
        sa.Column("line", AutoString(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("firm_at", UTCDateTime(), nullable=True),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('order', 'purchase_order', 'delivery')", name=op.f("ck_past_line_kind")
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "item_id"],
            ["item.shop_id", "item.item_id"],
            name=op.f("fk_past_line_shop_id_item_id_item"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "location_id"],
            ["location.shop_id", "location.location_id"],
            name=op.f("fk_past_line_shop_id_location_id_location"),
        ),
        sa.PrimaryKeyConstraint(
            "shop_id", "kind", "reference", "line", "location_id", name=op.f("pk_past_line")
        ),
    )
    op.create_index("ix_past_line_at", "past_line", ["shop_id", "at"])
    op.create_table(
        "past_cover",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("ground_at", UTCDateTime(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=True),
        sa.Column("is_limited", sa.Boolean(), nullable=False),
        sa.Column("sees_deliveries", sa.Boolean(), nullable=False),
        sa.Column("purchase_orders_at", UTCDateTime(), nullable=True),
        sa.Column("unknown_lines", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('reading', 'whole', 'failed')", name=op.f("ck_past_cover_state")
        ),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_past_cover")),
    )
    op.create_table(
        "past_orders_run",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("step", AutoString(), nullable=False),
        sa.Column("operation_id", AutoString(), nullable=True),
        sa.Column("result_url", AutoString(), nullable=True),
        sa.Column("result_rows", sa.Integer(), nullable=False),
        sa.Column("reached_on", sa.Date(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", AutoString(), nullable=True),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "step IN ('ask', 'wait', 'load', 'deliveries', 'done')",
            name=op.f("ck_past_orders_run_step"),
        ),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_past_orders_run")),
    )
    protect("past_line", "past_cover", "past_orders_run")


def downgrade() -> None:
    op.drop_table("past_orders_run")
    op.drop_table("past_cover")
    op.drop_table("past_line")
