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
ALTER TABLE balance ADD COLUMN account_id integer GENERATED ALWAYS AS IDENTITY,
    ADD CONSTRAINT uq_balance_shop_id_account_id UNIQUE (shop_id, account_id);
-- Room on each page for the next version of a row, so that no index need hear of it.
ALTER TABLE balance SET (fillfactor = 60);
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
    CONSTRAINT pk_posting PRIMARY KEY (shop_id, document_id, movement_id, recorded_at),
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
ALTER TABLE mirror_due ADD COLUMN document_id bigint;
UPDATE mirror_due SET document_id = old_movement.document_id FROM old_movement
WHERE old_movement.shop_id = mirror_due.shop_id
  AND old_movement.movement_id = mirror_due.movement_id;
ALTER TABLE mirror_due ALTER COLUMN document_id SET NOT NULL;
DROP TABLE old_movement;
"""

# An item's `available` at a location is the key to all its accounts there: whoever changes one of
# them has locked that row first, in this order. So one lock stands for many, and nobody waits in a
# circle. Statements plan once: what is right for one claim is right for a thousand.
LOCK_ACCOUNTS = """
CREATE FUNCTION lock_accounts(
    for_shop integer, items integer[], locations integer[], states stock_state[],
    OUT account_ids integer[], OUT account_items integer[], OUT account_locations integer[],
    OUT account_states stock_state[], OUT quantities integer[])
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    places integer;
    locked integer;
BEGIN
    SELECT count(*) INTO places FROM (
        SELECT DISTINCT item, location FROM unnest(items, locations) AS place (item, location)
    ) AS place;
    LOOP
        PERFORM FROM balance
        JOIN (SELECT DISTINCT item, location FROM unnest(items, locations) AS p (item, location))
             AS place ON balance.item_id = place.item AND balance.location_id = place.location
        WHERE balance.shop_id = for_shop AND balance.state = 'available'
        ORDER BY balance.item_id, balance.location_id
        FOR NO KEY UPDATE OF balance;
        GET DIAGNOSTICS locked = ROW_COUNT;
        EXIT WHEN locked = places;
        INSERT INTO balance (shop_id, item_id, location_id, state, quantity)
        SELECT DISTINCT for_shop, item, location, 'available'::stock_state, 0
        FROM unnest(items, locations) AS place (item, location)
        ORDER BY item, location
        ON CONFLICT DO NOTHING;
    END LOOP;
    LOOP
        SELECT array_agg(balance.account_id), array_agg(item), array_agg(location),
               array_agg(named.state), array_agg(balance.quantity)
        INTO account_ids, account_items, account_locations, account_states, quantities
        FROM (
            SELECT item, location, state
            FROM unnest(items, locations, states) AS account (item, location, state)
            UNION
            SELECT item, location, 'available'
            FROM unnest(items, locations) AS place (item, location)
        ) AS named
        LEFT JOIN balance ON balance.shop_id = for_shop AND balance.item_id = item
         AND balance.location_id = location AND balance.state = named.state;
        EXIT WHEN array_position(account_ids, NULL) IS NULL;
        INSERT INTO balance (shop_id, item_id, location_id, state, quantity)
        SELECT for_shop, item, location, state, 0
        FROM unnest(account_ids, account_items, account_locations, account_states)
            AS named (id, item, location, state)
        WHERE id IS NULL;
    END LOOP;
END
$$
"""

# Facts before requests, and each of them in the order given; a request gets what is free then.
POST_CLAIMS = """
CREATE FUNCTION post_claims(
    for_shop integer, documents bigint[], lines text[], items integer[], locations integer[],
    states stock_state[], wanted integer[], due timestamptz[], facts boolean[], firm boolean[],
    expires timestamptz[], occurred timestamptz[], messages bigint[], actors text[],
    echoes boolean[])
RETURNS integer[] LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    ids integer[];
    of_items integer[];
    of_locations integer[];
    of_states stock_state[];
    quantities integer[];
    held integer[];
