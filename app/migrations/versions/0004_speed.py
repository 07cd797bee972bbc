"""What the ledger's speed asks of its tables: narrow postings, and all that is new in one round trip.

Revision: 0004, after 0003
"""

from alembic import op

from app.migrations.tenancy import protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# A key that was checked row by row cost more than the row. What these said is still so: a posting
# touches accounts, which have such keys, and documents that it has just stored; neither is ever
# deleted, and the audit looks for the opposite.
HOLD_KEYS = ("item", "location", "document")

ACCOUNTS = """
CREATE SEQUENCE balance_account_id_seq AS integer;
ALTER TABLE balance ADD COLUMN account_id integer DEFAULT nextval('balance_account_id_seq'),
    ADD CONSTRAINT uq_balance_shop_id_account_id UNIQUE (shop_id, account_id);
ALTER SEQUENCE balance_account_id_seq OWNED BY balance.account_id;
-- A posting changes accounts, or opens them, without a look at first which of them there are. It
-- offers them without a number, as one that it drew for each would be lost wherever the account
-- stands already; those that it did open get theirs here, before the statement ends.
CREATE FUNCTION number_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE balance SET account_id = nextval('balance_account_id_seq')
    WHERE shop_id = NEW.shop_id AND item_id = NEW.item_id AND location_id = NEW.location_id
      AND state = NEW.state;
    RETURN NULL;
END
$$;
CREATE TRIGGER number_account AFTER INSERT ON balance FOR EACH ROW
    WHEN (NEW.account_id IS NULL) EXECUTE FUNCTION number_account();
-- Room on each page for the next version of a row, so that no index need hear of it.
ALTER TABLE balance SET (fillfactor = 60);
"""

# Kinds, references and lines are names, not prose: compared byte by byte, they cost a third as much.
NAMES = """
ALTER TABLE document ALTER COLUMN kind TYPE varchar COLLATE "C",
    ALTER COLUMN reference TYPE varchar COLLATE "C";
ALTER TABLE hold ALTER COLUMN line TYPE varchar COLLATE "C";
"""

POSTINGS = """
CREATE TABLE posting (
    movement_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    document_id bigint NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    occurred_at timestamptz NOT NULL,
    message_id bigint,
    shop_id integer NOT NULL,
    from_account_id integer NOT NULL,
    to_account_id integer NOT NULL,
    quantity integer NOT NULL,
    from_balance integer NOT NULL,
    to_balance integer NOT NULL,
    reason movement_reason NOT NULL,
    echo boolean NOT NULL,
    line varchar NOT NULL,
    actor varchar NOT NULL,
    CONSTRAINT pk_posting PRIMARY KEY (shop_id, movement_id, recorded_at) WITH (fillfactor = 100),
    CONSTRAINT ck_posting_quantity CHECK (quantity > 0),
    CONSTRAINT ck_posting_from_is_not_to CHECK (from_account_id <> to_account_id)
) PARTITION BY RANGE (recorded_at);
CREATE INDEX ix_posting_from ON posting (shop_id, from_account_id, recorded_at);
CREATE INDEX ix_posting_to ON posting (shop_id, to_account_id, recorded_at);
CREATE TRIGGER movements_are_for_ever BEFORE UPDATE OR DELETE ON posting
    FOR EACH ROW EXECUTE FUNCTION movements_are_for_ever();
"""

# Numbers of accounts make a posting a third smaller than their names would, and a number is found
# by an index even behind row-level security, where a state's name is not.
MOVEMENTS = """
CREATE VIEW movement WITH (security_invoker = true) AS
SELECT posting.shop_id, posting.movement_id, posting.recorded_at, posting.occurred_at,
       source.item_id, posting.quantity,
       source.location_id AS from_location_id, source.state AS from_state,
       target.location_id AS to_location_id, target.state AS to_state,
       posting.from_balance, posting.to_balance, posting.reason, posting.document_id,
       posting.line, posting.message_id, posting.actor, posting.echo,
       posting.from_account_id, posting.to_account_id
FROM posting
JOIN balance AS source
  ON source.shop_id = posting.shop_id AND source.account_id = posting.from_account_id
JOIN balance AS target
  ON target.shop_id = posting.shop_id AND target.account_id = posting.to_account_id
"""

