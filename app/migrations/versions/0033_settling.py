"""Few documents are filed without a look at what is known first, and columns are read as they come.

Revision: 0033, after 0032
"""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

# A connection may live from the first order to the millionth, so these functions plan once and leave
# no choice: tables are looked up row by row and by index, and there is nothing to join.
PLAN = "SET plan_cache_mode = force_generic_plan SET enable_seqscan = off"

# Columns unnested beside one another are read as they come; as a table they would be written down
# first. What happened is held in full, so its running balances are known but for where they end: what the
# later ones still change comes added up, and is taken off what the accounts come to. The accounts
# come sorted too, every `available` before all others, so changing them locks them in the one order.
POST_FACTS = f"""
CREATE OR REPLACE FUNCTION post_facts(
    for_shop integer, items integer[], locations integer[], states stock_state[],
    changes integer[], documents bigint[], lines text[], wanted integer[], sources integer[],
    targets integer[], free_to_come integer[], held_to_come integer[], due timestamptz[],
    occurred bigint[], messages bigint[], is_firm boolean, expiry timestamptz,
    named_actor text, is_echo boolean)
RETURNS void LANGUAGE plpgsql {PLAN} AS $$
DECLARE
    ids integer[];
    units integer[];
    seen integer[];
BEGIN
    WITH changed AS (
        INSERT INTO balance AS standing
            (shop_id, item_id, location_id, state, quantity, account_id)
        SELECT for_shop, item, location, account.state, change, NULL
        FROM unnest(items, locations, states, changes) AS account (item, location, state, change)
        ON CONFLICT (shop_id, item_id, location_id, state)
        DO UPDATE SET quantity = standing.quantity + excluded.quantity
        RETURNING account_id, quantity, item_id
    )
    SELECT array_agg(changed.account_id), array_agg(changed.quantity), array_agg(changed.item_id)
    INTO ids, units, seen FROM changed;
    -- The rows come as they were given, but nobody promises that; and a new account has no number.
    IF seen IS DISTINCT FROM items OR array_position(ids, NULL) IS NOT NULL THEN
        SELECT array_agg(standing.account_id ORDER BY number),
               array_agg(standing.quantity ORDER BY number)
        INTO ids, units
        FROM unnest(items, locations, states) WITH ORDINALITY
            AS account (item, location, state, number)
        CROSS JOIN LATERAL (
            SELECT balance.account_id, balance.quantity FROM balance
            WHERE balance.shop_id = for_shop AND balance.item_id = item
              AND balance.location_id = location AND balance.state = account.state
            LIMIT 1
        ) AS standing;
    END IF;
    WITH moved AS (
        INSERT INTO posting (shop_id, occurred_at, quantity, from_account_id, to_account_id,
            from_balance, to_balance, reason, document_id, line, message_id, actor, echo)
        SELECT for_shop, 'epoch'::timestamptz + occurred_at * interval '1 microsecond',
               wants, ids[source], ids[target],
               units[source] - free_later, units[target] - held_later, 'held', document,
               line, message, named_actor, is_echo
        FROM (SELECT unnest(documents) AS document, unnest(lines) AS line,
                     unnest(wanted) AS wants, unnest(sources) AS source,
                     unnest(targets) AS target, unnest(free_to_come) AS free_later,
                     unnest(held_to_come) AS held_later, unnest(occurred) AS occurred_at,
                     unnest(messages) AS message) AS claim
        WHERE wants > 0
        RETURNING movement_id
    )
    INSERT INTO mirror_due (shop_id, movement_id)
    SELECT for_shop, movement_id FROM moved WHERE NOT is_echo;
    INSERT INTO hold (shop_id, document_id, line, item_id, location_id, state, wanted, fulfilled,
        held, fact, firm, expires_at, due_at, updated_at)
    SELECT for_shop, document, line, items[target], locations[target], states[target], wants, 0,
           wants, true, is_firm, expiry, due_at, now()
    FROM (SELECT unnest(documents) AS document, unnest(lines) AS line, unnest(wanted) AS wants,
                 unnest(targets) AS target, unnest(due) AS due_at) AS claim
    WHERE wants > 0;
END
$$
"""

LOOKS = 8
STORE_DOCUMENTS = """
            INSERT INTO document (shop_id, document_id, kind, reference, version, title, digest)
            OVERRIDING SYSTEM VALUE
            SELECT for_shop, unnest(document_ids), unnest(kinds), unnest(refs), unnest(versions),
                   unnest(titles), unnest(digests)
""".strip()

# All that is new to the books in one round trip. Documents that are known already are left to the
# caller, and with them all the claims.
FILE_DOCUMENTS = f"""
CREATE OR REPLACE FUNCTION file_documents(
    for_shop integer, kinds text[], refs text[], versions bigint[], titles text[], digests text[],
    numbers integer[], items integer[], locations integer[], states stock_state[],
    changes integer[], lines text[], wanted integer[], sources integer[], targets integer[],
    free_to_come integer[], held_to_come integer[], due timestamptz[], occurred bigint[],
    messages bigint[], is_firm boolean, expiry timestamptz, named_actor text, is_echo boolean)
RETURNS bigint[] LANGUAGE plpgsql {PLAN} AS $$
DECLARE
    stored bigint;
    document_ids bigint[] := ARRAY(
        SELECT nextval('document_document_id_seq') FROM unnest(kinds));
    -- A look at some tells a batch of news from one of changes. To ask for each would double the
    -- work, and where the look deceives, the unique key does not.
    -- A few are stored without: there the look and the savepoint cost as much as the rows.
    all_new boolean := cardinality(kinds) > {LOOKS} AND NOT EXISTS (
        SELECT FROM unnest(kinds, refs) WITH ORDINALITY AS given (kind, reference, place)
        WHERE place % (1 + cardinality(kinds) / {LOOKS}) = 0
          AND EXISTS (SELECT FROM document
                      WHERE document.shop_id = for_shop AND document.kind = given.kind
                        AND document.reference = given.reference));
BEGIN
    IF all_new THEN
        BEGIN
            {STORE_DOCUMENTS};
        EXCEPTION WHEN unique_violation THEN
            all_new := false;
        END;
    END IF;
    IF NOT all_new THEN
        {STORE_DOCUMENTS}
        ON CONFLICT (shop_id, kind, reference) DO NOTHING;
        GET DIAGNOSTICS stored = ROW_COUNT;
        IF stored < cardinality(kinds) THEN
            RETURN (
                SELECT array_agg((
                    SELECT document_id FROM document WHERE shop_id = for_shop AND document_id = id
                ) ORDER BY place)
                FROM unnest(document_ids) WITH ORDINALITY AS given (id, place));
        END IF;
    END IF;
    IF numbers IS NOT NULL THEN
        PERFORM post_facts(for_shop, items, locations, states, changes,
            ARRAY(SELECT document_ids[number] FROM unnest(numbers) AS number),
            lines, wanted, sources, targets, free_to_come, held_to_come, due, occurred, messages,
            is_firm, expiry, named_actor, is_echo);
    END IF;
    RETURN document_ids;
END
$$
"""


def upgrade() -> None:
    op.execute(POST_FACTS)
    op.execute(FILE_DOCUMENTS)


def downgrade() -> None:
    """The functions do the same as those they replace; there is nothing to undo."""
