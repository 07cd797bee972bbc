-- What must hold, as queries that return no rows. Each begins with a line "-- check: name".
-- They report; they never repair. :shop is the shop's id (row-level security narrows them as well).
-- Movements of months that were moved away (docs/growth.md) are not here to be looked at: where that
-- matters the check says how it goes on, from `kept`: the first month that is here, and whether the
-- shop is older than that. Words in braces are parts that
-- audit.py explains.

-- Movements and balances ----------------------------------------------------------------------------

-- check: movements_follow_one_another
-- Each movement leaves behind what the one before it left, plus or less its own units. The first
-- begins at nothing, or where the months that were moved away ended. An account's movements are
-- numbered while it is locked; account and number are sorted as one, which takes half as long. (Room
-- for 2^28 accounts, beyond which it fails, and 2^35 movements.)
SELECT place & 34359738367 AS movement_id, item_id, location_id, state::text, balance_after,
       balance_after - change - surplus AS before, change
FROM (
    SELECT place, balance_after, change,
           balance_after - change - CASE
               WHEN last >> 35 = place >> 35 THEN before
               WHEN (SELECT moved_away FROM {kept}) THEN balance_after - change
               ELSE 0 END AS surplus
    FROM (
        SELECT place, balance_after, change, lag(place) OVER places AS last,
               lag(balance_after) OVER places AS before
        FROM (
            SELECT to_account_id * 34359738368 + movement_id AS place,
                   to_balance AS balance_after, quantity AS change
            FROM posting WHERE shop_id = :shop
            UNION ALL
            SELECT from_account_id * 34359738368 + movement_id, from_balance, -quantity
            FROM posting WHERE shop_id = :shop
        ) AS side
        WINDOW places AS (ORDER BY place)
    ) AS neighbour
) AS chain
LEFT JOIN balance ON balance.shop_id = :shop AND balance.account_id = place >> 35
WHERE surplus <> 0;

-- check: balances_equal_movements
-- A balance is all that came in less all that went out, on top of what the first movement that is
-- here began with if months were moved away; and what moved has a balance.
SELECT account_id, item_id, location_id, state::text, balance.quantity AS balance,
       account.moved AS movements
FROM (
    SELECT account_id, sum(change)::bigint AS moved
    FROM (
        SELECT to_account_id AS account_id, sum(quantity) AS change
        FROM posting WHERE shop_id = :shop GROUP BY to_account_id
        UNION ALL
        SELECT from_account_id, -sum(quantity)
        FROM posting WHERE shop_id = :shop GROUP BY from_account_id
        UNION ALL
        SELECT * FROM ({carried}) AS carried
    ) AS side
    GROUP BY account_id
) AS account
FULL JOIN (SELECT * FROM balance WHERE shop_id = :shop) AS balance USING (account_id)
WHERE (balance.quantity IS NULL OR balance.quantity <> coalesce(account.moved, 0))
  AND NOT (account.moved IS NULL AND (SELECT moved_away FROM {kept}));

-- check: accounts_have_an_item_and_a_location
SELECT item_id, location_id, state::text, quantity FROM balance
WHERE shop_id = :shop
  AND (NOT EXISTS (SELECT FROM item
                   WHERE item.shop_id = :shop AND item.item_id = balance.item_id)
       OR NOT EXISTS (SELECT FROM location
                      WHERE location.shop_id = :shop
                        AND location.location_id = balance.location_id));

-- check: inside_states_are_not_negative
SELECT item_id, location_id, state::text, quantity FROM balance
WHERE shop_id = :shop AND quantity < 0
  AND state NOT IN ('available', 'supplier', 'customer', 'amazon_transit', 'amazon', 'adjustment');

-- check: movements_are_numbered_once
SELECT movement_id, count(*) AS times FROM posting
WHERE shop_id = :shop GROUP BY movement_id HAVING count(*) > 1;

-- check: movements_are_in_a_month
-- The clock makes months ahead of time; what lies outside them says that it has not run.
SELECT movement_id, recorded_at FROM movement_other WHERE shop_id = :shop;

-- check: movements_are_not_of_the_future
SELECT movement_id, recorded_at FROM posting
WHERE shop_id = :shop AND recorded_at > now() + interval '5 minutes';

-- Papers --------------------------------------------------------------------------------------------

-- check: movements_have_a_paper
SELECT posting.movement_id, posting.document_id, posting.recorded_at FROM posting
WHERE posting.shop_id = :shop
  AND NOT EXISTS (SELECT FROM document
                  WHERE document.shop_id = :shop
                    AND document.document_id = posting.document_id);

