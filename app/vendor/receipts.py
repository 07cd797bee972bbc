"""What Amazon says has become of a purchase order: confirmed, received so far, closed.

Amazon states running totals and no receipt of its own, so each new total is kept as a snapshot and
the ledger posts the difference; a total that shrinks is a correction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlmodel import Session, col, select

from app import messages
from app.connections import Connection
from app.db import shop_of
from app.vendor.acknowledgements import said_by
from app.vendor.orders import locked_orders
from app.vendor.papers import LineStatus, Quantity, StatusFacts
from app.vendor.promises import OrderKey, lines_of, restate
from app.vendor.tables import Acknowledgement, PurchaseOrder, PurchaseOrderLine, Receipt

TOPIC = "purchase_order_status"
CONFIRMED = ("ACCEPTED", "PARTIALLY_ACCEPTED", "REJECTED")


def store_statuses(
    session: Session, connection: Connection, papers: Sequence[StatusFacts]
) -> list[StatusFacts]:
    """Stores what is new in these statuses and restates holds and receipts of what changed.

    The same status again changes nothing. Returns the statuses of orders that we have never seen:
    the caller reads those orders, as it means that one was missed.
    """
    assert connection.region is not None
    newest = {paper.number: paper for paper in sorted(papers, key=_updated)}
    orders = locked_orders(session, connection.region, sorted(newest))
    lines = lines_of(session, list(orders.values()))
    under_way = _under_way(session, connection.region, sorted(orders))
    now = datetime.now(UTC)
    changed: list[PurchaseOrder] = []
    message_ids: dict[OrderKey, int | None] = {}
    for number, facts in sorted(newest.items()):
        order = orders.get(number)
        if order is None:
            continue
        paper = under_way.get(number)
        if paper is not None and shows(facts, lines[order.region, number], said_by(session, paper)):
            paper.state, paper.error = "accepted", None
            session.add(paper)
            paper = None
        is_first = order.status_read_at is None
        order.status_read_at = now
        session.add(order)
        if order.status_digest == facts.digest:
            continue
        message_id = messages.record(
            session,
            direction="in",
            channel="amazon",
            topic=TOPIC,
            key=f"{order.reference}:status:{facts.digest}",
            reference=order.number,
            request=facts.content,
            occurred_at=facts.updated_at,
            state="done",
        )
        message_ids[order.region, number] = message_id
        _set_status(order, facts)
        if paper is not None:
            order.status_digest = ""  # looked at again once our acknowledgement is shown
        own = lines[order.region, number]
        by_line = {line.line: line for line in own}
        for status in facts.lines:
            line = by_line.get(status.line)
            if line is not None:
                if paper is None:
                    _mirror_confirmation(line, status)
                _take_receipt(session, line, status, now, message_id)
                _open_history(order, line, connection, is_first)
                session.add(line)
        if _is_confirmed(own) and order.state == "New":
            order.state = "Acknowledged"
        changed.append(order)
    restate(session, changed, message_ids=message_ids)
    return [facts for number, facts in sorted(newest.items()) if number not in orders]


def in_units(quantity: Quantity | None, line: PurchaseOrderLine) -> int | None:
    """A status quantity in eaches; one in cases that leaves out their size has the line's."""
    if quantity is None:
        return None
    if quantity.unit == "Cases" and quantity.unit_size == 1:
        return quantity.amount * line.unit_size
    return quantity.units


def _updated(paper: StatusFacts) -> datetime:
    return paper.updated_at or paper.ordered_at


def _under_way(session: Session, region: str, numbers: Sequence[str]) -> dict[str, Acknowledgement]:
    """Acknowledgements of ours that Amazon has not shown yet, by order."""
    rows = session.exec(
        select(Acknowledgement).where(
            Acknowledgement.shop_id == shop_of(session),
            Acknowledgement.region == region,
            col(Acknowledgement.number).in_(numbers),
            col(Acknowledgement.state).in_(("waiting", "sent")),
        )
    )
    return {row.number: row for row in rows}


def _set_status(order: PurchaseOrder, facts: StatusFacts) -> None:
    if facts.status == "CLOSED":
        order.state = "Closed"
    elif order.status == "CLOSED" and order.state == "Closed":
        order.state = "Acknowledged"  # Amazon has opened it again
    order.status, order.status_digest = facts.status, facts.digest


def _mirror_confirmation(line: PurchaseOrderLine, status: LineStatus) -> None:
    """Follows what was confirmed elsewhere (Vendor Central, EDI); our own split is kept if equal."""
    line.confirmation = status.confirmation
    if status.confirmation not in CONFIRMED:
        return
    accepted = in_units(status.accepted, line) or 0
    rejected = in_units(status.rejected, line) or 0
    same_accepted = accepted in (line.accepted_units, line.accepted_units + line.backordered_units)
    if not (same_accepted and rejected == line.rejected_units):
        line.accepted_units, line.backordered_units = accepted, 0
        line.rejected_units = rejected


def _take_receipt(
    session: Session,
    line: PurchaseOrderLine,
    status: LineStatus,
    now: datetime,
    message_id: int | None,
) -> None:
    total = in_units(status.received, line)
    if total is None or status.received is None:
        return
    line.last_received_at = status.last_received_at or line.last_received_at
    if total == line.received_units:
        return
    line.received_units = total
    if line.last_received_at is None:
        line.last_received_at = now
    session.add(
        Receipt(
            shop_id=line.shop_id,
            region=line.region,
            number=line.number,
            line=line.line,
            observed_at=now,
            total=total,
            amount=status.received.amount,
            unit=status.received.unit,
            unit_size=line.unit_size if status.received.unit == "Cases" else 1,
            last_received_at=status.last_received_at,
            message_id=message_id,
        )
    )


def _open_history(
    order: PurchaseOrder, line: PurchaseOrderLine, connection: Connection, is_first: bool
) -> None:
    """Units received of older orders had left before our books opened: part of the opening."""
    if order.ordered_at >= connection.connected_at or line.shipped_units:
        return
    if is_first:
        line.units_before_books = line.received_units
    elif order.before_books:
        line.units_before_books = max(line.units_before_books, line.received_units)


def _is_confirmed(lines: Sequence[PurchaseOrderLine]) -> bool:
    stated = [line.confirmation for line in lines if not line.removed and line.ordered_units]
    return bool(stated) and all(one in CONFIRMED for one in stated)


def shows(
    facts: StatusFacts,
    lines: Sequence[PurchaseOrderLine],
    promised: Mapping[str, tuple[int, int, int]],
) -> bool:
    """Whether Amazon shows this acknowledgement: line → accepted, backordered, rejected eaches."""
    by_line = {status.line: status for status in facts.lines}
    for line in lines:
        if line.line not in promised:
            continue
        accept, backorder, reject = promised[line.line]
        status = by_line.get(line.line)
        if status is None or status.confirmation not in CONFIRMED:
            return False
        accepted = in_units(status.accepted, line) or 0
        rejected = in_units(status.rejected, line) or 0
        if accepted not in (accept, accept + backorder) or rejected != reject:
            return False
    return True
