-- Every unit and every cent stands in exactly one place: queries that return no rows. They are part of
-- the audit, in the same form (app/inventory/audit.sql). Those that compare sums of all papers with sums
-- of the match say nothing while papers wait to be matched.

-- check: money_of_an_invoice_stands_once
SELECT number, currency, total, paid + quick_pay + withheld + shortage + price + chargeback
       + other_deducted - recovered + provision + open + unexplained AS placed
FROM reconciliation_invoice
WHERE shop_id = :shop AND total <> paid + quick_pay + withheld + shortage + price + chargeback
      + other_deducted - recovered + provision + open + unexplained;

-- check: money_of_a_line_stands_once
SELECT region, number, line, currency, invoiced,
       paid + discounts + deducted - recovered + provision + outstanding AS placed
FROM reconciliation_line
WHERE shop_id = :shop
  AND invoiced <> paid + discounts + deducted - recovered + provision + outstanding;

-- check: units_of_a_line_stand_once
SELECT region, number, line, invoiced_units,
       paid_units + deducted_units - recovered_units + outstanding_units AS placed
FROM reconciliation_line
WHERE shop_id = :shop
  AND invoiced_units <> paid_units + deducted_units - recovered_units + outstanding_units;

-- check: lines_add_up_to_invoices
-- What is on lines is neither more nor less than what the invoices have, less what is on no line: what
-- is unexplained, and claims whose lines nobody names. An invoice in another currency than its order
-- stands with no line.
SELECT currency, sum(of_lines) AS lines, sum(of_invoices) AS invoices, place
FROM (
    SELECT line.currency, place, amount AS of_lines, 0::numeric AS of_invoices
    FROM reconciliation_line AS line CROSS JOIN LATERAL (VALUES
        ('invoiced', invoiced), ('paid', paid), ('discounts', discounts), ('deducted', deducted),
        ('recovered', recovered), ('provision', provision), ('outstanding', outstanding))
        AS part (place, amount)
    WHERE line.shop_id = :shop AND amount <> 0
    UNION ALL
    SELECT currency, place, 0, amount
    FROM reconciliation_invoice AS told CROSS JOIN LATERAL (VALUES
        ('invoiced', total),
        ('paid', paid + unplaced_deducted - unplaced_recovered + unexplained),
        ('discounts', quick_pay + withheld),
        ('deducted', shortage + price + chargeback + other_deducted - unplaced_deducted),
        ('recovered', recovered - unplaced_recovered), ('provision', provision),
        ('outstanding', open)) AS part (place, amount)
    WHERE told.shop_id = :shop AND amount <> 0
      AND EXISTS (SELECT FROM invoice_line AS own
                  WHERE own.shop_id = :shop AND own.invoice_id = told.invoice_id)
      AND NOT EXISTS (SELECT FROM invoice_line AS own
          JOIN purchase_order_line AS ordered USING (shop_id, region, number, line)
          WHERE own.shop_id = :shop AND own.invoice_id = told.invoice_id
            AND ordered.cost_currency <> told.currency)
) AS side
WHERE NOT EXISTS (SELECT FROM reconciliation_due WHERE shop_id = :shop)
GROUP BY currency, place HAVING sum(of_lines) <> sum(of_invoices);

