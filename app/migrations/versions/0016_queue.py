"""One queue for discrepancies of counts and of money, and rules for whose they are.

Revision: 0016, after 0015
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

STANDING = "status IN ('noticed', 'open', 'in_progress', 'left')"
COUNT_COLUMNS = ("source", "item_id", "location_id", "state", "ours", "theirs")


def upgrade() -> None:
    op.add_column("discrepancy", sa.Column("reference", AutoString(), nullable=True))
    op.add_column(
        "discrepancy",
        sa.Column(
            "subject", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'::jsonb")
        ),
    )
    op.add_column("discrepancy", sa.Column("units", sa.Integer(), nullable=True))
    op.add_column("discrepancy", sa.Column("amount", sa.Numeric(19, 4), nullable=True))
    op.add_column("discrepancy", sa.Column("currency", AutoString(3), nullable=True))
    op.add_column("discrepancy", sa.Column("cause", AutoString(), nullable=True))
    op.add_column("discrepancy", sa.Column("deadline", UTCDateTime(), nullable=True))
    for column in ("evidence", "history"):
        op.alter_column("discrepancy", column, server_default=sa.text("'[]'::jsonb"))
    for column in COUNT_COLUMNS:
        op.alter_column("discrepancy", column, nullable=True)
    for name in ("kind", "status"):
        op.drop_constraint(op.f(f"ck_discrepancy_{name}"), "discrepancy")
    op.create_check_constraint(
        op.f("ck_discrepancy_kind"),
        "discrepancy",
        "(kind = 'count') = (reference IS NULL) AND (kind <> 'count' OR (source IS NOT NULL"
        " AND item_id IS NOT NULL AND location_id IS NOT NULL AND state IS NOT NULL"
        " AND ours IS NOT NULL AND theirs IS NOT NULL))",
    )
    op.create_check_constraint(
        op.f("ck_discrepancy_amount"), "discrepancy", "(amount IS NULL) = (currency IS NULL)"
    )
    op.create_check_constraint(
        op.f("ck_discrepancy_status"),
        "discrepancy",
        "status IN ('noticed', 'open', 'in_progress', 'left', 'adopted', 'written_off', 'closed')",
    )
    op.create_unique_constraint(
        op.f("uq_discrepancy_shop_id_kind_reference"),
        "discrepancy",
        ["shop_id", "kind", "reference"],
    )
    op.drop_index("uq_discrepancy_standing", "discrepancy")
    op.create_index(
        "uq_discrepancy_standing",
        "discrepancy",
        ["shop_id", "item_id", "location_id", "state", "source"],
        unique=True,
        postgresql_where=sa.text(f"kind = 'count' AND {STANDING}"),
    )
    op.create_index(
        "ix_discrepancy_deadline",
        "discrepancy",
        ["shop_id", "deadline"],
        postgresql_where=sa.text(STANDING),
    )
    op.create_index(
        "ix_discrepancy_number", "discrepancy", ["shop_id", sa.text("(subject ->> 'number')")]
    )
    op.create_index(
        "ix_discrepancy_invoice", "discrepancy", ["shop_id", sa.text("(subject ->> 'invoice')")]
    )
    op.create_table(
        "assignment_rule",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", AutoString(), nullable=True),
        sa.Column("vendor_code", AutoString(), nullable=True),
        sa.Column("at_least", sa.Numeric(19, 4), nullable=True),
        sa.Column("currency", AutoString(3), nullable=True),
        sa.Column("owner", AutoString(), nullable=False),
        sa.CheckConstraint(
            "(at_least IS NULL) = (currency IS NULL)", name=op.f("ck_assignment_rule_amount")
        ),
        sa.PrimaryKeyConstraint("shop_id", "position", name=op.f("pk_assignment_rule")),
    )
    protect("assignment_rule")
