"""What a page of statuses reads and writes of orders and lines: a statement for each table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from app.db import shop_of
from app.inventory.arrays import integers, moments, texts
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine

LOCK_ORDERS = """
SELECT number, state, status, status_digest, status_read_at, ordered_at, before_books, revision
FROM purchase_order
WHERE shop_id = %(shop)s AND region = %(region)s AND number = ANY(%(numbers)s::text[])
ORDER BY number FOR UPDATE
"""
# Order by order, as OFFSET 0 has it: a planner that knows nothing of a shop yet, as on a vendor's first
# day, else reads every line of the region for each page.
READ_LINES = """
SELECT own.number, line, unit_size, ordered_units, removed, shipped_units, confirmation,
    accepted_units, backordered_units, rejected_units, received_units, last_received_at,
    units_before_books
FROM unnest(%(numbers)s::text[]) AS asked (number) CROSS JOIN LATERAL (
    SELECT * FROM purchase_order_line
    WHERE shop_id = %(shop)s AND region = %(region)s AND number = asked.number OFFSET 0
) AS own
ORDER BY own.number, position, line
"""
NOTE_READ = """
UPDATE purchase_order SET status_read_at = %(now)s
WHERE shop_id = %(shop)s AND region = %(region)s AND number = ANY(%(numbers)s::text[])
"""
WRITE_ORDERS = """
UPDATE purchase_order AS paper
SET state = said.state, status = said.status, status_digest = said.digest, status_read_at = %(now)s
FROM unnest(%(numbers)s::text[], %(states)s::text[], %(statuses)s::text[], %(digests)s::text[])
    AS said (number, state, status, digest)
WHERE shop_id = %(shop)s AND region = %(region)s AND paper.number = said.number
"""
WRITE_LINES = """
UPDATE purchase_order_line AS paper
SET confirmation = said.confirmation, accepted_units = said.accepted,
    backordered_units = said.backordered, rejected_units = said.rejected,
    received_units = said.received, last_received_at = said.last_received_at,
    units_before_books = said.before_books
FROM unnest(%(numbers)s::text[], %(lines)s::text[], %(confirmations)s::text[], %(accepted)s::int[],
    %(backordered)s::int[], %(rejected)s::int[], %(received)s::int[],
    %(last_received)s::timestamptz[], %(before_books)s::int[])
    AS said (number, line, confirmation, accepted, backordered, rejected, received,
             last_received_at, before_books)
WHERE shop_id = %(shop)s AND region = %(region)s AND paper.number = said.number
  AND paper.line = said.line
"""
INSERT_RECEIPTS = """
INSERT INTO receipt (shop_id, region, observed_at, number, line, total, amount, unit, unit_size,
    last_received_at, message_id)
SELECT %(shop)s, %(region)s, %(now)s, given.*
FROM unnest(%(numbers)s::text[], %(lines)s::text[], %(totals)s::int[], %(amounts)s::int[],
    %(units)s::text[], %(unit_sizes)s::int[], %(last_received)s::timestamptz[],
    %(messages)s::bigint[]) AS given
"""


@dataclass(slots=True)
class OrderRow:
    """What statuses need of a locked order."""

    number: str
    state: str
    status: str | None
    status_digest: str
    status_read_at: datetime | None
    ordered_at: datetime
    before_books: bool
    revision: int

    @property
    def is_closed(self) -> bool:
        """As `PurchaseOrder.is_closed`."""
        return self.state == "Closed" or self.status == "CLOSED"


@dataclass(slots=True)
class LineRow:
    """What statuses need of a line, and change of it."""

    number: str
    line: str
    unit_size: int
    ordered_units: int
    removed: bool
    shipped_units: int
    confirmation: str | None
    accepted_units: int
    backordered_units: int
    rejected_units: int
    received_units: int
    last_received_at: datetime | None
    units_before_books: int


class ReceiptRow(NamedTuple):
    """A new total of one line, to be kept."""

    number: str
    line: str
    total: int
    amount: int
    unit: str
    unit_size: int
    last_received_at: datetime | None
    message_id: int | None


class StatusRows:
    """The rows of one region that one page of statuses is about."""

    def __init__(self, session: Session, region: str, now: datetime) -> None:
        self.session = session
        self.given = {"shop": shop_of(session), "region": region, "now": now}

    def lock_orders(self, numbers: Sequence[str]) -> dict[str, OrderRow]:
        """Those of these orders that are known, locked in one order until the transaction ends."""
        return {row[0]: OrderRow(*row) for row in self._rows(LOCK_ORDERS, numbers=texts(numbers))}

    def lines(self, numbers: Sequence[str]) -> dict[str, list[LineRow]]:
        """The lines of these orders, each order's in its own sequence."""
        found: dict[str, list[LineRow]] = {number: [] for number in numbers}
        if numbers:
            for row in self._rows(READ_LINES, numbers=texts(numbers)):
                found[row[0]].append(LineRow(*row))
        return found

    def note_read(self, numbers: Sequence[str]) -> None:
        """Their statuses were read now and say nothing new."""
        if numbers:
            self._run(NOTE_READ, numbers=texts(numbers))

    def write(
        self,
        orders: Sequence[OrderRow],
        lines: Sequence[LineRow],
        receipts: Sequence[ReceiptRow],
    ) -> None:
        """Writes what these orders and lines are now, and keeps the new totals."""
        if orders:
            self._run(
                WRITE_ORDERS,
                numbers=texts([row.number for row in orders]),
                states=texts([row.state for row in orders]),
                statuses=texts([row.status for row in orders]),
                digests=texts([row.status_digest for row in orders]),
            )
        if lines:
            self._run(
                WRITE_LINES,
                numbers=texts([row.number for row in lines]),
                lines=texts([row.line for row in lines]),
                confirmations=texts([row.confirmation for row in lines]),
                accepted=integers([row.accepted_units for row in lines]),
                backordered=integers([row.backordered_units for row in lines]),
                rejected=integers([row.rejected_units for row in lines]),
                received=integers([row.received_units for row in lines]),
                last_received=moments([row.last_received_at for row in lines]),
                before_books=integers([row.units_before_books for row in lines]),
            )
        if receipts:
            self._run(
                INSERT_RECEIPTS,
                numbers=texts([row.number for row in receipts]),
                lines=texts([row.line for row in receipts]),
                totals=integers([row.total for row in receipts]),
                amounts=integers([row.amount for row in receipts]),
                units=texts([row.unit for row in receipts]),
                unit_sizes=integers([row.unit_size for row in receipts]),
                last_received=moments([row.last_received_at for row in receipts]),
                messages=integers([row.message_id for row in receipts]),
            )
        _expire(self.session)

    def _rows(self, statement: str, **parameters: Any) -> Iterable[Any]:
        return (
            self.session.connection().exec_driver_sql(statement, self.given | parameters).fetchall()
        )

    def _run(self, statement: str, **parameters: Any) -> None:
        self.session.connection().exec_driver_sql(statement, self.given | parameters)


def _expire(session: Session) -> None:
    """Whoever has such a row as an object reads it anew."""
    for row in list(session):
        if isinstance(row, PurchaseOrder | PurchaseOrderLine):
            session.expire(row)
