"""Inventory transfers: what Shopify says is on its way becomes expected arrivals, and what has come of
it enters the books by the transfer's own paper, in one transaction, so that nothing counts twice.

A transfer has no version of its own, so the moment of reading is one. Webhooks only say which one to
read again; the scheduled counting reads every open one. Only a shipment has a day, the one its
tracking says that it arrives on; what has none is shown, and nothing is built on it. What an origin
of ours gives away is held by the transfer's document until it leaves (`transfer_origins`).
Source: Shopify, `InventoryTransfer` and `InventoryShipment` of the Admin API, 2026-10.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shopify.api_access import ApiAccess
from sqlalchemy import text
from sqlmodel import Session, col, select

from app import bell
from app.connections import Connection, locked
from app.db import shop_of
from app.inventory import arrivals, collisions, futures, ledger
from app.inventory.arrivals import Stated
from app.inventory.documents import Claim, Document, DocumentKey, Flow, version_of
from app.inventory.flows import adjusted, arrived
from app.inventory.models import Location, State
from app.messages import Message
from app.shopify import items, opening, requests, tokens, transfer_origins
from app.shopify.client import Json
from app.shopify.notes import Code, Note
from app.shopify.payloads import when
from app.shopify.tables import InventoryTransfer
from app.shopify.transfer_origins import SENT
from app.shops import this_shop

KIND = "shopify_transfer"
"""Of the document in the ledger, and the source of its expected arrivals."""
ACTOR = "shopify"
SCOPES = (
    "read_inventory_transfers",
    "read_inventory_shipments",
    "read_inventory_shipments_received_items",
)
OPEN = ("READY_TO_SHIP", "IN_PROGRESS", "OTHER")
"""Statuses of which more may come; a draft announces nothing yet."""
RESERVING = ("READY_TO_SHIP", "IN_PROGRESS")
"""Statuses in which Shopify keeps reserved at the origin what has not left."""
DELETED = "DELETED"
EVERYTHING = "all"
INCOMING = "incoming:"
GRANTED_AT = "transfers_granted_at"
"""In the connection's details: since when transfers may be read."""
NEVER = datetime.min.replace(tzinfo=UTC)

POSTED = """
SELECT line, item_id, from_state::text, to_location_id, total
FROM tally JOIN document USING (shop_id, document_id)
WHERE shop_id = :shop AND kind = :kind AND reference = :number AND total <> 0
"""
STANDING = """
SELECT item_id, location_id, quantity FROM balance
WHERE shop_id = :shop AND state = 'incoming' AND item_id = ANY(:items)
"""
ABOUT = """
SELECT DISTINCT split_part(reference, ':', 1) AS number FROM arrival
WHERE shop_id = :shop AND source = :source AND ended_at IS NULL AND item_id = ANY(:items)
"""
OF_SHIPMENTS = """
SELECT DISTINCT split_part(reference, ':', 2) AS shipment, split_part(reference, ':', 1) AS number
FROM arrival WHERE shop_id = :shop AND source = :source
  AND split_part(reference, ':', 2) = ANY(:shipments)
"""
Place = tuple[int, int]


@dataclass(frozen=True)
class Line:
    """One line of a transfer or of a shipment of it, in eaches of an item of ours."""

    line: str
    item_id: int
    expected: int
    accepted: int = 0
    in_transit: int = 0
    sent: int = 0
    """All that its shipment took along, once that has left."""
    packed: int = 0
    """What stands in a shipment that has not left."""


@dataclass(frozen=True)
class Part:
    """A shipment, or what is in no shipment yet; when it arrives, has left, began to be received."""

    reference: str
    title: str
    lines: tuple[Line, ...]
    on: datetime | None = None
    shipped_at: datetime | None = None
    received_at: datetime | None = None

    def told(self, since: datetime) -> Iterator[tuple[str, Line, int, bool]]:
        """Name in the ledger, line, eaches so far, and whether that began before `since`."""
        for line in self.lines:
            if line.line:
                yield line.line, line, line.accepted, _before(self.received_at, since)
                yield (INCOMING + line.line, line, line.in_transit, _before(self.shipped_at, since))


@dataclass
class Posted:
    """What a transfer's document has moved so far: total by line, and where."""

    totals: dict[str, int] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    by_source: dict[tuple[str, State], int] = field(default_factory=dict)

    @property
    def knows_no_origin(self) -> bool:
        """Whether it was posted by a version that left the origin to counts."""
        return bool(self.totals) and not any(name.startswith(SENT) for name in self.totals)


def may_read(session: Session) -> bool:
    """Whether the merchant has granted what reading transfers needs."""
    return not missing_scopes(session)


