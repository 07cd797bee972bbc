"""Collisions: more of an item is promised at a place than is there; when they open and end.

A collision opens when `available` is below zero (`oversold`), when a request that may still be
taken back got less than it asked for (`short`), or when more is promised for a day to come than
will be there by then (`coming`); the first of these that is true names it. It ends by itself when
none is true any more. A person may also end it by accepting what is missing; it opens again beyond
that, and after the day that was waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlmodel import Session, select

from app.db import shop_of
from app.errors import Refused
from app.inventory import futures, ledger
from app.inventory.asking import LineKey, keep_nothing
from app.inventory.documents import Document, DocumentKey, Outcome
from app.inventory.endings import as_offered, keep_what_it_caused
from app.inventory.flows import relocated
from app.inventory.models import Collision
from app.inventory.ways import Rail, Way, claimants, ways_out

Place = tuple[int, int]
"""Item and location."""

WANTING = """
SELECT place.item_id, place.location_id,
       greatest(-coalesce(free.quantity, 0), 0) AS oversold,
       coalesce(asked.short, 0) AS short, coalesce(asked.unmet, 0) AS unmet
FROM unnest(CAST(:items AS int[]), CAST(:locations AS int[])) AS place (item_id, location_id)
LEFT JOIN balance AS free
  ON free.shop_id = :shop AND free.item_id = place.item_id
 AND free.location_id = place.location_id AND free.state = 'available'
