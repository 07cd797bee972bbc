"""Shipments and invoices that a file brought.

Revision: 0024, after 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("shipment", "invoice"):
        op.add_column(table, sa.Column("import_id", sa.Integer(), nullable=True))
        op.create_index(
            f"ix_{table}_import",
            table,
            ["shop_id", "import_id"],
            postgresql_where=sa.text("import_id IS NOT NULL"),
        )


def downgrade() -> None:
    for table in ("shipment", "invoice"):
        op.drop_index(f"ix_{table}_import", table)
        op.drop_column(table, "import_id")
