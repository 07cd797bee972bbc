"""A year of a busy brand, written past the ledger by the database itself: papers, movements, balances.

Ten million movements through the ledger would take a day of somebody's time. These are written chunk by
chunk in the order of time, each with the balances it leaves, so that every rule of the audit holds:
orders of two lines and purchase orders of fifty, held and most of them shipped later, over items by
Zipf's law and three locations.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import psycopg

MONTHS = 12
LOCATIONS = 3
LINES = 50_000
"""Order lines in one chunk; about twice as many movements."""
PLENTY = 2_000_000

BEGIN = """
SET session_replication_role = replica;
SET work_mem = '256MB';
SELECT open_movement_month((date_trunc('month', now()) - make_interval(months => ago))::date)
FROM generate_series(0, {months}) AS ago;
UPDATE shop SET created_at = date_trunc('month', now()) - interval '{months} months',
    opened_at = date_trunc('month', now()) - interval '{months} months' WHERE shop_id = {shop};
INSERT INTO location (shop_id, reference, name, active, priority)
SELECT {shop}, 'place ' || n, 'Place ' || n, true, n FROM generate_series(1, {locations}) AS n;
INSERT INTO item (shop_id, sku, title, units_per_case, tracked, created_at, updated_at)
SELECT {shop}, 'HISTORY-' || n, 'Item ' || n, 1, true, now(), now()
FROM generate_series(1, {items}) AS n;
CREATE TEMP TABLE place AS
SELECT location_id, row_number() OVER (ORDER BY location_id) AS n FROM location
WHERE shop_id = {shop};
CREATE TEMP TABLE thing AS
SELECT item_id, row_number() OVER (ORDER BY item_id) AS n FROM item WHERE shop_id = {shop};
CREATE TEMP SEQUENCE paper_number;
CREATE TEMP SEQUENCE line_number START 14000000000000;
CREATE TEMP SEQUENCE movement_number;
SELECT setval('movement_number', (SELECT coalesce(max(movement_id), 0) + 1 FROM posting));
SELECT setval('paper_number', (SELECT coalesce(max(document_id), 0) + 1 FROM document));
SELECT setseed(0.5);
"""

# Everything that stands on the shelves on the first day: one paper for each location.
FIRST_DAY = """
CREATE TEMP TABLE shelf AS
SELECT nextval('paper_number') AS document_id, location_id FROM place ORDER BY n;
INSERT INTO document (shop_id, document_id, kind, reference, title, version, digest)
OVERRIDING SYSTEM VALUE
SELECT {shop}, document_id, 'adjustment', 'shelf ' || location_id, '', 1, '' FROM shelf;
INSERT INTO balance (shop_id, item_id, location_id, state, quantity)
SELECT {shop}, item_id, location_id, state, quantity
FROM thing, place,
     (VALUES ('available'::stock_state, {plenty}), ('adjustment', -{plenty})) AS side (state, quantity);
INSERT INTO tally (shop_id, document_id, line, item_id, from_location_id, from_state, to_location_id,
                   to_state, total)
SELECT {shop}, document_id, thing.n::text, item_id, location_id, 'adjustment', location_id,
       'available', {plenty}
FROM shelf, thing;
INSERT INTO posting (shop_id, movement_id, recorded_at, occurred_at, quantity, from_account_id,
    to_account_id, from_balance, to_balance, reason, document_id, line, actor, echo)
OVERRIDING SYSTEM VALUE
SELECT {shop}, nextval('movement_number'), {start} + n * interval '1 microsecond', {start}, {plenty},
       from_account_id, to_account_id, -{plenty}, {plenty}, 'adjusted', document_id, n::text,
       'system', true
FROM (
    SELECT shelf.document_id, thing.n, source.account_id AS from_account_id,
           target.account_id AS to_account_id
    FROM shelf CROSS JOIN thing
    JOIN balance AS source ON source.shop_id = {shop} AND source.item_id = thing.item_id
     AND source.location_id = shelf.location_id AND source.state = 'adjustment'
    JOIN balance AS target ON target.shop_id = {shop} AND target.item_id = thing.item_id
     AND target.location_id = shelf.location_id AND target.state = 'available'
    ORDER BY document_id, thing.n
) AS shelved;
DROP TABLE shelf;
"""

# A paper for each pair of lines (an order) or each fifty (a purchase order), and one that ships it.
PAPERS = """
CREATE TEMP TABLE paper AS
SELECT n, is_order, lines, held_at,
       held_at + ({until} - held_at) * (0.02 + 0.9 * random()) AS shipped_at
