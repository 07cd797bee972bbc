"""Which payment a bank line is the money of: by reference and amount of itself, else a person says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import database_time, shop_of
from app.errors import FieldError, Refused
from app.inventory import discrepancies
from app.inventory.discrepancies import EVERYTHING, Finding
from app.inventory.kinds import Kind, register
from app.preferences import shop_preference
from app.vendor.bank import partings
from app.vendor.bank.tables import BankLine
from app.vendor.payments.tables import Remittance

NOT_IN_BANK, DIFFERENCE = "not_in_bank", "bank_difference"
LONGEST = 365
DAYS_BEFORE, DAYS_AFTER = 3, 10
"""A bank books from some days before Amazon's own day of payment to some days after it."""

register(
    Kind(
        NOT_IN_BANK,
        {"en": "Paid by Amazon, not in the bank", "zh-CN": "亚马逊已付款,银行未到账"},
        {
            "en": "Amazon says that it has paid, and no line of your bank statements shows it.",
            "zh-CN": "亚马逊称已付款,但您的银行对账单中没有相应记录。",
        },
        group="cash",
    ),
    Kind(
        DIFFERENCE,
        {"en": "Bank shows another amount", "zh-CN": "银行到账金额不同"},
        {
            "en": "What came in at the bank for a payment is not the amount that Amazon says.",
            "zh-CN": "该笔付款的银行到账金额与亚马逊所示金额不同。",
        },
        group="cash",
    ),
)

ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('bank', :shop))"
# A payment that came by file first has another key once Amazon's API shows it.
FOLLOW = """
UPDATE bank_line AS line SET payment_id = paper.payment_id
FROM remittance AS paper
WHERE line.shop_id = :shop AND paper.shop_id = :shop AND paper.region = line.region
  AND paper.number = line.payment_number AND paper.payment_id <> line.payment_id
  AND NOT EXISTS (SELECT FROM remittance AS same WHERE same.shop_id = :shop
      AND same.region = line.region AND same.payment_id = line.payment_id)
"""
LET_GO = """
UPDATE bank_line AS line SET region = NULL, payment_id = NULL, payment_number = NULL,
    matched_how = NULL, matched_by = NULL, matched_at = NULL
WHERE line.shop_id = :shop AND line.payment_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM remittance AS paper WHERE paper.shop_id = :shop
      AND paper.region = line.region AND paper.payment_id = line.payment_id
      AND paper.status <> 'FAILED'
      AND (line.matched_how = 'confirmed'
           OR (paper.amount, paper.currency) = (line.amount, line.currency)))
"""
PLAIN = "ltrim(regexp_replace(upper({}), '[^A-Z0-9]', '', 'g'), '0')"
NAMES = f"""
(SELECT DISTINCT line.bank_line_id, {PLAIN.format("said.word")} AS word
 FROM bank_line AS line CROSS JOIN LATERAL (
     SELECT jsonb_array_elements_text(line.named_numbers) AS word UNION SELECT line.end_to_end
 ) AS said
 WHERE line.shop_id = :shop AND line.payment_id IS NULL AND line.set_aside_at IS NULL
   AND said.word IS NOT NULL)
"""
FREE = """
paper.shop_id = :shop AND paper.status = 'SUCCESSFUL'
  AND NOT EXISTS (SELECT FROM bank_line AS other WHERE other.shop_id = :shop
      AND other.region = paper.region AND other.payment_id = paper.payment_id)
"""
# One line for one payment, and one payment for one line; where it is not so, a person says.
MATCH = f"""
WITH pair AS (
    SELECT line.bank_line_id, paper.region, paper.payment_id, paper.number,
           count(*) OVER (PARTITION BY line.bank_line_id) AS payments,
           count(*) OVER (PARTITION BY paper.region, paper.payment_id) AS lines
    FROM {NAMES} AS named
    JOIN bank_line AS line ON line.shop_id = :shop AND line.bank_line_id = named.bank_line_id
    JOIN remittance AS paper ON paper.currency = line.currency AND paper.amount = line.amount
        AND {PLAIN.format("paper.number")} = named.word
    WHERE named.word <> '' AND {FREE}
)
UPDATE bank_line AS line SET region = pair.region, payment_id = pair.payment_id,
    payment_number = pair.number, matched_how = 'reference', matched_by = 'system',
    matched_at = :now
FROM pair WHERE line.shop_id = :shop AND line.bank_line_id = pair.bank_line_id
  AND pair.payments = 1 AND pair.lines = 1
"""
SUGGESTED = f"""
SELECT line.bank_line_id, paper.region, paper.payment_id, paper.number, paper.paid_at,
       paper.amount, paper.currency, bool_or(named.word IS NOT NULL) AS by_reference
FROM bank_line AS line
JOIN remittance AS paper ON paper.currency = line.currency AND {FREE}
LEFT JOIN {NAMES} AS named ON named.bank_line_id = line.bank_line_id AND named.word <> ''
    AND named.word = {PLAIN.format("paper.number")}
WHERE line.shop_id = :shop AND line.bank_line_id = ANY(CAST(:ids AS integer[]))
  AND line.payment_id IS NULL AND line.set_aside_at IS NULL
  AND (named.word IS NOT NULL OR (paper.amount = line.amount
       AND line.booked_on BETWEEN paper.paid_at::date - :before AND paper.paid_at::date + :after))
GROUP BY line.bank_line_id, paper.region, paper.payment_id, paper.number, paper.paid_at,
         paper.amount, paper.currency, line.booked_on
ORDER BY line.bank_line_id, by_reference DESC, abs(paper.paid_at::date - line.booked_on),
         paper.payment_id
"""
# Only where statements in that currency were brought, from the day of their first line on.
MISSING = f"""
SELECT paper.region, paper.payment_id, paper.number, paper.amount, paper.currency, paper.paid_at
FROM remittance AS paper
WHERE {FREE} AND paper.amount > 0 AND paper.paid_at <= :before
  AND paper.paid_at::date >= (SELECT min(line.booked_on) FROM bank_line AS line
      WHERE line.shop_id = :shop AND line.currency = paper.currency)
"""
DIFFERENT = """
SELECT paper.region, paper.payment_id, paper.number, paper.currency,
       paper.amount - sum(line.amount) AS missing
FROM remittance AS paper JOIN bank_line AS line USING (shop_id, region, payment_id)
WHERE shop_id = :shop
GROUP BY paper.region, paper.payment_id, paper.number, paper.currency, paper.amount
HAVING sum(line.amount) <> paper.amount
"""


