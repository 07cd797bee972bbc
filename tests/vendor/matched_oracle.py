"""The match in plain Python, paper by paper: what the product's statements are held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from app.vendor.payments.references import Reference, reference

CENT = Decimal("0.01")
Named = Mapping[str, Sequence[tuple[int, int]]]
"""By invoice and line: units that finance has not matched, and cents of its price's variance."""
CLAIMS = {
    "shortage_claim": "shortage",
    "shortage_repaid": "shortage",
    "price_claim": "price",
    "chargeback": "chargeback",
}
PIECES = ("discounts", "deducted", "recovered", "provision", "outstanding")


@dataclass(frozen=True)
class Bill:
    """An invoice or credit note: its lines are (line, eaches, cents each)."""

    number: str
    lines: tuple[tuple[str, int, int], ...]
    is_credit: bool = False
    is_void: bool = False

    @property
    def amounts(self) -> list[Decimal]:
        sign = 0 if self.is_void else -1 if self.is_credit else 1
        return [sign * Decimal(units * cents) / 100 for _, units, cents in self.lines]


@dataclass(frozen=True)
class Payment:
    """A payment: its lines are (as Amazon writes it, cents paid, cents of discount)."""

    number: str
    lines: tuple[tuple[str, int, int], ...]
    status: str = "SUCCESSFUL"
    currency: str = "USD"


def invoices(
    bills: Sequence[Bill], payments: Sequence[Payment], confirmed: tuple[str, int, str] | None
) -> dict[str, dict[str, Decimal]]:
    """Invoice by number, and where its money is. `confirmed`: the first line of the first payment, as
    long as it says this of so many cents, pays the invoice of this number."""
    ours = {bill.number for bill in bills}
    found = {}
    for bill in bills:
        told = dict.fromkeys(
            ("remitted", "quick_pay", "shortage", "price", "chargeback", "other_deducted")
            + ("recovered", "shortage_recovered", "price_recovered", "provision"),
            Decimal(0),
        )
        for payment in payments:
            if payment.status != "SUCCESSFUL" or payment.currency != "USD":
                continue
            for place, (written, paid, discount) in enumerate(payment.lines):
                about = reference(written, is_ours=written in ours)
                is_first = payment.number == "P1" and place == 0 and not discount
                if confirmed and is_first and (written, paid) == confirmed[:2]:
                    about = Reference("invoice", confirmed[2])
                if about.number != bill.number:
                    continue
                amount = Decimal(paid) / 100
                told["quick_pay"] += Decimal(discount) / 100
                if about.kind == "invoice":
                    told["remitted"] += amount
                elif about.kind.startswith("provision"):
                    told["provision"] -= amount
                elif amount < 0:
                    told[CLAIMS.get(about.kind, "other_deducted")] -= amount
                else:
                    told["recovered"] += amount
                    if about.kind.startswith("shortage"):
                        told["shortage_recovered"] += amount
                    if about.kind == "price_claim":
                        told["price_recovered"] += amount
        total = sum(bill.amounts, Decimal())
        rest = total - told["remitted"] - told["quick_pay"]
        is_open = not bill.is_void and rest * total > 0
        taken = told["shortage"] + told["price"] + told["chargeback"] + told["other_deducted"]
        found[bill.number] = told | {
            "total": total,
            "paid": told["remitted"] - taken + told["recovered"] - told["provision"],
            "open": rest if is_open else Decimal(0),
            "unexplained": Decimal(0) if is_open else rest,
        }
    return found


def lines(
    bills: Sequence[Bill], money: Mapping[str, Mapping[str, Decimal]], named: Named
) -> tuple[dict[str, dict[str, Decimal]], dict[str, tuple[Decimal, Decimal]]]:
    """Money of each order line, by line, and of each invoice what of it is deducted and recovered on
    no line."""
    found: dict[str, dict[str, Decimal]] = {}
    unplaced = {}
    for bill in bills:
        told = money[bill.number]
        weights = [units * cents for _, units, cents in bill.lines]
        said = named.get(bill.number) or [(0, 0)] * len(weights)
        short = [
            min(missing, units) * cents
            for (_, units, cents), (missing, _) in zip(bill.lines, said, strict=True)
        ]
        dear = [variance for _, variance in said]
        others = told["chargeback"] + told["other_deducted"]
        others_back = told["recovered"] - told["shortage_recovered"] - told["price_recovered"]
        none = [0] * len(weights)
        deducted = [
            on_lines(told["shortage"], short),
            on_lines(told["price"], dear),
            on_lines(others, none),
        ]
        recovered = [
            on_lines(told["shortage_recovered"], short),
            on_lines(told["price_recovered"], dear),
            on_lines(others_back, none),
        ]
        shares = {
            "discounts": shared(told["quick_pay"], weights),
            "provision": shared(told["provision"], weights),
            "outstanding": shared(told["open"], weights),
            "deducted": [sum(each, Decimal()) for each in zip(*deducted, strict=True)],
            "recovered": [sum(each, Decimal()) for each in zip(*recovered, strict=True)],
        }
        taken = told["shortage"] + told["price"] + others
        unplaced[bill.number] = (
            taken - sum(shares["deducted"], Decimal()),
            told["recovered"] - sum(shares["recovered"], Decimal()),
        )
        for place, ((line, _, _), amount) in enumerate(zip(bill.lines, bill.amounts, strict=True)):
            row = found.setdefault(line, dict.fromkeys(("invoiced", "paid", *PIECES), Decimal(0)))
            own = {name: shares[name][place] for name in PIECES}
            row["invoiced"] += amount
            row["paid"] += (
                amount - own["discounts"] - own["deducted"] + own["recovered"] - own["provision"]
                - own["outstanding"]
            )  # fmt: skip
            for name in PIECES:
                row[name] += own[name]
    return found, unplaced


def on_lines(amount: Decimal, named: Sequence[int]) -> list[Decimal]:
    """What is claimed, on the only line there is or the lines that finance names; else on none."""
    cents, whole = int(amount * 100), sum(named)
    if len(named) == 1:
        return [amount]
    if sum(1 for one in named if one) == 1:
        return [amount if one else Decimal(0) for one in named]
    if whole and cents % whole == 0:
        return [Decimal(one * (cents // whole)) / 100 for one in named]
    return [Decimal(0)] * len(named)


def shared(amount: Decimal, weights: Sequence[int]) -> list[Decimal]:
    """In proportion to the weights, in whole cents, the largest remainders first."""
    if not sum(weights):
        weights = [1] * len(weights)
    cents = int(abs(amount) / CENT)
    exact = [Fraction(cents * weight, sum(weights)) for weight in weights]
    given = [int(one) for one in exact]
    left = cents - sum(given)
    for place in sorted(range(len(weights)), key=lambda one: (given[one] - exact[one], one))[:left]:
        given[place] += 1
    return [(CENT if amount > 0 else -CENT) * one for one in given]
