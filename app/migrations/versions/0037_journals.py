"""Which account of the shop's own books each part of an entry goes to.

Revision: 0037, after 0036
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

TENANT_TABLES = ("journal_account", "journal_setting")


def upgrade() -> None:
    op.create_table(
        "journal_account",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("part", AutoString(), nullable=False),
        sa.Column("account", AutoString(), nullable=False),
        sa.Column("tax_rate", AutoString(), nullable=True),
        sa.Column("changed_by", AutoString(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("account <> ''", name=op.f("ck_journal_account_account")),
        sa.PrimaryKeyConstraint("shop_id", "part", name=op.f("pk_journal_account")),
    )
    op.create_table(
        "journal_setting",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("customer", AutoString(), nullable=False),
        sa.Column("journal", AutoString(), nullable=False),
        sa.Column("tax_rate", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_journal_setting")),
    )
    protect(*TENANT_TABLES)


def downgrade() -> None:
    for table in reversed(TENANT_TABLES):
        op.drop_table(table)
