"""What the match is measured on: papers written set by set, matched the same by every engine."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from app.bench.ground import BooksAreWrong, Ground
from app.bench.reconcile import measure, papers
from app.bench.reconcile.engines import ENGINES
from app.db import run, transaction
from app.shops import open_shop
from app.vendor.reconciliation import conservation, full
from tests.support import databases
from tests.support.databases import Addresses
from tests.vendor.matched import NOW, Books


def test_papers_written_in_bulk_are_matched_the_same_in_ranges_of_any_size_and_line_by_line(
    database: str, superuser: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
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
    monkeypatch.setattr(full, "LINES_AT_ONCE", 17)
    monkeypatch.setattr(full, "INVOICES_AT_ONCE", 3)
    superuser.execute("DELETE FROM reconciliation_line WHERE number > 'PO00000011'")
    superuser.execute("UPDATE reconciliation_invoice SET paid = paid + 1")
    books.match(full=True)
    assert books.rows() == rows
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


@pytest.mark.audits_itself  # it spoils what stands
def test_every_engine_answers_row_for_row_what_stands(
    database: str, superuser: psycopg.Connection, servers: Addresses, tmp_path: Path
) -> None:
    with transaction() as session:
        shop_id = open_shop(session, "engines.myshopify.com").shop_id
    papers.write_papers(superuser, shop_id, 300)
    Books(shop_id).match(full=True)
    address = servers.database_url(f"holdfast_{databases.worker_number()}", "postgres")
    place = Ground(tmp_path, address)
    took = measure.elsewhere(place, shop_id, NOW)
    assert set(took) == {"PostgreSQL", *ENGINES} and len(ENGINES) == 2
    superuser.execute("UPDATE reconciliation_line SET paid = paid + 0.01 WHERE line = '3'")
    with pytest.raises(BooksAreWrong, match="answers otherwise"):
        measure.elsewhere(place, shop_id, NOW)
