"""Money that can still be asked back, and whose time for asking is running out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlmodel import Session, col, select

from app.db import shop_of
from app.vendor.deductions.tables import Deduction
from app.vendor.disputes import clocks
from app.vendor.disputes.classifying import classify
from app.vendor.disputes.tables import Dispute

SOON = timedelta(days=14)


@dataclass(frozen=True)
class Closing:
    """Deductions of one currency whose day for filing comes soon; `by` is the first of these days."""

    currency: str
    deductions: int
    amount: Decimal
    by: datetime


def closing(session: Session, now: datetime, within: timedelta = SOON) -> list[Closing]:
    """What may be disputed now and only until soon, currency by currency.

    The day is the last on which Amazon takes a dispute, or the one until which filing is advised,
    whichever comes first and is still to come. Filed and drafted ones are not asked for again.
    """
    rows = session.exec(
        select(Deduction).where(
            Deduction.shop_id == shop_of(session), col(Deduction.taken) > col(Deduction.recovered)
        )
    ).all()
    dates = clocks.dates_of(session, rows)
    under_way = {
        one.key
        for one in session.exec(
            select(Dispute).where(
                Dispute.shop_id == shop_of(session), col(Dispute.state).in_(("draft", "filed"))
            )
        )
    }
    found: dict[str, Closing] = {}
    for row, judged in zip(rows, classify(session, rows), strict=True):
        key = (row.region, row.kind, row.reference, row.currency)
        window = clocks.window_of(row, dates.get((row.region, row.invoice_number or "")))
        if judged.in_question <= 0 or key in under_way or window is None or window.opens_at > now:
            continue
        ends = [one for one in (window.advised_by, window.closes_at) if one and one >= now]
        by = min(ends, default=None)
        if by is None or by > now + within:
            continue
        own = found.get(row.currency, Closing(row.currency, 0, Decimal(), by))
        found[row.currency] = Closing(
            row.currency, own.deductions + 1, own.amount + judged.in_question, min(own.by, by)
        )
    return [found[name] for name in sorted(found)]
