"""The 850 (purchase order): its segments as the fields that a file of orders has.

Segments and codes by X12 4010: BEG, CUR, REF, DTM (064 and 063 are do-not-deliver before and after,
037 and 038 ship not before and not later), N1 with ST as ship-to, PO1 with product qualifiers, PO4.
Whether BP carries the ASIN is Amazon's habit and UNVERIFIED: a value is an ASIN only if it looks like
one. Street addresses and names of people are not read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from app.vendor.x12.envelope import Segment, Transaction, X12Error

ASIN = re.compile(r"^B[0-9A-Z]{9}$")
LARGEST = 2**31 - 1
UNITS = {"EA": "Eaches", "CA": "Cases", "CS": "Cases"}
VENDOR_SKU = ("VN", "VP", "VA")
BARCODES = ("UP", "EN", "UK", "UI", "UA", "EO", "IB", "UC")
BUYERS = ("BP", "IN", "SK")
WINDOWS = {
    "064": ("delivery", "window_start"),
    "063": ("delivery", "window_end"),
    "037": ("ship", "window_start"),
    "010": ("ship", "window_start"),
    "038": ("ship", "window_end"),
}


def rows(paper: Transaction) -> list[tuple[int, dict[str, Any]]]:
    """One row for each PO1: (segment number, fields). Raises X12Error for what cannot be read."""
    order = _header(paper.segments)
    found: list[tuple[int, dict[str, Any]]] = []
    for place, segment in enumerate(paper.segments):
        if segment.name == "PO1":
            found.append((segment.number, {**order, **_line(segment, paper.segments[place + 1 :])}))
    if not found:
        number = paper.segments[0].number if paper.segments else 0
        raise X12Error(number, "PO1", 0, "", "an order has at least one line")
    return found


def _header(segments: Sequence[Segment]) -> dict[str, Any]:
    begin = next((one for one in segments if one.name == "BEG"), None)
    if begin is None or not begin.element(3):
        number = segments[0].number if segments else 0
        raise X12Error(number, "BEG", 3, "", "an 850 has a purchase order number")
    order: dict[str, Any] = {"number": begin.element(3)[:64]}
    if begin.element(5):
        order["ordered_on"] = day(begin, 5)
    return order | shared(segments, "PO1")


def shared(segments: Sequence[Segment], first_line: str) -> dict[str, Any]:
    """What an order and its changes say alike before their first line: places, window, currency."""
    order: dict[str, Any] = {}
    window: dict[str, dict[str, Any]] = {"ship": {}, "delivery": {}}
    for segment in segments:
        if segment.name == first_line:
            break
        if segment.name == "CUR":
            order["currency"] = segment.element(2)[:3]
        elif segment.name == "DTM" and segment.element(1) in WINDOWS and segment.element(2):
            kind, name = WINDOWS[segment.element(1)]
            window[kind][name] = day(segment, 2)
        elif segment.name == "N1" and segment.element(1) == "ST":
            order["ship_to"] = segment.element(4)[:64]
        elif segment.name == "N1" and segment.element(1) in ("VN", "SU", "SE"):
            order["vendor_code"] = segment.element(4)[:64]
    for kind in ("delivery", "ship"):
        if len(window[kind]) == 2:
            order |= {"window_type": kind, **window[kind]}
    return {name: value for name, value in order.items() if value}


def _line(segment: Segment, after: Sequence[Segment]) -> dict[str, Any]:
    line: dict[str, Any] = {"ordered": units(segment, 2), "unit": unit(segment, 3)}
    if segment.element(1):
        line["line"] = segment.element(1)[:64]
    if segment.element(4):
        line["cost"] = amount(segment, 4)
    goods(line, segment, 6)
    for other in after:
        if other.name == "PO1":
            break
        if other.name == "PO4" and other.element(1):
            line["unit_size"] = units(other, 1)
    return line


def goods(line: dict[str, Any], segment: Segment, place: int) -> None:
    """Notes what the pairs of qualifier and value from this element on name."""
    for at in range(place, len(segment.elements), 2):
        _name(line, segment.element(at), segment.element(at + 1))


def unit(segment: Segment, place: int) -> str:
    """The unit of measure in this element; eaches where it is left out. Raises X12Error."""
    written = segment.element(place) or "EA"
    if written not in UNITS:
        known = f"known units are {', '.join(UNITS)}"
        raise X12Error(segment.number, segment.name, place, written, known)
    return UNITS[written]


def _name(line: dict[str, Any], qualifier: str, value: str) -> None:
    if not value:
        return
    if qualifier in BUYERS and ASIN.match(value):
        line["asin"] = value
    elif qualifier in VENDOR_SKU:
        line["vendor_sku"] = value[:64]
    elif qualifier in BARCODES:
        line.setdefault("barcode", value[:64])


def units(segment: Segment, place: int) -> int:
    """The whole number in this element. Raises X12Error."""
    number = amount(segment, place)
    if number != number.to_integral_value() or number > LARGEST:
        raise X12Error(
            segment.number, segment.name, place, segment.element(place), "a whole number of units"
        )
    return int(number)


def amount(segment: Segment, place: int) -> Decimal:
    """The number in this element, not below zero. Raises X12Error."""
    written = segment.element(place)
    try:
        found = Decimal(written)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0 or found >= Decimal(10) ** 15:
        raise X12Error(segment.number, segment.name, place, written, "a number such as 12.50")
    return found


def day(segment: Segment, place: int) -> date:
    """The day in this element. Raises X12Error."""
    written = segment.element(place)
    try:
        if len(written) == 6:
            written = f"20{written}"
        if len(written) != 8 or not written.isdecimal():
            raise ValueError
        return date(int(written[:4]), int(written[4:6]), int(written[6:]))
    except ValueError:
        raise X12Error(
            segment.number, segment.name, place, segment.element(place), "a day as 20261231"
        ) from None
