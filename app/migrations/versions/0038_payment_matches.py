"""Payments that name no invoice of ours: found by rule, confirmed by a person.

Revision: 0038, after 0037
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from app.migrations.tenancy import protect

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

FOLLOW = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Of a shop that is being erased nothing is due.
    IF coalesce(current_setting('holdfast.erasing_shop', true), '') = '' THEN
        INSERT INTO reconciliation_due (shop_id, region, number, line, invoice_number)
        SELECT DISTINCT part.shop_id, NULL, NULL, NULL, invoice.number
        FROM {rows} AS changed JOIN payment_match_part AS part USING ({key})
        JOIN invoice ON invoice.shop_id = part.shop_id AND invoice.invoice_id = part.invoice_id
        WHERE invoice.number IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$
"""
ATTACH = """
CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {tables}
FOR EACH STATEMENT EXECUTE FUNCTION {name}()
"""
LINE, PAYMENT = "shop_id, region, payment_id, position", "shop_id, region, payment_id"
FOLLOWED = (
    ("remittance_line", "INSERT", LINE),
    ("remittance_line", "UPDATE", LINE),
    ("remittance_line", "DELETE", LINE),
    ("remittance", "UPDATE", PAYMENT),
    ("payment_match", "UPDATE", "shop_id, match_id"),
)


def upgrade() -> None:
    op.create_table(
        "payment_match",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("match_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("rule", AutoString(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("currency", AutoString(3), nullable=False),
        sa.Column("difference", sa.Numeric(19, 4), nullable=False),
        sa.Column("digest", AutoString(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.Column("decided_by", AutoString(), nullable=True),
        sa.CheckConstraint(
            "state IN ('suggested', 'confirmed', 'refused')", name=op.f("ck_payment_match_state")
        ),
        sa.CheckConstraint(
            "rule IN ('same_number', 'exact', 'tolerance', 'one_to_many', 'many_to_one')",
            name=op.f("ck_payment_match_rule"),
        ),
        sa.CheckConstraint(
            "(state = 'suggested') = (decided_at IS NULL)", name=op.f("ck_payment_match_decided")
        ),
        sa.PrimaryKeyConstraint("shop_id", "match_id", name=op.f("pk_payment_match")),
        sa.UniqueConstraint("shop_id", "digest", name=op.f("uq_payment_match_shop_id")),
    )
    op.create_index("ix_payment_match_state", "payment_match", ["shop_id", "state", "match_id"])
    op.create_table(
        "payment_match_part",
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("shop_id", "match_id", "part", "position", "invoice_id")
        ),
        *(sa.Column(name, AutoString(), nullable=False) for name in ("region", "payment_id")),
        sa.Column("reference", AutoString(), nullable=False),
        sa.Column("currency", AutoString(3), nullable=False),
        *(
            sa.Column(name, sa.Numeric(19, 4), nullable=False)
            for name in ("paid", "amount", "discount", "withheld")
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "match_id"],
            ["payment_match.shop_id", "payment_match.match_id"],
            name=op.f("fk_payment_match_part_shop_id_match_id_payment_match"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "invoice_id"],
            ["invoice.shop_id", "invoice.invoice_id"],
            name=op.f("fk_payment_match_part_shop_id_invoice_id_invoice"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "match_id", "part", name=op.f("pk_payment_match_part")),
    )
    op.create_index(
        "ix_payment_match_part_line",
        "payment_match_part",
        ["shop_id", "region", "payment_id", "position"],
    )
    op.create_index(
        "ix_payment_match_part_invoice", "payment_match_part", ["shop_id", "invoice_id"]
    )
    for table in ("payment_match", "payment_match_part"):
        protect(table)
    for table, event, key in FOLLOWED:
        name = f"matched_{table}_{event.lower()}_is_due"
        rows = "stale" if event == "DELETE" else "fresh"
        tables = f"{'OLD' if event == 'DELETE' else 'NEW'} TABLE AS {rows}"
        op.execute(FOLLOW.format(name=name, rows=rows, key=key))
        op.execute(ATTACH.format(name=name, event=event, table=table, tables=tables))


def downgrade() -> None:
    for table, event, _key in FOLLOWED:
        op.execute(f"DROP FUNCTION matched_{table}_{event.lower()}_is_due() CASCADE")
    for table in ("payment_match_part", "payment_match"):
        op.drop_table(table)
