"""Purchase orders that were never seen before, however many, in one statement for each table.

Half a year of them comes in on a vendor's first day, so nothing here is done order by order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlmodel import Session

from app import messages
from app.connections import Connection
from app.db import database_time, shop_of
from app.inventory.arrays import booleans, integers, moments, texts
from app.messages import Recorded
from app.vendor.items import Named, resolve
from app.vendor.papers import LineFacts, OrderFacts
from app.vendor.promises import default_location

TOPIC = "purchase_order"
INSERT_ORDERS = """
INSERT INTO purchase_order (shop_id, region, connection_id, location_id, first_seen_at, read_at,
    version, revision, status_digest, rest_released, number, vendor_code, ship_to, state, type,
    payment_method, ordered_at, changed_at, state_changed_at, ship_start, ship_end, delivery_start,
    delivery_end, digest, before_books, source, withdrawn)
SELECT %(shop)s, %(region)s, %(connection)s, %(location)s, %(now)s, %(now)s, 1, 0, '', false, given.*
FROM unnest(%(numbers)s::text[], %(vendor_codes)s::text[], %(ship_to)s::text[], %(states)s::text[],
    %(types)s::text[], %(payment_methods)s::text[], %(ordered)s::timestamptz[],
    %(changed)s::timestamptz[], %(state_changed)s::timestamptz[], %(ship_start)s::timestamptz[],
    %(ship_end)s::timestamptz[], %(delivery_start)s::timestamptz[], %(delivery_end)s::timestamptz[],
    %(digests)s::text[], %(before_books)s::boolean[], %(sources)s::text[], %(withdrawn)s::boolean[])
    AS given
"""
INSERT_LINES = """
INSERT INTO purchase_order_line (shop_id, region, removed, accepted_units, backordered_units,
    rejected_units, shipped_units, received_units, units_before_books, number, line, position,
    item_id, asin, vendor_sku, ordered_amount, ordered_unit, unit_size, ordered_units,
    back_order_allowed, cost, cost_currency, cost_weight_unit, cost_is_list_price)
SELECT %(shop)s, %(region)s, false, 0, 0, 0, 0, 0, 0, given.*
FROM unnest(%(numbers)s::text[], %(lines)s::text[], %(positions)s::int[], %(items)s::int[],
    %(asins)s::text[], %(vendor_skus)s::text[], %(amounts)s::int[], %(units)s::text[],
    %(unit_sizes)s::int[], %(ordered)s::int[], %(back_order)s::boolean[], %(costs)s::numeric[],
    %(currencies)s::text[], %(weight_units)s::text[], %(list_prices)s::boolean[]) AS given
"""
INSERT_VERSIONS = """
INSERT INTO purchase_order_version (shop_id, region, version, seen_at, changes, import_id, number,
    digest, content, message_id)
SELECT %(shop)s, %(region)s, 1, %(now)s, '[]', %(import)s, given.number, given.digest,
    coalesce((SELECT request FROM message
              WHERE message.shop_id = %(shop)s AND message.message_id = given.message_id),
             given.content),
    given.message_id
FROM ROWS FROM (unnest(%(numbers)s::text[]), unnest(%(digests)s::text[]),
    jsonb_array_elements(%(contents)s::jsonb), unnest(%(messages)s::bigint[]))
    AS given (number, digest, content, message_id)
