"""Remittances as Amazon's finance states them.

Revision: 0014, after 0013
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "remittance",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("payment_id", AutoString(), nullable=False),
        sa.Column("number", AutoString(), nullable=True),
        sa.Column("status", AutoString(), nullable=False),
        sa.Column("paid_at", UTCDateTime(), nullable=False),
        sa.Column("amount", sa.Numeric(19, 4), nullable=False),
        sa.Column("currency", AutoString(3), nullable=False),
        sa.Column("invoice_amount", sa.Numeric(19, 4), nullable=True),
        sa.Column("invoice_currency", AutoString(3), nullable=True),
        sa.Column("exchange_rate", sa.Numeric(19, 8), nullable=True),
        sa.Column("method", AutoString(), nullable=True),
        sa.Column("stated_lines", sa.Integer(), nullable=True),
        sa.Column("vendor_codes", postgresql.JSONB(), nullable=False),
        sa.Column("payee_codes", postgresql.JSONB(), nullable=False),
        sa.Column("digest", AutoString(), nullable=False),
        sa.Column("header", postgresql.JSONB(), nullable=False),
        sa.Column("read_at", UTCDateTime(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "status IN ('IN_PROGRESS', 'SUCCESSFUL', 'FAILED')",
            name=op.f("ck_remittance_status"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "region", "payment_id", name=op.f("pk_remittance")),
    )
    op.create_index(
        "ix_remittance_paid_at", "remittance", ["shop_id", "paid_at", "region", "payment_id"]
    )
    op.create_table(
        "remittance_line",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("payment_id", AutoString(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("reference", AutoString(), nullable=False),
        sa.Column("invoice_number", AutoString(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("invoiced_at", UTCDateTime(), nullable=True),
        sa.Column("description", AutoString(), nullable=True),
        sa.Column("invoice_type", AutoString(), nullable=True),
        sa.Column("terms", AutoString(), nullable=True),
        sa.Column("total", sa.Numeric(19, 4), nullable=True),
        sa.Column("paid", sa.Numeric(19, 4), nullable=False),
        sa.Column("discount", sa.Numeric(19, 4), nullable=True),
        sa.Column("withheld", sa.Numeric(19, 4), nullable=True),
        sa.Column("currency", AutoString(3), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "region", "payment_id"],
            ["remittance.shop_id", "remittance.region", "remittance.payment_id"],
            name=op.f("fk_remittance_line_shop_id_remittance"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "shop_id", "region", "payment_id", "position", name=op.f("pk_remittance_line")
        ),
    )
    op.create_index("ix_remittance_line_invoice", "remittance_line", ["shop_id", "invoice_number"])
    op.create_table(
        "remittance_reading",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("marketplace_id", AutoString(), nullable=False),
        sa.Column("read_to", UTCDateTime(), nullable=False),
        sa.Column("error", AutoString(), nullable=True),
        sa.Column("tried_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "connection_id"],
            ["connection.shop_id", "connection.connection_id"],
            name=op.f("fk_remittance_reading_shop_id_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "shop_id", "connection_id", "marketplace_id", name=op.f("pk_remittance_reading")
        ),
    )
    for table in ("remittance", "remittance_line", "remittance_reading"):
        protect(table)


def downgrade() -> None:
    op.drop_table("remittance_reading")
    op.drop_table("remittance_line")
    op.drop_table("remittance")