class Suggestion(NamedTuple):
    """A payment that a line may be the money of: its number is named, or its amount and day fit."""

    region: str
    payment_id: str
    number: str | None
    paid_at: datetime
    amount: Decimal
    currency: str
    by_reference: bool


def state(session: Session) -> None:
    """Matches what can be matched, and states what is not in the bank. Twice is as once."""
    asked: dict[str, Any] = {"shop": shop_of(session), "now": database_time()}
    session.flush()
    session.execute(text(ONE_AT_A_TIME), asked)
    session.execute(text(FOLLOW), asked)
    partings.keep(session)
    session.execute(text(LET_GO), asked)
    partings.tie_again(session)
    session.execute(text(MATCH), asked)
    for row in list(session.identity_map.values()):
        if isinstance(row, BankLine):
            session.expire(row)
    found = differences(session) + partings.standing(session)
    discrepancies.restate(session, {NOT_IN_BANK, DIFFERENCE, partings.PARTED}, EVERYTHING, found)


def differences(session: Session) -> list[Finding]:
    """Every payment that is not in the bank in time, or with another amount."""
    shop = {"shop": shop_of(session)}
    days = days_of(session)
    found = []
    if days is not None:
        before = database_time() - timedelta(days=days)
        for row in session.execute(text(MISSING), shop | {"before": before}):
            found.append(_finding(NOT_IN_BANK, row, row.amount))
    for row in session.execute(text(DIFFERENT), shop):
        found.append(_finding(DIFFERENCE, row, row.missing))
    return found


