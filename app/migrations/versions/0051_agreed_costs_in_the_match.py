"""A line's price is held against the agreed cost, so a changed agreement makes its orders' lines due.

Revision: 0051, after 0050
"""

from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

IS_DUE = """
CREATE FUNCTION agreed_cost_{event}_is_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Of a shop that is being erased nothing is due.
    IF coalesce(current_setting('holdfast.erasing_shop', true), '') = '' THEN
        INSERT INTO reconciliation_due (shop_id, region, number, line, invoice_number)
        SELECT DISTINCT line.shop_id, line.region, line.number, line.line, NULL
        FROM changed
        JOIN purchase_order_line AS line ON line.shop_id = changed.shop_id
            AND line.region = changed.region AND line.asin = changed.asin
        JOIN purchase_order AS paper ON paper.shop_id = line.shop_id
            AND paper.region = line.region AND paper.number = line.number
            AND paper.vendor_code = changed.vendor_code
            AND (paper.ordered_at AT TIME ZONE 'UTC')::date >= changed.starts_on;
    END IF;
    RETURN NULL;
END
$$
"""
ATTACH = """
CREATE TRIGGER agreed_cost_{event}_is_due AFTER {event} ON agreed_cost REFERENCING {rows} TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION agreed_cost_{event}_is_due()
"""
# A row's cost and days never change; it is withdrawn, or comes into force again.
EVENTS = {"insert": "NEW", "update": "NEW", "delete": "OLD"}


def upgrade() -> None:
    for event, rows in EVENTS.items():
        op.execute(IS_DUE.format(event=event))
        op.execute(ATTACH.format(event=event, rows=rows))


def downgrade() -> None:
    for event in EVENTS:
        op.execute(f"DROP FUNCTION agreed_cost_{event}_is_due() CASCADE")
