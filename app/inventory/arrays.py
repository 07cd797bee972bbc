"""Columns of values as PostgreSQL array literals, for statements that take many rows at once.

The driver's own arrays are looked through value by value, which costs more than storing the rows;
so these are written by what Python has in C, wherever that writes what PostgreSQL reads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import orjson

Value = TypeVar("Value")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def integers(values: Sequence[int | None]) -> str:
    """Whole numbers, for `::int[]` or `::bigint[]`."""
    if _all_alike(values):
        return _repeated("NULL" if values[0] is None else str(values[0]), len(values))
    return "{" + repr(list(values))[1:-1].replace("None", "NULL") + "}"


def texts(values: Sequence[str | None]) -> str:
    """Texts, for `::text[]`; every character stays what it is."""
    if _all_alike(values):
        return _repeated(_text(values[0]), len(values))
    # JSON writes texts and nulls as PostgreSQL does, but for what it escapes by a backslash.
    try:
        written = orjson.dumps(values).decode()
    except orjson.JSONEncodeError:  # half of a surrogate pair
        return _each(values, _text)
    if "\\" not in written:
        return "{" + written[1:-1] + "}"
    return _each(values, _text)


def booleans(values: Sequence[bool]) -> str:
    """Truth values, for `::boolean[]`."""
    return _each(values, lambda one: "t" if one else "f")


def moments(values: Sequence[datetime | None]) -> str:
    """Moments, for `::timestamptz[]`."""
    if _all_alike(values):
        return _repeated(_moment(values[0]), len(values))
    return _each(values, _moment)


def microseconds(values: Sequence[datetime]) -> str:
    """Moments as microseconds since 1970, for `::bigint[]`: many that differ cost least this way."""
    return integers([(one - EPOCH) // MICROSECOND for one in values])


def _all_alike(values: Sequence[object]) -> bool:
    # Most columns of a batch say the same in every row.
    return bool(values) and values.count(values[0]) == len(values)


def _repeated(written: str, times: int) -> str:
    return "{" + ",".join([written] * times) + "}"


def _each(values: Sequence[Value], written: Callable[[Value], str]) -> str:
    return "{" + ",".join(map(written, values)) + "}"


def _text(one: str | None) -> str:
    if one is None:
        return "NULL"
    if "\\" in one or '"' in one:
        one = one.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{one}"'


def _moment(one: datetime | None) -> str:
    return "NULL" if one is None else f'"{one}"'
