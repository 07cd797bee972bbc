"""Shipments as Amazon keeps them: notices, requests for transport, what it shows of both, labels."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from app.simulators.amazon import orders

CARRIER = {"name": "Amazon Transportation Services", "code": "AZNG"}
LONGEST_AGO = timedelta(days=7)
# One page of 4 by 6 inches with nothing on it.
LABEL_PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 288 432]>>endobj
trailer<</Root 1 0 R>>
%%EOF
"""


def notice_errors(
    sent: dict[str, Any],
    known: Mapping[str, dict[str, Any]],
    known_orders: Mapping[str, dict[str, Any]],
) -> list[str]:
    """Amazon's rules for an ASN beyond the schema; any of them makes the transaction a Failure."""
    identifier = sent["shipmentIdentifier"]
    before = known.get(identifier)
    errors = []
    if before and sent["shipmentConfirmationType"] == "Original":
        errors.append(f"shipment {identifier} was used before")
    if not before and sent["shipmentConfirmationType"] == "Replace":
        errors.append(f"shipment {identifier} is not known, so it cannot be replaced")
    shipped_at = sent.get("shippedDate")
    if shipped_at and orders.moment(shipped_at) > orders.now() + timedelta(minutes=1):
        errors.append("shippedDate lies in the future")
    for item in sent["shippedItems"]:
        number = item.get("itemDetails", {}).get("purchaseOrderNumber", "")
        order = known_orders.get(number)
        if order is None:
            errors.append(f"purchase order {number} is unknown")
        elif line_of(order, item) is None:
            errors.append(f"an item is not on purchase order {number}")
    if before:
        errors += _raised(sent, before)
    others = [one for key, one in known.items() if key != identifier]
    return errors + _packing_errors(sent, others)


def _raised(sent: dict[str, Any], before: dict[str, Any]) -> list[str]:
    """A replacement may lower quantities, and repeats who sends it."""
    had = {_named(item): _eaches(item["shippedQuantity"]) for item in before["shippedItems"]}
    errors = [
        f"item {item['itemSequenceNumber']} was raised by a replacement"
        for item in sent["shippedItems"]
        if _eaches(item["shippedQuantity"]) > had.get(_named(item), 0)
    ]
    if sent["sellingParty"]["partyId"] != before["sellingParty"]["partyId"]:
        errors.append("sellingParty differs from the notice that is replaced")
    return errors


def _packing_errors(sent: dict[str, Any], others: list[dict[str, Any]]) -> list[str]:
    """Containers: SSCCs whole and used once, contents that add up, cartons that are there."""
    cartons, pallets = sent.get("cartons", []), sent.get("pallets", [])
    errors = []
    codes = [code for box in (*cartons, *pallets) for code in _codes(box)]
    used = {
        code
        for one in others
        for box in (*one.get("cartons", []), *one.get("pallets", []))
        for code in _codes(box)
    }
    for code in codes:
        if not _is_sscc(code):
            errors.append(f"SSCC {code} is not 00 and 18 digits with their check digit")
        elif code in used or codes.count(code) > 1:
            errors.append(f"SSCC {code} was used before")
    packed: dict[str, int] = {}
    for carton in cartons:
        for item in carton["items"]:
            reference = item["itemReference"]
            packed[reference] = packed.get(reference, 0) + _eaches(item["shippedQuantity"])
    shipped = {
        item["itemSequenceNumber"]: _eaches(item["shippedQuantity"])
        for item in sent["shippedItems"]
    }
    if cartons and packed != shipped:
        errors.append("the cartons do not add up to the shipped quantities")
    names = {carton["cartonSequenceNumber"] for carton in cartons}
    for pallet in pallets:
        missing = set(pallet["cartonReferenceDetails"]["cartonReferenceNumbers"]) - names
        errors += [f"a pallet names carton {one}, which is not there" for one in sorted(missing)]
    return errors


def transport_errors(sent: dict[str, Any], known: Mapping[str, dict[str, Any]]) -> list[str]:
    """Amazon's rules for a transport request beyond the schema."""
    identifier = sent["vendorShipmentIdentifier"]
    before = known.get(identifier)
    is_open = before is not None and before["sent"]["transactionType"] == "New"
    if sent["transactionType"] == "Cancel":
        return [] if is_open else [f"shipment {identifier} has no request to cancel"]
    errors = [f"transport of {identifier} was requested before"] if is_open else []
    if sent.get("shipmentFreightTerm") != "Collect":
        errors.append("transport is planned for collect freight only")
    for name in ("shipmentMeasurements", "collectFreightPickupDetails", "purchaseOrders"):
        if not sent.get(name):
            errors.append(f"{name} is missing")
    return errors


