"""Ways out of a collision: who wants the same units, and what could be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.inventory.documents import DocumentKey
from app.inventory.models import Collision, State

RAILS = {State.COMMITTED: "dtc", State.SAFETY_STOCK: "dtc", State.RESERVED: "amazon"}

CLAIMANTS = """
SELECT hold.document_id, document.kind, document.reference, document.title, hold.line,
       hold.state::text, hold.wanted - hold.fulfilled AS wanted, hold.held, hold.due_at,
       hold.fact, hold.firm
FROM hold JOIN document USING (shop_id, document_id)
WHERE hold.shop_id = :shop AND hold.item_id = :item AND hold.location_id = :location
  AND (hold.held > 0 OR hold.wanted > hold.fulfilled)
ORDER BY hold.fact DESC, hold.firm DESC, hold.due_at NULLS LAST, hold.document_id, hold.line
"""


@dataclass(frozen=True)
class Claimant:
    """One document line that wants these units."""

    rail: str
    document: DocumentKey
    title: str
    line: str
    wanted: int
    held: int
    by: datetime | None
    fact: bool
    firm: bool

    @property
    def short(self) -> int:
        return max(0, self.wanted - self.held)

    @property
    def may_give_way(self) -> bool:
        """A request that is not firm yet; what has happened or was confirmed never gives way."""
        return not self.fact and not self.firm


@dataclass(frozen=True)
class Effect:
    """What a way out does to one rail: units it gains or loses."""

    rail: str
    units: int
    document: DocumentKey | None = None


@dataclass(frozen=True)
class Way:
    """One way to end a collision, as far as it goes."""

    way: str
    units: int
    ends_it: bool
    parameters: dict[str, Any] = field(default_factory=dict)
    effects: tuple[Effect, ...] = ()
    recommended: bool = False


def claimants(session: Session, item_id: int, location_id: int) -> list[Claimant]:
    """Everyone who wants this item here, facts first, then by the day they want it."""
    rows = session.execute(
        text(CLAIMANTS), {"shop": shop_of(session), "item": item_id, "location": location_id}
    )
    return [
        Claimant(
            rail=RAILS[State(row.state)],
            document=DocumentKey(row.kind, row.reference),
            title=row.title,
            line=row.line,
            wanted=max(0, row.wanted),
            held=row.held,
            by=row.due_at,
            fact=row.fact,
            firm=row.firm,
        )
        for row in rows
    ]


def ways_out(session: Session, collision: Collision) -> list[Way]:
    """The ways to end an open collision, the recommended one first."""
    if collision.ended_at is not None:
        return []
    wanting = claimants(session, collision.item_id, collision.location_id)
    ways = [
        *_relocations(session, collision),
        *_take_backs(collision, wanting),
        *_reductions(collision),
        *_safety_releases(collision, wanting),
        _acceptance(collision),
    ]
    helping = [way for way in ways if way.way != "accept"]
    best = next((way for way in helping if way.ends_it), (helping or ways)[0])
    ordered = [best, *(way for way in ways if way is not best)]
    return [
        Way(way.way, way.units, way.ends_it, way.parameters, way.effects, way is best)
        for way in ordered
    ]


def _relocations(session: Session, collision: Collision) -> list[Way]:
    rows = session.execute(
        text(
            "SELECT location_id, name, quantity FROM balance JOIN location"
            " USING (shop_id, location_id) WHERE shop_id = :shop AND item_id = :item"
            " AND location_id <> :here AND state = 'available' AND quantity > 0 AND active"
            " ORDER BY quantity >= :units DESC, priority, location_id"
        ),
        {
            "shop": shop_of(session),
            "item": collision.item_id,
            "here": collision.location_id,
            "units": collision.units,
        },
    )
    rail = "dtc" if collision.kind == "oversold" else "amazon"
    ways = []
    for row in rows:
        units = min(row.quantity, collision.units)
        ways.append(
            Way(
                "relocate",
                units,
                ends_it=units >= collision.units,
                parameters={"from_location_id": row.location_id, "from_location": row.name},
                effects=(Effect(rail, units),),
            )
        )
    return ways


def _take_backs(collision: Collision, wanting: Sequence[Claimant]) -> list[Way]:
    """Amazon's unacknowledged holds may give units back to orders that have happened."""
    if collision.kind != "oversold":
        return []
    return [
        _give_back("take_back", collision, one)
        for one in wanting
        if one.may_give_way and one.rail == "amazon" and one.held > 0
    ]


def _safety_releases(collision: Collision, wanting: Sequence[Claimant]) -> list[Way]:
    return [
        _give_back("release_safety_stock", collision, one)
        for one in wanting
        if one.document.kind == "safety_stock" and one.held > 0
    ]


def _give_back(way: str, collision: Collision, one: Claimant) -> Way:
    units = min(one.held, collision.units)
    return Way(
        way,
        units,
        ends_it=units >= collision.units,
        parameters={
            "document_kind": one.document.kind,
            "document_reference": one.document.reference,
            "line": one.line,
        },
        effects=(Effect(one.rail, -units, one.document), Effect("dtc", units)),
    )


def _reductions(collision: Collision) -> list[Way]:
    """Amazon is offered only what is held; what becomes free later is not kept for it."""
    if collision.kind != "short":
        return []
    lost = Effect("amazon", -collision.units)
    return [Way("reduce_request", collision.units, ends_it=True, effects=(lost,))]


def _acceptance(collision: Collision) -> Way:
    """The shop owes the units, or the request goes on waiting for what becomes free."""
    effects = (Effect("dtc", -collision.units),) if collision.kind == "oversold" else ()
    return Way("accept", collision.units, ends_it=True, effects=effects)
