"""Columns of values as PostgreSQL array literals, for statements that take many rows at once.

The driver's own arrays are looked through value by value, which costs more than storing the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

Value = TypeVar("Value")


def integers(values: Sequence[int | None]) -> str:
    """Whole numbers, for `::int[]` or `::bigint[]`."""
    return _literal(values, lambda one: "NULL" if one is None else str(one))


def texts(values: Sequence[str | None]) -> str:
    """Texts, for `::text[]`; every character stays what it is."""
    return _literal(values, lambda one: "NULL" if one is None else _quoted(one))


def booleans(values: Sequence[bool]) -> str:
    """Truth values, for `::boolean[]`."""
    return _literal(values, lambda one: "t" if one else "f")


def moments(values: Sequence[datetime | None]) -> str:
    """Moments, for `::timestamptz[]`."""
    return _literal(values, lambda one: "NULL" if one is None else f'"{one}"')


def _literal(values: Sequence[Value], written: Callable[[Value], str]) -> str:
    # Most columns of a batch say the same in every row.
    if values and values.count(values[0]) == len(values):
        return "{" + ",".join([written(values[0])] * len(values)) + "}"
    return "{" + ",".join(map(written, values)) + "}"


def _quoted(one: str) -> str:
    if "\\" in one or '"' in one:
        one = one.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{one}"'
