"""Rows as a file: CSV that flows as it is read, or an XLSX workbook built on disk."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from io import StringIO
from itertools import chain
from tempfile import TemporaryFile
from typing import IO, Any, Literal
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from sqlmodel import Session

from app.db import database_time
from app.errors import FieldError, Refused
from app.http import PageQuery
from app.inventory.futures import zone_of
from app.overview.exports.columns import Column, Value
from app.overview.exports.table import Row, Table
from app.shops import this_shop

Format = Literal["csv", "xlsx"]

MEDIA: dict[Format, str] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# What a spreadsheet would take for the beginning of a formula:
# https://owasp.org/www-community/attacks/CSV_Injection
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
READ_INTO = ("=", "#")
"""What the library would take for a formula or for an error."""
BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as the machine's old code page
MOST_XLSX_ROWS = 1_048_575  # a sheet's 1,048,576 less the heading, by Excel's own limit
CHUNK = 64 * 1024
CENT = Decimal("0.01")


def file_name(session: Session, table: Table, form: Format) -> str:
    """What the file is called: the shop, the table, and the day in the shop's zone."""
    shop = this_shop(session).domain.removesuffix(".myshopify.com")
    day = database_time().astimezone(zone_of(session))
    return f"holdfast-{shop}-{table.name}-{day:%Y-%m-%d}.{form}"


def chunks(
    session: Session,
    table: Table,
    query: PageQuery,
    form: Format,
    told: Callable[[int], None] | None = None,
) -> Iterator[bytes]:
    """The file, piece by piece; never more than a page of its rows in memory.

    `told` is called with the rows read so far, once for each page of them.

    The first rows are read before this returns, so a wrong filter is refused before a file begins.
    Raises Refused("too_many_rows") for more rows than a sheet of XLSX can hold.
    """
    zone = zone_of(session)
    pages = _counted(table.pages(session, query), told)
    rows = chain.from_iterable(chain([next(pages)], pages))
    if form == "csv":
        return _csv(table.columns, rows, zone)
    return _pieces(_xlsx(table, query, rows, zone))


def _counted(pages: Iterator[list[Row]], told: Callable[[int], None] | None) -> Iterator[list[Row]]:
    rows = 0
    for page in pages:
        rows += len(page)
        if told is not None:
            told(rows)
        yield page


def _csv(columns: Sequence[Column], rows: Iterator[Row], zone: ZoneInfo) -> Iterator[bytes]:
    out = StringIO()
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out)
    writer.writerow([column.name for column in columns])
    for row in rows:
        writer.writerow([written(column.value(row, zone)) for column in columns])
        if out.tell() > CHUNK:
            yield _taken(out)
    yield _taken(out)


def _taken(out: StringIO) -> bytes:
    content = out.getvalue().encode()
    out.seek(0)
    out.truncate()
    return content


def written(value: Value) -> str:
    """A value as it stands in CSV; text can never become a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        short = value.normalize()
        return f"{short if short != short.quantize(CENT) else short.quantize(CENT):f}"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return str(value)


def _xlsx(table: Table, query: PageQuery, rows: Iterator[Row], zone: ZoneInfo) -> IO[bytes]:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(table.name[:31])
    sheet.freeze_panes = "A2"
    try:
        _fill(sheet, table.columns, rows, zone)
    except BaseException:
        sheet.close()  # what it has written so far lies in a file of its own
        raise
    _about(book.create_sheet("About"), table, query, zone)
    file = TemporaryFile()  # noqa: SIM115 (whoever reads it closes it)
    book.save(file)
    file.seek(0)
    return file


def _fill(sheet: Any, columns: Sequence[Column], rows: Iterator[Row], zone: ZoneInfo) -> None:
    heading = [WriteOnlyCell(sheet, value=column.name) for column in columns]
    for cell in heading:
        cell.font = Font(bold=True)
    sheet.append(heading)
    for number, row in enumerate(rows):
        if number == MOST_XLSX_ROWS:
            raise Refused(
                "too_many_rows",
                f"A sheet of XLSX holds {MOST_XLSX_ROWS} rows, and these are more.",
                errors=[FieldError("format", "use csv, or narrow the filters")],
            )
        sheet.append([_cell(sheet, column.value(row, zone)) for column in columns])


def _about(sheet: Any, table: Table, query: PageQuery, zone: ZoneInfo) -> None:
    now = database_time().astimezone(zone)
    filters: Mapping[str, Any] = query.model_dump(mode="json", exclude={"cursor", "limit"})
    for name, value in (
        ("table", table.name),
        ("made_at", now.isoformat(timespec="seconds")),
        ("times_are_in", zone.key),
        *((f"filter_{name}", str(value)) for name, value in filters.items() if value is not None),
    ):
        sheet.append([_cell(sheet, name), _cell(sheet, value)])


def _cell(sheet: Any, value: Value) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)  # a cell knows no zone; the sheet About names it
    if not isinstance(value, str):
        return value
    plain = ILLEGAL_CHARACTERS_RE.sub("", value)
    if not plain.startswith(READ_INTO):
        return plain
    # A SKU that begins with "=" is a SKU, never a formula. A cell of its own costs five times a
    # plain value, so only such a text gets one.
    cell = WriteOnlyCell(sheet, value=plain)
    cell.data_type = "s"
    return cell


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(CHUNK):
            yield piece
