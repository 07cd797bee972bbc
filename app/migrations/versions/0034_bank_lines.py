"""Lines of bank statements, and when a payment that none of them shows is named.

Revision: 0034, after 0033
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "shop_preference",
        sa.Column("not_in_bank_after_days", sa.Integer(), nullable=False, server_default="10"),
    )
    op.create_table(
        "bank_line",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("bank_line_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("key", AutoString(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("valued_on", sa.Date(), nullable=True),
        sa.Column("amount", sa.Numeric(19, 4), nullable=False),
        sa.Column("currency", AutoString(3), nullable=False),
        sa.Column("bank_reference", AutoString(), nullable=True),
        sa.Column("end_to_end", AutoString(), nullable=True),
        sa.Column("named_numbers", postgresql.JSONB(), nullable=False),
        sa.Column("region", AutoString(), nullable=True),
        sa.Column("payment_id", AutoString(), nullable=True),
        sa.Column("payment_number", AutoString(), nullable=True),
        sa.Column("matched_how", AutoString(), nullable=True),
        sa.Column("matched_by", AutoString(), nullable=True),
        sa.Column("matched_at", UTCDateTime(), nullable=True),
        sa.Column("set_aside_by", AutoString(), nullable=True),
        sa.Column("set_aside_at", UTCDateTime(), nullable=True),
        sa.Column("taken_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "matched_how IN ('reference', 'confirmed')", name=op.f("ck_bank_line_matched_how")
        ),
        sa.CheckConstraint(
            "(payment_id IS NULL) = (matched_how IS NULL)"
            " AND (payment_id IS NULL) = (region IS NULL)",
            name=op.f("ck_bank_line_matched"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "bank_line_id", name=op.f("pk_bank_line")),
        sa.UniqueConstraint("shop_id", "key", name=op.f("uq_bank_line_shop_id_key")),
    )
    op.create_index("ix_bank_line_booked_on", "bank_line", ["shop_id", "booked_on", "bank_line_id"])
    op.create_index("ix_bank_line_payment", "bank_line", ["shop_id", "region", "payment_id"])
    op.create_index("ix_bank_line_import", "bank_line", ["shop_id", "import_id"])
    protect("bank_line")


def downgrade() -> None:
    op.drop_table("bank_line")
    op.drop_column("shop_preference", "not_in_bank_after_days")
