"""The 820 (payment order and remittance advice): a payment, and what it says of each paper.

Segments by X12 4010: BPR (02 amount, 04 method, 16 day), TRN (02 the payer's number of the payment),
CUR, then ENT loops with RMR (02 number of the paper, 04 paid, 05 gross, 06 discount), its REF and DTM
003, and ADX. An ADX before the first RMR of an ENT is money of its own; one behind an RMR says why
that one's paid is other than its gross. What Amazon writes in the detail is UNVERIFIED. Names and
addresses of N1 loops are not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from app.vendor.x12.envelope import Segment, Transaction, X12Error
from app.vendor.x12.purchase_order import day

INVOICED_ON = "003"
PAYEE = "PE"
REASONS = {
    "01": "Pricing error",
    "03": "Extension error",
    "04": "Item not accepted, damaged",
    "06": "Quantity contested",
    "07": "Incorrect product",
    "11": "Returns, damage",
    "12": "Returns, quality",
    "52": "Credit for previous overpayment",
    "53": "Remittance for previous underpayment",
    "55": "Tax deducted",
    "59": "Item not received",
    "72": "Authorized return",
    "86": "Duplicate invoice",
    "CO": "Co-op",
    "CS": "Adjustment",
    "L6": "Penalty",
    "L7": "Miscellaneous deductions",
}
"""X12 element 426, those that a payer of goods uses; another is shown by its code."""


@dataclass
class Item:
    """What it says of one paper; `why` are the reasons of adjustments."""

    reference: str
    paid: Decimal
    segment: int
    gross: Decimal | None = None
    discount: Decimal | None = None
    dated_on: date | None = None
    why: list[str] = field(default_factory=list)


@dataclass
class Advice:
    """One payment. `currency` is None where the paper says none."""

    number: str
    amount: Decimal
    paid_on: date
    segment: int
    method: str | None
    currency: str | None
    payee: str | None
    items: list[Item]


def advice(paper: Transaction) -> Advice:
    """Reads one 820. Raises X12Error for what cannot be read."""
    first = paper.segments[0].number if paper.segments else 0
    if paper.type != "820":
        raise X12Error(first, "ST", 1, paper.type, "only 820s beside each other in one file")
    order = _named(paper.segments, "BPR", first)
    trace = _named(paper.segments, "TRN", first)
    if not trace.element(2):
        raise X12Error(trace.number, "TRN", 2, "", "the number of the payment")
    amount = money(order, 2)
    if order.element(3) == "D":
        amount = -amount
    currency = next((one.element(2) for one in paper.segments if one.name == "CUR"), "")
    return Advice(
        trace.element(2)[:64],
        amount,
        _paid_on(paper.segments, order),
        order.number,
        order.element(4)[:64] or None,
        currency[:3] or None,
        _payee(paper.segments),
        _items(paper.segments),
    )


def _payee(segments: Sequence[Segment]) -> str | None:
    """The code of who is paid, where one is given."""
    codes = (one.element(4) for one in segments if one.name == "N1" and one.element(1) == PAYEE)
    return next((code[:64] for code in codes if code), None)


def money(segment: Segment, place: int) -> Decimal:
    """The amount in this element; below zero where something is taken back. Raises X12Error."""
    written = segment.element(place)
    try:
        found = Decimal(written)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found) >= Decimal(10) ** 15:
        raise X12Error(segment.number, segment.name, place, written, "an amount such as -12.50")
    if found != found.quantize(Decimal("0.0001")):
        raise X12Error(segment.number, segment.name, place, written, "at most four decimals")
    return found


def _named(segments: Sequence[Segment], name: str, number: int) -> Segment:
    found = next((one for one in segments if one.name == name), None)
    if found is None:
        raise X12Error(number, name, 0, "", f"an 820 has a {name}")
    return found


def _paid_on(segments: Sequence[Segment], order: Segment) -> date:
    if order.element(16):
        return day(order, 16)
    for one in segments:
        if one.name in ("ENT", "RMR"):
            break
        if one.name == "DTM" and one.element(2):
            return day(one, 2)
    raise X12Error(order.number, "BPR", 16, "", "the day of the payment")


def _items(segments: Sequence[Segment]) -> list[Item]:
    found: list[Item] = []
    current: Item | None = None
    is_alone = False
    for one in segments:
        if one.name == "ENT":
            current, is_alone = None, True
        elif one.name == "RMR":
            current, is_alone = _item(one), False
            found.append(current)
        elif one.name == "ADX":
            why = REASONS.get(one.element(2), one.element(2))
            if current is not None and not is_alone:
                current.why.append(why)
                continue
            reference = one.element(4) or f"ADX {one.element(2)}"
            current = Item(reference[:200], money(one, 1), one.number, why=[why])
            found.append(current)
        elif one.name == "DTM" and one.element(1) == INVOICED_ON and current is not None:
            current.dated_on = day(one, 2)
    return found


def _item(segment: Segment) -> Item:
    if not segment.element(2):
        raise X12Error(segment.number, "RMR", 2, "", "the number of the paper that is paid")
    item = Item(segment.element(2)[:200], money(segment, 4), segment.number)
    if segment.element(5):
        item.gross = money(segment, 5)
    if segment.element(6):
        item.discount = money(segment, 6)
    return item
