"""Shipments on the wire: in short for lists, and whole for packing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import PlainSerializer
from sqlalchemy import text
from sqlmodel import Session, select

from app.db import shop_of
from app.http import Answer, Moment
from app.inventory.models import Location
from app.inventory.views import ItemBrief, LocationBrief
from app.vendor.shipping import contents, rules, sscc, transport
from app.vendor.shipping.contents import Contents
from app.vendor.shipping.tables import CarrierLabel, TransportRequest
from app.vendor.tables import Shipment, ShipmentLine

SUMS = """
SELECT shipment.region, shipment.identifier,
       coalesce(array_agg(DISTINCT line.number) FILTER (WHERE line.number IS NOT NULL), '{}')
           AS numbers,
       coalesce(sum(line.units), 0)::int AS units,
       (SELECT count(*) FROM carton WHERE carton.shop_id = shipment.shop_id
          AND carton.region = shipment.region AND carton.identifier = shipment.identifier)::int
           AS cartons,
       (SELECT count(*) FROM pallet WHERE pallet.shop_id = shipment.shop_id
          AND pallet.region = shipment.region AND pallet.identifier = shipment.identifier)::int
           AS pallets
FROM shipment LEFT JOIN shipment_line AS line USING (shop_id, region, identifier)
WHERE shipment.shop_id = :shop AND shipment.identifier = ANY(:identifiers)
GROUP BY shipment.shop_id, shipment.region, shipment.identifier
"""
Weight = Annotated[
    Decimal, PlainSerializer(lambda value: f"{value.normalize():f}", return_type=str)
]


class ShipmentSummary(Answer):
    """A shipment in short; units in eaches. `seen_at`: since when Amazon shows it."""

    identifier: str
    region: str
    state: str
    is_correcting: bool
    waits_for_a_person: bool
    ship_to: str
    vendor_code: str
    numbers: list[str]
    location: LocationBrief
    units: int
    carton_count: int
    pallet_count: int
    departs_at: Moment | None
    shipped_at: Moment | None
    departed_at: Moment | None
    seen_at: Moment | None
    reminded_at: Moment | None
    error: str | None


class ShipmentLineView(Answer):
    """One order's line in it. `open`: eaches that may be in it, `held`: held for the line now."""

    number: str
    line: str
    item: ItemBrief | None
    asin: str | None
    vendor_sku: str | None
    units: int
    booked: int
    packed: int
    open: int
    held: int
    case: int
    carton_size: int | None
    dated: bool


class CartonLineView(Answer):
    number: str
    line: str
    units: int
    lot_number: str
    expires_on: date | None


class CartonView(Answer):
    carton: int
    sscc: str | None
    pallet: int | None
    tracking_number: str | None
    lines: list[CartonLineView]


class PalletView(Answer):
    pallet: int
    sscc: str | None
    carton_count: int


class FindingView(Answer):
    """What stands against sending it: the rule, its severity, the field, and how to put it right."""

    rule: str
    severity: str
    field: str
    value: str
    expected: str
    fix: str
    source: str


class TransportRequestView(Answer):
    transaction_type: str
    state: str
    pickup_at: Moment
    pallets_stackable: bool
    sent_at: Moment | None
    error: str | None
    status: str | None
    status_at: Moment | None
    scheduled_pickup_at: Moment | None


class WholeShipment(ShipmentSummary):
    """A shipment whole, with what stands against sending it while it may be changed."""

    freight_term: str
    type: str | None
    carrier_code: str | None
    carrier_reference: str | None
    bill_of_lading: str | None
    amazon_reference: str | None
    weight: Weight | None
    weight_unit: str | None
    estimated_delivery_at: Moment | None
    expected_at: Moment | None
    ship_from_known: bool
    has_prefix: bool
    may_be_changed: bool
    revision: int
    sent_at: Moment | None
    accepted_at: Moment | None
    message_id: int | None
    handed_over_how: str | None
    handed_over_by: str | None
    lines: list[ShipmentLineView]
    cartons: list[CartonView]
    pallets: list[PalletView]
    findings: list[FindingView]
    transport: TransportRequestView | None
    carrier_label_count: int


