"""A report's rows as a file, CSV or XLSX, as they stand in its table."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any, NamedTuple

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from sqlmodel import Session, SQLModel, col, select

from app.db import shop_of
from app.errors import FieldError, Refused
from app.vendor.reports.kinds import TABLE, Kind
from app.vendor.reports.shapes import SHAPES
from app.vendor.reports.tables import HourRow, PeriodRow, PublishedForecast

MOST_ROWS = 100_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
HIDDEN = {"shop_id", "connection_id", "report_id"}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class File(NamedTuple):
    """What a browser saves."""

    name: str
    media_type: str
    content: bytes


def made(session: Session, kind_name: str, asin: str | None, written: str) -> File:
    """The rows that one kind of report has brought, of one ASIN or all, the newest first.

    At most 100 000 rows. Raises Refused 404 where there are none.
    """
    kind = next((one for one in TABLE.rows() if one.name == kind_name), None)
    if kind is None:
        raise Refused("not_found", "There is no such kind of report.", status=404)
    model = SHAPES[kind.type].table
    names = [name for name in model.model_fields if name not in HIDDEN]
    found = session.exec(_query(session, model, kind, asin)).all()
    if not found:
        raise Refused("not_found", "No report of this kind has brought any row.", status=404)
    if len(found) > MOST_ROWS:
        raise Refused(
            "too_many_rows",
            f"These are more than {MOST_ROWS} rows; ask for one ASIN.",
            errors=[FieldError("asin", "name one")],
        )
    rows = ([getattr(one, name) for name in names] for one in found)
    stem = f"holdfast-{kind_name.replace('_', '-')}-{datetime.now(UTC):%Y-%m-%d}"
    if written == "csv":
        return File(f"{stem}.csv", CSV, _csv(names, rows))
    return File(f"{stem}.xlsx", XLSX, _xlsx(names, rows))


def _query(session: Session, model: type[SQLModel], kind: Kind, asin: str | None) -> Any:
    query = select(model).where(model.shop_id == shop_of(session))  # type: ignore[attr-defined]
    if asin:
        query = query.where(model.asin == asin)  # type: ignore[attr-defined]
    if issubclass(model, HourRow):
        query = query.order_by(col(model.starts_at).desc(), col(model.asin))
    elif issubclass(model, PeriodRow):
        # Weeks and days of the same document are two kinds.
        days = col(model.ends_on) - col(model.starts_on)
        query = query.where(days == kind.length.days - 1)
        query = query.order_by(col(model.starts_on).desc(), col(model.asin))
    elif issubclass(model, PublishedForecast):
        query = query.order_by(
            col(model.published_on).desc(), col(model.asin), col(model.starts_on)
        )
    return query.limit(MOST_ROWS + 1)


def _csv(names: list[str], rows: Iterable[list[Any]]) -> bytes:
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows([_said(value) for value in row] for row in rows)
    return ("\ufeff" + out.getvalue()).encode()


def _said(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _xlsx(names: list[str], rows: Iterable[list[Any]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Report")
    sheet.freeze_panes = "A2"
    heading = [WriteOnlyCell(sheet, value=name.replace("_", " ")) for name in names]
    for cell in heading:
        cell.font = Font(bold=True)
    sheet.append(heading)
    for row in rows:
        sheet.append(list(_cells(sheet, row)))
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _cells(sheet: Any, row: list[Any]) -> Iterator[Any]:
    for value in row:
        shown = value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value
        cell = WriteOnlyCell(sheet, value=shown)
        if isinstance(value, str):
            # An identifier that begins with "=" is one, never a formula.
            cell.data_type = "s"
        yield cell
