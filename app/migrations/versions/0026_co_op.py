"""Co-op agreements, and which charge belongs to which.

Revision: 0026, after 0025
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "co_op_agreement",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("vendor_code", AutoString(), nullable=True),
        sa.Column("number", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("purpose", AutoString(), nullable=False),
        sa.Column("base", AutoString(), nullable=False),
        sa.Column("rate", sa.Numeric(9, 6), nullable=True),
        sa.Column("amount", sa.Numeric(19, 4), nullable=True),
        sa.Column("currency", AutoString(3), nullable=False),
        sa.Column("period", AutoString(), nullable=False),
        sa.Column("funding", AutoString(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.Column("changed_by", AutoString(), nullable=False),
        sa.CheckConstraint(
            "purpose IN ('damage_allowance', 'freight_allowance', 'marketing', 'volume', 'other')",
            name=op.f("ck_co_op_agreement_purpose"),
        ),
        sa.CheckConstraint(
            "base IN ('receipts', 'net_receipts', 'invoiced', 'fixed')",
            name=op.f("ck_co_op_agreement_base"),
        ),
        sa.CheckConstraint(
            "period IN ('month', 'quarter', 'year')", name=op.f("ck_co_op_agreement_period")
        ),
        sa.CheckConstraint(
            "funding IN ('deducted', 'paid')", name=op.f("ck_co_op_agreement_funding")
        ),
        sa.CheckConstraint(
            "(base = 'fixed') = (amount IS NOT NULL) AND (base = 'fixed') = (rate IS NULL)",
            name=op.f("ck_co_op_agreement_priced"),
        ),
        sa.CheckConstraint(
            "rate >= 0 AND rate <= 1 AND amount >= 0", name=op.f("ck_co_op_agreement_amounts")
        ),
        sa.PrimaryKeyConstraint("shop_id", "agreement_id", name=op.f("pk_co_op_agreement")),
    )
    op.create_table(
        "co_op_charge",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("reference", AutoString(), nullable=False),
        sa.Column("currency", AutoString(3), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("confirmed_at", UTCDateTime(), nullable=False),
        sa.Column("confirmed_by", AutoString(), nullable=False),
        sa.CheckConstraint("from_day <= to_day", name=op.f("ck_co_op_charge_days")),
        sa.ForeignKeyConstraint(
            ["shop_id", "agreement_id"],
            ["co_op_agreement.shop_id", "co_op_agreement.agreement_id"],
            name=op.f("fk_co_op_charge_shop_id_agreement_id_co_op_agreement"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "shop_id", "region", "reference", "currency", name=op.f("pk_co_op_charge")
        ),
    )
    protect("co_op_agreement", "co_op_charge")


def downgrade() -> None:
    op.drop_table("co_op_charge")
    op.drop_table("co_op_agreement")
