"""Disputes: what was asked back, under which case, and what came of it.

Revision: 0021, after 0020
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dispute",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("dispute_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("reference", AutoString(), nullable=False),
        sa.Column("currency", AutoString(3), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("amount", sa.Numeric(19, 4), nullable=False),
        sa.Column("units", sa.Integer(), nullable=True),
        sa.Column("note", AutoString(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("made_by", AutoString(), nullable=False),
        sa.Column("case_number", AutoString(), nullable=True),
        sa.Column("filed_at", UTCDateTime(), nullable=True),
        sa.Column("filed_by", AutoString(), nullable=True),
        sa.Column("answer_by", UTCDateTime(), nullable=True),
        sa.Column("closes_at", UTCDateTime(), nullable=True),
        sa.Column("rule", AutoString(), nullable=False),
        sa.Column("recovered", sa.Numeric(19, 4), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("outcome_by", AutoString(), nullable=True),
        sa.Column("pack_sha256", AutoString(), nullable=True),
        sa.Column("history", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'filed', 'repaid', 'repaid_in_part', 'denied', 'withdrawn')",
            name=op.f("ck_dispute_state"),
        ),
        sa.CheckConstraint(
            "amount > 0 AND recovered >= 0 AND attempt > 0", name=op.f("ck_dispute_amounts")
        ),
        sa.CheckConstraint(
            "(filed_at IS NULL) = (case_number IS NULL)", name=op.f("ck_dispute_filed")
        ),
        sa.PrimaryKeyConstraint("shop_id", "dispute_id", name=op.f("pk_dispute")),
        sa.UniqueConstraint(
            "shop_id",
            "region",
            "kind",
            "reference",
            "currency",
            "attempt",
            name=op.f("uq_dispute_attempt"),
        ),
    )
    op.create_index("ix_dispute_state", "dispute", ["shop_id", "state", "dispute_id"])
    op.create_index(
        "uq_dispute_under_way",
        "dispute",
        ["shop_id", "region", "kind", "reference", "currency"],
        unique=True,
        postgresql_where=sa.text("state IN ('draft', 'filed')"),
    )
    protect("dispute")


def downgrade() -> None:
    op.drop_table("dispute")