MONTHS = """
CREATE OR REPLACE FUNCTION open_movement_month(month date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    part text := 'movement_' || to_char(month, 'YYYY_MM');
BEGIN
    IF to_regclass(part) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF posting FOR VALUES FROM (%L) TO (%L)', part,
            date_trunc('month', month::timestamp) AT TIME ZONE 'UTC',
            (date_trunc('month', month::timestamp) + interval '1 month') AT TIME ZONE 'UTC');
        PERFORM guard_movement_months(part::regclass);
    END IF;
END
$$;
CREATE TABLE movement_other PARTITION OF posting DEFAULT;
SELECT guard_movement_months('movement_other');
SELECT open_movement_month(month::date)
FROM (SELECT generate_series(
          least(date_trunc('month', min(recorded_at)), date_trunc('month', now())),
          date_trunc('month', now()) + interval '3 months', interval '1 month') AS month
      FROM old_movement) AS months
"""

BRING_MOVEMENTS = """
INSERT INTO posting (movement_id, document_id, recorded_at, occurred_at, message_id, shop_id,
    from_account_id, to_account_id, quantity, from_balance, to_balance, reason, echo, line, actor)
OVERRIDING SYSTEM VALUE
SELECT movement_id, document_id, recorded_at, occurred_at, message_id, old.shop_id,
       source.account_id, target.account_id, old.quantity, from_balance, to_balance, reason, echo,
       line, actor
FROM old_movement AS old
JOIN balance AS source ON source.shop_id = old.shop_id AND source.item_id = old.item_id
 AND source.location_id = old.from_location_id AND source.state = old.from_state
JOIN balance AS target ON target.shop_id = old.shop_id AND target.item_id = old.item_id
 AND target.location_id = old.to_location_id AND target.state = old.to_state
ORDER BY movement_id;
SELECT setval(pg_get_serial_sequence('posting', 'movement_id'), max(movement_id))
FROM old_movement HAVING max(movement_id) IS NOT NULL;
DROP TABLE old_movement;
"""

# A connection may live from the first order to the millionth, so these functions plan once and leave
# no choice: tables are looked up row by row and by index, and there is nothing to join.
PLAN = "SET plan_cache_mode = force_generic_plan SET enable_seqscan = off"

# An item's `available` at a location is the key to all its accounts there: whoever changes one of
# them has locked that row first. So one lock stands for many. The places come sorted, so nobody
# waits in a circle; other accounts are named by their place's number among them, from 1.
LOCK_ACCOUNTS = f"""
CREATE FUNCTION lock_accounts(
    for_shop integer, items integer[], locations integer[], places integer[], states stock_state[],
    OUT free_ids integer[], OUT free_units integer[], OUT ids integer[], OUT units integer[])
LANGUAGE plpgsql {PLAN} AS $$
#variable_conflict use_column
BEGIN
    LOOP
        SELECT array_agg(key.account_id ORDER BY number), array_agg(key.quantity ORDER BY number)
        INTO free_ids, free_units
        FROM unnest(items, locations) WITH ORDINALITY AS place (item, location, number)
        CROSS JOIN LATERAL (
            SELECT balance.account_id, balance.quantity FROM balance
            WHERE balance.shop_id = for_shop AND balance.item_id = item
              AND balance.location_id = location AND balance.state = 'available'
            LIMIT 1 FOR NO KEY UPDATE
        ) AS key;
        EXIT WHEN coalesce(cardinality(free_ids), 0) = cardinality(items);
        INSERT INTO balance (shop_id, item_id, location_id, state, quantity)
        SELECT for_shop, item, location, 'available', 0
        FROM unnest(items, locations) AS place (item, location)
        ORDER BY item, location
        ON CONFLICT DO NOTHING;
    END LOOP;
    LOOP
        SELECT array_agg(standing.account_id ORDER BY number),
               array_agg(standing.quantity ORDER BY number)
        INTO ids, units
        FROM unnest(places, states) WITH ORDINALITY AS account (place, state, number)
        LEFT JOIN LATERAL (
            SELECT balance.account_id, balance.quantity FROM balance
            WHERE balance.shop_id = for_shop AND balance.item_id = items[place]
              AND balance.location_id = locations[place] AND balance.state = account.state
            LIMIT 1
        ) AS standing ON true;
        EXIT WHEN array_position(ids, NULL) IS NULL;
        INSERT INTO balance (shop_id, item_id, location_id, state, quantity)
        SELECT for_shop, items[place], locations[place], account.state, 0
        FROM unnest(places, states, ids) AS account (place, state, id)
        WHERE id IS NULL;
    END LOOP;
END
$$
"""

