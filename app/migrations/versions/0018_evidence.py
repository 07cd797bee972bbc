"""What evidence is made from, and how it is to be shown.

Revision: 0018, after 0017
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "evidence",
        sa.Column(
            "media_type", AutoString(), nullable=False, server_default="application/octet-stream"
        ),
    )
    op.alter_column("evidence", "media_type", server_default=None)
    op.add_column("evidence", sa.Column("made_from", AutoString(), nullable=True))
    op.create_unique_constraint(
        op.f("uq_evidence_shop_id_made_from"), "evidence", ["shop_id", "made_from"]
    )
    op.create_index("ix_evidence_invoice", "evidence", ["shop_id", "invoice_number"])


def downgrade() -> None:
    op.drop_index("ix_evidence_invoice", "evidence")
    op.drop_constraint(op.f("uq_evidence_shop_id_made_from"), "evidence")
    op.drop_column("evidence", "made_from")
    op.drop_column("evidence", "media_type")
