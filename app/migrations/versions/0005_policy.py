"""Who gives way: policies, groups and their changes; what requests asked for, and what is withheld.

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

LINE = ("shop_id", "document_id", "line", "item_id", "location_id")
OF_LINE = ("document", "item", "location")


def _of_line(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("line", AutoString(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                ["shop_id", f"{one}_id"],
                [f"{one}.shop_id", f"{one}.{one}_id"],
                name=op.f(f"fk_{table}_shop_id_{one}_id_{one}"),
            )
            for one in OF_LINE
        ),
    ]


def upgrade() -> None:
    op.create_table(
        "item_group",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "group_id", name=op.f("pk_item_group")),
        sa.UniqueConstraint("shop_id", "name", name=op.f("uq_item_group_shop_id_name")),
    )
    op.create_table(
        "grouped_item",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "item_id"],
            ["item.shop_id", "item.item_id"],
            name=op.f("fk_grouped_item_shop_id_item_id_item"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "group_id"],
            ["item_group.shop_id", "item_group.group_id"],
            name=op.f("fk_grouped_item_shop_id_group_id_item_group"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "item_id", name=op.f("pk_grouped_item")),
    )
    op.create_index("ix_grouped_item_group", "grouped_item", ["shop_id", "group_id"])
    op.create_table(
        "policy",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("policy_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("location_id", sa.Integer(), nullable=True),
        sa.Column("safety_stock", sa.Integer(), nullable=True),
        sa.Column("amazon_share", sa.Integer(), nullable=True),
        sa.Column("amazon_ceiling", sa.Integer(), nullable=True),
        sa.Column("precedence", AutoString(), nullable=True),
        sa.Column("take_back", sa.Boolean(), nullable=True),
        sa.Column("whole_cases", sa.Boolean(), nullable=True),
        sa.CheckConstraint("group_id IS NULL OR item_id IS NULL", name=op.f("ck_policy_scope")),
        sa.CheckConstraint("safety_stock >= 0", name=op.f("ck_policy_safety_stock")),
        sa.CheckConstraint("amazon_share BETWEEN 0 AND 100", name=op.f("ck_policy_amazon_share")),
        sa.CheckConstraint("amazon_ceiling >= 0", name=op.f("ck_policy_amazon_ceiling")),
        sa.CheckConstraint(
            "precedence IN ('dtc', 'amazon', 'earliest_due')", name=op.f("ck_policy_precedence")
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "item_id"],
            ["item.shop_id", "item.item_id"],
            name=op.f("fk_policy_shop_id_item_id_item"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "group_id"],
            ["item_group.shop_id", "item_group.group_id"],
            name=op.f("fk_policy_shop_id_group_id_item_group"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "location_id"],
            ["location.shop_id", "location.location_id"],
            name=op.f("fk_policy_shop_id_location_id_location"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "policy_id", name=op.f("pk_policy")),
    )
    op.create_index(
        "uq_policy_scope",
        "policy",
        ["shop_id", "group_id", "item_id", "location_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "policy_change",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("policy_change_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("by", AutoString(), nullable=False),
        sa.Column("subject", AutoString(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("location", AutoString(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.Column("after", postgresql.JSONB(), nullable=True),
        sa.Column("settled_to", sa.Integer(), nullable=False),
        sa.Column("settled_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint("subject IN ('policy', 'group')", name=op.f("ck_policy_change_subject")),
        sa.PrimaryKeyConstraint("shop_id", "policy_change_id", name=op.f("pk_policy_change")),
    )
    op.create_index(
        "ix_policy_change_unsettled",
        "policy_change",
        ["shop_id", "policy_change_id"],
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "ask",
        *_of_line("ask"),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("firm", sa.Boolean(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint("units >= 0", name=op.f("ck_ask_units")),
        sa.PrimaryKeyConstraint(*LINE, "asked_at", name=op.f("pk_ask")),
    )
    op.create_index("ix_ask_asked_at", "ask", ["shop_id", "asked_at"])
    op.create_table(
        "withheld",
        *_of_line("withheld"),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("because", AutoString(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.CheckConstraint("units > 0", name=op.f("ck_withheld_units")),
        sa.CheckConstraint(
            "because IN ('share', 'ceiling', 'whole_cases', 'take_back')",
            name=op.f("ck_withheld_because"),
        ),
        sa.PrimaryKeyConstraint(*LINE, name=op.f("pk_withheld")),
    )
    op.create_index("ix_withheld_place", "withheld", ["shop_id", "item_id", "location_id"])
    protect("item_group", "grouped_item", "policy", "policy_change", "ask", "withheld")
