"""Charges of whole invoices, other rates of tax by line, and the papers of India.

Revision: 0048, after 0047
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel.sql.sqltypes import AutoString

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("invoice", sa.Column("charges", JSONB(), nullable=True))
    op.add_column(
        "invoice",
        sa.Column("charges_total", sa.Numeric(19, 4), server_default="0", nullable=False),
    )
    op.add_column("invoice", sa.Column("reference_number", AutoString(), nullable=True))
    op.add_column(
        "invoice_line", sa.Column("charges", sa.Numeric(19, 4), server_default="0", nullable=False)
    )
    op.add_column("invoice_line", sa.Column("hsn_code", AutoString(), nullable=True))
    op.add_column("invoice_line", sa.Column("said_tax_rate", sa.Numeric(9, 6), nullable=True))


def downgrade() -> None:
    op.drop_column("invoice_line", "said_tax_rate")
    op.drop_column("invoice_line", "hsn_code")
    op.drop_column("invoice_line", "charges")
    op.drop_column("invoice", "reference_number")
    op.drop_column("invoice", "charges_total")
    op.drop_column("invoice", "charges")
