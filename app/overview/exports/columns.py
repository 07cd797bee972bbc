"""Columns of an export: each a name that stays, a place in the list's answer, and a kind of value."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from app.http import Money

Kind = Literal["text", "whole", "decimal", "time", "day", "flag", "list"]
Value: TypeAlias = str | int | Decimal | datetime | date | bool | None

PLAIN: tuple[tuple[type, Kind], ...] = (
    (bool, "flag"),
    (int, "whole"),
    (Decimal, "decimal"),
    (datetime, "time"),
    (date, "day"),
    (str, "text"),
    (Enum, "text"),
)


@dataclass(frozen=True)
class Column:
    """One column: `steps` lead from a row of the list to the value."""

    name: str
    kind: Kind
    steps: tuple[str, ...]

    def value(self, row: Mapping[str, Any], zone: ZoneInfo) -> Value:
        """The value in this row; a time in `zone`; None where any step has nothing."""
        found: Any = row
        for step in self.steps:
            if found is None:
                return None
            found = found.get(step)
        return None if found is None else READ[self.kind](found, zone)


def columns(view: type[BaseModel], *written: str, each: str | None = None) -> tuple[Column, ...]:
    """Columns as they are written: `name`, or `name=place.in.the.answer`.

    Money becomes two, the amount and `<name>_currency`. With `each`, places below that list are of
    its elements. Raises LookupError for a place that the view does not have, when it is imported.
    """
    return tuple(column for one in written for column in _columns(view, one, each))


def _columns(view: type[BaseModel], written: str, each: str | None) -> Iterator[Column]:
    name, _, place = written.partition("=")
    steps = tuple((place or name).split("."))
    found: Any = view
    for number, step in enumerate(steps):
        found = _below(found, step, written)
        if each is not None and steps[: number + 1] == (each,):
            found = get_args(_bare(found))[0]
    kind = _kind(found, written)
    if kind is None:
        yield Column(name, "decimal", (*steps, "amount"))
        yield Column(f"{name}_currency", "text", (*steps, "currency"))
    else:
        yield Column(name, kind, steps)


def _below(found: Any, step: str, written: str) -> Any:
    found = _bare(found)
    if isinstance(found, type) and issubclass(found, BaseModel) and step in found.model_fields:
        return found.model_fields[step].annotation
    if get_origin(found) is dict:
        return get_args(found)[1]
    raise LookupError(f"{written}: {found} has no {step}")


def _kind(found: Any, written: str) -> Kind | None:
    """None: it is money."""
    found = _bare(found)
    if get_origin(found) is Literal:
        return "text"
    if get_origin(found) is list and _bare(get_args(found)[0]) is str:
        return "list"
    if isinstance(found, type):
        if issubclass(found, Money):
            return None
        for plain, kind in PLAIN:
            if issubclass(found, plain):
                return kind
    raise LookupError(f"{written}: {found} is nothing that a cell can hold")


def _bare(found: Any) -> Any:
    """Without `| None` and without what a serializer adds."""
    if get_origin(found) is Annotated:
        return _bare(get_args(found)[0])
    if get_origin(found) in (Union, types.UnionType):
        return _bare(next(one for one in get_args(found) if one is not type(None)))
    return found


def _moment(found: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(found).astimezone(zone)


def _list(found: Sequence[str], _zone: ZoneInfo) -> str:
    return ", ".join(found)


READ: dict[Kind, Callable[[Any, ZoneInfo], Value]] = {
    "text": lambda found, _zone: str(found),
    "whole": lambda found, _zone: int(found),
    "decimal": lambda found, _zone: Decimal(found),
    "time": _moment,
    "day": lambda found, _zone: date.fromisoformat(found),
    "flag": lambda found, _zone: bool(found),
    "list": _list,
}
