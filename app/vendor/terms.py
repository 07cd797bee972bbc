"""What Amazon says of its own interface, as dated data: `amazon.toml`, or an installation's own file.

Rates, how far a question may reach, how long a consent lasts, which roles each part needs.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from app.vendor.dated import DatedTable, Quoted, RegionalRow

FILE = Path(__file__).with_name("amazon.toml")
USUAL = "usual"


class Limit(RegionalRow):
    """Requests per second and burst of one operation, for each app and selling partner."""

    name: str
    rate: Quoted
    burst: int
    verified: bool


class Term(RegionalRow):
    """A figure whose unit is in its name."""

    name: str
    value: int
    verified: bool


class Role(RegionalRow):
    """The roles of which an app needs one for a part of Amazon's interface."""

    name: str
    any_of: list[str]
    verified: bool


LIMITS = DatedTable(FILE, "limit", Limit, "amazon_terms", closed=False)
TERMS = DatedTable(FILE, "term", Term, "amazon_terms")
ROLES = DatedTable(FILE, "role", Role, "amazon_terms")
Named = TypeVar("Named", Limit, Term, Role)


def limit_of(operation: str, region: str) -> Limit:
    """The published rate of an operation; the usual one where none of its own is known."""
    return _find(LIMITS, operation, region) or _must(LIMITS, USUAL, region)


def days(name: str, region: str) -> timedelta:
    """A term that is counted in days."""
    return timedelta(days=_must(TERMS, name, region).value)


def hours(name: str, region: str) -> timedelta:
    """A term that is counted in hours."""
    return timedelta(hours=_must(TERMS, name, region).value)


def role_of(capability: str, region: str) -> Role:
    """Which roles would do for this part of Amazon's interface."""
    return _must(ROLES, capability, region)


def _must(table: DatedTable[Named], name: str, region: str) -> Named:
    found = _find(table, name, region)
    if found is None:
        raise LookupError(f"no {table.heading} named {name} is in force for {region} today")
    return found


def _find(table: DatedTable[Named], name: str, region: str) -> Named | None:
    today = datetime.now(UTC).date()
    return next(
        (one for one in table.rows() if one.name == name and one.holds(region, today)), None
    )
