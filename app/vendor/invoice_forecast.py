"""What Amazon would pay of an invoice as it stands, and what it would hold back and why.

Amazon matches each line with what it has received and with the order's cost: units beyond the
receipts are claimed as a shortage (PQV), a cost above the order's as a price difference (PPV). What
is billed beyond everything ever shipped can only be a duplicate or a mistake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.vendor.acknowledgements import case_size
from app.vendor.invoice_amounts import Costing, rounded
from app.vendor.invoice_check import Side, Subject

NOT_RECEIVED, BILLED_TWICE, NOT_SHIPPED, COST = (
    "not_received",
    "billed_twice",
    "not_shipped",
    "cost_above_order",
)


@dataclass(frozen=True)
class Short:
    """What would be held back of one line, before tax, and for how many eaches."""

    index: int
    reason: str
    units: int
    amount: Decimal


@dataclass(frozen=True)
class Forecast:
    """Before tax, in the invoice's currency: `asked` is `expected` plus all of `short`."""

    asked: Decimal
    expected: Decimal
    short: Sequence[Short]


def forecast(subject: Subject) -> Forecast | None:
    """What would be held back; None while the lines cannot be costed, or for a credit note."""
    basis = subject.billing.cost_basis
    if subject.is_credit or basis is None:
        return None
    if any(side.own.cost is None or side.own.amount is None for side in subject.sides):
        return None
    short = [
        one
        for index, side in enumerate(subject.sides)
        for one in _line(
            index, side, Costing(case_size(side.ordered), basis, subject.invoice.currency)
        )
    ]
    currency = subject.invoice.currency
    asked = rounded(
        sum((side.own.amount or Decimal() for side in subject.sides), Decimal()), currency
    )
    held_back = sum((one.amount for one in short), Decimal())
    return Forecast(asked, asked - held_back, short)


def _line(index: int, side: Side, costing: Costing) -> list[Short]:
    own = side.own
    over = min(own.units, max(0, side.in_all - side.received))
    impossible = min(over, max(0, side.in_all - side.shipped))
    paid = own.units - over
    short = []
    # The parts are taken off the line's own amount one after another, so they add up to the cent.
    left = own.amount or Decimal()
    for reason, units in (
        (BILLED_TWICE if side.invoiced_before else NOT_SHIPPED, impossible),
        (NOT_RECEIVED, over - impossible),
    ):
        if units:
            part = min(left, _share(own.amount or Decimal(), units, own.units, costing.currency))
            short.append(Short(index, reason, units, part))
            left -= part
    ordered = side.ordered.cost
    if paid and ordered is not None and own.cost is not None and own.cost > ordered:
        difference = costing.amount(own.cost, paid) - costing.amount(ordered, paid)
        short.append(Short(index, COST, paid, min(left, difference)))
    return short


def _share(amount: Decimal, units: int, of: int, currency: str) -> Decimal:
    return rounded(amount * units / of, currency)
