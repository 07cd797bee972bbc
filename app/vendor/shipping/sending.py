"""Sending a shipment: the units leave the books and the ASN goes out, in one transaction.

The notice states all of the shipment each time, and the ledger is told its totals; so a
replacement that lowers them moves the difference back, and nothing can leave twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from sqlmodel import Session

from app import messages
from app.bell import ring_after_commit
from app.db import database_time
from app.errors import FieldError, Refused
from app.inventory.documents import Document, DocumentKey
from app.inventory.flows import shipped
from app.inventory.models import State
from app.vendor.acknowledgements import SEND
from app.vendor.orders import are_by_file
from app.vendor.promises import PURCHASE_ORDER, SHIPMENT, parts_of_lines, restate
from app.vendor.shipping import contents, drafts, notice, packing, rules
from app.vendor.shipping.contents import Contents
from app.vendor.shipping.tables import TransportRequest
from app.vendor.tables import Shipment, ShipmentLine

TOPIC = "shipment"


def send(
    session: Session,
    shipment: Shipment,
    *,
    shipped_at: datetime | None,
    despite_warnings: bool,
    release_rest: bool,
    actor: str,
) -> Contents:
    """Books a locked draft (or correction) as left and tells Amazon, in the caller's transaction.

    Where Amazon's papers come by file only, no message is made: the notice waits until a person has
    handed it over (`by_file.hand_over`).

    Raises Refused: 409 when it is sent already, 422 `cannot_ship` with every field that blocks,
    409 `warnings` with the findings while warnings stand that nobody has taken on.
    """
    if not shipment.may_be_changed:
        raise Refused("shipment_sent", "This shipment has been sent already.", status=409)
    whole = contents.read(session, shipment, lock=True)
    packing.number_all(session, whole)
    left_at = (shipped_at or shipment.shipped_at or database_time()).astimezone(UTC)
    _must_pass(rules.check(session, whole, left_at), despite_warnings)
    shipment.shipped_at = left_at
    shipment.revision += 1
    for order in whole.orders.values():
        order.rest_released = order.rest_released or release_rest
    _tell(session, whole)
    book(session, whole, actor)
    return whole


def cancel(session: Session, shipment: Shipment, *, actor: str) -> None:
    """Gives a shipment up that Amazon does not know of; units that had left come back.

    Raises Refused 409 when Amazon may know of it.
    """
    drafts.withdraw(session, shipment)
    whole = contents.read(session, shipment, lock=True)
    shipment.state, shipment.error, shipment.is_correcting = "cancelled", None, False
    for line in whole.lines:
        line.units = 0
    if shipment.revision:
        shipment.revision += 1
        book(session, whole, actor)
    session.add(shipment)


def taken(session: Session, paper: Shipment | TransportRequest) -> None:
    """Notes that Amazon has what was sent of it."""
    now = database_time()
    paper.state, paper.error = "accepted", None
    paper.sent_at = paper.sent_at or now
    if isinstance(paper, Shipment):
        paper.accepted_at = paper.accepted_at or now
    session.add(paper)


def depart(session: Session, shipment: Shipment) -> None:
    """Notes that the truck has left. Raises Refused 409 `no_asn` unless its ASN has gone to Amazon."""
    if shipment.state not in ("sent", "accepted"):
        raise Refused(
            "no_asn",
            "Stop: Amazon has no notice of this shipment. Send the ASN before it departs.",
            status=409,
        )
    shipment.departed_at = shipment.departed_at or database_time()
    session.add(shipment)


def _must_pass(findings: list[rules.Finding], despite_warnings: bool) -> None:
    blocking = [one for one in findings if one.severity == "block"]
    if blocking:
        raise Refused(
            "cannot_ship",
            "This shipment cannot be sent like this.",
            errors=[_field_error(one) for one in blocking],
            extra={"findings": [asdict(one) for one in findings]},
        )
    if findings and not despite_warnings:
        raise Refused(
            "warnings",
            "Amazon may find fault with this shipment. Put it right, or send it despite that.",
            status=409,
            errors=[_field_error(one) for one in findings],
            extra={"findings": [asdict(one) for one in findings]},
        )


def _field_error(finding: rules.Finding) -> FieldError:
    said = f"is {finding.value}, expected is {finding.expected}: {finding.fix}"
    return FieldError(finding.field, said)


def _tell(session: Session, whole: Contents) -> None:
    shipment = whole.shipment
    shipment.state, shipment.is_correcting, shipment.error = "waiting", False, None
    shipment.seen_at = shipment.message_id = None
    shipment.handed_over_how = shipment.handed_over_by = None
    session.add(shipment)
    if are_by_file(session, whole.orders.values()):  # it waits for a person to hand it over
        return
    tail = f":{shipment.revision}" if shipment.revision > 1 else ""
    shipment.message_id = messages.record(
        session,
        direction="out",
        channel="amazon",
        topic=TOPIC,
        key=f"{shipment.region}:{shipment.identifier}:shipment{tail}",
        reference=shipment.identifier,
        request=notice.body(whole),
        occurred_at=shipment.shipped_at,
    )
    session.add(shipment)
    ring_after_commit(session, SEND)


def book(
    session: Session,
    whole: Contents,
    actor: str,
    *,
    only: Callable[[Contents, ShipmentLine], bool] | None = None,
) -> None:
    """Tells the ledger the totals that have left, and the orders what they still need.

    With `only`, lines that it is false of move nothing.
    """
    shipment = whole.shipment
    booked = [row for row in whole.lines if only is None or only(whole, row)]
    for row in booked:
        line = whole.order_lines[row.number, row.line]
        line.shipped_units += row.units - row.booked_units
        session.add(line)
    left = _document(session, whole, booked, actor)
    for row in booked:
        row.booked_units = row.units
        session.add(row)
    session.add(shipment)
    restate(session, list(whole.orders.values()), actor=actor, also=[left])


def _document(
    session: Session, whole: Contents, rows: Sequence[ShipmentLine], actor: str
) -> Document:
    shipment = whole.shipment
    own = {
        (order.region, order.number): [
            line for key, line in whole.order_lines.items() if key[0] == order.number
        ]
        for order in whole.orders.values()
    }
    parts = parts_of_lines(session, own)
    flows = []
    for row in rows:
        item_id = whole.order_lines[row.number, row.line].item_id
        if item_id is None or not (row.units or row.booked_units):
            continue
        order = whole.orders[row.number]
        for part in parts[item_id]:
            flows.append(
                shipped(
                    # Two orders number their lines alike.
                    row.line if len(whole.orders) == 1 else f"{row.number}:{row.line}",
                    part.item_id,
                    shipment.location_id,
                    row.units * part.units,
                    to=State.AMAZON_TRANSIT,
                    hold=DocumentKey(PURCHASE_ORDER, order.reference),
                    hold_line=row.line,
                    state=State.RESERVED,
                )
            )
    return Document(
        kind=SHIPMENT,
        reference=f"{shipment.region}:{shipment.identifier}",
        version=shipment.revision,
        title=shipment.identifier,
        flows=flows,
        actor=actor,
        message_id=shipment.message_id,
        occurred_at=shipment.shipped_at or database_time(),
    )
