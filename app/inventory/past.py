"""What happened at a place before its books were opened, for the preview of a policy and nothing else.

These lines are no movements: the opening balances have them in already. They only say how much was
asked for, when and where, so that a policy can be tried on the weeks before Holdfast came. Whoever
reads an outside system states them; stated again they are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, text
from sqlmodel import AutoString, Field, Session

from app.db import Table, shop_of
from app.inventory.arrays import integers, moments, texts

Kind = Literal["order", "purchase_order", "delivery"]


class PastLine(Table, table=True):
    """Units that a paper from before the books asked for, or that came in then, at one place."""

    __tablename__ = "past_line"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "item_id"], ["item.shop_id", "item.item_id"]),
        ForeignKeyConstraint(
            ["shop_id", "location_id"], ["location.shop_id", "location.location_id"]
        ),
        CheckConstraint("kind IN ('order', 'purchase_order', 'delivery')", name="kind"),
        Index("ix_past_line_at", "shop_id", "at"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    kind: str = Field(primary_key=True)
    reference: str = Field(primary_key=True, description="The outside system's number of it.")
    line: str = Field(primary_key=True)
    location_id: int = Field(primary_key=True, sa_type=Integer)
    item_id: int = Field(sa_type=Integer)
    units: int = Field(description="Asked for in all; of a delivery what came, below zero: went.")
    at: datetime
    ended_at: datetime | None = Field(
        default=None,
        description="When an order was cancelled, or a purchase order had taken what it took.",
    )
    taken: int = Field(default=0, description="What a purchase order took in the end, in eaches.")
    firm_at: datetime | None = Field(default=None, description="When it was promised.")
    due_at: datetime | None = Field(default=None, description="The end of a window.")


class PastCover(Table, table=True):
    """How far back a shop's past is known, and what of it is not."""

    __tablename__ = "past_cover"
    __table_args__ = (CheckConstraint("state IN ('reading', 'whole', 'failed')", name="state"),)

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    state: Literal["reading", "whole", "failed"] = Field(default="reading", sa_type=AutoString)
    opened_at: datetime = Field(description="What happened from then on is in the books.")
    ground_at: datetime = Field(
        description="By our clock: movements until then made the opening balances."
    )
    since: datetime | None = Field(default=None, description="From when on orders were read.")
    is_limited: bool = Field(
        default=False, description="Whether the outside shows no orders older than that."
    )
    sees_deliveries: bool = Field(
        default=False, description="Whether it is known when goods came in."
    )
    purchase_orders_at: datetime | None = Field(
        default=None, description="When purchase orders from before were kept last."
    )
    unknown_lines: int = Field(
        default=0, description="Lines of orders whose product is no item of ours any more."
    )


@dataclass(frozen=True, slots=True)
class Past:
    """One line of the past, in eaches; see `PastLine` for what each part means."""

    kind: Kind
    reference: str
    line: str
    item_id: int
    location_id: int
    units: int
    at: datetime
    ended_at: datetime | None = None
    taken: int = 0
    firm_at: datetime | None = None
    due_at: datetime | None = None


