"""Papers that no API carries: by whom and how they were handed over.

Revision: 0019, after 0018
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

PAPERS = ("acknowledgement", "shipment", "invoice")
HANDED_OVER = (
    "handed_over_how IN ('hand', 'file') AND (handed_over_how IS NULL) = (handed_over_by IS NULL)"
)


def upgrade() -> None:
    for table in PAPERS:
        op.add_column(table, sa.Column("handed_over_how", AutoString(), nullable=True))
        op.add_column(table, sa.Column("handed_over_by", AutoString(), nullable=True))
        op.create_check_constraint(op.f(f"ck_{table}_handed_over"), table, HANDED_OVER)
    op.drop_index("ix_shipment_departs_at", "shipment")
    op.create_index(
        "ix_shipment_departs_at",
        "shipment",
        ["shop_id", "departs_at"],
        postgresql_where=sa.text("state IN ('draft', 'failed', 'waiting')"),
    )


def downgrade() -> None:
    op.drop_index("ix_shipment_departs_at", "shipment")
    op.create_index(
        "ix_shipment_departs_at",
        "shipment",
        ["shop_id", "departs_at"],
        postgresql_where=sa.text("state IN ('draft', 'failed')"),
    )
    for table in PAPERS:
        op.drop_constraint(op.f(f"ck_{table}_handed_over"), table, type_="check")
        op.drop_column(table, "handed_over_by")
        op.drop_column(table, "handed_over_how")
