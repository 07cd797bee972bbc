"""Open invoices are read in the order in which they are due, and Amazon's view of each by its number.

Revision: 0055, after 0054
"""

from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ix_reconciliation_invoice_open ON reconciliation_invoice"
        " (shop_id, (CASE WHEN due_at IS NULL THEN '9999-12-31Z'::timestamptz ELSE due_at END),"
        " invoice_id) WHERE open > 0"
    )
    op.execute("CREATE INDEX ix_finance_invoice_number ON finance_invoice (shop_id, number)")


def downgrade() -> None:
    op.execute("DROP INDEX ix_finance_invoice_number")
    op.execute("DROP INDEX ix_reconciliation_invoice_open")
