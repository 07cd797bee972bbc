"""The rules that an ASN is checked against, as dated data; what each looks at is in rules.py.

The rows that ship with Holdfast stand in `rules.toml`. An installation names a file of the same
shape in the setting AMAZON_SHIPPING_RULES; its rows stand in place of ours of the same name.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.config import settings

SHIPPED = Path(__file__).with_name("rules.toml")
REGIONS = ("all", "na", "eu", "fe")
SEVERITIES = ("block", "warn", "off")


class RulesWrong(Exception):
    """The table cannot be used; the words say which row and why."""


@dataclass(frozen=True)
class Rule:
    """One row: how severe, where and while it is in force, its own figure, and who says so."""

    name: str
    severity: str
    region: str
    valid_from: date
    valid_until: date | None
    value: int | None
    source: str

    def holds(self, region: str, day: date) -> bool:
        """Whether it is in force in this region on this day."""
        return (
            self.severity != "off"
            and self.region in ("all", region)
            and self.valid_from <= day
            and (self.valid_until is None or day <= self.valid_until)
        )


def rules_of(region: str, day: date) -> dict[str, Rule]:
    """The rules in force there and then, by name."""
    return {one.name: one for one in table() if one.holds(region, day)}


def table() -> tuple[Rule, ...]:
    """Every row in use. Raises RulesWrong naming the row that cannot be read."""
    return _table(str(settings().amazon_shipping_rules or ""))


@lru_cache(maxsize=4)
def _table(own_file: str) -> tuple[Rule, ...]:
    shipped = read(SHIPPED)
    own = read(Path(own_file)) if own_file else ()
    unknown = {one.name for one in own} - {one.name for one in shipped}
    if unknown:
        raise RulesWrong(f"{own_file}: there is no rule named {sorted(unknown)[0]}")
    replaced = {one.name for one in own}
    return (*own, *(one for one in shipped if one.name not in replaced))


def read(file: Path) -> tuple[Rule, ...]:
    """The rows of one file. Raises RulesWrong."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RulesWrong(f"{file}: {error}") from error
    rows = content.get("rule", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RulesWrong(f"{file}: each rule stands below its own [[rule]]")
    return tuple(_rule(f"{file}: rule {number}", row) for number, row in enumerate(rows, start=1))


def _rule(place: str, row: dict[str, Any]) -> Rule:
    try:
        made = Rule(
            name=row["name"],
            severity=row["severity"],
            region=row["region"],
            valid_from=row["from"],
            valid_until=row.get("until"),
            value=row.get("value"),
            source=row["source"],
        )
    except KeyError as error:
        raise RulesWrong(f"{place}: {error.args[0]} is missing") from error
    if made.severity not in SEVERITIES or made.region not in REGIONS:
        raise RulesWrong(
            f"{place}: severity is one of {', '.join(SEVERITIES)},"
            f" region one of {', '.join(REGIONS)}"
        )
    days = [made.valid_from, *([made.valid_until] if made.valid_until else [])]
    if not all(type(day) is date for day in days) or type(made.value) not in (int, type(None)):
        raise RulesWrong(f"{place}: from and until are days, value is a whole number")
    return made
