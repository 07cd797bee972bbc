"""A file of rows: CSV in the encodings that spreadsheets write, or XLSX; cells keep their place."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any, NamedTuple

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

LARGEST_FILE = 16 * 1024 * 1024
LARGEST_UNPACKED = 256 * 1024 * 1024
MOST_ROWS = 50_000
MOST_COLUMNS = 200
LONGEST_CELL = 4_000
SEEN_FOR_DELIMITER = 64 * 1024
DELIMITERS = ",;\t|"
FAULTS_KEPT = 200
# An export may be saved by any spreadsheet: Windows writes UTF-16 with a mark, or its code page.
MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
ENCODINGS = ("utf-8", "gb18030", "windows-1252", "shift_jis")
MERGED = re.compile(rb"<mergeCell [^>]*ref=\"([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)\"")
PIECE = 1024 * 1024
# Excel's own way to keep a text of digits in a CSV.
QUOTED_FORMULA = re.compile(r'^="(.*)"$', re.DOTALL)

Cell = str | date | datetime
"""A cell: a text without spaces around it, or a day or moment that the spreadsheet knew as one."""


class Fault(NamedTuple):
    """What is wrong at one place of a file. Row 0 is the whole file, column "" the whole row.

    `code` names the fault, `value` what stood there, `hint` what would do.
    """

    row: int
    column: str
    code: str
    value: str = ""
    hint: str = ""
    field: str = ""


@dataclass(frozen=True)
class Row:
    """One row with its number in the file; cells by place, from 0."""

    number: int
    cells: tuple[Cell, ...]

    def cell(self, column: int) -> Cell:
        """The cell there; empty where the row is shorter."""
        return self.cells[column] if column < len(self.cells) else ""


@dataclass(frozen=True)
class Sheet:
    """All rows that hold anything, and what could not be read."""

    rows: Sequence[Row]
    faults: Sequence[Fault]
    encoding: str | None = None
    sheets: Sequence[str] = field(default_factory=tuple)
    sheet: str | None = None


class Unreadable(ValueError):
    """A file that is not one of rows at all, with the fault that says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault


def letter(column: int) -> str:
    """A column's letters, as every spreadsheet shows them; from 0."""
    return str(get_column_letter(column + 1))


def read(content: bytes, *, encoding: str | None = None, sheet: str | None = None) -> Sheet:
    """Reads a file. Raises Unreadable for one that is too large, a bomb, or no table."""
    if len(content) > LARGEST_FILE:
        raise Unreadable(Fault(0, "", "too_large", f"{len(content) // 2**20} MB", "16 MB"))
    if not content.strip():
        raise Unreadable(Fault(0, "", "empty_file"))
    if content.startswith(b"PK\x03\x04"):
        return _workbook(content, sheet)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(Fault(0, "", "old_workbook", hint="XLSX"))
    return _text(content, encoding)


