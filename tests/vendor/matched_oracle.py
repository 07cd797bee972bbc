"""The match in plain Python, paper by paper: what the product's statements are held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from app.vendor.payments.references import reference

CENT = Decimal("0.01")
CLAIMS = {
    "shortage_claim": "shortage",
    "shortage_repaid": "shortage",
    "price_claim": "price",
    "chargeback": "chargeback",
}
PIECES = ("discounts", "shortage", "other", "recovered", "provision", "outstanding")


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


def invoices(bills: Sequence[Bill], payments: Sequence[Payment]) -> dict[str, dict[str, Decimal]]:
    """Invoice by number, and where its money is."""
    ours = {bill.number for bill in bills}
    found = {}
    for bill in bills:
        told = dict.fromkeys(
            ("remitted", "quick_pay", "shortage", "price", "chargeback", "other_deducted")
            + ("recovered", "provision"),
            Decimal(0),
        )
        for payment in payments:
            if payment.status != "SUCCESSFUL" or payment.currency != "USD":
                continue
            for written, paid, discount in payment.lines:
                about = reference(written, is_ours=written in ours)
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
    bills: Sequence[Bill], money: Mapping[str, Mapping[str, Decimal]]
) -> dict[str, dict[str, Decimal]]:
    """Money of each order line, by line."""
    found: dict[str, dict[str, Decimal]] = {}
    for bill in bills:
        told = money[bill.number]
        pieces = {
            "discounts": told["quick_pay"],
            "shortage": told["shortage"],
            "other": told["price"] + told["chargeback"] + told["other_deducted"],
            "recovered": told["recovered"],
            "provision": told["provision"],
            "outstanding": told["open"] + told["unexplained"],
        }
        weights = [units * cents for _, units, cents in bill.lines]
        shares = {name: shared(amount, weights) for name, amount in pieces.items()}
        for place, ((line, _, _), amount) in enumerate(zip(bill.lines, bill.amounts, strict=True)):
            row = found.setdefault(
                line, dict.fromkeys(("invoiced", "paid", "deducted", *PIECES), Decimal(0))
            )
            own = {name: shares[name][place] for name in PIECES}
            row["invoiced"] += amount
            row["deducted"] += own["shortage"] + own["other"]
            row["paid"] += (
                amount - own["discounts"] - own["shortage"] - own["other"] + own["recovered"]
                - own["provision"] - own["outstanding"]
            )  # fmt: skip
            for name in PIECES:
                row[name] += own[name]
    return found


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
