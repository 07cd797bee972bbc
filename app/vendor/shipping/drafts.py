"""A shipment before it leaves: started from purchase orders, changed, corrected, given up."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, select

from app import messages
from app.db import database_time, shop_of
from app.errors import FieldError, Refused
from app.inventory.models import Location
from app.messages import Message
from app.vendor.acknowledgements import case_size, held_units
from app.vendor.orders import locked_orders
from app.vendor.promises import default_location, is_firm, lines_of, promised_units
from app.vendor.shipping import contents, rules
from app.vendor.shipping.contents import LineKey
from app.vendor.shipping.tables import DatedItem
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine, Shipment, ShipmentLine

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
PLANNED_ELSEWHERE = """
SELECT line.number, line.line, sum(line.units)::int AS units
FROM shipment_line AS line JOIN shipment USING (shop_id, region, identifier)
WHERE line.shop_id = :shop AND line.region = :region AND line.number = ANY(:numbers)
  AND shipment.state = 'draft'
GROUP BY line.number, line.line
"""


def start(
    session: Session,
    region: str,
    numbers: Sequence[str],
    *,
    location_id: int | None = None,
    identifier: str | None = None,
    units: Mapping[LineKey, int] | None = None,
    actor: str,
) -> Shipment:
    """A draft of these orders: of every open line what is held and no other draft has planned.

    `units` names the lines and their eaches instead. Raises Refused: 404 for an unknown order, 409
    for one that is closed or not acknowledged, or for orders that cannot share a truck.
    """
    orders = locked_orders(session, region, sorted(set(numbers)))
    missing = [number for number in numbers if number not in orders]
    if missing:
        raise Refused("not_found", f"There is no purchase order {missing[0]}.", status=404)
    together = [orders[number] for number in sorted(orders)]
    lines = lines_of(session, together)
    for order in together:
        _must_be_open(order, lines[order.region, order.number])
    _must_share_a_truck(together)
    first = together[0]
    name = identifier or _new_identifier(first, database_time())
    _must_be_unused(session, region, name)
    place = _place(session, location_id or first.location_id or default_location(session))
    own = {(line.number, line.line): line for each in lines.values() for line in each}
    _must_be_lines_of(own, list(units or ()))
    shipment = Shipment(
        shop_id=first.shop_id,
        region=region,
        identifier=name,
        location_id=place,
        vendor_code=first.vendor_code,
        ship_to=first.ship_to,
        freight_term=freight_term(first),
        by=actor,
        made_at=database_time(),
    )
    session.add(shipment)
    session.flush()
    planned = units if units is not None else _proposed(session, together, lines)
    session.add_all(_line(shipment, key, count) for key, count in planned.items())
    session.flush()
    return shipment


def change(session: Session, shipment: Shipment, values: Mapping[str, Any]) -> None:
    """Sets these columns of a changeable shipment; a departure put off is reminded of anew."""
    if "departs_at" in values and values["departs_at"] != shipment.departs_at:
        shipment.reminded_at = None
    if "location_id" in values:
        _place(session, values["location_id"])
    for name, value in values.items():
        setattr(shipment, name, value)
    session.add(shipment)


def set_units(session: Session, shipment: Shipment, units: Mapping[LineKey, int]) -> None:
    """States how many eaches of these lines the shipment is to carry; other lines stay."""
    known = {
        (one.number, one.line): one
        for one in contents.rows_of(session, ShipmentLine, shipment, "number", "line")
    }
    wrong = [
        FieldError(f"lines[{index}].line", "this shipment has no such line")
        for index, key in enumerate(units)
        if key not in known
    ]
    if wrong:
        raise Refused("no_such_line", "This shipment has no such line.", errors=wrong)
    for key, count in units.items():
        known[key].units = count
        session.add(known[key])


def set_dated(session: Session, item_id: int, dated: bool) -> None:
    """Says whether an item's units carry a lot number and an expiry date."""
    row = session.get(DatedItem, (shop_of(session), item_id))
    if dated and row is None:
        session.add(DatedItem(shop_id=shop_of(session), item_id=item_id))
    elif not dated and row is not None:
        session.delete(row)


def correct(session: Session, shipment: Shipment) -> None:
    """Opens what was sent for changes; it goes out again as a replacement, or anew if it failed.

    Raises Refused 409 while a notice is on its way, or once Amazon takes no replacement.
    """
    if shipment.state not in ("accepted", "failed") and not shipment.waits_for_a_person:
        raise Refused(
            "shipment_under_way",
            "Its notice is on its way; wait until Amazon has it or refuses it.",
            status=409,
        )
    if shipment.accepted_at is not None:
        late = rules.too_late_to_replace(session, shipment)
        if late is not None:
            raise Refused("too_late_to_replace", late, status=409)
    shipment.is_correcting = True
    session.add(shipment)


