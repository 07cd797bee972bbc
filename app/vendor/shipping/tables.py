"""What a shipment is packed in, where it leaves from, and what else is said to Amazon of it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    UniqueConstraint,
    text,
)
from sqlmodel import Field

from app.db import Table


def _now() -> datetime:
    return datetime.now(UTC)


def _of_shipment() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["shop_id", "region", "identifier"],
        ["shipment.shop_id", "shipment.region", "shipment.identifier"],
    )


class Pallet(Table, table=True):
    """A pallet of a shipment, by its number within it."""

    __tablename__ = "pallet"
    __table_args__ = (
        _of_shipment(),
        UniqueConstraint("shop_id", "sscc"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    identifier: str = Field(primary_key=True)
    pallet: int = Field(primary_key=True)
    sscc: str | None = None


class Carton(Table, table=True):
    """A carton of a shipment, by its number within it. The SSCC is what its label shows."""

    __tablename__ = "carton"
    __table_args__ = (
        _of_shipment(),
        ForeignKeyConstraint(
            ["shop_id", "region", "identifier", "pallet"],
            ["pallet.shop_id", "pallet.region", "pallet.identifier", "pallet.pallet"],
        ),
        UniqueConstraint("shop_id", "sscc"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    identifier: str = Field(primary_key=True)
    carton: int = Field(primary_key=True)
    sscc: str | None = None
    pallet: int | None = Field(default=None, sa_type=Integer)
    tracking_number: str | None = None
    packed_at: datetime = Field(default_factory=_now)
    packed_by: str


class CartonLine(Table, table=True):
    """Eaches of one purchase order line, of one lot, in one carton."""

    __tablename__ = "carton_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "region", "identifier", "carton"],
            ["carton.shop_id", "carton.region", "carton.identifier", "carton.carton"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["shop_id", "region", "identifier", "number", "line"],
            [
                "shipment_line.shop_id",
                "shipment_line.region",
                "shipment_line.identifier",
                "shipment_line.number",
                "shipment_line.line",
            ],
        ),
        CheckConstraint("units > 0", name="units"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    identifier: str = Field(primary_key=True)
    carton: int = Field(primary_key=True)
    number: str = Field(primary_key=True)
    line: str = Field(primary_key=True)
    lot_number: str = Field(
        default="", primary_key=True, description="Empty where goods have none."
    )
    expires_on: date | None = None
    units: int


class ShippingSetting(Table, table=True):
    """One shop's GS1 company prefix, from which the numbers of its cartons are made."""

    __tablename__ = "shipping_setting"
    __table_args__ = (
        CheckConstraint("gs1_company_prefix ~ '^[0-9]{4,12}$'", name="gs1_company_prefix"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    gs1_company_prefix: str


class SsccSerial(Table, table=True):
    """The next serial of one GS1 company prefix; it only grows, so no number is ever used twice."""

    __tablename__ = "sscc_serial"

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    gs1_company_prefix: str = Field(primary_key=True)
    next_serial: int = Field(sa_type=BigInteger)


class ShipFrom(Table, table=True):
    """A business address that shipments of one location leave from; no person's."""

    __tablename__ = "ship_from"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "location_id"], ["location.shop_id", "location.location_id"]
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    location_id: int = Field(primary_key=True, sa_type=Integer)
    warehouse_code: str | None = Field(default=None, description="As Amazon knows it.")
    name: str
    address_line: str
    city: str
    state_or_region: str | None = None
    postal_code: str
    country_code: str = Field(max_length=2)


class DatedItem(Table, table=True):
    """An item whose units carry a lot number and an expiry date."""

    __tablename__ = "dated_item"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "item_id"], ["item.shop_id", "item.item_id"]),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    item_id: int = Field(primary_key=True, sa_type=Integer)


class TransportRequest(Table, table=True):
    """Asking Amazon to collect a shipment, or taking that back, and what Amazon made of it."""

    __tablename__ = "transport_request"
    __table_args__ = (
        _of_shipment(),
        CheckConstraint("transaction_type IN ('New', 'Cancel')", name="transaction_type"),
        CheckConstraint("state IN ('waiting', 'sent', 'accepted', 'failed')", name="state"),
        Index("ix_transport_request_message", "shop_id", "message_id"),
        Index(
            "uq_transport_request_under_way",
            "shop_id",
            "region",
            "identifier",
            unique=True,
            postgresql_where=text("state IN ('waiting', 'sent')"),
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    identifier: str = Field(primary_key=True)
    request: int = Field(primary_key=True, description="1, 2, …: each New or Cancel.")
    transaction_type: str
    pickup_at: datetime
    pallets_stackable: bool = True
    by: str
    made_at: datetime = Field(default_factory=_now)
    state: str = "waiting"
    sent_at: datetime | None = None
    transaction_id: str | None = None
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    error: str | None = None
    status: str | None = Field(default=None, description="Amazon's currentShipmentStatus.")
    status_at: datetime | None = None
    scheduled_pickup_at: datetime | None = None


class CarrierLabel(Table, table=True):
    """A carrier's own label for one parcel, as Amazon gave it."""

    __tablename__ = "carrier_label"
    __table_args__ = (_of_shipment(),)

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    region: str = Field(primary_key=True)
    identifier: str = Field(primary_key=True)
    label: int = Field(primary_key=True, description="Amazon's labelSequenceNumber.")
    carrier_code: str | None = None
    tracking_number: str | None = None
    content: bytes = Field(sa_type=LargeBinary, description="PDF")
    read_at: datetime = Field(default_factory=_now)
