"""Scheduled exports and the files they made.

Revision: 0035, after 0034
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

TENANT_TABLES = ("export_schedule", "exported_file")


def upgrade() -> None:
    op.create_table(
        "export_schedule",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("table_name", AutoString(), nullable=False),
        sa.Column("filters", postgresql.JSONB(), nullable=False),
        sa.Column("format", AutoString(), nullable=False),
        sa.Column("rhythm", AutoString(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("address_id", sa.Integer(), nullable=True),
        sa.Column("next_at", UTCDateTime(), nullable=False),
        sa.Column("last_at", UTCDateTime(), nullable=True),
        sa.Column("error", AutoString(), nullable=True),
        sa.Column("made_by", AutoString(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("format IN ('csv', 'xlsx')", name=op.f("ck_export_schedule_format")),
        sa.CheckConstraint(
            "rhythm IN ('daily', 'weekly', 'monthly')", name=op.f("ck_export_schedule_rhythm")
        ),
        sa.CheckConstraint(
            "hour BETWEEN 0 AND 23 AND weekday BETWEEN 0 AND 6 AND day BETWEEN 1 AND 28",
            name=op.f("ck_export_schedule_time"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "address_id"],
            ["alert_address.shop_id", "alert_address.address_id"],
            name=op.f("fk_export_schedule_shop_id_address_id_alert_address"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "schedule_id", name=op.f("pk_export_schedule")),
    )
    op.create_index("ix_export_schedule_due", "export_schedule", ["shop_id", "next_at"])
    op.create_table(
        "exported_file",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("format", AutoString(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_id", "schedule_id"],
            ["export_schedule.shop_id", "export_schedule.schedule_id"],
            name=op.f("fk_exported_file_shop_id_schedule_id_export_schedule"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("shop_id", "file_id", name=op.f("pk_exported_file")),
        sa.UniqueConstraint(
            "shop_id",
            "schedule_id",
            "due_at",
            name=op.f("uq_exported_file_shop_id_schedule_id_due_at"),
        ),
    )
    protect(*TENANT_TABLES)


def downgrade() -> None:
    for table in reversed(TENANT_TABLES):
        op.drop_table(table)