-- check: payments_add_up_to_invoices
-- What successful payments say of invoices of ours, or a person has confirmed of them, is what the
-- invoices' rows say was paid.
WITH confirmed AS (
    SELECT part.* FROM payment_match AS said
    JOIN payment_match_part AS part ON part.shop_id = said.shop_id AND part.match_id = said.match_id
    JOIN remittance_line AS line ON line.shop_id = said.shop_id AND line.region = part.region
        AND line.payment_id = part.payment_id AND line.position = part.position
        AND line.reference = part.reference AND line.paid = part.paid
        AND line.currency = part.currency
    WHERE said.shop_id = :shop AND said.state = 'confirmed'
)
SELECT currency, sum(of_payments) AS payments, sum(of_invoices) AS invoices
FROM (
    SELECT told.currency, told.paid AS of_payments, 0::numeric AS of_invoices
    FROM remittance_line AS told
    JOIN remittance AS paper USING (shop_id, region, payment_id)
    LEFT JOIN invoice AS own ON own.shop_id = :shop AND own.region = told.region
        AND own.number = told.reference
    LEFT JOIN invoice AS base ON base.shop_id = :shop AND base.region = told.region
        AND base.number = told.invoice_number AND own.invoice_id IS NULL
    WHERE told.shop_id = :shop AND paper.status = 'SUCCESSFUL'
      AND coalesce(own.currency, base.currency) = told.currency
      AND NOT EXISTS (SELECT FROM confirmed WHERE confirmed.region = told.region
          AND confirmed.payment_id = told.payment_id AND confirmed.position = told.position)
    UNION ALL
    SELECT confirmed.currency, confirmed.amount, 0
    FROM confirmed JOIN remittance AS paper USING (shop_id, region, payment_id)
    JOIN invoice AS own USING (shop_id, invoice_id)
    WHERE paper.status = 'SUCCESSFUL' AND own.currency = confirmed.currency
      AND own.region = confirmed.region
    UNION ALL
    SELECT currency, 0, paid FROM reconciliation_invoice WHERE shop_id = :shop
) AS side
WHERE NOT EXISTS (SELECT FROM reconciliation_due WHERE shop_id = :shop)
GROUP BY currency HAVING sum(of_payments) <> sum(of_invoices);

-- check: what_is_confirmed_of_a_payment_is_all_of_it
-- The parts of a payment's line come to what the line pays, and it is in one confirmed match only.
SELECT part.region, part.payment_id, part.position, sum(part.amount) AS parts, min(part.paid) AS paid
FROM payment_match AS said
JOIN payment_match_part AS part ON part.shop_id = said.shop_id AND part.match_id = said.match_id
WHERE said.shop_id = :shop AND said.state = 'confirmed'
GROUP BY part.region, part.payment_id, part.position
HAVING sum(part.amount) <> min(part.paid) OR count(DISTINCT part.match_id) > 1;

-- check: every_line_and_invoice_is_matched
SELECT 'line' AS what, line.region, line.number, line.line
FROM purchase_order_line AS line JOIN purchase_order AS paper USING (shop_id, region, number)
WHERE line.shop_id = :shop AND NOT paper.withdrawn
  AND NOT EXISTS (SELECT FROM reconciliation_due WHERE shop_id = :shop)
  AND NOT EXISTS (SELECT FROM reconciliation_line AS kept
      WHERE kept.shop_id = :shop AND kept.region = line.region AND kept.number = line.number
        AND kept.line = line.line)
UNION ALL
SELECT 'invoice', region, number, NULL
FROM invoice WHERE shop_id = :shop AND number IS NOT NULL
  AND NOT EXISTS (SELECT FROM reconciliation_due WHERE shop_id = :shop)
  AND NOT EXISTS (SELECT FROM reconciliation_invoice AS kept
      WHERE kept.shop_id = :shop AND kept.invoice_id = invoice.invoice_id);

-- check: shipped_units_equal_shipments
SELECT line.region, line.number, line.line, line.shipped_units, sent.units AS shipments
FROM purchase_order_line AS line
JOIN (SELECT region, number, line, sum(booked_units) AS units FROM shipment_line
      WHERE shop_id = :shop GROUP BY 1, 2, 3) AS sent USING (region, number, line)
WHERE line.shop_id = :shop AND line.shipped_units <> sent.units;

-- check: received_units_equal_the_newest_receipt
SELECT line.region, line.number, line.line, line.received_units, newest.total AS receipt
FROM purchase_order_line AS line
JOIN (SELECT DISTINCT ON (region, number, line) region, number, line, total FROM receipt
      WHERE shop_id = :shop ORDER BY region, number, line, observed_at DESC) AS newest
    USING (region, number, line)
WHERE line.shop_id = :shop AND line.received_units <> newest.total;

-- check: receipts_are_of_known_lines
SELECT receipt.region, receipt.number, receipt.line, receipt.total
FROM receipt LEFT JOIN purchase_order_line AS line USING (shop_id, region, number, line)
WHERE receipt.shop_id = :shop AND line.shop_id IS NULL;
