"""Which payments stand in the deductions, and the ways to find what a paper touches.

Revision: 0017, after 0016
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "folded_remittance",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("payment_id", AutoString(), nullable=False),
        sa.Column("read_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "shop_id", "region", "payment_id", name=op.f("pk_folded_remittance")
        ),
    )
    op.create_index("ix_remittance_line_reference", "remittance_line", ["shop_id", "reference"])
    op.create_index(
        "ix_deduction_last_at", "deduction", ["shop_id", "last_at", "region", "kind", "reference"]
    )
    op.create_index(
        "ix_deduction_steps",
        "deduction",
        ["steps"],
        postgresql_using="gin",
        postgresql_ops={"steps": "jsonb_path_ops"},
    )
    protect("folded_remittance")


def downgrade() -> None:
    op.drop_table("folded_remittance")
    op.drop_index("ix_deduction_steps", "deduction")
    op.drop_index("ix_deduction_last_at", "deduction")
    op.drop_index("ix_remittance_line_reference", "remittance_line")
