"""A typed arrival and an outside paper that announce the same units: a person ties the two.

Both are expected until somebody says that they are one; nothing is guessed. The outside's paper then
stands for the typed one, whose row is kept and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlmodel import Session, col, select

from app.db import shop_of
from app.errors import FieldError, Refused
from app.inventory import collisions
from app.inventory.arrivals import OPERATOR
from app.inventory.models import Arrival

NEAR = timedelta(days=7)
"""How far two days may lie apart and still look like one arrival."""
MOST_OFFERED = 3


@dataclass(frozen=True)
class Match:
    """An expected arrival of an outside paper that may be a typed one; `fits` when all of it does."""

    arrival: Arrival
    fits: bool


def matches(session: Session, typed: Iterable[Arrival]) -> dict[int, list[Match]]:
    """What each of these may be, by its id, the best first: same item and place, enough units."""
    asking = [one for one in typed if one.source == OPERATOR and one.ended_at is None]
    if not asking:
        return {}
    others = session.exec(
        select(Arrival)
        .where(
            Arrival.shop_id == shop_of(session),
            Arrival.source != OPERATOR,
            col(Arrival.ended_at).is_(None),
            col(Arrival.item_id).in_({one.item_id for one in asking}),
        )
        .order_by(col(Arrival.arrival_id))
    ).all()
    return {one.arrival_id: _offered(one, others) for one in asking}


def replace(session: Session, arrival_id: int, by_id: int, *, actor: str) -> Arrival:
    """The outside's paper stands for the typed arrival, which is expected no more by itself.

    The same again changes nothing. Raises Refused 404 when either is unknown, 409 when the typed one
    has ended otherwise, and 422 by field when the other is not a paper that announces these units.
    """
    rows = session.exec(
        select(Arrival)
        .where(
            Arrival.shop_id == shop_of(session),
            col(Arrival.arrival_id).in_((arrival_id, by_id)),
        )
        .order_by(col(Arrival.arrival_id))
        .with_for_update()
    )
    found = {row.arrival_id: row for row in rows}
    typed, other = found.get(arrival_id), found.get(by_id)
    if typed is None or other is None:
        raise Refused("not_found", "There is no such arrival in this shop.", status=404)
    if typed.replaced_by_id == by_id:
        return typed
    if typed.ended_at is not None or other.ended_at is not None:
        raise Refused("arrival_ended", "One of the two is no longer expected.", status=409)
    if typed.source != OPERATOR or not _may_be(typed, other):
        raise Refused(
            "not_the_same_arrival",
            "Only a paper for the same item and location, with at least as many units, can stand"
            " for an arrival that was typed.",
            errors=[FieldError("by", "choose one that is offered, or correct the typed units")],
        )
    typed.replaced_by_id = by_id
    typed.ended_at, typed.ended_by = datetime.now(UTC), actor
    session.add(typed)
    session.flush()
    collisions.refresh(session, [(typed.item_id, typed.location_id)])
    return typed


def titles(session: Session, arrivals: Iterable[Arrival]) -> dict[int, str]:
    """What people call the papers that stand for these, by id."""
    wanted = {one.replaced_by_id for one in arrivals if one.replaced_by_id is not None}
    rows = session.exec(
        select(Arrival).where(
            Arrival.shop_id == shop_of(session), col(Arrival.arrival_id).in_(wanted)
        )
    )
    return {row.arrival_id: row.title or row.reference for row in rows}


def _offered(typed: Arrival, others: Sequence[Arrival]) -> list[Match]:
    found = [Match(one, _fits(typed, one)) for one in others if _may_be(typed, one)]
    return sorted(found, key=lambda one: not one.fits)[:MOST_OFFERED]


def _may_be(typed: Arrival, other: Arrival) -> bool:
    return (
        other.source != OPERATOR
        and (typed.item_id, typed.location_id) == (other.item_id, other.location_id)
        and typed.units <= other.units
    )


def _fits(typed: Arrival, other: Arrival) -> bool:
    return typed.units == other.units and _near(typed.expected_on, other.expected_on)


def _near(one: date | None, other: date | None) -> bool:
    return one is None or other is None or abs(one - other) <= NEAR
