"""Collisions: more of an item is promised at a place than is there; who wants it, and ways out.

A collision opens when `available` is below zero (`oversold`) or when a request that may still be
taken back got less than it asked for (`short`). It ends by itself when neither is true any more.
A person may also end it by accepting what is missing; it opens again beyond that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlmodel import Session, select

from app.db import shop_of
from app.errors import Refused
from app.inventory import ledger
from app.inventory.documents import Document, DocumentKey, Outcome
from app.inventory.models import Collision, State

Place = tuple[int, int]
"""Item and location."""

RAILS = {State.COMMITTED: "dtc", State.SAFETY_STOCK: "dtc", State.RESERVED: "amazon"}

WANTING = """
SELECT place.item_id, place.location_id,
       greatest(-coalesce(free.quantity, 0), 0) AS oversold,
       coalesce(asked.short, 0) AS short
FROM unnest(CAST(:items AS int[]), CAST(:locations AS int[])) AS place (item_id, location_id)
LEFT JOIN balance AS free
  ON free.shop_id = :shop AND free.item_id = place.item_id
 AND free.location_id = place.location_id AND free.state = 'available'
LEFT JOIN (
    SELECT item_id, location_id, sum(greatest(wanted - fulfilled - held, 0))::int AS short
    FROM hold WHERE shop_id = :shop AND NOT fact AND NOT firm AND wanted > fulfilled + held
      AND item_id = ANY(:items)
    GROUP BY item_id, location_id
) AS asked ON asked.item_id = place.item_id AND asked.location_id = place.location_id
"""

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


def refresh(session: Session, places: Iterable[Place]) -> list[Collision]:
    """Opens, updates and ends the collisions of these items at these locations; returns open ones.

    Call it in the transaction that moved the units, after the last `settle`.
    """
    wanted = sorted(set(places))
    if not wanted:
        return []
    shop = shop_of(session)
    items, locations = [place[0] for place in wanted], [place[1] for place in wanted]
    now_open = {
        (row.item_id, row.location_id): row
        for row in session.exec(
            select(Collision)
            .where(
                Collision.shop_id == shop,
                Collision.ended_at == None,  # noqa: E711
                text("item_id = ANY(:items)").bindparams(items=items),
            )
            .with_for_update()
        )
    }
    accepted = _accepted(session, items)
    standing = []
    for row in session.execute(
        text(WANTING), {"shop": shop, "items": items, "locations": locations}
    ):
        place = (row.item_id, row.location_id)
        owed = accepted.get(place, Accepted(0, 0))
        _forget_accepted(session, place, owed, row.oversold, row.short)
        oversold = row.oversold if row.oversold > owed.oversold else 0
        short = row.short if row.short > owed.short else 0
        collision = now_open.get(place)
        if not oversold and not short:
            if collision is not None:
                end(collision, by="system", way=None)
            continue
        kind, units = ("oversold", oversold) if oversold else ("short", short)
        if collision is None:
            collision = Collision(
                shop_id=shop, item_id=place[0], location_id=place[1], kind=kind, units=units
            )
            session.add(collision)
        collision.kind, collision.units = kind, units
        standing.append(collision)
    session.flush()
    return standing


def refresh_documents(session: Session, outcomes: Sequence[Outcome]) -> list[Collision]:
    """`refresh` for every place that these settled documents touched."""
    document_ids = [outcome.document_id for outcome in outcomes if outcome.document_id]
    places = session.execute(
        text(
            "SELECT item_id, location_id FROM hold"
            " WHERE shop_id = :shop AND document_id = ANY(:documents)"
            " UNION SELECT item_id, from_location_id FROM tally"
            " WHERE shop_id = :shop AND document_id = ANY(:documents)"
            " UNION SELECT item_id, to_location_id FROM tally"
            " WHERE shop_id = :shop AND document_id = ANY(:documents)"
        ),
        {"shop": shop_of(session), "documents": document_ids},
    )
    return refresh(session, [(row[0], row[1]) for row in places])


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
        *_reductions(collision, wanting),
        *_safety_releases(collision, wanting),
        Way(
            "accept",
            collision.units,
            ends_it=True,
            effects=(
                Effect("dtc" if collision.kind == "oversold" else "amazon", -collision.units),
            ),
        ),
    ]
    helping = [way for way in ways if way.way != "accept"]
    best = next((way for way in helping if way.ends_it), (helping or ways)[0])
    ordered = [best, *(way for way in ways if way is not best)]
    return [
        Way(way.way, way.units, way.ends_it, way.parameters, way.effects, way is best)
        for way in ordered
    ]


def take(
    session: Session,
    collision: Collision,
    way: str,
    parameters: dict[str, Any],
    *,
    actor: str,
    note: str | None = None,
) -> Collision:
    """Takes one of the offered ways, whole, in the caller's transaction.

    Raises Refused("collision_changed") when that way is no longer offered as it was.
    """
    offered = [
        one
        for one in ways_out(session, collision)
        if one.way == way and one.parameters == parameters
    ]
    if not offered:
        raise Refused(
            "collision_changed",
            "The stock has moved on meanwhile; look at the collision again.",
            status=409,
        )
    chosen = offered[0]
    source = f"{collision.collision_id}/{datetime.now(UTC).isoformat()}"
    place = (collision.item_id, collision.location_id)
    touched = [place]
    if way == "relocate":
        target = int(parameters["from_location_id"])
        ledger.settle(
            session,
            [
                Document(
                    kind="relocation",
                    reference=source,
                    version=1,
                    title="",
                    actor=actor,
                    flows=[
                        ledger.relocated(
                            "1", collision.item_id, target, collision.location_id, chosen.units
                        )
                    ],
                )
            ],
        )
        ledger.ask_again(session, [collision.item_id])
        touched.append((collision.item_id, target))
    elif way in ("take_back", "release_safety_stock"):
        key = DocumentKey(parameters["document_kind"], parameters["document_reference"])
        ledger.take_back(session, key, parameters["line"], *place, units=chosen.units, actor=actor)
        if collision.kind == "short":
            ledger.ask_again(session, [collision.item_id])
        else:
            # Whoever takes units back from a request has decided that it stays short.
            collision.accepted_short = _standing(session, place).short
    elif collision.kind == "oversold":
        collision.accepted_oversold = collision.units
    else:
        collision.accepted_short = collision.units
    if chosen.ends_it:
        end(collision, by=actor, way=way)
        collision.note = note
    session.flush()
    refresh(session, touched)
    return collision


def end(collision: Collision, *, by: str, way: str | None) -> None:
    """Ends a collision, saying who ended it and how."""
    collision.ended_at = datetime.now(UTC)
    collision.ended_by, collision.way_taken = by, way


class Accepted(NamedTuple):
    """Units a person has agreed to leave as they are."""

    oversold: int
    short: int


def _accepted(session: Session, items: Sequence[int]) -> dict[Place, Accepted]:
    rows = session.execute(
        text(
            "SELECT item_id, location_id, max(accepted_oversold), max(accepted_short)"
            " FROM collision WHERE shop_id = :shop AND item_id = ANY(:items)"
            " AND ended_at IS NOT NULL AND accepted_oversold + accepted_short > 0"
            " GROUP BY item_id, location_id"
        ),
        {"shop": shop_of(session), "items": list(items)},
    )
    return {(row[0], row[1]): Accepted(row[2], row[3]) for row in rows}


def _standing(session: Session, place: Place) -> Accepted:
    row = session.execute(
        text(WANTING),
        {"shop": shop_of(session), "items": [place[0]], "locations": [place[1]]},
    ).one()
    return Accepted(row.oversold, row.short)


def _forget_accepted(
    session: Session, place: Place, owed: Accepted, oversold: int, short: int
) -> None:
    """What was agreed to holds until it is over; the next collision is a new question."""
    for column, agreed, standing in (
        ("accepted_oversold", owed.oversold, oversold),
        ("accepted_short", owed.short, short),
    ):
        if agreed and not standing:
            session.execute(
                text(
                    f"UPDATE collision SET {column} = 0 WHERE shop_id = :shop"
                    " AND item_id = :item AND location_id = :location AND ended_at IS NOT NULL"
                ),
                {"shop": shop_of(session), "item": place[0], "location": place[1]},
            )


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
        if not one.fact and not one.firm and one.rail == "amazon" and one.held > 0
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


def _reductions(collision: Collision, wanting: Sequence[Claimant]) -> list[Way]:
    """Amazon is offered only what is held; nothing moves, and the shortage is agreed to."""
    if collision.kind != "short":
        return []
    effects = tuple(
        Effect("amazon", -one.short, one.document)
        for one in wanting
        if not one.fact and not one.firm and one.short > 0
    )
    return [Way("reduce_request", collision.units, ends_it=True, effects=effects)]
