"""Every invoice that Amazon's finance shows, with its lines.

Revision: 0022, after 0021
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def _amount(name: str, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.Numeric(19, 4), nullable=nullable)


def _word(name: str, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, AutoString(), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "finance_invoice",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        _word("region", False),
        _word("payee_code", False),
        _word("number", False),
        _word("source", False),
        _word("type", False),
        _word("kind", False),
        _word("base_number", False),
        _word("status", False),
        _word("vendor_code"),
        sa.Column("purchase_orders", postgresql.JSONB(), nullable=False),
        sa.Column("issued_at", UTCDateTime(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        _word("terms"),
        sa.Column("currency", AutoString(3), nullable=False),
        _amount("total", False),
        *map(_amount, ("without_tax", "tax", "misc_charges", "other", "paid", "queued")),
        *map(_amount, ("quick_pay_discount", "quantity_variance", "price_variance")),
        _amount("other_settlement"),
        sa.Column("related", postgresql.JSONB(), nullable=False),
        sa.Column("amazon_updated_at", UTCDateTime(), nullable=False),
        sa.Column("read_at", UTCDateTime(), nullable=False),
        _word("digest", False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("source IN ('api', 'file')", name=op.f("ck_finance_invoice_source")),
        sa.CheckConstraint(
            "type IN ('AP_INVENTORY', 'OTHER')", name=op.f("ck_finance_invoice_type")
        ),
        sa.PrimaryKeyConstraint(
            "shop_id", "region", "payee_code", "number", name=op.f("pk_finance_invoice")
        ),
    )
    op.create_index(
        "ix_finance_invoice_issued_at",
        "finance_invoice",
        ["shop_id", "issued_at", "region", "number"],
    )
    op.create_index("ix_finance_invoice_base_number", "finance_invoice", ["shop_id", "base_number"])
    key = ["shop_id", "region", "payee_code", "number"]
    op.create_table(
        "finance_invoice_line",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        _word("region", False),
        _word("payee_code", False),
        _word("number", False),
        sa.Column("position", sa.Integer(), nullable=False),
        _word("amazon_line", False),
        *map(_word, ("purchase_order", "asin", "vendor_sku")),
        _word("type", False),
        _word("service_charge"),
        sa.Column("units", sa.Integer(), nullable=True),
        _amount("cost"),
        _amount("amount", False),
        sa.Column("matched_units", sa.Integer(), nullable=True),
        _amount("matched_amount"),
        sa.Column("quantity_variance", sa.Integer(), nullable=True),
        _amount("price_variance"),
        sa.Column("paid_units", sa.Integer(), nullable=True),
        _amount("paid_amount"),
        sa.Column("variances", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "type IN ('GOODS', 'SERVICES', 'OTHERS')", name=op.f("ck_finance_invoice_line_type")
        ),
        sa.ForeignKeyConstraint(
            key,
            [f"finance_invoice.{name}" for name in key],
            name=op.f("fk_finance_invoice_line_shop_id_finance_invoice"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(*key, "position", name=op.f("pk_finance_invoice_line")),
    )
    op.create_index(
        "ix_finance_invoice_line_purchase_order",
        "finance_invoice_line",
        ["shop_id", "purchase_order"],
    )
    op.create_table(
        "finance_reading",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        _word("marketplace_id", False),
        sa.Column("read_to", UTCDateTime(), nullable=True),
        _word("error"),
        sa.Column("tried_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "connection_id"],
            ["connection.shop_id", "connection.connection_id"],
            name=op.f("fk_finance_reading_shop_id_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "shop_id", "connection_id", "marketplace_id", name=op.f("pk_finance_reading")
        ),
    )
    for table in ("finance_invoice", "finance_invoice_line", "finance_reading"):
        protect(table)


def downgrade() -> None:
    op.drop_table("finance_reading")
    op.drop_table("finance_invoice_line")
    op.drop_table("finance_invoice")
