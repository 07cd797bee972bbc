"""Rows of a file as papers: by the column that names the paper, each row one of its lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from app.vendor.files.kinds import Kind
from app.vendor.files.paper import Difference
from app.vendor.files.reading import Record
from app.vendor.files.sheet import Fault
from app.vendor.orders import locked_orders
from app.vendor.promises import lines_of
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine

GOODS = ("line", "asin", "vendor_sku", "barcode")


@dataclass
class StatedLine:
    """What a row says of one line."""

    row: int
    values: dict[str, Any]

    @property
    def units(self) -> int:
        """Eaches."""
        size = self.values.get("unit_size", 1) if self.values.get("unit") == "Cases" else 1
        return int(self.values["units"]) * int(size)

    @property
    def name(self) -> str:
        """How the row names its line."""
        return next(str(self.values[one]) for one in GOODS if self.values.get(one))


@dataclass
class Stated:
    """What a file says of one paper."""

    name: str
    row: int
    values: dict[str, Any] = field(default_factory=dict)
    lines: list[StatedLine] = field(default_factory=list)

    @property
    def numbers(self) -> list[str]:
        """The purchase orders that its lines are of."""
        return sorted({str(line.values["number"]) for line in self.lines})

    @property
    def units(self) -> int:
        """All eaches of it."""
        return sum(line.units for line in self.lines)


@dataclass
class Orders:
    """The known orders of some papers, locked, with their lines."""

    by_number: Mapping[str, PurchaseOrder]
    lines: Mapping[str, Sequence[PurchaseOrderLine]]


def goods_faults(record: Record) -> list[Fault]:
    """What is wrong with a row of goods by itself: it names none, no units, or cases of no size."""
    faults = []
    if not any(record.values.get(name) for name in GOODS):
        faults.append(Fault(record.row, "", "no_product", field="asin"))
    if record.values.get("units") == 0:
        faults.append(Fault(record.row, "", "no_units", field="units"))
    if record.values.get("unit") == "Cases" and not record.values.get("unit_size"):
        faults.append(Fault(record.row, "", "case_size_missing", field="unit_size"))
    return faults


def stated(kind: Kind, by: str, records: Sequence[Record]) -> tuple[list[Stated], list[Fault]]:
    """Rows by paper. Rows of one paper that contradict each other, or name no line, are faults."""
    of_paper = [one.name for one in kind.fields if one.of_order and one.name != by]
    found: dict[str, Stated] = {}
    faults: list[Fault] = []
    for record in records:
        paper = found.setdefault(record.values[by], Stated(record.values[by], record.row))
        for name in of_paper:
            if name not in record.values:
                continue
            value = record.values[name]
            before = paper.values.setdefault(name, value)
            if before != value:
                faults.append(
                    Fault(record.row, "", "contradicts", str(value), str(before), field=name)
                )
        line = {name: value for name, value in record.values.items() if name not in (by, *of_paper)}
        faults += goods_faults(record)
        paper.lines.append(StatedLine(record.row, line))
    return list(found.values()), faults


def orders_of(session: Session, region: str, papers: Sequence[Stated]) -> Orders:
    """The known orders that these papers speak of, locked until the transaction ends."""
    numbers = sorted({number for one in papers for number in one.numbers})
    orders = {
        number: order
        for number, order in locked_orders(session, region, numbers).items()
        if not order.withdrawn
    }
    lines = lines_of(session, list(orders.values()))
    return Orders(orders, {number: lines[region, number] for number in orders})


def line_named(known: Sequence[PurchaseOrderLine], said: StatedLine) -> PurchaseOrderLine | None:
    """The line of an order that a row speaks of: by its own name, else by the goods it names."""
    values = said.values
    if values.get("line"):
        return next((line for line in known if line.line == values["line"]), None)
    sku = values.get("vendor_sku") or values.get("barcode")
    for line in known:
        if values.get("asin") and line.asin:
            if line.asin == values["asin"]:
                return line
        elif sku and line.vendor_sku == sku:
            return line
    return None


def strange(orders: Orders, paper: Stated) -> tuple[bool, list[Difference]]:
    """Whether an order of the paper is not in the books, and each line that its order has not."""
    is_unknown = any(number not in orders.by_number for number in paper.numbers)
    found = [
        Difference(f"{line.values['number']} {line.name}", "line", None, str(line.units))
        for line in paper.lines
        if line_named(orders.lines.get(line.values["number"], ()), line) is None
    ]
    return is_unknown, found


def units_by_line(orders: Orders, paper: Stated) -> dict[tuple[str, str], int]:
    """Eaches by order and line; rows of one line are added up. Every line must be known."""
    found: dict[tuple[str, str], int] = {}
    for said in paper.lines:
        line = line_named(orders.lines[said.values["number"]], said)
        assert line is not None
        key = (line.number, line.line)
        found[key] = found.get(key, 0) + said.units
    return found
