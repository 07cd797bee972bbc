"""Shipments as drafts with cartons and pallets, transport requests and carrier labels.

Revision: 0009, after 0008
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NEW_TABLES = (
    "pallet",
    "carton",
    "carton_line",
    "shipping_setting",
    "sscc_serial",
    "ship_from",
    "dated_item",
    "transport_request",
    "carrier_label",
)
OPTIONAL: tuple[tuple[str, Any], ...] = (
    ("type", AutoString()),
    ("carrier_code", AutoString()),
    ("carrier_reference", AutoString()),
    ("bill_of_lading", AutoString()),
    ("amazon_reference", AutoString()),
    ("weight", sa.Numeric(precision=12, scale=3)),
    ("weight_unit", AutoString()),
    ("departs_at", UTCDateTime()),
    ("estimated_delivery_at", UTCDateTime()),
    ("departed_at", UTCDateTime()),
    ("reminded_at", UTCDateTime()),
    ("accepted_at", UTCDateTime()),
    ("seen_at", UTCDateTime()),
)
DEFAULTED: tuple[tuple[str, Any, str], ...] = (
    ("vendor_code", AutoString(), "''"),
    ("ship_to", AutoString(), "''"),
    ("freight_term", AutoString(), "'Prepaid'"),
    ("is_correcting", sa.Boolean(), "false"),
    # What was sent before this had one notice each.
    ("revision", sa.Integer(), "1"),
)


def _of_shipment(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["shop_id", "region", "identifier"],
        ["shipment.shop_id", "shipment.region", "shipment.identifier"],
        name=op.f(f"fk_{table}_shop_id_region_identifier_shipment"),
    )


def _key(*more: sa.Column[Any]) -> list[sa.Column[Any]]:
    return [
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("identifier", AutoString(), nullable=False),
        *more,
    ]


def upgrade() -> None:
    _widen_shipment()
    _make_containers()
    _make_settings()
    _make_transport()
    protect(*NEW_TABLES)


def _widen_shipment() -> None:
    for name, kind in OPTIONAL:
        op.add_column("shipment", sa.Column(name, kind, nullable=True))
    for name, kind, default in DEFAULTED:
        op.add_column(
            "shipment", sa.Column(name, kind, nullable=False, server_default=sa.text(default))
        )
        op.alter_column("shipment", name, server_default=None)
    op.execute(
        "UPDATE shipment SET vendor_code = paper.vendor_code, ship_to = paper.ship_to,"
        " accepted_at = CASE WHEN shipment.state = 'accepted' THEN shipment.sent_at END"
        " FROM shipment_line AS line JOIN purchase_order AS paper USING (shop_id, region, number)"
        " WHERE shipment.shop_id = line.shop_id AND shipment.region = line.region"
        " AND shipment.identifier = line.identifier"
    )
    op.alter_column("shipment", "shipped_at", nullable=True)
    op.drop_constraint(op.f("ck_shipment_state"), "shipment", type_="check")
    op.drop_constraint(op.f("ck_shipment_carton_count"), "shipment", type_="check")
    for name, rule in (
        ("state", "state IN ('draft', 'waiting', 'sent', 'accepted', 'failed', 'cancelled')"),
        ("carton_count", "carton_count >= 0"),
        ("left", "state IN ('draft', 'cancelled') OR shipped_at IS NOT NULL"),
        ("weight", "(weight IS NULL) = (weight_unit IS NULL)"),
    ):
        op.create_check_constraint(op.f(f"ck_shipment_{name}"), "shipment", rule)
    op.create_index(
        "ix_shipment_made_at", "shipment", ["shop_id", "made_at", "region", "identifier"]
    )
    op.create_index(
        "ix_shipment_departs_at",
        "shipment",
        ["shop_id", "departs_at"],
        postgresql_where=sa.text("state IN ('draft', 'failed')"),
    )
    op.add_column(
        "shipment_line", sa.Column("booked_units", sa.Integer(), nullable=False, server_default="0")
    )
    op.alter_column("shipment_line", "booked_units", server_default=None)
    op.execute("UPDATE shipment_line SET booked_units = units")
    op.drop_constraint(op.f("ck_shipment_line_units"), "shipment_line", type_="check")
    op.create_check_constraint(
        op.f("ck_shipment_line_units"), "shipment_line", "units >= 0 AND booked_units >= 0"
    )


def _make_containers() -> None:
    op.create_table(
        "pallet",
        *_key(
            sa.Column("pallet", sa.Integer(), nullable=False),
            sa.Column("sscc", AutoString(), nullable=True),
        ),
        _of_shipment("pallet"),
        sa.PrimaryKeyConstraint("shop_id", "region", "identifier", "pallet", name="pk_pallet"),
        sa.UniqueConstraint("shop_id", "sscc", name="uq_pallet_shop_id_sscc"),
    )
    op.create_table(
        "carton",
        *_key(
            sa.Column("carton", sa.Integer(), nullable=False),
            sa.Column("sscc", AutoString(), nullable=True),
            sa.Column("pallet", sa.Integer(), nullable=True),
            sa.Column("tracking_number", AutoString(), nullable=True),
            sa.Column("packed_at", UTCDateTime(), nullable=False),
            sa.Column("packed_by", AutoString(), nullable=False),
        ),
        _of_shipment("carton"),
        sa.ForeignKeyConstraint(
            ["shop_id", "region", "identifier", "pallet"],
            ["pallet.shop_id", "pallet.region", "pallet.identifier", "pallet.pallet"],
            name="fk_carton_shop_id_region_identifier_pallet_pallet",
        ),
        sa.PrimaryKeyConstraint("shop_id", "region", "identifier", "carton", name="pk_carton"),
        sa.UniqueConstraint("shop_id", "sscc", name="uq_carton_shop_id_sscc"),
    )
    line_key = ["shop_id", "region", "identifier", "number", "line"]
    op.create_table(
        "carton_line",
        *_key(
            sa.Column("carton", sa.Integer(), nullable=False),
            sa.Column("number", AutoString(), nullable=False),
            sa.Column("line", AutoString(), nullable=False),
            sa.Column("lot_number", AutoString(), nullable=False),
            sa.Column("expires_on", sa.Date(), nullable=True),
            sa.Column("units", sa.Integer(), nullable=False),
        ),
        sa.CheckConstraint("units > 0", name=op.f("ck_carton_line_units")),
        sa.ForeignKeyConstraint(
            ["shop_id", "region", "identifier", "carton"],
            ["carton.shop_id", "carton.region", "carton.identifier", "carton.carton"],
            name="fk_carton_line_shop_id_region_identifier_carton_carton",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            line_key,
            [f"shipment_line.{name}" for name in line_key],
            name="fk_carton_line_shop_id_region_identifier_number_line_sh_2a5c",
        ),
        sa.PrimaryKeyConstraint(
            *("shop_id", "region", "identifier", "carton", "number", "line", "lot_number"),
            name="pk_carton_line",
        ),
    )


def _make_settings() -> None:
    op.create_table(
        "shipping_setting",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("gs1_company_prefix", AutoString(), nullable=False),
        sa.CheckConstraint(
            "gs1_company_prefix ~ '^[0-9]{4,12}$'",
            name=op.f("ck_shipping_setting_gs1_company_prefix"),
        ),
        sa.PrimaryKeyConstraint("shop_id", name="pk_shipping_setting"),
    )
    op.create_table(
        "sscc_serial",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("gs1_company_prefix", AutoString(), nullable=False),
        sa.Column("next_serial", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "gs1_company_prefix", name="pk_sscc_serial"),
    )
    op.create_table(
        "ship_from",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("warehouse_code", AutoString(), nullable=True),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("address_line", AutoString(), nullable=False),
        sa.Column("city", AutoString(), nullable=False),
        sa.Column("state_or_region", AutoString(), nullable=True),
        sa.Column("postal_code", AutoString(), nullable=False),
        sa.Column("country_code", AutoString(length=2), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "location_id"],
            ["location.shop_id", "location.location_id"],
            name="fk_ship_from_shop_id_location_id_location",
        ),
        sa.PrimaryKeyConstraint("shop_id", "location_id", name="pk_ship_from"),
    )
    op.create_table(
        "dated_item",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "item_id"],
            ["item.shop_id", "item.item_id"],
            name="fk_dated_item_shop_id_item_id_item",
        ),
        sa.PrimaryKeyConstraint("shop_id", "item_id", name="pk_dated_item"),
    )


def _make_transport() -> None:
    op.create_table(
        "transport_request",
        *_key(
            sa.Column("request", sa.Integer(), nullable=False),
            sa.Column("transaction_type", AutoString(), nullable=False),
            sa.Column("pickup_at", UTCDateTime(), nullable=False),
            sa.Column("pallets_stackable", sa.Boolean(), nullable=False),
            sa.Column("by", AutoString(), nullable=False),
            sa.Column("made_at", UTCDateTime(), nullable=False),
            sa.Column("state", AutoString(), nullable=False),
            sa.Column("sent_at", UTCDateTime(), nullable=True),
            sa.Column("transaction_id", AutoString(), nullable=True),
            sa.Column("message_id", sa.BigInteger(), nullable=True),
            sa.Column("error", AutoString(), nullable=True),
            sa.Column("status", AutoString(), nullable=True),
            sa.Column("status_at", UTCDateTime(), nullable=True),
            sa.Column("scheduled_pickup_at", UTCDateTime(), nullable=True),
        ),
        sa.CheckConstraint(
            "transaction_type IN ('New', 'Cancel')",
            name=op.f("ck_transport_request_transaction_type"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'accepted', 'failed')",
            name=op.f("ck_transport_request_state"),
        ),
        _of_shipment("transport_request"),
        sa.PrimaryKeyConstraint(
            "shop_id", "region", "identifier", "request", name="pk_transport_request"
        ),
    )
    op.create_index("ix_transport_request_message", "transport_request", ["shop_id", "message_id"])
    op.create_index(
        "uq_transport_request_under_way",
        "transport_request",
        ["shop_id", "region", "identifier"],
        unique=True,
        postgresql_where=sa.text("state IN ('waiting', 'sent')"),
    )
    op.create_table(
        "carrier_label",
        *_key(
            sa.Column("label", sa.Integer(), nullable=False),
            sa.Column("carrier_code", AutoString(), nullable=True),
            sa.Column("tracking_number", AutoString(), nullable=True),
            sa.Column("content", sa.LargeBinary(), nullable=False),
            sa.Column("read_at", UTCDateTime(), nullable=False),
        ),
        _of_shipment("carrier_label"),
        sa.PrimaryKeyConstraint(
            "shop_id", "region", "identifier", "label", name="pk_carrier_label"
        ),
    )


def downgrade() -> None:
    for table in reversed(NEW_TABLES):
        op.drop_table(table)
    op.execute("DELETE FROM shipment_line WHERE booked_units = 0")
    op.execute("DELETE FROM shipment WHERE state IN ('draft', 'cancelled')")
    op.execute("UPDATE shipment SET carton_count = 1 WHERE carton_count = 0")
    op.drop_constraint(op.f("ck_shipment_line_units"), "shipment_line", type_="check")
    op.drop_column("shipment_line", "booked_units")
    op.create_check_constraint(op.f("ck_shipment_line_units"), "shipment_line", "units > 0")
    op.drop_index("ix_shipment_departs_at", "shipment")
    op.drop_index("ix_shipment_made_at", "shipment")
    for name in ("state", "carton_count", "left", "weight"):
        op.drop_constraint(op.f(f"ck_shipment_{name}"), "shipment", type_="check")
    op.alter_column("shipment", "shipped_at", nullable=False)
    for name, *_ in (*OPTIONAL, *DEFAULTED):
        op.drop_column("shipment", name)
    op.create_check_constraint(
        op.f("ck_shipment_state"),
        "shipment",
        "state IN ('waiting', 'sent', 'accepted', 'failed')",
    )
    op.create_check_constraint(op.f("ck_shipment_carton_count"), "shipment", "carton_count > 0")