def summaries(session: Session, shipments: Sequence[Shipment]) -> list[ShipmentSummary]:
    """These shipments in short, in the order given; two queries however many they are."""
    if not shipments:
        return []
    session.flush()
    rows = session.execute(
        text(SUMS),
        {"shop": shop_of(session), "identifiers": [one.identifier for one in shipments]},
    )
    sums = {(row.region, row.identifier): row for row in rows}
    places = {
        one.location_id: one.name
        for one in session.exec(select(Location).where(Location.shop_id == shop_of(session)))
    }
    return [
        ShipmentSummary(
            **{
                name: getattr(one, name)
                for name in ShipmentSummary.model_fields
                if name not in ("numbers", "location", "units", "carton_count", "pallet_count")
            },
            numbers=sums[one.region, one.identifier].numbers,
            location=LocationBrief(id=one.location_id, name=places[one.location_id]),
            units=sums[one.region, one.identifier].units,
            carton_count=sums[one.region, one.identifier].cartons or one.carton_count,
            pallet_count=sums[one.region, one.identifier].pallets,
        )
        for one in shipments
    ]


def whole(session: Session, shipment: Shipment) -> WholeShipment:
    """One shipment as the packing screen shows it."""
    [summary] = summaries(session, [shipment])
    found = contents.read(session, shipment)
    findings = rules.check(session, found) if shipment.may_be_changed else []
    asked = transport.latest(session, shipment)
    labels = contents.rows_of(session, CarrierLabel, shipment, "label")
    return WholeShipment(
        **dict(summary),
        **{
            name: getattr(shipment, name)
            for name in (
                *("freight_term", "type", "carrier_code", "carrier_reference", "bill_of_lading"),
                *("amazon_reference", "weight", "weight_unit", "estimated_delivery_at"),
                *("may_be_changed", "revision", "sent_at", "accepted_at", "message_id"),
                *("handed_over_how", "handed_over_by"),
            )
        },
        expected_at=rules.estimated_delivery(found),
        ship_from_known=found.ship_from is not None,
        has_prefix=sscc.prefix_of(session) is not None,
        lines=[_line(found, one) for one in found.lines],
        cartons=_cartons(found),
        pallets=[
            PalletView(
                pallet=one.pallet,
                sscc=one.sscc,
                carton_count=sum(carton.pallet == one.pallet for carton in found.cartons),
            )
            for one in found.pallets
        ],
        findings=[FindingView(**asdict(one)) for one in findings],
        transport=_transport(asked),
        carrier_label_count=len(labels),
    )


def _line(found: Contents, one: ShipmentLine) -> ShipmentLineView:
    key = (one.number, one.line)
    line = found.order_lines[key]
    item = found.items.get(line.item_id or 0)
    return ShipmentLineView(
        number=one.number,
        line=one.line,
        item=item
        and ItemBrief(id=item.item_id, sku=item.sku, title=item.title, image_url=item.image_url),
        asin=line.asin,
        vendor_sku=line.vendor_sku,
        units=one.units,
        booked=one.booked_units,
        packed=found.packed_units(key),
        open=found.open_units(key),
        held=found.held.get(key, 0),
        case=found.case_of(key),
        carton_size=found.carton_size(key),
        dated=line.item_id in found.dated_items,
    )


def _cartons(found: Contents) -> list[CartonView]:
    return [
        CartonView(
            carton=one.carton,
            sscc=one.sscc,
            pallet=one.pallet,
            tracking_number=one.tracking_number,
            lines=[
                CartonLineView.model_validate(line)
                for line in found.carton_lines.get(one.carton, ())
            ],
        )
        for one in found.cartons
    ]


def _transport(asked: TransportRequest | None) -> TransportRequestView | None:
    return TransportRequestView.model_validate(asked) if asked is not None else None
