"""The qualifiers and codes that a partner of X12 wants, as dated data: `codes.toml`, or one's own.

The standard leaves them to the two sides; which of them Amazon's guide for vendors names is not
public, so each row says that it is not verified, and an installation replaces what its guide says.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from app.vendor.dated import DatedTable, RegionalRow


class Code(RegionalRow):
    """One row: what is written for it; empty where nothing is."""

    name: str
    value: str
    verified: bool


TABLE = DatedTable(Path(__file__).with_name("codes.toml"), "code", Code, "amazon_x12_codes")


def codes_of(region: str, day: date) -> Callable[[str], str]:
    """The value of each code in force there and then; "" where none is."""
    rows = {one.name: one.value for one in reversed(TABLE.rows()) if one.holds(region, day)}
    return lambda name: rows.get(name, "")
