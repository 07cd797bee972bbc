"""Rates of exchange: said by a person for a day, or paid by Amazon on one. Always shown, never mixed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session, col, delete, select

from app.db import shop_of
from app.errors import FieldError, Refused
from app.vendor.cash.tables import ExchangeRate

PLACES = Decimal("0.00000001")
OLDEST = 400
"""Days after which a rate says nothing any more."""

# Amazon does not say which way round its exchangeRate is, so the two amounts it states are divided.
PAID = """
SELECT DISTINCT ON (invoice_currency, currency) invoice_currency AS base, currency AS quote,
       amount / invoice_amount AS rate, paid_at, payment_id, number, region
FROM remittance
WHERE shop_id = :shop AND status = 'SUCCESSFUL' AND invoice_amount > 0 AND amount > 0
  AND invoice_currency <> currency AND paid_at <= :until AND paid_at > :since
  AND ((invoice_currency = ANY(:bases) AND currency = :quote)
       OR (invoice_currency = :quote AND currency = ANY(:bases)))
ORDER BY invoice_currency, currency, paid_at DESC
"""
SAID = """
SELECT DISTINCT ON (base, quote) base, quote, rate, day, source FROM exchange_rate
WHERE shop_id = :shop AND day <= :day AND day > :oldest
  AND ((base = ANY(:bases) AND quote = :quote) OR (base = :quote AND quote = ANY(:bases)))
ORDER BY base, quote, day DESC
"""


@dataclass(frozen=True)
class Rate:
    """What one unit of `base` is worth in `quote`; `payment_id` where Amazon paid at it."""

    base: str
    quote: str
    rate: Decimal
    day: date
    source: str
    region: str | None = None
    payment_id: str | None = None

    def turned(self) -> Rate:
        """The other way round."""
        other = (1 / self.rate).quantize(PLACES)
        return Rate(
            self.quote, self.base, other, self.day, self.source, self.region, self.payment_id
        )


def newest(
    session: Session, bases: Collection[str], quote: str, moment: datetime
) -> dict[str, Rate]:
    """For each of these currencies the newest rate of that moment or before, if any is known.

    The rate of the newest day is taken; on the same day what a person said goes before a payment.
    """
    day = moment.astimezone(UTC).date()
    asked = {"shop": shop_of(session), "bases": sorted(set(bases) - {quote}), "quote": quote}
    found: dict[str, Rate] = {}
    since = datetime.fromordinal(day.toordinal() - OLDEST).replace(tzinfo=UTC)
    for row in session.execute(text(PAID), {**asked, "until": moment, "since": since}):
        paid_on = row.paid_at.astimezone(UTC).date()
        name = row.number or row.payment_id
        rate = Decimal(row.rate).quantize(PLACES)
        _take(
            found, Rate(row.base, row.quote, rate, paid_on, name, row.region, row.payment_id), quote
        )
    oldest = date.fromordinal(day.toordinal() - OLDEST)
    for row in session.execute(text(SAID), {**asked, "day": day, "oldest": oldest}):
        _take(found, Rate(row.base, row.quote, row.rate, row.day, row.source), quote)
    return found


def _take(found: dict[str, Rate], rate: Rate, quote: str) -> None:
    one = rate if rate.quote == quote else rate.turned()
    known = found.get(one.base)
    if known is None or one.day >= known.day:
        found[one.base] = one


def said(session: Session) -> list[ExchangeRate]:
    """Every rate that people of this shop have said, the newest day first."""
    return list(
        session.exec(
            select(ExchangeRate)
            .where(ExchangeRate.shop_id == shop_of(session))
            .order_by(col(ExchangeRate.day).desc(), col(ExchangeRate.base), col(ExchangeRate.quote))
            .limit(500)
        )
    )


def say(
    session: Session, base: str, quote: str, day: date, rate: Decimal, source: str, *, by: str
) -> ExchangeRate:
    """Keeps a rate of a day in place of what was said of it. Raises Refused 422."""
    errors = []
    if base == quote:
        errors.append(FieldError("quote", "name another currency than the first"))
    if day > datetime.now(UTC).date():
        errors.append(FieldError("day", "a rate of a day to come is not known yet"))
    if not 0 < rate < Decimal(10) ** 8:
        errors.append(FieldError("rate", "give what one unit of the first is worth, above zero"))
    if errors:
        raise Refused("rate_refused", "This cannot be a rate of exchange.", errors=errors)
    return session.merge(
        ExchangeRate(
            shop_id=shop_of(session),
            base=base,
            quote=quote,
            day=day,
            rate=rate,
            source=source,
            by=by,
        )
    )


def forget(session: Session, base: str, quote: str, day: date) -> None:
    """Takes back what was said of a day. Raises Refused 404."""
    gone = session.exec(
        delete(ExchangeRate).where(
            col(ExchangeRate.shop_id) == shop_of(session),
            col(ExchangeRate.base) == base,
            col(ExchangeRate.quote) == quote,
            col(ExchangeRate.day) == day,
        )
    )
    if gone.rowcount == 0:
        raise Refused("not_found", "No such rate was said.", status=404)
