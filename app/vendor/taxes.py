"""Rates of tax by country, as dated data: `taxes.toml`, or a file of the installation's own.

The shipped rates name the law they are from and are marked as not verified: a tax adviser answers
for them, not we. A country without a row has no rate, and what needs one is not sent.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from app.vendor.dated import DatedTable, Quoted, Row


def _part_of_one(rate: Decimal) -> Decimal:
    if not 0 <= rate < 1:
        raise ValueError("must be a part of one, such as 0.19")
    return rate


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"is no pattern: {error}") from error
    return text


class TaxRate(Row):
    """One row: the standard rate of a country while it is in force, and who says so."""

    country: str
    type: str
    rate: Annotated[Quoted, AfterValidator(_part_of_one)]
    registration: Annotated[str, AfterValidator(_pattern)] = ".+"
    verified: bool

    def fits(self, number: str) -> bool:
        """Whether a tax registration number looks like one of this country."""
        return re.fullmatch(self.registration, number.replace(" ", "")) is not None


TABLE = DatedTable(
    Path(__file__).with_name("taxes.toml"),
    "rate",
    TaxRate,
    "tax_rates",
    key="country",
    closed=False,
)


def rate_of(country: str, day: date) -> TaxRate | None:
    """The country's standard rate on that day; None when none is known."""
    return next(
        (one for one in TABLE.rows() if one.country == country and one.is_in_force(day)), None
    )
