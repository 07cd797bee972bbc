-- One row for each numbered invoice, and where its money is. What stands in braces narrows it to some
-- invoices: `billed` by their numbers, `told` to the payments' lines that may be about them.
WITH billed AS (
    SELECT invoice.invoice_id, invoice.region, invoice.number, invoice.vendor_code,
           invoice.currency, coalesce(invoice.dated_at, invoice.made_at) AS dated_at,
           -- Terms of the end of a month count from the last day of the invoice's month (7.9).
           coalesce(invoice.due_at,
               CASE WHEN code.terms ->> 'type' = 'EndOfMonth'
                    THEN date_trunc('month', coalesce(invoice.dated_at, invoice.made_at), 'UTC')
                         + interval '1 month - 1 day'
                    ELSE coalesce(invoice.dated_at, invoice.made_at) END
               + CAST(code.terms ->> 'net_days' AS int) * interval '1 day') AS due_at,
           invoice.state IN ('cancelled', 'failed') AS is_void,
           CASE WHEN invoice.state IN ('cancelled', 'failed') THEN 0
                WHEN invoice.type = 'CreditNote'
                THEN -coalesce(invoice.items_total + invoice.charges_total + invoice.tax_total,
                     invoice.total, 0)
                ELSE coalesce(invoice.items_total + invoice.charges_total + invoice.tax_total,
                     invoice.total, 0)
           END AS total
    FROM invoice
    JOIN vendor_code AS code ON code.shop_id = invoice.shop_id AND code.region = invoice.region
        AND code.code = invoice.vendor_code
    WHERE invoice.shop_id = :shop AND invoice.number IS NOT NULL {billed}
),
-- What a person has confirmed stands above a payment's own words, while the payment says the same.
confirmed AS (
    SELECT part.region, part.payment_id, part.position, part.invoice_id, line.currency, part.amount,
           part.discount, part.withheld
    FROM payment_match AS said
    JOIN payment_match_part AS part ON part.shop_id = said.shop_id AND part.match_id = said.match_id
    JOIN remittance_line AS line ON line.shop_id = said.shop_id AND line.region = part.region
        AND line.payment_id = part.payment_id AND line.position = part.position
        AND line.reference = part.reference AND line.paid = part.paid
        AND line.currency = part.currency
    WHERE said.shop_id = :shop AND said.state = 'confirmed'
),
-- A line's kind was stored when it came; an invoice that is ours by now stands above the grammar.
told AS (
    SELECT CASE WHEN own.invoice_id IS NULL THEN line.invoice_number ELSE own.number END AS number,
           CASE WHEN own.invoice_id IS NOT NULL THEN 'invoice'
                WHEN line.kind = 'invoice' THEN 'unknown' ELSE line.kind END AS kind,
           line.region, line.currency, line.paid, coalesce(line.discount, 0) AS discount,
           coalesce(line.withheld, 0) AS withheld, paper.paid_at
    FROM {told} AS line
    JOIN remittance AS paper USING (shop_id, region, payment_id)
    LEFT JOIN invoice AS own ON own.shop_id = :shop AND own.region = line.region
        AND own.number = line.reference
    WHERE line.shop_id = :shop AND paper.status = 'SUCCESSFUL'
      AND NOT EXISTS (SELECT FROM confirmed WHERE confirmed.region = line.region
          AND confirmed.payment_id = line.payment_id AND confirmed.position = line.position)
    UNION ALL
    SELECT own.number, 'invoice', confirmed.region, confirmed.currency, confirmed.amount,
           confirmed.discount, confirmed.withheld, paper.paid_at
    FROM confirmed
    JOIN remittance AS paper ON paper.shop_id = :shop AND paper.region = confirmed.region
        AND paper.payment_id = confirmed.payment_id AND paper.status = 'SUCCESSFUL'
    JOIN invoice AS own ON own.shop_id = :shop AND own.invoice_id = confirmed.invoice_id
),
money AS (
    SELECT region, number, currency, max(paid_at) AS last_paid_at,
           coalesce(added_up(paid) FILTER (WHERE kind = 'invoice'), 0) AS remitted,
           added_up(discount) AS quick_pay, added_up(withheld) AS withheld,
           coalesce(-added_up(paid) FILTER (WHERE kind LIKE 'shortage%' AND paid < 0), 0) AS shortage,
           coalesce(-added_up(paid) FILTER (WHERE kind = 'price_claim' AND paid < 0), 0) AS price,
           coalesce(-added_up(paid) FILTER (WHERE kind = 'chargeback' AND paid < 0), 0) AS chargeback,
           coalesce(-added_up(paid) FILTER (WHERE kind NOT IN ('invoice', 'shortage_claim',
               'shortage_repaid', 'price_claim', 'chargeback', 'provision', 'provision_reversed')
               AND paid < 0), 0) AS other_deducted,
           coalesce(added_up(paid) FILTER (WHERE kind NOT IN ('invoice', 'provision',
               'provision_reversed') AND paid > 0), 0) AS recovered,
           coalesce(added_up(paid) FILTER (WHERE kind LIKE 'shortage%' AND paid > 0), 0)
               AS shortage_recovered,
           coalesce(added_up(paid) FILTER (WHERE kind = 'price_claim' AND paid > 0), 0)
               AS price_recovered,
           coalesce(-added_up(paid) FILTER (WHERE kind LIKE 'provision%'), 0) AS provision
    FROM told GROUP BY region, number, currency
),
strange AS (
    SELECT DISTINCT billed.invoice_id FROM billed JOIN money USING (region, number)
    WHERE money.currency <> billed.currency
),
found AS (
    SELECT billed.*, money.last_paid_at, strange.invoice_id IS NOT NULL AS other_currency,
           coalesce(remitted, 0) AS remitted, coalesce(quick_pay, 0) AS quick_pay,
           coalesce(withheld, 0) AS withheld, coalesce(shortage, 0) AS shortage,
           coalesce(price, 0) AS price, coalesce(chargeback, 0) AS chargeback,
           coalesce(other_deducted, 0) AS other_deducted, coalesce(recovered, 0) AS recovered,
           coalesce(shortage_recovered, 0) AS shortage_recovered,
           coalesce(price_recovered, 0) AS price_recovered, coalesce(provision, 0) AS provision,
           total - coalesce(remitted + quick_pay + withheld, 0) AS rest
    FROM billed
    LEFT JOIN money ON money.region = billed.region AND money.number = billed.number
        AND money.currency = billed.currency
    LEFT JOIN strange ON strange.invoice_id = billed.invoice_id
),
-- The lines that Amazon's finance names: of a shortage by the units it has not matched, of a price
-- claim by its variance; net of tax, and with it.
named AS (
    SELECT invoice_id, count(*) AS lines, count(*) FILTER (WHERE short > 0) AS short_lines,
           count(*) FILTER (WHERE price > 0) AS price_lines, sum(short) AS short_net,
           sum(round(short * gross, digits)) AS short_gross, sum(price) AS price_net,
           sum(round(price * gross, digits)) AS price_gross
    FROM (
        SELECT found.invoice_id, {short} AS short, {price} AS price,
               CASE WHEN own.amount <> 0 THEN 1 + coalesce(own.tax, 0) / own.amount ELSE 1 END
                   AS gross,
               CASE WHEN found.currency = 'JPY' THEN 0 ELSE 2 END AS digits
        FROM found CROSS JOIN LATERAL (
            SELECT * FROM invoice_line AS line
            WHERE line.shop_id = :shop AND line.invoice_id = found.invoice_id OFFSET 0) AS own
        WHERE shortage + found.price + chargeback + other_deducted + recovered <> 0
    ) AS each_one
    GROUP BY invoice_id
),
-- On lines is what has one line only, or names one line only, or is what the named lines come to
-- (or that again, where it was claimed again).
claimed AS (
    SELECT found.*, coalesce(lines, 0) AS lines,
           array_remove(ARRAY[{on_lines}], NULL) AS placed
    FROM found LEFT JOIN named USING (invoice_id)
    CROSS JOIN LATERAL (VALUES (chargeback + other_deducted,
        recovered - shortage_recovered - price_recovered)) AS of_others (other, other_recovered)
),
-- What is left of the total is still to come; more than the total is a payment nothing explains.
stated AS (
    SELECT *, remitted - shortage - price - chargeback - other_deducted + recovered - provision
               AS paid,
           CASE WHEN 'shortage' = ANY(placed) THEN 0 ELSE shortage END
               + CASE WHEN 'price' = ANY(placed) THEN 0 ELSE price END
               + CASE WHEN 'other' = ANY(placed) THEN 0 ELSE chargeback + other_deducted END
               AS unplaced_deducted,
           CASE WHEN 'shortage_recovered' = ANY(placed) THEN 0 ELSE shortage_recovered END
               + CASE WHEN 'price_recovered' = ANY(placed) THEN 0 ELSE price_recovered END
               + CASE WHEN 'other_recovered' = ANY(placed) THEN 0
                      ELSE recovered - shortage_recovered - price_recovered END
               AS unplaced_recovered,
           CASE WHEN is_void THEN 0 WHEN sign(rest) = sign(total) THEN rest ELSE 0 END AS open,
           CASE WHEN is_void THEN rest WHEN sign(rest) = sign(total) THEN 0 ELSE rest END
               AS unexplained
    FROM claimed
)
-- What stands as it should is not even touched: a row that meets itself would still be locked.
INSERT INTO reconciliation_invoice AS kept (shop_id, invoice_id, region, number, vendor_code,
    dated_at, due_at, currency, total, remitted, paid, quick_pay, withheld, shortage, price,
    chargeback, other_deducted, recovered, shortage_recovered, price_recovered, provision,
    unplaced_deducted, unplaced_recovered, placed, open, unexplained, other_currency, state,
    last_paid_at, restated_at)
SELECT fresh.* FROM (
SELECT :shop, invoice_id, region, number, vendor_code, dated_at, due_at, currency, total, remitted,
       paid, quick_pay, withheld, shortage, price, chargeback, other_deducted, recovered,
       shortage_recovered, price_recovered, provision, unplaced_deducted, unplaced_recovered,
       CAST(placed AS varchar[]), open, unexplained, other_currency,
       CASE WHEN is_void THEN 'void' WHEN unexplained <> 0 THEN 'overpaid'
            WHEN open = 0 THEN 'settled' WHEN open = total THEN 'unpaid' ELSE 'partly_paid' END,
       last_paid_at, CAST(:now AS timestamptz)
FROM stated
) AS fresh ({columns}) LEFT JOIN LATERAL (
    SELECT * FROM reconciliation_invoice AS each_one
    WHERE each_one.shop_id = :shop AND each_one.invoice_id = fresh.invoice_id OFFSET 0) AS known
    ON true
WHERE known.shop_id IS NULL OR ({known}) IS DISTINCT FROM ({fresh})
ON CONFLICT (shop_id, invoice_id) DO UPDATE SET {sets}
