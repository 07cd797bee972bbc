"""Expected arrivals: what somebody says will come, where and when. Stated again, they are corrected.

An arrival moves nothing: the units enter the books when they are really there. It only tells the
projection of `futures.py` what may be relied on.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from io import StringIO

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.errors import FieldError, Refused
from app.inventory import collisions
from app.inventory.models import Arrival, Item, Location

OPERATOR = "operator"
COLUMNS = ("reference", "sku", "location", "units", "expected_on")
MOST_ROWS = 5000
LARGEST = 2**31 - 1

STATE = """
INSERT INTO arrival AS known (shop_id, source, reference, title, item_id, location_id, units,
                              expected_on, stated_by, stated_at)
SELECT :shop, :source, reference, title, item_id, location_id, units, expected_on, :actor, now()
FROM unnest(CAST(:references AS text[]), CAST(:titles AS text[]), CAST(:items AS int[]),
            CAST(:locations AS int[]), CAST(:units AS int[]), CAST(:days AS date[]))
     AS stated (reference, title, item_id, location_id, units, expected_on)
ON CONFLICT (shop_id, source, reference, item_id, location_id) DO UPDATE
SET units = excluded.units, expected_on = excluded.expected_on, title = excluded.title,
    stated_by = excluded.stated_by, stated_at = excluded.stated_at,
    ended_at = NULL, ended_by = NULL, replaced_by_id = NULL
WHERE (known.units, known.expected_on) IS DISTINCT FROM (excluded.units, excluded.expected_on)
   OR (known.ended_at IS NULL AND known.title IS DISTINCT FROM excluded.title)
   OR (known.ended_at IS NOT NULL AND known.replaced_by_id IS NULL
       AND (:again OR known.ended_by = :actor))
"""
END_OTHERS = """
UPDATE arrival SET ended_at = now(), ended_by = :actor
WHERE shop_id = :shop AND source = :source AND ended_at IS NULL
  AND split_part(reference, ':', 1) = :paper
  AND (reference, item_id, location_id) NOT IN (
      SELECT * FROM unnest(CAST(:references AS text[]), CAST(:items AS int[]),
                           CAST(:locations AS int[])))
