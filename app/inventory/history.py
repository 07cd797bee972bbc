"""The shop's own history as a replay wants it: read from the books once, whatever is made of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.inventory import past
from app.inventory.models import OUTSIDE
from app.inventory.past import Past
from app.inventory.replay import Event, History, Place, RequestKey, Standing

# Joining each movement with its accounts would cost far more than the movements themselves.
ACCOUNTS = """
SELECT account_id, item_id, location_id, state::text FROM balance
WHERE shop_id = :shop AND (CAST(:items AS int[]) IS NULL OR item_id = ANY(CAST(:items AS int[])))
"""
MOVEMENTS = """
SELECT recorded_at, movement_id, quantity, document_id, line, from_account_id, to_account_id
FROM posting
WHERE shop_id = :shop AND recorded_at >= :begins AND recorded_at < :ends
ORDER BY recorded_at, movement_id
"""
MOVEMENTS_OF = MOVEMENTS.replace(
    "ORDER BY",
    "AND (from_account_id = ANY(CAST(:accounts AS int[]))"
    " OR to_account_id = ANY(CAST(:accounts AS int[])))\nORDER BY",
)
ASKS = """
SELECT document_id, line, item_id, location_id, asked_at, units, firm, due_at FROM ask
WHERE shop_id = :shop AND asked_at < :ends
  AND (CAST(:items AS int[]) IS NULL OR item_id = ANY(CAST(:items AS int[])))
ORDER BY asked_at, document_id, line
"""
SHIPPED_BY = """
SELECT document_id, line, item_id, from_location_id, hold_document_id, hold_line FROM tally
WHERE shop_id = :shop AND hold_document_id IS NOT NULL AND from_state = 'reserved'
"""
NOW = """
SELECT item_id, location_id, quantity FROM balance
WHERE shop_id = :shop AND state = 'available'
  AND (CAST(:items AS int[]) IS NULL OR item_id = ANY(CAST(:items AS int[])))
"""
HELD_NOW = """
SELECT hold.document_id, line, item_id, location_id, held, fulfilled, document.kind
FROM hold JOIN document USING (shop_id, document_id)
WHERE hold.shop_id = :shop AND NOT fact AND hold.state IN ('reserved', 'safety_stock')
  AND (CAST(:items AS int[]) IS NULL OR item_id = ANY(CAST(:items AS int[])))
