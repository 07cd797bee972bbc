"""Which journals went to the shop's books, and each entry as they have it.

Revision: 0046, after 0045
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "journal_export",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("export_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("software", AutoString(), nullable=False),
        sa.Column("currency", AutoString(3), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("scope", AutoString(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("media_type", AutoString(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("exported_at", UTCDateTime(), nullable=False),
        sa.Column("exported_by", AutoString(), nullable=False),
        sa.CheckConstraint("scope IN ('all', 'changes')", name=op.f("ck_journal_export_scope")),
        sa.CheckConstraint("from_day <= to_day", name=op.f("ck_journal_export_days")),
        sa.PrimaryKeyConstraint("shop_id", "export_id", name=op.f("pk_journal_export")),
    )
    op.create_index(
        "ix_journal_export_days", "journal_export", ["shop_id", "software", "currency", "from_day"]
    )
    op.create_table(
        "journal_exported",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("software", AutoString(), nullable=False),
        sa.Column("currency", AutoString(3), nullable=False),
        sa.Column("number", AutoString(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("path", AutoString(), nullable=False),
        sa.Column("legs", JSONB(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("export_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "export_id"],
            ["journal_export.shop_id", "journal_export.export_id"],
            name=op.f("fk_journal_exported_shop_id_export_id_journal_export"),
        ),
        sa.PrimaryKeyConstraint(
            "shop_id", "software", "currency", "number", name=op.f("pk_journal_exported")
        ),
    )
    op.create_index(
        "ix_journal_exported_day", "journal_exported", ["shop_id", "software", "currency", "day"]
    )
    protect("journal_export", "journal_exported")


def downgrade() -> None:
    op.drop_table("journal_exported")
    op.drop_table("journal_export")
