"""What was acknowledged, shipped and invoiced elsewhere comes by file, and can be undone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.db import run, transaction
from app.inventory.models import State
from app.vendor import invoices
from app.vendor.files import working
from app.vendor.files.paper import Preview
from app.vendor.files.tables import FileImport
from tests.vendor.brand import VendorBrand
from tests.vendor.test_by_file import FILE
from tests.vendor.test_files import take as take_orders
from tests.vendor.test_files import undo

YESTERDAY = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
STATUS = "PO,ASIN,Accepted quantity,Quantity received,Status\n"
SHIPMENT = "Shipment ID,PO,ASIN,Quantity shipped,Ship date,SCAC,Cartons\n"
TRUCK = f"TRUCK9,EU1,B0TENT0001,12,{YESTERDAY},ABFS,2\n"
INVOICE = "Invoice number,Invoice date,PO,ASIN,Quantity,Unit cost,Currency,Tax\n"
BILL = f"OLD-1,{YESTERDAY},EU1,B0TENT0001,12,40.00,EUR,91.20\n"


def bring(brand: VendorBrand, kind: str, written: str) -> tuple[FileImport, Preview]:
    with transaction(brand.shop_id) as session:
        return working.bring(
            session, kind, "export.csv", written.encode(), region="eu", actor="user:7"
        )


def take(brand: VendorBrand, kind: str, written: str) -> int:
    kept, found = bring(brand, kind, written)
    assert found.faults == []
    run(lambda session: working.apply(session, kept.import_id, actor="user:7"), brand.shop_id)
    working.work(brand.shop_id)
    return kept.import_id


def outcome(brand: VendorBrand, kind: str, written: str) -> dict[str, int]:
    return bring(brand, kind, written)[1].outcome


def ordered(brand: VendorBrand) -> None:
    brand.stock("tent", 20)
    take_orders(brand, FILE)


def test_a_status_changes_known_orders_only(brand: VendorBrand) -> None:
    row = "EU1,B0TENT0001,8,6,Confirmed\n"
    assert outcome(brand, "purchase_order_status", STATUS + row) == {"unknown": 1}
    ordered(brand)
    import_id = take(brand, "purchase_order_status", STATUS + row)
    [line] = brand.rows(
        "SELECT ordered_units, accepted_units, rejected_units, received_units"
        " FROM purchase_order_line"
    )
    assert tuple(line) == (12, 8, 4, 6)
    assert brand.value("SELECT state FROM purchase_order") == "Acknowledged"
    undo(brand, import_id)
    [line] = brand.rows("SELECT accepted_units, received_units FROM purchase_order_line")
    assert tuple(line) == (0, 0)
    assert brand.balance("tent", State.RESERVED) == 12


def test_a_status_of_a_line_that_the_order_has_not_is_shown_and_not_taken(
    brand: VendorBrand,
) -> None:
    ordered(brand)
    _, found = bring(brand, "purchase_order_status", STATUS + "EU1,B0OTHER001,8,6,Confirmed\n")
    assert found.outcome == {"differs": 1}


def test_a_shipment_made_elsewhere_is_booked_once_and_undone(brand: VendorBrand) -> None:
    ordered(brand)
    import_id = take(brand, "shipments", SHIPMENT + TRUCK)
    assert brand.balance("tent", State.AMAZON_TRANSIT) == 12
    assert brand.balance("tent", State.RESERVED) == 0
    [row] = brand.rows(
        "SELECT state, handed_over_how, carrier_code, carton_count, message_id FROM shipment"
    )
    assert tuple(row) == ("accepted", "file", "ABFS", 2, None)
    assert outcome(brand, "shipments", SHIPMENT + TRUCK) == {"same": 1}
    assert outcome(brand, "shipments", SHIPMENT + TRUCK.replace(",12,", ",11,")) == {"differs": 1}
    assert undo(brand, import_id)["taken_back"] == 1
    assert brand.balance("tent", State.AMAZON_TRANSIT) == 0
    assert brand.balance("tent", State.RESERVED) == 12
    take(brand, "shipments", SHIPMENT + TRUCK.replace(",12,", ",11,"))  # the right file, after all
    assert brand.balance("tent", State.AMAZON_TRANSIT) == 11


def test_a_shipment_from_before_the_books_moves_nothing(brand: VendorBrand) -> None:
    ordered(brand)
    brand.execute("UPDATE shop SET opened_at = now()")
    take(brand, "shipments", SHIPMENT + TRUCK)
    assert brand.balance("tent", State.AMAZON_TRANSIT) == 0
    assert brand.value("SELECT units FROM shipment_line") == 12
    assert brand.value("SELECT shipped_units FROM purchase_order_line") == 0


def test_a_shipment_that_amazon_has_received_of_stays(brand: VendorBrand) -> None:
    ordered(brand)
    import_id = take(brand, "shipments", SHIPMENT + TRUCK)
    take(brand, "purchase_order_status", STATUS + "EU1,B0TENT0001,12,6,Confirmed\n")
    assert undo(brand, import_id)["kept"] == [{"number": "TRUCK9", "because": "received_since"}]
    assert brand.balance("tent", State.AMAZON) == 6


def test_an_invoice_sent_elsewhere_is_kept_so_that_nothing_is_invoiced_twice(
    brand: VendorBrand,
) -> None:
    ordered(brand)
    take(brand, "shipments", SHIPMENT + TRUCK)
    import_id = take(brand, "invoices", INVOICE + BILL)
    [row] = brand.rows(
        "SELECT state, source, number, items_total, tax_total, total, currency, handed_over_how"
        " FROM invoice"
    )
    assert [str(one) for one in row] == [
        *("accepted", "file", "OLD-1", "480.0000", "91.2000", "571.2000", "EUR", "file"),
    ]
    with transaction(brand.shop_id) as session, pytest.raises(Exception, match="Nothing is left"):
        invoices.draft(session, "eu", ["EU1"], "shipments", actor="user:7")
    assert outcome(brand, "invoices", INVOICE + BILL) == {"same": 1}
    assert outcome(brand, "invoices", INVOICE + BILL.replace(",12,", ",11,")) == {"differs": 1}
    assert undo(brand, import_id)["taken_back"] == 1
    with transaction(brand.shop_id) as session:
        assert invoices.draft(session, "eu", ["EU1"], "shipments", actor="user:7").invoice_id


def test_an_invoice_that_has_landed_stays(brand: VendorBrand) -> None:
    ordered(brand)
    import_id = take(brand, "invoices", INVOICE + BILL)
    brand.execute("UPDATE invoice SET state = 'landed', landed_at = now()")
    assert undo(brand, import_id)["kept"] == [{"number": "OLD-1", "because": "changed_since"}]
    assert brand.value("SELECT count(*) FROM invoice") == 1


@pytest.mark.parametrize(
    ("kind", "written", "place"),
    [
        ("shipments", SHIPMENT + TRUCK.replace(YESTERDAY, "soon"), (2, "E", "not_a_day")),
        ("shipments", SHIPMENT + TRUCK.replace(",12,", ",0,"), (2, "", "no_units")),
        ("shipments", SHIPMENT + TRUCK.replace("B0TENT0001", ""), (2, "", "no_product")),
        (
            "shipments",
            SHIPMENT + TRUCK + TRUCK.replace("ABFS", "XXXX"),
            (3, "", "contradicts"),
        ),
        ("invoices", INVOICE + BILL.replace("40.00", "forty"), (2, "F", "not_an_amount")),
        (
            "invoices",
            INVOICE + BILL + BILL.replace("EUR", "USD"),
            (2, "", "several_currencies"),
        ),
    ],
)
def test_a_wrong_cell_is_named_and_nothing_is_taken(
    brand: VendorBrand, kind: str, written: str, place: Any
) -> None:
    ordered(brand)
    kept, found = bring(brand, kind, written)
    assert place in [(one.row, one.column, one.code) for one in found.faults]
    with transaction(brand.shop_id) as session, pytest.raises(Exception, match="has faults"):
        working.apply(session, kept.import_id, actor="user:7")


@pytest.mark.parametrize(
    ("kind", "written", "codes"),
    [
        (
            "shipments",
            SHIPMENT + TRUCK.replace(YESTERDAY, "soon").replace("B0TENT0001", ""),
            {"not_a_day", "no_product"},
        ),
        (
            "invoices",
            INVOICE + BILL.replace("40.00", "forty").replace("B0TENT0001", ""),
            {"not_an_amount", "no_product"},
        ),
    ],
)
def test_every_fault_of_a_row_is_named_at_once(
    brand: VendorBrand, kind: str, written: str, codes: set[str]
) -> None:
    ordered(brand)
    _, found = bring(brand, kind, written)
    assert {one.code for one in found.faults if one.row == 2} == codes


def test_columns_are_remembered_for_each_kind_by_itself(brand: VendorBrand) -> None:
    ordered(brand)
    odd = SHIPMENT.replace("Quantity shipped", "Menge") + TRUCK
    kept, found = bring(brand, "shipments", odd)
    assert [one.code for one in found.faults] == ["column_missing"]
    with transaction(brand.shop_id) as session:
        columns = {**found.columns, "units": "Menge"}
        working.choose(session, kept.import_id, {"columns": columns})
        working.apply(session, kept.import_id, actor="user:7")
    working.work(brand.shop_id)
    assert outcome(brand, "shipments", odd) == {"same": 1}
    assert [one.code for one in bring(brand, "invoices", odd)[1].faults if one.field == "units"]
