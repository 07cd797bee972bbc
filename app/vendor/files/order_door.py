"""Purchase orders by file, and what a file says of known ones: stated, compared, stored, taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.connections import BY_FILE, Connection, connections
from app.db import shop_of
from app.inventory import futures
from app.vendor.files import orders
from app.vendor.files.kinds import PURCHASE_ORDER_STATUS
from app.vendor.files.orders import StatedOrder
from app.vendor.files.paper import (
    Became,
    Difference,
    Paper,
    Preview,
    by_place,
    shown,
    tabled,
    x12_fault,
)
from app.vendor.files.reading import Record
from app.vendor.files.tables import FileImport
from app.vendor.orders import locked_orders, store
from app.vendor.papers import LineStatus, OrderFacts, Quantity, StatusFacts, digest_of
from app.vendor.promises import lines_of
from app.vendor.receipts import store_statuses
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine
from app.vendor.x12 import envelope as x12
from app.vendor.x12 import purchase_change, purchase_order
from app.vendor.x12.envelope import X12Error, is_x12

CAN_UNDO = True
NEWEST = """
SELECT DISTINCT ON (number) number, content FROM purchase_order_version
WHERE shop_id = :shop AND region = :region AND number = ANY(:numbers)
ORDER BY number, version DESC
"""

TAKEN = """
SELECT number, version FROM purchase_order_version
WHERE shop_id = :shop AND import_id = :import AND number > :after ORDER BY number LIMIT 100
"""
BEFORE = """
SELECT content FROM purchase_order_version
WHERE shop_id = :shop AND region = :region AND number = :number AND version = :version
"""
ANSWERED = """
SELECT 1 FROM acknowledgement WHERE shop_id = :shop AND region = :region AND number = :number
    AND state <> 'failed' LIMIT 1
