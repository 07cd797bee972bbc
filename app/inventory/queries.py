"""Reads: items with their balances now or as of a moment, the movements behind them, and holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, text
from sqlmodel import Session

from app.db import shop_of
from app.inventory.models import State

# The last posting that touched an account tells its balance; two index look-ups find it. Where none is
# here any more, as its month was moved away, the next one tells what it began with, and where there
# is no next one either nothing has changed since.
AS_OF = """
SELECT item_id, location_id, state, quantity FROM (
    SELECT balance.item_id, balance.location_id, balance.state::text AS state,
           last.quantity IS NULL AS is_carried,
           coalesce(last.quantity, (
               SELECT began FROM (
                   (SELECT recorded_at, movement_id, to_balance - posting.quantity AS began
                    FROM posting
                    WHERE shop_id = %(shop)s AND to_account_id = balance.account_id
                      AND recorded_at > %(moment)s
                    ORDER BY recorded_at, movement_id LIMIT 1)
                   UNION ALL
                   (SELECT recorded_at, movement_id, from_balance + posting.quantity FROM posting
                    WHERE shop_id = %(shop)s AND from_account_id = balance.account_id
                      AND recorded_at > %(moment)s
                    ORDER BY recorded_at, movement_id LIMIT 1)
               ) AS side ORDER BY recorded_at, movement_id LIMIT 1
           ), balance.quantity) AS quantity
    FROM balance
    LEFT JOIN LATERAL (
        SELECT quantity FROM (
            (SELECT recorded_at, movement_id, to_balance AS quantity FROM posting
             WHERE shop_id = %(shop)s AND to_account_id = balance.account_id
               AND recorded_at <= %(moment)s
             ORDER BY recorded_at DESC, movement_id DESC LIMIT 1)
            UNION ALL
            (SELECT recorded_at, movement_id, from_balance FROM posting
             WHERE shop_id = %(shop)s AND from_account_id = balance.account_id
               AND recorded_at <= %(moment)s
             ORDER BY recorded_at DESC, movement_id DESC LIMIT 1)
        ) AS side ORDER BY recorded_at DESC, movement_id DESC LIMIT 1
    ) AS last ON true
    WHERE balance.shop_id = %(shop)s AND balance.item_id = ANY(%(items)s::int[])
) AS stood
WHERE NOT (is_carried AND quantity = 0)
"""

NOW = """
SELECT item_id, location_id, state::text AS state, quantity FROM balance
WHERE shop_id = %(shop)s AND item_id = ANY(%(items)s::int[])
"""

MOVEMENT_COLUMNS = """
movement.movement_id, movement.quantity, movement.reason::text AS reason, movement.occurred_at,
movement.recorded_at, movement.line, movement.echo, movement.actor, movement.message_id,
movement.from_location_id, movement.from_state::text AS from_state, movement.from_balance,
movement.to_location_id, movement.to_state::text AS to_state, movement.to_balance,
document.kind AS document_kind, document.reference AS document_reference,
document.title AS document_title
"""

# The newest of each account by its index, the newest of those, and only then their names. Every
# posting comes out of some account, so both sides are looked at only when not all are asked for.
MOVEMENTS = f"""
WITH account AS (SELECT account_id FROM balance WHERE {{accounts}}),
newest AS (
    SELECT DISTINCT found.movement_id, found.recorded_at
    FROM account CROSS JOIN LATERAL ({{sides}}) AS found
    ORDER BY recorded_at DESC, movement_id DESC LIMIT %(limit)s
)
SELECT {MOVEMENT_COLUMNS}
FROM newest
JOIN movement ON movement.shop_id = %(shop)s AND movement.movement_id = newest.movement_id
 AND movement.recorded_at = newest.recorded_at
JOIN document ON document.shop_id = %(shop)s AND document.document_id = movement.document_id
ORDER BY movement.recorded_at DESC, movement.movement_id DESC
"""
SIDE = """
    (SELECT movement_id, recorded_at FROM posting
     WHERE shop_id = %(shop)s AND {side}_account_id = account_id{until}
     ORDER BY recorded_at DESC, movement_id DESC LIMIT %(limit)s)
"""
STATES = {state.value: state for state in State}


class BalanceRow(NamedTuple):
    """One account's quantity in eaches."""

    item_id: int
    location_id: int
    state: State
    quantity: int


def balances(
    session: Session, item_ids: Sequence[int], as_of: datetime | None = None
) -> list[BalanceRow]:
    """Every account of these items that was ever touched, now or as it stood at a moment."""
    parameters: dict[str, Any] = {"items": list(item_ids)}
    statement = NOW
    if as_of is not None:
        statement, parameters["moment"] = AS_OF, as_of
    return [
        BalanceRow(item_id, location_id, STATES[state], quantity)
        for item_id, location_id, state, quantity in _rows(session, statement, parameters)
    ]


def movements(
    session: Session,
    item_id: int,
    *,
    limit: int,
    state: State | None = None,
    location_id: int | None = None,
    as_of: datetime | None = None,
    before: tuple[datetime, int] | None = None,
) -> Sequence[Row[Any]]:
    """An item's movements, newest first, from or into a state or location if those are named.

    `before` is the (recorded_at, movement_id) of the last row of the page before.
    """
    parameters: dict[str, Any] = {
        "item": item_id,
        "state": state and state.value,
        "location": location_id,
        "moment": as_of,
        "before_at": before and before[0],
        "before_id": before and before[1],
        "limit": limit,
    }
    statement = page_statement(state=state, location_id=location_id, as_of=as_of, before=before)
    return _rows(session, statement, parameters)


