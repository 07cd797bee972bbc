"""Matches of people followed where papers change behind them, and co-op of net sales.

Revision: 0040, after 0039
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payment_match_part", sa.Column("payment_number", AutoString(), nullable=True))
    op.execute(
        "UPDATE payment_match_part AS part SET payment_number = paper.number"
        " FROM remittance AS paper WHERE paper.shop_id = part.shop_id"
        " AND paper.region = part.region AND paper.payment_id = part.payment_id"
    )
    op.create_table(
        "bank_parting",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("key", AutoString(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("payment_id", AutoString(), nullable=False),
        sa.Column("payment_number", AutoString(), nullable=True),
        sa.Column("amount", sa.Numeric(19, 4), nullable=False),
        sa.Column("currency", AutoString(3), nullable=False),
        sa.Column("matched_by", AutoString(), nullable=False),
        sa.Column("matched_at", UTCDateTime(), nullable=False),
        sa.Column("parted_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "key", name=op.f("pk_bank_parting")),
    )
    protect("bank_parting")
    _bases("('receipts', 'net_receipts', 'invoiced', 'net_sales', 'fixed')")


def downgrade() -> None:
    _bases("('receipts', 'net_receipts', 'invoiced', 'fixed')")
    op.drop_table("bank_parting")
    op.drop_column("payment_match_part", "payment_number")


def _bases(bases: str) -> None:
    name = op.f("ck_co_op_agreement_base")
    op.drop_constraint(name, "co_op_agreement", type_="check")
    op.create_check_constraint(name, "co_op_agreement", f"base IN {bases}")
