"""A person of the store is called by the name that Shopify gives of them.

Revision: 0052, after 0051
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("preference", sa.Column("name", AutoString(), nullable=True))


def downgrade() -> None:
    op.drop_column("preference", "name")
