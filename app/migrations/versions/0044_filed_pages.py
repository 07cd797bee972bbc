"""What a page of Amazon's papers costs to file: room for the status of a line, no look-up per receipt.

Revision: 0044, after 0043
"""

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

OWNER = "fk_receipt_shop_id_region_number_purchase_order"
PAPERS = (("message", "request"), ("purchase_order_version", "content"))
KNOWS_LZ4 = """
SELECT EXISTS (SELECT FROM pg_settings
    WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals))
"""


def upgrade() -> None:
    # Every line is written once with its order and once with its first status; with room beside it the
    # second time touches no index.
    op.execute("ALTER TABLE purchase_order_line SET (fillfactor = 50)")
    op.drop_constraint(OWNER, "receipt", type_="foreignkey")
    if op.get_bind().exec_driver_sql(KNOWS_LZ4).scalar_one():
        for table, column in PAPERS:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET COMPRESSION lz4")


def downgrade() -> None:
    for table, column in PAPERS:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET COMPRESSION default")
    op.create_foreign_key(
        OWNER,
        "receipt",
        "purchase_order",
        ["shop_id", "region", "number"],
        ["shop_id", "region", "number"],
    )
    op.execute("ALTER TABLE purchase_order_line RESET (fillfactor)")
