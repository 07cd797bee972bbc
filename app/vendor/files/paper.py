"""What a file would do, paper by paper: the values that every kind of file is shown by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from app.vendor.files import columns, reading, sheet
from app.vendor.files.columns import Headings
from app.vendor.files.kinds import KINDS
from app.vendor.files.reading import Check, Habits, Record, nothing_more
from app.vendor.files.sheet import Fault, Unreadable
from app.vendor.files.tables import FileImport
from app.vendor.x12.envelope import X12Error

CURRENCIES = {"na": "USD", "eu": "EUR", "fe": "JPY"}
SHOWN = 200
AT_ONCE = 100

Became = Literal[
    "new",
    "changed",
    "same",
    "as_amazon",
    "differs",
    "unknown",
    "witness",
    "disagrees",
    "accepted",
    "with_errors",
    "rejected",
]
"""`as_amazon` and `differs`: Amazon's API has shown the paper, so the file changes nothing.
`unknown`: the file speaks of a paper that is not in the books, so it changes nothing either.
`witness` and `disagrees`: the paper is counted from another source already; what the file says is
kept beside it and does not count. `accepted`, `with_errors` and `rejected` are verdicts of 997s."""
CHANGING: tuple[Became, ...] = (
    "new",
    "changed",
    "witness",
    "disagrees",
    "accepted",
    "with_errors",
    "rejected",
)
"""Those that taking the file changes something for."""


class Difference(NamedTuple):
    """One field where file and books do not agree; line "" is the order's own."""

    line: str
    field: str
    before: str | None
    stated: str | None


@dataclass(frozen=True)
class Paper:
    """One paper of a file, and what taking the file does with it. Units are eaches."""

    number: str
    row: int
    became: Became
    lines: int
    units: int
    differences: Sequence[Difference]
    content: Mapping[str, Any] = field(repr=False)
    amount: Decimal | None = None
    currency: str | None = None


@dataclass
class Preview:
    """All that a person must see before taking a file."""

    headings: Headings = field(default_factory=lambda: Headings(0, ()))
    columns: dict[str, str] = field(default_factory=dict)
    samples: list[list[str]] = field(default_factory=list)
    habits: Habits = field(default_factory=Habits)
    sheet: str | None = None
    sheets: Sequence[str] = ()
    encoding: str | None = None
    rows: int = 0
    faults: list[Fault] = field(default_factory=list)
    papers: list[Paper] = field(default_factory=list)
    total: int = 0
    outcome: dict[str, int] = field(default_factory=dict)


def tabled(
    kept: FileImport, known: Mapping[str, str], check: Check = nothing_more
) -> tuple[Preview, list[Record]]:
    """The rows of a CSV or XLSX file by its choices and by the headings confirmed before; a row
    with a wrong cell is left out, and `check` says what else is wrong with it."""
    kind, chosen, found = KINDS[kept.kind], kept.choices, Preview()
    try:
        read = sheet.read(kept.content, encoding=chosen.get("encoding"), sheet=chosen.get("sheet"))
    except Unreadable as error:
        found.faults = [error.fault]
        return found, []
    found.sheet, found.sheets, found.encoding = read.sheet, read.sheets, read.encoding
    found.headings = columns.headings(kind, read, known)
    found.columns = chosen.get("columns") or columns.guessed(kind, found.headings, known)
    found.samples = columns.samples(read, found.headings)
    found.faults = columns.faults_of(kind, found.headings, found.columns)
    if found.faults:
        return found, []
    habits = Habits(chosen.get("date_order"), chosen.get("decimal_mark"))
    records = reading.read(kind, read, found.headings, found.columns, habits, check)
    found.habits, found.rows = records.habits, len(records.records)
    found.faults = records.faults
    return found, records.records


def by_place(faults: Sequence[Fault]) -> list[Fault]:
    """Faults in the order of the file."""
    return sorted(faults, key=lambda one: (one.row, one.column))


def x12_fault(error: X12Error) -> Fault:
    """A row is a segment, a column an element."""
    place = f"{error.name}{error.element:02}" if error.element else error.name
    return Fault(error.segment, place, "x12", error.value, error.fix)


def shown(value: Any) -> str | None:
    """A value as a person compares it."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return None if value is None else str(value)
