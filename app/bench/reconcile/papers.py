"""Papers of a large vendor, written set by set past the product: what the match is measured on.

Two regions and currencies, orders of ten lines over two years. Of a hundred lines about thirty are
ordered in cases, fifteen leave in two shipments, three are received short; of a hundred orders five
have not left, five are not invoiced, one is invoiced twice; of a hundred invoices seven are unpaid,
and some are paid in part, claimed back, repaid, provided for or overpaid. The same number of lines
gives the same papers.
"""

from __future__ import annotations

from typing import Any

import psycopg

LINES_OF_AN_ORDER = 10
PAID_AT_ONCE = 50

# A whole number below `under` that looks like chance and is the same in every run.
CHANCE = "(abs(hashint8extended({of}::bigint, {salt})) % {under})"

BEGIN = """
SET session_replication_role = replica;
SET work_mem = '256MB';
SET synchronous_commit = off;
INSERT INTO location (shop_id, reference, name, active, priority)
VALUES ({shop}, 'match', 'Warehouse', true, 1) ON CONFLICT DO NOTHING;
INSERT INTO vendor_code (shop_id, region, code, cost_basis, terms, number_prefix, next_number,
    draft_from, changed_at, changed_by)
SELECT {shop}, region, code, 'each', '{{"net_days": 60}}', '', 1, 'hand', now(), ''
FROM (VALUES ('na', 'NORTH'), ('na', 'SOUTH'), ('eu', 'OSTEN'), ('eu', 'WESTN'))
    AS given (region, code);
CREATE TEMP TABLE paper AS
SELECT n, 'PO' || lpad(n::text, 8, '0') AS number,
       CASE WHEN n % 10 < 7 THEN 'na' ELSE 'eu' END AS region,
       CASE WHEN n % 10 < 7 THEN 'USD' ELSE 'EUR' END AS currency,
       CASE WHEN n % 10 < 4 THEN 'NORTH' WHEN n % 10 < 7 THEN 'SOUTH'
            WHEN n % 10 < 9 THEN 'OSTEN' ELSE 'WESTN' END AS code,
       date_trunc('day', now()) - interval '730 days' + n * interval '640 days' / {orders}
           AS ordered_at,
       {left} < 95 AS has_left, {billed} < 95 AS is_billed, {twice} < 1 AS is_billed_twice,
       {paid} AS how
FROM generate_series(1, {orders}) AS n;
CREATE TEMP TABLE thing AS
SELECT paper.*, line, (n - 1) * 10 + line AS m,
       CASE WHEN {cases} < 30 THEN 12 ELSE 1 END AS size,
       (1 + {units}) * CASE WHEN {cases} < 30 THEN 12 ELSE 1 END AS ordered,
       (100 + {cost}) / 100.0 AS cost, {split} < 15 AS is_split, {short} AS fate,
       {dear} < 2 AS is_dear
FROM paper, generate_series(1, {per_order}) AS line;
ALTER TABLE thing ADD COLUMN accepted int, ADD COLUMN shipped int, ADD COLUMN received int,
    ADD COLUMN billed_cost numeric(19, 4);
UPDATE thing SET accepted = CASE WHEN fate % 50 = 49 THEN 0 ELSE ordered END;
UPDATE thing SET shipped = CASE WHEN has_left THEN accepted ELSE 0 END;
UPDATE thing SET received = CASE WHEN fate < 30 THEN shipped - shipped / 5
                                 WHEN fate < 35 AND shipped > 0 THEN shipped + 1
                                 ELSE shipped END,
    billed_cost = CASE WHEN is_dear THEN round(cost * 1.03, 2) ELSE cost END;
ANALYZE paper; ANALYZE thing;
"""
ORDERS = """
INSERT INTO purchase_order (shop_id, region, number, connection_id, vendor_code, ship_to, state,
    type, payment_method, ordered_at, version, digest, revision, status, status_digest,
    before_books, rest_released, source, withdrawn, first_seen_at, read_at)
SELECT {shop}, region, number, 1, code, 'PHX3', CASE WHEN has_left THEN 'Closed' ELSE 'Acknowledged'
    END, 'RegularOrder', 'Invoice', ordered_at, 1, '', 1, CASE WHEN has_left THEN 'CLOSED' ELSE
    'OPEN' END, '', false, false, 'api', false, ordered_at, ordered_at FROM paper;
INSERT INTO purchase_order_line (shop_id, region, number, line, position, asin, ordered_amount,
    ordered_unit, unit_size, ordered_units, back_order_allowed, cost, cost_currency,
    cost_is_list_price, removed, accepted_units, backordered_units, rejected_units, shipped_units,
    received_units, last_received_at, units_before_books)
SELECT {shop}, region, number, line::text, line, 'B' || lpad((m % 5000)::text, 9, '0'),
    ordered / size, CASE WHEN size > 1 THEN 'Cases' ELSE 'Eaches' END, size, ordered, false, cost,
    currency, false, false, accepted, 0, ordered - accepted, shipped, received,
    CASE WHEN received > 0 THEN ordered_at + interval '12 days' END, 0 FROM thing;
INSERT INTO acknowledgement (shop_id, acknowledgement_id, region, number, by, made_at, version,
    state) OVERRIDING SYSTEM VALUE
SELECT {shop}, n, region, number, 'user:1', ordered_at + interval '1 day', 1, 'accepted' FROM paper;
INSERT INTO acknowledgement_line (shop_id, acknowledgement_id, line, accept, backorder, reject,
    rejection_reason)
SELECT {shop}, n, line::text, accepted, 0, ordered - accepted,
    CASE WHEN ordered > accepted THEN 'TemporarilyUnavailable' END FROM thing;
"""
SHIPMENTS = """
INSERT INTO shipment (shop_id, region, identifier, location_id, vendor_code, ship_to, freight_term,
    by, made_at, shipped_at, carton_count, is_correcting, revision, state)
SELECT {shop}, region, 'S' || n || '-' || part, (SELECT min(location_id) FROM location WHERE shop_id
    = {shop}), code, 'PHX3', 'Prepaid', 'user:1', ordered_at + interval '5 days',
    ordered_at + interval '5 days', 4, false, 1, 'accepted'
FROM paper, generate_series(1, 2) AS part WHERE has_left;
INSERT INTO shipment_line (shop_id, region, identifier, number, line, units, booked_units)
SELECT {shop}, region, 'S' || n || '-' || part, number, line::text, units, units
FROM thing CROSS JOIN LATERAL (VALUES
    (1, CASE WHEN is_split THEN shipped - shipped / 3 ELSE shipped END),
    (2, CASE WHEN is_split THEN shipped / 3 ELSE 0 END)) AS given (part, units)
WHERE units > 0;
INSERT INTO receipt (shop_id, region, number, line, observed_at, total, amount, unit, unit_size)
SELECT {shop}, region, number, line::text, ordered_at + day * interval '1 day', total, total,
    'Eaches', 1
FROM thing CROSS JOIN LATERAL (VALUES
    (9, CASE WHEN is_split THEN received / 2 ELSE 0 END), (12, received)) AS given (day, total)
WHERE total > 0;
"""
INVOICES = """
CREATE TEMP TABLE bill AS
SELECT row_number() OVER (ORDER BY n, copy) AS invoice_id, n, copy, region, currency, code, how,
       'INV' || n || CASE WHEN copy > 1 THEN 'B' ELSE '' END AS number, ordered_at
FROM paper, generate_series(1, 2) AS copy
WHERE has_left AND is_billed AND (copy = 1 OR is_billed_twice);
CREATE TEMP TABLE billed AS
SELECT bill.invoice_id, thing.region, thing.number, line, shipped AS units, billed_cost AS cost,
       round(shipped * billed_cost, 2) AS amount, greatest(shipped - received, 0) AS missing
FROM bill JOIN thing USING (n) WHERE shipped > 0;
ANALYZE bill; ANALYZE billed;
INSERT INTO invoice (shop_id, invoice_id, region, vendor_code, type, source, state, number,
    currency, dated_at, made_at, made_by, items_total, tax_total, total, times_sent, landed_at)
OVERRIDING SYSTEM VALUE
SELECT {shop}, invoice_id, bill.region, code, 'Invoice', 'shipments', 'landed', bill.number,
    currency, ordered_at + interval '14 days', ordered_at + interval '14 days', 'user:1', total,
    0, total, 1, ordered_at + interval '14 days'
FROM bill JOIN (SELECT invoice_id, sum(amount) AS total FROM billed GROUP BY 1) AS whole
    USING (invoice_id);
INSERT INTO invoice_line (shop_id, invoice_id, position, region, number, line, units, cost, amount,
    tax_rate, tax)
SELECT {shop}, invoice_id, line, region, number, line::text, units, cost, amount, 0, 0 FROM billed;
"""
PAYMENTS = """
CREATE TEMP TABLE whole AS
SELECT bill.*, sum(amount) AS total, sum(round(missing * cost, 2)) AS short
FROM bill JOIN billed USING (invoice_id)
GROUP BY bill.invoice_id, n, copy, bill.region, currency, code, how, bill.number, ordered_at;
CREATE TEMP TABLE told AS
SELECT invoice_id / {at_once} AS payment, whole.region, currency, kind, reference, base, paid,
       discount, whole.total, ordered_at + day * interval '1 day' AS paid_at, invoice_id
FROM whole CROSS JOIN LATERAL (VALUES
    ('invoice', number, number, 74, CASE WHEN how < 3 THEN round(total * 0.9, 2)
        WHEN how = 99 THEN total + 1 WHEN how % 10 = 5 THEN total - round(total * 0.02, 2)
        ELSE total END,
     CASE WHEN how > 2 AND how <> 99 AND how % 10 = 5 THEN round(total * 0.02, 2) END),
    ('shortage_claim', number || 'SC', number, 76, -short, NULL),
    ('shortage_repaid', number || 'SCR', number, 88, CASE WHEN how % 2 = 0 THEN short END, NULL),
    ('provision', number || ' PROVISION FOR RECEIVABLES', number, 75,
     CASE WHEN how = 40 THEN -round(total / 10, 2) END, NULL),
    ('price_claim', number || 'PC', number, 77, CASE WHEN how = 41 THEN -5.01 END, NULL))
    AS given (kind, reference, base, day, paid, discount)
WHERE how < 93 OR how = 99;
DELETE FROM told WHERE paid IS NULL OR paid = 0;
INSERT INTO remittance (shop_id, region, payment_id, number, status, paid_at, amount, currency,
    vendor_codes, payee_codes, payees, digest, header, read_at)
SELECT {shop}, region, 'UP' || payment || region || kind, 'P' || payment || kind,
    CASE WHEN payment % 200 = 7 THEN 'FAILED' ELSE 'SUCCESSFUL' END, max(paid_at), sum(paid),
    currency, '[]', '[]', '[]', '', '{{}}', max(paid_at)
FROM told GROUP BY payment, region, kind, currency;
INSERT INTO remittance_line (shop_id, region, payment_id, position, reference, invoice_number, kind,
    total, paid, discount, currency)
SELECT {shop}, region, 'UP' || payment || region || kind, row_number() OVER (PARTITION BY payment,
    region, kind ORDER BY invoice_id), reference, base, kind, total, paid, discount, currency
FROM told;
"""
END = "DROP TABLE paper, thing, bill, billed, whole, told; SET session_replication_role = origin"
COUNT = """
SELECT relname, (xpath('/row/c/text()', query_to_xml(
    format('SELECT count(*) AS c FROM %I WHERE shop_id = {shop}', relname), true, true, '')))[1]
    ::text::int
FROM pg_class WHERE relname = ANY(ARRAY['purchase_order_line', 'acknowledgement_line',
    'shipment_line', 'receipt', 'invoice_line', 'invoice', 'remittance_line'])
"""


