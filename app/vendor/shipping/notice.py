"""The ASN as Amazon reads it: SubmitShipmentConfirmationsRequest of vendorShipments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from app.vendor.acknowledgements import quantity_in_own_unit
from app.vendor.shipping.contents import Contents, LineKey
from app.vendor.shipping.rules import estimated_delivery
from app.vendor.shipping.tables import Carton, CartonLine, Pallet
from app.vendor.tables import PurchaseOrderLine

SSCC_PREFIX = "00"
"""The application identifier that Amazon's model puts before an SSCC's 18 digits."""


def body(whole: Contents) -> dict[str, Any]:
    """One shipment's notice: the Original, or a Replace once Amazon has had one."""
    shipment = whole.shipment
    sequence = numbered(whole)
    assert shipment.shipped_at is not None
    confirmation: dict[str, Any] = {
        "shipmentIdentifier": shipment.identifier,
        "shipmentConfirmationType": "Replace" if shipment.accepted_at else "Original",
        "shipmentType": shipment.type,
        "shipmentStructure": _structure(whole),
        "transportationDetails": _transportation(whole),
        "amazonReferenceNumber": shipment.amazon_reference,
        "shipmentConfirmationDate": written(shipment.made_at),
        "shippedDate": written(shipment.shipped_at),
        "sellingParty": {"partyId": shipment.vendor_code},
        "shipFromParty": ship_from(whole),
        "shipToParty": {"partyId": shipment.ship_to},
        "shipmentMeasurements": _measurements(whole),
        "shippedItems": [
            _item(whole, number, key, units)
            for key, number in sequence.items()
            if (units := _units(whole, key))
        ],
        "cartons": [_carton(whole, carton, sequence) for carton in whole.cartons],
        "pallets": [_pallet(whole, pallet) for pallet in whole.pallets],
    }
    arrives = estimated_delivery(whole)
    if arrives is not None:
        confirmation["estimatedDeliveryDate"] = written(max(arrives, shipment.shipped_at))
    return {
        "shipmentConfirmations": [
            {name: value for name, value in confirmation.items() if value not in (None, [], {})}
        ]
    }


def numbered(whole: Contents) -> dict[LineKey, str]:
    """The notice's own numbers of its items: 001, 002, …; they are not the order's."""
    shipped = [(one.number, one.line) for one in whole.lines if one.units]
    return {key: f"{index:03d}" for index, key in enumerate(shipped, start=1)}


def ship_from(whole: Contents) -> dict[str, Any]:
    """PartyIdentification of where it leaves from, with its address where that is known."""
    place = whole.ship_from
    if place is None:
        return {"partyId": whole.shipment.vendor_code}
    address = {
        "name": place.name,
        "addressLine1": place.address_line,
        "city": place.city,
        "stateOrRegion": place.state_or_region,
        "postalCode": place.postal_code,
        "countryCode": place.country_code,
    }
    return {
        "partyId": place.warehouse_code or whole.shipment.vendor_code,
        "address": {name: value for name, value in address.items() if value},
    }


def written(moment: datetime) -> str:
    """A time as Amazon reads it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def quantity(line: PurchaseOrderLine, units: int, case: int) -> dict[str, Any]:
    """Units in the line's own unit, or in eaches where they are no whole cases."""
    if units % case:
        return {"amount": units, "unitOfMeasure": "Eaches", "unitSize": 1}
    return quantity_in_own_unit(line, units)


def identification(sscc: str | None) -> list[dict[str, str]]:
    """ContainerIdentification of one carton or pallet."""
    if sscc is None:
        return []
    return [
        {
            "containerIdentificationType": "SSCC",
            "containerIdentificationNumber": f"{SSCC_PREFIX}{sscc}",
        }
    ]


def _structure(whole: Contents) -> str | None:
    if whole.pallets:
        return "PalletizedAssortmentCase"
    if not whole.cartons:
        return None
    mixed = any(len({one.number for one in lines}) > 1 for lines in whole.carton_lines.values())
    return "MasterCase" if mixed else "LooseAssortmentCase"


def _transportation(whole: Contents) -> dict[str, str]:
    shipment = whole.shipment
    details = {
        "carrierScac": shipment.carrier_code,
        "carrierShipmentReferenceNumber": shipment.carrier_reference,
        "billOfLadingNumber": shipment.bill_of_lading,
    }
    return {name: value for name, value in details.items() if value}


def _measurements(whole: Contents) -> dict[str, Any]:
    shipment = whole.shipment
    measures: dict[str, Any] = {}
    if whole.pallets:
        measures["palletCount"] = len(whole.pallets)
    else:
        measures["cartonCount"] = whole.carton_count
        if shipment.region == "eu" and shipment.type == "SmallParcel":
            measures["palletCount"] = 0  # the guide wants it said for parcels in the EU
    if shipment.weight is not None:
        measures["grossShipmentWeight"] = {
            "unitOfMeasure": shipment.weight_unit,
            "value": f"{shipment.weight.normalize():f}",
        }
    return measures


def _units(whole: Contents, key: LineKey) -> int:
    return sum(one.units for one in whole.lines if (one.number, one.line) == key)


def _item(whole: Contents, number: str, key: LineKey, units: int) -> dict[str, Any]:
    line = whole.order_lines[key]
    item = {
        "itemSequenceNumber": number,
        "amazonProductIdentifier": line.asin,
        "vendorProductIdentifier": line.vendor_sku,
        "shippedQuantity": quantity(line, units, whole.case_of(key)),
        "itemDetails": {"purchaseOrderNumber": key[0]},
    }
    return {name: value for name, value in item.items() if value is not None}


def _carton(whole: Contents, carton: Carton, sequence: Mapping[LineKey, str]) -> dict[str, Any]:
    said = {
        "cartonIdentifiers": identification(carton.sscc),
        "cartonSequenceNumber": f"{carton.carton:03d}",
        "trackingNumber": carton.tracking_number,
        "items": _carried(whole, whole.carton_lines.get(carton.carton, ()), sequence),
    }
    return {name: value for name, value in said.items() if value}


def _carried(
    whole: Contents, lines: Sequence[CartonLine], sequence: Mapping[LineKey, str]
) -> list[dict[str, Any]]:
    items = []
    for one in lines:
        key = (one.number, one.line)
        details: dict[str, Any] = {"purchaseOrderNumber": one.number}
        if one.lot_number:
            details["lotNumber"] = one.lot_number
        if one.expires_on is not None:
            details["expiry"] = {"expiryDate": _at_noon(one.expires_on)}
        items.append(
            {
                "itemReference": sequence[key],
                "shippedQuantity": quantity(whole.order_lines[key], one.units, whole.case_of(key)),
                "itemDetails": details,
            }
        )
    return items


def _pallet(whole: Contents, pallet: Pallet) -> dict[str, Any]:
    cartons = [one for one in whole.cartons if one.pallet == pallet.pallet]
    return {
        "palletIdentifiers": identification(pallet.sscc),
        "cartonReferenceDetails": {
            "cartonCount": len(cartons),
            "cartonReferenceNumbers": [f"{one.carton:03d}" for one in cartons],
        },
    }


def _at_noon(day: date) -> str:
    # At noon it is the same day in every zone that Amazon's centres are in.
    return f"{day.isoformat()}T12:00:00Z"
