"""Deductions as the papers make them, what a person says they are, and papers kept as evidence.

Revision: 0015, after 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deduction",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("reference", AutoString(), nullable=False),
        sa.Column("currency", AutoString(3), nullable=False),
        sa.Column("invoice_number", AutoString(), nullable=True),
        sa.Column("purchase_order", AutoString(), nullable=True),
        sa.Column("line", AutoString(), nullable=True),
        sa.Column("cause", AutoString(), nullable=True),
        sa.Column("units", sa.Integer(), nullable=True),
        sa.Column("taken", sa.Numeric(19, 4), nullable=False),
        sa.Column("recovered", sa.Numeric(19, 4), nullable=False),
        sa.Column("first_at", UTCDateTime(), nullable=False),
        sa.Column("last_at", UTCDateTime(), nullable=False),
        sa.Column("notified_at", UTCDateTime(), nullable=True),
        sa.Column("dispute_by", UTCDateTime(), nullable=True),
        sa.Column("steps", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("taken >= 0 AND recovered >= 0", name=op.f("ck_deduction_amounts")),
        sa.PrimaryKeyConstraint(
            "shop_id", "region", "kind", "reference", "currency", name=op.f("pk_deduction")
        ),
    )
    op.create_index("ix_deduction_invoice", "deduction", ["shop_id", "invoice_number"])
    op.create_table(
        "evidence",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("evidence_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("type", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("sha256", AutoString(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("text", AutoString(), nullable=False),
        sa.Column("region", AutoString(), nullable=True),
        sa.Column("shipment", AutoString(), nullable=True),
        sa.Column("purchase_order", AutoString(), nullable=True),
        sa.Column("invoice_number", AutoString(), nullable=True),
        sa.Column("carrier_reference", AutoString(), nullable=True),
        sa.Column("added_at", UTCDateTime(), nullable=False),
        sa.Column("added_by", AutoString(), nullable=False),
        sa.CheckConstraint(
            "type IN ('bol', 'pod', 'packing_list', 'asn', 'weight_ticket', 'photo',"
            " 'purchase_order', 'acknowledgement', 'invoice', 'appointment', 'label', 'other')",
            name=op.f("ck_evidence_type"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "evidence_id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("shop_id", "sha256", name=op.f("uq_evidence_shop_id")),
    )
    op.create_index("ix_evidence_shipment", "evidence", ["shop_id", "shipment"])
    op.create_index("ix_evidence_purchase_order", "evidence", ["shop_id", "purchase_order"])
    for table in ("deduction", "evidence"):
        protect(table)


def downgrade() -> None:
    op.drop_table("evidence")
    op.drop_table("deduction")
