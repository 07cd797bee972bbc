"""Rules by which a payment that names no invoice of ours is suggested to pay some: never by guess.

A rule suggests only where exactly one answer fits it; two that fit are none. Rules go before each
other in their order, and what one has taken the next does not see. All amounts are of one currency.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import combinations
from typing import NamedTuple, TypeVar

MOST_TOGETHER = 4
"""Invoices that one payment, or payments that one invoice, may be suggested for."""
MOST_CANDIDATES = 12
"""Looked at together; of more, none is: too many would fit by chance."""


class Unmatched(NamedTuple):
    """A payment's line that names no invoice of ours. `settles` is all of an invoice that it ends."""

    region: str
    payment_id: str
    position: int
    reference: str
    paid: Decimal
    discount: Decimal
    withheld: Decimal
    currency: str
    paid_at: datetime
    payment_number: str | None = None
    payees: tuple[str, ...] | None = None
    """Whose the payment is; None: not asked for."""

    @property
    def settles(self) -> Decimal:
        return self.paid + self.discount + self.withheld

    @property
    def is_plain(self) -> bool:
        return not self.discount and not self.withheld


class Open(NamedTuple):
    """An invoice of which something is still to come."""

    invoice_id: int
    region: str
    number: str
    vendor_code: str
    currency: str
    open: Decimal
    dated_at: datetime
    due_at: datetime | None
    payee: str | None = None


Part = TypeVar("Part", Unmatched, Open)


class Found(NamedTuple):
    """What a rule found: lines and the invoices they pay, of which one is only one."""

    rule: str
    lines: tuple[Unmatched, ...]
    invoices: tuple[Open, ...]

    @property
    def difference(self) -> Decimal:
        """Open of the invoices less what the lines settle."""
        return sum((one.open for one in self.invoices), Decimal()) - sum(
            (one.settles for one in self.lines), Decimal()
        )


def found(
    lines: Iterable[Unmatched],
    invoices: Iterable[Open],
    *,
    tolerances: Mapping[str, Decimal],
    window: timedelta,
) -> list[Found]:
    """All that the rules suggest; the same whatever the order in which lines and invoices come."""
    left, ours = sorted(lines), sorted(invoices)
    suggested: list[Found] = []
    for rule in (_same_number, _exact, _tolerance, _one_to_many, _many_to_one):
        for one in _apart(rule(left, ours, tolerances, window)):
            suggested.append(one)
            left = [line for line in left if line not in one.lines]
            ours = [invoice for invoice in ours if invoice not in one.invoices]
    return suggested


def plain(number: str) -> str:
    """A number without what people and programs change of it: case, blanks, signs, leading zeros."""
    return "".join(part.lstrip("0") for part in re.findall(r"[A-Z]+|\d+", number.upper()))


def _same_number(
    lines: Sequence[Unmatched],
    invoices: Sequence[Open],
    tolerances: Mapping[str, Decimal],
    _: object,
) -> Iterator[Found]:
    for line in lines:
        for one in invoices:
            fits = line.settles <= one.open + tolerances.get(line.currency, Decimal())
            if _alike(line, one) and fits and plain(line.reference) == plain(one.number):
                yield Found("same_number", (line,), (one,))


def _exact(
    lines: Sequence[Unmatched], invoices: Sequence[Open], _: object, window: timedelta
) -> Iterator[Found]:
    for line in lines:
        for one in _candidates(line, invoices, window):
            if line.settles == one.open:
                yield Found("exact", (line,), (one,))


def _tolerance(
    lines: Sequence[Unmatched],
    invoices: Sequence[Open],
    tolerances: Mapping[str, Decimal],
    window: timedelta,
) -> Iterator[Found]:
    for line in lines:
        most = tolerances.get(line.currency, Decimal())
        for one in _candidates(line, invoices, window):
            if abs(line.settles - one.open) <= most:
                yield Found("tolerance", (line,), (one,))


def _one_to_many(
    lines: Sequence[Unmatched],
    invoices: Sequence[Open],
    tolerances: Mapping[str, Decimal],
    window: timedelta,
) -> Iterator[Found]:
    for line in lines:
        if not line.is_plain:
            continue
        near = [one for one in _candidates(line, invoices, window) if one.open < line.paid]
        for code in sorted({one.vendor_code for one in near}):
            same = [one for one in near if one.vendor_code == code]
            for some in _together(same):
                total = sum((one.open for one in some), Decimal())
                if abs(line.paid - total) <= tolerances.get(line.currency, Decimal()):
                    yield Found("one_to_many", (line,), some)


def _many_to_one(
    lines: Sequence[Unmatched],
    invoices: Sequence[Open],
    tolerances: Mapping[str, Decimal],
    window: timedelta,
) -> Iterator[Found]:
    for one in invoices:
        near = [line for line in lines if _candidates(line, [one], window)]
        for some in _together([line for line in near if line.settles < one.open]):
            total = sum((line.settles for line in some), Decimal())
            if abs(one.open - total) <= tolerances.get(one.currency, Decimal()):
                yield Found("many_to_one", some, (one,))


def _alike(line: Unmatched, invoice: Open) -> bool:
    is_theirs = line.payees is None or invoice.payee in line.payees
    return is_theirs and (line.region, line.currency) == (invoice.region, invoice.currency)


def _candidates(line: Unmatched, invoices: Sequence[Open], window: timedelta) -> list[Open]:
    return [
        one
        for one in invoices
        if _alike(line, one)
        and one.dated_at <= line.paid_at <= (one.due_at or one.dated_at) + window
    ]


def _together(given: Sequence[Part]) -> Iterator[tuple[Part, ...]]:
    if len(given) <= MOST_CANDIDATES:
        for count in range(2, MOST_TOGETHER + 1):
            yield from combinations(given, count)


def _apart(suggested: Iterable[Found]) -> list[Found]:
    """Those that share no line and no invoice with another: two that fit are none."""
    all_of_them = list(suggested)
    seen: Counter[object] = Counter()
    for one in all_of_them:
        seen.update((*one.lines, *one.invoices))
    return [
        one for one in all_of_them if all(seen[part] == 1 for part in (*one.lines, *one.invoices))
    ]
