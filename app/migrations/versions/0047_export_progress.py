"""How far a scheduled export has come.

Revision: 0047, after 0046
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("export_schedule", sa.Column("making_since", UTCDateTime(), nullable=True))
    op.add_column("export_schedule", sa.Column("rows_made", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("export_schedule", "rows_made")
    op.drop_column("export_schedule", "making_since")