KEEP = """
INSERT INTO past_line AS known (shop_id, kind, reference, line, item_id, location_id, units, at,
                                ended_at, taken, firm_at, due_at)
SELECT %(shop)s, given.*
FROM unnest(%(kinds)s::text[], %(references)s::text[], %(lines)s::text[], %(items)s::int[],
            %(locations)s::int[], %(units)s::int[], %(ats)s::timestamptz[],
            %(ends)s::timestamptz[], %(taken)s::int[], %(firm)s::timestamptz[],
            %(due)s::timestamptz[]) AS given
ON CONFLICT (shop_id, kind, reference, line, location_id) DO UPDATE
SET item_id = excluded.item_id, units = excluded.units, at = excluded.at,
    ended_at = excluded.ended_at, taken = excluded.taken, firm_at = excluded.firm_at,
    due_at = excluded.due_at
"""
FORGET = "DELETE FROM past_line WHERE shop_id = :shop AND kind = ANY(:kinds)"
BETWEEN = """
SELECT kind, reference, line, item_id, location_id, units, at, ended_at, taken, firm_at, due_at
FROM past_line
WHERE shop_id = :shop AND at >= :begins AND at < :ends
  AND (CAST(:items AS int[]) IS NULL OR item_id = ANY(CAST(:items AS int[])))
ORDER BY at, kind, reference, line
"""
# A day's deliveries are what the day changed and its orders do not explain.
DELIVERED = """
WITH changed AS (
    SELECT * FROM unnest(%(days)s::date[], %(items)s::int[], %(locations)s::int[],
                         %(changes)s::int[]) AS given (day, item_id, location_id, units)
), asked AS (
    SELECT at AS moment, item_id, location_id, units FROM past_line
    WHERE shop_id = %(shop)s AND kind = 'order'
    UNION ALL
    SELECT ended_at, item_id, location_id, -units FROM past_line
    WHERE shop_id = %(shop)s AND kind = 'order' AND ended_at IS NOT NULL
), taken AS (
    SELECT (moment AT TIME ZONE %(zone)s)::date AS day, item_id, location_id,
           sum(units)::int AS units
    FROM asked WHERE (moment AT TIME ZONE %(zone)s)::date BETWEEN %(first)s AND %(last)s
    GROUP BY 1, 2, 3
)
INSERT INTO past_line (shop_id, kind, reference, line, item_id, location_id, units, at, taken)
SELECT %(shop)s, 'delivery', day::text, item_id::text, item_id, location_id,
       coalesce(changed.units, 0) + coalesce(taken.units, 0),
       day::timestamp AT TIME ZONE %(zone)s, 0
FROM changed FULL JOIN taken USING (day, item_id, location_id)
WHERE coalesce(changed.units, 0) + coalesce(taken.units, 0) <> 0
ON CONFLICT (shop_id, kind, reference, line, location_id) DO UPDATE
SET units = excluded.units, at = excluded.at
"""


def cover(session: Session) -> PastCover | None:
    """How far back this shop's past is known; None where nobody has begun to read it."""
    return session.get(PastCover, shop_of(session))


def begin(session: Session, opened_at: datetime, ground_at: datetime) -> bool:
    """Notes that the past before this opening is about to be read; False when it was before."""
    if session.get(PastCover, shop_of(session), with_for_update=True) is not None:
        return False
    session.add(PastCover(shop_id=shop_of(session), opened_at=opened_at, ground_at=ground_at))
    session.flush()
    return True


def keep(session: Session, lines: Sequence[Past]) -> None:
    """Keeps these lines; one that is known already is corrected. One statement."""
    if not lines:
        return
    session.connection().exec_driver_sql(
        KEEP,
        {
            "shop": shop_of(session),
            "kinds": texts([one.kind for one in lines]),
            "references": texts([one.reference for one in lines]),
            "lines": texts([one.line for one in lines]),
            "items": integers([one.item_id for one in lines]),
            "locations": integers([one.location_id for one in lines]),
            "units": integers([one.units for one in lines]),
            "ats": moments([one.at for one in lines]),
            "ends": moments([one.ended_at for one in lines]),
            "taken": integers([one.taken for one in lines]),
            "firm": moments([one.firm_at for one in lines]),
            "due": moments([one.due_at for one in lines]),
        },
    )


def keep_deliveries(
    session: Session,
    first: date,
    last: date,
    zone: str,
    changes: Sequence[tuple[date, int, int, int]],
) -> None:
    """Keeps what came in on these days of a zone: (day, item, location, change of what was free).

    A day's orders, which must be kept already, are taken off its change. What came counts as there
    when its day begins. One statement.
    """
    session.connection().exec_driver_sql(
        DELIVERED,
        {
            "shop": shop_of(session),
            "first": first,
            "last": last,
            "zone": zone,
            "days": texts([one[0].isoformat() for one in changes]),
            "items": integers([one[1] for one in changes]),
            "locations": integers([one[2] for one in changes]),
            "changes": integers([one[3] for one in changes]),
        },
    )


def forget(session: Session, *kinds: Kind) -> None:
    """Takes all lines of these kinds away."""
    session.execute(text(FORGET), {"shop": shop_of(session), "kinds": list(kinds)})


def between(
    session: Session, begins: datetime, ends: datetime, items: Sequence[int] | None
) -> list[Past]:
    """The lines that began in that time, of these items or of all, in the order of time."""
    given: dict[str, Any] = {
        "shop": shop_of(session),
        "begins": begins,
        "ends": ends,
        "items": None if items is None else list(items),
    }
    return [Past(*row) for row in session.execute(text(BETWEEN), given)]
