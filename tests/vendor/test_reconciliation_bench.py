"""What the match is measured on: papers written set by set, matched the same both ways."""

from __future__ import annotations

import psycopg

from app.bench.reconcile import papers
from app.db import run, transaction
from app.shops import open_shop
from app.vendor.reconciliation import conservation
from tests.vendor.matched import Books


def test_papers_written_in_bulk_are_matched_the_same_in_full_and_line_by_line(
    database: str, superuser: psycopg.Connection
) -> None:
    with transaction() as session:
        shop_id = open_shop(session, "bulk.myshopify.com").shop_id
    written = papers.write_papers(superuser, shop_id, 300)
    assert written["purchase_order_line"] == 300 < written["receipt"]
    books = Books(shop_id)
    books.match(full=True)
    rows = books.rows()
    assert len(rows) == 300 + written["invoice"]
    assert run(conservation.findings, shop_id) == []
    superuser.execute("DELETE FROM reconciliation_line")
    superuser.execute("DELETE FROM reconciliation_invoice")
    superuser.execute(
        "INSERT INTO reconciliation_due (shop_id, region, number)"
        " SELECT shop_id, region, number FROM purchase_order"
    )
    superuser.execute(
        "INSERT INTO reconciliation_due (shop_id, invoice_number) SELECT shop_id, number FROM invoice"
    )
    books.match()
    assert books.rows() == rows
