"""Which paper stands for an arrival that was typed.

Revision: 0043, after 0042
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("arrival", sa.Column("replaced_by_id", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_arrival_shop_id_replaced_by_id_arrival"),
        "arrival",
        "arrival",
        ["shop_id", "replaced_by_id"],
        ["shop_id", "arrival_id"],
    )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_arrival_shop_id_replaced_by_id_arrival"), "arrival")
    op.drop_column("arrival", "replaced_by_id")
