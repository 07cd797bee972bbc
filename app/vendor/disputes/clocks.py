"""The clock of a dispute: not before, not after, and how often still."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.vendor.deductions.tables import Deduction
from app.vendor.disputes.rulebook import Clock, clock_of

DATES = """
SELECT region, number, dated_at, due_at FROM invoice
WHERE shop_id = :shop AND number = ANY(:numbers)
"""


class Dates(NamedTuple):
    """The days of an invoice of ours that clocks count from."""

    invoice: datetime | None
    due: datetime | None


class Window(NamedTuple):
    """When one deduction may be disputed. `closes_at` null: no limit is known.

    `by_paper`: the end is a day that a paper of Amazon's states, and no rule of ours.
    """

    opens_at: datetime
    advised_by: datetime | None
    closes_at: datetime | None
    by_paper: bool
    attempts: int
    review_days: int
    source: str
    verified: bool

    def state(self, now: datetime) -> str:
        """early, open, late (past the advised day) or closed."""
        if self.closes_at is not None and now > self.closes_at:
            return "closed"
        if now < self.opens_at:
            return "early"
        return "late" if self.advised_by is not None and now > self.advised_by else "open"


def dates_of(session: Session, rows: Sequence[Deduction]) -> dict[tuple[str, str], Dates]:
    """The days of the invoices that these deductions are about, by region and number."""
    numbers = sorted({row.invoice_number for row in rows if row.invoice_number})
    if not numbers:
        return {}
    asked = {"shop": shop_of(session), "numbers": numbers}
    return {
        (region, number): Dates(dated_at, due_at)
        for region, number, dated_at, due_at in session.execute(text(DATES), asked)
    }


def window_of(row: Deduction, dates: Dates | None) -> Window | None:
    """When a deduction may be disputed, by the rule in force when it was first taken.

    None where its kind is not disputed.
    """
    rule = clock_of(row.kind, row.region, row.first_at.astimezone(UTC).date())
    if rule is None:
        return None
    return _window(rule, row, dates or Dates(None, None))


def _window(rule: Clock, row: Deduction, dates: Dates) -> Window:
    notified = row.notified_at or row.first_at
    anchors = {
        "due": dates.due or row.first_at,
        "invoice": dates.invoice or row.first_at,
        "notified": notified,
    }

    def after(days: int | None, anchor: str) -> datetime | None:
        return None if days is None else anchors[anchor] + timedelta(days=days)

    closes_at = row.dispute_by or after(rule.closes, rule.closes_from)
    opens_at = anchors[rule.opens_from] + timedelta(days=rule.opens)
    if closes_at is not None:  # never told to wait until it is too late
        opens_at = min(opens_at, closes_at - timedelta(days=7))
    return Window(
        opens_at=max(opens_at, row.first_at),
        advised_by=after(rule.advised, rule.advised_from),
        closes_at=closes_at,
        by_paper=row.dispute_by is not None,
        attempts=rule.attempts,
        review_days=rule.review,
        source=rule.source,
        verified=rule.verified,
    )
