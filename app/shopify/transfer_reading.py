"""Reads one inventory transfer with its shipments from Shopify, however large."""

from __future__ import annotations

from typing import Any

from app.shopify.client import Json, ShopClient
from app.shopify.payloads import identifier, moment, token, words
from app.shopify.reading import all_nodes, gid


def read_transfer(client: ShopClient, number: str) -> Json | None:
    """A transfer as it stands now; None when there is none.

    `lines` say what of each item is `left` out of every shipment; `shipments` have lines of their
    own with their `quantity`, the eaches `accepted` so far and those `unreceived`.
    """
    found = client.ask("transfer", id=gid("InventoryTransfer", number))["inventoryTransfer"]
    if found is None:
        return None
    lines = all_nodes(
        client,
        found["lineItems"],
        "transfer_lines",
        "inventoryTransfer.lineItems",
        found["id"],
    )
    shipments = all_nodes(
        client,
        found["shipments"],
        "transfer_shipments",
        "inventoryTransfer.shipments",
        found["id"],
    )
    return {
        "id": identifier(found["id"]),
        "name": words(found["name"]),
        "reference_name": words(found["referenceName"]),
        "status": token(found["status"]),
        "created_at": moment(found["dateCreated"]),
        "origin_id": _location(found["origin"]),
        "destination_id": _location(found["destination"]),
        "lines": [
            {
                "inventory_item_id": _item(line),
                "left": line["totalQuantity"]
                - line["shippedQuantity"]
                - line["pickedForShipmentQuantity"],
            }
            for line in lines
        ],
        "shipments": [_shipment(client, one) for one in shipments],
    }


def _shipment(client: ShopClient, found: Json) -> Json:
    lines = all_nodes(
        client,
        found["lineItems"],
        "transfer_shipment_lines",
        "inventoryShipment.lineItems",
        found["id"],
    )
    return {
        "id": identifier(found["id"]),
        "name": words(found["name"]),
        "status": token(found["status"]),
        "shipped_at": moment(found["dateShipped"]),
        "received_at": moment(found["dateReceived"]),
        "arrives_at": moment((found["tracking"] or {}).get("arrivesAt")),
        "lines": [
            {
                "id": identifier(line["id"]),
                "inventory_item_id": _item(line),
                "quantity": line["quantity"],
                "accepted": line["acceptedQuantity"],
                "unreceived": line["unreceivedQuantity"],
            }
            for line in lines
        ],
    }


def _item(line: Json) -> str | None:
    return identifier((line["inventoryItem"] or {}).get("id"))


def _location(snapshot: Any) -> str | None:
    return identifier(((snapshot or {}).get("location") or {}).get("id"))
