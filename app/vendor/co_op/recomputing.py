"""Each co-op charge recomputed from its agreement: base of its days times the rate, to the cent.

Which agreement a charge is about is what a person confirmed; else it is suggested, where its number
begins as one agreement's does and no other's, for the last whole period before it was taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.vendor.co_op.tables import CoOpAgreement, CoOpCharge
from app.vendor.deductions.tables import Deduction
from app.vendor.disputes.rulebook import tolerance_of
from app.vendor.each_cost import EACH_COST

CENT = Decimal("0.01")
MONTHS = {"month": 1, "quarter": 3, "year": 12}

# Units that Amazon counted in between, at what it pays for them: its totals only grow late or shrink
# when it corrects them, so the newest total before each end counts.
RECEIPTS = """
WITH ours AS (
    SELECT line.region, line.number, line.line,
           {each_cost} AS cost
    FROM purchase_order_line AS line JOIN purchase_order AS paper USING (shop_id, region, number)
    LEFT JOIN vendor_code AS code ON code.shop_id = paper.shop_id AND code.region = paper.region
        AND code.code = paper.vendor_code
    WHERE line.shop_id = :shop AND line.region = :region AND line.cost_currency = :currency
      AND (CAST(:vendor_code AS text) IS NULL OR paper.vendor_code = :vendor_code)
), counted AS (
    SELECT number, line, total, coalesce(last_received_at, observed_at) AS at, observed_at
    FROM receipt WHERE shop_id = :shop AND region = :region
      AND coalesce(last_received_at, observed_at) < :until
), ends AS (
    SELECT number, line,
           (array_agg(total ORDER BY at DESC, observed_at DESC))[1] AS after,
           coalesce((array_agg(total ORDER BY at DESC, observed_at DESC)
               FILTER (WHERE at < :since))[1], 0) AS before
    FROM counted GROUP BY number, line
)
SELECT coalesce(sum((ends.after - ends.before) * ours.cost), 0) AS amount,
       coalesce(sum(ends.after - ends.before), 0) AS units,
       coalesce(bool_or(ends.after <> ends.before AND ours.cost IS NULL), false) AS is_unknown
FROM ends JOIN ours USING (number, line)
""".format(each_cost=EACH_COST.format(line="line", code="code"))
# A return is of the day that an export of returns says, else of the payment that took it. Of an
# agreement of one vendor code only what is known to be of that code counts: never guessed.
RETURNED = """
SELECT coalesce(sum(own.taken - own.recovered), 0) FROM deduction AS own
LEFT JOIN LATERAL (
    SELECT min(paper.vendor_code) AS vendor_code FROM claim_paper AS paper
    WHERE paper.shop_id = own.shop_id AND paper.region = own.region AND paper.kind = 'return'
      AND own.reference IN (paper.base, paper.invoice_number)
    HAVING count(DISTINCT paper.vendor_code) = 1
) AS said ON true
LEFT JOIN invoice ON invoice.shop_id = own.shop_id AND invoice.region = own.region
    AND invoice.number = own.invoice_number
LEFT JOIN purchase_order AS paper ON paper.shop_id = own.shop_id AND paper.region = own.region
    AND paper.number = own.purchase_order
WHERE own.shop_id = :shop AND own.region = :region AND own.currency = :currency
  AND own.kind = 'return' AND coalesce(own.notified_at, own.first_at) >= :since
  AND coalesce(own.notified_at, own.first_at) < :until
  AND (CAST(:vendor_code AS text) IS NULL
       OR coalesce(said.vendor_code, invoice.vendor_code, paper.vendor_code) = :vendor_code)
"""
INVOICED = """
SELECT coalesce(sum(CASE type WHEN 'Invoice' THEN items_total ELSE -items_total END), 0)
FROM invoice
WHERE shop_id = :shop AND region = :region AND currency = :currency
  AND state IN ('sent', 'accepted', 'landed')
  AND (CAST(:vendor_code AS text) IS NULL OR vendor_code = :vendor_code)
  AND dated_at >= :since AND dated_at < :until
"""
AGREEMENTS_NAMED = """
SELECT DISTINCT invoice.number, named.value FROM finance_invoice AS invoice
CROSS JOIN LATERAL jsonb_array_elements_text(
    CASE WHEN jsonb_typeof(related -> 'AGREEMENT_IDS') = 'array'
         THEN related -> 'AGREEMENT_IDS' ELSE '[]' END) AS named
