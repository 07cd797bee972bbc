"""Rows of a file as purchase orders: one paper per number, joined to what is known of it.

A file states some things and leaves out others: what it does not state stays as it was, lines too.
An order that Amazon's API has shown is never changed by a file; where they differ is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.vendor.files.kinds import KINDS, PURCHASE_ORDERS
from app.vendor.files.reading import Record
from app.vendor.files.sheet import Fault
from app.vendor.papers import LineFacts, LineStatus, OrderFacts, Quantity, StatusFacts

OF_ORDER = tuple(one.name for one in KINDS[PURCHASE_ORDERS].fields if one.of_order)
LARGEST = 2**31 - 1


@dataclass
class StatedLine:
    """What a file says of one line; a name that is missing was not stated."""

    row: int
    values: dict[str, Any]


@dataclass
class StatedOrder:
    """What a file says of one purchase order."""

    number: str
    row: int
    values: dict[str, Any] = field(default_factory=dict)
    lines: list[StatedLine] = field(default_factory=list)
    is_change: bool = False
    """It speaks of an order that is known; of an unknown one it says too little to keep."""


def stated_orders(records: Sequence[Record]) -> tuple[list[StatedOrder], list[Fault]]:
    """Rows by purchase order. Rows of one order that contradict each other are faults."""
    found: dict[str, StatedOrder] = {}
    faults: list[Fault] = []
    for record in records:
        number = record.values["number"]
        order = found.setdefault(number, StatedOrder(number, record.row))
        for name in OF_ORDER:
            if name not in record.values:
                continue
            value = record.values[name]
            before = order.values.setdefault(name, value)
            if before != value:
                faults.append(
                    Fault(record.row, "", "contradicts", str(value), str(before), field=name)
                )
        order.is_change = order.is_change or record.values.get("is_change") is True
        line = _line_of(record)
        if order.is_change and not set(line) - {"currency"}:
            continue  # of the order as a whole
        faults += row_faults(record, is_change=order.is_change)
        order.lines.append(StatedLine(record.row, line))
    for order in found.values():
        faults += _window_faults(order)
        faults += _double_lines(order)
    return list(found.values()), faults


def row_faults(record: Record, *, is_change: bool) -> list[Fault]:
    """What is wrong with a row by itself: it names no product, or its units cannot be."""
    line = _line_of(record)
    if is_change and not set(line) - {"currency"}:
        return []
    by = ("asin", "vendor_sku", "barcode", *(("line",) if is_change else ()))
    faults = _unit_faults(record.row, line)
    if not any(line.get(name) for name in by):
        faults.insert(0, Fault(record.row, "", "no_product", field="asin"))
    return faults


def _line_of(record: Record) -> dict[str, Any]:
    """What a row says of its line, without what it says of the order."""
    return {
        name: value
        for name, value in record.values.items()
        if name not in OF_ORDER and name != "is_change"
    }


def _unit_faults(row: int, line: Mapping[str, Any]) -> list[Fault]:
    faults = []
    is_in_cases, size = line.get("unit") == "Cases", line.get("unit_size", 1)
    accepted, ordered = line.get("accepted", 0), line.get("ordered")
    if size == 0 or (is_in_cases and "unit_size" not in line):
        said = str(size) if "unit_size" in line else ""
        faults.append(Fault(row, "", "case_size_missing", said, field="unit_size"))
    elif is_in_cases and (ordered or 0) * size > LARGEST:
        faults.append(Fault(row, "", "not_whole_units", str(ordered), field="ordered"))
    if ordered is not None and accepted > ordered:
        faults.append(Fault(row, "", "more_than_ordered", str(accepted), str(ordered), "accepted"))
    return faults


def _window_faults(order: StatedOrder) -> list[Fault]:
    start, end = order.values.get("window_start"), order.values.get("window_end")
    if start and end and end < start:
        return [Fault(order.row, "", "window_backwards", str(end), str(start), "window_end")]
    if (start is None) != (end is None):
        name = "window_start" if start is None else "window_end"
        return [Fault(order.row, "", "half_a_window", field=name)]
    return []


def _double_lines(order: StatedOrder) -> list[Fault]:
    seen: dict[str, int] = {}
    faults = []
    for line in order.lines:
        name = line.values.get("line")
        if name is not None and name in seen:
            faults.append(Fault(line.row, "", "line_twice", name, str(seen[name]), "line"))
        elif name is not None:
            seen[name] = line.row
    return faults


def content_of(
    order: StatedOrder,
    before: Mapping[str, Any] | None,
    *,
    currency: str,
    zone: ZoneInfo,
    read_on: date,
) -> dict[str, Any]:
    """The whole paper as we keep it: what was known of it, with what the file states on top."""
    header = dict((before or {}).get("order", {}))
    header["number"] = order.number
    for name in ("vendor_code", "ship_to", "state"):
        if name in order.values:
            header[name] = order.values[name]
    header.setdefault("state", "New")
    if "ordered_on" in order.values:
        header["ordered_at"] = _start_of(order.values["ordered_on"], zone)
    if "window_start" in order.values:
        kind = order.values.get("window_type", "ship")
        header["window"] = {
            "type": kind,
            "start": _start_of(order.values["window_start"], zone),
            "end": _end_of(order.values["window_end"], zone),
        }
    if "ordered_at" not in header:
        # An export without order dates: not later than its window, nor than the day it was read.
        first = min(order.values.get("window_start", read_on), read_on)
        header["ordered_at"] = _start_of(first, zone)
    lines = [dict(one) for one in (before or {}).get("lines", [])]
    _join_lines(lines, order.lines, currency)
    return {"source": "file", "order": header, "lines": lines}


def _join_lines(lines: list[dict[str, Any]], stated: Sequence[StatedLine], currency: str) -> None:
    free = list(lines)
    for one in stated:
        line = next((known for known in free if _is_same(known, one.values)), None)
        if line is None:
            line = {"line": one.values.get("line") or _next_name(lines)}
            lines.append(line)
        else:
            free.remove(line)
        for name, value in one.values.items():
            if name not in ("line", "barcode"):
                line[name] = f"{value:f}" if isinstance(value, Decimal) else value
        if not line.get("vendor_sku") and one.values.get("barcode"):
            line["vendor_sku"] = one.values["barcode"]
        if "cost" in line:
            line.setdefault("currency", currency)


def unknown_lines(order: StatedOrder, before: Mapping[str, Any]) -> list[StatedLine]:
    """Lines of a change that the known order does not have, and that are not said to be new."""
    known = before.get("lines", [])
    return [
        one
        for one in order.lines
        if "ordered" not in one.values and not any(_is_same(line, one.values) for line in known)
    ]


def _is_same(known: Mapping[str, Any], stated: Mapping[str, Any]) -> bool:
    """Whether a row speaks of this line: by its own name, else by the goods it names."""
    if stated.get("line"):
        return bool(known["line"] == stated["line"])
    if stated.get("asin") and known.get("asin"):
        return bool(known["asin"] == stated["asin"])
    sku = stated.get("vendor_sku") or stated.get("barcode")
    return bool(sku) and known.get("vendor_sku") == sku


def _next_name(lines: Sequence[Mapping[str, Any]]) -> str:
    taken = {one["line"] for one in lines}
    return next(str(n) for n in range(1, len(lines) + 2) if str(n) not in taken)


def _start_of(day: date, zone: ZoneInfo) -> str:
    return datetime.combine(day, time(), zone).astimezone(UTC).isoformat()


def _end_of(day: date, zone: ZoneInfo) -> str:
    return (
        (datetime.combine(day + timedelta(days=1), time(), zone) - timedelta(seconds=1))
        .astimezone(UTC)
        .isoformat()
    )


def order_facts(content: Mapping[str, Any]) -> OrderFacts:
    """The paper as the rest of the vendor rail reads it."""
    header = content["order"]
    window = header.get("window")
    span = (_moment(window["start"]), _moment(window["end"])) if window else None
    is_delivery = bool(window) and window["type"] == "delivery"
    return OrderFacts(
        number=header["number"],
        state=header["state"],
        type=header.get("type"),
        payment_method=None,
        vendor_code=header.get("vendor_code", ""),
        ship_to=header.get("ship_to", ""),
        ordered_at=_moment(header["ordered_at"]),
        changed_at=None,
        state_changed_at=None,
        ship_window=None if is_delivery else span,
        delivery_window=span if is_delivery else None,
        lines=tuple(_line(one, place) for place, one in enumerate(content["lines"])),
        content=dict(content),
        source="file",
        withdrawn=content.get("withdrawn") is True,
    )


def _line(one: Mapping[str, Any], position: int) -> LineFacts:
    cost = one.get("cost")
    return LineFacts(
        line=one["line"],
        position=position,
        asin=one.get("asin"),
        vendor_sku=one.get("vendor_sku"),
        ordered=_quantity(one, "ordered"),
        back_order_allowed=bool(one.get("back_order_allowed")),
        cost=Decimal(cost) if cost is not None else None,
        currency=one.get("currency") if cost is not None else None,
        weight_unit=None,
        is_list_price=False,
    )


def _quantity(one: Mapping[str, Any], name: str) -> Quantity:
    return Quantity(one.get(name, 0), one.get("unit", "Eaches"), one.get("unit_size", 1))


def status_facts(content: Mapping[str, Any], read_at: datetime) -> StatusFacts | None:
    """What it says of acceptance and receipt; None where it says nothing of either."""
    header = content["order"]
    lines = [
        LineStatus(
            line=one["line"],
            confirmation=_confirmation(one, header["state"]),
            accepted=_quantity(one, "accepted") if "accepted" in one else None,
            rejected=_rejected(one, header["state"]),
            received=_quantity(one, "received") if "received" in one else None,
            last_received_at=None,
        )
        for one in content["lines"]
        if "accepted" in one or "received" in one
    ]
    if not lines:
        return None
    return StatusFacts(
        number=header["number"],
        status="CLOSED" if header["state"] == "Closed" else "OPEN",
        ordered_at=_moment(header["ordered_at"]),
        updated_at=read_at,
        lines=tuple(lines),
        content=dict(content),
    )


def _confirmation(one: Mapping[str, Any], state: str) -> str | None:
    if "accepted" not in one or state == "New":
        return None
    if one["accepted"] == 0:
        return "REJECTED"
    return "ACCEPTED" if one["accepted"] >= one["ordered"] else "PARTIALLY_ACCEPTED"


def _rejected(one: Mapping[str, Any], state: str) -> Quantity | None:
    if _confirmation(one, state) is None:
        return None
    rest = {**one, "rejected": max(0, one["ordered"] - one["accepted"])}
    return _quantity(rest, "rejected")


def _moment(written: str) -> datetime:
    return datetime.fromisoformat(written)
