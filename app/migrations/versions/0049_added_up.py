"""A sum of amounts that costs nothing where there is nothing to add.

The built-in sum of numerics keeps a state of hundreds of bytes for each group, of nulls too. The match
adds up many amounts of groups that have one row, and most amounts are null. The result is the same.

Revision: 0049, after 0048
"""

from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE AGGREGATE added_up(numeric) (SFUNC = numeric_add, STYPE = numeric, PARALLEL = SAFE)"
    )


def downgrade() -> None:
    op.execute("DROP AGGREGATE added_up(numeric)")
