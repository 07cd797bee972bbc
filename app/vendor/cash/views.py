"""Cash on the wire. Each currency stands by itself; another one only beside it, with its rate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from app.http import Answer, Moment, Money
from app.vendor.cash import rates, standing, unsettled
from app.vendor.cash.rates import Rate
from app.vendor.cash.standing import BUCKETS, HELD_BACK, NAMED, OPEN, Bridge, Part, Standing
from app.vendor.reconciliation.tables import DUE_LAST

CENT = Decimal("0.01")
# The page first, in the order of an index, and what Amazon has named only of its invoices.
NEXT = f"""
SELECT own.*, {HELD_BACK}
FROM (
    SELECT * FROM ({OPEN}) AS open_now
    WHERE (CAST(:bucket AS text) IS NULL OR bucket = :bucket)
      AND (CAST(:currency AS text) IS NULL OR currency = :currency)
      AND (CAST(:since AS date) IS NULL OR due_on >= :since)
      AND (CAST(:until AS date) IS NULL OR due_on <= :until)
      AND ({DUE_LAST}, invoice_id) > (:at, CAST(:id AS integer))
    ORDER BY {DUE_LAST}, invoice_id LIMIT :most
) AS own
LEFT JOIN LATERAL ({NAMED}
    AND finance.number = own.number AND finance.region = own.region
    AND finance.currency = own.currency GROUP BY 1, 2, 3) AS seen ON true
ORDER BY {DUE_LAST}, own.invoice_id
"""


class RateView(Answer):
    """What one unit of `base` is worth in `quote`, of which day, and who says so."""

    base: str
    quote: str
    rate: str
    day: date
    source: str
    region: str | None = None
    payment_id: str | None = None


class PartView(Answer):
    """An amount in so many invoices; `held_back` is what Amazon has named that it will not pay."""

    open: Money
    held_back: Money
    invoices: int


class BucketView(PartView):
    """Open money of one age: days past due in the shop's zone."""

    bucket: str


class WeekView(PartView):
    """What should come in one week; what is overdue is awaited in this one."""

    begins_on: date
    expected: Money


class StandingView(Answer):
    """One currency. `converted` is the same open money in the currency asked for, by that rate."""

    currency: str
    open: Money
    overdue: Money
    ageing: list[BucketView]
    weeks: list[WeekView]
    rate: RateView | None
    converted: Money | None


class CashView(Answer):
    """All that is open. `in_all` is null unless every currency has a rate to the one asked for."""

    data: list[StandingView]
    in_all: Money | None
    without_rate: list[str]
    unsettled_after_days: int | None


class StepView(Answer):
    """What lies between invoiced and paid: below zero it made the payment smaller."""

    step: str
    amount: Money
    invoices: int


class BridgeView(Answer):
    """One currency from invoiced to paid; invoiced plus all steps is what was paid."""

    currency: str
    invoices: int
    invoiced: Money
    steps: list[StepView]
    paid: Money


class OpenInvoiceView(Answer):
    """One invoice of ours with money to come."""

    invoice_id: int
    region: str
    number: str
    vendor_code: str
    dated_at: Moment
    due_at: Moment | None
    days_late: int | None
    bucket: str
    total: Money
    open: Money
    held_back: Money


def cash(session: Session, now: datetime, currency: str | None) -> CashView:
    """Everything open now; with a currency also in that one, where rates are known."""
    found = standing.standings(session, now)
    known: Mapping[str, Rate] = {}
    if currency:
        known = rates.newest(session, [one.currency for one in found], currency, now)
    views = [_standing(one, currency, known) for one in found]
    missing = [one.currency for one in views if currency and one.converted is None]
    in_all = None
    if currency and not missing:
        amounts = (one.converted.amount for one in views if one.converted is not None)
        in_all = Money(amount=sum(amounts, Decimal()), currency=currency)
    return CashView(
        data=views,
        in_all=in_all,
        without_rate=missing,
        unsettled_after_days=unsettled.days_of(session),
    )


def _standing(one: Standing, currency: str | None, known: Mapping[str, Rate]) -> StandingView:
    rate = known.get(one.currency)
    converted = None
    if currency == one.currency:
        converted = one.open
    elif rate is not None:
        converted = (one.open * rate.rate).quantize(CENT)
    nothing = Part(Decimal(), Decimal(), 0)
    return StandingView(
        currency=one.currency,
        open=Money(amount=one.open, currency=one.currency),
        overdue=Money(amount=one.overdue, currency=one.currency),
        ageing=[
            BucketView(bucket=name, **_part(one.ageing.get(name, nothing), one.currency))
            for name in BUCKETS
        ],
        weeks=[
            WeekView(
                begins_on=week.begins_on,
                expected=Money(amount=week.part.open - week.part.held_back, currency=one.currency),
                **_part(week.part, one.currency),
            )
            for week in one.weeks
        ],
        rate=rate_view(rate) if rate else None,
        converted=(
            Money(amount=converted, currency=currency)
            if currency and converted is not None
            else None
        ),
    )


def rate_view(rate: Rate) -> RateView:
    """A rate without the zeros that only fill its places."""
    return RateView(
        base=rate.base,
        quote=rate.quote,
        rate=f"{rate.rate.normalize():f}",
        day=rate.day,
        source=rate.source,
        region=rate.region,
        payment_id=rate.payment_id,
    )


def bridge_view(one: Bridge) -> BridgeView:
    """A bridge with all its steps, empty ones too."""
    return BridgeView(
        currency=one.currency,
        invoices=one.invoices,
        invoiced=Money(amount=one.invoiced, currency=one.currency),
        steps=[
            StepView(step=name, amount=Money(amount=amount, currency=one.currency), invoices=count)
            for name, (amount, count) in one.steps.items()
        ],
        paid=Money(amount=one.paid, currency=one.currency),
    )


def open_invoices(session: Session, now: datetime, asked: Mapping[str, Any]) -> list[Any]:
    """Rows of open invoices, the soonest due first; those without a due date at the end."""
    return list(session.execute(text(NEXT), {**standing.asked_at(session, now), **asked}))


def open_invoice_view(row: Any) -> OpenInvoiceView:
    """One row of `open_invoices`."""

    def money(amount: Decimal) -> Money:
        return Money(amount=amount, currency=row.currency)

    return OpenInvoiceView(
        invoice_id=row.invoice_id,
        region=row.region,
        number=row.number,
        vendor_code=row.vendor_code,
        dated_at=row.dated_at,
        due_at=row.due_at,
        days_late=max(row.days, 0) if row.days is not None else None,
        bucket=row.bucket,
        total=money(row.total),
        open=money(row.open),
        held_back=money(row.held_back),
    )


def _part(part: Part, currency: str) -> dict[str, Any]:
    return {
        "open": Money(amount=part.open, currency=currency),
        "held_back": Money(amount=part.held_back, currency=currency),
        "invoices": part.invoices,
    }