def forget_correction(session: Session, shipment: Shipment) -> None:
    """Gives up a correction: the units are again those of the notice that was sent."""
    if not shipment.is_correcting:
        raise Refused("not_correcting", "This shipment is not being corrected.", status=409)
    # Its cartons were packed for the notice; a person looks at them if these no longer agree.
    for line in contents.rows_of(session, ShipmentLine, shipment, "number", "line"):
        line.units = line.booked_units
        session.add(line)
    shipment.is_correcting = False
    session.add(shipment)


def withdraw(session: Session, shipment: Shipment) -> None:
    """Makes sure that Amazon will never hear of a shipment that is given up.

    Raises Refused 409 when its notice has gone, or may have: the API has no cancelling of an ASN.
    """
    if shipment.state == "cancelled":
        raise Refused("cancelled", "This shipment has been cancelled.", status=409)
    if shipment.accepted_at is not None or shipment.state == "accepted":
        _refuse_to_cancel()
    if shipment.state in ("draft", "failed") or shipment.waits_for_a_person:
        return
    message = session.exec(
        select(Message)
        .where(Message.shop_id == shipment.shop_id, Message.message_id == shipment.message_id)
        .with_for_update()
    ).one()
    if (message.response or {}).get("phase", "ready") != "ready" or message.state != "waiting":
        _refuse_to_cancel()
    messages.finish(message, state="ignored")


def freight_term(order: PurchaseOrder) -> str:
    """Collect where the order names a ship window (Amazon pays the freight), else Prepaid."""
    return "Collect" if order.ship_start is not None else "Prepaid"


def _refuse_to_cancel() -> None:
    raise Refused(
        "cannot_cancel",
        "Amazon may have this notice already, and takes no cancelling of one: correct the shipment"
        " to fewer units, or cancel it in Vendor Central.",
        status=409,
    )


def _line(shipment: Shipment, key: LineKey, units: int) -> ShipmentLine:
    return ShipmentLine(
        shop_id=shipment.shop_id,
        region=shipment.region,
        identifier=shipment.identifier,
        number=key[0],
        line=key[1],
        units=units,
    )


def _proposed(
    session: Session,
    orders: Sequence[PurchaseOrder],
    lines: Mapping[tuple[str, str], Sequence[PurchaseOrderLine]],
) -> dict[LineKey, int]:
    held = held_units(session, [order.reference for order in orders])
    elsewhere = {
        (row.number, row.line): row.units
        for row in session.execute(
            text(PLANNED_ELSEWHERE),
            {
                "shop": shop_of(session),
                "region": orders[0].region,
                "numbers": [order.number for order in orders],
            },
        )
    }
    proposed = {}
    for order in orders:
        for line in lines[order.region, order.number]:
            key = (line.number, line.line)
            free = held.get((order.reference, line.line), 0) - elsewhere.get(key, 0)
            most = min(free, promised_units(line) - line.shipped_units)
            if line.item_id is not None and not line.removed:
                proposed[key] = max(0, most) // case_size(line) * case_size(line)
    return proposed


def _place(session: Session, location_id: int | None) -> int:
    place = session.get(Location, (shop_of(session), location_id)) if location_id else None
    if place is None or not place.active:
        said = FieldError("location_id", "there is no such active location")
        raise Refused("no_location", "Say where the shipment leaves from.", errors=[said])
    return place.location_id


def _must_be_lines_of(own: Mapping[LineKey, PurchaseOrderLine], asked: Sequence[LineKey]) -> None:
    errors = [
        FieldError(f"lines[{index}].line", "this order has no such line")
        for index, key in enumerate(asked)
        if key not in own or own[key].removed
    ]
    if errors:
        raise Refused("no_such_line", "An order has no such line.", errors=errors)


def _must_be_open(order: PurchaseOrder, lines: Sequence[PurchaseOrderLine]) -> None:
    if order.is_closed:
        raise Refused("order_closed", "Amazon has closed this purchase order.", status=409)
    if not is_firm(order, lines):
        raise Refused("not_acknowledged", "Acknowledge this purchase order first.", status=409)


def _must_share_a_truck(orders: Sequence[PurchaseOrder]) -> None:
    """One ASN is one vendor, one truck, one destination (guide, shipments part)."""
    for name, differs in (
        ("ship_to", len({order.ship_to for order in orders}) > 1),
        ("vendor_code", len({order.vendor_code for order in orders}) > 1),
        ("freight_term", len({freight_term(order) for order in orders}) > 1),
    ):
        if differs:
            raise Refused(
                "orders_differ",
                "These purchase orders cannot share a shipment.",
                status=409,
                errors=[FieldError("orders", f"{name} must be the same for all of them")],
            )


def _new_identifier(order: PurchaseOrder, now: datetime) -> str:
    tail = "".join(secrets.choice(ALPHABET) for _ in range(6))
    return f"{order.number}-{now:%y%m%d}-{tail}"


def _must_be_unused(session: Session, region: str, identifier: str) -> None:
    if session.get(Shipment, (shop_of(session), region, identifier)) is not None:
        raise Refused(
            "identifier_used",
            "This shipment identifier has been used.",
            status=409,
            errors=[FieldError("identifier", "choose another one")],
        )
