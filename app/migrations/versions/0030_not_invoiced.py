"""Lines that were received and not invoiced, found without looking at all the others.

Revision: 0030, after 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

NAME = "ix_reconciliation_line_not_invoiced"


def upgrade() -> None:
    op.create_index(
        NAME,
        "reconciliation_line",
        ["shop_id", "ordered_at"],
        postgresql_where=sa.text("invoiced_units < received_units"),
    )


def downgrade() -> None:
    op.drop_index(NAME, table_name="reconciliation_line")
