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
from app.messages import Recorded
from app.vendor.acknowledgements import said_by
from app.vendor.orders import locked_orders
from app.vendor.papers import LineStatus, Quantity, StatusFacts
from app.vendor.promises import OrderKey, restate
from app.vendor.status_rows import LineRow, OrderRow, ReceiptRow, StatusRows
from app.vendor.tables import Acknowledgement, PurchaseOrderLine

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
    session.flush()
    now = datetime.now(UTC)
    rows = StatusRows(session, connection.region, now)
    newest = {paper.number: paper for paper in sorted(papers, key=_updated)}
    orders = rows.lock_orders(sorted(newest))
    under_way = _under_way(session, connection.region, sorted(orders))
    new = {
        number: facts
        for number, facts in sorted(newest.items())
        if number in orders and orders[number].status_digest != facts.digest
    }
    lines = rows.lines(sorted({*new, *under_way}))
    for number, paper in list(under_way.items()):
        if shows(newest[number], lines[number], said_by(session, paper)):
            paper.state, paper.error = "accepted", None
            session.add(paper)
            del under_way[number]
    message_ids = _record(session, connection.region, new)
    receipts: list[ReceiptRow] = []
    for number, facts in new.items():
        order, own = orders[number], lines[number]
        opens = order.ordered_at < connection.connected_at
        is_first = order.status_read_at is None
        _set_status(order, facts)
        if number in under_way:
            order.status_digest = ""  # looked at again once our acknowledgement is shown
        by_line = {line.line: line for line in own}
        for status in facts.lines:
            line = by_line.get(status.line)
            if line is None:
                continue
            if number not in under_way:
                _mirror_confirmation(line, status)
            receipt = _take_receipt(line, status, now, message_ids[connection.region, number])
            if receipt is not None:
                receipts.append(receipt)
            if opens:
                _open_history(order, line, is_first)
        if order.state == "New" and _is_confirmed(own):
            order.state = "Acknowledged"
    rows.note_read([number for number in orders if number not in new])
    written = [line for number in new for line in lines[number]]
    rows.write([orders[number] for number in new], written, receipts)
    speaking = [number for number in new if _speaks(orders[number], lines[number])]
    if speaking:
        locked = locked_orders(session, connection.region, speaking)
        restate(session, list(locked.values()), message_ids=message_ids)
    return [facts for number, facts in sorted(newest.items()) if number not in orders]


def in_units(quantity: Quantity | None, line: PurchaseOrderLine | LineRow) -> int | None:
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


def _record(
    session: Session, region: str, papers: Mapping[str, StatusFacts]
) -> dict[OrderKey, int | None]:
    """One message for each of these statuses."""
    keys = {number: f"{region}:{number}:status:{facts.digest}" for number, facts in papers.items()}
    ids = messages.record_done(
        session,
        [
            Recorded(keys[number], facts.written, number, facts.updated_at)
            for number, facts in papers.items()
        ],
        direction="in",
        channel="amazon",
        topic=TOPIC,
    )
    return {(region, number): ids.get(key) for number, key in keys.items()}


def _speaks(order: OrderRow, lines: Sequence[LineRow]) -> bool:
    """Whether the ledger has anything to hear of it: of an order that was over before our books
    opened, and that it has never heard of, it has not."""
    if order.revision or not (order.is_closed or order.before_books):
        return True
    if any(line.shipped_units for line in lines):
        return True
    if order.is_closed:
        return any(line.received_units != line.units_before_books for line in lines)
    return any(line.received_units for line in lines)


def _set_status(order: OrderRow, facts: StatusFacts) -> None:
    if facts.status == "CLOSED":
        order.state = "Closed"
    elif order.status == "CLOSED" and order.state == "Closed":
        order.state = "Acknowledged"  # Amazon has opened it again
    order.status, order.status_digest = facts.status, facts.digest


def _mirror_confirmation(line: LineRow, status: LineStatus) -> None:
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
    line: LineRow, status: LineStatus, now: datetime, message_id: int | None
) -> ReceiptRow | None:
    """Follows Amazon's running total; returns it when it is another one than before."""
    total = in_units(status.received, line)
    if total is None or status.received is None:
        return None
    line.last_received_at = status.last_received_at or line.last_received_at
    if total == line.received_units:
        return None
    line.received_units = total
    line.last_received_at = line.last_received_at or now
    return ReceiptRow(
        line.number,
        line.line,
        total,
        status.received.amount,
        status.received.unit,
        line.unit_size if status.received.unit == "Cases" else 1,
        status.last_received_at,
        message_id,
    )


def _open_history(order: OrderRow, line: LineRow, is_first: bool) -> None:
    """Units received of older orders had left before our books opened: part of the opening."""
    if line.shipped_units:
        return
    if is_first:
        line.units_before_books = line.received_units
    elif order.before_books:
        line.units_before_books = max(line.units_before_books, line.received_units)


def _is_confirmed(lines: Sequence[LineRow]) -> bool:
    stated = [line.confirmation for line in lines if not line.removed and line.ordered_units]
    return bool(stated) and all(one in CONFIRMED for one in stated)


def shows(
    facts: StatusFacts,
    lines: Sequence[PurchaseOrderLine | LineRow],
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