LEFT JOIN (
    SELECT item_id, location_id, sum(wanted - fulfilled - held)::int AS unmet,
           (sum(wanted - fulfilled - held) FILTER (WHERE NOT firm))::int AS short
    FROM hold WHERE shop_id = :shop AND NOT fact AND wanted > fulfilled + held
      AND state <> 'safety_stock'
      AND item_id = ANY(:items)
    GROUP BY item_id, location_id
) AS asked ON asked.item_id = place.item_id AND asked.location_id = place.location_id
"""


def refresh(session: Session, places: Iterable[Place]) -> list[Collision]:
    """Opens, updates and ends the collisions of these items at these locations; returns open ones.

    Call it in the transaction that moved the units, after the last `settle`.
    """
    wanted = sorted(set(places))
    if not wanted:
        return []
    shop = shop_of(session)
    items = [place[0] for place in wanted]
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
    for place, state in _standing(session, wanted).items():
        owed = accepted.get(place, NOTHING)
        _forget_accepted(session, place, owed, state)
        collision = now_open.get(place)
        opens = _opens(state, owed)
        if opens is None:
            if collision is not None:
                end(collision, by="system", way=None)
            continue
        kind, units = opens
        if collision is None:
            collision = Collision(
                shop_id=shop, item_id=place[0], location_id=place[1], kind=kind, units=units
            )
            session.add(collision)
        collision.kind, collision.units, collision.due_on = kind, units, state.due_on
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


def take(
    session: Session,
    collision: Collision,
    way: str,
    parameters: dict[str, Any],
    *,
    actor: str,
    note: str | None = None,
    rails: Sequence[Rail] = (),
) -> Collision:
    """Takes one of the offered ways, whole, in the caller's transaction; keeps what it caused.

    Raises Refused("collision_changed") when that way is no longer offered as it was.
    """
    offered = ways_out(session, collision, rails)
    chosen = next((one for one in offered if (one.way, one.parameters) == (way, parameters)), None)
    if chosen is None:
        raise Refused(
            "collision_changed",
            "The stock has moved on meanwhile; look at the collision again.",
            status=409,
        )
    touched: list[Place] = []
    if way in ACTIONS:
        touched = ACTIONS[way](session, collision, chosen, actor)
    elif not any(rail.take(session, collision, chosen, actor) for rail in rails):
        raise Refused("no_such_way", "Nobody can take this way.", status=404)
    session.flush()
    keep_what_it_caused(session, collision)
    # A rail that restated its paper has refreshed already, which may have ended it.
    if chosen.ends_it or collision.ended_by == "system":
        end(collision, by=actor, way=way)
        collision.note, collision.offered = note, as_offered(chosen)
    session.flush()
    refresh(session, [_place(collision), *touched])
    return collision


def refresh_watched(session: Session) -> list[Collision]:
    """`refresh` for every place where the passing of time alone may change something."""
    return refresh(session, futures.watched(session))


def end(collision: Collision, *, by: str, way: str | None) -> None:
    """Ends a collision, saying who ended it and how."""
    collision.ended_at = datetime.now(UTC)
    collision.ended_by, collision.way_taken = by, way


class Standing(NamedTuple):
    """How many units are missing at a place, in each way in which they can be."""

    oversold: int
    short: int
    coming: int
    due_on: date | None = None


NOTHING = Standing(0, 0, 0)


def _standing(session: Session, places: Sequence[Place]) -> dict[Place, Standing]:
    rows = session.execute(
        text(WANTING),
        {
            "shop": shop_of(session),
            "items": [place[0] for place in places],
            "locations": [place[1] for place in places],
        },
    ).all()
    # Only what is promised and not held yet can be missed on a day to come.
    unmet = sorted({row.item_id for row in rows if row.unmet})
    ahead = futures.too_little(session, unmet) if unmet else {}
    found = {}
    for row in rows:
        place = (row.item_id, row.location_id)
        coming = ahead.get(place) if row.unmet else None
        found[place] = Standing(
            row.oversold,
            row.short,
            coming.units if coming else 0,
            coming.day if coming else None,
        )
    return found


def _opens(state: Standing, owed: Standing) -> tuple[str, int] | None:
    """What a collision here is named by, and its units; None when nothing beyond the agreed."""
    for kind in ("oversold", "short", "coming"):
        units = getattr(state, kind)
        if units > getattr(owed, kind):
            return kind, units
    return None


def _accepted(session: Session, items: Sequence[int]) -> dict[Place, Standing]:
    """Units that a person has agreed to leave as they are, while that agreement lasts."""
    rows = session.execute(
        text(
            "SELECT item_id, location_id, max(accepted_oversold), max(accepted_short),"
            " max(accepted_coming) FROM collision WHERE shop_id = :shop AND item_id = ANY(:items)"
            " AND ended_at IS NOT NULL AND (accepted_until IS NULL OR accepted_until > now())"
            " AND accepted_oversold + accepted_short + accepted_coming > 0"
            " GROUP BY item_id, location_id"
        ),
        {"shop": shop_of(session), "items": list(items)},
    )
    return {(row[0], row[1]): Standing(row[2], row[3], row[4]) for row in rows}


def _forget_accepted(session: Session, place: Place, owed: Standing, state: Standing) -> None:
    """What was agreed to holds until it is over; the next collision is a new question."""
    for kind in ("oversold", "short", "coming"):
        if getattr(owed, kind) and not getattr(state, kind):
            session.execute(
                text(
                    f"UPDATE collision SET accepted_{kind} = 0 WHERE shop_id = :shop"
                    " AND item_id = :item AND location_id = :location AND ended_at IS NOT NULL"
                ),
                {"shop": shop_of(session), "item": place[0], "location": place[1]},
            )


def _place(collision: Collision) -> Place:
    return collision.item_id, collision.location_id


def _relocate(session: Session, collision: Collision, way: Way, actor: str) -> list[Place]:
    """Moves the units here, and lets whoever asked for more take them."""
    source = int(way.parameters["from_location_id"])
    item_id, target = _place(collision)
    document = Document(
        kind="relocation",
        reference=f"{collision.collision_id}/{datetime.now(UTC).isoformat()}",
        version=1,
        actor=actor,
        flows=[relocated("1", item_id, source, target, way.units)],
    )
    ledger.settle(session, [document])
    ledger.ask_again(session, [item_id])
    return [(item_id, source)]


def _give_back(session: Session, collision: Collision, way: Way, actor: str) -> list[Place]:
    """Frees units that a request holds."""
    key = DocumentKey(way.parameters["document_kind"], way.parameters["document_reference"])
    place = _place(collision)
    ledger.take_back(session, key, way.parameters["line"], *place, units=way.units, actor=actor)
    if collision.kind == "oversold":
        # Whoever takes units back from a request has decided that it stays short.
        left = _standing(session, [place])[place]
        collision.accepted_short, collision.accepted_coming = left.short, left.coming
    else:
        ledger.ask_again(session, [collision.item_id])
    return []


def _reduce(session: Session, collision: Collision, way: Way, actor: str) -> list[Place]:
    """Every request that got too little asks for no more than it holds."""
    for one in claimants(session, *_place(collision)):
        if one.rail == "amazon" and one.may_give_way and one.short:
            ledger.ask_no_more(session, one.document, one.line, *_place(collision))
            keep_nothing(session, LineKey(one.document, one.line, *_place(collision)))
    return []


def _accept(session: Session, collision: Collision, way: Way, actor: str) -> list[Place]:
    """Nothing moves: the units are owed, or the request goes on waiting for them."""
    place = _place(collision)
    now = _standing(session, [place])[place]
    if collision.kind == "oversold":
        collision.accepted_oversold = now.oversold
    else:
        collision.accepted_short, collision.accepted_coming = now.short, now.coming
    return []


def _wait(session: Session, collision: Collision, way: Way, actor: str) -> list[Place]:
    """Nothing moves until the end of the day on which enough is expected.

    What is late even so is agreed to; what becomes late because an arrival slips is not.
    """
    day = date.fromisoformat(str(way.parameters["on"]))
    collision.accepted_until = futures.end_of(session, day)
    return _accept(session, collision, way, actor)


ACTIONS: dict[str, Callable[[Session, Collision, Way, str], list[Place]]] = {
    "relocate": _relocate,
    "take_back": _give_back,
    "release_safety_stock": _give_back,
    "reduce_request": _reduce,
    "wait": _wait,
    "accept": _accept,
}
"""What each way does; it returns the further places it touched."""
