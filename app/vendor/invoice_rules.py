"""Amazon's rules for invoices as dated data: `invoice_rules.toml`, or an installation's own file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

from app.vendor.dated import DatedTable, Row


class Rule(Row):
    """One rule: whether it blocks or warns, while it is in force, and who says so."""

    name: str
    severity: Literal["block", "warn"]
    says: str
    fix: str


TABLE = DatedTable(Path(__file__).with_name("invoice_rules.toml"), "rule", Rule, "invoice_rules")


def rules_of(day: date) -> dict[str, Rule]:
    """The rules in force on that day, by name."""
    found: dict[str, Rule] = {}
    for one in TABLE.rows():
        if one.is_in_force(day):
            found.setdefault(one.name, one)
    return found
