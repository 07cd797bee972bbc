"""What the seeder knows: papers of one case, what Amazon is told to pay, and what is truly wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

USD = "USD"


class Fault(NamedTuple):
    """One seeded fault to the cent: its kind, the paper it is about, and what it is worth."""

    kind: str
    about: str
    amount: Decimal
    currency: str = USD
    cause: str | None = None
    units: int | None = None


class Line(NamedTuple):
    """One line of an order: an item by its number, eaches, and the cost of one."""

    item: int
    units: int
    cost: Decimal

    @property
    def amount(self) -> Decimal:
        """What the line comes to."""
        return self.units * self.cost


@dataclass
class Paper:
    """One purchase order of a case with all that follows from it."""

    number: str
    code: str
    lines: list[Line]
    billed: list[Line] = field(default_factory=list)
    invoice: str = ""
    shipment: str = ""

    @property
    def total(self) -> Decimal:
        """Of the invoice."""
        return sum((line.amount for line in self.billed or self.lines), Decimal())


class Paid(NamedTuple):
    """A line of a payment in one of the payment runs."""

    run: str
    reference: str
    paid: Decimal
    total: Decimal | None = None
    discount: Decimal | None = None
    description: str | None = None

    def as_told(self) -> dict[str, Any]:
        """As the lever of the simulated Amazon takes it."""
        given: dict[str, Any] = {"reference": self.reference, "paid": str(self.paid)}
        for name in ("total", "discount", "description"):
            value = getattr(self, name)
            if value is not None:
                given[name] = str(value)
        return given


Told = Mapping[str, Mapping[str, Any]]
"""What Amazon's finance says of the lines of an invoice, by position."""