def _finding(kind: str, row: Any, amount: Decimal) -> Finding:
    return Finding(
        kind,
        f"{row.region}:{row.payment_id}",
        {"region": row.region, "payment": row.payment_id, "payment_number": row.number},
        amount=amount,
        currency=row.currency,
    )


def suggestions(session: Session, lines: Sequence[BankLine]) -> dict[int, list[Suggestion]]:
    """For each of these lines that is tied to nothing, the payments it may be, the likeliest first."""
    asked = {
        "shop": shop_of(session),
        "ids": [one.bank_line_id for one in lines],
        "before": DAYS_BEFORE,
        "after": DAYS_AFTER,
    }
    found: dict[int, list[Suggestion]] = {}
    for row in session.execute(text(SUGGESTED), asked):
        found.setdefault(row.bank_line_id, []).append(Suggestion(*row[1:]))
    return found


def confirm(session: Session, bank_line_id: int, region: str, payment_id: str, *, by: str) -> None:
    """A person says which payment a line is the money of; several lines may be of one payment.

    Raises Refused where the line is tied already, and where the payment is not there, failed or in
    another currency.
    """
    line = _locked(session, bank_line_id)
    if line.payment_id is not None:
        raise Refused("already_tied", "The line is tied to a payment; let it go first.", status=409)
    paper = session.get(Remittance, (shop_of(session), region, payment_id))
    if paper is None:
        raise Refused("not_found", "There is no such payment in this shop.", status=404)
    if paper.status == "FAILED" or paper.currency != line.currency:
        fix = f"choose a payment in {line.currency} that has not failed"
        raise Refused(
            "does_not_fit",
            "The line cannot be the money of this payment.",
            errors=[FieldError("payment_id", fix)],
        )
    line.region, line.payment_id, line.payment_number = region, payment_id, paper.number
    line.matched_how, line.matched_by, line.matched_at = "confirmed", by, datetime.now(UTC)
    line.set_aside_at = line.set_aside_by = None
    session.add(line)
    partings.forget(session, line.key)
    state(session)


def let_go(session: Session, bank_line_id: int) -> None:
    """Takes back that a line is tied, or set aside. What reference and amount say stays tied."""
    line = _locked(session, bank_line_id)
    line.region = line.payment_id = line.payment_number = None
    line.matched_how = line.matched_by = line.matched_at = None
    line.set_aside_at = line.set_aside_by = None
    session.add(line)
    partings.forget(session, line.key)
    state(session)


def set_aside(session: Session, bank_line_id: int, *, by: str) -> None:
    """A person says that a line is of none of the payments here. Raises Refused when it is tied."""
    line = _locked(session, bank_line_id)
    if line.payment_id is not None:
        raise Refused("already_tied", "The line is tied to a payment; let it go first.", status=409)
    line.set_aside_at, line.set_aside_by = datetime.now(UTC), by
    session.add(line)
    state(session)


def set_days(session: Session, days: int | None) -> None:
    """Says after how many days a payment that no line shows is named; None: never."""
    if days is not None and not 1 <= days <= LONGEST:
        wrong = FieldError("not_in_bank_after_days", f"give 1 to {LONGEST} days, or none")
        raise Refused("rule_refused", "The rule cannot be set so.", errors=[wrong])
    chosen = shop_preference(session)
    chosen.not_in_bank_after_days = days or 0
    session.add(chosen)
    session.flush()
    state(session)


def days_of(session: Session) -> int | None:
    """The rule as it is set."""
    return shop_preference(session).not_in_bank_after_days or None


def _locked(session: Session, bank_line_id: int) -> BankLine:
    session.execute(text(ONE_AT_A_TIME), {"shop": shop_of(session)})
    line = session.exec(
        select(BankLine)
        .where(BankLine.shop_id == shop_of(session), col(BankLine.bank_line_id) == bank_line_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if line is None:
        raise Refused("not_found", "There is no such bank line in this shop.", status=404)
    return line
