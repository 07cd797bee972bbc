"""What a file would do, before it does anything: its map, its faults, and each paper's outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import islice
from typing import Any, Literal, NamedTuple

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.inventory import futures
from app.vendor.files import columns, orders, reading, sheet
from app.vendor.files.columns import Headings
from app.vendor.files.kinds import KINDS
from app.vendor.files.orders import StatedOrder
from app.vendor.files.reading import Habits, Record
from app.vendor.files.sheet import Fault, Unreadable
from app.vendor.files.tables import FileHeading, FileImport
from app.vendor.papers import OrderFacts, StatusFacts, digest_of
from app.vendor.promises import lines_of
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine
from app.vendor.x12 import envelope as x12
from app.vendor.x12 import purchase_order
from app.vendor.x12.envelope import X12Error, is_x12

CURRENCIES = {"na": "USD", "eu": "EUR", "fe": "JPY"}
SHOWN = 200
AT_ONCE = 100

NEWEST = """
SELECT DISTINCT ON (number) number, content FROM purchase_order_version
WHERE shop_id = :shop AND region = :region AND number = ANY(:numbers)
ORDER BY number, version DESC
"""

Became = Literal["new", "changed", "same", "as_amazon", "differs"]
"""`as_amazon` and `differs`: Amazon's API has shown the order, so the file changes nothing."""


class Difference(NamedTuple):
    """One field where file and books do not agree; line "" is the order's own."""

    line: str
    field: str
    before: str | None
    stated: str | None


@dataclass(frozen=True)
class Paper:
    """One purchase order of a file, and what taking the file does with it."""

    number: str
    row: int
    became: Became
    lines: int
    units: int
    differences: Sequence[Difference]
    content: Mapping[str, Any] = field(repr=False)

    @property
    def facts(self) -> OrderFacts:
        return orders.order_facts(self.content)

    def status(self, kept: FileImport) -> StatusFacts | None:
        """What the file says of acceptance and receipt."""
        return orders.status_facts(self.content, kept.made_at)


@dataclass
class Preview:
    """All that a person must see before taking a file."""

    headings: Headings = field(default_factory=lambda: Headings(0, ()))
    columns: dict[str, str] = field(default_factory=dict)
    samples: list[list[str]] = field(default_factory=list)
    habits: Habits = field(default_factory=Habits)
    sheet: str | None = None
    sheets: Sequence[str] = ()
    encoding: str | None = None
    rows: int = 0
    faults: list[Fault] = field(default_factory=list)
    papers: list[Paper] = field(default_factory=list)
    total: int = 0
    outcome: dict[str, int] = field(default_factory=dict)


def look(session: Session, kept: FileImport) -> Preview:
    """Reads the file by its choices; writes nothing."""
    found, stated = stated_in(kept, remembered(session, kept.kind))
    if not found.faults:
        counted: Counter[str] = Counter()
        for papers in outcomes(session, kept, stated):
            counted.update(paper.became for paper in papers)
            found.papers += papers[: max(0, SHOWN - len(found.papers))]
        found.outcome = dict(counted)
    found.total = len(stated)
    return found


def remembered(session: Session, kind: str) -> dict[str, str]:
    """Heading → field as this shop confirmed them."""
    rows = session.exec(
        select(FileHeading).where(FileHeading.shop_id == shop_of(session), FileHeading.kind == kind)
    )
    return {row.heading: row.field for row in rows}


def stated_in(kept: FileImport, known: Mapping[str, str]) -> tuple[Preview, list[StatedOrder]]:
    """What the file says by its choices, with the headings that the shop has confirmed before."""
    kind, chosen, found = KINDS[kept.kind], kept.choices, Preview()
    if is_x12(kept.content):
        return _stated_by_x12(kept.content)
    try:
        read = sheet.read(kept.content, encoding=chosen.get("encoding"), sheet=chosen.get("sheet"))
    except Unreadable as error:
        found.faults = [error.fault]
        return found, []
    found.sheet, found.sheets, found.encoding = read.sheet, read.sheets, read.encoding
    found.headings = columns.headings(kind, read, known)
    found.columns = chosen.get("columns") or columns.guessed(kind, found.headings, known)
    found.samples = columns.samples(read, found.headings)
    found.faults = columns.faults_of(kind, found.headings, found.columns)
    if found.faults:
        return found, []
    habits = Habits(chosen.get("date_order"), chosen.get("decimal_mark"))
    records = reading.read(kind, read, found.headings, found.columns, habits)
    found.habits, found.rows = records.habits, len(records.records)
    stated, faults = orders.stated_orders(records.records)
    found.faults = sorted([*records.faults, *faults], key=lambda one: (one.row, one.column))
    return found, stated


