"""Shipping to Amazon: the units leave the books for transit, and Amazon is told by ASN.

Fields and rules are those of vendorShipments (SubmitShipmentConfirmations) and its guide, November
2026: an identifier is used once in 365 days, and what is said to have been shipped is in the past.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from app import messages
from app.bell import ring_after_commit
from app.db import shop_of
from app.errors import FieldError, Refused
from app.inventory.documents import Document, DocumentKey
from app.inventory.flows import shipped
from app.inventory.kits import Part
from app.inventory.models import Location, State
from app.vendor.acknowledgements import SEND, case_size, quantity_in_own_unit
from app.vendor.orders import locked_orders
from app.vendor.promises import (
    PURCHASE_ORDER,
    SHIPMENT,
    is_firm,
    lines_of,
    parts_of_lines,
    promised_units,
    restate,
)
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine, Shipment, ShipmentLine

TOPIC = "shipment"
LONGEST_AGO = timedelta(days=7)  # guide: the shipped date is at most seven days back
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True)
class Packed:
    """Eaches of one line that have left."""

    line: str
    units: int


def ship(
    session: Session,
    region: str,
    number: str,
    packed: Sequence[Packed],
    *,
    location_id: int,
    carton_count: int,
    shipped_at: datetime | None,
    identifier: str | None,
    release_rest: bool,
    actor: str,
) -> Shipment:
    """Books a shipment of one order and tells Amazon, in the caller's transaction.

    The units come out of the order's hold, and out of `available` where more left than was held.
    Raises Refused: 404 unknown order, 409 closed or not acknowledged, or an identifier that was
    used, 422 with the path of every wrong field.
    """
    order = locked_orders(session, region, [number]).get(number)
    if order is None:
        raise Refused("not_found", "There is no such purchase order.", status=404)
    lines = lines_of(session, [order])[region, number]
    if order.is_closed:
        raise Refused("order_closed", "Amazon has closed this purchase order.", status=409)
    if not is_firm(order, lines):
        raise Refused("not_acknowledged", "Acknowledge this purchase order first.", status=409)
    now = datetime.now(UTC)
    left_at = shipped_at.astimezone(UTC) if shipped_at else now
    errors = _errors(session, lines, packed, location_id, left_at, now)
    if errors:
        raise Refused("cannot_ship", "This shipment cannot be booked like this.", errors=errors)
    name = identifier or _new_identifier(order, now)
    _must_be_unused(session, region, name)
    paper = Shipment(
        shop_id=order.shop_id,
        region=region,
        identifier=name,
        location_id=location_id,
        by=actor,
        shipped_at=left_at,
        carton_count=carton_count,
    )
    session.add(paper)
    session.flush()
    by_line = {line.line: line for line in lines}
    for one in packed:
        line = by_line[one.line]
        line.shipped_units += one.units
        session.add(line)
        session.add(
            ShipmentLine(
                shop_id=order.shop_id,
                region=region,
                identifier=name,
                number=number,
                line=one.line,
                units=one.units,
            )
        )
    order.rest_released = order.rest_released or release_rest
    paper.message_id = messages.record(
        session,
        direction="out",
        channel="amazon",
        topic=TOPIC,
        key=f"{region}:{name}:shipment",
        reference=name,
        request=body(order, paper, packed, by_line),
        occurred_at=left_at,
    )
    parts = parts_of_lines(session, {(region, number): lines})
    left = _document(order, paper, packed, by_line, parts, actor)
    restate(session, [order], actor=actor, also=[left])
    ring_after_commit(session, SEND)
    return paper


def body(
    order: PurchaseOrder,
    paper: Shipment,
    packed: Sequence[Packed],
    by_line: Mapping[str, PurchaseOrderLine],
) -> dict[str, Any]:
    """SubmitShipmentConfirmationsRequest of vendorShipments for one order's shipment."""
    confirmation: dict[str, Any] = {
        "shipmentIdentifier": paper.identifier,
        "shipmentConfirmationType": "Original",
        "shipmentConfirmationDate": _written(paper.made_at),
        "shippedDate": _written(paper.shipped_at),
        "sellingParty": {"partyId": order.vendor_code},
        "shipFromParty": {"partyId": order.vendor_code},
        "shipToParty": {"partyId": order.ship_to},
        "shipmentMeasurements": {"cartonCount": paper.carton_count},
        "shippedItems": [
            _item(index, order, by_line[one.line], one.units)
            for index, one in enumerate(packed, start=1)
        ],
    }
    arrives = order.delivery_end or order.ship_end
    if arrives is not None:
        # Demanded by Amazon's text; the window's end is the latest that was agreed.
        confirmation["estimatedDeliveryDate"] = _written(max(arrives, paper.shipped_at))
    return {"shipmentConfirmations": [confirmation]}


