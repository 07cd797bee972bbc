"""The ledger, the border and the shops; movements by month, and rules the database keeps by itself.

Revision: 0001, the first
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import prepare_role, protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATE = postgresql.ENUM(
    "available",
    "committed",
    "reserved",
    "safety_stock",
    "damaged",
    "quality_control",
    "incoming",
    "supplier",
    "customer",
    "amazon_transit",
    "amazon",
    "adjustment",
    name="stock_state",
    create_type=False,
)
REASON = postgresql.ENUM(
    "held",
    "released",
    "expired",
    "shipped",
    "shipment_corrected",
    "received",
    "receipt_corrected",
    "returned",
    "removed",
    "relocated",
    "adjusted",
    "opening",
    name="movement_reason",
    create_type=False,
)

TENANT_TABLES = (
    "shop",
    "message",
    "item",
    "alias",
    "location",
    "balance",
    "document",
    "hold",
    "tally",
    "movement",
    "mirror_due",
    "count",
    "collision",
    "audit_run",
    "connection",
    "preference",
)

# A movement happened; only erasing a whole shop, on its legal request, may take it away.
MOVEMENTS_ARE_FOR_EVER = """
CREATE FUNCTION movements_are_for_ever() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('holdfast.erasing_shop', true) = OLD.shop_id::text THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'a movement is never changed; correct it with another movement';
END
$$;
CREATE TRIGGER movements_are_for_ever BEFORE UPDATE OR DELETE ON movement
    FOR EACH ROW EXECUTE FUNCTION movements_are_for_ever();
"""

# Months are made ahead of time by the clock; whatever falls outside them still has a home.
MONTHS = """
CREATE FUNCTION guard_movement_months(part regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- A part can be read by its own name, so it needs the same guard as the whole.
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', part);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', part);
    EXECUTE format($policy$
        CREATE POLICY one_shop ON %s USING (shop_id =
            (SELECT NULLIF(current_setting('holdfast.shop_id', true), '')::integer))
    $policy$, part);
END
$$;
CREATE FUNCTION open_movement_month(month date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    part text := 'movement_' || to_char(month, 'YYYY_MM');
BEGIN
    IF to_regclass(part) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF movement FOR VALUES FROM (%L) TO (%L)', part,
            date_trunc('month', month::timestamp) AT TIME ZONE 'UTC',
            (date_trunc('month', month::timestamp) + interval '1 month') AT TIME ZONE 'UTC');
        PERFORM guard_movement_months(part::regclass);
    END IF;
