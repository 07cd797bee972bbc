"""Ahead of time: what is free at each place day by day, by dated promises and expected arrivals.

A unit that is held has left `available` already, so what is still to come is what is promised and
not held yet (a request on its day, acknowledged or not) and what is expected to arrive. Days are
the shop's own. Of one day, arrivals count before promises. An arrival whose day has passed without
being ended counts no more: nothing may rest on it until somebody gives it a new day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.inventory.documents import DocumentKey
from app.shops import Shop

Place = tuple[int, int]
"""Item and location."""

# What is promised or expected at these items, as changes of what is free, on days of the shop.
CHANGES = """
SELECT item_id, location_id, 'promise' AS kind, document.kind AS paper, document.reference,
       document.title, line, hold.fulfilled + hold.held - hold.wanted AS units,
       greatest((coalesce(due_at, now()) AT TIME ZONE 'UTC' + :offset)::date, :today) AS day
FROM hold JOIN document USING (shop_id, document_id)
WHERE hold.shop_id = :shop AND NOT fact AND wanted > fulfilled + held
  AND (expires_at IS NULL OR expires_at > now()) AND item_id = ANY(:items)
  AND state <> 'safety_stock'  -- kept back from nobody in particular, so promised to nobody
UNION ALL
SELECT item_id, location_id, 'arrival', source, reference, coalesce(title, reference), '', units,
       expected_on
FROM arrival
WHERE shop_id = :shop AND ended_at IS NULL AND expected_on >= :today AND item_id = ANY(:items)
"""

TOO_LITTLE = f"""
WITH daily AS (
    SELECT item_id, location_id, day, sum(units) AS units FROM ({CHANGES}) AS change
    GROUP BY item_id, location_id, day
), projected AS (
    SELECT daily.item_id, daily.location_id, day, coalesce(quantity, 0) + sum(units)
           OVER (PARTITION BY daily.item_id, daily.location_id ORDER BY day) AS free
    FROM daily LEFT JOIN balance ON balance.shop_id = :shop AND balance.state = 'available'
     AND balance.item_id = daily.item_id AND balance.location_id = daily.location_id
)
SELECT item_id, location_id, min(day) FILTER (WHERE free < 0) AS day, -min(free)::int AS units
FROM projected GROUP BY item_id, location_id HAVING min(free) < 0
"""

WATCHED = """
SELECT item_id, location_id FROM hold
WHERE shop_id = :shop AND NOT fact AND wanted > fulfilled + held AND state <> 'safety_stock'
UNION
SELECT item_id, location_id FROM collision WHERE shop_id = :shop AND ended_at IS NULL
UNION
SELECT item_id, location_id FROM collision WHERE shop_id = :shop AND accepted_until IS NOT NULL
   AND accepted_oversold + accepted_short + accepted_coming > 0
"""


class TooLittle(NamedTuple):
    """The first day that ends with fewer units than promised, and how many are missing at worst."""

    day: date
    units: int


@dataclass(frozen=True)
class Change:
    """Units promised (below zero) or expected (above zero) on a day, and the paper that says so."""

    day: date
    kind: str
    units: int
    paper: DocumentKey
    title: str
    line: str


@dataclass(frozen=True)
class Projection:
    """What is free at one place now, and every dated change of it."""

    item_id: int
    location_id: int
    free: int
    changes: tuple[Change, ...]


class Expected(NamedTuple):
    """The day by which so many units will have arrived."""

    day: date
    units: int
    references: tuple[str, ...]


def zone_of(session: Session) -> ZoneInfo:
    """The shop's time zone; UTC when it is not one that this machine knows."""
    try:
        return ZoneInfo(session.get_one(Shop, shop_of(session)).time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def today(session: Session) -> date:
    """The shop's own day."""
    return datetime.now(zone_of(session)).date()


def end_of(session: Session, day: date) -> datetime:
    """The moment in which a day of the shop ends."""
    return datetime.combine(day + timedelta(days=1), time(), zone_of(session)).astimezone(UTC)


def too_little(session: Session, items: Sequence[int]) -> dict[Place, TooLittle]:
    """Where more of these items is promised for a day than will be there; one statement."""
    rows = session.execute(text(TOO_LITTLE), _parameters(session, items))
    return {(row.item_id, row.location_id): TooLittle(row.day, row.units) for row in rows}


def project(session: Session, items: Sequence[int]) -> list[Projection]:
    """What these items are projected to have free, for every place with a balance or a change."""
    by_place: dict[Place, list[Change]] = {}
    rows = session.execute(
        text(
            f"SELECT * FROM ({CHANGES}) AS change ORDER BY day, units DESC, paper, reference, line"
        ),
        _parameters(session, items),
    )
    for row in rows:
        change = Change(
            row.day, row.kind, row.units, DocumentKey(row.paper, row.reference), row.title, row.line
        )
        by_place.setdefault((row.item_id, row.location_id), []).append(change)
    free = {
        (row.item_id, row.location_id): row.quantity
        for row in session.execute(
            text(
                "SELECT item_id, location_id, quantity FROM balance"
                " WHERE shop_id = :shop AND item_id = ANY(:items) AND state = 'available'"
            ),
            {"shop": shop_of(session), "items": list(items)},
        )
    }
    return [
        Projection(*place, free.get(place, 0), tuple(by_place.get(place, ())))
        for place in sorted({*free, *by_place})
    ]


def enough_by(changes: Iterable[Change], units: int) -> Expected | None:
    """The day by which arrivals alone bring this many units, or all that they bring; None for none."""
    found, references, last = 0, [], None
    for change in changes:
        if change.kind == "arrival" and found < units:
            found, last = found + change.units, change.day
            references.append(change.title)
    return Expected(last, found, tuple(references)) if last else None


def changes_at(session: Session, item_id: int, location_id: int) -> Sequence[Change]:
    """What is promised and expected of one item at one place."""
    projections = project(session, [item_id])
    return next((one.changes for one in projections if one.location_id == location_id), ())


def watched(session: Session) -> list[Place]:
    """Every place where the passing of time alone may open or end a collision."""
    rows = session.execute(text(WATCHED), {"shop": shop_of(session)})
    return [(row.item_id, row.location_id) for row in rows]


def _parameters(session: Session, items: Sequence[int]) -> dict[str, object]:
    now = datetime.now(zone_of(session))
    return {
        "shop": shop_of(session),
        "items": list(items),
        "offset": now.utcoffset(),  # the database may not know every zone by name
        "today": now.date(),
    }
