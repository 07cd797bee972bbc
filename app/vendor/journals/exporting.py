"""What has gone to a shop's books, and what a second export of it has to say.

Each entry is kept as it was exported last, for each software and currency. A later export knows which
entries are new, which are other by now and which are gone, and writes the difference as an entry of
its own, of the day on which it is exported: what stands in the books of a closed period stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import or_, text
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from app.db import database_time, shop_of
from app.inventory.futures import zone_of
from app.vendor.journals.entries import Entry, Leg, legs_of
from app.vendor.journals.layouts import File, Software
from app.vendor.journals.tables import JournalExport, JournalExported

ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('journals', :shop))"


class Period(NamedTuple):
    """Days of the shop's zone, both included, of one software's books in one currency."""

    software: Software
    currency: str
    from_day: date
    to_day: date


class Change(NamedTuple):
    """An entry that is other than it was exported, with the entry that makes it right."""

    now: Entry | None
    kept: JournalExported
    correction: Entry


@dataclass(frozen=True)
class Compared:
    """The entries of a period against what was exported of them. `now` of a change: None if gone."""

    new: list[Entry]
    changed: list[Change]
    gone: list[Change]
    same: int

    @property
    def entries(self) -> list[Entry]:
        """What an export of only what has changed writes: new ones, and corrections."""
        return [*self.new, *(one.correction for one in [*self.changed, *self.gone])]


def one_at_a_time(session: Session) -> None:
    """Two exports of one shop come one after the other, so that neither misses the other."""
    session.execute(text(ONE_AT_A_TIME), {"shop": shop_of(session)})


def compared(session: Session, period: Period, made: Sequence[Entry]) -> Compared:
    """These entries of a period against what was exported of it to this software."""
    today = database_time().astimezone(zone_of(session)).date()
    numbers = {one.number for one in made}
    rows = {row.number: row for row in session.exec(_kept(session, period, numbers))}
    new, changed, same = [], [], 0
    for entry in made:
        row = rows.get(entry.number)
        if row is None:
            new.append(entry)
        elif _amounts(entry.legs) == _kept_amounts(row):
            same += 1
        else:
            changed.append(Change(entry, row, _correction(row, entry.legs, period, today)))
    gone = [
        Change(None, row, _correction(row, (), period, today))
        for number, row in sorted(rows.items())
        if number not in numbers and row.legs
    ]
    return Compared(new, changed, gone, same)


def earlier(session: Session, period: Period) -> list[JournalExport]:
    """Exports to this software that overlap these days, the newest first, without their files."""
    return list(
        session.exec(
            select(JournalExport)
            .where(
                JournalExport.shop_id == shop_of(session),
                JournalExport.software == period.software,
                JournalExport.currency == period.currency,
                col(JournalExport.from_day) <= period.to_day,
                col(JournalExport.to_day) >= period.from_day,
            )
            .options(defer(JournalExport.content))  # type: ignore[arg-type]
            .order_by(col(JournalExport.export_id).desc())
        )
    )


def keep(
    session: Session,
    period: Period,
    made: Sequence[Entry],
    found: Compared,
    file: File,
    *,
    scope: str,
    by: str,
) -> JournalExport:
    """Notes an export with its file, and every entry as the books have it from now on.

    With the scope `all` the file takes the place of what was imported of its days before.
    """
    written = len(made) if scope == "all" else len(found.entries)
    export = JournalExport(
        shop_id=shop_of(session),
        **period._asdict(),
        scope=scope,
        entries=written,
        name=file.name,
        media_type=file.media_type,
        content=file.content,
        exported_at=database_time(),
        exported_by=by,
    )
    session.add(export)
    session.flush()
    changed = {one.kept.number: one.kept for one in [*found.changed, *found.gone]}
    fresh = {one.number for one in found.new}
    for entry in made:
        if entry.number not in fresh and entry.number not in changed:
            continue
        row = changed.get(entry.number)
        if row is None:
            row = JournalExported(
                shop_id=export.shop_id,
                software=period.software,
                currency=period.currency,
                number=entry.number,
                day=entry.day,
                path=entry.path,
                export_id=export.export_id,
            )
        else:
            row.revision += 1
        row.legs, row.export_id = _as_json(_amounts(entry.legs)), export.export_id
        row.day, row.path = entry.day, entry.path
        session.add(row)
    for one in found.gone:
        one.kept.legs, one.kept.export_id = {}, export.export_id
        one.kept.revision += 1
        session.add(one.kept)
    session.flush()
    return export


def _kept(session: Session, period: Period, numbers: set[str]) -> Any:
    return (
        select(JournalExported)
        .where(
            JournalExported.shop_id == shop_of(session),
            JournalExported.software == period.software,
            JournalExported.currency == period.currency,
            or_(
                col(JournalExported.day).between(period.from_day, period.to_day),
                col(JournalExported.number).in_(sorted(numbers)),
            ),
        )
        .order_by(col(JournalExported.number))
    )


def _correction(row: JournalExported, legs: Sequence[Leg], period: Period, today: date) -> Entry:
    """What leads from the entry as it was exported to these legs; none: takes all of it back."""
    parts = {part: -amount for part, amount in _kept_amounts(row).items()}
    for part, amount in _amounts(legs).items():
        parts[part] = parts.get(part, Decimal(0)) + amount
    number = f"{row.number}-C{row.revision + 1}"
    return Entry(number, today, period.currency, "correction", row.path, legs_of(parts))


def _amounts(legs: Sequence[Leg]) -> dict[str, Decimal]:
    return {leg.part: leg.amount for leg in legs}


def _kept_amounts(row: JournalExported) -> dict[str, Decimal]:
    return {part: Decimal(amount) for part, amount in row.legs.items()}


def _as_json(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {part: f"{amount:f}" for part, amount in amounts.items()}