"""


def insert(
    session: Session,
    connection: Connection,
    papers: Sequence[OrderFacts],
    *,
    import_id: int | None,
) -> dict[str, int | None]:
    """Stores these orders with their lines, first versions and messages; tells the ledger nothing.

    None of them may be known. Returns the message of each by its number.
    """
    if not papers:
        return {}
    assert connection.region is not None
    items = resolve(session, {_named(line) for paper in papers for line in paper.lines})
    given = {"shop": shop_of(session), "region": connection.region, "now": database_time()}
    numbers = [paper.number for paper in papers]
    _run(session, INSERT_ORDERS, given | _orders(session, connection, papers))
    _run(session, INSERT_LINES, given | _lines(papers, items))
    keys = {
        paper.number: f"{connection.region}:{paper.number}:1:{paper.digest}" for paper in papers
    }
    ids = messages.record_done(
        session,
        [
            Recorded(
                keys[paper.number],
                paper.written,
                paper.number,
                paper.as_of,
                notes_of(paper, {line.line for line in paper.lines if _named(line) not in items}),
            )
            for paper in papers
        ],
        direction="in",
        channel="amazon",
        topic=TOPIC,
    )
    message_ids = {number: ids.get(key) for number, key in keys.items()}
    _run(
        session,
        INSERT_VERSIONS,
        given
        | {
            "import": import_id,
            "numbers": texts(numbers),
            "digests": texts([paper.digest for paper in papers]),
            # What its message holds already is copied there, and neither sent nor read again.
            "contents": _array(
                paper.written if message_ids[paper.number] is None else "null" for paper in papers
            ),
            "messages": integers([message_ids[number] for number in numbers]),
        },
    )
    return message_ids


def is_before_books(facts: OrderFacts, connection: Connection) -> bool:
    """Whether its window had ended when we connected."""
    window = facts.ship_window or facts.delivery_window
    due_at = window[1] if window else None
    begun = connection.connected_at
    return due_at is not None and facts.ordered_at < begun and due_at < begun


def notes_of(facts: OrderFacts, unmapped: set[str]) -> list[dict[str, Any]]:
    """What is odd about an order's lines, those named that mean no item of ours."""
    notes = [
        {"code": note, "line": line.line, "detail": "counted as eaches"}
        for line in facts.lines
        for note in line.notes
    ]
    notes += [
        {
            "code": "item_unknown",
            "line": line.line,
            "detail": " / ".join(filter(None, (line.asin, line.vendor_sku))),
        }
        for line in facts.lines
        if line.line in unmapped
    ]
    return notes


def _array(written: Iterable[str]) -> str:
    return "[" + ",".join(written) + "]"


def _named(line: LineFacts) -> Named:
    return Named(line.asin, line.vendor_sku)


def _orders(
    session: Session, connection: Connection, papers: Sequence[OrderFacts]
) -> dict[str, Any]:
    ships = [paper.ship_window or (None, None) for paper in papers]
    delivers = [paper.delivery_window or (None, None) for paper in papers]
    return {
        "connection": connection.connection_id,
        "location": default_location(session),
        "numbers": texts([paper.number for paper in papers]),
        "vendor_codes": texts([paper.vendor_code for paper in papers]),
        "ship_to": texts([paper.ship_to for paper in papers]),
        "states": texts([paper.state for paper in papers]),
        "types": texts([paper.type for paper in papers]),
        "payment_methods": texts([paper.payment_method for paper in papers]),
        "ordered": moments([paper.ordered_at for paper in papers]),
        "changed": moments([paper.changed_at for paper in papers]),
        "state_changed": moments([paper.state_changed_at for paper in papers]),
        "ship_start": moments([window[0] for window in ships]),
        "ship_end": moments([window[1] for window in ships]),
        "delivery_start": moments([window[0] for window in delivers]),
        "delivery_end": moments([window[1] for window in delivers]),
        "digests": texts([paper.digest for paper in papers]),
        "before_books": booleans([is_before_books(paper, connection) for paper in papers]),
        "sources": texts([paper.source for paper in papers]),
        "withdrawn": booleans([paper.withdrawn for paper in papers]),
    }


def _lines(papers: Sequence[OrderFacts], items: Mapping[Named, int]) -> dict[str, Any]:
    rows = [line for paper in papers for line in paper.lines]
    return {
        "numbers": texts([paper.number for paper in papers for _ in paper.lines]),
        "lines": texts([line.line for line in rows]),
        "positions": integers([line.position for line in rows]),
        "items": integers([items.get(_named(line)) for line in rows]),
        "asins": texts([line.asin for line in rows]),
        "vendor_skus": texts([line.vendor_sku for line in rows]),
        "amounts": integers([line.ordered.amount for line in rows]),
        "units": texts([line.ordered.unit for line in rows]),
        "unit_sizes": integers([line.ordered.unit_size for line in rows]),
        "ordered": integers([line.ordered.units for line in rows]),
        "back_order": booleans([line.back_order_allowed for line in rows]),
        "costs": texts([None if line.cost is None else str(line.cost) for line in rows]),
        "currencies": texts([line.currency for line in rows]),
        "weight_units": texts([line.weight_unit for line in rows]),
        "list_prices": booleans([line.is_list_price for line in rows]),
    }


def _run(session: Session, statement: str, given: Mapping[str, Any]) -> None:
    session.connection().exec_driver_sql(statement, dict(given))
