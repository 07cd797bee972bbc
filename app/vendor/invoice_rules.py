"""Amazon's rules for invoices as dated data: `invoice_rules.toml`, or an installation's own file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.config import settings

SHIPPED = Path(__file__).with_name("invoice_rules.toml")
SEVERITIES = ("block", "warn")


class RulesWrong(Exception):
    """The table cannot be used; the words say which row and why."""


@dataclass(frozen=True)
class Rule:
    """One rule: whether it blocks or warns, while it is in force, and who says so."""

    name: str
    severity: str
    valid_from: date
    valid_until: date | None
    source: str
    says: str
    fix: str

    def holds(self, day: date) -> bool:
        """Whether it is in force on this day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


def rules_of(day: date) -> dict[str, Rule]:
    """The rules in force on that day, by name."""
    found: dict[str, Rule] = {}
    for one in table():
        if one.holds(day):
            found.setdefault(one.name, one)
    return found


def table() -> tuple[Rule, ...]:
    """Every row in use: the installation's own, and the shipped ones of other names.

    Raises RulesWrong naming the row that cannot be read.
    """
    return _table(str(settings().invoice_rules or ""))


@lru_cache(maxsize=4)
def _table(own_file: str) -> tuple[Rule, ...]:
    shipped = read(SHIPPED)
    own = read(Path(own_file)) if own_file else ()
    unknown = {one.name for one in own} - {one.name for one in shipped}
    if unknown:
        raise RulesWrong(f"{own_file}: there is no rule {', '.join(sorted(unknown))}")
    replaced = {one.name for one in own}
    return (*own, *(one for one in shipped if one.name not in replaced))


def read(file: Path) -> tuple[Rule, ...]:
    """The rows of one file. Raises RulesWrong."""
    try:
        rows = tomllib.loads(file.read_text(encoding="utf-8")).get("rule", [])
    except (OSError, ValueError) as error:
        raise RulesWrong(f"{file}: {error}") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RulesWrong(f"{file}: each rule stands below its own [[rule]]")
    return tuple(_rule(f"{file}: rule {number}", row) for number, row in enumerate(rows, start=1))


def _rule(place: str, row: dict[str, Any]) -> Rule:
    try:
        made = Rule(
            name=row["name"],
            severity=row["severity"],
            valid_from=row["from"],
            valid_until=row.get("until"),
            source=row["source"],
            says=row["says"],
            fix=row["fix"],
        )
    except KeyError as error:
        raise RulesWrong(f"{place}: {error.args[0]} is missing") from error
    if made.severity not in SEVERITIES:
        raise RulesWrong(f"{place}: severity is block or warn")
    days = [made.valid_from, *([made.valid_until] if made.valid_until else [])]
    if not all(type(day) is date for day in days):
        raise RulesWrong(f"{place}: from and until are days")
    return made
