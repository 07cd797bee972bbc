"""What of Amazon's interface answers each connection, and which times its orders cover.

Revision: 0010, after 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "capability",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("last_good_at", UTCDateTime(), nullable=True),
        sa.Column("said", AutoString(), nullable=True),
        sa.CheckConstraint(
            "state IN ('good', 'role_missing', 'consent_ended', 'failing', 'unasked')",
            name=op.f("ck_capability_state"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "connection_id"],
            ["connection.shop_id", "connection.connection_id"],
            name=op.f("fk_capability_shop_id_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("shop_id", "connection_id", "name", name=op.f("pk_capability")),
    )
    op.add_column(
        "poll_window",
        sa.Column(
            "covered",
            postgresql.TSTZMULTIRANGE(),
            nullable=False,
            server_default=sa.text("'{}'"),
        ),
    )
    # What was swept before this was counted had no gap: a window advanced only when read whole.
    op.execute(
        "UPDATE poll_window SET covered = tstzmultirange(tstzrange(swept_from, swept_to))"
        " WHERE swept_from < swept_to"
    )
    op.add_column(
        "poll_window",
        sa.Column("width_seconds", sa.Integer(), nullable=False, server_default="604800"),
    )
    protect("capability")


def downgrade() -> None:
    op.drop_column("poll_window", "width_seconds")
    op.drop_column("poll_window", "covered")
    op.drop_table("capability")