def missing_scopes(session: Session) -> list[str]:
    """What the merchant would have to grant; all of it while the shop is not connected."""
    connection = tokens.find(session)
    return missing_of(connection.scopes if connection else "")


def missing_of(granted: str) -> list[str]:
    """What of the scopes for transfers is not among these."""
    has = ApiAccess(granted)
    return [scope for scope in SCOPES if not has.covers(ApiAccess(scope))]


def follow(connection: Connection) -> bool:
    """Notes from when on transfers may be read, once; whether that is from now on."""
    details = dict(connection.details)
    if missing_of(connection.scopes):
        details.pop(GRANTED_AT, None)
    else:
        details.setdefault(GRANTED_AT, datetime.now(UTC).isoformat())
    newly = details.keys() > connection.details.keys()
    connection.details = details
    return newly


def changed(session: Session, taken: Sequence[Message]) -> None:
    """inventory_transfers/* and inventory_shipments/*: reads the transfers that they speak of."""
    if not may_read(session):
        return
    shipments = {message.message_id: _shipment_of(message) or "" for message in taken}
    known = _transfers_of(session, shipments.values())
    for message in taken:
        shipment = shipments[message.message_id]
        if number := message.reference or known.get(shipment):
            _ask(session, [number], message.message_id)
        elif shipment:
            ask_for_all(session, message.message_id)


def ask_for_all(session: Session, because: object) -> None:
    """Has every open transfer read again, and those that were open when they were read last."""
    if may_read(session):
        requests.ask_for(session, requests.READ_TRANSFERS, [("transfers", EVERYTHING)], because)


def ask_about(session: Session, item_ids: Iterable[int], because: object) -> None:
    """Has the transfers read again that bring these items."""
    wanted = sorted(set(item_ids))
    if wanted and may_read(session):
        rows = session.execute(
            text(ABOUT), {"shop": shop_of(session), "source": KIND, "items": wanted}
        )
        _ask(session, rows.scalars(), because)


def listed(session: Session, nodes: Mapping[str, str], because: object) -> int:
    """Asks for the open ones of these (number → status) and for those we took for open; how many."""
    connection = tokens.find(session)
    if connection is not None:
        follow(locked(session, connection.connection_id))  # where word of the grant was lost
    known = session.exec(
        select(InventoryTransfer.number).where(
            InventoryTransfer.shop_id == shop_of(session),
            col(InventoryTransfer.status).in_(OPEN),
        )
    )
    wanted = {number for number, status in nodes.items() if status in OPEN} | set(known)
    _ask(session, sorted(wanted), because)
    return len(wanted)


def begin_anew(session: Session, because: object) -> None:
    """What has come until now was brought into the books by the opening that calls this."""
    rows = session.exec(
        select(InventoryTransfer)
        .where(InventoryTransfer.shop_id == shop_of(session))
        .with_for_update()
    )
    for row in rows:
        row.before = None
    ask_for_all(session, because)


def gone(session: Session, number: str, read_at: datetime) -> None:
    """A transfer that Shopify has no more: nothing of it is to come."""
    row = _locked(session, number, read_at)
    row.status, row.read_at = DELETED, read_at
    arrivals.restate(session, number, [], source=KIND, actor=ACTOR)


def settle(session: Session, kept: Json, read_at: datetime, message_id: int) -> list[Note]:
    """Brings one transfer to the books: units that came, units in transit, units still to come.

    The same again changes nothing, and neither does an older reading than the last, or one from
    before the books were opened. Returns the odd lines.
    """
    notes: list[Note] = []
    row = _locked(session, kept["id"], read_at)
    opened_at = this_shop(session).opened_at
    if opened_at is None or read_at < max(opened_at, row.read_at):
        return notes
    place = _place(session, kept["destination_id"], message_id, notes)
    origin = _place(session, kept["origin_id"], message_id, notes)
    known = place is not None or origin is not None
    parts = list(_parts(session, kept, notes)) if known else []
    posted = _posted(session, row.number)
    claims: Sequence[Claim] | None = None
    flows: Sequence[Flow] = ()
    if origin is not None and not posted.knows_no_origin:
        claims, flows = _between_ours(session, row, kept, (origin, place), parts, posted)
    elif place is not None:
        flows = _flows(session, row, kept, place, parts, posted)
    document = Document(
        kind=KIND,
        reference=row.number,
        version=version_of(read_at),
        title=_title(kept),
        claims=claims,
        flows=flows,
        authoritative=True,
        echo=True,
        actor=ACTOR,
        message_id=message_id,
    )
    outcomes = ledger.settle(session, [document])
    row.name, row.status, row.read_at = kept["name"] or "", kept["status"] or "", read_at
    session.flush()
    stated = [
        Stated(
            part.reference,
            line.item_id,
            place,
            line.expected,
            part.on.astimezone(futures.zone_of(session)).date() if part.on else None,
            part.title,
        )
        for part in parts
        for line in part.lines
        if place is not None and line.expected > 0 and row.status in OPEN
    ]
    collisions.refresh_documents(session, outcomes)
    arrivals.restate(session, row.number, stated, source=KIND, actor=ACTOR)
    bell.ring_after_commit(session, "ask_again")
    return notes


