"""The rules of asking money back, as dated data: `rules.toml`, or an installation's own file."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

from app.vendor.dated import DatedTable, Quoted, RegionalRow, Row

FILE = Path(__file__).with_name("rules.toml")
Anchor = Literal["due", "invoice", "notified"]


class Clock(RegionalRow):
    """When a kind of deduction may be disputed: days from an anchor; null: no limit is known."""

    name: str
    opens: int
    opens_from: Anchor
    advised: int | None = None
    advised_from: Anchor = "due"
    closes: int | None = None
    closes_from: Anchor = "invoice"
    attempts: int
    review: int
    verified: bool


class Paper(Row):
    """What a dispute needs and what helps it, by Amazon's cause or by kind."""

    name: str
    freight: Literal["any", "Prepaid", "Collect"]
    needs: list[str]
    helps: list[str]
    verified: bool


class Holder(Row):
    """Who has a paper of this type."""

    name: str
    holder: Literal["carrier", "warehouse", "finance", "vendor_central", "vendor_manager"]


class Odds(Row):
    """What part of an amount usually comes back, worth `weight` disputes of one's own."""

    name: str
    without: Quoted
    with_all: Quoted
    weight: int
    verified: bool


class Tolerance(Row):
    """By what part a charge may differ from its recomputation."""

    name: str
    share: Quoted
    verified: bool


class Portal(RegionalRow):
    """What the portal takes."""

    name: str
    largest_bytes: int
    most_files: int
    verified: bool


CLOCKS = DatedTable(FILE, "clock", Clock, "dispute_rules", closed=False)
PAPERS = DatedTable(FILE, "paper", Paper, "dispute_rules", closed=False)
HOLDERS = DatedTable(FILE, "holder", Holder, "dispute_rules", closed=False)
ODDS = DatedTable(FILE, "odds", Odds, "dispute_rules", closed=False)
TOLERANCES = DatedTable(FILE, "tolerance", Tolerance, "dispute_rules")
PORTALS = DatedTable(FILE, "portal", Portal, "dispute_rules")
TABLES = (CLOCKS, PAPERS, HOLDERS, ODDS, TOLERANCES, PORTALS)


def clock_of(kind: str, region: str, day: date) -> Clock | None:
    """The clock of a kind there and then; None where it is not disputed at all."""
    return next((one for one in CLOCKS.rows() if one.name == kind and one.holds(region, day)), None)


def papers_for(kind: str, cause: str | None, freight: str | None, day: date) -> Paper | None:
    """What a dispute of this kind and cause needs: by the cause if there is a row, else by kind."""
    for name in (cause, kind):
        for one in PAPERS.rows():
            if one.name == name and one.is_in_force(day) and one.freight in ("any", freight):
                return one
    return None


def holder_of(paper: str) -> str:
    """Who has a paper of this type."""
    today = _today()
    rows = (one for one in HOLDERS.rows() if one.name == paper and one.is_in_force(today))
    found = next(rows, None)
    return found.holder if found else "vendor_manager"


def odds_of(kind: str) -> Odds:
    """What usually comes back of a kind; the usual where none of its own is known."""
    today = _today()
    rows = [one for one in ODDS.rows() if one.is_in_force(today)]
    for name in (kind, "usual"):
        for one in rows:
            if one.name == name:
                return one
    raise LookupError("no usual odds are in force today")


def tolerance_of(name: str) -> Decimal:
    """By what part a charge of this name may differ from its recomputation today."""
    today = _today()
    rows = (one for one in TOLERANCES.rows() if one.name == name and one.is_in_force(today))
    return next((one.share for one in rows), Decimal(0))


def portal_of(region: str) -> Portal:
    """What the portal of a region takes today."""
    today = _today()
    for one in PORTALS.rows():
        if one.holds(region, today):
            return one
    raise LookupError(f"nothing is known of what the portal takes in {region}")


def _today() -> date:
    return datetime.now(UTC).date()
