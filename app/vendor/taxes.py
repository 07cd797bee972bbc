"""Rates of tax by country, as dated data: `taxes.toml`, or a file of the installation's own.

The shipped rates name the law they are from and are marked as not verified: a tax adviser answers
for them, not we. A country without a row has no rate, and what needs one is not sent.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.config import settings

SHIPPED = Path(__file__).with_name("taxes.toml")


class TaxesWrong(Exception):
    """The table cannot be used; the words say which row and why."""


@dataclass(frozen=True)
class TaxRate:
    """One row: the standard rate of a country while it is in force, and who says so."""

    country: str
    type: str
    rate: Decimal
    valid_from: date
    valid_until: date | None
    source: str
    registration: str
    verified: bool

    def holds(self, day: date) -> bool:
        """Whether it is in force on this day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)

    def fits(self, number: str) -> bool:
        """Whether a tax registration number looks like one of this country."""
        return re.fullmatch(self.registration, number.replace(" ", "")) is not None


def rate_of(country: str, day: date) -> TaxRate | None:
    """The country's standard rate on that day; None when none is known."""
    return next((one for one in table() if one.country == country and one.holds(day)), None)


def table() -> tuple[TaxRate, ...]:
    """Every row in use: the installation's own, and the shipped ones of other countries.

    Raises TaxesWrong naming the row that cannot be read.
    """
    return _table(str(settings().tax_rates or ""))


@lru_cache(maxsize=4)
def _table(own_file: str) -> tuple[TaxRate, ...]:
    own = read(Path(own_file)) if own_file else ()
    replaced = {one.country for one in own}
    return (*own, *(one for one in read(SHIPPED) if one.country not in replaced))


def read(file: Path) -> tuple[TaxRate, ...]:
    """The rows of one file. Raises TaxesWrong."""
    try:
        rows = tomllib.loads(file.read_text(encoding="utf-8")).get("rate", [])
    except (OSError, ValueError) as error:
        raise TaxesWrong(f"{file}: {error}") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise TaxesWrong(f"{file}: each rate stands below its own [[rate]]")
    return tuple(_rate(f"{file}: rate {number}", row) for number, row in enumerate(rows, start=1))


def _rate(place: str, row: dict[str, Any]) -> TaxRate:
    try:
        if not isinstance(row["rate"], str):
            raise TypeError
        made = TaxRate(
            country=row["country"],
            type=row["type"],
            rate=Decimal(row["rate"]),
            valid_from=row["from"],
            valid_until=row.get("until"),
            source=row["source"],
            registration=row.get("registration", ".+"),
            verified=row["verified"],
        )
        re.compile(made.registration)
    except KeyError as error:
        raise TaxesWrong(f"{place}: {error.args[0]} is missing") from error
    except (InvalidOperation, TypeError) as error:
        raise TaxesWrong(f'{place}: rate must be a decimal in quotes, such as "0.19"') from error
    except re.error as error:
        raise TaxesWrong(f"{place}: registration is no pattern: {error}") from error
    days = [made.valid_from, *([made.valid_until] if made.valid_until else [])]
    if not all(type(day) is date for day in days) or type(made.verified) is not bool:
        raise TaxesWrong(f"{place}: from and until are days, verified is true or false")
    if not 0 <= made.rate < 1:
        raise TaxesWrong(f"{place}: rate is a part of one, such as 0.19")
    return made