def as_details(
    identifier: str, notice: dict[str, Any] | None, asked: dict[str, Any] | None
) -> dict[str, Any]:
    """A shipment as GetShipmentDetails gives it."""
    source = notice or (asked["sent"] if asked else {})
    shown: dict[str, Any] = {
        "vendorShipmentIdentifier": identifier,
        "transactionType": asked["sent"]["transactionType"] if asked else "New",
        "transactionDate": asked["at"] if asked else source["shipmentConfirmationDate"],
        "currentShipmentStatus": "Created",
        "sellingParty": source["sellingParty"],
        "shipFromParty": source["shipFromParty"],
        "shipToParty": source["shipToParty"],
    }
    if asked and asked["sent"]["transactionType"] == "New":
        shown |= {
            "currentShipmentStatus": "TransportationRequested",
            "currentshipmentStatusDate": asked["at"],
            "shipmentFreightTerm": "Collect",
            "buyerReferenceNumber": asked["reference"],
        }
        if is_assigned(asked):
            pickup = asked["sent"]["collectFreightPickupDetails"]["requestedPickUp"]
            shown |= {
                "currentShipmentStatus": "CarrierAssigned",
                "currentshipmentStatusDate": asked["assigned_at"],
                "transportationDetails": {
                    "carrierDetails": CARRIER | {"shipmentReferenceNumber": _pro(asked)}
                },
                "collectFreightPickupDetails": {
                    "requestedPickUp": pickup,
                    "scheduledPickUp": pickup,
                },
            }
    if notice:
        shown |= {
            "currentShipmentStatus": "Shipped",
            "currentshipmentStatusDate": notice["shipmentConfirmationDate"],
            "shipmentConfirmDate": notice["shipmentConfirmationDate"],
        }
    return shown


def as_labels(identifier: str, asked: dict[str, Any]) -> dict[str, Any]:
    """A parcel shipment's labels as GetShipmentLabels gives them."""
    sent = asked["sent"]
    count = int(sent["shipmentMeasurements"].get("totalCartonCount", 1))
    return {
        "labelCreateDateTime": asked["assigned_at"],
        "shipmentInformation": {
            "vendorDetails": {
                "sellingParty": sent["sellingParty"],
                "vendorShipmentIdentifier": identifier,
            },
            "buyerReferenceNumber": asked["reference"],
            "shipToParty": sent["shipToParty"],
            "shipFromParty": sent["shipFromParty"],
            "totalLabelCount": count,
            "shipMode": "SmallParcel",
        },
        "labelData": [
            {
                "labelSequenceNumber": number,
                "labelFormat": "PDF",
                "carrierCode": CARRIER["code"],
                "trackingId": f"TBA{asked['reference']}{number:03d}",
                "label": base64.b64encode(LABEL_PDF).decode(),
            }
            for number in range(1, count + 1)
        ],
    }


def is_assigned(asked: dict[str, Any]) -> bool:
    """Whether a carrier has been found for an open request."""
    is_open = asked["sent"]["transactionType"] == "New"
    return is_open and str(asked["assigned_at"]) <= orders.stamp(orders.now())


def is_parcel(sent: dict[str, Any]) -> bool:
    """Whether a request is for small parcels, which Amazon prints labels for."""
    return bool(sent.get("transportationDetails", {}).get("shipMode") == "SmallParcel")


def line_of(order: dict[str, Any], item: dict[str, Any]) -> dict[str, Any] | None:
    """The order's line that a shipped item names, by ASIN or the vendor's own identifier."""
    for line in order["lines"]:
        if item.get("amazonProductIdentifier") == line["asin"] or (
            item.get("vendorProductIdentifier")
            and item.get("vendorProductIdentifier") == line["vendor_sku"]
        ):
            found: dict[str, Any] = line
            return found
    return None


def in_units_of(line: dict[str, Any], quantity: dict[str, Any]) -> int:
    """A shipped quantity in the order line's own unit."""
    eaches = _eaches(quantity)
    return int(eaches // line["unit_size"]) if line["unit"] == "Cases" else int(eaches)


def _named(item: dict[str, Any]) -> tuple[str, Any, Any]:
    number = item.get("itemDetails", {}).get("purchaseOrderNumber", "")
    return number, item.get("amazonProductIdentifier"), item.get("vendorProductIdentifier")


def _eaches(quantity: dict[str, Any]) -> int:
    size = quantity.get("unitSize", 1) if quantity.get("unitOfMeasure") == "Cases" else 1
    return int(quantity["amount"] * size)


def _codes(box: dict[str, Any]) -> list[str]:
    found = [*box.get("cartonIdentifiers", []), *box.get("palletIdentifiers", [])]
    return [
        one["containerIdentificationNumber"]
        for one in found
        if one["containerIdentificationType"] == "SSCC"
    ]


def _is_sscc(code: str) -> bool:
    if len(code) != 20 or not code.isdigit() or not code.startswith("00"):
        return False
    total = sum(
        int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(code[18:1:-1])
    )
    return (total + int(code[19])) % 10 == 0


def _pro(asked: dict[str, Any]) -> str:
    return f"PRO{asked['reference'][:7]}"