RETURNING item_id, location_id
"""


@dataclass(frozen=True)
class Stated:
    """Units of an item that one paper announces for a day at a location."""

    reference: str
    item_id: int
    location_id: int
    units: int
    expected_on: date | None
    title: str | None = None


def state(session: Session, stated: Sequence[Stated], *, source: str = OPERATOR, actor: str) -> int:
    """Keeps what is expected; the same again changes nothing. Returns how many were named.

    Lines of one paper for the same item and place count together, on the latest of their days, and
    without a day if one of them has none. What another paper stands for stays so until it is stated
    with other units or another day. Collisions are refreshed in the caller's transaction.
    """
    rows = _keep(session, stated, source=source, actor=actor, again=True)
    collisions.refresh(session, [(one.item_id, one.location_id) for one in rows])
    return len(rows)


def restate(
    session: Session, paper: str, stated: Sequence[Stated], *, source: str, actor: str
) -> None:
    """Keeps all that one outside paper announces now, and ends what it announces no more.

    References are the paper's own, or it and a part of it as `paper:part`. What a person has ended
    stays ended until the paper says something else of it. Collisions are refreshed in the caller's
    transaction.
    """
    rows = _keep(session, stated, source=source, actor=actor, again=False)
    ended = session.execute(
        text(END_OTHERS),
        {
            "shop": shop_of(session),
            "source": source,
            "actor": actor,
            "paper": paper,
            "references": [one.reference for one in rows],
            "items": [one.item_id for one in rows],
            "locations": [one.location_id for one in rows],
        },
    ).all()
    places = [(one.item_id, one.location_id) for one in rows]
    collisions.refresh(session, [*places, *((row.item_id, row.location_id) for row in ended)])


def _keep(
    session: Session, stated: Sequence[Stated], *, source: str, actor: str, again: bool
) -> list[Stated]:
    """Writes them merged; `again` expects anew what somebody has ended. Returns what was written."""
    merged: dict[tuple[str, int, int], Stated] = {}
    for one in stated:
        key = (one.reference, one.item_id, one.location_id)
        before = merged.get(key)
        merged[key] = one if before is None else _together(before, one)
    # One order of locking for everybody who states the same papers.
    rows = [merged[key] for key in sorted(merged)]
    session.execute(
        text(STATE),
        {
            "shop": shop_of(session),
            "source": source,
            "actor": actor,
            "again": again,
            "references": [one.reference for one in rows],
            "titles": [one.title for one in rows],
            "items": [one.item_id for one in rows],
            "locations": [one.location_id for one in rows],
            "units": [one.units for one in rows],
            "days": [one.expected_on for one in rows],
        },
    )
    return rows


def end(session: Session, arrival_id: int, *, actor: str) -> Arrival:
    """It is no longer expected: it has come, or never will. Raises Refused 404 when unknown."""
    arrival = session.exec(
        select(Arrival)
        .where(Arrival.shop_id == shop_of(session), Arrival.arrival_id == arrival_id)
        .with_for_update()
    ).first()
    if arrival is None:
        raise Refused("not_found", "There is no such arrival in this shop.", status=404)
    if arrival.ended_at is None:
        arrival.ended_at, arrival.ended_by = datetime.now(UTC), actor
        session.add(arrival)
        session.flush()
        collisions.refresh(session, [(arrival.item_id, arrival.location_id)])
    return arrival


def read_csv(session: Session, content: str) -> list[Stated]:
    """The rows of a file with the columns reference, sku, location, units, expected_on.

    Raises Refused naming every wrong row and what to write instead; nothing is kept of such a file.
    """
    reader = csv.DictReader(StringIO(content.lstrip("\ufeff")))
    names = [name.strip().lower() for name in reader.fieldnames or ()]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise Refused(
            "wrong_columns",
            f"The first line must name the columns {', '.join(COLUMNS)}.",
            errors=[FieldError("content", f"{name} is missing") for name in missing],
        )
    reader.fieldnames = names
    rows = [{key: (value or "").strip() for key, value in row.items() if key} for row in reader]
    if not rows or len(rows) > MOST_ROWS:
        raise Refused("wrong_rows", f"The file must have 1 to {MOST_ROWS} rows below its first.")
    return named(session, rows)


def named(session: Session, rows: Sequence[dict[str, str]]) -> list[Stated]:
    """Rows in words as items and locations. Raises Refused naming every field that is not known."""
    items = _items(session, {row["sku"] for row in rows})
    places = {
        row.name.casefold(): row.location_id
        for row in session.exec(select(Location).where(Location.shop_id == shop_of(session)))
    }
    errors: list[FieldError] = []
    found: list[Stated] = []
    for number, row in enumerate(rows):
        wrong = _wrong(row, items, places)
        errors += [FieldError(f"rows[{number}].{name}", words) for name, words in wrong]
        if not wrong:
            found.append(
                Stated(
                    row["reference"],
                    items[row["sku"].casefold()][0],
                    places[row["location"].casefold()],
                    int(row["units"]),
                    date.fromisoformat(row["expected_on"]),
                )
            )
    if errors:
        raise Refused("wrong_rows", "Some rows are wrong; each is named below.", errors=errors)
    return found


def _together(before: Stated, after: Stated) -> Stated:
    days = [one.expected_on for one in (before, after) if one.expected_on]
    return replace(
        after,
        units=before.units + after.units,
        expected_on=max(days) if len(days) == 2 else None,
    )


def _items(session: Session, codes: set[str]) -> dict[str, list[int]]:
    """Items by SKU or by any alias, without regard to case."""
    wanted = sorted({code.casefold() for code in codes})
    rows = session.execute(
        text(
            "SELECT lower(sku), item_id FROM item WHERE shop_id = :shop AND archived_at IS NULL"
            " AND lower(sku) = ANY(:codes) UNION SELECT lower(value), item_id FROM alias"
            " WHERE shop_id = :shop AND kind IN ('barcode', 'asin') AND lower(value) = ANY(:codes)"
        ),
        {"shop": shop_of(session), "codes": wanted},
    )
    found: dict[str, list[int]] = {}
    for code, item_id in rows:
        found.setdefault(code, []).append(item_id)
    return found


def _wrong(
    row: dict[str, str], items: dict[str, list[int]], places: dict[str, int]
) -> list[tuple[str, str]]:
    errors = []
    if not 0 < len(row["reference"]) <= 100:
        errors.append(("reference", "write the number of the paper that announces it"))
    known = items.get(row["sku"].casefold(), [])
    if len(known) != 1:
        errors.append(("sku", "several items have it; use a barcode" if known else "not known"))
    if row["location"].casefold() not in places:
        errors.append(("location", f"not known; use one of {', '.join(sorted(places))}"))
    if not row["units"].isdecimal() or not 0 < int(row["units"]) <= LARGEST:
        errors.append(("units", "write a whole number above zero"))
    try:
        date.fromisoformat(row["expected_on"])
    except ValueError:
        errors.append(("expected_on", "write the day as 2026-12-31"))
    return errors


def listed(
    session: Session,
    *,
    item_id: int | None,
    ended: bool,
    after: tuple[date, int] | None,
    limit: int,
) -> Sequence[tuple[Arrival, Item]]:
    """Arrivals with their items, the soonest first, those without a day last."""
    wanted = (
        select(Arrival, Item)
        .join(Item, (col(Item.shop_id) == Arrival.shop_id) & (col(Item.item_id) == Arrival.item_id))
        .where(Arrival.shop_id == shop_of(session))
        .where(col(Arrival.ended_at).is_not(None) if ended else col(Arrival.ended_at).is_(None))
    )
    if item_id is not None:
        wanted = wanted.where(Arrival.item_id == item_id)
    if after is not None:
        wanted = wanted.where(
            text(
                "(coalesce(expected_on, DATE '9999-12-31'), arrival_id) > (:after_day, :after_id)"
            ).bindparams(after_day=after[0], after_id=after[1])
        )
    return session.exec(
        wanted.order_by(col(Arrival.expected_on).asc().nulls_last(), col(Arrival.arrival_id)).limit(
            limit
        )
    ).all()
