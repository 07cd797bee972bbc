"""An agreed cost counts by the day of the shop's zone, which may be one more than that of UTC.

Revision: 0056, after 0055
"""

from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

IS_DUE = """
CREATE OR REPLACE FUNCTION agreed_cost_{event}_is_due() RETURNS trigger LANGUAGE plpgsql AS $$
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
            AND (paper.ordered_at AT TIME ZONE 'UTC')::date >= changed.starts_on - {days};
    END IF;
    RETURN NULL;
END
$$
"""
# All orders counted by the day of UTC until now, so whoever has agreed costs is matched anew.
ALL_AGAIN = """
INSERT INTO reconciliation_due (shop_id, region, number, line, invoice_number)
SELECT DISTINCT line.shop_id, line.region, line.number, line.line, NULL
FROM agreed_cost AS agreed
JOIN purchase_order_line AS line ON line.shop_id = agreed.shop_id
    AND line.region = agreed.region AND line.asin = agreed.asin
"""


def upgrade() -> None:
    _due_from(days=1)
    op.execute(ALL_AGAIN)


def downgrade() -> None:
    _due_from(days=0)
    op.execute(ALL_AGAIN)


def _due_from(days: int) -> None:
    for event in ("insert", "update", "delete"):
        op.execute(IS_DUE.format(event=event, days=days))
