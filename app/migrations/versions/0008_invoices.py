"""Invoices to Amazon, and how each vendor code is billed.

Revision: 0008, after 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "vendor_code",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("code", AutoString(), nullable=False),
        sa.Column("marketplace", AutoString(length=2), nullable=True),
        sa.Column("payee_code", AutoString(), nullable=True),
        sa.Column("cost_basis", AutoString(), nullable=True),
        sa.Column("tax_in_total", sa.Boolean(), nullable=True),
        sa.Column("tax_treatment", AutoString(), nullable=True),
        sa.Column("tax_registration_number", AutoString(), nullable=True),
        sa.Column("remit_to", postgresql.JSONB(), nullable=True),
        sa.Column("bill_to", postgresql.JSONB(), nullable=True),
        sa.Column("terms", postgresql.JSONB(), nullable=True),
        sa.Column("number_prefix", AutoString(), nullable=False),
        sa.Column("next_number", sa.Integer(), nullable=False),
        sa.Column("draft_from", AutoString(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.Column("changed_by", AutoString(), nullable=False),
        sa.CheckConstraint(
            "cost_basis IN ('each', 'case')", name=op.f("ck_vendor_code_cost_basis")
        ),
        sa.CheckConstraint(
            "draft_from IN ('hand', 'receipts', 'shipments')",
            name=op.f("ck_vendor_code_draft_from"),
        ),
        sa.CheckConstraint(
            "tax_treatment IN ('none', 'standard', 'reverse_charge')",
            name=op.f("ck_vendor_code_tax_treatment"),
        ),
        sa.CheckConstraint("next_number > 0", name=op.f("ck_vendor_code_next_number")),
        sa.PrimaryKeyConstraint("shop_id", "region", "code", name=op.f("pk_vendor_code")),
    )
    op.create_table(
        "invoice",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("vendor_code", AutoString(), nullable=False),
        sa.Column("type", AutoString(), nullable=False),
        sa.Column("source", AutoString(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("number", AutoString(), nullable=True),
        sa.Column("currency", AutoString(length=3), nullable=False),
        sa.Column("dated_at", UTCDateTime(), nullable=True),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("made_by", AutoString(), nullable=False),
        sa.Column("items_total", sa.Numeric(precision=19, scale=4), nullable=True),
        sa.Column("tax_total", sa.Numeric(precision=19, scale=4), nullable=True),
        sa.Column("total", sa.Numeric(precision=19, scale=4), nullable=True),
        sa.Column("document", postgresql.JSONB(), nullable=True),
        sa.Column("credit", postgresql.JSONB(), nullable=True),
        sa.Column("replaces", sa.Integer(), nullable=True),
        sa.Column("times_sent", sa.Integer(), nullable=False),
        sa.Column("sent_at", UTCDateTime(), nullable=True),
        sa.Column("transaction_id", AutoString(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("error", AutoString(), nullable=True),
        sa.Column("error_field", AutoString(), nullable=True),
        sa.Column("landed_at", UTCDateTime(), nullable=True),
        sa.Column("amazon_status", AutoString(), nullable=True),
        sa.Column("amazon_total", sa.Numeric(precision=19, scale=4), nullable=True),
        sa.Column("amazon_currency", AutoString(length=3), nullable=True),
        sa.Column("amazon_terms", AutoString(), nullable=True),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.Column("amazon_updated_at", UTCDateTime(), nullable=True),
        sa.Column("amazon_content", postgresql.JSONB(), nullable=True),
        sa.CheckConstraint(
            "number IS NOT NULL OR state IN ('draft', 'cancelled')",
            name=op.f("ck_invoice_numbered"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'waiting', 'sent', 'accepted', 'missing', 'unclear', 'landed',"
            " 'failed', 'cancelled')",
            name=op.f("ck_invoice_state"),
        ),
        sa.CheckConstraint("type IN ('Invoice', 'CreditNote')", name=op.f("ck_invoice_type")),
        sa.ForeignKeyConstraint(
            ["shop_id", "region", "vendor_code"],
            ["vendor_code.shop_id", "vendor_code.region", "vendor_code.code"],
            name=op.f("fk_invoice_shop_id_region_vendor_code_vendor_code"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "invoice_id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("shop_id", "number", name=op.f("uq_invoice_shop_id_number")),
    )
    op.create_index("ix_invoice_message", "invoice", ["shop_id", "message_id"], unique=False)
    op.create_index("ix_invoice_state", "invoice", ["shop_id", "state"], unique=False)
    op.create_table(
        "invoice_line",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("number", AutoString(), nullable=False),
        sa.Column("line", AutoString(), nullable=False),
        sa.Column("asin", AutoString(), nullable=True),
        sa.Column("vendor_sku", AutoString(), nullable=True),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("cost", sa.Numeric(precision=19, scale=4), nullable=True),
        sa.Column("amount", sa.Numeric(precision=19, scale=4), nullable=True),
        sa.Column("tax_rate", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("tax", sa.Numeric(precision=19, scale=4), nullable=True),
        sa.Column("amazon_units", sa.Integer(), nullable=True),
        sa.Column("amazon_amount", sa.Numeric(precision=19, scale=4), nullable=True),
        sa.Column("matched_units", sa.Integer(), nullable=True),
        sa.Column("variances", postgresql.JSONB(), nullable=True),
        sa.CheckConstraint("units >= 0", name=op.f("ck_invoice_line_units")),
        sa.ForeignKeyConstraint(
            ["shop_id", "invoice_id"],
            ["invoice.shop_id", "invoice.invoice_id"],
            name=op.f("fk_invoice_line_shop_id_invoice_id_invoice"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "region", "number", "line"],
            [
                "purchase_order_line.shop_id",
                "purchase_order_line.region",
                "purchase_order_line.number",
                "purchase_order_line.line",
            ],
            name=op.f("fk_invoice_line_shop_id_region_number_line_purchase_order_line"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "invoice_id", "position", name=op.f("pk_invoice_line")),
        sa.UniqueConstraint(
            "shop_id",
            "invoice_id",
            "number",
            "line",
            name=op.f("uq_invoice_line_shop_id_invoice_id_number_line"),
        ),
    )
    op.create_index(
        "ix_invoice_line_order",
        "invoice_line",
        ["shop_id", "region", "number", "line"],
        unique=False,
    )
    protect("vendor_code", "invoice", "invoice_line")


def downgrade() -> None:
    op.drop_table("invoice_line")
    op.drop_table("invoice")
    op.drop_table("vendor_code")