END
$$;
CREATE TABLE movement_other PARTITION OF movement DEFAULT;
SELECT guard_movement_months('movement_other');
SELECT open_movement_month((date_trunc('month', now()) + make_interval(months => ahead))::date)
FROM generate_series(0, 3) AS ahead;
"""


def upgrade() -> None:
    prepare_role()
    STATE.create(op.get_bind())
    REASON.create(op.get_bind())
    op.create_table(
        "audit_run",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("audit_run_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("ran_at", UTCDateTime(), nullable=False),
        sa.Column("findings", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "audit_run_id", name=op.f("pk_audit_run")),
    )
    op.create_table(
        "document",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("reference", AutoString(), nullable=False),
        sa.Column("title", AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("digest", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "document_id", name=op.f("pk_document")),
        sa.UniqueConstraint(
            "shop_id", "kind", "reference", name=op.f("uq_document_shop_id_kind_reference")
        ),
    )
    op.create_table(
        "item",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("sku", AutoString(), nullable=False),
        sa.Column("title", AutoString(), nullable=False),
        sa.Column("image_url", AutoString(), nullable=True),
        sa.Column("units_per_case", sa.Integer(), nullable=False),
        sa.Column("unit_cost", sa.Numeric(precision=19, scale=4), nullable=True),
        sa.Column("unit_cost_currency", AutoString(length=3), nullable=True),
        sa.Column("tracked", sa.Boolean(), nullable=False),
        sa.Column("archived_at", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "(unit_cost IS NULL) = (unit_cost_currency IS NULL)", name=op.f("ck_item_unit_cost")
        ),
        sa.CheckConstraint("units_per_case > 0", name=op.f("ck_item_units_per_case")),
        sa.PrimaryKeyConstraint("shop_id", "item_id", name=op.f("pk_item")),
    )
    op.create_index("ix_item_sku", "item", ["shop_id", "sku", "item_id"], unique=False)
    op.create_table(
        "location",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("reference", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "location_id", name=op.f("pk_location")),
        sa.UniqueConstraint("shop_id", "reference", name=op.f("uq_location_shop_id_reference")),
    )
    op.create_table(
        "message",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("direction", AutoString(), nullable=False),
        sa.Column("channel", AutoString(), nullable=False),
        sa.Column("topic", AutoString(), nullable=False),
        sa.Column("key", AutoString(), nullable=False),
        sa.Column("reference", AutoString(), nullable=True),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.Column("occurred_at", UTCDateTime(), nullable=True),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.Column("request", postgresql.JSONB(), nullable=True),
        sa.Column("response", postgresql.JSONB(), nullable=True),
        sa.Column("error", AutoString(), nullable=True),
        sa.Column("notes", postgresql.JSONB(), nullable=False),
        sa.Column("history", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "(state = 'waiting') = (finished_at IS NULL)", name=op.f("ck_message_finished")
        ),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_message_direction")),
        sa.CheckConstraint(
            "state IN ('waiting', 'done', 'dead', 'ignored')", name=op.f("ck_message_state")
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_message_attempts")),
        sa.PrimaryKeyConstraint("shop_id", "message_id", name=op.f("pk_message")),
        sa.UniqueConstraint(
            "shop_id",
            "direction",
            "channel",
            "key",
            name=op.f("uq_message_shop_id_direction_channel_key"),
        ),
    )
    op.create_index("ix_message_reference", "message", ["shop_id", "reference"], unique=False)
    op.create_index(
        "ix_message_waiting",
        "message",
        ["shop_id", "direction", "channel", "due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "mirror_due",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("movement_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "movement_id", name=op.f("pk_mirror_due")),
    )
    op.create_table(
        "shop",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("domain", AutoString(), nullable=False),
        sa.Column("shopify_shop_id", sa.BigInteger(), nullable=True),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("currency", AutoString(length=3), nullable=False),
        sa.Column("time_zone", AutoString(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_shop")),
    )
    op.create_table(
        "shop_domain",
        sa.Column("domain", AutoString(), nullable=False),
        sa.Column("shop_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_shop_domain")),
        sa.UniqueConstraint("shop_id", name=op.f("uq_shop_domain_shop_id")),
    )
    op.create_table(
        "alias",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("value", AutoString(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "item_id"],
            ["item.shop_id", "item.item_id"],
            name=op.f("fk_alias_shop_id_item_id_item"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "kind", "value", name=op.f("pk_alias")),
    )
    op.create_index("ix_alias_item", "alias", ["shop_id", "item_id"], unique=False)
    op.create_table(
        "balance",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("state", STATE, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "quantity >= 0 OR state NOT IN ('committed', 'reserved', 'safety_stock',"
            " 'damaged', 'quality_control', 'incoming')",
            name=op.f("ck_balance_not_negative_inside"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "item_id"],
            ["item.shop_id", "item.item_id"],
            name=op.f("fk_balance_shop_id_item_id_item"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "location_id"],
            ["location.shop_id", "location.location_id"],
            name=op.f("fk_balance_shop_id_location_id_location"),
        ),
        sa.PrimaryKeyConstraint(
            "shop_id", "item_id", "location_id", "state", name=op.f("pk_balance")
        ),
    )
    op.create_table(
        "collision",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("collision_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("ended_by", AutoString(), nullable=True),
        sa.Column("way_taken", AutoString(), nullable=True),
        sa.Column("note", AutoString(), nullable=True),
        sa.Column("accepted_oversold", sa.Integer(), nullable=False),
        sa.Column("accepted_short", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('oversold', 'short')", name=op.f("ck_collision_kind")),
        sa.CheckConstraint("units > 0", name=op.f("ck_collision_units")),
        sa.ForeignKeyConstraint(
            ["shop_id", "item_id"],
            ["item.shop_id", "item.item_id"],
            name=op.f("fk_collision_shop_id_item_id_item"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "location_id"],
            ["location.shop_id", "location.location_id"],
            name=op.f("fk_collision_shop_id_location_id_location"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "collision_id", name=op.f("pk_collision")),
    )
    op.create_index(
        "uq_collision_open",
        "collision",
        ["shop_id", "item_id", "location_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "count",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("state", STATE, nullable=False),
        sa.Column("source", AutoString(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("observed_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "item_id"],
            ["item.shop_id", "item.item_id"],
            name=op.f("fk_count_shop_id_item_id_item"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "location_id"],
            ["location.shop_id", "location.location_id"],
            name=op.f("fk_count_shop_id_location_id_location"),
        ),
        sa.PrimaryKeyConstraint(
            "shop_id", "item_id", "location_id", "state", "source", name=op.f("pk_count")
        ),
    )
    op.create_table(
        "hold",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("line", AutoString(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("state", STATE, nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("fulfilled", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("fact", sa.Boolean(), nullable=False),
        sa.Column("firm", sa.Boolean(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=True),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "state IN ('committed', 'reserved', 'safety_stock')", name=op.f("ck_hold_state")
        ),
        sa.CheckConstraint(
            "wanted >= 0 AND fulfilled >= 0 AND held >= 0", name=op.f("ck_hold_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "document_id"],
            ["document.shop_id", "document.document_id"],
            name=op.f("fk_hold_shop_id_document_id_document"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "item_id"],
            ["item.shop_id", "item.item_id"],
            name=op.f("fk_hold_shop_id_item_id_item"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "location_id"],
            ["location.shop_id", "location.location_id"],
            name=op.f("fk_hold_shop_id_location_id_location"),
        ),
        sa.PrimaryKeyConstraint(
            "shop_id", "document_id", "line", "item_id", "location_id", name=op.f("pk_hold")
        ),
    )
    op.create_index(
        "ix_hold_expiry",
        "hold",
        ["shop_id", "expires_at"],
        unique=False,
        postgresql_where=sa.text("expires_at IS NOT NULL AND held > 0"),
    )
    op.create_index(
        "ix_hold_open",
        "hold",
        ["shop_id", "item_id", "location_id"],
        unique=False,
        postgresql_where=sa.text("held > 0 OR wanted > fulfilled"),
    )
    op.create_table(
        "movement",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("movement_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "recorded_at",
            UTCDateTime(),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("occurred_at", UTCDateTime(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("from_location_id", sa.Integer(), nullable=False),
        sa.Column("from_state", STATE, nullable=False),
        sa.Column("to_location_id", sa.Integer(), nullable=False),
        sa.Column("to_state", STATE, nullable=False),
        sa.Column("from_balance", sa.Integer(), nullable=False),
        sa.Column("to_balance", sa.Integer(), nullable=False),
        sa.Column("reason", REASON, nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("line", AutoString(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", AutoString(), nullable=False),
        sa.Column("echo", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "from_state <> to_state OR from_location_id <> to_location_id",
            name=op.f("ck_movement_from_is_not_to"),
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_movement_quantity")),
        sa.ForeignKeyConstraint(
            ["shop_id", "document_id"],
            ["document.shop_id", "document.document_id"],
            name=op.f("fk_movement_shop_id_document_id_document"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "item_id"],
            ["item.shop_id", "item.item_id"],
            name=op.f("fk_movement_shop_id_item_id_item"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "movement_id", "recorded_at", name=op.f("pk_movement")),
        postgresql_partition_by="RANGE (recorded_at)",
    )
    op.create_index("ix_movement_document", "movement", ["shop_id", "document_id"], unique=False)
    op.create_index(
        "ix_movement_from",
        "movement",
        ["shop_id", "item_id", "from_location_id", "from_state", "recorded_at", "movement_id"],
        unique=False,
    )
    op.create_index(
        "ix_movement_to",
        "movement",
        ["shop_id", "item_id", "to_location_id", "to_state", "recorded_at", "movement_id"],
        unique=False,
    )
    op.create_table(
        "tally",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("line", AutoString(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("from_location_id", sa.Integer(), nullable=False),
        sa.Column("from_state", STATE, nullable=False),
        sa.Column("to_location_id", sa.Integer(), nullable=False),
        sa.Column("to_state", STATE, nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("hold_document_id", sa.BigInteger(), nullable=True),
        sa.Column("hold_line", AutoString(), nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_id", "document_id"],
            ["document.shop_id", "document.document_id"],
            name=op.f("fk_tally_shop_id_document_id_document"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "hold_document_id"],
            ["document.shop_id", "document.document_id"],
            name=op.f("fk_tally_shop_id_hold_document_id_document"),
        ),
        sa.PrimaryKeyConstraint(
            "shop_id",
            "document_id",
            "line",
            "item_id",
            "from_location_id",
            "from_state",
            "to_location_id",
            "to_state",
            name=op.f("pk_tally"),
        ),
    )
    op.create_index(
        "ix_tally_hold",
        "tally",
        ["shop_id", "hold_document_id"],
        unique=False,
        postgresql_where=sa.text("hold_document_id IS NOT NULL"),
    )

    op.create_table(
        "connection",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("channel", AutoString(), nullable=False),
        sa.Column("reference", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("region", AutoString(), nullable=True),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("access_token", AutoString(), nullable=True),
        sa.Column("access_expires_at", UTCDateTime(), nullable=True),
        sa.Column("refresh_token", AutoString(), nullable=True),
        sa.Column("refresh_expires_at", UTCDateTime(), nullable=True),
        sa.Column("scopes", AutoString(), nullable=False),
        sa.Column("connected_at", UTCDateTime(), nullable=False),
        sa.Column("disconnected_at", UTCDateTime(), nullable=True),
        sa.Column("last_good_at", UTCDateTime(), nullable=True),
        sa.Column("error", AutoString(), nullable=True),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("channel IN ('shopify', 'amazon')", name=op.f("ck_connection_channel")),
        sa.CheckConstraint(
            "state IN ('connected', 'reopen_needed', 'reauthorise', 'disconnected')",
            name=op.f("ck_connection_state"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "connection_id", name=op.f("pk_connection")),
        sa.UniqueConstraint(
            "shop_id", "channel", "reference", name=op.f("uq_connection_shop_id_channel_reference")
        ),
    )
    op.create_table(
        "preference",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("user_id", AutoString(), nullable=False),
        sa.Column("locale", AutoString(), nullable=True),
        sa.PrimaryKeyConstraint("shop_id", "user_id", name=op.f("pk_preference")),
    )
    op.execute(MOVEMENTS_ARE_FOR_EVER)
    op.execute(MONTHS)
    protect(*TENANT_TABLES)


def downgrade() -> None:
    raise NotImplementedError("The first migration is not taken back; restore a backup instead.")