FROM (
    SELECT n, n <= {orders} AS is_order, CASE WHEN n <= {orders} THEN 2 ELSE 50 END AS lines,
           {since} + ({until} - {since}) * 0.9 * random() AS held_at
    FROM generate_series(1, {orders} + {purchase_orders}) AS n
) AS drawn;
CREATE TEMP TABLE numbered AS
SELECT n, ships, nextval('paper_number') AS document_id FROM (
    SELECT n, false AS ships, held_at AS at FROM paper
    UNION ALL SELECT n, true, shipped_at FROM paper ORDER BY at) AS papers;
CREATE TEMP TABLE line AS
SELECT paper.n, is_order, held.document_id, shipment.document_id AS shipment_id,
       nextval('line_number')::text AS line, thing.item_id, place.location_id,
       1 + drawn.nth % 3 AS quantity,
       held_at + nth * interval '1 microsecond' AS held_at,
       shipped_at + nth * interval '1 microsecond' AS shipped_at, drawn.leaves
FROM (
    SELECT paper.n, nth, floor(exp(random() * ln({items})))::int AS rank,
           1 + floor({locations} * random() ^ 2)::int AS place, random() < 0.96 AS leaves
    FROM paper, generate_series(1, lines) AS nth
) AS drawn
JOIN paper USING (n)
JOIN numbered AS held ON held.n = paper.n AND NOT held.ships
JOIN numbered AS shipment ON shipment.n = paper.n AND shipment.ships
JOIN thing ON thing.n = drawn.rank
JOIN place ON place.n = drawn.place;
INSERT INTO document (shop_id, document_id, kind, reference, title, version, digest)
OVERRIDING SYSTEM VALUE
SELECT {shop}, document_id,
       CASE WHEN is_order THEN CASE WHEN ships THEN 'shopify_fulfillment' ELSE 'shopify_order' END
            ELSE CASE WHEN ships THEN 'shipment' ELSE 'purchase_order' END END,
       (5000000000000 + document_id)::text, '#' || document_id, 1, md5(document_id::text)
FROM numbered JOIN paper USING (n) ORDER BY document_id;
INSERT INTO hold (shop_id, document_id, line, item_id, location_id, state, wanted, fulfilled, held,
                  fact, firm, updated_at)
SELECT {shop}, document_id, line, item_id, location_id,
       CASE WHEN is_order THEN 'committed'::stock_state ELSE 'reserved' END, quantity,
       CASE WHEN leaves THEN quantity ELSE 0 END, CASE WHEN leaves THEN 0 ELSE quantity END,
       is_order, true, held_at
FROM line ORDER BY document_id;
INSERT INTO tally (shop_id, document_id, line, item_id, from_location_id, from_state, to_location_id,
                   to_state, total, hold_document_id, hold_line)
SELECT {shop}, shipment_id, line, item_id, location_id,
       CASE WHEN is_order THEN 'committed'::stock_state ELSE 'reserved' END, location_id,
       CASE WHEN is_order THEN 'customer'::stock_state ELSE 'amazon_transit' END, quantity,
       document_id, line
FROM line WHERE leaves ORDER BY shipment_id;
CREATE TEMP TABLE move AS
SELECT nextval('movement_number') AS movement_id, moved.* FROM (
    SELECT held_at AS at, document_id, line, item_id, location_id, quantity, is_order,
           'available'::stock_state AS from_state,
           CASE WHEN is_order THEN 'committed'::stock_state ELSE 'reserved' END AS to_state,
           'held'::movement_reason AS reason FROM line
    UNION ALL
    SELECT shipped_at, shipment_id, line, item_id, location_id, quantity, is_order,
           CASE WHEN is_order THEN 'committed'::stock_state ELSE 'reserved' END,
           CASE WHEN is_order THEN 'customer'::stock_state ELSE 'amazon_transit' END, 'shipped'
    FROM line WHERE leaves ORDER BY at, document_id, line) AS moved;
CREATE TEMP TABLE side AS
SELECT movement_id, is_to, item_id, location_id, state,
       coalesce(balance.quantity, 0) + sum(change) OVER (
           PARTITION BY item_id, location_id, state ORDER BY movement_id) AS left_behind
FROM (
    SELECT movement_id, true AS is_to, item_id, location_id, to_state AS state, quantity AS change
    FROM move UNION ALL
    SELECT movement_id, false, item_id, location_id, from_state, -quantity FROM move
) AS both_sides
LEFT JOIN (SELECT * FROM balance WHERE shop_id = {shop}) AS balance
    USING (item_id, location_id, state);
