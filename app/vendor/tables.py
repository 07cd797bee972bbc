"""Amazon's papers as we keep them: purchase orders, acknowledgements, shipments, receipts.

Every version of a purchase order is kept. Quantities are eaches; the amount, unit and unit size
that Amazon wrote stand beside them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZMULTIRANGE, Range
from sqlmodel import Field

from app.db import Table


def _now() -> datetime:
    return datetime.now(UTC)


def _of_order() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["shop_id", "region", "number"],
        ["purchase_order.shop_id", "purchase_order.region", "purchase_order.number"],
    )


HANDED_OVER = """
handed_over_how IN ('hand', 'file') AND (handed_over_how IS NULL) = (handed_over_by IS NULL)
""".strip()


class PurchaseOrder(Table, table=True):
    """A purchase order as Amazon shows it now; its past stands in its versions."""

    __tablename__ = "purchase_order"
    __table_args__ = (
        CheckConstraint("state IN ('New', 'Acknowledged', 'Closed')", name="state"),
        CheckConstraint("source IN ('api', 'file')", name="source"),
        Index("ix_purchase_order_ordered_at", "shop_id", "ordered_at", "region", "number"),
        Index(
            "ix_purchase_order_open",
            "shop_id",
            "status_read_at",
            postgresql_where=text("state <> 'Closed'"),
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    number: str = Field(primary_key=True)
    connection_id: int = Field(sa_type=Integer, description="The connection that read it last.")
    vendor_code: str = ""
    ship_to: str = ""
    state: str
    type: str | None = None
    payment_method: str | None = None
    ordered_at: datetime
    changed_at: datetime | None = None
    state_changed_at: datetime | None = None
    ship_start: datetime | None = None
    ship_end: datetime | None = None
    delivery_start: datetime | None = None
    delivery_end: datetime | None = None
    version: int = Field(default=1, description="Of Amazon's content; 1 is as first seen.")
    digest: str = Field(default="", description="Of the content at that version.")
    revision: int = Field(
        default=0, description="Counts every change of what it needs held; the ledger's version."
    )
    status: str | None = Field(default=None, description="OPEN or CLOSED, by Amazon's status.")
    status_digest: str = ""
    status_read_at: datetime | None = None
    location_id: int | None = Field(
        default=None, sa_type=Integer, description="Where its units are held; null: nowhere yet."
    )
    before_books: bool = Field(
        default=False,
        description="Its window had ended when we connected, so it holds nothing: what it took is"
        " part of the opening balances.",
    )
    rest_released: bool = Field(
        default=False, description="An operator has said that no more will be shipped."
    )
    source: str = Field(default="api", description="What said its content last: api or file.")
    withdrawn: bool = Field(
        default=False, description="The file that brought it was undone; nothing of it counts."
    )
    first_seen_at: datetime = Field(default_factory=_now)
    read_at: datetime = Field(default_factory=_now)

    @property
    def reference(self) -> str:
        """How the ledger and the messages name it."""
        return f"{self.region}:{self.number}"

    @property
    def is_closed(self) -> bool:
        """Whether Amazon expects nothing more of it (rejected, cancelled or received in full)."""
        return self.state == "Closed" or self.status == "CLOSED"

    @property
    def due_at(self) -> datetime | None:
        """The end of its window."""
        return self.ship_end or self.delivery_end


class PurchaseOrderLine(Table, table=True):
    """One line of a purchase order. `item_id` is null until it is known exactly what it names."""

    __tablename__ = "purchase_order_line"
    __table_args__ = (
        _of_order(),
        ForeignKeyConstraint(["shop_id", "item_id"], ["item.shop_id", "item.item_id"]),
        CheckConstraint(
            "ordered_units >= 0 AND accepted_units >= 0 AND backordered_units >= 0"
            " AND rejected_units >= 0 AND shipped_units >= 0 AND received_units >= 0"
            " AND units_before_books >= 0",
            name="not_negative",
        ),
        CheckConstraint("unit_size > 0", name="unit_size"),
        Index("ix_purchase_order_line_item", "shop_id", "item_id"),
        Index("ix_purchase_order_line_asin", "shop_id", "asin"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    number: str = Field(primary_key=True)
    line: str = Field(primary_key=True)
    position: int = 0
    item_id: int | None = Field(default=None, sa_type=Integer)
    asin: str | None = None
    vendor_sku: str | None = None
    ordered_amount: int = 0
    ordered_unit: str = "Eaches"
    unit_size: int = 1
    ordered_units: int = 0
    back_order_allowed: bool = False
    cost: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)
    cost_currency: str | None = Field(default=None, max_length=3)
    cost_weight_unit: str | None = Field(default=None, description="Set when sold by weight.")
    cost_is_list_price: bool = False
    removed: bool = Field(default=False, description="Amazon's newest version no longer has it.")
    confirmation: str | None = Field(default=None, description="Amazon's confirmationStatus.")
    accepted_units: int = 0
    backordered_units: int = 0
    backorder_on: date | None = Field(default=None, description="When those were promised for.")
    rejected_units: int = 0
    shipped_units: int = Field(default=0, description="By our own shipments.")
    received_units: int = Field(default=0, description="Amazon's running total, newest read.")
    last_received_at: datetime | None = None
    units_before_books: int = Field(
        default=0, description="Received units that had left before our books opened."
    )


class PurchaseOrderVersion(Table, table=True):
    """A full copy of a purchase order at each change, with the difference to the copy before."""

    __tablename__ = "purchase_order_version"
    __table_args__ = (
        _of_order(),
        Index(
            "ix_purchase_order_version_import",
            "shop_id",
            "import_id",
            "number",
            postgresql_where=text("import_id IS NOT NULL"),
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    number: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    seen_at: datetime = Field(default_factory=_now)
    digest: str
    content: dict[str, Any] = Field(sa_type=JSONB)
    changes: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=JSONB, description="line, field, before, after"
    )
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    import_id: int | None = Field(
        default=None, sa_type=Integer, description="The file that said so, if one did."
    )


class Acknowledgement(Table, table=True):
    """What an operator has promised of a purchase order, and how far that has come at Amazon."""

    __tablename__ = "acknowledgement"
    __table_args__ = (
        _of_order(),
        CheckConstraint("state IN ('waiting', 'sent', 'accepted', 'failed')", name="state"),
        CheckConstraint(HANDED_OVER, name="handed_over"),
        Index("ix_acknowledgement_order", "shop_id", "region", "number"),
        Index("ix_acknowledgement_message", "shop_id", "message_id"),
        Index(
            "uq_acknowledgement_under_way",
            "shop_id",
            "region",
            "number",
            unique=True,
            postgresql_where=text("state IN ('waiting', 'sent')"),
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    acknowledgement_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    region: str
    number: str
    by: str
    made_at: datetime = Field(default_factory=_now)
    version: int = Field(description="The purchase order's version that was acknowledged.")
    state: str = "waiting"
    sent_at: datetime | None = None
    handed_over_how: str | None = Field(
        default=None, description="Where no API carries it: `hand` (typed) or `file`, by a person."
    )
    handed_over_by: str | None = None
    transaction_id: str | None = None
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    error: str | None = None

    @property
    def waits_for_a_person(self) -> bool:
        """Whether it is made, and no API carries it: a person has still to hand it over."""
        return self.state == "waiting" and self.message_id is None


class AcknowledgementLine(Table, table=True):
    """What one acknowledgement says of one line, in eaches."""

    __tablename__ = "acknowledgement_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "acknowledgement_id"],
            ["acknowledgement.shop_id", "acknowledgement.acknowledgement_id"],
        ),
        CheckConstraint("accept >= 0 AND backorder >= 0 AND reject >= 0", name="not_negative"),
        CheckConstraint("(reject > 0) = (rejection_reason IS NOT NULL)", name="reason"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    acknowledgement_id: int = Field(primary_key=True, sa_type=BigInteger)
    line: str = Field(primary_key=True)
    accept: int
    backorder: int
    backorder_on: date | None = None
    reject: int
    rejection_reason: str | None = None


class Shipment(Table, table=True):
    """One truckload or parcel for Amazon: packed as a draft, then sent, and how far its ASN has come.

    `revision` counts the notices sent of it: the first is Amazon's Original, later ones replace it
    once Amazon has had one (`accepted_at`).
    """

    __tablename__ = "shipment"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "location_id"], ["location.shop_id", "location.location_id"]
        ),
        CheckConstraint(
            "state IN ('draft', 'waiting', 'sent', 'accepted', 'failed', 'cancelled')",
            name="state",
        ),
        CheckConstraint("carton_count >= 0", name="carton_count"),
        CheckConstraint("state IN ('draft', 'cancelled') OR shipped_at IS NOT NULL", name="left"),
        CheckConstraint("(weight IS NULL) = (weight_unit IS NULL)", name="weight"),
        CheckConstraint(HANDED_OVER, name="handed_over"),
        Index("ix_shipment_message", "shop_id", "message_id"),
        Index(
            "ix_shipment_import",
            "shop_id",
            "import_id",
            postgresql_where=text("import_id IS NOT NULL"),
        ),
        Index("ix_shipment_made_at", "shop_id", "made_at", "region", "identifier"),
        Index(
            "ix_shipment_departs_at",
            "shop_id",
            "departs_at",
            postgresql_where=text("state IN ('draft', 'failed', 'waiting')"),
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    identifier: str = Field(primary_key=True)
    location_id: int = Field(sa_type=Integer)
    vendor_code: str = ""
    ship_to: str = ""
    freight_term: str = Field(default="Prepaid", description="Collect where Amazon pays freight.")
    by: str
    made_at: datetime = Field(default_factory=_now)
    shipped_at: datetime | None = None
    carton_count: int = Field(default=0, description="Stated where cartons are not packed here.")
    type: str | None = Field(default=None, description="Amazon's shipmentType.")
    carrier_code: str | None = Field(default=None, description="SCAC")
    carrier_reference: str | None = Field(default=None, description="The carrier's PRO number.")
    bill_of_lading: str | None = None
    amazon_reference: str | None = Field(default=None, description="ARN, for collect freight.")
    weight: Decimal | None = Field(default=None, max_digits=12, decimal_places=3)
    weight_unit: str | None = None
    departs_at: datetime | None = Field(default=None, description="When it is planned to leave.")
    estimated_delivery_at: datetime | None = None
    departed_at: datetime | None = Field(default=None, description="Said by a person at the door.")
    reminded_at: datetime | None = Field(
        default=None, description="Since when it is due to leave and has no ASN."
    )
    import_id: int | None = Field(
        default=None, sa_type=Integer, description="The file that brought it, if one did."
    )
    is_correcting: bool = Field(
        default=False, description="Sent before, and being changed for a replacement."
    )
    revision: int = 0
    state: str = "draft"
    sent_at: datetime | None = None
    accepted_at: datetime | None = Field(default=None, description="Amazon had it, first.")
    seen_at: datetime | None = Field(default=None, description="GetShipmentDetails showed it.")
    handed_over_how: str | None = Field(
        default=None, description="Where no API carries it: `hand` (typed) or `file`, by a person."
    )
    handed_over_by: str | None = None
    transaction_id: str | None = None
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    error: str | None = None

    @property
    def may_be_changed(self) -> bool:
        """Whether its contents may be edited now."""
        return self.state == "draft" or self.is_correcting

    @property
    def waits_for_a_person(self) -> bool:
        """Whether it is made, and no API carries it: a person has still to hand it over."""
        return self.state == "waiting" and self.message_id is None


class ShipmentLine(Table, table=True):
    """Eaches of one purchase order line in one shipment: planned, and those that have left."""

    __tablename__ = "shipment_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "region", "identifier"],
            ["shipment.shop_id", "shipment.region", "shipment.identifier"],
        ),
        ForeignKeyConstraint(
            ["shop_id", "region", "number", "line"],
            [
                "purchase_order_line.shop_id",
                "purchase_order_line.region",
                "purchase_order_line.number",
                "purchase_order_line.line",
            ],
        ),
        CheckConstraint("units >= 0 AND booked_units >= 0", name="units"),
        Index("ix_shipment_line_order", "shop_id", "region", "number", "line"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    identifier: str = Field(primary_key=True)
    number: str = Field(primary_key=True)
    line: str = Field(primary_key=True)
    units: int
    booked_units: int = Field(default=0, description="That have left by the books.")


class Receipt(Table, table=True):
    """A snapshot of how many eaches of a line Amazon says it has received in all.

    Without a foreign key, which cost nine tenths of storing it: receipts are stored only in the
    transaction that holds their order's lock, and the audit looks for the opposite.
    """

    __tablename__ = "receipt"

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    number: str = Field(primary_key=True)
    line: str = Field(primary_key=True)
    observed_at: datetime = Field(primary_key=True)
    total: int
    amount: int
    unit: str
    unit_size: int
    last_received_at: datetime | None = None
    message_id: int | None = Field(default=None, sa_type=BigInteger)


class PollWindow(Table, table=True):
    """How much of time one kind of question has covered without a gap, for one connection."""

    __tablename__ = "poll_window"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "connection_id"],
            ["connection.shop_id", "connection.connection_id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("kind IN ('created', 'changed', 'status')", name="kind"),
        CheckConstraint("swept_from <= swept_to AND goal_from <= swept_from", name="span"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    connection_id: int = Field(primary_key=True, sa_type=Integer)
    kind: str = Field(primary_key=True)
    goal_from: datetime = Field(description="How far back the first back-fill is to reach.")
    swept_from: datetime
    swept_to: datetime
    wide_sweep_at: datetime = Field(description="When the last seven days were last swept again.")
    leased_until: datetime | None = None
    width_seconds: int = Field(
        default=604_800, sa_type=Integer, description="How long the next windows are."
    )
    covered: list[Range[datetime]] = Field(
        default_factory=list,
        sa_type=TSTZMULTIRANGE,
        description="Every window whose last page was read well; a hole is a gap.",
    )


class OAuthState(Table, table=True):
    """One consent under way: what its answer must bring back, once, and soon. Only a hash is kept."""

    __tablename__ = "oauth_state"

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    state_hash: str = Field(primary_key=True)
    user_id: str
    region: str
    marketplace: str
    redirect_uri: str
    locale: str = "en"
    expires_at: datetime
    used_at: datetime | None = None
