"""Entries: one of each invoice and of each payment, in one currency, debits equal to credits.

An invoice makes what Amazon owes, revenue and its tax. A payment settles what is owed, and carries
what Amazon has taken off or given back in it (claims, chargebacks, co-op, discounts, provisions),
each as a part of its own; so nothing is in two entries. What a payment's lines do not explain goes
to the part `difference`, never to another one. A payment in another currency than its invoices makes
two entries, which meet in the part `clearing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.errors import FieldError, Refused
from app.inventory.futures import zone_of

PARTS = (
    "receivable",
    "revenue",
    "tax",
    "bank",
    "clearing",
    "quick_pay",
    "withholding",
    "shortage_claim",
    "price_claim",
    "chargeback",
    "co_op",
    "return",
    "price_protection",
    "provision",
    "unknown",
    "difference",
)
SAME = {"shortage_repaid": "shortage_claim", "provision_reversed": "provision"}
# ISO 4217: how many decimals a currency's amounts have; all others that Amazon pays in have two.
DECIMALS = {"JPY": 0}
MOST_PAPERS = 20_000

INVOICES = """
SELECT invoice_id, number, type, currency, total, coalesce(tax_total, 0) AS tax,
       (dated_at AT TIME ZONE :zone)::date AS day
FROM invoice
WHERE shop_id = :shop AND number IS NOT NULL AND total IS NOT NULL
  AND state NOT IN ('draft', 'waiting', 'failed', 'cancelled')
  AND (dated_at AT TIME ZONE :zone)::date BETWEEN :since AND :until
  AND (CAST(:currency AS text) IS NULL OR currency = :currency)
ORDER BY day, invoice_id LIMIT :most
"""
# A line is about what the deductions made of it, by its number or by Amazon's own words.
PAYMENTS = """
SELECT paper.region, paper.payment_id, coalesce(paper.number, paper.payment_id) AS number,
       (paper.paid_at AT TIME ZONE :zone)::date AS day,
       paper.amount, paper.currency, paper.invoice_amount, paper.invoice_currency,
       lines.currency AS line_currency, lines.kind, lines.paid, lines.discount, lines.withheld
FROM remittance AS paper
LEFT JOIN LATERAL (
    SELECT line.currency, coalesce(folded.kind, line.kind) AS kind, sum(line.paid) AS paid,
           sum(coalesce(line.discount, 0)) AS discount,
           sum(coalesce(line.withheld, 0)) AS withheld
    FROM remittance_line AS line
    LEFT JOIN LATERAL (
        SELECT deduction.kind FROM deduction
        WHERE deduction.shop_id = :shop AND deduction.region = line.region
          AND deduction.kind NOT IN ('quick_pay', 'withholding')
          AND deduction.steps @> jsonb_build_array(jsonb_build_object(
              'payment_id', line.payment_id, 'position', line.position))
        LIMIT 1
    ) AS folded ON true
    WHERE line.shop_id = :shop AND line.region = paper.region
      AND line.payment_id = paper.payment_id
    GROUP BY 1, 2
) AS lines ON true
WHERE paper.shop_id = :shop AND paper.status = 'SUCCESSFUL'
  AND (paper.paid_at AT TIME ZONE :zone)::date BETWEEN :since AND :until
