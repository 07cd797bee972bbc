"""How inventory transfers and their shipments look in GraphQL."""

from __future__ import annotations

from typing import Any

from app.simulators.shopify import records
from app.simulators.shopify.admin_api.context import Context, Listing, connection, gid
from app.simulators.shopify.admin_api.views import (
    Info,
    InventoryItemView,
    item_of,
    location_of,
    moment,
    variant_of,
)


class InventoryTransferView:
    __typename = "InventoryTransfer"

    def __init__(self, context: Context, transfer: records.Transfer) -> None:
        self._context = context
        self._transfer = transfer
        self.id = gid("InventoryTransfer", transfer.id)
        self.name = transfer.name
        self.referenceName = transfer.reference_name
        self.status = transfer.status
        self.dateCreated = moment(transfer.created_at)
        self.tags: list[str] = []
        self.totalQuantity = sum(line.quantity for line in transfer.lines)
        self.receivedQuantity = sum(
            line.accepted + line.rejected for one in transfer.shipments for line in one.lines
        )

    def origin(self, info: Info) -> dict[str, Any] | None:
        return self._snapshot(self._transfer.origin_id)

    def destination(self, info: Info) -> dict[str, Any] | None:
        return self._snapshot(self._transfer.destination_id)

    def lineItems(self, info: Info, **paging: Any) -> dict[str, Any]:
        transfer = self._transfer
        rows = [(transfer, line) for line in transfer.lines]
        return connection(self._context, rows, TRANSFER_LINES, **paging)

    def shipments(self, info: Info, **paging: Any) -> dict[str, Any]:
        return connection(self._context, self._transfer.shipments, SHIPMENTS, **paging)

    def _snapshot(self, location_id: int | None) -> dict[str, Any] | None:
        place = self._context.store.get(records.Location, location_id)
        if place is None:
            return None
        return {
            "name": place.name,
            "location": location_of(self._context, place.id),
            "snapshottedAt": moment(self._transfer.created_at),
        }


class TransferLineView:
    __typename = "InventoryTransferLineItem"

    def __init__(
        self, context: Context, row: tuple[records.Transfer, records.TransferLine]
    ) -> None:
        transfer, line = row
        self._context = context
        self._item_id = line.item_id
        self.id = gid("InventoryTransferLineItem", line.id)
        self.totalQuantity = line.quantity
        self.shippedQuantity = transfer.shipped(line.id)
        self.pickedForShipmentQuantity = transfer.picked(line.id)
        self.processableQuantity = self.shippableQuantity = (
            line.quantity - self.shippedQuantity - self.pickedForShipmentQuantity
        )

    def inventoryItem(self, info: Info) -> InventoryItemView | None:
        return item_of(self._context, self._item_id)

    def title(self, info: Info) -> str | None:
        found = self._context.store.by(records.Variant, "item_id", self._item_id)
        variant = variant_of(self._context, found[0].id) if found else None
        return variant.displayName if variant else None


class InventoryShipmentView:
    __typename = "InventoryShipment"

    def __init__(self, context: Context, shipment: records.Inbound) -> None:
        self._context = context
        self._lines = shipment.lines
        self.id = gid("InventoryShipment", shipment.id)
        self.name = shipment.name
        self.status = shipment.status
        self.dateCreated = moment(shipment.created_at)
        self.dateShipped = moment(shipment.shipped_at)
        self.dateReceived = moment(shipment.received_at)
        self.lineItemTotalQuantity = sum(line.quantity for line in shipment.lines)
        self.totalAcceptedQuantity = sum(line.accepted for line in shipment.lines)
        self.totalRejectedQuantity = sum(line.rejected for line in shipment.lines)
        self.totalReceivedQuantity = self.totalAcceptedQuantity + self.totalRejectedQuantity
        told = (shipment.arrives_at, shipment.company, shipment.tracking_number)
        self.tracking = None
        if any(told):
            self.tracking = {
                "arrivesAt": moment(shipment.arrives_at),
                "company": shipment.company,
                "trackingNumber": shipment.tracking_number,
                "trackingUrl": None,
            }

    def lineItems(self, info: Info, sortKey: str = "ID", **paging: Any) -> dict[str, Any]:
        return connection(self._context, self._lines, SHIPMENT_LINES, **paging)


class ShipmentLineView:
    __typename = "InventoryShipmentLineItem"

    def __init__(self, context: Context, line: records.InboundLine) -> None:
        self._context = context
        self._item_id = line.item_id
        self.id = gid("InventoryShipmentLineItem", line.id)
        self.quantity = line.quantity
        self.acceptedQuantity = line.accepted
        self.rejectedQuantity = line.rejected
        self.unreceivedQuantity = line.unreceived

    def inventoryItem(self, info: Info) -> InventoryItemView | None:
        return item_of(self._context, self._item_id)


TRANSFERS = Listing(
    InventoryTransferView,
    filters={
        "id": lambda transfer: transfer.id,
        "status": lambda transfer: transfer.status,
        "created_at": lambda transfer: transfer.created_at,
        "origin_id": lambda transfer: transfer.origin_id,
        "destination_id": lambda transfer: transfer.destination_id,
    },
    words=lambda transfer: transfer.name,
)
SHIPMENTS = Listing(InventoryShipmentView)
TRANSFER_LINES = Listing(
    TransferLineView, sort=lambda row: row[1].id, identity=lambda row: row[1].id
)
SHIPMENT_LINES = Listing(ShipmentLineView)
