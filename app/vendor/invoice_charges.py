"""Charges and allowances of a whole invoice: freight, packing, discounts and the like.

They stand at the head of the invoice (vendorInvoices, `chargeDetails` and `allowanceDetails`). As
the match follows money line by line, each line also keeps its share of them, in whole coins, so
that lines and invoice add up to the cent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, NamedTuple, get_args

from app.vendor.invoice_amounts import amounts, rounded, step_of

ChargeType = Literal[
    "Freight",
    "Packing",
    "Duty",
    "Service",
    "SmallOrder",
    "InsurancePlacementCost",
    "InsuranceFee",
    "SpecialHandlingService",
    "CollectionAndRecyclingService",
    "EnvironmentalProtectionService",
    "TaxCollectedAtSource",
]
AllowanceType = Literal[
    "Discount", "DiscountIncentive", "Defective", "Promotional", "UnsaleableMerchandise", "Special"
]
ALLOWANCES: tuple[str, ...] = get_args(AllowanceType)


class Charge(NamedTuple):
    """One charge or allowance, before tax and above zero; an allowance is taken off."""

    type: str
    amount: Decimal
    tax_rate: Decimal
    tax: Decimal
    description: str | None = None

    @property
    def is_allowance(self) -> bool:
        """Whether it is taken off."""
        return self.type in ALLOWANCES

    @property
    def signed(self) -> tuple[Decimal, Decimal]:
        """What it adds to the invoice before tax, and of tax."""
        return (-self.amount, -self.tax) if self.is_allowance else (self.amount, self.tax)


def taxed(
    said: Sequence[Mapping[str, Any]], tax_rate: Decimal, currency: str, *, in_halves: bool
) -> list[dict[str, Any]]:
    """Charges as they are kept, each with its tax at this rate; collected tax is not taxed again."""
    kept = []
    for one in said:
        rate = Decimal() if one["type"] == "TaxCollectedAtSource" else tax_rate
        own = amounts(
            rounded(Decimal(one["amount"]), currency), rate, currency, in_halves=in_halves
        )
        kept.append(
            {
                "type": one["type"],
                "description": one.get("description"),
                "amount": f"{own.amount:f}",
                "tax_rate": f"{rate.normalize():f}",
                "tax": f"{own.tax:f}",
            }
        )
    return kept


def charges_of(kept: Sequence[Mapping[str, Any]] | None) -> list[Charge]:
    """The charges of an invoice, as kept."""
    return [
        Charge(
            one["type"],
            Decimal(one["amount"]),
            Decimal(one.get("tax_rate") or 0),
            Decimal(one.get("tax") or 0),
            one.get("description"),
        )
        for one in kept or ()
    ]


def shares(whole: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """An amount shared out by these weights in whole coins; the parts add up to it.

    What is left over goes to the largest remainders, the first of equals.
    """
    step = step_of(currency)
    coins = int(abs(whole) / step)
    total = sum(weights, Decimal())
    if not weights:
        return []
    if total == 0:
        weights, total = [Decimal(1)] * len(weights), Decimal(len(weights))
    exact = [coins * weight / total for weight in weights]
    given = [int(one) for one in exact]
    by_rest = sorted(range(len(weights)), key=lambda index: (given[index] - exact[index], index))
    for index in by_rest[: coins - sum(given)]:
        given[index] += 1
    sign = -1 if whole < 0 else 1
    return [sign * step * one for one in given]