# What happened is held in full, so its running balances are known but for where they end: what the
# later ones still change comes added up, and is taken off what the accounts come to. The accounts
# come sorted too, every `available` before all others, so changing them locks them in the one order.
POST_FACTS = f"""
CREATE FUNCTION post_facts(
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
        FROM unnest(documents, lines, wanted, sources, targets, free_to_come, held_to_come,
                    occurred, messages)
            AS claim (document, line, wants, source, target, free_later, held_later,
                      occurred_at, message)
        WHERE wants > 0
        RETURNING movement_id
    )
    INSERT INTO mirror_due (shop_id, movement_id)
    SELECT for_shop, movement_id FROM moved WHERE NOT is_echo;
    INSERT INTO hold (shop_id, document_id, line, item_id, location_id, state, wanted, fulfilled,
        held, fact, firm, expires_at, due_at, updated_at)
    SELECT for_shop, document, line, items[target], locations[target], states[target], wants, 0,
           wants, true, is_firm, expiry, due_at, now()
    FROM unnest(documents, lines, wanted, targets, due)
        AS claim (document, line, wants, target, due_at)
    WHERE wants > 0;
END
$$
"""

LOOKS = 8
STORE_DOCUMENTS = """
            INSERT INTO document (shop_id, document_id, kind, reference, version, title, digest)
            OVERRIDING SYSTEM VALUE
            SELECT for_shop, given.*
            FROM unnest(document_ids, kinds, refs, versions, titles, digests) AS given
""".strip()

# All that is new to the books in one round trip. Documents that are known already are left to the
# caller, and with them all the claims.
FILE_DOCUMENTS = f"""
CREATE FUNCTION file_documents(
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
    all_new boolean := NOT EXISTS (
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
    for parent in HOLD_KEYS:
        op.drop_constraint(_key("hold", parent), "hold", type_="foreignkey")
    op.execute(ACCOUNTS)
    op.execute(NAMES)
    # The owner of the tables brings every shop's movements along.
    for table in ("movement", "balance"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE movement RENAME TO old_movement")
    op.execute(
        "DO $$ DECLARE part regclass; BEGIN FOR part IN SELECT inhrelid FROM pg_inherits"
        " WHERE inhparent = 'old_movement'::regclass LOOP"
        " EXECUTE format('ALTER TABLE %s RENAME TO %I', part, 'old_' || part::text);"
        " END LOOP; END $$"
    )
    op.execute("DROP TRIGGER movements_are_for_ever ON old_movement")
    op.execute(POSTINGS)
    op.execute(MONTHS)
    op.execute(BRING_MOVEMENTS)
    op.execute("ALTER TABLE balance FORCE ROW LEVEL SECURITY")
    protect("posting")
    for statement in (MOVEMENTS, LOCK_ACCOUNTS, POST_FACTS, FILE_DOCUMENTS):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("movements are not brought back to their wide form; restore a backup")


def _key(table: str, parent: str) -> str:
    return f"fk_{table}_shop_id_{parent}_id_{parent}"
