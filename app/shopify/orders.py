"""What an order says to the ledger. Pure: an order's snapshot and what we know become documents.

Shopify itself moves the units of its orders, so everything here is an echo. A line of an order asks
for all it ever still needs or has had from us: shipped units, open units, and unfulfilled units that
a refund took out of stock. Cancelled and restocked units are simply no longer asked for.

What happened before the shop's opening balances were taken is part of those: such fulfilments and
refunds are left out, unless their papers are known already from an earlier opening.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.inventory.documents import Claim, Document, DocumentKey, Flow, version_of
from app.inventory.flows import adjusted, shipped
from app.inventory.models import Reason, State
from app.shopify.notes import Note
from app.shopify.snapshots import FULFILLMENT, ORDER, REFUND, Fulfillment, Line, Order, Refund


@dataclass(frozen=True, slots=True)
class HoldAt:
    """Where a line of an order is held already."""

    item_id: int
    location_id: int
    wanted: int
    fulfilled: int


@dataclass
class Known:
    """What the books know that an order's papers do not say."""

    items: Mapping[str, tuple[int, bool]] = field(default_factory=dict)
    """Variant → item, and whether it is tracked."""
    locations: Mapping[str, int] = field(default_factory=dict)
    default_location: int | None = None
    holds: Mapping[tuple[str, str], Sequence[HoldAt]] = field(default_factory=dict)
    """Order and line → where it is held."""
    papers: frozenset[DocumentKey] = frozenset()
    opened_at: datetime | None = None

    def counts(self, key: DocumentKey, created_at: datetime) -> bool:
        """Whether a paper is ours to book, rather than part of the opening balances."""
        return self.opened_at is None or created_at >= self.opened_at or key in self.papers


@dataclass
class Plan:
    """What an order comes to."""

    documents: list[Document] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    unknown_products: set[str] = field(default_factory=set)
    read_again: bool = False


def plan(order: Order, known: Known, *, message_id: int | None = None) -> Plan:
    """The documents of an order and of its fulfilments and refunds, and its odd lines.

    Repeats, older snapshots and snapshots in any order may be planned; the ledger sorts them out.
    """
    made = Plan()
    items: dict[str, int] = {}
    claims: list[Claim] = []
    removals: list[Flow] = []
    digest = hashlib.sha256()
    moved = _Moved(order, known)
    for line in sorted(order.lines, key=lambda line: line.line):
        asked = _asked(order, line, moved)
        digest.update(f"{line.line}:{asked.digest};".encode())
        item_id = _item(line, known, made)
        if item_id is None:
            continue
        items[line.line] = item_id
        if known.default_location is None:
            made.notes.append(_no_location(line.line))
            continue
        places = _places(order, line, item_id, asked, known, made)
        claims += [
            Claim(line.line, item_id, location, State.COMMITTED, units)
            for location, units in places.items()
        ]
        if asked.removed:
            removals.append(_removal(order, line, item_id, next(iter(places)), asked.removed))
    made.documents.append(
        Document(
            kind=ORDER,
            reference=order.reference,
            version=version_of(order.updated_at),
            title=order.name,
            claims=claims,
            flows=removals,
            digest=digest.hexdigest()[:16],
            authoritative=order.read,
            **_echo(order.updated_at, message_id),
        )
    )
    for fulfillment in order.fulfillments:
        made.documents += fulfillment_documents(
            fulfillment, order.reference, items, known, made.notes, message_id=message_id
        )
    for refund in order.refunds:
        made.documents += _refund_documents(refund, order, items, known, made.notes, message_id)
    return made


