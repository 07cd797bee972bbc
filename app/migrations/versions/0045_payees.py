"""Whose each payment is.

Revision: 0045, after 0044
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "remittance", sa.Column("payees", JSONB(), nullable=False, server_default=sa.text("'[]'"))
    )
    op.alter_column("remittance", "payees", server_default=None)
    op.add_column("remittance", sa.Column("payee_how", AutoString(), nullable=True))
    op.create_check_constraint(
        op.f("ck_remittance_payee_how"),
        "remittance",
        "payee_how IN ('said', 'stated', 'invoices', 'only_one')",
    )
    op.create_index(
        "ix_remittance_payee_unknown",
        "remittance",
        ["shop_id", "region", "payment_id"],
        postgresql_where=sa.text("payee_how IS NULL"),
    )
    op.create_table(
        "remittance_payee",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("number", AutoString(), nullable=False),
        sa.Column("payee", AutoString(), nullable=False),
        sa.Column("said_at", UTCDateTime(), nullable=False),
        sa.Column("said_by", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "region", "number", name=op.f("pk_remittance_payee")),
    )
    protect("remittance_payee")


def downgrade() -> None:
    op.drop_table("remittance_payee")
    op.drop_index("ix_remittance_payee_unknown", "remittance")
    op.drop_column("remittance", "payee_how")
    op.drop_column("remittance", "payees")