-- check: tallies_equal_movements
-- What a paper says it has moved so far is what its movements brought to where it says, and whatever
-- moved for good was stated by a paper. Papers as old as the first month that is here may have moved
-- units before it, and are left out.
SELECT document_id, line, item_id, location_id, state::text, stated, moved
FROM (
    SELECT document_id, line, item_id, location_id, state, sum(stated) AS stated,
           sum(moved) AS moved, bool_or(is_tally) AS is_tally,
           bool_or(bool_or(is_tally)) OVER (PARTITION BY document_id, line, item_id) AS is_stated
    FROM (
        SELECT document_id, line, item_id, to_location_id AS location_id, to_state AS state,
               total AS stated, 0 AS moved, true AS is_tally
        FROM tally WHERE shop_id = :shop
        UNION ALL
        SELECT document_id, line, item_id, to_location_id, to_state, 0, quantity, false
        FROM movement WHERE shop_id = :shop AND reason NOT IN ('held', 'released', 'expired')
        UNION ALL
        SELECT document_id, line, item_id, from_location_id, from_state, 0, -quantity, false
        FROM movement WHERE shop_id = :shop AND reason NOT IN ('held', 'released', 'expired')
    ) AS side
    WHERE document_id > (SELECT newest_old_document FROM {kept})
      AND document_id / 1000 = ANY(ARRAY(SELECT thousand FROM ({unlike_tallies}) AS unlike))
    GROUP BY document_id, line, item_id, location_id, state
) AS compared
WHERE (is_tally AND stated <> moved) OR NOT is_stated;

-- check: tallies_have_their_papers
-- The paper that states a tally is here, and so is the one whose hold it ships.
SELECT tally.document_id, tally.line, tally.item_id, tally.hold_document_id FROM tally
LEFT JOIN document AS own
  ON own.shop_id = :shop AND own.document_id = tally.document_id
LEFT JOIN document AS holding
  ON holding.shop_id = :shop AND holding.document_id = tally.hold_document_id
WHERE tally.shop_id = :shop
  AND (own.document_id IS NULL
       OR (tally.hold_document_id IS NOT NULL AND holding.document_id IS NULL));

-- check: papers_that_state_are_known
-- A paper that only another one has spoken of wants and moves nothing.
SELECT document_id, kind, reference FROM document
WHERE shop_id = :shop AND version < 0
  AND (EXISTS (SELECT FROM hold
               WHERE hold.shop_id = :shop AND hold.document_id = document.document_id
                 AND hold.wanted > 0)
       OR EXISTS (SELECT FROM tally
                  WHERE tally.shop_id = :shop AND tally.document_id = document.document_id));

-- Holds ---------------------------------------------------------------------------------------------

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
-- An order that happened holds all that is still open of it.
SELECT document_id, line, item_id, sum(held) AS held,
       greatest(sum(wanted) - sum(fulfilled), 0) AS open_units
FROM hold
JOIN (SELECT DISTINCT document_id, line, item_id FROM hold
      WHERE shop_id = :shop AND held <> wanted - fulfilled) AS odd
    USING (document_id, line, item_id)
WHERE shop_id = :shop
GROUP BY document_id, line, item_id
HAVING bool_or(fact) AND sum(held) <> greatest(sum(wanted) - sum(fulfilled), 0);

-- check: requests_hold_no_more_than_is_open
SELECT document_id, line, item_id, sum(held) AS held,
       greatest(sum(wanted) - sum(fulfilled), 0) AS open_units
FROM hold
JOIN (SELECT DISTINCT document_id, line, item_id FROM hold
      WHERE shop_id = :shop AND held <> wanted - fulfilled) AS odd
    USING (document_id, line, item_id)
WHERE shop_id = :shop
GROUP BY document_id, line, item_id
HAVING NOT bool_or(fact) AND sum(held) > greatest(sum(wanted) - sum(fulfilled), 0);

-- check: fulfilled_equals_shipped
-- What a hold says has left is what the papers that shipped it say.
SELECT document_id, line, item_id, location_id, sum(fulfilled) AS fulfilled, sum(shipped) AS shipped
FROM (
    SELECT document_id, line, item_id, location_id, fulfilled, 0 AS shipped
    FROM hold WHERE shop_id = :shop
    UNION ALL
    SELECT hold_document_id, hold_line, item_id, from_location_id, 0, total
    FROM tally WHERE shop_id = :shop AND hold_document_id IS NOT NULL
) AS side
WHERE document_id / 1000 = ANY(ARRAY(SELECT thousand FROM ({unlike_holds}) AS unlike))
GROUP BY document_id, line, item_id, location_id
HAVING sum(fulfilled) <> sum(shipped);

