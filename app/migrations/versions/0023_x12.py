"""Files of X12: partners, control numbers that are never used twice, and every file written.

Revision: 0023, after 0022
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "x12_partner",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("vendor_code", AutoString(), nullable=False),
        sa.Column("own_qualifier", AutoString(2), nullable=False),
        sa.Column("own_id", AutoString(15), nullable=False),
        sa.Column("own_group_id", AutoString(15), nullable=True),
        sa.Column("partner_qualifier", AutoString(2), nullable=False),
        sa.Column("partner_id", AutoString(15), nullable=False),
        sa.Column("partner_group_id", AutoString(15), nullable=True),
        sa.Column("version", AutoString(), nullable=False),
        sa.Column("element_separator", AutoString(1), nullable=False),
        sa.Column("component_separator", AutoString(1), nullable=False),
        sa.Column("segment_separator", AutoString(1), nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.Column("changed_by", AutoString(), nullable=False),
        sa.CheckConstraint("version ~ '^00[0-9]{4}$'", name=op.f("ck_x12_partner_version")),
        sa.CheckConstraint(
            "element_separator <> component_separator"
            " AND element_separator <> segment_separator"
            " AND component_separator <> segment_separator",
            name=op.f("ck_x12_partner_separators"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "region", "vendor_code", name=op.f("pk_x12_partner")),
    )
    op.create_table(
        "x12_control",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("own", AutoString(), nullable=False),
        sa.Column("partner", AutoString(), nullable=False),
        sa.Column("next_number", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "next_number > 0 AND next_number <= 1000000000",
            name=op.f("ck_x12_control_next_number"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "own", "partner", name=op.f("pk_x12_control")),
    )
    op.create_table(
        "x12_file",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("own", AutoString(), nullable=False),
        sa.Column("partner", AutoString(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("type", AutoString(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("reference", AutoString(), nullable=False),
        sa.Column("title", AutoString(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", UTCDateTime(), nullable=False),
        sa.Column("written_by", AutoString(), nullable=False),
        sa.Column("verdict", AutoString(), nullable=True),
        sa.Column("verdict_at", UTCDateTime(), nullable=True),
        sa.Column("verdict_import_id", sa.Integer(), nullable=True),
        sa.Column("errors", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("type IN ('855', '856', '810', '997')", name=op.f("ck_x12_file_type")),
        sa.CheckConstraint(
            "verdict IN ('accepted', 'with_errors', 'rejected')", name=op.f("ck_x12_file_verdict")
        ),
        sa.CheckConstraint(
            "(verdict IS NULL) = (verdict_at IS NULL)", name=op.f("ck_x12_file_verdict_at")
        ),
        sa.PrimaryKeyConstraint("shop_id", "file_id", name=op.f("pk_x12_file")),
        sa.UniqueConstraint(
            "shop_id", "own", "partner", "number", name=op.f("uq_x12_file_shop_id")
        ),
    )
    op.create_index("ix_x12_file_reference", "x12_file", ["shop_id", "type", "region", "reference"])
    for table in ("x12_partner", "x12_control", "x12_file"):
        protect(table)


def downgrade() -> None:
    for table in ("x12_file", "x12_control", "x12_partner"):
        op.drop_table(table)