def fulfillment_documents(
    fulfillment: Fulfillment,
    order_reference: str,
    items: Mapping[str, int],
    known: Known,
    notes: list[Note],
    *,
    message_id: int | None = None,
) -> list[Document]:
    """What a fulfilment has shipped so far; nothing at all when the opening balances cover it.

    `items` is line → item; a line that is not in it is looked up by its hold, then by its variant.
    """
    key = DocumentKey(FULFILLMENT, fulfillment.reference)
    if not known.counts(key, fulfillment.created_at):
        return []
    flows = []
    for line, quantity, variant_id in fulfillment.lines:
        item_id = items.get(line) or _held_item(order_reference, line, variant_id, known)
        location = _location(fulfillment.location, order_reference, line, known)
        if item_id is None or location is None:
            continue
        flows.append(
            shipped(
                line,
                item_id,
                location,
                0 if fulfillment.cancelled else quantity,
                to=State.CUSTOMER,
                hold=DocumentKey(ORDER, order_reference),
                state=State.COMMITTED,
            )
        )
        if fulfillment.location and fulfillment.location not in known.locations:
            notes.append(_no_location(line))
    return [
        Document(
            kind=FULFILLMENT,
            reference=fulfillment.reference,
            version=version_of(fulfillment.updated_at),
            flows=flows,
            **_echo(fulfillment.updated_at, message_id),
        )
    ]


