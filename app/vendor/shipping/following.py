"""What Amazon shows of our shipments: the ASN, the reference and the carrier it gave, its labels.

Whether GetShipmentDetails shows ASNs at all is not documented, so a notice that Amazon took and does
not show stays "taken", and is asked for again while it is young.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import text
from sqlmodel import Session, select

from app.connections import Connection
from app.db import database_time, run, shop_of
from app.errors import GiveUp, RetryLater
from app.vendor import access
from app.vendor.client import NotAuthorised, VendorClient
from app.vendor.shipping import transport
from app.vendor.shipping.tables import CarrierLabel, TransportRequest
from app.vendor.tables import Shipment

log = structlog.get_logger(__name__)

AT_ONCE = 50
YOUNG = timedelta(days=7)
OPEN = """
SELECT shipment.region, shipment.identifier
FROM shipment
LEFT JOIN LATERAL (
    SELECT state, transaction_type, status FROM transport_request AS request
    WHERE request.shop_id = shipment.shop_id AND request.region = shipment.region
      AND request.identifier = shipment.identifier
    ORDER BY request.request DESC LIMIT 1) AS asked ON true
WHERE shipment.shop_id = :shop AND shipment.made_at > :since AND shipment.state <> 'cancelled'
  AND ((shipment.state = 'accepted' AND shipment.seen_at IS NULL AND shipment.shipped_at > :since)
    OR (asked.state = 'accepted' AND asked.transaction_type = 'New'
        AND (asked.status IS DISTINCT FROM 'Shipped'))
    OR (shipment.type = 'SmallParcel' AND asked.state = 'accepted' AND NOT EXISTS (
        SELECT FROM carrier_label AS label WHERE label.shop_id = shipment.shop_id
          AND label.region = shipment.region AND label.identifier = shipment.identifier)))
ORDER BY shipment.made_at LIMIT :limit
"""


def follow(shop_id: int) -> None:
    """Asks Amazon for every shipment that it has not shown in full yet. May run twice."""
    for connection, identifier, wants_labels in run(_open, shop_id):
        try:
            with access.client(connection) as client:
                found = shown(client, identifier)
                labels = _labels(client, identifier) if wants_labels else []
        except NotAuthorised as error:
            access.note_failure(shop_id, connection.connection_id, error)
            continue
        except (RetryLater, GiveUp) as error:
            log.warning("shipment_not_read", identifier=identifier, error=error.detail)
            continue
        run(_keep, shop_id, connection.region or "", identifier, found, labels)


def is_due(session: Session) -> bool:
    """Whether there is a shipment that Amazon has not shown in full yet."""
    return bool(_open_rows(session, 1))


def shown(client: VendorClient, identifier: str) -> dict[str, Any] | None:
    """What GetShipmentDetails says of a shipment of ours; None while it shows none."""
    payload = client.shipments(vendorShipmentIdentifier=identifier).payload
    found = payload.get("shipments")
    for one in found if isinstance(found, list) else ():
        if isinstance(one, dict) and one.get("vendorShipmentIdentifier") == identifier:
            return one
    return None


def is_it(request: dict[str, Any], found: dict[str, Any]) -> bool:
    """Whether what Amazon shows is the effect of this very request, a notice or asking for a truck."""
    if "shipmentConfirmations" in request:
        sent = request["shipmentConfirmations"][0]
        if sent["shipmentConfirmationType"] == "Replace":
            return False  # it was shown before; only the transaction tells whether this one arrived
        return bool(
            found.get("shipmentConfirmDate") or found.get("currentShipmentStatus") == "Shipped"
        )
    return bool(found.get("transactionType") == request["shipments"][0]["transactionType"])


def note(session: Session, paper: Shipment | TransportRequest, found: dict[str, Any]) -> None:
    """Keeps what Amazon shows: that it has it, its reference, its carrier, the state of transport."""
    key = (paper.shop_id, paper.region, paper.identifier)
    shipment = session.get(Shipment, key, with_for_update=True)
    if shipment is None:
        return
    is_shown = found.get("shipmentConfirmDate") or found.get("currentShipmentStatus") == "Shipped"
    if is_shown and shipment.state == "accepted":
        shipment.seen_at = shipment.seen_at or database_time()
    shipment.amazon_reference = shipment.amazon_reference or _text(
        found.get("buyerReferenceNumber")
    )
    carrier = (found.get("transportationDetails") or {}).get("carrierDetails") or {}
    shipment.carrier_code = shipment.carrier_code or _text(carrier.get("code"))
    shipment.carrier_reference = shipment.carrier_reference or _text(
        carrier.get("shipmentReferenceNumber")
    )
    session.add(shipment)
    asked = transport.latest(session, shipment)
    if asked is not None and asked.state == "accepted":
        pickup = found.get("collectFreightPickupDetails") or {}
        asked.status = _text(found.get("currentShipmentStatus")) or asked.status
        asked.status_at = _moment(found.get("currentshipmentStatusDate")) or asked.status_at
        asked.scheduled_pickup_at = (
            _moment(pickup.get("scheduledPickUp")) or asked.scheduled_pickup_at
        )
        session.add(asked)


def _labels(client: VendorClient, identifier: str) -> list[dict[str, Any]]:
    payload = client.transport_labels(vendorShipmentIdentifier=identifier).payload
    return [
        data
        for label in payload.get("transportLabels") or []
        if isinstance(label, dict)
        for data in label.get("labelData") or []
        if isinstance(data, dict)
    ]


def _keep(
    session: Session,
    region: str,
    identifier: str,
    found: dict[str, Any] | None,
    labels: list[dict[str, Any]],
) -> None:
    shipment = session.get(Shipment, (shop_of(session), region, identifier), with_for_update=True)
    if shipment is None:
        return
    if found is not None:
        note(session, shipment, found)
    for label in labels:
        content = _pdf(label.get("label"))
        number = label.get("labelSequenceNumber")
        if content is None or not isinstance(number, int):
            log.warning("carrier_label_unreadable", identifier=identifier)
            continue
        session.merge(
            CarrierLabel(
                shop_id=shipment.shop_id,
                region=region,
                identifier=identifier,
                label=number,
                carrier_code=_text(label.get("carrierCode")),
                tracking_number=_text(label.get("trackingId")),
                content=content,
                read_at=database_time(),
            )
        )


def _pdf(written: Any) -> bytes | None:
    try:
        content = base64.b64decode(str(written), validate=True)
    except (binascii.Error, ValueError):
        return None
    return content if content.startswith(b"%PDF") else None


def _open_rows(session: Session, limit: int) -> list[tuple[str, str]]:
    rows = session.execute(
        text(OPEN),
        {"shop": shop_of(session), "since": database_time() - YOUNG, "limit": limit},
    )
    return [(region, identifier) for region, identifier in rows]


def _open(session: Session) -> list[tuple[Connection, str, bool]]:
    connections = {
        one.region: one
        for one in session.exec(
            select(Connection).where(
                Connection.shop_id == shop_of(session),
                Connection.channel == "amazon",
                Connection.state == "connected",
            )
        )
    }
    found = []
    for region, identifier in _open_rows(session, AT_ONCE):
        if region in connections:
            shipment = session.get_one(Shipment, (shop_of(session), region, identifier))
            wants = shipment.type == "SmallParcel" and bool(transport.latest(session, shipment))
            found.append((connections[region], identifier, wants))
    return found


def _text(value: Any) -> str | None:
    return str(value).strip().replace("\x00", "")[:100] or None if value is not None else None


def _moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
