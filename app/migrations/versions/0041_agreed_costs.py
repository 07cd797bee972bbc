"""What each product costs Amazon, as it was agreed.

Revision: 0041, after 0040
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agreed_cost",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("agreed_cost_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("vendor_code", AutoString(), nullable=False),
        sa.Column("asin", AutoString(), nullable=False),
        sa.Column("currency", AutoString(3), nullable=False),
        sa.Column("cost", sa.Numeric(19, 4), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("made_by", AutoString(), nullable=False),
        sa.Column("withdrawn_at", UTCDateTime(), nullable=True),
        sa.Column("withdrawn_by", AutoString(), nullable=True),
        sa.Column("replaced_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("cost > 0", name=op.f("ck_agreed_cost_cost")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_agreed_cost_days")),
        sa.CheckConstraint(
            "replaced_by IS NULL OR withdrawn_at IS NOT NULL", name=op.f("ck_agreed_cost_replaced")
        ),
        sa.PrimaryKeyConstraint("shop_id", "agreed_cost_id", name=op.f("pk_agreed_cost")),
    )
    op.create_index(
        "uq_agreed_cost_in_force",
        "agreed_cost",
        ["shop_id", "region", "vendor_code", "asin", "currency", "starts_on"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index("ix_agreed_cost_import", "agreed_cost", ["shop_id", "import_id"])
    op.create_index("ix_agreed_cost_replaced_by", "agreed_cost", ["shop_id", "replaced_by"])
    protect("agreed_cost")


def downgrade() -> None:
    op.drop_table("agreed_cost")
