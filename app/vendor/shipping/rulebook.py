"""The rules that an ASN is checked against, as dated data; what each looks at is in rules.py.

The rows that ship with Holdfast stand in `rules.toml`. An installation names a file of the same
shape in the setting AMAZON_SHIPPING_RULES; its rows stand in place of ours of the same name.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

from app.vendor.dated import DatedTable, RegionalRow


class Rule(RegionalRow):
    """One row: how severe, where and while it is in force, its own figure, and who says so."""

    name: str
    severity: Literal["block", "warn", "off"]
    value: int | None = None

    def holds(self, region: str, day: date) -> bool:
        """Whether it is in force in this region on this day."""
        return self.severity != "off" and super().holds(region, day)


TABLE = DatedTable(Path(__file__).with_name("rules.toml"), "rule", Rule, "amazon_shipping_rules")


def rules_of(region: str, day: date) -> dict[str, Rule]:
    """The rules in force there and then, by name."""
    return {one.name: one for one in TABLE.rows() if one.holds(region, day)}