INSERT INTO balance (shop_id, item_id, location_id, state, quantity)
SELECT DISTINCT ON (item_id, location_id, state) {shop}, item_id, location_id, state, left_behind
FROM side ORDER BY item_id, location_id, state, movement_id DESC
ON CONFLICT (shop_id, item_id, location_id, state) DO UPDATE SET quantity = excluded.quantity;
CREATE TEMP TABLE ready AS
SELECT move.*, source.left_behind::int AS from_balance, target.left_behind::int AS to_balance,
       source.account_id AS from_account_id, target.account_id AS to_account_id
FROM move
JOIN (SELECT movement_id, left_behind, account_id
      FROM side JOIN balance USING (item_id, location_id, state)
      WHERE shop_id = {shop} AND NOT is_to) AS source USING (movement_id)
JOIN (SELECT movement_id, left_behind, account_id
      FROM side JOIN balance USING (item_id, location_id, state)
      WHERE shop_id = {shop} AND is_to) AS target USING (movement_id)
ORDER BY move.movement_id;
"""

# Measured: as the ledger writes them, with every index and rule of the table.
WRITE = """
INSERT INTO posting (shop_id, movement_id, recorded_at, occurred_at, quantity, from_account_id,
    to_account_id, from_balance, to_balance, reason, document_id, line, actor, echo)
OVERRIDING SYSTEM VALUE
SELECT {shop}, movement_id, at, at - interval '2 seconds', quantity, from_account_id, to_account_id,
       from_balance, to_balance, reason, document_id, line,
       CASE WHEN is_order THEN 'shopify' ELSE 'amazon' END, is_order
FROM ready ORDER BY movement_id
"""
FORGET = "DROP TABLE paper, numbered, line, move, side, ready"
END = """
SELECT setval(pg_get_serial_sequence('posting', 'movement_id'), nextval('movement_number'));
SELECT setval(pg_get_serial_sequence('document', 'document_id'), nextval('paper_number'));
"""


class Chunk(NamedTuple):
    """One stretch of history: movements so far with it, its own, and the seconds its insert took."""

    total: int
    movements: int
    seconds: float


def write_history(
    connection: psycopg.Connection[Any], shop_id: int, movements: int, items: int, first: int = 0
) -> Iterator[Chunk]:
    """Writes at least so many movements of a shop that has none yet, and yields after each chunk.

    `connection` is a superuser's in autocommit mode: foreign keys of the papers are not looked at,
    those of the movements are. All of it lies in the twelve months before this one and in this one.
    With `first`, the chunks before that one are left out: the same days, with nothing behind them.
    """
    start = f"(date_trunc('month', now()) - interval '{MONTHS} months')"
    values: dict[str, Any] = {
        "shop": shop_id,
        "items": items,
        "months": MONTHS,
        "locations": LOCATIONS,
        "plenty": PLENTY,
        "start": start,
    }
    _run(connection, BEGIN, values)
    _run(connection, FIRST_DAY, values)
    total = items * LOCATIONS
    chunks = number_of_chunks(movements, items)
    lines = round((movements - total) / 1.96 / chunks) + 1
    purchase_orders = round(lines * 0.4 / 50)
    orders = -(-(lines - purchase_orders * 50) // 2)
    for number in range(first, chunks):
        values |= {
            "since": _moment(start, number / chunks),
            "until": _moment(start, (number + 1) / chunks),
            "orders": orders,
            "purchase_orders": purchase_orders,
        }
        with connection.transaction():
            _run(connection, PAPERS, values)
        started = time.perf_counter()
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = origin")
            written = connection.execute(WRITE.format(**values).encode()).rowcount
        seconds = time.perf_counter() - started
        connection.execute(FORGET)
        total += written
        yield Chunk(total, written, seconds)
    _run(connection, END, values)
    connection.execute("SET session_replication_role = origin")


def number_of_chunks(movements: int, items: int) -> int:
    """In how many chunks a history of so many movements is written."""
    return max(1, round((movements - items * LOCATIONS) / (LINES * 1.96)))


def month_begun(chunk: int, chunks: int) -> int:
    """The chunk in which the month of chunk number `chunk` begins."""
    now = datetime.now(UTC)
    midnight = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    start = midnight.replace(year=midnight.year - MONTHS // 12)
    length = (now - timedelta(hours=1) - start) / chunks
    begun = (start + chunk * length).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return int((begun - start) / length)


def _moment(start: str, share: float) -> str:
    return f"({start} + interval '1 minute' + (now() - interval '1 hour' - {start}) * {share})"


def _run(connection: psycopg.Connection[Any], statements: str, values: dict[str, Any]) -> None:
    connection.execute(statements.format(**values).encode())
