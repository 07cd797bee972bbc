"""What an invoice comes to: the one rounding there is, line by line.

Each line's amount, and each line's tax, is rounded once to the currency's smallest coin, half away
from zero; every total is a sum of those and never rounded again. So header and lines always agree,
as Amazon demands (vendor guide, payments: header tax is the sum of line taxes).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

# ISO 4217 minor units of currencies of Amazon's marketplaces; all others have two.
WITHOUT_COINS = ("JPY",)
COST_DIGITS = Decimal("0.0001")


@dataclass(frozen=True)
class Amounts:
    """A line's money, in the invoice's currency."""

    amount: Decimal
    tax: Decimal


@dataclass(frozen=True)
class Totals:
    """An invoice's money. `total` is what `invoiceTotal` says."""

    items: Decimal
    tax: Decimal
    total: Decimal
    charges: Decimal = Decimal()


def step_of(currency: str) -> Decimal:
    """The currency's smallest coin."""
    return Decimal(1) if currency in WITHOUT_COINS else Decimal("0.01")


def rounded(value: Decimal, currency: str) -> Decimal:
    """The value in the currency's smallest coin, halves away from zero."""
    return value.quantize(step_of(currency), rounding=ROUND_HALF_UP)


def written(amount: Decimal, currency: str) -> str:
    """The amount with the currency's digits, and with more only where there are more."""
    digits = 0 if currency in WITHOUT_COINS else 2
    plain = amount.normalize()
    exponent = plain.as_tuple().exponent
    has_more = isinstance(exponent, int) and -exponent > digits
    return f"{plain:f}" if has_more else f"{amount:.{digits}f}"


@dataclass(frozen=True)
class Costing:
    """How one line is costed: what it was ordered in, and what its cost is the cost of."""

    case_size: int
    cost_basis: str
    currency: str

    def in_cases(self, units: int) -> bool:
        """Whether so many eaches are sent as cases: only whole ones can be."""
        return self.case_size > 1 and units % self.case_size == 0

    def net_cost(self, cost: Decimal, units: int) -> Decimal:
        """The `netCost` as sent; a broken case is sent in eaches, at a part of the case's cost."""
        if self.cost_basis == "case" and not self.in_cases(units):
            return (cost / self.case_size).quantize(COST_DIGITS, rounding=ROUND_HALF_UP)
        return cost

    def amount(self, cost: Decimal, units: int) -> Decimal:
        """What so many eaches come to, rounded once, from the very numbers that are sent."""
        times = units
        if self.cost_basis == "case" and self.in_cases(units):
            times = units // self.case_size
        return rounded(self.net_cost(cost, units) * times, self.currency)


def amounts(
    amount: Decimal, tax_rate: Decimal, currency: str, *, in_halves: bool = False
) -> Amounts:
    """A line's amount with its tax at this rate (0.19 for 19 %).

    `in_halves`: two taxes at half the rate each, rounded each by itself, as India's within a state.
    """
    if in_halves:
        return Amounts(amount, 2 * rounded(amount * tax_rate / 2, currency))
    return Amounts(amount, rounded(amount * tax_rate, currency))


def totals(
    lines: Iterable[Amounts], charges: Iterable[Amounts] = (), *, tax_in_total: bool
) -> Totals:
    """The sums of these lines and charges (allowances below zero), tax of both together.

    Whether tax is part of the total is the vendor code's own rule.
    """
    extra = list(charges)
    added = sum((one.amount for one in extra), Decimal())
    each = list(lines)
    items = sum((line.amount for line in each), Decimal())
    tax = sum((one.tax for one in [*each, *extra]), Decimal())
    net = items + added
    return Totals(items, tax, net + tax if tax_in_total else net, added)
