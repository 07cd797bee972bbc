"""What each of Amazon's documents says, read into typed rows and stored a few hundred at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from app.errors import GiveUp
from app.vendor.marketplaces import MARKETPLACES
from app.vendor.reports.documents import BadDocument
from app.vendor.reports.kinds import CURRENCIES, Kind
from app.vendor.reports.shapes import SHAPES, Amount, BadRow, Shape, Values, moment_of
from app.vendor.reports.tables import (
    WHOLE_CATALOGUE,
    HourlySales,
    HourRow,
    PeriodRow,
    PublishedForecast,
    Report,
)

AT_ONCE = 500
SPECIFICATION = "reportSpecification"
ERROR_DETAILS = "errorDetails"


class Kept(NamedTuple):
    """How many rows a document brought, and the first reason why some were left out."""

    kept: int
    unread: int
    reason: str | None


@dataclass
class _Unread:
    """Rows that were left out, and why the first was."""

    count: int = 0
    reason: str | None = None


def store(session: Session, report: Report, kind: Kind, parts: Iterable[tuple[str, Any]]) -> Kept:
    """Replaces what this period's report said before by what it says now; forecasts are only added.

    Runs in one transaction with a few hundred rows in memory. A row that cannot be read is left out
    and counted. Raises BadDocument or GiveUp when the document is not the one that was asked for.
    """
    shape = SHAPES[kind.type]
    _forget(session, report, shape)
    told: Values = {}
    unread = _Unread()
    rows = _rows(report, kind, shape, parts, told, unread)
    kept = 0
    while batch := list(islice(rows, AT_ONCE)):
        session.execute(insert(shape.table).values(batch).on_conflict_do_nothing())
        kept += len(batch)
    _check(report, kind, told)
    return Kept(kept, unread.count, unread.reason)


def _rows(
    report: Report,
    kind: Kind,
    shape: Shape,
    parts: Iterable[tuple[str, Any]],
    told: Values,
    unread: _Unread,
) -> Iterable[Values]:
    for name, value in parts:
        if name not in shape.lists:
            told[name] = value
            continue
        try:
            yield _row(report, shape, name, value)
        except BadRow as error:
            unread.count += 1
            unread.reason = unread.reason or str(error)


def _row(report: Report, shape: Shape, name: str, raw: Any) -> Values:
    if not isinstance(raw, Mapping):
        raise BadRow(f"{name}: a row is not an object")
    made: Values = {
        "shop_id": report.shop_id,
        "connection_id": report.connection_id,
        "marketplace": report.marketplace,
        "report_id": report.report_id,
        "asin": WHOLE_CATALOGUE if name.endswith("Aggregate") else _asin(raw),
    }
    shape.dated(raw, made)
    if shape.table is PublishedForecast:
        made["read_at"] = datetime.now(UTC)
    elif not _is_inside(report, made):
        raise BadRow(f"{name}: a row of another period, {_said(made)}")
    if shape.table is HourlySales:
        made["currency"] = CURRENCIES[report.marketplace]
    for theirs, ours, read, is_needed in shape.fields:
        value = raw.get(theirs)
        if value is None and is_needed:
            raise BadRow(f"{name}: {theirs} is missing")
        made[ours] = None if value is None else read(value, theirs)
    if "currency" in shape.table.model_fields and shape.table is not HourlySales:
        made["currency"] = _one_currency(made, raw)
    return {
        key: value.amount if isinstance(value, Amount) else value for key, value in made.items()
    }


def _check(report: Report, kind: Kind, told: Mapping[str, Any]) -> None:
    """That the document is of the kind, marketplace and options that were asked for."""
    specification = told.get(SPECIFICATION)
    if not isinstance(specification, Mapping):
        raise BadDocument(f"The document has no {SPECIFICATION}.")
    options = specification.get("reportOptions") or {}
    asked = kind.asked_options(report.marketplace)
    differing = [
        name
        for name, is_so in (
            ("reportType", specification.get("reportType") == kind.type),
            (
                "marketplaceIds",
                specification.get("marketplaceIds") == [MARKETPLACES[report.marketplace].id],
            ),
            ("reportOptions", all(options.get(key) == one for key, one in asked.items())),
        )
        if not is_so
    ]
    if "dataStartTime" in specification and not kind.is_latest_only:
        try:
            start = moment_of(specification["dataStartTime"], "dataStartTime")
        except BadRow as error:
            raise BadDocument(str(error)) from error
        if start.date() != report.starts_at.date():
            differing.append("dataStartTime")
    if differing:
        raise GiveUp(
            f"Amazon sent another report than was asked for; {', '.join(differing)} differ.",
            code="other_report",
        )


def _forget(session: Session, report: Report, shape: Shape) -> None:
    """Takes away what an earlier reading of the same period has stored."""
    table = shape.table
    if table is PublishedForecast:
        return
    whose = (
        table.shop_id == report.shop_id,  # type: ignore[attr-defined]
        table.connection_id == report.connection_id,  # type: ignore[attr-defined]
        table.marketplace == report.marketplace,  # type: ignore[attr-defined]
    )
    if issubclass(table, HourRow):
        span = (
            col(table.starts_at) >= report.starts_at,
            col(table.starts_at) < report.ends_at,
        )
    elif issubclass(table, PeriodRow):
        last = (report.ends_at - timedelta(days=1)).date()
        span = (col(table.starts_on) == report.starts_at.date(), col(table.ends_on) == last)
    session.execute(delete(table).where(*whose, *span))


def _is_inside(report: Report, made: Values) -> bool:
    if "starts_at" in made:
        return bool(report.starts_at <= made["starts_at"] < report.ends_at)
    last = (report.ends_at - timedelta(days=1)).date()
    return bool(made["starts_on"] == report.starts_at.date() and made["ends_on"] == last)


def _said(made: Values) -> str:
    return str(made.get("starts_at") or f"{made['starts_on']} to {made['ends_on']}")


def _one_currency(made: Values, raw: Mapping[str, Any]) -> str | None:
    found = {value.currency for value in made.values() if isinstance(value, Amount)}
    if len(found) > 1:
        raise BadRow(f"amounts in {' and '.join(sorted(found))} in one row")
    return found.pop() if found else None


def _asin(raw: Mapping[str, Any]) -> str:
    asin = raw.get("asin")
    if not isinstance(asin, str) or not 1 <= len(asin.strip()) <= 20 or "\x00" in asin:
        raise BadRow("asin is missing or is not one")
    return asin.strip()
