"""The match of a purchase order line from ordered to paid, and triggers that say what is due.

Revision: 0020, after 0019
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

UNITS = (
    "ordered_units",
    "acknowledged_units",
    "shipped_units",
    "received_units",
    "invoiced_units",
    "paid_units",
    "deducted_units",
    "recovered_units",
    "outstanding_units",
)
AT_COST = ("ordered", "acknowledged", "shipped", "received")
MONEY = (
    "invoiced",
    "tax",
    "paid",
    "discounts",
    "deducted",
    "recovered",
    "provision",
    "outstanding",
)
MONEY_OF_INVOICE = (
    "total",
    "remitted",
    "paid",
    "quick_pay",
    "withheld",
    "shortage",
    "price",
    "chargeback",
    "other_deducted",
    "recovered",
    "provision",
    "open",
    "unexplained",
)

FOLLOW = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
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
ATTACH = """
CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {tables}
FOR EACH STATEMENT EXECUTE FUNCTION {name}()
"""
OF_LINE = "SELECT DISTINCT shop_id, region, number, line, NULL FROM changed"
OF_ORDER = "SELECT DISTINCT shop_id, region, number, NULL, NULL FROM changed"
OF_SHIPMENT = """
SELECT DISTINCT shop_id, region, sent.number, sent.line, NULL
FROM changed JOIN shipment_line AS sent USING (shop_id, region, identifier)
"""
# What a payment said of an invoice before it was ours stands under another number.
OF_INVOICE = """
SELECT shop_id, NULL, NULL, NULL, number FROM changed WHERE number IS NOT NULL
UNION SELECT shop_id, NULL, NULL, NULL, told.invoice_number
FROM changed JOIN remittance_line AS told USING (shop_id)
WHERE told.reference = changed.number AND told.invoice_number <> changed.number
"""
OF_INVOICE_LINE = """
SELECT DISTINCT shop_id, NULL, NULL, NULL, invoice.number
FROM changed JOIN invoice USING (shop_id, invoice_id) WHERE invoice.number IS NOT NULL
"""
OF_PAYMENT_LINE = """
SELECT shop_id, NULL, NULL, NULL, invoice_number FROM changed WHERE invoice_number <> ''
UNION SELECT shop_id, NULL, NULL, NULL, reference FROM changed WHERE reference <> ''
"""
OF_PAYMENT = """
SELECT shop_id, NULL, NULL, NULL, told.invoice_number
FROM changed JOIN remittance_line AS told USING (shop_id, region, payment_id)
WHERE told.invoice_number <> ''
UNION SELECT shop_id, NULL, NULL, NULL, told.reference
FROM changed JOIN remittance_line AS told USING (shop_id, region, payment_id)
WHERE told.reference <> ''
"""
OF_VENDOR_CODE = """
SELECT shop_id, region, paper.number, NULL, NULL
FROM changed JOIN purchase_order AS paper USING (shop_id, region) WHERE paper.vendor_code = code
UNION ALL SELECT shop_id, NULL, NULL, NULL, invoice.number
FROM changed JOIN invoice USING (shop_id, region)
WHERE invoice.vendor_code = code AND invoice.number IS NOT NULL
"""

# Table, its key, what of it the match reads, the events that matter, and what is then due.
FOLLOWED = (
    (
        "purchase_order_line",
        "shop_id, region, number, line",
        "ordered_units, accepted_units, backordered_units, rejected_units, shipped_units,"
        " received_units, units_before_books, last_received_at, cost, cost_currency,"
        " cost_weight_unit, ordered_unit, unit_size, removed",
        ("INSERT", "UPDATE", "DELETE"),
        OF_LINE,
    ),
    (
        "purchase_order",
        "shop_id, region, number",
        "state, status, type, payment_method, vendor_code, ordered_at, before_books, withdrawn",
        ("UPDATE",),
        OF_ORDER,
    ),
    (
        "shipment_line",
        "shop_id, region, identifier, number, line",
        "booked_units",
        ("INSERT", "UPDATE"),
        OF_LINE,
    ),
    ("shipment", "shop_id, region, identifier", "shipped_at", ("UPDATE",), OF_SHIPMENT),
    (
        "invoice",
        "shop_id, invoice_id",
        "number, region, vendor_code, type, state, currency, dated_at, due_at, items_total,"
        " tax_total, total",
        ("INSERT", "UPDATE"),
        OF_INVOICE,
    ),
    (
        "invoice_line",
        "shop_id, invoice_id, position",
        "region, number, line, units, cost, amount, tax",
        ("INSERT", "UPDATE"),
        OF_INVOICE_LINE,
    ),
    (
        "remittance_line",
        "shop_id, region, payment_id, position",
        "reference, invoice_number, kind, paid, discount, withheld, currency",
        ("INSERT", "UPDATE", "DELETE"),
        OF_PAYMENT_LINE,
    ),
    ("remittance", "shop_id, region, payment_id", "status, paid_at", ("UPDATE",), OF_PAYMENT),
    ("vendor_code", "shop_id, region, code", "cost_basis, terms", ("UPDATE",), OF_VENDOR_CODE),
)


def upgrade() -> None:
    _lines()
    _invoices()
    op.create_table(
        "reconciliation_due",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("due_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("region", AutoString(), nullable=True),
        sa.Column("number", AutoString(), nullable=True),
        sa.Column("line", AutoString(), nullable=True),
        sa.Column("invoice_number", AutoString(), nullable=True),
        sa.PrimaryKeyConstraint("shop_id", "due_id", name=op.f("pk_reconciliation_due")),
    )
    for table, key, columns, events, due in FOLLOWED:
        _follow(table, key, columns, events, due)
    # Papers that stand already are matched by the first job.
    op.execute(
        "INSERT INTO reconciliation_due (shop_id, region, number)"
        " SELECT shop_id, region, number FROM purchase_order"
    )
    op.execute(
        "INSERT INTO reconciliation_due (shop_id, invoice_number)"
        " SELECT shop_id, number FROM invoice WHERE number IS NOT NULL"
    )
    for name in ("reconciliation_line", "reconciliation_invoice", "reconciliation_due"):
        protect(name)


def _lines() -> None:
    op.create_table(
        "reconciliation_line",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("number", AutoString(), nullable=False),
        sa.Column("line", AutoString(), nullable=False),
        sa.Column("vendor_code", AutoString(), nullable=False),
        sa.Column("ordered_at", UTCDateTime(), nullable=False),
        sa.Column("currency", AutoString(3), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in UNITS),
        *(sa.Column(name, sa.Numeric(19, 4), nullable=True) for name in AT_COST),
        *(sa.Column(name, sa.Numeric(19, 4), nullable=False) for name in MONEY),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("invoices", sa.Integer(), nullable=False),
        sa.Column("disagreement", AutoString(), nullable=True),
        sa.Column("places", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("looks_again_at", UTCDateTime(), nullable=True),
        sa.Column("restated_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "shop_id", "region", "number", "line", name=op.f("pk_reconciliation_line")
        ),
    )
    op.create_index(
        "ix_reconciliation_line_ordered_at",
        "reconciliation_line",
        ["shop_id", "ordered_at", "region", "number"],
    )
    op.create_index(
        "ix_reconciliation_line_disagreement",
        "reconciliation_line",
        ["shop_id", "disagreement", "ordered_at"],
        postgresql_where=sa.text("disagreement IS NOT NULL"),
    )
    op.create_index(
        "ix_reconciliation_line_looks_again_at",
        "reconciliation_line",
        ["shop_id", "looks_again_at"],
        postgresql_where=sa.text("looks_again_at IS NOT NULL"),
    )


def _invoices() -> None:
    op.create_table(
        "reconciliation_invoice",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("number", AutoString(), nullable=False),
        sa.Column("vendor_code", AutoString(), nullable=False),
        sa.Column("dated_at", UTCDateTime(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.Column("currency", AutoString(3), nullable=False),
        *(sa.Column(name, sa.Numeric(19, 4), nullable=False) for name in MONEY_OF_INVOICE),
        sa.Column("other_currency", sa.Boolean(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("last_paid_at", UTCDateTime(), nullable=True),
        sa.Column("restated_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "invoice_id", name=op.f("pk_reconciliation_invoice")),
    )
    op.create_index(
        "ix_reconciliation_invoice_dated_at",
        "reconciliation_invoice",
        ["shop_id", "dated_at", "invoice_id"],
    )


def _follow(table: str, key: str, columns: str, events: Sequence[str], due: str) -> None:
    read = f"{key}, {columns}"
    for event in events:
        name = f"{table}_{event.lower()}_is_due"
        changed = f"SELECT {read} FROM {'stale' if event == 'DELETE' else 'fresh'}"
        if event == "UPDATE":
            changed += f" EXCEPT SELECT {read} FROM stale"
        tables = {
            "INSERT": "NEW TABLE AS fresh",
            "UPDATE": "OLD TABLE AS stale NEW TABLE AS fresh",
            "DELETE": "OLD TABLE AS stale",
        }[event]
        op.execute(FOLLOW.format(name=name, changed=changed, due=due))
        op.execute(ATTACH.format(name=name, event=event, table=table, tables=tables))


def downgrade() -> None:
    for table, _key, _columns, events, _due in FOLLOWED:
        for event in events:
            op.execute(f"DROP FUNCTION {table}_{event.lower()}_is_due() CASCADE")
    for name in ("reconciliation_due", "reconciliation_invoice", "reconciliation_line"):
        op.drop_table(name)
