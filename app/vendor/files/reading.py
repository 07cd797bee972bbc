"""The rows of a file as values by field, every wrong cell with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.vendor.files import values
from app.vendor.files.columns import Headings
from app.vendor.files.kinds import FileField, Kind
from app.vendor.files.sheet import Cell, Fault, Row, Sheet, letter
from app.vendor.files.values import DateOrder, DecimalMark, Wrong


@dataclass(frozen=True)
class Habits:
    """How the file writes days and amounts; None: nothing in it says, and nobody has."""

    date_order: DateOrder | None = None
    decimal_mark: DecimalMark | None = None


@dataclass
class Record:
    """One row: its number and what its cells say by field; empty cells are left out."""

    row: int
    values: dict[str, Any] = field(default_factory=dict)


@dataclass
class Reading:
    """All rows that could be read, what is wrong, and by which habits it was read."""

    records: list[Record]
    faults: list[Fault]
    habits: Habits


class Columns:
    """The places of the mapped fields in one file."""

    def __init__(self, kind: Kind, found: Headings, columns: Mapping[str, str]) -> None:
        self.places: dict[FileField, int] = {}
        for one in kind.fields:
            place = found.column(columns.get(one.name, ""))
            if columns.get(one.name) and place is not None:
                self.places[one] = place

    def cells(self, rows: Sequence[Row], *types: str) -> Iterator[Cell]:
        """Every cell of the columns of these types."""
        for row in rows:
            for one, place in self.places.items():
                if one.type in types:
                    yield row.cell(place)


MONEY = ("amount", "money")
Check = Callable[[Record], Sequence[Fault]]
"""What is wrong with a row beyond its cells, by what could be read of them."""


def nothing_more(_: Record) -> Sequence[Fault]:
    """Rows whose cells are right are right."""
    return ()


def habits_of(mapped: Columns, rows: Sequence[Row], chosen: Habits) -> Habits:
    """How these rows write days and amounts: as chosen, else as some cell of them says."""
    return Habits(
        chosen.date_order or values.date_order_of(mapped.cells(rows, "day")),
        chosen.decimal_mark or values.decimal_mark_of(mapped.cells(rows, *MONEY)),
    )


def read(
    kind: Kind,
    sheet: Sheet,
    found: Headings,
    columns: Mapping[str, str],
    chosen: Habits,
    check: Check = nothing_more,
) -> Reading:
    """Reads every row below the headings; a row with a wrong cell is left out of the records, so
    `check` says here what else is wrong with it; of the records the caller finds that itself."""
    mapped = Columns(kind, found, columns)
    rows = [row for row in sheet.rows if row.number > found.row]
    faults = [one for one in sheet.faults if one.row == 0 or one.row >= found.row]
    habits = habits_of(mapped, rows, chosen)
    if habits.date_order is None and values.needs_date_order(mapped.cells(rows, "day")):
        faults.append(Fault(0, "", "date_order_unknown"))
        return Reading([], faults, habits)
    if habits.decimal_mark is None and values.needs_decimal_mark(mapped.cells(rows, *MONEY)):
        faults.append(Fault(0, "", "decimal_mark_unknown"))
        return Reading([], faults, habits)
    broken = {(one.row, one.column) for one in faults}
    broken_rows = {row for row, _ in broken}
    records = []
    for row in rows:
        record, wrong = _record(mapped, row, habits, kind)
        # An empty cell whose content could not be taken has been named already.
        wrong = [one for one in wrong if (one.row, one.column) not in broken]
        if wrong and record.values:
            named = {one.field for one in wrong}
            wrong += [one for one in check(record) if one.field not in named]
        faults += wrong
        if record.values and not wrong and row.number not in broken_rows:
            records.append(record)
    if not records and not faults:
        faults.append(Fault(found.row, "", "no_rows"))
    return Reading(records, faults, habits)


def _record(mapped: Columns, row: Row, habits: Habits, kind: Kind) -> tuple[Record, list[Fault]]:
    record = Record(row.number)
    faults = []
    for one, place in mapped.places.items():
        cell = row.cell(place)
        if cell == "":
            continue
        try:
            record.values[one.name] = _value(one, cell, habits, record)
        except Wrong as error:
            shown = values.written(cell)[:80]
            faults.append(Fault(row.number, letter(place), error.code, shown, error.hint, one.name))
    if record.values or faults:
        for one in kind.fields:
            said = one.name in record.values or any(fault.field == one.name for fault in faults)
            if one.required and not said:
                column = letter(mapped.places[one])
                faults.append(Fault(row.number, column, "empty_cell", field=one.name))
    return record, faults


def _value(one: FileField, cell: Cell, habits: Habits, record: Record) -> Any:
    if one.type == "units":
        return values.units(cell, habits.decimal_mark)
    if one.type == "day":
        return values.day(cell, habits.date_order)
    if one.type == "amount":
        amount, currency = values.amount(cell, habits.decimal_mark)
        if amount < 0:
            raise Wrong("below_zero", "12.50")
        if currency:
            record.values["currency"] = currency
        return amount
    if one.type == "money":
        amount, currency = values.amount(cell, habits.decimal_mark)
        if currency:
            record.values[f"{one.name}_currency"] = currency
        return amount
    if one.type == "rate":
        return values.rate(cell)
    if one.type == "choice":
        choices = one.choices or {}
        meant = choices.get(values.written(cell).casefold())
        if meant is None:
            raise Wrong("unknown_choice", ", ".join(choices))
        return meant
    return values.label(cell, one.longest)
