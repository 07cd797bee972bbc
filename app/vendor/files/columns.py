"""Which column says what: by what this shop confirmed before, else by the headings we know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.vendor.files.kinds import Kind, plain_heading
from app.vendor.files.sheet import Fault, Row, Sheet, letter
from app.vendor.files.values import written

LOOKED_AT_FOR_HEADINGS = 30


@dataclass(frozen=True)
class Headings:
    """The row that names the columns, and what each column is called."""

    row: int
    names: tuple[str, ...]

    @property
    def different(self) -> list[str]:
        """The names that a column can be chosen by, each once."""
        return [name for name in dict.fromkeys(self.names) if name]

    def column(self, heading: str) -> int | None:
        """The place of a heading; None where there is none."""
        return self.names.index(heading) if heading in self.names else None


def headings(kind: Kind, sheet: Sheet, remembered: Mapping[str, str]) -> Headings:
    """The row with most headings that we know; a title or notes may stand above it."""
    known = {plain_heading(one) for field in kind.fields for one in field.headings}
    known |= {plain_heading(one) for one in remembered}
    best: Row | None = None
    most = -1
    for row in sheet.rows[:LOOKED_AT_FOR_HEADINGS]:
        score = sum(plain_heading(written(cell)) in known for cell in row.cells)
        if score > most:
            best, most = row, score
    if best is None:
        return Headings(0, ())
    return Headings(best.number, tuple(written(cell)[:100] for cell in best.cells))


def guessed(kind: Kind, found: Headings, remembered: Mapping[str, str]) -> dict[str, str]:
    """Field → heading, each heading at most once; what was confirmed before wins."""
    by_name = {plain_heading(name): name for name in reversed(found.names) if name}
    taken: dict[str, str] = {}
    for heading, field_name in remembered.items():
        name = by_name.get(plain_heading(heading))
        if name and kind.field(field_name) and field_name not in taken:
            taken[field_name] = name
    for field in kind.fields:
        if field.name in taken:
            continue
        for heading in field.headings:
            name = by_name.get(plain_heading(heading))
            if name and name not in taken.values():
                taken[field.name] = name
                break
    return taken


def faults_of(kind: Kind, found: Headings, columns: Mapping[str, str]) -> list[Fault]:
    """What is wrong with the map itself."""
    faults = [
        Fault(
            found.row, "", "column_missing", hint=" / ".join(field.headings[:3]), field=field.name
        )
        for field in kind.fields
        if field.required and not columns.get(field.name)
    ]
    for field_name, heading in columns.items():
        if found.names.count(heading) > 1:
            places = [letter(at) for at, name in enumerate(found.names) if name == heading]
            faults.append(
                Fault(found.row, places[1], "heading_twice", heading, ", ".join(places), field_name)
            )
    return faults


def samples(sheet: Sheet, found: Headings, most: int = 3) -> list[list[str]]:
    """The first rows below the headings, as a person sees them: one cell for each different name."""
    rows: Iterable[Row] = (row for row in sheet.rows if row.number > found.row)
    taken = [row for row, _ in zip(rows, range(most), strict=False)]
    places = [found.names.index(name) for name in found.different]
    return [[written(row.cell(at))[:60] for at in places] for row in taken]