def _stated_by_x12(content: bytes) -> tuple[Preview, list[StatedOrder]]:
    """The 850s of a file of X12; a row is a segment, a column an element."""
    found = Preview()
    records = []
    try:
        for interchange in x12.read(content):
            for group in interchange.groups:
                for paper in group.transactions:
                    if paper.type != "850":
                        raise X12Error(group.header.number, "ST", 1, paper.type, "850")
                    for number, stated in purchase_order.rows(paper):
                        records.append(Record(number, stated))
    except X12Error as error:
        place = f"{error.name}{error.element:02}" if error.element else error.name
        found.faults = [Fault(error.segment, place, "x12", error.value, error.fix)]
        return found, []
    stated_orders, faults = orders.stated_orders(records)
    found.rows, found.faults = len(records), faults
    return found, stated_orders


def outcomes(
    session: Session, kept: FileImport, stated: Sequence[StatedOrder]
) -> Iterator[list[Paper]]:
    """What becomes of each of these orders, some at a time."""
    rest = iter(stated)
    while some := list(islice(rest, AT_ONCE)):
        yield _outcomes(session, kept, some)


def _outcomes(session: Session, kept: FileImport, stated: Sequence[StatedOrder]) -> list[Paper]:
    region = kept.choices["region"]
    numbers = sorted(one.number for one in stated)
    known = {
        row.number: row
        for row in session.exec(
            select(PurchaseOrder).where(
                PurchaseOrder.shop_id == shop_of(session),
                PurchaseOrder.region == region,
                col(PurchaseOrder.number).in_(numbers),
            )
        )
    }
    lines = lines_of(session, list(known.values()))
    asked = {"shop": shop_of(session), "region": region, "numbers": numbers}
    contents = {row.number: row.content for row in session.execute(text(NEWEST), asked)}
    zone = futures.zone_of(session)
    papers = []
    for one in stated:
        order = known.get(one.number)
        is_amazons = order is not None and order.source == "api"
        before = contents.get(one.number)
        if is_amazons or (before or {}).get("withdrawn"):
            before = None
        content = orders.content_of(
            one,
            before,
            currency=kept.choices["currency"],
            zone=zone,
            read_on=kept.made_at.astimezone(zone).date(),
        )
        facts = orders.order_facts(content)
        differences: list[Difference] = []
        became: Became = "new"
        if order is not None and is_amazons:
            differences = _beside(order, lines[region, one.number], one, facts)
            became = "differs" if differences else "as_amazon"
        elif order is not None and not order.withdrawn:
            became = "same" if order.digest == digest_of(content) else "changed"
            differences = _within(before or {}, content)
        papers.append(
            Paper(
                one.number,
                one.row,
                became,
                len(one.lines),
                sum(line.ordered.units for line in facts.lines),
                differences,
                content,
            )
        )
    return papers


def _within(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What a newer file changes of what an older one said."""
    found = _changes("", before.get("order", {}), after["order"])
    known = {one["line"]: one for one in before.get("lines", [])}
    for line in after["lines"]:
        found += _changes(line["line"], known.get(line["line"], {}), line)
    return found


def _changes(line: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    return [
        Difference(line, name, _shown(before.get(name)), _shown(value))
        for name, value in after.items()
        if before.get(name) != value and name != "line"
    ]


def _beside(
    order: PurchaseOrder,
    lines: Sequence[PurchaseOrderLine],
    stated: StatedOrder,
    facts: OrderFacts,
) -> list[Difference]:
    """Where a file and what Amazon's API has shown do not agree; only what the file states."""
    found: list[Difference] = []
    by_goods = {(line.asin, line.vendor_sku): line for line in lines if not line.removed}
    by_asin = {line.asin: line for line in lines if line.asin and not line.removed}
    by_name = {line.line: line for line in lines}
    for one, said in zip(facts.lines, stated.lines, strict=False):
        line = (
            by_name.get(str(said.values.get("line")))
            or by_goods.get((one.asin, one.vendor_sku))
            or by_asin.get(one.asin or "")
        )
        goods = one.asin or one.vendor_sku or one.line
        if line is None:
            found.append(Difference(goods, "line", None, str(one.ordered.units)))
            continue
        pairs: list[tuple[str, Any, Any]] = [
            ("ordered", line.ordered_units, one.ordered.units),
            ("cost", line.cost, one.cost if "cost" in said.values else None),
            ("received", line.received_units, _units(one, said.values.get("received"))),
            ("accepted", line.accepted_units, _units(one, said.values.get("accepted"))),
        ]
        found += [
            Difference(goods, name, _shown(before), _shown(value))
            for name, before, value in pairs
            if value is not None and before != value
        ]
    return found


def _units(line: Any, amount: int | None) -> int | None:
    return None if amount is None else replace(line.ordered, amount=amount).units


def _shown(value: Any) -> str | None:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return None if value is None else str(value)
