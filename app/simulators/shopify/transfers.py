"""Inventory transfers: announced, shipped, received; what each step does to stock.

Ready to ship reserves the units at an origin of ours; in transit they have left it and are incoming
at the destination; received ones are available there, rejected ones are gone. Shopify documents the
states but not every step between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from app.simulators.shopify import stock
from app.simulators.shopify.events import announce
from app.simulators.shopify.life import STAFF
from app.simulators.shopify.records import (
    Inbound,
    InboundLine,
    Transfer,
    TransferLine,
)
from app.simulators.shopify.routing import Impossible
from app.simulators.shopify.stock import Step
from app.simulators.shopify.store import Changing

OPEN = ("READY_TO_SHIP", "IN_PROGRESS")
LEDGER = "gid://shopify/InventoryTransfer/{}"


def create(
    change: Changing,
    units: Mapping[int, int],
    *,
    origin_id: int | None,
    destination_id: int | None,
    reference_name: str | None = None,
) -> Transfer:
    """A draft: item → units. It reserves nothing, and the app is not told."""
    if origin_id is None and destination_id is None:
        raise Impossible("A transfer needs an origin or a destination.")
    return change.add(
        Transfer(
            id=change.new_id(),
            number=len(change.all(Transfer)) + 1,
            reference_name=reference_name,
            origin_id=origin_id,
            destination_id=destination_id,
            created_at=change.second,
            lines=[
                TransferLine(id=change.new_id(), item_id=item_id, quantity=quantity)
                for item_id, quantity in units.items()
            ],
        )
    )


def make_ready(change: Changing, transfer_id: int) -> Transfer:
    """Ready to ship: the units are reserved at the origin. Raises Impossible."""
    transfer = change.edit(Transfer, transfer_id)
    if transfer.status != "DRAFT":
        raise Impossible(f"{transfer.name} is {transfer.status}.")
    transfer.status = "READY_TO_SHIP"
    for line in transfer.lines:
        _reserve(change, transfer, line.item_id, line.quantity)
    announce(change, "inventory_transfers/ready_to_ship", transfer_id)
    return transfer


def set_quantity(change: Changing, transfer_id: int, item_id: int, quantity: int) -> Transfer:
    """Another total of a line, or a new line. Raises Impossible below what is in shipments."""
    transfer = change.edit(Transfer, transfer_id)
    if transfer.status not in ("DRAFT", *OPEN):
        raise Impossible(f"{transfer.name} is {transfer.status}.")
    found = next((line for line in transfer.lines if line.item_id == item_id), None)
    topic = "update_item_quantities"
    if found is None:
        topic = "add_items"
        found = TransferLine(id=change.new_id(), item_id=item_id, quantity=0)
        transfer.lines.append(found)
    if quantity < transfer.shipped(found.id) + transfer.picked(found.id):
        raise Impossible("More units are in shipments already.")
    if transfer.status in OPEN:
        _reserve(change, transfer, item_id, quantity - found.quantity)
    found.quantity = quantity
    announce(change, f"inventory_transfers/{topic}", transfer_id)
    return transfer


def pack(
    change: Changing,
    transfer_id: int,
    units: Mapping[int, int] | None,
    *,
    arrives_at: datetime | None = None,
    in_transit: bool = True,
) -> Inbound:
    """A shipment of these units by item (None: all that is left), under way at once or a draft."""
    transfer = change.edit(Transfer, transfer_id)
    if transfer.status not in OPEN:
        raise Impossible(f"{transfer.name} is {transfer.status}.")
    lines = []
    for line in transfer.lines:
        left = line.quantity - transfer.shipped(line.id) - transfer.picked(line.id)
        wanted = left if units is None else units.get(line.item_id, 0)
        if wanted > left:
            raise Impossible("More units than the transfer has left.")
        if wanted:
            lines.append(
                InboundLine(
                    id=change.new_id(), line_id=line.id, item_id=line.item_id, quantity=wanted
                )
            )
    if not lines:
        raise Impossible("A shipment needs units.")
    made = Inbound(
        id=change.new_id(),
        name=f"{transfer.name}-{len(transfer.shipments) + 1}",
        created_at=change.second,
        arrives_at=arrives_at,
        lines=lines,
    )
    transfer.shipments.append(made)
    _tell(change, transfer, made, "create")
    if in_transit:
        _leave(change, transfer, made)
    return made


def track(
    change: Changing,
    transfer_id: int,
    shipment_id: int,
    *,
    arrives_at: datetime | None,
    in_transit: bool = False,
) -> Inbound:
    """Another day on which a shipment arrives; a draft may leave with it."""
    transfer = change.edit(Transfer, transfer_id)
    shipment = _shipment(transfer, shipment_id)
    shipment.arrives_at = arrives_at
    _tell(change, transfer, shipment, "update_tracking")
    if in_transit and shipment.status == "DRAFT":
        _leave(change, transfer, shipment)
    return shipment


def receive(
    change: Changing,
    transfer_id: int,
    shipment_id: int,
    units: Mapping[int, tuple[int, int]] | None = None,
) -> Inbound:
    """Units by item, accepted and rejected (None: all are accepted). Raises Impossible."""
    transfer = change.edit(Transfer, transfer_id)
    shipment = _shipment(transfer, shipment_id)
    if shipment.status not in ("IN_TRANSIT", "PARTIALLY_RECEIVED"):
        raise Impossible(f"{shipment.name} is {shipment.status}.")
    steps = []
    for line in shipment.lines:
        accepted, rejected = (
            (line.unreceived, 0) if units is None else units.get(line.item_id, (0, 0))
        )
        if accepted + rejected > line.unreceived:
            raise Impossible("More units than are under way.")
        line.accepted += accepted
        line.rejected += rejected
        steps += _at(transfer.destination_id, line.item_id, "incoming", -accepted - rejected)
        steps += _at(transfer.destination_id, line.item_id, "available", accepted)
    _apply(change, transfer, steps, "movement_received")
    shipment.received_at = shipment.received_at or change.second
    whole = not any(line.unreceived for line in shipment.lines)
    shipment.status = "RECEIVED" if whole else "PARTIALLY_RECEIVED"
    _tell(change, transfer, shipment, "receive_items")
    everything = sum(line.quantity for line in transfer.lines)
    if everything == sum(
        line.accepted + line.rejected for one in transfer.shipments for line in one.lines
    ):
        transfer.status = "TRANSFERRED"
        announce(change, "inventory_transfers/complete", transfer_id)
    return shipment


def cancel(change: Changing, transfer_id: int) -> Transfer:
    """Nothing of it comes any more. Raises Impossible once something has left."""
    transfer = change.edit(Transfer, transfer_id)
    if any(one.status != "DRAFT" for one in transfer.shipments):
        raise Impossible(f"{transfer.name} is under way.")
    if transfer.status == "READY_TO_SHIP":
        for line in transfer.lines:
            _reserve(change, transfer, line.item_id, -line.quantity)
    transfer.status, transfer.shipments = "CANCELED", []
    announce(change, "inventory_transfers/cancel", transfer_id)
    return transfer


def delete(change: Changing, transfer_id: int) -> None:
    """A draft is deleted, and the app is not told. Raises Impossible for any other."""
    transfer = change.edit(Transfer, transfer_id)
    if transfer.status != "DRAFT":
        raise Impossible(f"{transfer.name} is {transfer.status}.")
    change.remove(Transfer, transfer_id)


def _leave(change: Changing, transfer: Transfer, shipment: Inbound) -> None:
    shipment.status, shipment.shipped_at = "IN_TRANSIT", change.second
    transfer.status = "IN_PROGRESS"
    steps = []
    for line in shipment.lines:
        steps += _at(transfer.origin_id, line.item_id, "reserved", -line.quantity, transfer)
        steps += _at(transfer.destination_id, line.item_id, "incoming", line.quantity)
    _apply(change, transfer, steps, "movement_created")
    _tell(change, transfer, shipment, "mark_in_transit")


def _reserve(change: Changing, transfer: Transfer, item_id: int, units: int) -> None:
    steps = [
        *_at(transfer.origin_id, item_id, "available", -units),
        *_at(transfer.origin_id, item_id, "reserved", units, transfer),
    ]
    _apply(change, transfer, steps, "reservation_created" if units > 0 else "reservation_deleted")


def _at(
    location_id: int | None, item_id: int, state: str, delta: int, ledger: Transfer | None = None
) -> list[Step]:
    """A step at one end of a transfer, if that end is a location at all."""
    if location_id is None:
        return []
    return [Step(item_id, location_id, state, delta, LEDGER.format(ledger.id) if ledger else None)]


def _apply(change: Changing, transfer: Transfer, steps: list[Step], reason: str) -> None:
    reference = LEDGER.format(transfer.id)
    stock.apply(change, steps, reason=reason, actor=STAFF, reference=reference)


def _tell(change: Changing, transfer: Transfer, shipment: Inbound, what: str) -> None:
    announce(change, f"inventory_shipments/{what}", transfer.id, shipment.id, shipment.status)
    if what in ("create", "update_tracking"):
        announce(change, "inventory_transfers/updated", transfer.id)


def _shipment(transfer: Transfer, shipment_id: int) -> Inbound:
    for one in transfer.shipments:
        if one.id == shipment_id:
            return one
    raise Impossible(f"{transfer.name} has no such shipment.")
