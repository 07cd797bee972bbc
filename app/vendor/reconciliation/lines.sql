-- One row for each purchase order line, from what was ordered to what was paid. Reads the invoices'
-- rows, which are written first. What stands in braces narrows it to some lines: `lines` are they with
-- their orders, `concerned` what is invoiced of them and of the lines that share money with them, and
-- `own` keeps to them; `settles` is how long receipts take, `agreed` what was agreed that a line costs.
WITH {due}mine AS (
    SELECT own.invoice_id, own.position, own.region, own.number, own.line, own.cost,
           CASE WHEN money.state = 'void' THEN 0
                WHEN money.total < 0 THEN -own.units ELSE own.units END AS units,
           CASE WHEN own.tax = 0 OR money.state = 'void' THEN 0
                WHEN money.total < 0 THEN -own.tax ELSE own.tax END AS tax,
           CASE WHEN money.state = 'void' THEN 0
                WHEN money.total < 0 THEN -coalesce(own.amount + own.tax + own.charges, own.amount, 0)
                ELSE coalesce(own.amount + own.tax + own.charges, own.amount, 0) END AS whole,
           money.currency, money.due_at, money.state, money.unexplained <> 0 AS unexplained,
           money.unplaced_deducted > money.unplaced_recovered AS unplaced,
           money.open = 0 AS is_paid, money.total > 0 AS is_bill,
           CASE WHEN own.variances <> '[]' THEN jsonb_path_query_first(own.variances,
               '$[*] ? (@.varianceType == "PQV").defectTypes[0]') #>> '{{}}' END
               AS quantity_cause,
           CASE WHEN own.variances <> '[]' THEN jsonb_path_query_first(own.variances,
               '$[*] ? (@.varianceType == "PPV").defectTypes[0]') #>> '{{}}' END
               AS price_cause,
           money.quick_pay <> 0 OR money.withheld <> 0 OR money.provision <> 0
               OR money.open NOT IN (0, money.total) AS is_shared,
           money.placed <> '{{}}' AS is_claimed
    FROM {invoiced}
    WHERE own.shop_id = :shop {these}
),
-- All lines of the invoices of which some money is shared, or on some lines only; what is plain concerns
-- no other line.
apart AS (
    SELECT own.invoice_id, own.position, money.currency, money.placed, money.quick_pay,
           money.withheld, money.shortage, money.shortage_recovered, money.price,
           money.price_recovered, money.chargeback, money.other_deducted, money.recovered,
           money.provision, money.open,
           coalesce(own.amount + own.tax + own.charges, own.amount, 0) AS weight,
           CASE WHEN money.placed && '{{shortage,shortage_recovered}}' THEN {short} ELSE 0 END
               AS short,
           CASE WHEN money.placed && '{{price,price_recovered}}' THEN {price} ELSE 0 END
               AS dear
    FROM (SELECT DISTINCT invoice_id FROM mine WHERE is_shared OR is_claimed) AS named
    CROSS JOIN LATERAL (
        SELECT * FROM reconciliation_invoice AS each_one
        WHERE each_one.shop_id = :shop AND each_one.invoice_id = named.invoice_id OFFSET 0) AS money
    CROSS JOIN LATERAL (
        SELECT * FROM invoice_line AS each_one
        WHERE each_one.shop_id = :shop AND each_one.invoice_id = named.invoice_id OFFSET 0) AS own
),
-- Paid in full or not at all: each line has its own amount. A claim is on the lines that finance names,
-- each with what is named; all else that is on lines is shared out by their amounts. In whole coins,
-- what is left over goes to the largest remainders, so no cent is lost. All of it in whole numbers, so
-- that nothing depends on how a quotient is rounded.
shared AS (
    SELECT invoice_id, position, name, sign(amount) AS sign, scale,
           trunc(abs(amount) * scale) AS coins,
           abs(amount) - trunc(abs(amount) * scale) / scale AS crumb,
           CASE WHEN sum(weight) OVER pieces = 0 THEN 1 ELSE weight * 10000 END AS weight
    FROM (
        SELECT invoice_id, position, piece.name,
               CASE WHEN currency = 'JPY' THEN 1.0 ELSE 100.0 END AS scale,
               CASE piece.name
                   WHEN 'discounts' THEN quick_pay + withheld
                   WHEN 'provision' THEN provision
                   WHEN 'outstanding' THEN open
                   WHEN 'shortage' THEN shortage
                   WHEN 'shortage_recovered' THEN shortage_recovered
                   WHEN 'price' THEN price
                   WHEN 'price_recovered' THEN price_recovered
                   WHEN 'other' THEN chargeback + other_deducted
                   WHEN 'other_recovered' THEN recovered - shortage_recovered - price_recovered
               END AS amount,
               CASE WHEN piece.name LIKE 'shortage%' THEN short
                    WHEN piece.name LIKE 'price%' THEN dear ELSE weight END AS weight
        FROM apart
        CROSS JOIN (VALUES ('discounts', false), ('provision', false), ('outstanding', false),
            ('shortage', true), ('shortage_recovered', true), ('price', true),
            ('price_recovered', true), ('other', true), ('other_recovered', true))
            AS piece (name, is_claim)
        WHERE NOT piece.is_claim OR piece.name = ANY(placed)
        OFFSET 0
    ) AS each_one
    WHERE amount <> 0
    WINDOW pieces AS (PARTITION BY invoice_id, name)
),
floored AS (
    SELECT *, div(coins * weight, sum(weight) OVER pieces) AS base,
           mod(coins * weight, sum(weight) OVER pieces) AS remainder
    FROM shared WINDOW pieces AS (PARTITION BY invoice_id, name)
),
placed AS (
    SELECT *, row_number() OVER (PARTITION BY invoice_id, name
               ORDER BY remainder DESC, position) AS place,
           coins - sum(base) OVER (PARTITION BY invoice_id, name) AS rest
    FROM floored
),
pieces AS (
    SELECT invoice_id, position,
           added_up(given) FILTER (WHERE name = 'discounts') AS discounts,
           added_up(given) FILTER (WHERE name = 'shortage') AS shortage,
           added_up(given) FILTER (WHERE name = 'shortage_recovered') AS given_back,
           added_up(given) FILTER (WHERE name IN ('price', 'other')) AS other,
           added_up(given) FILTER (WHERE name LIKE '%recovered') AS recovered,
           added_up(given) FILTER (WHERE name = 'provision') AS provision,
           added_up(given) FILTER (WHERE name = 'outstanding') AS outstanding
    FROM (
        SELECT invoice_id, position, name,
               -- A payment in parts of a coin: the part goes to one line.
               sign * ((base + CASE WHEN place <= rest THEN 1 ELSE 0 END) / scale
                       + CASE WHEN place = 1 THEN crumb ELSE 0 END) AS given
        FROM placed
    ) AS each_one
    GROUP BY invoice_id, position
),
-- Nothing is null here and in the sums below: most lines have no pieces, and a sum of nulls costs nothing.
divided AS (
    SELECT mine.*, pieces.discounts, pieces.shortage, pieces.given_back, pieces.other,
           pieces.recovered, pieces.provision,
           CASE WHEN is_shared OR is_claimed THEN nullif(pieces.outstanding, 0)
                WHEN NOT is_paid THEN nullif(whole, 0) END AS outstanding
    FROM mine LEFT JOIN pieces USING (invoice_id, position)
),
-- Money in units, at the invoice's own price: what was claimed as missing, given back, and is open.
counted AS (
    SELECT *, CASE WHEN given_back <> 0 AND deducted > 0
               THEN greatest(least(deducted,
                   round(least(given_back, shortage) * units / whole)::int), 0) END AS restored
    FROM (
        SELECT *, CASE WHEN shortage <> 0 AND units > 0 AND whole > 0
                   THEN least(round(shortage * units / whole), units)::int END AS deducted
        FROM divided
    ) AS each_one
),
billed AS (
    SELECT region, number, line, currency, sum(units)::int AS invoiced_units,
           sum(deducted)::int AS deducted_units, sum(restored)::int AS recovered_units,
           sum(CASE WHEN outstanding IS NULL THEN NULL
                    WHEN outstanding = whole
                    THEN units - coalesce(deducted, 0) + coalesce(restored, 0)
                    WHEN whole = 0 THEN units - coalesce(deducted, 0) + coalesce(restored, 0)
                    WHEN units > 0 THEN greatest(least(round(outstanding * units / whole)::int,
                        units - coalesce(deducted, 0) + coalesce(restored, 0)), 0)
                    ELSE round(outstanding * units / whole)::int END)::int AS outstanding_units,
           added_up(whole) AS invoiced, added_up(tax) AS tax, added_up(discounts) AS discounts,
           added_up(shortage) AS shortage, added_up(other) AS other, added_up(recovered) AS recovered,
           added_up(provision) AS provision, added_up(outstanding) AS outstanding,
           bool_or(is_shared) AS is_shared, count(*)::int AS invoices,
           bool_or(unexplained) AS unexplained, bool_or(unplaced) AS unplaced,
           min(quantity_cause) AS quantity_cause, min(price_cause) AS price_cause,
           min(cost) FILTER (WHERE is_bill) AS lowest, max(cost) FILTER (WHERE is_bill) AS highest,
           min(units) FILTER (WHERE units > 0) AS smallest, max(units) AS largest,
           count(*) FILTER (WHERE units > 0) AS bills,
           min(due_at) FILTER (WHERE outstanding > 0) AS due_at,
           bool_or(state = 'partly_paid' AND outstanding > 0) AS partly_paid
    FROM counted GROUP BY region, number, line, currency
),
ordered AS (
    SELECT line.region, line.number, line.line, paper.vendor_code, paper.ordered_at,
           -- What was invoiced in another currency than ordered stays with its invoice: never added.
           CASE WHEN line.cost_currency IS NOT NULL THEN line.cost_currency
                ELSE (SELECT min(money.currency) FROM invoice_line AS own
                      JOIN reconciliation_invoice AS money USING (shop_id, invoice_id)
                      WHERE own.shop_id = :shop AND own.region = line.region
                        AND own.number = line.number AND own.line = line.line) END AS currency,
           paper.state = 'Closed' OR coalesce(paper.status, '') = 'CLOSED' AS is_closed,
           paper.before_books,
           coalesce(paper.payment_method, '') = 'Consignment'
               OR coalesce(paper.type, '') = 'ConsignedOrder' AS is_consigned,
           line.last_received_at, line.units_before_books, line.shipped_units > 0 AS is_ours,
           CASE WHEN line.removed THEN 0 ELSE line.ordered_units END AS ordered_units,
           least(line.ordered_units, line.accepted_units + line.backordered_units)
               AS acknowledged_units,
           CASE WHEN line.shipped_units > 0 THEN line.shipped_units + line.units_before_books
                ELSE line.received_units END AS shipped_units,
           line.received_units,
           CASE WHEN line.cost_weight_unit IS NOT NULL THEN NULL
                WHEN line.ordered_unit <> 'Cases' OR line.unit_size = 1
                    OR code.cost_basis = 'each' THEN line.cost
                WHEN code.cost_basis = 'case' THEN line.cost / line.unit_size END AS each_cost,
           -- What was agreed with Amazon goes before what its order says.
           coalesce((SELECT agreed.cost FROM ({agreed}) AS agreed), line.cost) AS cost,
           CASE WHEN line.shipped_units > 0
                     AND line.shipped_units + line.units_before_books > line.received_units
                THEN (SELECT max(shipment.shipped_at)
                      FROM shipment_line AS sent JOIN shipment USING (shop_id, region, identifier)
                      WHERE sent.shop_id = :shop AND sent.region = line.region
                        AND sent.number = line.number AND sent.line = line.line
                        AND sent.booked_units > 0) END
               + CASE line.region {settles} END AS settled_at,
           line.last_received_at + CAST(:billing AS interval) AS billed_by
    FROM {lines}
    LEFT JOIN vendor_code AS code ON code.shop_id = paper.shop_id AND code.region = paper.region
        AND code.code = paper.vendor_code
    WHERE line.shop_id = :shop AND NOT paper.withdrawn {ordered}
    -- OFFSET 0, here and below: computed once for each row, not once for each time it is named.
    OFFSET 0
),
known AS (
    SELECT ordered.*, CASE WHEN ordered.currency = 'JPY' THEN 0 ELSE 2 END AS digits,
           coalesce(billed.invoiced_units, 0) AS invoiced_units,
           coalesce(billed.deducted_units, 0) AS deducted_units,
           coalesce(billed.recovered_units, 0) AS recovered_units,
           coalesce(billed.outstanding_units, 0) AS outstanding_units,
           coalesce(billed.invoiced, 0) AS invoiced, coalesce(billed.tax, 0) AS tax,
           coalesce(billed.discounts, 0) AS discounts,
           coalesce(billed.shortage + billed.other, billed.shortage, billed.other, 0) AS deducted,
           coalesce(billed.recovered, 0) AS recovered, coalesce(billed.provision, 0) AS provision,
           coalesce(billed.outstanding, 0) AS outstanding,
           coalesce(billed.is_shared, false) AS is_shared, coalesce(billed.invoices, 0) AS invoices,
           coalesce(billed.unexplained, false) AS unexplained,
           coalesce(billed.unplaced, false) AS unplaced, billed.quantity_cause,
           billed.price_cause, billed.lowest, billed.highest,
           billed.smallest, billed.largest, coalesce(billed.bills, 0) AS bills,
           billed.due_at + CAST(:grace AS interval) AS late_at, billed.partly_paid
    FROM ordered
    LEFT JOIN billed ON billed.region = ordered.region AND billed.number = ordered.number
        AND billed.line = ordered.line AND billed.currency = ordered.currency
    OFFSET 0
),
judged AS (
    SELECT *, CASE WHEN before_books THEN '{{}}' ELSE array_remove(ARRAY[
        CASE WHEN is_ours AND shipped_units > greatest(acknowledged_units, ordered_units)
                  + units_before_books THEN 'over_shipped' END,
        CASE WHEN received_units < shipped_units AND (is_closed OR settled_at <= :now)
             THEN 'short_received' END,
        CASE WHEN received_units > greatest(shipped_units,
                  CASE WHEN is_ours THEN 0 ELSE ordered_units END) THEN 'over_received' END,
        CASE WHEN greatest(abs(lowest - cost), abs(highest - cost)) > CAST(:tolerance AS numeric)
             THEN 'price_variance' END,
        CASE WHEN invoiced_units > greatest(shipped_units, received_units) - units_before_books
             THEN CASE WHEN bills > 1 AND greatest(shipped_units, received_units)
                      - units_before_books IN (invoiced_units - smallest, invoiced_units - largest)
                  THEN 'duplicate_invoice' ELSE 'overbilled' END END,
        CASE WHEN invoiced_units < received_units - units_before_books AND NOT is_consigned
                  AND billed_by <= :now THEN 'unbilled' END,
        CASE WHEN deducted > recovered THEN 'deducted' END,
        CASE WHEN unplaced THEN 'unplaced' END,
        CASE WHEN unexplained THEN 'unexplained' END,
        CASE WHEN outstanding > 0 AND late_at <= :now
             THEN CASE WHEN partly_paid THEN 'underpaid' ELSE 'unpaid_overdue' END END
    ], NULL) END AS places
    FROM known OFFSET 0
)
-- What stands as it should is not even touched: a row that meets itself would still be locked.
INSERT INTO reconciliation_line AS kept (shop_id, region, number, line, vendor_code, ordered_at,
    currency, ordered_units, acknowledged_units, shipped_units, received_units, invoiced_units,
    paid_units, deducted_units, recovered_units, outstanding_units, ordered, acknowledged, shipped,
    received, invoiced, tax, paid, discounts, deducted, recovered, provision, outstanding,
    is_shared, invoices, disagreement, cause, places, looks_again_at, restated_at)
