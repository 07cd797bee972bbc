"""Amazon's papers: purchase orders, their versions, acknowledgements, shipments and receipts.

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TENANT_TABLES = (
    "purchase_order",
    "purchase_order_line",
    "purchase_order_version",
    "acknowledgement",
    "acknowledgement_line",
    "shipment",
    "shipment_line",
    "receipt",
    "poll_window",
    "oauth_state",
)


def upgrade() -> None:
    op.create_table(
        "purchase_order",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("number", AutoString(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("vendor_code", AutoString(), nullable=False),
        sa.Column("ship_to", AutoString(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("type", AutoString(), nullable=True),
        sa.Column("payment_method", AutoString(), nullable=True),
        sa.Column("ordered_at", UTCDateTime(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=True),
        sa.Column("state_changed_at", UTCDateTime(), nullable=True),
        sa.Column("ship_start", UTCDateTime(), nullable=True),
        sa.Column("ship_end", UTCDateTime(), nullable=True),
        sa.Column("delivery_start", UTCDateTime(), nullable=True),
        sa.Column("delivery_end", UTCDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", AutoString(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("status", AutoString(), nullable=True),
        sa.Column("status_digest", AutoString(), nullable=False),
        sa.Column("status_read_at", UTCDateTime(), nullable=True),
        sa.Column("location_id", sa.Integer(), nullable=True),
        sa.Column("before_books", sa.Boolean(), nullable=False),
        sa.Column("rest_released", sa.Boolean(), nullable=False),
        sa.Column("first_seen_at", UTCDateTime(), nullable=False),
        sa.Column("read_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "state IN ('New', 'Acknowledged', 'Closed')", name=op.f("ck_purchase_order_state")
        ),
        sa.PrimaryKeyConstraint("shop_id", "region", "number", name=op.f("pk_purchase_order")),
    )
    op.create_index(
        "ix_purchase_order_open",
        "purchase_order",
        ["shop_id", "status_read_at"],
        unique=False,
        postgresql_where=sa.text("state <> 'Closed'"),
    )
    op.create_index(
        "ix_purchase_order_ordered_at",
        "purchase_order",
        ["shop_id", "ordered_at", "region", "number"],
        unique=False,
    )
    op.create_table(
        "purchase_order_line",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("number", AutoString(), nullable=False),
        sa.Column("line", AutoString(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("asin", AutoString(), nullable=True),
        sa.Column("vendor_sku", AutoString(), nullable=True),
        sa.Column("ordered_amount", sa.Integer(), nullable=False),
        sa.Column("ordered_unit", AutoString(), nullable=False),
        sa.Column("unit_size", sa.Integer(), nullable=False),
        sa.Column("ordered_units", sa.Integer(), nullable=False),
        sa.Column("back_order_allowed", sa.Boolean(), nullable=False),
        sa.Column("cost", sa.Numeric(precision=19, scale=4), nullable=True),
        sa.Column("cost_currency", AutoString(length=3), nullable=True),
        sa.Column("cost_weight_unit", AutoString(), nullable=True),
        sa.Column("cost_is_list_price", sa.Boolean(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("confirmation", AutoString(), nullable=True),
        sa.Column("accepted_units", sa.Integer(), nullable=False),
        sa.Column("backordered_units", sa.Integer(), nullable=False),
        sa.Column("rejected_units", sa.Integer(), nullable=False),
        sa.Column("shipped_units", sa.Integer(), nullable=False),
        sa.Column("received_units", sa.Integer(), nullable=False),
        sa.Column("last_received_at", UTCDateTime(), nullable=True),
        sa.Column("units_before_books", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "ordered_units >= 0 AND accepted_units >= 0 AND backordered_units >= 0"
            " AND rejected_units >= 0 AND shipped_units >= 0 AND received_units >= 0"
            " AND units_before_books >= 0",
            name=op.f("ck_purchase_order_line_not_negative"),
        ),
        sa.CheckConstraint("unit_size > 0", name=op.f("ck_purchase_order_line_unit_size")),
        sa.ForeignKeyConstraint(
            ["shop_id", "item_id"],
            ["item.shop_id", "item.item_id"],
            name=op.f("fk_purchase_order_line_shop_id_item_id_item"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "region", "number"],
            ["purchase_order.shop_id", "purchase_order.region", "purchase_order.number"],
            name=op.f("fk_purchase_order_line_shop_id_region_number_purchase_order"),
        ),
        sa.PrimaryKeyConstraint(
            "shop_id", "region", "number", "line", name=op.f("pk_purchase_order_line")
        ),
    )
    op.create_index(
        "ix_purchase_order_line_asin", "purchase_order_line", ["shop_id", "asin"], unique=False
    )
    op.create_index(
        "ix_purchase_order_line_item", "purchase_order_line", ["shop_id", "item_id"], unique=False
    )
    op.create_table(
        "purchase_order_version",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("number", AutoString(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.Column("digest", AutoString(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_id", "region", "number"],
            ["purchase_order.shop_id", "purchase_order.region", "purchase_order.number"],
            name=op.f("fk_purchase_order_version_shop_id_region_number_purchase_order"),
        ),
        sa.PrimaryKeyConstraint(
            "shop_id", "region", "number", "version", name=op.f("pk_purchase_order_version")
        ),
    )
    op.create_table(
        "acknowledgement",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("acknowledgement_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("number", AutoString(), nullable=False),
        sa.Column("by", AutoString(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("sent_at", UTCDateTime(), nullable=True),
        sa.Column("transaction_id", AutoString(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("error", AutoString(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'accepted', 'failed')",
            name=op.f("ck_acknowledgement_state"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "region", "number"],
            ["purchase_order.shop_id", "purchase_order.region", "purchase_order.number"],
            name=op.f("fk_acknowledgement_shop_id_region_number_purchase_order"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "acknowledgement_id", name=op.f("pk_acknowledgement")),
    )
    op.create_index(
        "ix_acknowledgement_message", "acknowledgement", ["shop_id", "message_id"], unique=False
    )
    op.create_index(
        "ix_acknowledgement_order", "acknowledgement", ["shop_id", "region", "number"], unique=False
    )
    op.create_index(
        "uq_acknowledgement_under_way",
        "acknowledgement",
        ["shop_id", "region", "number"],
        unique=True,
        postgresql_where=sa.text("state IN ('waiting', 'sent')"),
    )
    op.create_table(
        "acknowledgement_line",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("acknowledgement_id", sa.BigInteger(), nullable=False),
        sa.Column("line", AutoString(), nullable=False),
        sa.Column("accept", sa.Integer(), nullable=False),
        sa.Column("backorder", sa.Integer(), nullable=False),
        sa.Column("reject", sa.Integer(), nullable=False),
        sa.Column("rejection_reason", AutoString(), nullable=True),
        sa.CheckConstraint(
            "(reject > 0) = (rejection_reason IS NOT NULL)",
            name=op.f("ck_acknowledgement_line_reason"),
        ),
        sa.CheckConstraint(
            "accept >= 0 AND backorder >= 0 AND reject >= 0",
            name=op.f("ck_acknowledgement_line_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "acknowledgement_id"],
            ["acknowledgement.shop_id", "acknowledgement.acknowledgement_id"],
            name=op.f("fk_acknowledgement_line_shop_id_acknowledgement_id_acknowledgement"),
        ),
        sa.PrimaryKeyConstraint(
            "shop_id", "acknowledgement_id", "line", name=op.f("pk_acknowledgement_line")
        ),
    )
    op.create_table(
        "shipment",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("identifier", AutoString(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("by", AutoString(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("shipped_at", UTCDateTime(), nullable=False),
        sa.Column("carton_count", sa.Integer(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("sent_at", UTCDateTime(), nullable=True),
        sa.Column("transaction_id", AutoString(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("error", AutoString(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'accepted', 'failed')", name=op.f("ck_shipment_state")
        ),
        sa.CheckConstraint("carton_count > 0", name=op.f("ck_shipment_carton_count")),
        sa.ForeignKeyConstraint(
            ["shop_id", "location_id"],
            ["location.shop_id", "location.location_id"],
            name=op.f("fk_shipment_shop_id_location_id_location"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "region", "identifier", name=op.f("pk_shipment")),
    )
    op.create_index("ix_shipment_message", "shipment", ["shop_id", "message_id"], unique=False)
    op.create_table(
        "shipment_line",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("identifier", AutoString(), nullable=False),
        sa.Column("number", AutoString(), nullable=False),
        sa.Column("line", AutoString(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.CheckConstraint("units > 0", name=op.f("ck_shipment_line_units")),
        sa.ForeignKeyConstraint(
            ["shop_id", "region", "identifier"],
            ["shipment.shop_id", "shipment.region", "shipment.identifier"],
            name=op.f("fk_shipment_line_shop_id_region_identifier_shipment"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "region", "number", "line"],
            [
                "purchase_order_line.shop_id",
                "purchase_order_line.region",
                "purchase_order_line.number",
                "purchase_order_line.line",
            ],
            name=op.f("fk_shipment_line_shop_id_region_number_line_purchase_order_line"),
        ),
        sa.PrimaryKeyConstraint(
            "shop_id", "region", "identifier", "number", "line", name=op.f("pk_shipment_line")
        ),
    )
    op.create_index(
        "ix_shipment_line_order",
        "shipment_line",
        ["shop_id", "region", "number", "line"],
        unique=False,
    )
    op.create_table(
        "receipt",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("number", AutoString(), nullable=False),
        sa.Column("line", AutoString(), nullable=False),
        sa.Column("observed_at", UTCDateTime(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("unit", AutoString(), nullable=False),
        sa.Column("unit_size", sa.Integer(), nullable=False),
        sa.Column("last_received_at", UTCDateTime(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_id", "region", "number"],
            ["purchase_order.shop_id", "purchase_order.region", "purchase_order.number"],
            name=op.f("fk_receipt_shop_id_region_number_purchase_order"),
        ),
        sa.PrimaryKeyConstraint(
            "shop_id", "region", "number", "line", "observed_at", name=op.f("pk_receipt")
        ),
    )
    op.create_table(
        "poll_window",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("goal_from", UTCDateTime(), nullable=False),
        sa.Column("swept_from", UTCDateTime(), nullable=False),
        sa.Column("swept_to", UTCDateTime(), nullable=False),
        sa.Column("wide_sweep_at", UTCDateTime(), nullable=False),
        sa.Column("leased_until", UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('created', 'changed', 'status')", name=op.f("ck_poll_window_kind")
        ),
        sa.CheckConstraint(
            "swept_from <= swept_to AND goal_from <= swept_from", name=op.f("ck_poll_window_span")
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "connection_id"],
            ["connection.shop_id", "connection.connection_id"],
            name=op.f("fk_poll_window_shop_id_connection_id_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("shop_id", "connection_id", "kind", name=op.f("pk_poll_window")),
    )
    op.create_table(
        "oauth_state",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("state_hash", AutoString(), nullable=False),
        sa.Column("user_id", AutoString(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("marketplace", AutoString(), nullable=False),
        sa.Column("redirect_uri", AutoString(), nullable=False),
        sa.Column("locale", AutoString(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("shop_id", "state_hash", name=op.f("pk_oauth_state")),
    )

    protect(*TENANT_TABLES)


def downgrade() -> None:
    for table in reversed(TENANT_TABLES):
        op.drop_table(table)
