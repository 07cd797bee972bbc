"""Amazon's charges for broken promises: a dated table, as data. Amazon publishes no such table.

The rows that ship with Holdfast stand in `charges.toml`; each says its source and whether it has
been verified. An installation that knows its own rates names a file of the same shape in the
setting AMAZON_CHARGES.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

from app.vendor.dated import DatedTable, Quoted, RegionalRow

NOT_FILLED, LOWERED_LATE, NOT_ON_TIME = "not_filled", "lowered_late", "not_on_time"


class Charge(RegionalRow):
    """One row: a rate of a base, where and while it is in force, and who says so."""

    name: str
    trigger: str = ""
    rate: Quoted
    base: Literal["cost"]
    verified: bool


TABLE = DatedTable(
    Path(__file__).with_name("charges.toml"), "charge", Charge, "amazon_charges", closed=False
)


def charge_of(name: str, region: str, day: date) -> Charge | None:
    """The charge of that name in force there and then; None when none is known."""
    return next((one for one in TABLE.rows() if one.name == name and one.holds(region, day)), None)
