"""Papers of Amazon's that come by file, and the headings that a shop has confirmed.

Revision: 0013, after 0012
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STATES = "'connected', 'reopen_needed', 'reauthorise', 'disconnected'"


def upgrade() -> None:
    op.create_table(
        "file_import",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("sha256", AutoString(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("choices", postgresql.JSONB(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.Column("outcome", postgresql.JSONB(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("made_by", AutoString(), nullable=False),
        sa.Column("applied_at", UTCDateTime(), nullable=True),
        sa.Column("applied_by", AutoString(), nullable=True),
        sa.Column("undone_at", UTCDateTime(), nullable=True),
        sa.Column("undone_by", AutoString(), nullable=True),
        sa.CheckConstraint(
            "state IN ('preview', 'applying', 'applied', 'undoing', 'undone', 'discarded')",
            name=op.f("ck_file_import_state"),
        ),
        sa.CheckConstraint("done >= 0 AND total >= 0", name=op.f("ck_file_import_progress")),
        sa.PrimaryKeyConstraint("shop_id", "import_id", name=op.f("pk_file_import")),
    )
    op.create_index("ix_file_import_made_at", "file_import", ["shop_id", "made_at", "import_id"])
    op.create_table(
        "file_heading",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("heading", AutoString(), nullable=False),
        sa.Column("field", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "kind", "heading", name=op.f("pk_file_heading")),
    )
    protect("file_import")
    protect("file_heading")
    op.add_column(
        "purchase_order",
        sa.Column("source", AutoString(), nullable=False, server_default="api"),
    )
    op.alter_column("purchase_order", "source", server_default=None)
    op.create_check_constraint(
        op.f("ck_purchase_order_source"), "purchase_order", "source IN ('api', 'file')"
    )
    op.add_column(
        "purchase_order",
        sa.Column("withdrawn", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.alter_column("purchase_order", "withdrawn", server_default=None)
    op.add_column("purchase_order_version", sa.Column("import_id", sa.Integer(), nullable=True))
    op.create_index(
        "ix_purchase_order_version_import",
        "purchase_order_version",
        ["shop_id", "import_id", "number"],
        postgresql_where=sa.text("import_id IS NOT NULL"),
    )
    _states(f"{STATES}, 'by_file'")


def downgrade() -> None:
    op.execute("UPDATE connection SET state = 'disconnected' WHERE state = 'by_file'")
    _states(STATES)
    op.drop_index("ix_purchase_order_version_import", "purchase_order_version")
    op.drop_column("purchase_order_version", "import_id")
    op.drop_column("purchase_order", "withdrawn")
    op.drop_constraint(op.f("ck_purchase_order_source"), "purchase_order")
    op.drop_column("purchase_order", "source")
    op.drop_table("file_heading")
    op.drop_table("file_import")


def _states(states: str) -> None:
    op.drop_constraint(op.f("ck_connection_state"), "connection")
    op.create_check_constraint(op.f("ck_connection_state"), "connection", f"state IN ({states})")
