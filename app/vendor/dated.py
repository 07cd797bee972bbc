"""Tables of outside rules as dated data: TOML that ships with Holdfast, or an installation's own file.

Amazon and governments change their rules, rates and clocks; each row says since when it holds and who
says so. An installation's file has the same shape, and its rows stand in place of ours of that name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from app.config import settings


class TableWrong(Exception):
    """A table cannot be used; the words say which file, row and field, and why."""


class Row(BaseModel):
    """One rule: while it is in force (both days included), and who says so."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", populate_by_name=True)

    valid_from: date = Field(alias="from")
    valid_until: date | None = Field(default=None, alias="until")
    source: str

    def is_in_force(self, day: date) -> bool:
        """Whether it holds on this day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


class RegionalRow(Row):
    """A rule of one of Amazon's regions, or of all."""

    region: Literal["all", "na", "eu", "fe"]

    def holds(self, region: str, day: date) -> bool:
        """Whether it is in force in this region on this day."""
        return self.region in ("all", region) and self.is_in_force(day)


def _quoted(value: object) -> Decimal:
    try:
        if isinstance(value, str):
            return Decimal(value)
    except InvalidOperation:
        pass
    raise ValueError('must be a decimal in quotes, such as "0.05"')


Quoted = Annotated[Decimal, BeforeValidator(_quoted)]
"""A decimal number; in quotes, as a bare one would have become a float."""
AnyRow = TypeVar("AnyRow", bound=Row)


@dataclass(frozen=True)
class DatedTable(Generic[AnyRow]):
    """The rows below [[heading]] of a shipped file and of the one that a setting names.

    `key` is the field whose value an installation's rows replace. A `closed` table is one whose names
    the code knows: an own row of another name would never be looked at, so it is refused.
    """

    file: Path
    heading: str
    row: type[AnyRow]
    setting: str
    key: str = "name"
    closed: bool = True

    def rows(self) -> tuple[AnyRow, ...]:
        """Every row in use, the installation's own first. Raises TableWrong."""
        own_file = getattr(settings(), self.setting)
        shipped = self.read(self.file)
        own = self.read(Path(own_file)) if own_file else ()
        replaced = self._names(own)
        unknown = replaced - self._names(shipped)
        if self.closed and unknown:
            raise TableWrong(f"{own_file}: there is no {self.heading} named {min(unknown)}")
        return (*own, *(one for one in shipped if getattr(one, self.key) not in replaced))

    def read(self, file: Path) -> tuple[AnyRow, ...]:
        """The rows of one file. Raises TableWrong."""
        try:
            changed = file.stat().st_mtime_ns
        except OSError as error:
            raise TableWrong(f"{file}: {error}") from error
        return tuple(_read(file, changed, self.heading, self.row))

    def _names(self, rows: Sequence[AnyRow]) -> set[str]:
        return {getattr(one, self.key) for one in rows}


@lru_cache(maxsize=32)
def _read(file: Path, _changed: int, heading: str, row: type[AnyRow]) -> tuple[AnyRow, ...]:
    try:
        rows = tomllib.loads(file.read_text(encoding="utf-8")).get(heading, [])
    except (OSError, ValueError) as error:
        raise TableWrong(f"{file}: {error}") from error
    if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
        raise TableWrong(f"{file}: each {heading} stands below its own [[{heading}]]")
    return tuple(
        _row(f"{file}: {heading} {number}", row, one) for number, one in enumerate(rows, start=1)
    )


def _row(place: str, row: type[AnyRow], given: dict[str, Any]) -> AnyRow:
    try:
        return row.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        words = "is missing" if first["type"] == "missing" else first["msg"].lower()
        raise TableWrong(f"{place}: {field} {words}") from error
