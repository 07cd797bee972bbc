-- What must hold, as queries that return no rows. Each begins with a line "-- check: name".
-- They report; they never repair. :shop is the shop's id (row-level security narrows them as well).

-- check: balances_equal_movements
-- A balance is all that came in less all that went out.
SELECT account.item_id, account.location_id, account.state::text,
       coalesce(balance.quantity, 0) AS balance, coalesce(account.moved, 0) AS movements
FROM (
    SELECT item_id, location_id, state, sum(change)::bigint AS moved
    FROM (
        SELECT item_id, to_location_id AS location_id, to_state AS state, quantity AS change
        FROM movement WHERE shop_id = :shop
        UNION ALL
        SELECT item_id, from_location_id, from_state, -quantity
        FROM movement WHERE shop_id = :shop
    ) AS side
    GROUP BY item_id, location_id, state
) AS account
FULL JOIN (SELECT * FROM balance WHERE shop_id = :shop) AS balance
    USING (item_id, location_id, state)
WHERE coalesce(balance.quantity, 0) <> coalesce(account.moved, 0);

-- check: movements_follow_one_another
-- Each movement leaves behind what the one before it left, plus or less its own units.
SELECT movement_id, item_id, location_id, state::text, balance_after, before, change
FROM (
    SELECT movement_id, item_id, location_id, state, balance_after, change,
           coalesce(lag(balance_after) OVER account, 0) AS before
    FROM (
        SELECT movement_id, recorded_at, item_id, to_location_id AS location_id,
               to_state AS state, to_balance AS balance_after, quantity AS change
        FROM movement WHERE shop_id = :shop
        UNION ALL
        SELECT movement_id, recorded_at, item_id, from_location_id, from_state, from_balance,
               -quantity
        FROM movement WHERE shop_id = :shop
    ) AS side
    WINDOW account AS (PARTITION BY item_id, location_id, state
                       ORDER BY recorded_at, movement_id)
) AS chain
WHERE balance_after <> before + change;

-- check: holds_equal_held_states
-- What the holds say is set aside is what stands in the held states.
SELECT item_id, location_id, state::text, coalesce(balance.quantity, 0) AS balance,
       coalesce(promised.held, 0) AS held
FROM (
    SELECT item_id, location_id, state, sum(held) AS held
    FROM hold WHERE shop_id = :shop GROUP BY item_id, location_id, state
) AS promised
FULL JOIN (
    SELECT item_id, location_id, state, quantity FROM balance
    WHERE shop_id = :shop AND state IN ('committed', 'reserved', 'safety_stock')
) AS balance USING (item_id, location_id, state)
WHERE coalesce(balance.quantity, 0) <> coalesce(promised.held, 0);

-- check: facts_are_held_in_full
-- An order that happened holds all that is still open of it; nothing holds more than that.
SELECT document_id, line, item_id, sum(held) AS held,
       greatest(sum(wanted) - sum(fulfilled), 0) AS open_units, bool_or(fact) AS fact
FROM hold WHERE shop_id = :shop
GROUP BY document_id, line, item_id
HAVING CASE WHEN bool_or(fact) THEN sum(held) <> greatest(sum(wanted) - sum(fulfilled), 0)
            ELSE sum(held) > greatest(sum(wanted) - sum(fulfilled), 0) END;

-- check: fulfilled_equals_shipped
-- What a hold says has left is what the papers that shipped it say.
SELECT document_id, line, item_id, location_id, hold.fulfilled, coalesce(shipped.total, 0) AS total
FROM (SELECT * FROM hold WHERE shop_id = :shop) AS hold
FULL JOIN (
    SELECT hold_document_id AS document_id, hold_line AS line, item_id,
           from_location_id AS location_id, sum(total) AS total
    FROM tally WHERE shop_id = :shop AND hold_document_id IS NOT NULL
    GROUP BY hold_document_id, hold_line, item_id, from_location_id
) AS shipped USING (document_id, line, item_id, location_id)
WHERE coalesce(hold.fulfilled, 0) <> coalesce(shipped.total, 0);

-- check: tallies_equal_movements
-- What a paper says it has moved so far is what its movements brought to where it says.
SELECT stated.*, coalesce(sum(moved.change), 0) AS moved
FROM (
    SELECT document_id, line, item_id, to_location_id AS location_id, to_state AS state,
           sum(total) AS stated
    FROM tally WHERE shop_id = :shop
    GROUP BY document_id, line, item_id, to_location_id, to_state
) AS stated
LEFT JOIN (
    SELECT document_id, line, item_id, to_location_id AS location_id, to_state AS state,
           quantity AS change
    FROM movement WHERE shop_id = :shop AND reason NOT IN ('held', 'released', 'expired')
    UNION ALL
    SELECT document_id, line, item_id, from_location_id, from_state, -quantity
    FROM movement WHERE shop_id = :shop AND reason NOT IN ('held', 'released', 'expired')
) AS moved USING (document_id, line, item_id, location_id, state)
GROUP BY document_id, line, item_id, location_id, state, stated.stated
HAVING stated.stated <> coalesce(sum(moved.change), 0);

-- check: movements_have_a_tally
-- Whatever moved for good was stated by a paper.
SELECT movement_id, document_id, line, item_id, reason::text FROM movement
WHERE shop_id = :shop AND reason NOT IN ('held', 'released', 'expired')
  AND NOT EXISTS (
      SELECT FROM tally
      WHERE tally.shop_id = :shop AND tally.document_id = movement.document_id
        AND tally.line = movement.line AND tally.item_id = movement.item_id);

-- check: inside_states_are_not_negative
SELECT item_id, location_id, state::text, quantity FROM balance
WHERE shop_id = :shop AND quantity < 0
  AND state NOT IN ('available', 'supplier', 'customer', 'amazon_transit', 'amazon', 'adjustment');

-- check: untracked_items_hold_nothing
SELECT hold.document_id, hold.line, hold.item_id, hold.held
FROM hold JOIN item USING (shop_id, item_id)
WHERE hold.shop_id = :shop AND NOT item.tracked AND hold.held > 0;

-- check: oversold_is_a_collision
-- Less than nothing available is never silent.
SELECT item_id, location_id, quantity FROM balance
WHERE shop_id = :shop AND state = 'available' AND quantity < 0
  AND NOT EXISTS (
      SELECT FROM collision
      WHERE collision.shop_id = :shop AND collision.item_id = balance.item_id
        AND collision.location_id = balance.location_id
        AND (ended_at IS NULL OR accepted_oversold >= -balance.quantity));

-- check: told_movements_left_the_queue
-- A move the outside must hear of has either a message or a place in the queue, never for an hour.
SELECT mirror_due.movement_id, movement.recorded_at
FROM mirror_due JOIN movement USING (shop_id, movement_id)
WHERE mirror_due.shop_id = :shop AND movement.recorded_at < now() - interval '1 hour';

-- check: messages_do_not_wait_for_ever
SELECT message_id, direction, channel, topic, due_at FROM message
WHERE shop_id = :shop AND state = 'waiting' AND due_at < now() - interval '1 hour';