BEGIN
    SELECT * INTO ids, of_items, of_locations, of_states, quantities
    FROM lock_accounts(for_shop, items, locations, states);
    WITH account AS MATERIALIZED (
        SELECT * FROM unnest(ids, of_items, of_locations, of_states, quantities)
            AS account (id, item, location, state, quantity)
    ), claim AS MATERIALIZED (
        SELECT given.place, is_fact, wants, free.id AS free_id, free.quantity AS free,
               target.id AS target_id, target.quantity AS target
        FROM unnest(items, locations, states, wanted, facts) WITH ORDINALITY
            AS given (item, location, state, wants, is_fact, place)
        JOIN account AS free ON free.item = given.item AND free.location = given.location
            AND free.state = 'available'
        JOIN account AS target ON target.item = given.item AND target.location = given.location
            AND target.state = given.state
    ), granted AS (
        SELECT place, is_fact, free_id, free, target_id, target,
               CASE WHEN is_fact THEN wants
                    ELSE greatest(0, least(wants, free - sum(wants) OVER earlier + wants))
               END::integer AS units
        FROM claim
        WINDOW earlier AS (PARTITION BY free_id ORDER BY is_fact DESC, place)
    ), posted AS MATERIALIZED (
        SELECT place, is_fact, free_id, target_id, units,
               (free - sum(units) OVER (PARTITION BY free_id ORDER BY is_fact DESC, place))
                   ::integer AS free_left,
               (target + sum(units) OVER (PARTITION BY free_id, target_id
                                          ORDER BY is_fact DESC, place))::integer AS then_held
        FROM granted
    ), given AS MATERIALIZED (
        SELECT * FROM unnest(documents, lines, items, locations, states, wanted, due, facts, firm,
            expires, occurred, messages, actors, echoes) WITH ORDINALITY
            AS given (document, line, item, location, state, wants, due_at, is_fact, is_firm,
                      expires_at, occurred_at, message, actor, is_echo, place)
    ), moved AS (
        INSERT INTO posting (shop_id, occurred_at, quantity, from_account_id, to_account_id,
            from_balance, to_balance, reason, document_id, line, message_id, actor, echo)
        SELECT for_shop, occurred_at, units, free_id, target_id, free_left, then_held, 'held',
               document, line, message, actor, is_echo
        FROM posted JOIN given USING (place) WHERE units > 0
        ORDER BY posted.is_fact DESC, place
        RETURNING document_id, movement_id, echo
    ), told AS (
        INSERT INTO mirror_due (shop_id, document_id, movement_id)
        SELECT for_shop, document_id, movement_id FROM moved WHERE NOT echo
    ), kept AS (
        INSERT INTO hold (shop_id, document_id, line, item_id, location_id, state, wanted,
            fulfilled, held, fact, firm, expires_at, due_at, updated_at)
        SELECT for_shop, document, line, item, location, state, wants, 0, units, given.is_fact,
               is_firm, expires_at, due_at, now()
        FROM posted JOIN given USING (place)
    ), changed AS (
        UPDATE balance SET quantity = balance.quantity + change.units
        FROM (
            SELECT target_id AS id, sum(units)::integer AS units FROM posted GROUP BY target_id
            UNION ALL
            SELECT free_id, -sum(units)::integer FROM posted GROUP BY free_id
        ) AS change
        WHERE balance.shop_id = for_shop AND balance.account_id = change.id AND change.units <> 0
    )
    SELECT array_agg(units ORDER BY place) INTO held FROM posted;
    RETURN held;
END
$$
"""

# All that is new to the books in one round trip. Documents that are known already are left to the
# caller, and with them the claims, unless none of them is known.
FILE_DOCUMENTS = """
CREATE FUNCTION file_documents(
    for_shop integer, kinds text[], refs text[], versions bigint[], titles text[], digests text[],
    numbers integer[], lines text[], items integer[], locations integer[], states stock_state[],
    wanted integer[], due timestamptz[], facts boolean[], firm boolean[], expires timestamptz[],
    occurred timestamptz[], messages bigint[], actors text[], echoes boolean[],
    OUT document_ids bigint[], OUT held integer[])
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    WITH given AS MATERIALIZED (
        SELECT * FROM unnest(kinds, refs, versions, titles, digests) WITH ORDINALITY
            AS document (kind, reference, version, title, digest, place)
    ), stored AS (
        INSERT INTO document (shop_id, kind, reference, version, title, digest)
        SELECT for_shop, kind, reference, version, title, digest
        FROM given ORDER BY kind, reference
        ON CONFLICT (shop_id, kind, reference) DO NOTHING
        RETURNING document_id, kind, reference
    )
    SELECT array_agg(stored.document_id ORDER BY given.place) INTO document_ids
    FROM given LEFT JOIN stored USING (kind, reference);
    IF numbers IS NOT NULL AND array_position(document_ids, NULL) IS NULL THEN
        held := post_claims(for_shop,
            (SELECT array_agg(document_ids[number] ORDER BY place)
             FROM unnest(numbers) WITH ORDINALITY AS claim (number, place)),
            lines, items, locations, states, wanted, due, facts, firm, expires, occurred, messages,
            actors, echoes);
    END IF;
END
$$
"""


def upgrade() -> None:
    for parent in HOLD_KEYS:
        op.drop_constraint(_key("hold", parent), "hold", type_="foreignkey")
    op.execute(ACCOUNTS)
    # The owner of the tables brings every shop's movements along.
    for table in ("movement", "balance", "mirror_due"):
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
    for table in ("balance", "mirror_due"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    protect("posting")
    for statement in (MOVEMENTS, LOCK_ACCOUNTS, POST_CLAIMS, FILE_DOCUMENTS):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("movements are not brought back to their wide form; restore a backup")


def _key(table: str, parent: str) -> str:
    return f"fk_{table}_shop_id_{parent}_id_{parent}"