class _Moved:
    """What an order's fulfilments and refunds have done to each line, summed once."""

    def __init__(self, order: Order, known: Known) -> None:
        self.shipped: dict[str, int] = defaultdict(int)
        self.counted: dict[str, dict[int | None, int]] = defaultdict(lambda: defaultdict(int))
        self.restocked: dict[str, int] = defaultdict(int)
        self.lost: dict[str, int] = defaultdict(int)
        self.lost_counted: dict[str, int] = defaultdict(int)
        for fulfillment in order.fulfillments:
            if not fulfillment.cancelled:
                self._add_fulfillment(order, fulfillment, known)
        for refund in order.refunds:
            self._add_refund(refund, known)

    def _add_fulfillment(self, order: Order, one: Fulfillment, known: Known) -> None:
        counts = known.counts(DocumentKey(FULFILLMENT, one.reference), one.created_at)
        for line, units, _variant in one.lines:
            self.shipped[line] += units
            if counts:
                place = _location(one.location, order.reference, line, known)
                self.counted[line][place] += units

    def _add_refund(self, refund: Refund, known: Known) -> None:
        counts = known.counts(DocumentKey(REFUND, refund.reference), refund.created_at)
        for one in refund.lines:
            if one.restock in ("cancel", "legacy_restock"):
                self.restocked[one.line] += one.quantity
            elif one.restock == "no_restock":
                self.lost[one.line] += one.quantity
                self.lost_counted[one.line] += one.quantity if counts else 0


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a line asks for: shipped and counted, still open, and taken out of stock by refunds."""

    shipped: Mapping[int | None, int]
    open_units: int
    removed: int
    digest: str

    @property
    def wanted(self) -> int:
        return sum(self.shipped.values()) + self.open_units + self.removed


def _asked(order: Order, line: Line, moved: _Moved) -> _Asked:
    shipped, lost = moved.shipped[line.line], moved.lost[line.line]
    left = max(0, (line.quantity or 0) - shipped - moved.restocked[line.line])
    said = left if line.open_units is None else max(0, line.open_units)
    open_units = 0 if order.cancelled else min(left, said)
    # Units that are neither shipped, open nor restocked: a refund without restocking took them.
    removed = min(lost, left - open_units)
    return _Asked(
        shipped=moved.counted[line.line],
        open_units=open_units,
        removed=min(removed, moved.lost_counted[line.line]),
        digest=f"{shipped},{open_units},{removed}",
    )


def _item(line: Line, known: Known, made: Plan) -> int | None:
    """The item of a line that stock depends on; odd lines are noted for a person."""
    if line.quantity is None or line.quantity <= 0:
        made.notes.append(_note("bad_quantity", line, f"Its quantity is {line.quantity}."))
        return None
    if line.variant_id is None:
        made.notes.append(_note("custom_line", line, "It names no product of the store."))
        return None
    found = known.items.get(line.variant_id)
    if found is None:
        made.notes.append(
            _note("variant_unknown", line, f"Variant {line.variant_id} is not in the catalogue.")
        )
        if line.product_id:
            made.unknown_products.add(line.product_id)
        return None
    item_id, tracked = found
    if not tracked:
        made.notes.append(_note("not_tracked", line, "The store does not track its stock."))
        return None
    return item_id


def _places(
    order: Order, line: Line, item_id: int, asked: _Asked, known: Known, made: Plan
) -> dict[int, int]:
    """Location → eaches wanted there: as routed, else as held already, else at the default one."""
    held = [
        hold for hold in known.holds.get((order.reference, line.line), ())
        if hold.item_id == item_id
    ]  # fmt: skip
    wanting = [hold for hold in held if hold.wanted > 0]
    assert known.default_location is not None
    fallback = known.locations.get(order.location or "", known.default_location)
    home = wanting[0].location_id if wanting else fallback
    if line.routes:
        return _routed(line, asked, known, home, made)
    if len(wanting) <= 1:
        return {home: asked.wanted}
    places = {hold.location_id: hold.wanted for hold in wanting}
    missing = asked.wanted - sum(places.values())
    # Nobody said which of several places gains or loses units, so ask.
    made.read_again = made.read_again or missing != 0
    for hold in reversed(wanting):
        if missing < 0:
            less = min(-missing, places[hold.location_id])
            places[hold.location_id] -= less
            missing += less
    places[home] += max(0, missing)
    return places


def _routed(line: Line, asked: _Asked, known: Known, home: int, made: Plan) -> dict[int, int]:
    places: dict[int, int] = defaultdict(int)
    left = asked.open_units
    for reference, units in line.routes or ():
        location = known.locations.get(reference or "")
        if location is None:
            made.notes.append(_no_location(line.line))
            location = home
        here = min(left, units)
        places[location] += here
        left -= here
    if home not in places and (left or not places):
        home = next(iter(places), home)
    places[home] += left + asked.removed
    for shipped_from, units in asked.shipped.items():
        places[home if shipped_from is None else shipped_from] += units
    # The place that removed units are taken from comes first.
    return {home: places.pop(home), **places}


def _removal(order: Order, line: Line, item_id: int, location: int, units: int) -> Flow:
    return shipped(
        line.line,
        item_id,
        location,
        units,
        to=State.ADJUSTMENT,
        hold=order.key,
        state=State.COMMITTED,
        reason=Reason.REMOVED,
    )


def _refund_documents(
    refund: Refund,
    order: Order,
    items: Mapping[str, int],
    known: Known,
    notes: list[Note],
    message_id: int | None,
) -> list[Document]:
    if not known.counts(DocumentKey(REFUND, refund.reference), refund.created_at):
        return []
    totals: dict[tuple[str, int, int], int] = defaultdict(int)
    for one in refund.lines:
        item_id = items.get(one.line)
        location = _location(one.location, order.reference, one.line, known)
        if one.restock != "return" or item_id is None or location is None:
            continue
        if one.location and one.location not in known.locations:
            notes.append(_no_location(one.line))
        totals[one.line, item_id, location] += one.quantity
    return [
        Document(
            kind=REFUND,
            reference=refund.reference,
            version=version_of(refund.created_at),
            title=order.name,
            flows=[
                adjusted(
                    line, item_id, location, total, source=State.CUSTOMER, reason=Reason.RETURNED
                )
                for (line, item_id, location), total in totals.items()
            ],
            **_echo(refund.created_at, message_id),
        )
    ]


def _held_item(order_reference: str, line: str, variant_id: str | None, known: Known) -> int | None:
    holds = known.holds.get((order_reference, line))
    if holds:
        return holds[0].item_id
    item_id, tracked = known.items.get(variant_id or "", (0, False))
    return item_id if tracked else None


def _location(reference: str | None, order_reference: str, line: str, known: Known) -> int | None:
    """Our location for Shopify's; where the line is held, or the default one, when it has none."""
    found = known.locations.get(reference or "")
    if found is not None:
        return found
    holds = known.holds.get((order_reference, line))
    return holds[0].location_id if holds else known.default_location


def _echo(moment: datetime, message_id: int | None) -> dict[str, Any]:
    return {"echo": True, "actor": "shopify", "message_id": message_id, "occurred_at": moment}


def _note(code: Any, line: Line, detail: str) -> Note:
    return Note(code=code, line=line.line, detail=detail)


def _no_location(line: str) -> Note:
    return Note(
        code="location_unknown", line=line, detail="Its location is not known to Holdfast yet."
    )
