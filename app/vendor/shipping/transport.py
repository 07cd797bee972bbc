"""Asking Amazon to collect a shipment whose freight it pays (SubmitShipments), and taking that back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from app import messages
from app.bell import ring_after_commit
from app.db import database_time
from app.errors import FieldError, Refused
from app.vendor.acknowledgements import SEND
from app.vendor.orders import are_by_file
from app.vendor.shipping import contents, notice
from app.vendor.shipping.contents import Contents
from app.vendor.shipping.tables import TransportRequest
from app.vendor.tables import PurchaseOrder, Shipment

TOPIC = "transport_request"


def request(
    session: Session,
    shipment: Shipment,
    *,
    pickup_at: datetime,
    pallets_stackable: bool,
    actor: str,
) -> TransportRequest:
    """Asks Amazon for a carrier for a locked shipment, in the caller's transaction.

    Raises Refused: 409 when one is asked for or under way, or where no API is connected; 422 naming
    what Amazon's text demands.
    """
    last = latest(session, shipment)
    if last is not None and last.state != "failed" and last.transaction_type == "New":
        raise Refused("transport_requested", "Transport has been requested already.", status=409)
    _must_not_be_under_way(last)
    whole = contents.read(session, shipment)
    if are_by_file(session, whole.orders.values()):
        raise Refused(
            "by_file",
            "No API is connected for this region; ask for transport in Vendor Central.",
            status=409,
        )
    errors = _errors(whole, pickup_at)
    if errors:
        raise Refused("cannot_request", "Amazon would not plan a truck like this.", errors=errors)
    made = _new(shipment, last, "New", pickup_at, pallets_stackable, actor)
    return _tell(session, whole, made)


def cancel(session: Session, shipment: Shipment, *, actor: str) -> TransportRequest:
    """Takes the request back. Raises Refused 409 when there is none that Amazon has."""
    last = latest(session, shipment)
    _must_not_be_under_way(last)
    if last is None or last.transaction_type == "Cancel" or last.state == "failed":
        raise Refused("no_transport_request", "No transport has been requested.", status=409)
    made = _new(shipment, last, "Cancel", last.pickup_at, last.pallets_stackable, actor)
    return _tell(session, contents.read(session, shipment), made)


def latest(session: Session, shipment: Shipment) -> TransportRequest | None:
    """The newest request of a shipment, or taking back of one."""
    return session.exec(
        select(TransportRequest)
        .filter_by(shop_id=shipment.shop_id, region=shipment.region, identifier=shipment.identifier)
        .order_by(col(TransportRequest.request).desc())
        .limit(1)
    ).first()


def body(whole: Contents, asked: TransportRequest) -> dict[str, Any]:
    """SubmitShipments of vendorShipments for one request."""
    shipment = whole.shipment
    said: dict[str, Any] = {
        "vendorShipmentIdentifier": shipment.identifier,
        "transactionType": asked.transaction_type,
        "transactionDate": notice.written(asked.made_at),
        "shipmentFreightTerm": shipment.freight_term,
        "buyerReferenceNumber": shipment.amazon_reference,
        "sellingParty": {"partyId": shipment.vendor_code},
        "shipFromParty": notice.ship_from(whole),
        "shipToParty": {"partyId": shipment.ship_to},
    }
    if asked.transaction_type == "New":
        said |= {
            "shipmentMeasurements": _measurements(whole, asked),
            "collectFreightPickupDetails": {"requestedPickUp": notice.written(asked.pickup_at)},
            "purchaseOrders": [_order(whole, order) for order in whole.orders.values()],
        }
        if shipment.type:
            said["transportationDetails"] = {"shipMode": shipment.type}
    return {"shipments": [{name: value for name, value in said.items() if value is not None}]}


def _measurements(whole: Contents, asked: TransportRequest) -> dict[str, Any]:
    weight = whole.shipment.weight
    measures: dict[str, Any] = {
        "totalPalletStackable": len(whole.pallets) if asked.pallets_stackable else 0,
        "totalPalletNonStackable": 0 if asked.pallets_stackable else len(whole.pallets),
    }
    if not whole.pallets:
        measures = {"totalCartonCount": whole.carton_count}
    if weight is not None:
        measures["shipmentWeight"] = {
            "unitOfMeasure": whole.shipment.weight_unit,
            "value": f"{weight.normalize():f}",
        }
    return measures


def _order(whole: Contents, order: PurchaseOrder) -> dict[str, Any]:
    said: dict[str, Any] = {
        "purchaseOrderNumber": order.number,
        "purchaseOrderDate": notice.written(order.ordered_at),
        "items": [
            _item(whole, key, sequence)
            for key, sequence in notice.numbered(whole).items()
            if key[0] == order.number
        ],
    }
    if order.ship_start and order.ship_end:
        start, end = notice.written(order.ship_start), notice.written(order.ship_end)
        said["shipWindow"] = f"{start}--{end}"
    return said


def _item(whole: Contents, key: tuple[str, str], sequence: str) -> dict[str, Any]:
    line = whole.order_lines[key]
    units = next(one.units for one in whole.lines if (one.number, one.line) == key)
    item = {
        "itemSequenceNumber": sequence,
        "buyerProductIdentifier": line.asin,
        "vendorProductIdentifier": line.vendor_sku,
        "shippedQuantity": notice.quantity(line, units, whole.case_of(key)),
    }
    return {name: value for name, value in item.items() if value is not None}


def _errors(whole: Contents, pickup_at: datetime) -> list[FieldError]:
    shipment = whole.shipment
    errors = []
    if shipment.freight_term != "Collect":
        said = "you pay the freight of this order (it has a delivery window); book a carrier"
        errors.append(FieldError("freight_term", said))
    if not whole.units:
        errors.append(FieldError("lines", "say what is to be collected"))
    if not whole.carton_count and not whole.pallets:
        errors.append(FieldError("carton_count", "pack the cartons, or say how many there are"))
    if shipment.weight is None:
        errors.append(FieldError("weight", "Amazon plans the truck by the weight; enter it"))
    if pickup_at <= database_time():
        errors.append(FieldError("pickup_at", "must be ahead"))
    return errors


def _must_not_be_under_way(last: TransportRequest | None) -> None:
    if last is not None and last.state in ("waiting", "sent"):
        raise Refused(
            "transport_under_way", "The last request is on its way; wait for Amazon.", status=409
        )


def _new(
    shipment: Shipment,
    last: TransportRequest | None,
    kind: str,
    pickup_at: datetime,
    pallets_stackable: bool,
    actor: str,
) -> TransportRequest:
    return TransportRequest(
        shop_id=shipment.shop_id,
        region=shipment.region,
        identifier=shipment.identifier,
        request=last.request + 1 if last else 1,
        transaction_type=kind,
        pickup_at=pickup_at,
        pallets_stackable=pallets_stackable,
        by=actor,
        made_at=database_time(),
    )


def _tell(session: Session, whole: Contents, made: TransportRequest) -> TransportRequest:
    made.message_id = messages.record(
        session,
        direction="out",
        channel="amazon",
        topic=TOPIC,
        key=f"{made.region}:{made.identifier}:transport:{made.request}",
        reference=made.identifier,
        request=body(whole, made),
    )
    session.add(made)
    ring_after_commit(session, SEND)
    return made