def _ask(session: Session, numbers: Iterable[str], because: object) -> None:
    requests.ask_for(
        session,
        requests.READ_TRANSFER,
        [(f"transfer:{number}", number) for number in numbers],
        because,
    )


def _shipment_of(message: Message) -> str | None:
    if not message.topic.startswith("inventory_shipments/"):
        return None
    found: str | None = message.request.get("shipment_id") or message.request.get("id")
    return found


def _transfers_of(session: Session, shipments: Iterable[str]) -> dict[str, str]:
    """Shipment → transfer, as far as we have read of it."""
    rows = session.execute(
        text(OF_SHIPMENTS),
        {"shop": shop_of(session), "source": KIND, "shipments": sorted(shipments)},
    )
    return {row.shipment: row.number for row in rows}


def _locked(session: Session, number: str, read_at: datetime) -> InventoryTransfer:
    session.execute(
        text(
            "INSERT INTO inventory_transfer (shop_id, number, name, status, read_at)"
            " VALUES (:shop, :number, '', '', :read_at) ON CONFLICT DO NOTHING"
        ),
        {"shop": shop_of(session), "number": number, "read_at": read_at},
    )
    return session.exec(
        select(InventoryTransfer)
        .where(InventoryTransfer.shop_id == shop_of(session), InventoryTransfer.number == number)
        .with_for_update()
    ).one()


def _place(
    session: Session, reference: str | None, message_id: int, notes: list[Note]
) -> int | None:
    """Where it goes; None when that is no location at all, or one that has to be read first."""
    if reference is None:
        return None
    found = session.exec(
        select(Location.location_id).where(
            Location.shop_id == shop_of(session), Location.reference == reference
        )
    ).first()
    if found is None:
        notes.append(_note("location_unknown", None, f"Location {reference}"))
        requests.ask_for(session, requests.READ_LOCATIONS, [("all", "all")], message_id)
    return found


def _parts(session: Session, kept: Json, notes: list[Note]) -> Iterator[Part]:
    shipments = kept["shipments"]
    lines = [line for one in shipments for line in one["lines"]] + kept["lines"]
    numbers = {line["inventory_item_id"] for line in lines if line["inventory_item_id"]}
    ours, not_counted = items.counted_ids_of(session, numbers)
    for number in sorted(numbers - ours.keys() - not_counted):
        notes.append(_note("item_unknown", number, f"Inventory item {number}"))
    for one in shipments:
        under_way = one["status"] != "DRAFT"
        yield Part(
            f"{kept['id']}:{one['id']}",
            f"{_title(kept)} / {one['name']}",
            tuple(
                Line(
                    line["id"],
                    ours[line["inventory_item_id"]],
                    line["unreceived"],
                    line["accepted"],
                    line["unreceived"] if under_way else 0,
                    line.get("quantity", 0) if under_way else 0,
                    0 if under_way else line["unreceived"],
                )
                for line in one["lines"]
                if line["inventory_item_id"] in ours
            ),
            on=when(one["arrives_at"]),
            shipped_at=when(one["shipped_at"]),
            received_at=when(one["received_at"]),
        )
    yield Part(
        kept["id"],
        _title(kept),
        tuple(
            Line("", ours[line["inventory_item_id"]], line["left"])
            for line in kept["lines"]
            if line["inventory_item_id"] in ours
        ),
    )


def _flows(
    session: Session,
    row: InventoryTransfer,
    kept: Json,
    place: int,
    parts: Sequence[Part],
    posted: Posted,
) -> list[Flow]:
    """What has come of it so far, and what is in transit now, as totals of this paper.

    What began before we followed transfers is in the books by the opening, or left to counts.
    """
    # Of a transfer that an older version began to post, counts take out what its origin gave.
    source = State.SUPPLIER if kept["origin_id"] is None else State.ADJUSTMENT
    since = _followed_since(session)
    told = [one for part in parts for one in part.told(since)]
    if row.before is None:
        row.before = {
            name: total - posted.totals.get(name, 0) for name, _, total, early in told if early
        }
    totals = {name: total - row.before.get(name, 0) for name, _, total, _ in told}
    places = {name: (line.item_id, place) for name, line, _, _ in told}
    for name, where in posted.places.items():
        if name.startswith(INCOMING) and name not in totals:
            totals[name], places[name] = 0, where  # its line has been taken off the shipment
    _keep_to_what_is_there(session, totals, places, posted)
    return [
        adjusted(name, *places[name], total, state=State.INCOMING, source=source)
        if name.startswith(INCOMING)
        else arrived(name, *places[name], total, source=source)
        for name, total in sorted(totals.items())
        if total or name in posted.totals
    ]