def _text(content: bytes, encoding: str | None) -> Sheet:
    marked = next((name for mark, name in MARKS if content.startswith(mark)), None)
    chosen = marked or encoding or "utf-8"
    try:
        written = content.decode(chosen)
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        start = content.rfind(b"\n", 0, error.start) + 1
        value = content[error.start : error.start + 1].hex()
        column = letter(content[start : error.start].count(b","))
        raise Unreadable(
            Fault(row, column, "wrong_encoding", value, ", ".join(ENCODINGS))
        ) from None
    if "\x00" in written:
        raise Unreadable(Fault(0, "", "not_a_table"))
    rows: list[Row] = []
    faults: list[Fault] = []
    try:
        dialect = csv.Sniffer().sniff(_whole_lines(written), DELIMITERS)
        delimiter = dialect.delimiter
    except csv.Error:
        delimiter = ","
    reader = csv.reader(StringIO(written, newline=""), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            raise Unreadable(Fault(number, "", "broken_row", str(error))) from None
        _take(rows, faults, number, cells)
    return Sheet(rows, faults, chosen)


def _whole_lines(written: str) -> str:
    """The beginning, cut at the end of a line: half a line would mislead about the delimiter."""
    head = written[:SEEN_FOR_DELIMITER]
    return head if len(head) == len(written) else head[: head.rfind("\n") + 1] or head


def _workbook(content: bytes, wanted: str | None) -> Sheet:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            unpacked = sum(info.file_size for info in archive.infolist())
        if unpacked > LARGEST_UNPACKED:
            raise Unreadable(Fault(0, "", "unpacks_too_large", f"{unpacked // 2**20} MB", "256 MB"))
        book = load_workbook(BytesIO(content), read_only=True, data_only=False)
    except Unreadable:
        raise
    except Exception as error:  # openpyxl lets out whatever a broken part raises
        raise Unreadable(Fault(0, "", "broken_workbook", type(error).__name__)) from None
    try:
        names = [one.title for one in book.worksheets]
        if wanted is not None and wanted not in names:
            raise Unreadable(Fault(0, "", "no_such_sheet", wanted, ", ".join(names)))
        for worksheet in book.worksheets if wanted is None else [book[wanted]]:
            rows: list[Row] = []
            faults: list[Fault] = []
            for number, cells in enumerate(worksheet.iter_rows(), start=1):
                _take(rows, faults, number, [_plain(cell) for cell in cells], faults_of(cells))
            if rows:
                break
        else:
            raise Unreadable(Fault(0, "", "empty_file"))
        faults += _merged(content, book.worksheets.index(worksheet), rows)
        return Sheet(rows, faults, None, names, worksheet.title)
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable(Fault(0, "", "broken_workbook", type(error).__name__)) from None
    finally:
        book.close()


def faults_of(cells: Sequence[Any]) -> list[Fault]:
    """Formulas and errors among these cells: what they would show is not in the file for certain."""
    found = []
    for place, cell in enumerate(cells):
        if cell.data_type == "f":
            value = str(getattr(cell.value, "text", cell.value) or "")[:100]
            found.append(Fault(cell.row, letter(place), "formula", value))
        elif cell.data_type == "e":
            found.append(Fault(cell.row, letter(place), "cell_error", str(cell.value)))
    return found


def _plain(cell: Any) -> Cell:
    value = cell.value
    if value is None or cell.data_type in ("f", "e"):
        return ""
    if isinstance(value, datetime):
        return value.date() if value.time() == time() else value
    if isinstance(value, date):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        exact = Decimal(repr(value))
        return f"{exact.to_integral_value():f}" if exact == exact.to_integral() else f"{exact:f}"
    return str(value)


def _take(
    rows: list[Row],
    faults: list[Fault],
    number: int,
    cells: Sequence[Cell],
    found: Sequence[Fault] = (),
) -> None:
    if len(rows) >= MOST_ROWS:
        raise Unreadable(Fault(number, "", "too_many_rows", hint=str(MOST_ROWS)))
    if len(cells) > MOST_COLUMNS and any(cells[MOST_COLUMNS:]):
        raise Unreadable(Fault(number, letter(MOST_COLUMNS), "too_many_columns"))
    kept: list[Cell] = []
    for place, cell in enumerate(cells[:MOST_COLUMNS]):
        if not isinstance(cell, str):
            kept.append(cell)
            continue
        written = cell.replace("\x00", "").strip()
        if quoted := QUOTED_FORMULA.match(written):
            written = quoted[1]
        elif written.startswith("=") and len(written) > 1:
            faults.append(Fault(number, letter(place), "formula", written[:100]))
            written = ""
        if len(written) > LONGEST_CELL:
            faults.append(Fault(number, letter(place), "cell_too_long", written[:40]))
            written = ""
        kept.append(written)
    faults.extend(found)
    if any(kept) or found:
        rows.append(Row(number, tuple(kept)))


def _merged(content: bytes, place: int, rows: Sequence[Row]) -> list[Fault]:
    """Cells merged over several rows: only the first has their value, so the others are unclear."""
    last = rows[-1].number if rows else 0
    faults = []
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts = sorted(
            (name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")),
            key=lambda name: (len(name), name),
        )
        if place >= len(parts):
            return []
        for match in _matches(archive, parts[place]):
            left, top, right, bottom = (part.decode() for part in match.groups())
            if int(top) <= last and (left, top) != (right, bottom):
                faults.append(Fault(int(top), left, "merged_cells", f"{left}{top}:{right}{bottom}"))
    return faults


def _matches(archive: zipfile.ZipFile, name: str) -> Iterator[re.Match[bytes]]:
    with archive.open(name) as part:
        kept = b""
        while piece := part.read(PIECE):
            kept += piece
            end = 0
            for match in MERGED.finditer(kept):
                end = match.end()
                yield match
            kept = kept[max(end, len(kept) - 200) :]
