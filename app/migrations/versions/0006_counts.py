"""Counts compared with the books: discrepancies, kits and the exit file.

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TENANT_TABLES = ("discrepancy", "kit_part", "shop_preference", "count_run")
STATE = postgresql.ENUM(name="stock_state", create_type=False)


def upgrade() -> None:
    op.add_column("count", sa.Column("read_at", UTCDateTime(), nullable=True))
    op.execute('UPDATE "count" SET read_at = observed_at')
    op.alter_column("count", "read_at", nullable=False)
    op.create_index("ix_count_read_at", "count", ["shop_id", "read_at"], unique=False)
    op.add_column("shop", sa.Column("leaving_at", UTCDateTime(), nullable=True))
    op.add_column("shop", sa.Column("leaving_by", AutoString(), nullable=True))
    op.create_table(
        "discrepancy",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("discrepancy_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("source", AutoString(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("state", STATE, nullable=False),
        sa.Column("ours", sa.Integer(), nullable=False),
        sa.Column("theirs", sa.Integer(), nullable=False),
        sa.Column("status", AutoString(), nullable=False),
        sa.Column("first_seen_at", UTCDateTime(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("ended_by", AutoString(), nullable=True),
        sa.Column("explanation", AutoString(), nullable=True),
        sa.Column("explained_by", AutoString(), nullable=True),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("owner", AutoString(), nullable=True),
        sa.Column("note", AutoString(), nullable=True),
        sa.Column("history", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "explanation IN ('ours', 'order', 'app', 'person', 'unknown')",
            name=op.f("ck_discrepancy_explanation"),
        ),
        sa.CheckConstraint("kind IN ('count')", name=op.f("ck_discrepancy_kind")),
        sa.CheckConstraint(
            "status IN ('noticed', 'open', 'left', 'adopted', 'closed')",
            name=op.f("ck_discrepancy_status"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "item_id"],
            ["item.shop_id", "item.item_id"],
            name=op.f("fk_discrepancy_shop_id_item_id_item"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "location_id"],
            ["location.shop_id", "location.location_id"],
            name=op.f("fk_discrepancy_shop_id_location_id_location"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "discrepancy_id", name=op.f("pk_discrepancy")),
    )
    op.create_index(
        "uq_discrepancy_standing",
        "discrepancy",
        ["shop_id", "item_id", "location_id", "state", "source"],
        unique=True,
        postgresql_where=sa.text("status IN ('noticed', 'open', 'left')"),
    )
    op.create_index(
        "ix_discrepancy_status",
        "discrepancy",
        ["shop_id", "status", "discrepancy_id"],
        unique=False,
    )
    op.create_table(
        "kit_part",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("kit_item_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.CheckConstraint("kit_item_id <> item_id", name=op.f("ck_kit_part_not_itself")),
        sa.CheckConstraint("units > 0", name=op.f("ck_kit_part_units")),
        sa.ForeignKeyConstraint(
            ["shop_id", "item_id"],
            ["item.shop_id", "item.item_id"],
            name=op.f("fk_kit_part_shop_id_item_id_item"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "kit_item_id"],
            ["item.shop_id", "item.item_id"],
            name=op.f("fk_kit_part_shop_id_kit_item_id_item"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "kit_item_id", "item_id", name=op.f("pk_kit_part")),
    )
    op.create_index("ix_kit_part_item", "kit_part", ["shop_id", "item_id"], unique=False)
    op.create_table(
        "shop_preference",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("adopt_differences", AutoString(), nullable=False),
        sa.Column("exit_email", AutoString(), nullable=True),
        sa.CheckConstraint(
            "adopt_differences IN ('never', 'person', 'all')",
            name=op.f("ck_shop_preference_adopt_differences"),
        ),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_shop_preference")),
    )
    op.create_table(
        "count_run",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("step", AutoString(), nullable=False),
        sa.Column("operation_id", AutoString(), nullable=True),
        sa.Column("result_url", AutoString(), nullable=True),
        sa.Column("result_rows", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", AutoString(), nullable=True),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=True),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint("step IN ('ask', 'wait', 'load')", name=op.f("ck_count_run_step")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_count_run")),
    )
    protect(*TENANT_TABLES)