def _document(
    order: PurchaseOrder,
    paper: Shipment,
    packed: Sequence[Packed],
    by_line: Mapping[str, PurchaseOrderLine],
    parts: Mapping[int, Sequence[Part]],
    actor: str,
) -> Document:
    flows = []
    for one in packed:
        item_id = by_line[one.line].item_id
        assert item_id is not None
        for part in parts[item_id]:
            flows.append(
                shipped(
                    one.line,
                    part.item_id,
                    paper.location_id,
                    one.units * part.units,
                    to=State.AMAZON_TRANSIT,
                    hold=DocumentKey(PURCHASE_ORDER, order.reference),
                    state=State.RESERVED,
                )
            )
    return Document(
        kind=SHIPMENT,
        reference=f"{paper.region}:{paper.identifier}",
        version=1,
        title=paper.identifier,
        flows=flows,
        actor=actor,
        message_id=paper.message_id,
        occurred_at=paper.shipped_at,
    )


def _item(index: int, order: PurchaseOrder, line: PurchaseOrderLine, units: int) -> dict[str, Any]:
    item = {
        "itemSequenceNumber": f"{index:03d}",
        "amazonProductIdentifier": line.asin,
        "vendorProductIdentifier": line.vendor_sku,
        "shippedQuantity": quantity_in_own_unit(line, units),
        "itemDetails": {"purchaseOrderNumber": order.number},
    }
    return {name: value for name, value in item.items() if value is not None}


def _errors(
    session: Session,
    lines: Sequence[PurchaseOrderLine],
    packed: Sequence[Packed],
    location_id: int,
    left_at: datetime,
    now: datetime,
) -> list[FieldError]:
    errors = []
    location = session.get(Location, (shop_of(session), location_id))
    if location is None or not location.active:
        errors.append(FieldError("location_id", "there is no such active location"))
    if not now - LONGEST_AGO <= left_at <= now + timedelta(minutes=5):
        errors.append(FieldError("shipped_at", "must be within the last seven days"))
    by_line = {line.line: line for line in lines if not line.removed}
    seen: set[str] = set()
    for index, one in enumerate(packed):
        path = f"lines[{index}]"
        line = by_line.get(one.line)
        if line is None or one.line in seen:
            said = "this line is named twice" if line else "this order has no such line"
            errors.append(FieldError(f"{path}.line", said))
            continue
        seen.add(one.line)
        if line.item_id is None:
            errors.append(FieldError(f"{path}.line", "say first which item this line is"))
        open_units = promised_units(line) - line.shipped_units
        if one.units > open_units:
            errors.append(FieldError(f"{path}.units", f"only {max(0, open_units)} are still open"))
        if one.units % case_size(line):
            step = case_size(line)
            errors.append(FieldError(f"{path}.units", f"must be whole cases of {step} units"))
    return errors


def _new_identifier(order: PurchaseOrder, now: datetime) -> str:
    tail = "".join(secrets.choice(ALPHABET) for _ in range(6))
    return f"{order.number}-{now:%y%m%d}-{tail}"


def _must_be_unused(session: Session, region: str, identifier: str) -> None:
    used = session.exec(
        select(Shipment.identifier).where(
            Shipment.shop_id == shop_of(session),
            Shipment.region == region,
            col(Shipment.identifier) == identifier,
        )
    ).first()
    if used is not None:
        raise Refused(
            "identifier_used",
            "This shipment identifier has been used.",
            status=409,
            errors=[FieldError("identifier", "choose another one")],
        )


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