WHERE shop_id = :shop AND invoice.number = ANY(:numbers)
"""


@dataclass(frozen=True)
class Recomputed:
    """One charge against its agreement. `over` is what was charged beyond it, negative if less.

    `verdict`: agreed, over, under, no_agreement, or cost_unknown where it is not known what an each of
    something received costs, so that there is no base to recompute from.
    """

    row: Deduction
    agreement: CoOpAgreement | None
    confirmed: bool
    from_day: date | None
    to_day: date | None
    units: int | None
    base: Decimal | None
    expected: Decimal | None
    charged: Decimal
    over: Decimal | None
    verdict: str

    @property
    def wrong(self) -> Decimal:
        """What was charged beyond the agreement, if that is more than is let pass."""
        return self.over if self.verdict == "over" and self.over is not None else Decimal(0)


def recompute(session: Session, rows: Sequence[Deduction]) -> list[Recomputed]:
    """Judges deductions of the kind `co_op`, in their order."""
    shop_id = shop_of(session)
    agreements = list(
        session.exec(
            select(CoOpAgreement)
            .where(CoOpAgreement.shop_id == shop_id)
            .order_by(col(CoOpAgreement.agreement_id))
        )
    )
    confirmed = {
        (one.region, one.reference, one.currency): one
        for one in session.exec(
            select(CoOpCharge).where(
                CoOpCharge.shop_id == shop_id,
                col(CoOpCharge.reference).in_(sorted({row.reference for row in rows})),
            )
        )
    }
    asked = {"shop": shop_id, "numbers": sorted({row.reference for row in rows})}
    named: dict[str, set[str]] = {}
    for number, agreement in session.execute(text(AGREEMENTS_NAMED), asked):
        named.setdefault(number, set()).add(agreement)
    return [
        _recompute(
            session,
            row,
            agreements,
            confirmed.get((row.region, row.reference, row.currency)),
            named.get(row.reference, set()),
        )
        for row in rows
    ]


def _recompute(
    session: Session,
    row: Deduction,
    agreements: Sequence[CoOpAgreement],
    said: CoOpCharge | None,
    named: set[str],
) -> Recomputed:
    charged = row.taken - row.recovered
    if said is not None:
        agreement = next(one for one in agreements if one.agreement_id == said.agreement_id)
        days = said.from_day, said.to_day
    else:
        fitting = [one for one in agreements if _fits(row, one, named)]
        if len(fitting) != 1:
            return Recomputed(
                row, None, False, None, None, None, None, None, charged, None, "no_agreement"
            )
        agreement = fitting[0]
        days = last_period(row.first_at, agreement.period)
    units, base = base_of(session, agreement, *days)
    if base is None:
        return Recomputed(
            row,
            agreement,
            said is not None,
            *days,
            units,
            None,
            None,
            charged,
            None,
            "cost_unknown",
        )
    if agreement.base == "fixed":
        expected = agreement.amount or Decimal(0)
    else:
        expected = (base * (agreement.rate or 0)).quantize(CENT, ROUND_HALF_UP)
    over = charged - expected
    passes = max(CENT, expected * tolerance_of("co_op"))
    verdict = "agreed" if abs(over) <= passes else "over" if over > 0 else "under"
    return Recomputed(
        row, agreement, said is not None, *days, units, base, expected, charged, over, verdict
    )


def _fits(row: Deduction, agreement: CoOpAgreement, named: set[str]) -> bool:
    day = row.first_at.astimezone(UTC).date()
    return (
        agreement.region == row.region
        and agreement.currency == row.currency
        and agreement.funding == "deducted"
        and bool(agreement.number)
        and (row.reference.startswith(agreement.number) or agreement.number in named)
        and agreement.starts_on <= day
        and (
            agreement.ends_on is None
            or last_period(row.first_at, agreement.period)[0] <= agreement.ends_on
        )
    )


def last_period(at: datetime, period: str) -> tuple[date, date]:
    """The first and last day of the last whole month, quarter or year before this moment, in UTC."""
    day = at.astimezone(UTC).date()
    length = MONTHS[period]
    this = date(day.year, (day.month - 1) // length * length + 1, 1)
    end = this - timedelta(days=1)
    start = date(end.year, (end.month - 1) // length * length + 1, 1)
    return start, end


def base_of(
    session: Session, agreement: CoOpAgreement, from_day: date, to_day: date
) -> tuple[int | None, Decimal | None]:
    """Units (where they count) and amount that an agreement's rate is of, both days included.

    No amount where something was received of which it is not known what an each costs.
    """
    since = datetime(from_day.year, from_day.month, from_day.day, tzinfo=UTC)
    after = to_day + timedelta(days=1)
    asked = {
        "shop": shop_of(session),
        "region": agreement.region,
        "currency": agreement.currency,
        "vendor_code": agreement.vendor_code,
        "since": since,
        "until": datetime(after.year, after.month, after.day, tzinfo=UTC),
    }
    if agreement.base == "fixed":
        return None, Decimal(0)
    returned = Decimal(0)
    if agreement.base in ("net_receipts", "net_sales"):
        returned = session.execute(text(RETURNED), asked).scalar_one()
    if agreement.base in ("invoiced", "net_sales"):
        return None, Decimal(session.execute(text(INVOICED), asked).scalar_one()) - returned
    amount, units, is_unknown = session.execute(text(RECEIPTS), asked).one()
    if is_unknown:
        return int(units), None
    return int(units), Decimal(amount) - returned
