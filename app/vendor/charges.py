"""Amazon's charges for broken promises: a dated table, as data. Amazon publishes no such table.

The rows that ship with Holdfast stand in `charges.toml`; each says its source and whether it has
been verified. An installation that knows its own rates names a file of the same shape in the
setting AMAZON_CHARGES.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.config import settings

SHIPPED = Path(__file__).with_name("charges.toml")
NOT_FILLED, LOWERED_LATE, NOT_ON_TIME = "not_filled", "lowered_late", "not_on_time"
REGIONS = ("all", "na", "eu", "fe")


class ChargesWrong(Exception):
    """The table cannot be used; the words say which row and why."""


@dataclass(frozen=True)
class Charge:
    """One row: a rate of a base, where and while it is in force, and who says so."""

    name: str
    trigger: str
    rate: Decimal
    base: str
    region: str
    valid_from: date
    valid_until: date | None
    source: str
    verified: bool

    def holds(self, region: str, day: date) -> bool:
        """Whether it is in force in this region on this day."""
        return (
            self.region in ("all", region)
            and self.valid_from <= day
            and (self.valid_until is None or day <= self.valid_until)
        )


def charge_of(name: str, region: str, day: date) -> Charge | None:
    """The charge of that name in force there and then; None when none is known."""
    return next((one for one in table() if one.name == name and one.holds(region, day)), None)


def table() -> tuple[Charge, ...]:
    """Every row in use: the installation's own, and the shipped ones of other names.

    Raises ChargesWrong naming the row that cannot be read.
    """
    return _table(str(settings().amazon_charges or ""))


@lru_cache(maxsize=4)
def _table(own_file: str) -> tuple[Charge, ...]:
    shipped = read(SHIPPED)
    own = read(Path(own_file)) if own_file else ()
    replaced = {one.name for one in own}
    return (*own, *(one for one in shipped if one.name not in replaced))


def read(file: Path) -> tuple[Charge, ...]:
    """The rows of one file. Raises ChargesWrong."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ChargesWrong(f"{file}: {error}") from error
    rows = content.get("charge", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ChargesWrong(f"{file}: each charge stands below its own [[charge]]")
    return tuple(
        _charge(f"{file}: charge {number}", row) for number, row in enumerate(rows, start=1)
    )


def _charge(place: str, row: dict[str, Any]) -> Charge:
    try:
        made = Charge(
            name=row["name"],
            trigger=row.get("trigger", ""),
            rate=Decimal(row["rate"]),
            base=row["base"],
            region=row["region"],
            valid_from=row["from"],
            valid_until=row.get("until"),
            source=row["source"],
            verified=row["verified"],
        )
    except KeyError as error:
        raise ChargesWrong(f"{place}: {error.args[0]} is missing") from error
    except (InvalidOperation, TypeError) as error:
        raise ChargesWrong(f'{place}: rate must be a decimal in quotes, such as "0.05"') from error
    if isinstance(row["rate"], float):
        raise ChargesWrong(f'{place}: rate must be a decimal in quotes, such as "0.05"')
    if made.region not in REGIONS or made.base != "cost":
        raise ChargesWrong(f"{place}: region is one of {', '.join(REGIONS)}, base is cost")
    days = [made.valid_from, *([made.valid_until] if made.valid_until else [])]
    if not all(type(day) is date for day in days) or type(made.verified) is not bool:
        raise ChargesWrong(f"{place}: from and until are days, verified is true or false")
    return made