-- check: holds_have_their_paper_and_account
SELECT hold.document_id, hold.line, hold.item_id, hold.location_id, hold.state::text
FROM hold
LEFT JOIN document ON document.shop_id = :shop AND document.document_id = hold.document_id
LEFT JOIN balance
  ON balance.shop_id = :shop AND balance.item_id = hold.item_id
 AND balance.location_id = hold.location_id AND balance.state = hold.state
WHERE hold.shop_id = :shop
  AND (document.document_id IS NULL OR (balance.item_id IS NULL AND hold.held > 0));

-- check: expired_holds_are_released
-- What was held until a moment is free soon after it.
SELECT document_id, line, item_id, location_id, held, expires_at FROM hold
WHERE shop_id = :shop AND held > 0 AND expires_at < now() - interval '1 hour';

-- check: untracked_items_hold_nothing
SELECT hold.document_id, hold.line, hold.item_id, hold.held
FROM hold JOIN item USING (shop_id, item_id)
WHERE hold.shop_id = :shop AND NOT item.tracked AND hold.held > 0;

-- Collisions ----------------------------------------------------------------------------------------

-- check: oversold_is_a_collision
-- Less than nothing available is never silent.
SELECT item_id, location_id, quantity FROM balance
WHERE shop_id = :shop AND state = 'available' AND quantity < 0
  AND NOT EXISTS (
      SELECT FROM collision
      WHERE collision.shop_id = :shop AND collision.item_id = balance.item_id
        AND collision.location_id = balance.location_id
        AND (ended_at IS NULL OR accepted_oversold >= -balance.quantity));

-- check: open_collisions_have_a_cause
-- A collision is open while units are missing or a request that may be taken back got too few.
SELECT collision_id, item_id, location_id, kind, units FROM collision
WHERE shop_id = :shop AND ended_at IS NULL AND kind IN ('oversold', 'short')
  AND NOT EXISTS (
      SELECT FROM balance
      WHERE balance.shop_id = :shop AND balance.item_id = collision.item_id
        AND balance.location_id = collision.location_id AND state = 'available' AND quantity < 0)
  AND NOT EXISTS (
      SELECT FROM hold
      WHERE hold.shop_id = :shop AND hold.item_id = collision.item_id
        AND hold.location_id = collision.location_id
        AND NOT fact AND NOT firm AND wanted > fulfilled + held);

-- The outside ---------------------------------------------------------------------------------------

-- check: counts_are_of_known_items
SELECT item_id, location_id, state::text, source FROM count
WHERE shop_id = :shop
  AND NOT EXISTS (SELECT FROM item
                  WHERE item.shop_id = :shop AND item.item_id = count.item_id);

-- check: aliases_have_an_item
SELECT kind, value, item_id FROM alias
WHERE shop_id = :shop
  AND NOT EXISTS (SELECT FROM item
                  WHERE item.shop_id = :shop AND item.item_id = alias.item_id);

-- check: told_movements_are_there
-- What the outside is still to be told of has happened.
SELECT movement_id FROM mirror_due
WHERE shop_id = :shop
  AND NOT EXISTS (SELECT FROM posting
                  WHERE posting.shop_id = :shop
                    AND posting.movement_id = mirror_due.movement_id);

-- check: told_movements_left_the_queue
-- A move the outside must hear of has either a message or a place in the queue, never for an hour.
SELECT mirror_due.movement_id, posting.recorded_at
FROM mirror_due JOIN posting USING (shop_id, movement_id)
WHERE mirror_due.shop_id = :shop AND posting.recorded_at < now() - interval '1 hour';

-- check: messages_do_not_wait_for_ever
SELECT message_id, direction, channel, topic, due_at FROM message
WHERE shop_id = :shop AND state = 'waiting' AND due_at < now() - interval '1 hour';

-- check: shops_have_their_domain
-- The one global table leads to this shop.
SELECT shop.domain FROM shop
WHERE shop.shop_id = :shop
  AND NOT EXISTS (SELECT FROM shop_domain
                  WHERE shop_domain.shop_id = shop.shop_id AND shop_domain.domain = shop.domain);
