"""A sheet of two blocks, as Vendor Central exports remittances: payments, then the lines of them.

A file of one block, where each line says its payment itself, is read as one table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.vendor.files import columns
from app.vendor.files.columns import Headings
from app.vendor.files.kinds import FileField, Kind, plain_heading
from app.vendor.files.sheet import Sheet
from app.vendor.files.values import written

SECOND = "Invoices › "
"""Before the headings of the second block, as many stand in both."""


@dataclass(frozen=True)
class Block:
    """One block: its fields, its rows, and its headings as a person chooses among them."""

    kind: Kind
    sheet: Sheet
    headings: Headings

    def mapped(self, chosen: Mapping[str, str]) -> dict[str, str]:
        """Of a map, what is about this block."""
        return {name: heading for name, heading in chosen.items() if self.kind.field(name)}


def blocks(first: Kind, second: Kind, sheet: Sheet, known: Mapping[str, str]) -> list[Block]:
    """The two blocks of a sheet, or one where its rows say all in one table."""
    split = _split(first, second, sheet)
    if split is None:
        whole = Kind(first.name, tuple(first.fields) + _without(second, first))
        return [Block(whole, sheet, columns.headings(whole, sheet, known))]
    above = [row for row in sheet.rows if row.number < split]
    if above and sum(bool(cell) for cell in above[-1].cells) == 1:
        above.pop()  # the title of the block below
    below = [row for row in sheet.rows if row.number >= split]
    upper = replace(
        sheet, rows=above, faults=[one for one in sheet.faults if one.row and one.row < split]
    )
    lower = replace(
        sheet, rows=below, faults=[one for one in sheet.faults if one.row == 0 or one.row >= split]
    )
    heads = columns.headings(first, upper, known)
    lines = columns.headings(second, lower, _stripped(known))
    named = Headings(lines.row, tuple(f"{SECOND}{name}" if name else "" for name in lines.names))
    return [Block(first, upper, heads), Block(second, lower, named)]


def guessed(block: Block, known: Mapping[str, str]) -> dict[str, str]:
    """Field → heading in this block; what was confirmed before wins."""
    own = {heading: field for heading, field in known.items() if block.kind.field(field)}
    if not any(name.startswith(SECOND) for name in block.headings.names):
        return columns.guessed(block.kind, block.headings, own)
    plain = Headings(
        block.headings.row, tuple(name.removeprefix(SECOND) for name in block.headings.names)
    )
    found = columns.guessed(block.kind, plain, _stripped(own))
    return {field: f"{SECOND}{heading}" for field, heading in found.items()}


def _split(first: Kind, second: Kind, sheet: Sheet) -> int | None:
    """The row with the headings of the second block, when there is a first one above it."""
    needed = [_names(one) for one in second.fields if one.required]
    heads = [_names(one) for one in first.fields if one.required]
    is_above = False
    for row in sheet.rows:
        cells = {plain_heading(written(cell)) for cell in row.cells if cell}
        if is_above and all(cells & names for names in needed):
            return row.number
        if sum(bool(cells & names) for names in heads) >= 2:
            is_above = True
    return None


def _names(field: FileField) -> set[str]:
    return {plain_heading(one) for one in field.headings}


def _without(second: Kind, first: Kind) -> tuple[FileField, ...]:
    """The fields of the second block that the first does not have under the same headings."""
    taken = {frozenset(_names(one)) for one in first.fields if one.required}
    return tuple(
        one
        for one in second.fields
        if not (one.required and any(_names(one) <= names for names in taken))
    )


def _stripped(known: Mapping[str, str]) -> dict[str, str]:
    return {heading.removeprefix(SECOND): field for heading, field in known.items()}