"""
KEPT_BY_POLICY = "SELECT document_id FROM document WHERE shop_id = :shop AND kind = 'safety_stock'"
CASES = "SELECT item_id, units_per_case FROM item WHERE shop_id = :shop"

OUTER = {state.value for state in OUTSIDE}
Account = tuple[int, int, str]
"""Item, location, state."""
LineKey = tuple[int, str, int, int]
"""Document, line, item, location."""


def read(
    session: Session, begins: datetime, ends: datetime, items: Sequence[int] | None = None
) -> History:
    """What happened to these items (or all) from one moment up to another; nine statements.

    Where the books were opened within that time, what is known of the time before comes first, and
    what made the opening balances is no event: it is what stood at the beginning, less what went
    since. Where nothing is known of it, the history begins with the books.
    """
    known = past.cover(session)
    is_told = known is not None and known.state == "whole" and begins < known.ground_at
    ground_at = known.ground_at if known and is_told else None
    if known and ground_at:
        begins = max(begins, known.since or known.opened_at)
    given: dict[str, Any] = {
        "shop": shop_of(session),
        "begins": begins,
        "ends": ends,
        "items": None if items is None else list(items),
    }
    reader = _Reader(begins)
    reader.asks(session.execute(text(ASKS), given).all())
    reader.shippers = {
        (row[0], row[1], row[2], row[3]): (row[4], row[5])
        for row in session.execute(text(SHIPPED_BY), given)
    }
    reader.shipping = {key[0] for key in reader.shippers}
    reader.by_policy = set(session.execute(text(KEPT_BY_POLICY), given).scalars())
    accounts = {row[0]: (row[1], row[2], row[3]) for row in session.execute(text(ACCOUNTS), given)}
    statement = MOVEMENTS if items is None else MOVEMENTS_OF
    given["accounts"] = list(accounts)
    if known and ground_at:
        # An order that was open when the books opened stands in the past with the others.
        given["begins"] = ground_at
        lines = past.between(session, begins, known.opened_at, items)
        reader.past(lines, ground_at, sees_deliveries=known.sees_deliveries)
    for at, number, units, document, line, source, target in session.execute(
        text(statement), given
    ).all():
        if source in accounts and target in accounts:  # an item's units stay that item's
            reader.movement(at, number, units, document, line, accounts[source], accounts[target])
    for row in session.execute(text(NOW), given):
        reader.unclaimed[row[0], row[1]] += row[2]
    for row in session.execute(text(HELD_NOW), given):
        reader.hold(row)
    reader.events.sort(key=lambda event: (event.at, event.number))
    return History(
        begins=begins,
        ends=ends,
        unclaimed=dict(reader.unclaimed),
        standing=reader.standing(),
        events=reader.events,
        cases={row[0]: row[1] for row in session.execute(text(CASES), given)},
        orders=len(reader.orders) + reader.past_orders,
        past_orders=reader.past_orders,
        past_requests=reader.past_requests,
        requests=len(
            {one.request[0] for one in reader.events if one.kind == "ask" and one.request}
        ),
    )


class _Reader:
    """Sorts rows into events, and takes them off what stands now to know what stood before."""

    def __init__(self, begins: datetime) -> None:
        self.begins = begins
        self.events: list[Event] = []
        self.unclaimed: dict[Place, int] = defaultdict(int)
        self.shippers: dict[LineKey, RequestKey] = {}
        self.shipping: set[int] = set()
        self.by_policy: set[int] = set()
        self.told: set[int] = set()
        self.orders: set[int] = set()
        self.before: dict[LineKey, Any] = {}
        self.shipped: dict[LineKey, int] = defaultdict(int)
        self.past_orders = self.past_requests = 0

    def past(self, lines: Sequence[Past], ground_at: datetime, *, sees_deliveries: bool) -> None:
        """What is known of the time before the books, each line as what it asked for and took.

        What has left stood there before: from the beginning where nobody knows when goods came in.
        What a purchase order took is among the changes of its day where those are known.
        """
        papers: dict[str, int] = {}
        orders = set()
        for one in lines:
            place = (one.item_id, one.location_id)
            if one.kind == "delivery":
                self.unclaimed[place] -= one.units
                self.events.append(Event(one.at, -1, place, "supply", one.units))
            elif one.kind == "order":
                orders.add(one.reference)
                self._past_order(one, place, ground_at)
            else:
                number = papers.setdefault(one.reference, -1 - len(papers))
                self._past_request(one, place, number, ground_at, sees_deliveries)
        self.past_orders, self.past_requests = len(orders), len(papers)

    def _past_order(self, one: Past, place: Place, ground_at: datetime) -> None:
        self.unclaimed[place] += one.units
        self.events.append(Event(one.at, 0, place, "order", one.units))
        if one.ended_at is not None and one.ended_at < ground_at:
            self.unclaimed[place] -= one.units
            self.events.append(Event(one.ended_at, 0, place, "order", -one.units))

    def _past_request(
        self, one: Past, place: Place, number: int, ground_at: datetime, sees_deliveries: bool
    ) -> None:
        request = (number, one.line)
        ended_at = min(one.ended_at or ground_at, ground_at)
        firm_at = min(one.firm_at or one.at, ended_at)
        self.events += [
            Event(one.at, 0, place, "ask", one.units, request, False, one.due_at),
            Event(firm_at, 0, place, "ask", one.units, request, True, one.due_at),
        ]
        if one.taken:
            if sees_deliveries:
                self.events.append(Event(ended_at, 1, place, "supply", one.taken))
            else:
                self.unclaimed[place] += one.taken
            self.events.append(Event(ended_at, 2, place, "ship", one.taken, request))
        over = Event(ended_at, 3, place, "ask", one.taken, request, True, one.due_at)
        self.events.append(over)

    def asks(self, rows: Sequence[Any]) -> None:
        """What was asked before the beginning stands; what was asked later happens."""
        for row in rows:
            self.told.add(row.document_id)
            key = (row.document_id, row.line, row.item_id, row.location_id)
            if row.asked_at < self.begins:
                self.before[key] = row
                continue
            self.events.append(
                Event(
                    row.asked_at,
                    0,  # before the movements that it caused
                    (row.item_id, row.location_id),
                    "ask",
                    row.units,
                    (row.document_id, row.line),
                    row.firm,
                    row.due_at,
                )
            )

    def movement(
        self,
        at: datetime,
        number: int,
        units: int,
        document: int,
        line: str,
        source: Account,
        target: Account,
    ) -> None:
        """One movement: an event for each of its sides that a replay does not decide by itself."""
        from_state, to_state = source[2], target[2]
        here, there = source[:2], target[:2]
        if from_state == "reserved" and to_state in OUTER:
            self._left(at, number, units, (document, line, *here))
            return
        if from_state in OUTER and to_state == "available":
            self._came_back(at, number, units, (document, line, *there))
        if from_state == "available":
            self._free(at, number, -units, document, here, to_state if here == there else "")
        if to_state == "available":
            self._free(at, number, units, document, there, from_state if here == there else "")

    def hold(self, row: Any) -> None:
        """What is held now by those whom the replay grants anew was unclaimed to begin with."""
        key = (row.document_id, row.line, row.item_id, row.location_id)
        if row.document_id in self.told or row.kind == "safety_stock":
            self.unclaimed[row.item_id, row.location_id] += row.held
        if key in self.before:
            self.shipped[key] = row.fulfilled - self.shipped.get(key, 0)

    def standing(self) -> list[Standing]:
        """The requests that were open at the beginning."""
        return [
            Standing(
                (row.item_id, row.location_id),
                (row.document_id, row.line),
                row.units,
                max(0, self.shipped.get(key, 0)),
                row.firm,
                row.due_at,
            )
            for key, row in self.before.items()
            if row.units > max(0, self.shipped.get(key, 0))
        ]

    def _free(
        self, at: datetime, number: int, units: int, document: int, place: Place, other: str
    ) -> None:
        if other == "reserved" and self._is_told(document):
            return
        if other == "safety_stock" and document in self.by_policy:
            return
        self.unclaimed[place] -= units
        if other == "committed":
            if units < 0:
                self.orders.add(document)
            self.events.append(Event(at, number, place, "order", -units))
        else:
            self.events.append(Event(at, number, place, "supply", units))

    def _left(self, at: datetime, number: int, units: int, key: LineKey) -> None:
        request = self.shippers.get(key)
        if request is None or request[0] not in self.told:
            return
        place = (key[2], key[3])
        self.unclaimed[place] += units
        self.shipped[(*request, *place)] += units
        self.events.append(Event(at, number, place, "ship", units, request))

    def _came_back(self, at: datetime, number: int, units: int, key: LineKey) -> None:
        request = self.shippers.get(key)
        if request is not None and request[0] in self.told:
            place = (key[2], key[3])
            self.shipped[(*request, *place)] -= units
            self.events.append(Event(at, number, place, "ship", -units, request))

    def _is_told(self, document: int) -> bool:
        """Whether it is a request that is told of, or a paper that ships one."""
        return document in self.told or document in self.shipping
