"""Where a remittance was read, and what files and X12 say beside Amazon's API.

Revision: 0028, after 0027
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "remittance", sa.Column("source", AutoString(), nullable=False, server_default="api")
    )
    op.add_column("remittance", sa.Column("import_id", sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("ck_remittance_source"), "remittance", "source IN ('api', 'file', 'edi')"
    )
    op.create_index("ix_remittance_number", "remittance", ["shop_id", "region", "number"])
    op.create_table(
        "remittance_witness",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("witness_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("number", AutoString(), nullable=False),
        sa.Column("source", AutoString(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("digest", AutoString(), nullable=False),
        sa.Column("stated", postgresql.JSONB(), nullable=False),
        sa.Column("stated_at", UTCDateTime(), nullable=False),
        sa.Column("payment_id", AutoString(), nullable=True),
        sa.Column("differences", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("source IN ('file', 'edi')", name=op.f("ck_remittance_witness_source")),
        sa.PrimaryKeyConstraint("shop_id", "witness_id", name=op.f("pk_remittance_witness")),
    )
    op.create_index(
        "ix_remittance_witness_number", "remittance_witness", ["shop_id", "region", "number"]
    )
    op.create_index("ix_remittance_witness_import", "remittance_witness", ["shop_id", "import_id"])
    protect("remittance_witness")


def downgrade() -> None:
    op.drop_table("remittance_witness")
    op.drop_index("ix_remittance_number", "remittance")
    op.drop_constraint(op.f("ck_remittance_source"), "remittance")
    op.drop_column("remittance", "import_id")
    op.drop_column("remittance", "source")
