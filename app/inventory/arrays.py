"""Columns of values as PostgreSQL array literals, for statements that take many rows at once.

The driver's own arrays are looked through value by value, which costs more than storing the rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime


def integers(values: Iterable[int | None]) -> str:
    """Whole numbers, for `::int[]` or `::bigint[]`."""
    return "{" + ",".join(["NULL" if one is None else str(one) for one in values]) + "}"


def texts(values: Iterable[str | None]) -> str:
    """Texts, for `::text[]`; every character stays what it is."""
    return "{" + ",".join(["NULL" if one is None else _quoted(one) for one in values]) + "}"


def booleans(values: Iterable[bool]) -> str:
    """Truth values, for `::boolean[]`."""
    return "{" + ",".join(["t" if one else "f" for one in values]) + "}"


def moments(values: Iterable[datetime | None]) -> str:
    """Moments, for `::timestamptz[]`."""
    return "{" + ",".join(["NULL" if one is None else f'"{one}"' for one in values]) + "}"


def _quoted(one: str) -> str:
    if "\\" in one or '"' in one:
        one = one.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{one}"'