def write_papers(connection: psycopg.Connection[Any], shop_id: int, lines: int) -> dict[str, int]:
    """Writes the papers of so many purchase order lines of a shop that has none; rows by table.

    `connection` is a superuser's in autocommit mode: foreign keys and triggers are left out.
    """
    values: dict[str, Any] = {
        "shop": shop_id,
        "orders": max(1, lines // LINES_OF_AN_ORDER),
        "per_order": LINES_OF_AN_ORDER,
        "at_once": PAID_AT_ONCE,
        "left": _chance("n", 1, 100),
        "billed": _chance("n", 2, 100),
        "twice": _chance("n", 3, 100),
        "paid": _chance("n", 4, 100),
        "cases": _chance("n * 10 + line", 5, 100),
        "units": _chance("n * 10 + line", 6, 40),
        "cost": _chance("n * 10 + line", 7, 7900),
        "split": _chance("n * 10 + line", 8, 100),
        "short": _chance("n * 10 + line", 9, 1000),
        "dear": _chance("n * 10 + line", 10, 100),
    }
    for part in (BEGIN, ORDERS, SHIPMENTS, INVOICES, PAYMENTS, END):
        connection.execute(part.format(**values).encode())
    connection.execute("VACUUM ANALYZE")
    connection.execute("CHECKPOINT")
    return dict(connection.execute(COUNT.format(**values).encode()).fetchall())


def _chance(of: str, salt: int, under: int) -> str:
    return CHANCE.format(of=f"({of})", salt=salt, under=under)
