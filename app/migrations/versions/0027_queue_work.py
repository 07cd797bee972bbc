"""Comments, tasks, papers and write-offs beside discrepancies.

Revision: 0027, after 0026
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

TENANT_TABLES = (
    "discrepancy_comment",
    "discrepancy_task",
    "write_off",
    "discrepancy_attachment",
)


def _of_discrepancy(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["shop_id", "discrepancy_id"],
        ["discrepancy.shop_id", "discrepancy.discrepancy_id"],
        name=op.f(f"fk_{table}_shop_id_discrepancy_id_discrepancy"),
    )


def upgrade() -> None:
    op.create_table(
        "discrepancy_comment",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("discrepancy_id", sa.Integer(), nullable=False),
        sa.Column("text", AutoString(), nullable=False),
        sa.Column("by", AutoString(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        _of_discrepancy("discrepancy_comment"),
        sa.PrimaryKeyConstraint("shop_id", "comment_id", name=op.f("pk_discrepancy_comment")),
    )
    op.create_table(
        "discrepancy_task",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("discrepancy_id", sa.Integer(), nullable=False),
        sa.Column("title", AutoString(), nullable=False),
        sa.Column("owner", AutoString(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("added_by", AutoString(), nullable=False),
        sa.Column("added_at", UTCDateTime(), nullable=False),
        sa.Column("done_by", AutoString(), nullable=True),
        sa.Column("done_at", UTCDateTime(), nullable=True),
        _of_discrepancy("discrepancy_task"),
        sa.PrimaryKeyConstraint("shop_id", "task_id", name=op.f("pk_discrepancy_task")),
    )
    op.create_table(
        "write_off",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("write_off_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("discrepancy_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(19, 4), nullable=False),
        sa.Column("currency", AutoString(3), nullable=False),
        sa.Column("reason", AutoString(), nullable=False),
        sa.Column("by", AutoString(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("ended_because", AutoString(), nullable=True),
        _of_discrepancy("write_off"),
        sa.PrimaryKeyConstraint("shop_id", "write_off_id", name=op.f("pk_write_off")),
    )
    op.create_table(
        "discrepancy_attachment",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("discrepancy_id", sa.Integer(), nullable=False),
        sa.Column("evidence_id", sa.Integer(), nullable=False),
        sa.Column("by", AutoString(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        _of_discrepancy("discrepancy_attachment"),
        sa.ForeignKeyConstraint(
            ["shop_id", "evidence_id"],
            ["evidence.shop_id", "evidence.evidence_id"],
            name=op.f("fk_discrepancy_attachment_shop_id_evidence_id_evidence"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "shop_id", "discrepancy_id", "evidence_id", name=op.f("pk_discrepancy_attachment")
        ),
    )
    for table in ("discrepancy_comment", "discrepancy_task"):
        op.create_index(f"ix_{table}_discrepancy", table, ["shop_id", "discrepancy_id"])
    op.create_index(
        "uq_write_off_standing",
        "write_off",
        ["shop_id", "discrepancy_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    protect(*TENANT_TABLES)
