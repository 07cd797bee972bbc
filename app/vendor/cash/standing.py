"""What is open, how old it is, when it should come, and the bridge from invoiced to paid.

All of it is read from the match's invoices, each currency by itself. An invoice's money stands in
one place of the bridge, so a bridge sums to zero: invoiced less everything named is what was paid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.inventory import futures

BUCKETS = ("not_due", "days_1_30", "days_31_60", "days_61_90", "over_90", "no_due_date")
# Days past due, counted in the shop's zone: due today is not late.
BUCKET = """
CASE WHEN due_at IS NULL THEN 'no_due_date'
     WHEN days <= 0 THEN 'not_due' WHEN days <= 30 THEN 'days_1_30'
     WHEN days <= 60 THEN 'days_31_60' WHEN days <= 90 THEN 'days_61_90' ELSE 'over_90' END
"""
# What Amazon's finance has named already that it will not pay of an invoice, before it pays anything;
# it does not document the sign, so the size counts.
NAMED = """
SELECT finance.region, finance.number, finance.currency,
       abs(coalesce(max(finance.quantity_variance), 0))
           + abs(coalesce(max(finance.price_variance), 0)) AS held_back
FROM finance_invoice AS finance WHERE finance.shop_id = :shop
"""
HELD_BACK = """
least(own.open, CASE WHEN own.remitted = 0 THEN coalesce(seen.held_back, 0) ELSE 0 END)
    AS held_back
"""
OPEN = f"""
SELECT own.invoice_id, own.region, own.number, own.vendor_code, own.dated_at, own.due_at,
       own.currency, own.total, own.open, own.remitted, days, {BUCKET} AS bucket,
       (own.due_at AT TIME ZONE :zone)::date AS due_on
FROM reconciliation_invoice AS own
CROSS JOIN LATERAL (
    SELECT (:now AT TIME ZONE :zone)::date - (own.due_at AT TIME ZONE :zone)::date AS days
) AS age
WHERE own.shop_id = :shop AND own.open > 0
"""
# Of everything that is open, the finance is read once; of a page only its own invoices, one by one.
ALL_OPEN = f"""
SELECT own.*, {HELD_BACK} FROM ({OPEN}) AS own
LEFT JOIN ({NAMED} GROUP BY 1, 2, 3) AS seen USING (region, number, currency)
"""
AGEING = f"""
SELECT currency, bucket, sum(open) AS open, sum(held_back) AS held_back, count(*) AS invoices
FROM ({ALL_OPEN}) AS open_now GROUP BY 1, 2
"""
CALENDAR = f"""
SELECT currency, date_trunc('week', greatest(due_on, (:now AT TIME ZONE :zone)::date))::date AS week,
       sum(open) AS open, sum(held_back) AS held_back, count(*) AS invoices,
       min(due_on) AS first_due_on
FROM ({ALL_OPEN}) AS open_now WHERE due_on IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
"""
STEPS = (
    "quick_pay",
    "withheld",
    "shortage",
    "price",
    "chargeback",
    "other_deducted",
    "recovered",
    "provision",
    "open",
    "unexplained",
)
BRIDGE = f"""
SELECT currency, count(*) AS invoices, sum(total) AS invoiced, sum(paid) AS paid,
       {", ".join(f"sum({step}) AS {step}" for step in STEPS)},
       {", ".join(f"count(*) FILTER (WHERE {step} <> 0) AS {step}_invoices" for step in STEPS)}
FROM reconciliation_invoice
WHERE shop_id = :shop AND state <> 'void'
  AND (CAST(:since AS date) IS NULL OR (dated_at AT TIME ZONE :zone)::date >= :since)
  AND (CAST(:until AS date) IS NULL OR (dated_at AT TIME ZONE :zone)::date <= :until)
GROUP BY currency ORDER BY currency
"""


@dataclass(frozen=True)
class Part:
    """So much of one currency, in so many invoices; `held_back` is what Amazon has named already."""

    open: Decimal
    held_back: Decimal
    invoices: int


@dataclass(frozen=True)
class Week:
    """What should come in a week that begins on this Monday; what is overdue stands in this one."""

    begins_on: date
    part: Part


@dataclass
class Standing:
    """One currency: what is open by its age, and by the week it should come in."""

    currency: str
    ageing: dict[str, Part] = field(default_factory=dict)
    weeks: list[Week] = field(default_factory=list)

    @property
    def open(self) -> Decimal:
        """All that is open."""
        return sum((part.open for part in self.ageing.values()), Decimal())

    @property
    def overdue(self) -> Decimal:
        """What is past its due date."""
        late = (part.open for name, part in self.ageing.items() if name not in NOT_LATE)
        return sum(late, Decimal())


NOT_LATE = ("not_due", "no_due_date")


@dataclass(frozen=True)
class Bridge:
    """One currency from invoiced to paid: `steps` name what lies between, each with its invoices."""

    currency: str
    invoices: int
    invoiced: Decimal
    paid: Decimal
    steps: Mapping[str, tuple[Decimal, int]]


def standings(session: Session, now: datetime) -> list[Standing]:
    """Every currency in which something is open."""
    asked = asked_at(session, now)
    found: dict[str, Standing] = {}
    for row in session.execute(text(AGEING), asked):
        one = found.setdefault(row.currency, Standing(row.currency))
        one.ageing[row.bucket] = Part(row.open, row.held_back, row.invoices)
    for row in session.execute(text(CALENDAR), asked):
        part = Part(row.open, row.held_back, row.invoices)
        found[row.currency].weeks.append(Week(row.week, part))
    return [found[name] for name in sorted(found)]


def bridges(session: Session, since: date | None, until: date | None) -> list[Bridge]:
    """From invoiced to paid, of the invoices dated in these days of the shop's zone (both included)."""
    asked: dict[str, Any] = {
        "shop": shop_of(session),
        "zone": futures.zone_of(session).key,
        "since": since,
        "until": until,
    }
    found = []
    for row in session.execute(text(BRIDGE), asked).mappings():
        steps = {
            name: (Decimal(row[name]) * _sign(name), int(row[f"{name}_invoices"])) for name in STEPS
        }
        found.append(Bridge(row["currency"], row["invoices"], row["invoiced"], row["paid"], steps))
    return found


def _sign(step: str) -> int:
    """How a step changes what is paid of what was invoiced."""
    return 1 if step == "recovered" else -1


def asked_at(session: Session, now: datetime) -> dict[str, Any]:
    """The values that the statements of this room take."""
    return {"shop": shop_of(session), "zone": futures.zone_of(session).key, "now": now}
