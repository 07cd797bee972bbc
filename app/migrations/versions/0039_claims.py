"""What exports of Vendor Central say of claims.

Revision: 0039, after 0038
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "claim_paper",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("number", AutoString(), nullable=False),
        sa.Column("part", AutoString(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("digest", AutoString(), nullable=False),
        sa.Column("invoice_number", AutoString(), nullable=True),
        sa.Column("base", AutoString(), nullable=True),
        sa.Column("purchase_order", AutoString(), nullable=True),
        sa.Column("asin", AutoString(), nullable=True),
        sa.Column("vendor_code", AutoString(), nullable=True),
        sa.Column("type", AutoString(), nullable=True),
        sa.Column("subtype", AutoString(), nullable=True),
        sa.Column("status", AutoString(), nullable=True),
        sa.Column("is_resolved", sa.Boolean(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=True),
        sa.Column("amount", sa.Numeric(19, 4), nullable=True),
        sa.Column("approved", sa.Numeric(19, 4), nullable=True),
        sa.Column("currency", AutoString(3), nullable=False),
        sa.Column("notified_at", UTCDateTime(), nullable=True),
        sa.Column("dispute_by", UTCDateTime(), nullable=True),
        sa.Column("taken_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('chargeback', 'return', 'dispute')", name=op.f("ck_claim_paper_kind")
        ),
        sa.PrimaryKeyConstraint(
            "shop_id",
            "region",
            "kind",
            "number",
            "part",
            "import_id",
            name=op.f("pk_claim_paper"),
        ),
    )
    op.create_index("ix_claim_paper_import", "claim_paper", ["shop_id", "import_id"])
    op.create_index("ix_claim_paper_base", "claim_paper", ["shop_id", "region", "base"])
    protect("claim_paper")


def downgrade() -> None:
    op.drop_table("claim_paper")
