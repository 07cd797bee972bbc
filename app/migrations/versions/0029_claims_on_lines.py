"""Claims stand on the lines that Amazon's finance names; what it names no line for stays whole.

Revision: 0029, after 0028
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

OF_INVOICE = ("shortage_recovered", "price_recovered", "unplaced_deducted", "unplaced_recovered")
READ = "shop_id, invoice_id, position, region, number, line, units, cost, amount, tax"
NAMES = ", amazon_units, matched_units, price_variance, variances"
FOLLOW = """
CREATE OR REPLACE FUNCTION invoice_line_update_is_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Of a shop that is being erased nothing is due.
    IF coalesce(current_setting('holdfast.erasing_shop', true), '') = '' THEN
        INSERT INTO reconciliation_due (shop_id, region, number, line, invoice_number)
        WITH changed AS (SELECT {read} FROM fresh EXCEPT SELECT {read} FROM stale)
        SELECT DISTINCT shop_id, NULL, NULL, NULL, invoice.number
        FROM changed JOIN invoice USING (shop_id, invoice_id) WHERE invoice.number IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$
"""
# Amazon's line number is ours; where it is another, the line is read again with its invoice.
KNOWN = """
UPDATE invoice_line AS own SET price_variance = seen.price_variance
FROM invoice JOIN finance_invoice_line AS seen ON seen.shop_id = invoice.shop_id
    AND seen.region = invoice.region AND seen.number = invoice.number
WHERE own.shop_id = invoice.shop_id AND own.invoice_id = invoice.invoice_id
  AND ltrim(seen.amazon_line, '0') = own.position::text AND seen.price_variance IS NOT NULL
  AND (seen.asin IS NULL OR own.asin IS NULL OR seen.asin = own.asin)
"""


def upgrade() -> None:
    op.add_column("invoice_line", sa.Column("price_variance", sa.Numeric(19, 4), nullable=True))
    for name in OF_INVOICE:
        op.add_column(
            "reconciliation_invoice",
            sa.Column(name, sa.Numeric(19, 4), nullable=False, server_default="0"),
        )
        op.alter_column("reconciliation_invoice", name, server_default=None)
    op.add_column(
        "reconciliation_invoice",
        sa.Column("placed", postgresql.ARRAY(sa.String()), nullable=False, server_default="{}"),
    )
    op.alter_column("reconciliation_invoice", "placed", server_default=None)
    op.add_column("reconciliation_line", sa.Column("cause", AutoString(), nullable=True))
    op.execute(FOLLOW.format(read=READ + NAMES))
    op.execute(KNOWN)
    op.execute(
        "INSERT INTO reconciliation_due (shop_id, invoice_number)"
        " SELECT shop_id, number FROM invoice WHERE number IS NOT NULL"
    )


def downgrade() -> None:
    op.execute(FOLLOW.format(read=READ))
    op.drop_column("reconciliation_line", "cause")
    for name in (*OF_INVOICE, "placed"):
        op.drop_column("reconciliation_invoice", name)
    op.drop_column("invoice_line", "price_variance")