"""


def stated(kept: FileImport, known: Mapping[str, str]) -> tuple[Preview, list[StatedOrder]]:
    """What the file says by its choices, with the headings that the shop has confirmed before."""
    if is_x12(kept.content):
        return _stated_by_x12(kept.content)
    is_change = kept.kind == PURCHASE_ORDER_STATUS
    found, records = tabled(kept, known, partial(orders.row_faults, is_change=is_change))
    if is_change:
        for one in records:
            one.values["is_change"] = True
    made, faults = orders.stated_orders(records)
    found.faults = by_place([*found.faults, *faults])
    return found, made


def _stated_by_x12(content: bytes) -> tuple[Preview, list[StatedOrder]]:
    """The 850s of a file of X12; a row is a segment, a column an element."""
    found = Preview()
    records = []
    try:
        for interchange in x12.read(content):
            for group in interchange.groups:
                for paper in group.transactions:
                    records += [Record(number, said) for number, said in _rows(group, paper)]
    except X12Error as error:
        found.faults = [x12_fault(error)]
        return found, []
    stated_orders, faults = orders.stated_orders(records)
    found.rows, found.faults = len(records), faults
    return found, stated_orders


def _rows(group: x12.Group, paper: x12.Transaction) -> list[tuple[int, dict[str, Any]]]:
    if paper.type == "860":
        return purchase_change.rows(paper)
    if paper.type != "850":
        raise X12Error(group.header.number, "ST", 1, paper.type, "850 or 860")
    return purchase_order.rows(paper)


def outcomes(session: Session, kept: FileImport, stated: Sequence[StatedOrder]) -> list[Paper]:
    """What becomes of each of these orders."""
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
        became: Became = "unknown" if one.is_change else "new"
        if order is not None and is_amazons:
            differences = _beside(order, lines[region, one.number], one, facts)
            became = "differs" if differences else "as_amazon"
        elif order is not None and not order.withdrawn:
            became = "same" if order.digest == digest_of(content) else "changed"
            differences = _within(before or {}, content)
            if one.is_change and (strange := orders.unknown_lines(one, before or {})):
                became = "differs"
                differences = [
                    Difference(str(next(iter(line.values.values()))), "line", None, f"{line.row}")
                    for line in strange
                ]
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
        Difference(line, name, shown(before.get(name)), shown(value))
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
            ("ordered", line.ordered_units, _units(one, said.values.get("ordered"))),
            ("cost", line.cost, one.cost if "cost" in said.values else None),
            ("received", line.received_units, _units(one, said.values.get("received"))),
            ("accepted", line.accepted_units, _units(one, said.values.get("accepted"))),
        ]
        found += [
            Difference(goods, name, shown(before), shown(value))
            for name, before, value in pairs
            if value is not None and before != value
        ]
    return found


def _units(line: Any, amount: int | None) -> int | None:
    return None if amount is None else line.ordered._replace(amount=amount).units


def take(session: Session, kept: FileImport, papers: Sequence[Paper]) -> None:
    """Stores what is new in these papers; the same again changes nothing."""
    connection = connection_for(session, kept.choices["region"])
    taken = [paper for paper in papers if paper.became in ("new", "changed")]
    facts = [orders.order_facts(paper.content) for paper in taken]
    store(session, connection, facts, import_id=kept.import_id)
    session.flush()
    read = [orders.status_facts(paper.content, kept.made_at) for paper in taken]
    store_statuses(session, connection, [one for one in read if one is not None])


def undo_some(session: Session, kept: FileImport) -> None:
    """Takes the next orders of a file back; those that went on since stay, and are named."""
    outcome = dict(kept.outcome)
    rows = session.execute(
        text(TAKEN),
        {
            "shop": shop_of(session),
            "import": kept.import_id,
            "after": outcome.get("undone_to", ""),
        },
    ).all()
    if not rows:
        outcome.pop("undone_to", None)
        kept.state, kept.outcome = "undone", outcome
        return
    region = kept.choices["region"]
    found = locked_orders(session, region, [row.number for row in rows])
    for number, version in rows:
        order = found[number]
        reason = _keeps(session, order, version)
        if reason is not None:
            outcome["kept"] = [*outcome.get("kept", []), {"number": number, "because": reason}]
        else:
            _take_back(session, kept, order, version)
            outcome["taken_back"] = outcome.get("taken_back", 0) + 1
        kept.done += 1
    outcome["undone_to"] = rows[-1].number
    kept.outcome = outcome


def _keeps(session: Session, order: PurchaseOrder, version: int) -> str | None:
    """Why an order can no longer go back to what it was; None when it can."""
    if order.version != version:
        return "changed_since"
    if any(line.shipped_units for line in _lines(session, order)):
        return "shipped_since"
    asked = {"shop": shop_of(session), "region": order.region, "number": order.number}
    return "answered_since" if session.execute(text(ANSWERED), asked).first() else None


def _take_back(session: Session, kept: FileImport, order: PurchaseOrder, version: int) -> None:
    asked = {"shop": shop_of(session), "region": order.region, "number": order.number}
    undone = session.execute(text(BEFORE), {**asked, "version": version}).scalar_one()
    before = session.execute(text(BEFORE), {**asked, "version": version - 1}).scalar_one_or_none()
    if before is None or before.get("withdrawn"):
        header = {**undone["order"], "state": "Closed"}
        before = {"source": "file", "withdrawn": True, "order": header, "lines": []}
    connection = _connection(session, order.connection_id)
    order.status = None  # what a file said of it is taken back too
    store(session, connection, [orders.order_facts(before)])
    session.flush()
    known = {one["line"]: one for one in before["lines"]}
    statuses = []
    for line in _lines(session, order):
        earlier = known.get(line.line, {})
        if "accepted" not in earlier:
            line.confirmation = None
            line.accepted_units = line.backordered_units = line.rejected_units = 0
        if "received" not in earlier:
            line.units_before_books = 0
        session.add(line)
        received = Quantity(earlier.get("received", 0), line.ordered_unit, line.unit_size)
        statuses.append(LineStatus(line.line, None, None, None, received, None))
    order.status_read_at = None  # as if it had never been read
    session.add(order)
    stated = StatusFacts(
        number=order.number,
        status="CLOSED" if order.state == "Closed" and not order.withdrawn else "OPEN",
        ordered_at=order.ordered_at,
        updated_at=datetime.now(UTC),
        lines=tuple(statuses),
        content={**before, "undone": kept.import_id},
    )
    store_statuses(session, connection, [stated])


def connection_for(session: Session, region: str) -> Connection:
    """The connection that papers of a region belong to; one without access where there is none."""
    own = [one for one in connections(session, "amazon") if one.region == region]
    for state in ("connected", "reauthorise", BY_FILE):
        for one in own:
            if one.state == state:
                return one
    made = Connection(
        shop_id=shop_of(session),
        channel="amazon",
        reference=f"{BY_FILE}-{region}",
        name="",
        region=region,
        state=BY_FILE,
    )
    session.add(made)
    session.flush()
    return made


def _connection(session: Session, connection_id: int) -> Connection:
    found = session.get(Connection, (shop_of(session), connection_id))
    assert found is not None
    return found


def _lines(session: Session, order: PurchaseOrder) -> list[PurchaseOrderLine]:
    return lines_of(session, [order])[order.region, order.number]