def page_statement(
    *,
    state: State | None = None,
    location_id: int | None = None,
    as_of: datetime | None = None,
    before: tuple[datetime, int] | None = None,
) -> str:
    """The SQL of one page of movements, by what is asked for."""
    accounts = ["shop_id = %(shop)s", "item_id = %(item)s"]
    if state is not None:
        accounts.append("state = CAST(%(state)s AS stock_state)")
    if location_id is not None:
        accounts.append("location_id = %(location)s")
    until = ""
    if as_of is not None:
        until += " AND recorded_at <= %(moment)s"
    if before is not None:
        # The first half says nothing new, but an index can follow it.
        until += " AND recorded_at <= %(before_at)s"
        until += " AND (recorded_at, movement_id) < (%(before_at)s, %(before_id)s)"
    named = ("from", "to") if len(accounts) > 2 else ("from",)
    sides = " UNION ALL ".join(SIDE.format(side=side, until=until) for side in named)
    return MOVEMENTS.format(accounts=" AND ".join(accounts), sides=sides)


def _rows(session: Session, statement: str, parameters: dict[str, Any]) -> Sequence[Any]:
    parameters["shop"] = shop_of(session)
    return session.connection().exec_driver_sql(statement, parameters).fetchall()


ITEMS_BY_SKU = """
SELECT item.*, NULL::int AS available FROM item
WHERE item.shop_id = :shop AND archived_at IS NULL
  AND (CAST(:search AS text) IS NULL OR sku ILIKE :search OR title ILIKE :search OR EXISTS (
      SELECT FROM alias WHERE alias.shop_id = :shop AND alias.item_id = item.item_id
      AND alias.value ILIKE :search))
  AND (NOT :colliding OR EXISTS (
      SELECT FROM collision WHERE collision.shop_id = :shop AND collision.item_id = item.item_id
      AND ended_at IS NULL))
  AND (CAST(:after_key AS text) IS NULL OR (sku, item.item_id) > (:after_key, :after_id))
ORDER BY sku, item.item_id LIMIT :limit
"""

ITEMS_BY_AVAILABLE = """
SELECT * FROM (
    SELECT item.*, coalesce((
        SELECT sum(quantity)::int FROM balance
        WHERE balance.shop_id = :shop AND balance.item_id = item.item_id
          AND state = 'available'), 0) AS available
    FROM item WHERE item.shop_id = :shop AND archived_at IS NULL
      AND (CAST(:search AS text) IS NULL OR sku ILIKE :search OR title ILIKE :search OR EXISTS (
          SELECT FROM alias WHERE alias.shop_id = :shop AND alias.item_id = item.item_id
          AND alias.value ILIKE :search))
      AND (NOT :colliding OR EXISTS (
          SELECT FROM collision WHERE collision.shop_id = :shop
          AND collision.item_id = item.item_id AND ended_at IS NULL))
) AS found
WHERE CAST(:after_key AS int) IS NULL
   OR (available, item_id) > (CAST(:after_key AS int), :after_id)
ORDER BY available, item_id LIMIT :limit
"""


def items(
    session: Session,
    *,
    limit: int,
    sort: str = "sku",
    search: str | None = None,
    in_collision: bool = False,
    after: Sequence[Any] | None = None,
) -> Sequence[Row[Any]]:
    """Items by SKU, or those with the least available first; `search` looks in aliases too."""
    pattern = f"%{_escaped(search)}%" if search else None
    key, item_id = after or (None, None)
    return session.execute(
        text(ITEMS_BY_AVAILABLE if sort == "available" else ITEMS_BY_SKU),
        {
            "shop": shop_of(session),
            "search": pattern,
            "colliding": in_collision,
            "after_key": key,
            "after_id": item_id,
            "limit": limit,
        },
    ).all()


def incoming(session: Session, item_id: int) -> dict[int, int]:
    """What the outside last said is on its way of an item, by location; it names no day."""
    rows = session.execute(
        text(
            "SELECT location_id, quantity FROM count WHERE shop_id = :shop AND item_id = :item"
            " AND state = 'incoming' AND quantity > 0 ORDER BY location_id"
        ),
        {"shop": shop_of(session), "item": item_id},
    )
    return {row.location_id: row.quantity for row in rows}


HOLDS = """
SELECT document.kind, document.reference, document.title, hold.document_id, hold.line,
       hold.item_id, item.sku, item.title AS item_title, item.image_url, hold.location_id,
       location.name AS location, hold.state::text AS state, wanted, fulfilled, held, fact, firm,
       expires_at, due_at, hold.updated_at
FROM hold
JOIN document USING (shop_id, document_id)
JOIN item USING (shop_id, item_id)
JOIN location USING (shop_id, location_id)
WHERE hold.shop_id = :shop AND (held > 0 OR wanted > fulfilled)
  AND (CAST(:item AS int) IS NULL OR hold.item_id = :item)
  AND (CAST(:kind AS text) IS NULL OR document.kind = :kind)
  AND (CAST(:after_document AS bigint) IS NULL
       OR (hold.document_id, line, hold.item_id, hold.location_id)
          < (:after_document, :after_line, :after_item, :after_location))
ORDER BY hold.document_id DESC, line DESC, hold.item_id DESC, hold.location_id DESC LIMIT :limit
"""


def holds(
    session: Session,
    *,
    limit: int,
    item_id: int | None = None,
    kind: str | None = None,
    after: Sequence[Any] | None = None,
) -> Sequence[Row[Any]]:
    """Open holds, newest documents first."""
    document, line, item, location = after or (None, None, None, None)
    return session.execute(
        text(HOLDS),
        {
            "shop": shop_of(session),
            "item": item_id,
            "kind": kind,
            "after_document": document,
            "after_line": line,
            "after_item": item,
            "after_location": location,
            "limit": limit,
        },
    ).all()


def _escaped(search: str) -> str:
    return search.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
