"""The 860 (purchase order change): what it states of an order and its lines.

Segments by X12 4010: BCH (01 is a cancellation of the whole order, 04 a change), POC with element 670
as the kind of change. POC03 is read as the quantity that the line then has, as the standard names it;
that Amazon writes it so is UNVERIFIED, and the preview shows what each line would become.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.vendor.x12 import purchase_order
from app.vendor.x12.envelope import Segment, Transaction, X12Error

CANCELLATION = "01"
DELETED = "DI"
KNOWN = ("AI", "CA", "CB", "CE", "CF", "CT", "DI", "MU", "NC", "PC", "PQ", "PR", "QD", "QI", "RZ")


def rows(paper: Transaction) -> list[tuple[int, dict[str, Any]]]:
    """One row for each POC, or one for the order alone: (segment number, fields).

    Every row says `is_change`; what it leaves out stays as it was. Raises X12Error for what cannot be
    read.
    """
    order = _header(paper.segments)
    found: list[tuple[int, dict[str, Any]]] = []
    number = paper.segments[0].number if paper.segments else 0
    for place, segment in enumerate(paper.segments):
        if segment.name == "POC":
            after = paper.segments[place + 1 :]
            found.append((segment.number, {**order, **_line(segment, after)}))
    return found or [(number, order)]


def _header(segments: Sequence[Segment]) -> dict[str, Any]:
    begin = next((one for one in segments if one.name == "BCH"), None)
    if begin is None or not begin.element(3):
        number = segments[0].number if segments else 0
        raise X12Error(number, "BCH", 3, "", "an 860 has a purchase order number")
    order: dict[str, Any] = {"number": begin.element(3)[:64], "is_change": True}
    if begin.element(1) == CANCELLATION:
        order["state"] = "Closed"
    return order | purchase_order.shared(segments, "POC")


def _line(segment: Segment, after: Sequence[Segment]) -> dict[str, Any]:
    kind = segment.element(2)
    if kind not in KNOWN:
        known = f"known changes are {', '.join(KNOWN)}"
        raise X12Error(segment.number, "POC", 2, kind, known)
    line: dict[str, Any] = {}
    if segment.element(1):
        line["line"] = segment.element(1)[:64]
    if kind == DELETED:
        line["ordered"] = 0
    elif segment.element(3):
        line |= {
            "ordered": purchase_order.units(segment, 3),
            "unit": purchase_order.unit(segment, 5),
        }
    if segment.element(6) and kind != DELETED:
        line["cost"] = purchase_order.amount(segment, 6)
    purchase_order.goods(line, segment, 8)
    for other in after:
        if other.name == "POC":
            break
        if other.name == "PO4" and other.element(1):
            line["unit_size"] = purchase_order.units(other, 1)
    return line