def _between_ours(
    session: Session,
    row: InventoryTransfer,
    kept: Json,
    ends: tuple[int, int | None],
    parts: Sequence[Part],
    posted: Posted,
) -> tuple[list[Claim], list[Flow]]:
    """What a transfer from a location of ours holds there, and what has left and come of it.

    What had left before we followed transfers is in the books by the opening, or left to counts. What
    was reserved then is held by the opening, which gives way to the transfer.
    """
    origin, destination = ends
    since = _followed_since(session)
    lines = [
        transfer_origins.Sent(
            line.line,
            line.item_id,
            line.sent,
            line.accepted,
            line.sent - line.accepted - line.in_transit,
            part.shipped_at,
            part.received_at,
        )
        for part in parts
        for line in part.lines
        if line.line and line.sent
    ]
    told = list(transfer_origins.totals_of(lines))
    reserved: dict[int, int] = defaultdict(int)
    if kept["status"] in RESERVING:
        for line in (line for part in parts for line in part.lines):
            reserved[line.item_id] += line.packed if line.line else line.expected
    if row.before is None:
        row.before = {
            name: total - posted.totals.get(name, 0)
            for name, total, moment in told
            if _before(moment, since)
        }
        if _before(when(kept.get("created_at")), since):
            opening.give_way_to(session, DocumentKey(KIND, row.number), origin, reserved)
    totals = {name: total - row.before.get(name, 0) for name, total, _ in told}
    for name in posted.totals:
        totals.setdefault(name, 0)  # its line has been taken off the shipment
    claims = transfer_origins.claims(origin, reserved, lines, totals)
    flows = transfer_origins.flows(
        DocumentKey(KIND, row.number),
        origin,
        destination,
        lines,
        totals,
        posted.by_source,
        _standing(session, {line.item_id for line in lines}),
    )
    return claims, flows


def _standing(session: Session, item_ids: Iterable[int]) -> dict[Place, int]:
    """What stands in `incoming` of these items, by place."""
    rows = session.execute(
        text(STANDING), {"shop": shop_of(session), "items": sorted(set(item_ids))}
    )
    return {(row.item_id, row.location_id): row.quantity for row in rows}


def _keep_to_what_is_there(
    session: Session, totals: dict[str, int], places: Mapping[str, Place], posted: Posted
) -> None:
    """No more leaves `incoming` than the books have there; a count may have taken it out before."""
    left: dict[Place, int] = defaultdict(int)
    left |= _standing(session, {item for item, _ in places.values()})
    for name in sorted(totals):
        less = posted.totals.get(name, 0) - totals[name]
        if name.startswith(INCOMING) and less > 0:
            taken = min(less, left[places[name]])
            totals[name] += less - taken
            left[places[name]] -= taken


def _followed_since(session: Session) -> datetime:
    """From when on transfers bring their units in: open books, and leave to read transfers."""
    opened_at, connection = this_shop(session).opened_at, tokens.find(session)
    granted_at = when((connection.details if connection else {}).get(GRANTED_AT))
    return max(moment for moment in (opened_at, granted_at, NEVER) if moment)


def _before(moment: datetime | None, since: datetime) -> bool:
    return moment is not None and moment < since


def _posted(session: Session, number: str) -> Posted:
    posted = Posted()
    rows = session.execute(text(POSTED), {"shop": shop_of(session), "kind": KIND, "number": number})
    for row in rows:
        posted.totals[row.line] = posted.totals.get(row.line, 0) + row.total
        posted.places[row.line] = (row.item_id, row.to_location_id)
        posted.by_source[row.line, State(row.from_state)] = row.total
    return posted


def _title(kept: Json) -> str:
    """Its name, and the merchant's own reference for it if there is one."""
    own = kept["reference_name"]
    return f"{kept['name']} ({own})" if own else kept["name"] or kept["id"]


def _note(code: Code, line: str | None, what: str) -> Note:
    return Note(code=code, line=line, detail=f"{what} is not known to Holdfast.")