SELECT fresh.* FROM (
SELECT :shop, region, number, line, vendor_code, ordered_at, currency, ordered_units,
       acknowledged_units, shipped_units, received_units, invoiced_units,
       invoiced_units - deducted_units + recovered_units - outstanding_units, deducted_units,
       recovered_units, outstanding_units,
       round(ordered_units * each_cost, digits), round(acknowledged_units * each_cost, digits),
       round(shipped_units * each_cost, digits), round(received_units * each_cost, digits),
       invoiced, tax, invoiced - discounts - deducted + recovered - provision - outstanding,
       discounts, deducted, recovered, provision, outstanding, is_shared, invoices, places[1],
       CASE WHEN places[1] = 'price_variance' THEN price_cause
            WHEN places[1] IN ('short_received', 'duplicate_invoice', 'overbilled')
            THEN quantity_cause
            WHEN places[1] = 'deducted' THEN coalesce(quantity_cause, price_cause) END,
       CAST(places AS varchar[]),
       CASE WHEN NOT before_books THEN least(
           CASE WHEN received_units < shipped_units AND NOT is_closed AND settled_at > :now
                THEN settled_at END,
           CASE WHEN invoiced_units < received_units - units_before_books AND NOT is_consigned
                     AND billed_by > :now THEN billed_by END,
           CASE WHEN outstanding > 0 AND late_at > :now THEN late_at END) END,
       CAST(:now AS timestamptz)
FROM judged
) AS fresh ({columns}) LEFT JOIN {kept}
WHERE known.shop_id IS NULL OR ({known}) IS DISTINCT FROM ({fresh})
ON CONFLICT (shop_id, region, number, line) DO UPDATE SET {sets}
