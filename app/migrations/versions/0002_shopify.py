"""How far the catalogue import of each shop has come.

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "catalog_import",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("step", AutoString(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("operation_id", AutoString(), nullable=True),
        sa.Column("result_url", AutoString(), nullable=True),
        sa.Column("result_rows", sa.Integer(), nullable=False),
        sa.Column("cursor", AutoString(), nullable=True),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", AutoString(), nullable=True),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=True),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_catalog_import")),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed')",
            name=op.f("ck_catalog_import_state"),
        ),
        sa.CheckConstraint(
            "step IN ('ask', 'wait', 'load', 'orders', 'open')", name=op.f("ck_catalog_import_step")
        ),
    )
    protect("catalog_import")


def downgrade() -> None:
    op.drop_table("catalog_import")
