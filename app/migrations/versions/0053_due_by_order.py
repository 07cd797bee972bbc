"""What is due of an order whose lines came or changed together is one row, and not one for each line.

Revision: 0053, after 0052
"""

from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

READ = (
    "shop_id, region, number, line, ordered_units, accepted_units, backordered_units,"
    " rejected_units, shipped_units, received_units, units_before_books, last_received_at, cost,"
    " cost_currency, cost_weight_unit, ordered_unit, unit_size, removed"
)
FOLLOW = """
CREATE OR REPLACE FUNCTION purchase_order_line_{event}_is_due() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    -- Of a shop that is being erased nothing is due.
    IF coalesce(current_setting('holdfast.erasing_shop', true), '') = '' THEN
        INSERT INTO reconciliation_due (shop_id, region, number, line, invoice_number)
        WITH changed AS ({changed}) {due};
    END IF;
    RETURN NULL;
END
$$
"""
CHANGED = {
    "insert": f"SELECT {READ} FROM fresh",
    "update": f"SELECT {READ} FROM fresh EXCEPT SELECT {READ} FROM stale",
}
# A due row without a line means the whole order.
BY_ORDER = """
SELECT shop_id, region, number, CASE WHEN count(*) = 1 THEN min(line) END, NULL
FROM changed GROUP BY shop_id, region, number
"""
BY_LINE = "SELECT DISTINCT shop_id, region, number, line, NULL FROM changed"


def upgrade() -> None:
    _follow(BY_ORDER)


def downgrade() -> None:
    _follow(BY_LINE)


def _follow(due: str) -> None:
    for event, changed in CHANGED.items():
        op.execute(FOLLOW.format(event=event, changed=changed, due=due))
