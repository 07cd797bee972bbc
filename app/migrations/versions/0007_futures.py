"""Collisions to come: expected arrivals and what each way out led to.

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("item", sa.Column("price", sa.Numeric(precision=19, scale=4), nullable=True))
    op.add_column("item", sa.Column("price_currency", AutoString(length=3), nullable=True))
    op.create_check_constraint(
        op.f("ck_item_price"), "item", "(price IS NULL) = (price_currency IS NULL)"
    )
    op.add_column("purchase_order_line", sa.Column("backorder_on", sa.Date(), nullable=True))
    op.add_column("acknowledgement_line", sa.Column("backorder_on", sa.Date(), nullable=True))
    op.drop_constraint(op.f("ck_collision_kind"), "collision", type_="check")
    op.create_check_constraint(
        op.f("ck_collision_kind"), "collision", "kind IN ('oversold', 'short', 'coming')"
    )
    op.add_column("collision", sa.Column("due_on", sa.Date(), nullable=True))
    op.add_column("collision", sa.Column("offered", postgresql.JSONB(), nullable=True))
    op.add_column(
        "collision", sa.Column("accepted_coming", sa.Integer(), nullable=False, server_default="0")
    )
    op.alter_column("collision", "accepted_coming", server_default=None)
    op.add_column("collision", sa.Column("accepted_until", UTCDateTime(), nullable=True))
    op.create_table(
        "collision_movement",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("collision_id", sa.Integer(), nullable=False),
        sa.Column("movement_id", sa.BigInteger(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "collision_id"],
            ["collision.shop_id", "collision.collision_id"],
            name=op.f("fk_collision_movement_shop_id_collision_id_collision"),
        ),
        sa.PrimaryKeyConstraint(
            "shop_id", "collision_id", "movement_id", name=op.f("pk_collision_movement")
        ),
    )
    op.create_table(
        "arrival",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("arrival_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("source", AutoString(), nullable=False),
        sa.Column("reference", AutoString(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=False),
        sa.Column("stated_by", AutoString(), nullable=False),
        sa.Column("stated_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("ended_by", AutoString(), nullable=True),
        sa.CheckConstraint("units > 0", name=op.f("ck_arrival_units")),
        sa.ForeignKeyConstraint(
            ["shop_id", "item_id"],
            ["item.shop_id", "item.item_id"],
            name=op.f("fk_arrival_shop_id_item_id_item"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "location_id"],
            ["location.shop_id", "location.location_id"],
            name=op.f("fk_arrival_shop_id_location_id_location"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "arrival_id", name=op.f("pk_arrival")),
        sa.UniqueConstraint(
            "shop_id",
            "source",
            "reference",
            "item_id",
            "location_id",
            name=op.f("uq_arrival_shop_id_source_reference_item_id_location_id"),
        ),
    )
    op.create_index(
        "ix_arrival_expected",
        "arrival",
        ["shop_id", "item_id", "location_id", "expected_on"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    protect("collision_movement", "arrival")


def downgrade() -> None:
    op.drop_table("arrival")
    op.drop_table("collision_movement")
    for column in ("accepted_until", "accepted_coming", "offered", "due_on"):
        op.drop_column("collision", column)
    op.execute("DELETE FROM collision WHERE kind = 'coming'")
    op.drop_constraint(op.f("ck_collision_kind"), "collision", type_="check")
    op.create_check_constraint(
        op.f("ck_collision_kind"), "collision", "kind IN ('oversold', 'short')"
    )
    op.drop_column("acknowledgement_line", "backorder_on")
    op.drop_column("purchase_order_line", "backorder_on")
    op.drop_constraint(op.f("ck_item_price"), "item", type_="check")
    op.drop_column("item", "price_currency")
    op.drop_column("item", "price")