ORDER BY day, paper.region, paper.payment_id, lines.currency, lines.kind LIMIT :most
"""
CURRENCIES = """
SELECT currency FROM invoice WHERE shop_id = :shop AND number IS NOT NULL
UNION SELECT currency FROM remittance WHERE shop_id = :shop
UNION SELECT invoice_currency FROM remittance
WHERE shop_id = :shop AND invoice_currency IS NOT NULL ORDER BY 1
"""


@dataclass(frozen=True)
class Leg:
    """One line of an entry: a part, and its amount; debits are above zero, credits below."""

    part: str
    amount: Decimal


@dataclass(frozen=True)
class Entry:
    """One entry in one currency; its legs add up to zero."""

    number: str
    day: date
    currency: str
    kind: Literal["invoice", "credit_note", "payment", "correction"]
    path: str
    legs: tuple[Leg, ...]


@dataclass(frozen=True)
class PaidPart:
    """All lines of one payment that are of one kind, in one currency."""

    currency: str
    kind: str
    paid: Decimal
    discount: Decimal
    withheld: Decimal


def entries(
    session: Session, since: date, until: date, currency: str | None = None
) -> Iterator[Entry]:
    """Every entry of these days of the shop's zone (both included), invoices first.

    Raises Refused("too_many_papers") for more than 20,000 at once: cut short, books would be wrong.
    """
    asked = {
        "shop": shop_of(session),
        "zone": zone_of(session).key,
        "since": since,
        "until": until,
        "currency": currency,
        "most": MOST_PAPERS + 1,
    }
    for row in _all(session, INVOICES, asked):
        yield of_invoice(
            row.invoice_id, row.number, row.type, row.day, row.currency, row.total, row.tax
        )
    papers: dict[tuple[str, str], list[Any]] = {}
    for row in _all(session, PAYMENTS, asked):
        papers.setdefault((row.region, row.payment_id), []).append(row)
    for (region, payment_id), rows in papers.items():
        first = rows[0]
        for entry in of_payment(
            first.number,
            first.day,
            f"/invoices/payments/{region}/{payment_id}",
            {
                first.currency: first.amount,
                **(
                    {first.invoice_currency: first.invoice_amount}
                    if first.invoice_currency and first.invoice_amount is not None
                    else {}
                ),
            },
            first.currency,
            [
                PaidPart(row.line_currency, row.kind, row.paid, row.discount, row.withheld)
                for row in rows
                if row.line_currency is not None
            ],
        ):
            if currency is None or entry.currency == currency:
                yield entry


def _all(session: Session, statement: str, asked: Mapping[str, Any]) -> Sequence[Any]:
    rows = session.execute(text(statement), asked).all()
    if len(rows) > MOST_PAPERS:
        raise Refused(
            "too_many_papers",
            f"These days have more than {MOST_PAPERS} papers.",
            status=422,
            errors=[FieldError("to_day", "choose fewer days")],
        )
    return rows


def currencies(session: Session) -> list[str]:
    """The currencies in which this shop has papers."""
    return list(session.execute(text(CURRENCIES), {"shop": shop_of(session)}).scalars())


def of_invoice(
    invoice_id: int,
    number: str,
    kind: str,
    day: date,
    currency: str,
    total: Decimal,
    tax: Decimal,
) -> Entry:
    """What Amazon owes by an invoice. A credit note's amounts are below zero, or its type says so."""
    is_credit = kind != "Invoice"
    sign = -1 if is_credit and total > 0 else 1
    whole, taxed = rounded(total * sign, currency), rounded(tax * sign, currency)
    return Entry(
        f"I-{number}",
        day,
        currency,
        "credit_note" if is_credit else "invoice",
        f"/invoices/{invoice_id}",
        legs_of({"receivable": whole, "tax": -taxed, "revenue": taxed - whole}),
    )


def of_payment(
    number: str,
    day: date,
    path: str,
    stated: Mapping[str, Decimal],
    bank_currency: str,
    lines: Iterable[PaidPart],
) -> Iterator[Entry]:
    """What a payment settles, takes off and gives back, an entry for each of its currencies.

    `stated` is what the payment says it is in each; the bank gets it in `bank_currency`.
    """
    parts: dict[str, dict[str, Decimal]] = {one: {} for one in stated}
    for line in lines:
        own = parts.setdefault(line.currency, {})
        gross = line.paid + line.discount + line.withheld
        part = SAME.get(line.kind, line.kind)
        _add(own, "receivable" if part == "invoice" else part, -gross)
        _add(own, "quick_pay", line.discount)
        _add(own, "withholding", line.withheld)
    others = [one for one in parts if one != bank_currency]
    for currency, own in parts.items():
        received = stated.get(currency, Decimal(0))
        if currency == bank_currency:
            _add(own, "bank", received)
            if others and not any(one.currency == currency for one in lines):
                # All of it came for papers in another currency.
                _add(own, "clearing", -received)
        else:
            _add(own, "clearing", received)
        legs = {part: rounded(amount, currency) for part, amount in own.items()}
        _add(legs, "difference", -sum(legs.values(), Decimal(0)))
        made = legs_of(legs)
        if made:
            name = f"P-{number}" if len(parts) == 1 else f"P-{number}-{currency}"
            yield Entry(name, day, currency, "payment", path, made)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the smallest coin of the currency, halves away from zero."""
    unit = Decimal(1).scaleb(-DECIMALS.get(currency, 2))
    return amount.quantize(unit, rounding=ROUND_HALF_UP)


def _add(parts: dict[str, Decimal], part: str, amount: Decimal) -> None:
    parts[part] = parts.get(part, Decimal(0)) + amount


def legs_of(parts: Mapping[str, Decimal]) -> tuple[Leg, ...]:
    """Debits before credits, in the order of the parts; what is nothing is left out."""
    found = [Leg(part, amount) for part, amount in parts.items() if amount]
    return tuple(sorted(found, key=lambda leg: (leg.amount < 0, PARTS.index(leg.part))))
