"""What a transfer takes from a location of ours: reserved there, then under way, then where it goes.

As Shopify moves them: ready to ship reserves the units at the origin, leaving takes them out of it and
makes them `incoming` at the destination, what is accepted there is free, what is rejected is gone. It
makes each of these moves itself, so all of it is an echo. The units are held by the transfer's own
document, so a count finds them explained.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.inventory.documents import Claim, DocumentKey, Flow
from app.inventory.flows import arrived
from app.inventory.models import Reason, State

SENT, REJECTED = "sent:", "rejected:"
Place = tuple[int, int]
TallyKey = tuple[str, State]
"""Line, and the state that its units came from."""


@dataclass(frozen=True)
class Sent:
    """One line of a shipment that has left, in eaches: all of it, and what became of it so far."""

    line: str
    item_id: int
    sent: int
    accepted: int
    rejected: int
    shipped_at: datetime | None
    received_at: datetime | None


def totals_of(lines: Sequence[Sent]) -> Iterator[tuple[str, int, datetime | None]]:
    """Name in the ledger, eaches so far, and when they began to."""
    for one in lines:
        yield SENT + one.line, one.sent, one.shipped_at
        yield one.line, one.accepted, one.received_at
        yield REJECTED + one.line, one.rejected, one.received_at


def hold_line(item_id: int) -> str:
    """The line of the transfer's document that holds an item at the origin."""
    return f"item:{item_id}"


def claims(
    origin: int,
    reserved: Mapping[int, int],
    lines: Sequence[Sent],
    totals: Mapping[str, int],
) -> list[Claim]:
    """What is reserved at the origin (item → eaches), and what has left of it, as the ledger wants."""
    wanted: dict[int, int] = defaultdict(int)
    for item_id, units in reserved.items():
        wanted[item_id] += units
    for one in lines:
        wanted[one.item_id] += max(0, totals[SENT + one.line])
    return [
        Claim(hold_line(item_id), item_id, origin, State.RESERVED, units)
        for item_id, units in sorted(wanted.items())
    ]


def flows(
    document: DocumentKey,
    origin: int,
    destination: int | None,
    lines: Sequence[Sent],
    totals: Mapping[str, int],
    posted: Mapping[TallyKey, int],
    incoming: Mapping[Place, int],
) -> list[Flow]:
    """What has left, and what has come of that, as totals; `incoming` is what stands on its way now.

    Where a count has taken units out of `incoming` in between, what is accepted comes from it.
    """
    target = (origin, State.ADJUSTMENT) if destination is None else (destination, State.INCOMING)
    left, on_their_way = [], dict(incoming)
    for one in lines:
        name = SENT + one.line
        left.append(_sent(document, name, one.item_id, totals[name], origin, *target))
        if destination is not None:
            more = totals[name] - posted.get((name, State.RESERVED), 0)
            place = (one.item_id, destination)
            on_their_way[place] = on_their_way.get(place, 0) + more
    if destination is None:
        return left
    for one in lines:
        for name, state in ((one.line, State.AVAILABLE), (REJECTED + one.line, State.ADJUSTMENT)):
            came, elsewhere = (
                posted.get((name, source), 0) for source in (State.INCOMING, State.ADJUSTMENT)
            )
            more = totals[name] - came - elsewhere
            place = (one.item_id, destination)
            taken = min(more, max(0, on_their_way.get(place, 0)))
            on_their_way[place] = on_their_way.get(place, 0) - taken
            left.append(_within(name, one.item_id, came + taken, destination, state))
            elsewhere += more - taken
            if state is State.AVAILABLE and elsewhere:
                left.append(
                    arrived(name, one.item_id, destination, elsewhere, source=State.ADJUSTMENT)
                )
    return [one for one in left if one.total or (one.line, one.from_state) in posted]


def _sent(
    document: DocumentKey,
    name: str,
    item_id: int,
    total: int,
    origin: int,
    location_id: int,
    state: State,
) -> Flow:
    return Flow(
        line=name,
        item_id=item_id,
        total=total,
        from_location_id=origin,
        from_state=State.RESERVED,
        to_location_id=location_id,
        to_state=state,
        reason=Reason.SHIPPED,
        reason_back=Reason.SHIPMENT_CORRECTED,
        hold=document,
        hold_line=hold_line(item_id),
    )


def _within(name: str, item_id: int, total: int, location_id: int, state: State) -> Flow:
    return Flow(
        line=name,
        item_id=item_id,
        total=total,
        from_location_id=location_id,
        from_state=State.INCOMING,
        to_location_id=location_id,
        to_state=state,
        reason=Reason.RECEIVED,
        reason_back=Reason.RECEIPT_CORRECTED,
    )
