-- What each order's papers say, one row for each order. What stands in braces narrows it to some orders.
WITH wanted AS (
    SELECT * FROM purchase_order AS paper
    WHERE paper.shop_id = :shop AND NOT paper.withdrawn {narrowed}
),
line AS (
    SELECT region, number,
           sum(CASE WHEN line.removed THEN 0 ELSE line.ordered_units END)::int AS ordered,
           sum(least(line.ordered_units, line.accepted_units + line.backordered_units))::int
               AS acknowledged,
           sum(line.accepted_units + line.backordered_units + line.rejected_units) > 0 AS is_answered,
           sum(CASE WHEN line.shipped_units > 0 THEN line.shipped_units + line.units_before_books
                    ELSE line.received_units END)::int AS shipped,
           sum(line.received_units)::int AS received, max(line.last_received_at) AS received_at
    FROM purchase_order_line AS line JOIN wanted USING (shop_id, region, number)
    WHERE line.shop_id = :shop GROUP BY region, number
),
-- The last answer that was not refused: on its way, or stuck where only a person gets it further.
said AS (
    SELECT DISTINCT ON (own.region, own.number) own.region, own.number,
           CASE WHEN own.state = 'accepted' THEN 'shown'
                WHEN own.error IS NOT NULL OR (own.state = 'waiting' AND own.message_id IS NULL)
                THEN 'stuck' ELSE 'under_way' END AS answer
    FROM acknowledgement AS own JOIN wanted USING (shop_id, region, number)
    WHERE own.shop_id = :shop AND own.state <> 'failed'
    ORDER BY own.region, own.number, own.acknowledgement_id DESC
),
kept AS (
    SELECT region, number, sum(kept.invoiced_units)::int AS invoiced,
           bool_or(kept.outstanding <> 0) AS is_open, bool_or(kept.invoiced <> 0) AS is_billed
    FROM reconciliation_line AS kept JOIN wanted USING (shop_id, region, number)
    WHERE kept.shop_id = :shop GROUP BY region, number
),
sent AS (
    SELECT own.region, own.number, sum(own.units)::int AS planned,
           coalesce(sum(own.units) FILTER (WHERE paper.state IN ('sent', 'accepted')), 0)::int
               AS announced,
           min(paper.departs_at) FILTER (WHERE paper.state NOT IN ('sent', 'accepted')) AS departs_at,
           max(paper.shipped_at) AS left_at
    FROM shipment_line AS own JOIN shipment AS paper USING (shop_id, region, identifier)
    JOIN wanted ON wanted.region = own.region AND wanted.number = own.number
    WHERE own.shop_id = :shop AND paper.state <> 'cancelled' GROUP BY own.region, own.number
),
billed AS (
    SELECT own.region, own.number, count(DISTINCT paper.invoice_id)::int AS invoices,
           count(DISTINCT paper.invoice_id) FILTER (WHERE paper.state = 'landed'
               OR money.state = 'settled')::int AS reviewed,
           bool_or(paper.state IN ('failed', 'missing', 'unclear') AND coalesce(money.state, '')
               <> 'settled') AS is_wrong,
           min(money.due_at) FILTER (WHERE money.open > 0) AS due_at
    FROM invoice_line AS own JOIN invoice AS paper USING (shop_id, invoice_id)
    LEFT JOIN reconciliation_invoice AS money USING (shop_id, invoice_id)
    JOIN wanted ON wanted.region = own.region AND wanted.number = own.number
    WHERE own.shop_id = :shop AND paper.number IS NOT NULL AND paper.state <> 'cancelled'
      AND paper.type = 'Invoice'
    GROUP BY own.region, own.number
),
-- What Amazon's finance shows under a number that is none of ours was invoiced elsewhere.
elsewhere AS (
    SELECT told.region, told.purchase_order AS number, sum(told.units)::int AS units
    FROM finance_invoice_line AS told
    JOIN finance_invoice AS paper USING (shop_id, region, payee_code, number)
    JOIN wanted ON wanted.region = told.region AND wanted.number = told.purchase_order
    WHERE told.shop_id = :shop AND paper.type = 'AP_INVENTORY' AND paper.status <> 'REJECTED'
      AND NOT EXISTS (SELECT FROM invoice AS ours WHERE ours.shop_id = :shop
          AND ours.region = paper.region AND ours.number = paper.number)
    GROUP BY told.region, told.purchase_order
)
SELECT wanted.region, wanted.number, wanted.vendor_code, wanted.ship_to, wanted.ordered_at,
       wanted.before_books, wanted.state = 'Closed' OR coalesce(wanted.status, '') = 'CLOSED'
           AS is_closed,
       wanted.state <> 'New' OR coalesce(line.is_answered, false) AS is_answered,
       CASE WHEN wanted.state <> 'New' THEN 'shown' WHEN said.answer IS NOT NULL THEN said.answer
            WHEN coalesce(line.is_answered, false) THEN 'shown' ELSE 'none' END AS answer,
       coalesce(wanted.payment_method, '') = 'Consignment'
           OR coalesce(wanted.type, '') = 'ConsignedOrder' AS is_consigned,
       coalesce(wanted.ship_end, wanted.delivery_end) AS window_end,
       coalesce(line.ordered, 0) AS ordered, coalesce(line.acknowledged, 0) AS acknowledged,
       coalesce(line.shipped, 0) AS shipped, coalesce(line.received, 0) AS received,
       line.received_at, coalesce(sent.planned, 0) AS planned,
       coalesce(sent.announced, 0) AS announced, sent.departs_at, sent.left_at,
       coalesce(kept.invoiced, 0) + coalesce(elsewhere.units, 0) AS invoiced,
       coalesce(kept.is_billed, false) AS is_billed, coalesce(kept.is_open, false) AS is_open,
       coalesce(billed.invoices, 0) AS invoices, coalesce(billed.reviewed, 0) AS reviewed,
       coalesce(billed.is_wrong, false) AS is_wrong, billed.due_at,
       coalesce(elsewhere.units, 0) AS elsewhere
FROM wanted
LEFT JOIN line USING (region, number)
LEFT JOIN said USING (region, number)
LEFT JOIN kept USING (region, number)
LEFT JOIN sent USING (region, number)
LEFT JOIN billed USING (region, number)
LEFT JOIN elsewhere USING (region, number)
ORDER BY wanted.ordered_at DESC, wanted.region, wanted.number
