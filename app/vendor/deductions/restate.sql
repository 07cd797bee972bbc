-- Deductions as the payments that stand make them, written anew for some numbers or for all.
-- Nothing here looks at the order in which papers came. What stands in braces narrows it to some
-- numbers: the lines that are read, the numbers that are folded, and the rows that may go.
WITH line AS MATERIALIZED (
    SELECT line.region, line.payment_id, line.position, btrim(line.reference) AS reference,
           upper(btrim(line.reference)) AS plain, line.description, line.paid, line.discount,
           line.withheld, line.currency, line.terms, line.invoiced_at,
           line.paid + coalesce(line.discount, 0) + coalesce(line.withheld, 0) AS gross,
           remittance.paid_at, remittance.number AS payment,
           remittance.message_id, own.invoice_id IS NOT NULL AS is_ours,
           lower(concat_ws(' ', line.invoice_type, line.description)) AS words
    FROM remittance_line AS line
    JOIN remittance USING (shop_id, region, payment_id)
    LEFT JOIN invoice AS own ON own.shop_id = :shop AND own.region = line.region
        AND own.number = btrim(line.reference)
    WHERE line.shop_id = :shop AND remittance.status <> 'FAILED' {scope}
),
-- The grammar of payments/references.py, read from right to left.
told AS (
    SELECT line.*,
           substring(plain FROM '^(.*?)[ -]*PROVISION FOR RECEIVABLESR?$') AS provision,
           substring(plain FROM '^(.*?[^-])-?(SCR|SC)+$') AS chain
    FROM line
),
named AS (
    SELECT told.*,
           CASE WHEN is_ours THEN 'invoice'
                WHEN provision IS NOT NULL THEN 'provision'
                WHEN plain LIKE 'IPAPUS%' THEN 'price_protection'
                WHEN plain LIKE '%VCBSINV' THEN 'chargeback'
                WHEN chain IS NOT NULL THEN 'shortage_claim'
                WHEN plain LIKE '_%PC' THEN 'price_claim'
                WHEN plain ~ '^[A-Z0-9]{{4}}-[A-Z0-9]{{8}}$' THEN 'co_op'
           END AS by_number,
           -- Where the number says nothing, Amazon's own words may (amazon-vendor.md §7.3).
           CASE WHEN words LIKE '%provision%' THEN 'provision'
                WHEN words LIKE '%shortage%' THEN 'shortage_claim'
                WHEN words LIKE '%price variance%' OR words LIKE '%price claim%' THEN 'price_claim'
                WHEN words LIKE '%price protection%' THEN 'price_protection'
                WHEN words LIKE '%return%' THEN 'return'
                WHEN words ~ 'co-?op\M|allowance|service agreement' THEN 'co_op'
                WHEN words LIKE '%chargeback%' THEN 'chargeback'
           END AS by_words
    FROM told
),
judged AS (
    SELECT named.*, coalesce(by_number, by_words, 'unknown') AS kind,
           CASE WHEN is_ours THEN reference
                WHEN provision IS NOT NULL THEN left(reference, length(provision))
                WHEN by_number = 'chargeback'
                    THEN rtrim(left(reference, length(reference) - 7), '-')
                WHEN by_number = 'shortage_claim' THEN left(reference, length(chain))
                WHEN by_number = 'price_claim'
                    THEN rtrim(left(reference, length(reference) - 2), '-')
                ELSE reference
           END AS base
    FROM named
),
-- What a line takes (above zero) or gives back. A line under an invoice's own number pays it, or
-- takes that payment back: no deduction.
step AS (
    SELECT judged.*, part.kind AS part, -part.amount AS taken
    FROM judged CROSS JOIN LATERAL (
        VALUES (CASE WHEN kind <> 'invoice' THEN kind END, paid),
               ('quick_pay', -discount),
               ('withholding', -withheld)
    ) AS part (kind, amount)
    WHERE part.kind IS NOT NULL AND part.amount <> 0 {bases}
),
folded AS (
    SELECT region, part AS kind, base AS reference, currency,
           coalesce(sum(taken) FILTER (WHERE taken > 0), 0) AS taken,
           coalesce(-sum(taken) FILTER (WHERE taken < 0), 0) AS recovered,
           min(paid_at) AS first_at, max(paid_at) AS last_at,
           jsonb_agg(
               jsonb_build_object(
                   'at', to_char(paid_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                   'reference', reference, 'description', description,
                   'taken', taken::text, 'payment_id', payment_id, 'payment', payment,
                   'position', position, 'message_id', message_id, 'terms', terms,
                   'invoiced_at', to_char(
                       invoiced_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                   'gross', gross::text,
                   'told_by', CASE WHEN part IN ('quick_pay', 'withholding') THEN 'amount'
                                   WHEN by_number IS NOT NULL THEN 'number'
                                   WHEN by_words IS NOT NULL THEN 'words' END
               ) ORDER BY paid_at, payment_id, position
           ) AS steps
    FROM step
    GROUP BY region, part, base, currency
    -- A number that means nothing to us and was paid more than it was charged is an invoice from
    -- somewhere else.
    HAVING part <> 'unknown' OR sum(taken) >= 0
),
-- What our invoice of that number says: its only order and line, else the lines and causes that Amazon
-- itself names: of a shortage by what it has not matched, of a price by its variance.
billed AS (
    SELECT invoice.number, min(invoice.region) AS region,
           CASE WHEN count(DISTINCT line.number) = 1 THEN min(line.number) END AS purchase_order,
           CASE WHEN count(*) = 1 THEN min(line.line) END AS line
    FROM invoice LEFT JOIN invoice_line AS line USING (shop_id, invoice_id)
    WHERE invoice.shop_id = :shop AND invoice.number IN (SELECT reference FROM folded)
    GROUP BY invoice.number
),
said AS (
    SELECT invoice.number, of_type.type, line.number AS purchase_order, line.line, line.position,
           reason.causes,
           CASE WHEN of_type.type = 'PPV' THEN line.units
                ELSE greatest(coalesce(line.amazon_units - line.matched_units, 0), 0) END AS units
    FROM invoice JOIN invoice_line AS line USING (shop_id, invoice_id)
    CROSS JOIN (VALUES ('PQV'), ('PPV')) AS of_type (type)
    CROSS JOIN LATERAL (
        SELECT array_agg(DISTINCT cause #>> '{{}}') AS causes FROM jsonb_path_query(line.variances,
            '$[*] ? (@.varianceType == $type).defectTypes[*]',
            jsonb_build_object('type', of_type.type)) AS cause
    ) AS reason
    WHERE invoice.shop_id = :shop AND invoice.number IN (SELECT reference FROM folded)
      AND (reason.causes IS NOT NULL
           OR of_type.type = 'PQV' AND line.amazon_units > line.matched_units
           OR of_type.type = 'PPV' AND line.price_variance <> 0)
),
varied AS (
    SELECT number, type,
           (SELECT CASE WHEN count(DISTINCT cause) = 1 THEN min(cause) END
            FROM said AS same, unnest(same.causes) AS cause
            WHERE (same.number, same.type) = (said.number, said.type)) AS cause,
           CASE WHEN count(*) = 1 THEN min(purchase_order) END AS purchase_order,
           CASE WHEN count(*) = 1 THEN min(line) END AS line, sum(units)::integer AS units
    FROM said GROUP BY number, type
),
stated AS (
    SELECT CAST(:shop AS integer) AS shop_id, folded.region, folded.kind, folded.reference,
           folded.currency, billed.number AS invoice_number,
           coalesce(billed.purchase_order, varied.purchase_order) AS purchase_order,
           coalesce(varied.line, billed.line) AS line, varied.cause,
           CASE WHEN folded.kind IN ('shortage_claim', 'price_claim') THEN nullif(varied.units, 0)
           END AS units,
           folded.taken, folded.recovered, folded.first_at, folded.last_at, folded.steps
    FROM folded
    LEFT JOIN billed ON billed.number = folded.reference AND billed.region = folded.region
    LEFT JOIN varied ON varied.number = billed.number
        AND varied.type = CASE folded.kind WHEN 'shortage_claim' THEN 'PQV'
                                           WHEN 'price_claim' THEN 'PPV' END
),
gone AS (
    DELETE FROM deduction AS kept
    WHERE kept.shop_id = :shop {gone} AND NOT EXISTS (
        SELECT FROM stated WHERE (stated.region, stated.kind, stated.reference, stated.currency)
            = (kept.region, kept.kind, kept.reference, kept.currency)
    )
    RETURNING 1
),
written AS (
    INSERT INTO deduction AS kept (
        shop_id, region, kind, reference, currency, invoice_number, purchase_order, line, cause,
        units, taken, recovered, first_at, last_at, steps
    )
    SELECT * FROM stated
    ON CONFLICT (shop_id, region, kind, reference, currency) DO UPDATE SET
        invoice_number = excluded.invoice_number, purchase_order = excluded.purchase_order,
        line = excluded.line, cause = excluded.cause, units = excluded.units,
        taken = excluded.taken, recovered = excluded.recovered, first_at = excluded.first_at,
        last_at = excluded.last_at, steps = excluded.steps
    WHERE (kept.invoice_number, kept.purchase_order, kept.line, kept.cause, kept.units, kept.taken,
           kept.recovered, kept.first_at, kept.last_at, kept.steps)
        IS DISTINCT FROM
          (excluded.invoice_number, excluded.purchase_order, excluded.line, excluded.cause,
           excluded.units, excluded.taken, excluded.recovered, excluded.first_at,
           excluded.last_at, excluded.steps)
    RETURNING 1
)
SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM written)
