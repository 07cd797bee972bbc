"""Amazon's orders by file: shown first, taken once, joined to what is known, and undone."""

from __future__ import annotations

from typing import Any

import pytest

from app.db import run, transaction
from app.errors import Refused
from app.inventory.models import State
from app.vendor.acknowledgements import Said, acknowledge
from app.vendor.files import working
from app.vendor.files.paper import Preview
from app.vendor.files.preview import look
from app.vendor.files.tables import FileImport
from tests.vendor.brand import TENT, VendorBrand
from tests.vendor.x12.test_x12 import BODY as X12_BODY
from tests.vendor.x12.test_x12 import sample as x12_sample

HEAD = (
    "PO,ASIN,Model Number,Quantity Requested,Unit Cost,Window Start,Window End,Order date,Status\n"
)
PO_TENT = "EU1,B0TENT0001,810000000011,12,40.00,2099-11-02,2099-11-20,2099-10-25,Unconfirmed\n"
PO_STOVE = "EU1,B0STOVE001,STOVE-1,5,12.50,2099-11-02,2099-11-20,2099-10-25,Unconfirmed\n"


def bring(
    brand: VendorBrand, written: str, region: str = "eu", name: str = "orders.csv"
) -> tuple[FileImport, Preview]:
    with transaction(brand.shop_id) as session:
        return working.bring(
            session, "purchase_orders", name, written.encode(), region=region, actor="user:7"
        )


def take(brand: VendorBrand, written: str, region: str = "eu") -> int:
    kept, _ = bring(brand, written, region)
    run(lambda session: working.apply(session, kept.import_id, actor="user:7"), brand.shop_id)
    working.work(brand.shop_id)
    return kept.import_id


def undo(brand: VendorBrand, import_id: int) -> dict[str, Any]:
    run(lambda session: working.undo(session, import_id, actor="user:8"), brand.shop_id)
    working.work(brand.shop_id)
    [kept] = brand.rows(
        "SELECT state, outcome FROM file_import WHERE import_id = :id", id=import_id
    )
    assert kept.state == "undone"
    return dict(kept.outcome)


def orders(brand: VendorBrand) -> list[Any]:
    return brand.rows(
        "SELECT number, state, source, withdrawn, version FROM purchase_order ORDER BY number"
    )


def lines(brand: VendorBrand, number: str = "EU1") -> list[Any]:
    return [
        tuple(row)
        for row in brand.rows(
            "SELECT line, asin, ordered_units, cost FROM purchase_order_line"
            " WHERE number = :number AND NOT removed ORDER BY line",
            number=number,
        )
    ]


def test_looking_at_a_file_changes_nothing(brand: VendorBrand) -> None:
    brand.stock("tent", 20)
    _, found = bring(brand, HEAD + PO_TENT + PO_STOVE)
    assert (found.faults, found.outcome, found.total) == ([], {"new": 1}, 1)
    assert (found.papers[0].lines, found.papers[0].units) == (2, 17)
    assert orders(brand) == []
    assert brand.balance("tent", State.RESERVED) == 0


def test_a_taken_file_holds_units_like_any_order(brand: VendorBrand) -> None:
    brand.stock("tent", 20)
    take(brand, HEAD + PO_TENT + PO_STOVE)
    assert orders(brand) == [("EU1", "New", "file", False, 1)]
    assert [row[1:3] for row in lines(brand)] == [("B0TENT0001", 12), ("B0STOVE001", 5)]
    assert brand.balance("tent", State.RESERVED) == 12
    assert brand.value("SELECT state FROM connection WHERE region = 'eu'") == "by_file"


def test_the_same_file_again_changes_nothing_and_is_said_to_be_known(brand: VendorBrand) -> None:
    take(brand, HEAD + PO_TENT)
    kept, found = bring(brand, HEAD + PO_TENT)
    with transaction(brand.shop_id) as session:
        assert working.taken_before(session, kept) is not None
    assert found.outcome == {"same": 1}
    take(brand, HEAD + PO_TENT)
    assert orders(brand)[0].version == 1


def test_a_newer_file_changes_what_it_states_and_leaves_the_rest(brand: VendorBrand) -> None:
    take(brand, HEAD + PO_TENT + PO_STOVE)
    later = "PO,ASIN,Quantity\nEU1,B0TENT0001,6\n"
    _, found = bring(brand, later)
    assert [tuple(one) for one in found.papers[0].differences] == [("1", "ordered", "12", "6")]
    take(brand, later)
    assert [(row[0], row[2], str(row[3])) for row in lines(brand)] == [
        ("1", 6, "40.0000"),
        ("2", 5, "12.5000"),
    ]


def test_what_amazons_api_has_shown_is_never_changed_by_a_file(brand: VendorBrand) -> None:
    number = brand.amazon.place(TENT | {"amount": 6})
    brand.poll()
    written = f"PO,ASIN,Quantity\n{number},B0TENT0001,9\n"
    _, found = bring(brand, written, region="na")
    assert found.outcome == {"differs": 1}
    assert [tuple(one) for one in found.papers[0].differences] == [
        ("B0TENT0001", "ordered", "6", "9")
    ]
    take(brand, written, region="na")
    assert [row[2] for row in lines(brand, number)] == [6]


def test_amazons_api_has_the_last_word_on_what_came_by_file(brand: VendorBrand) -> None:
    number = brand.amazon.place(TENT | {"amount": 6})
    take(brand, f"PO,ASIN,Quantity\n{number},B0TENT0001,9\n", region="na")
    assert [row[2] for row in lines(brand, number)] == [9]
    brand.poll()
    assert [row[2] for row in lines(brand, number)] == [6]
    assert orders(brand)[0].source == "api"


def test_a_file_with_a_fault_is_not_taken_at_all(brand: VendorBrand) -> None:
    kept, found = bring(brand, HEAD + PO_TENT + PO_STOVE.replace(",5,", ",five,"))
    assert [(one.row, one.column, one.code) for one in found.faults] == [
        (3, "D", "not_whole_units")
    ]
    with pytest.raises(Refused) as caught, transaction(brand.shop_id) as session:
        working.apply(session, kept.import_id, actor="user:7")
    assert caught.value.code == "file_has_faults"
    assert orders(brand) == []


def test_confirmed_headings_are_remembered_wherever_they_stand_next_time(
    brand: VendorBrand,
) -> None:
    kept, found = bring(brand, "Bestellung,ASIN,Menge\nEU5,B0TENT0001,3\n")
    assert {one.field for one in found.faults} == {"number", "ordered"}
    with transaction(brand.shop_id) as session:
        _, found = working.choose(
            session,
            kept.import_id,
            {"columns": {"number": "Bestellung", "asin": "ASIN", "ordered": "Menge"}},
        )
        assert found.faults == []
        working.apply(session, kept.import_id, actor="user:7")
    working.work(brand.shop_id)
    _, again = bring(brand, "Menge,Bestellung,ASIN\n4,EU6,B0TENT0001\n")
    assert (again.faults, again.outcome) == ([], {"new": 1})


def test_receipts_by_file_are_running_totals(brand: VendorBrand) -> None:
    brand.stock("tent", 20)
    take(brand, HEAD + PO_TENT)
    head = "PO,ASIN,Quantity,Accepted quantity,Quantity received,Status\n"
    take(brand, head + "EU1,B0TENT0001,12,10,4,Confirmed\n")
    take(brand, head + "EU1,B0TENT0001,12,10,7,Confirmed\n")
    assert brand.value("SELECT sum(received_units) FROM purchase_order_line") == 7
    assert brand.value("SELECT sum(accepted_units) FROM purchase_order_line") == 10
    assert [row.total for row in brand.rows("SELECT total FROM receipt ORDER BY total")] == [4, 7]


def test_undoing_a_first_file_gives_back_every_held_unit(brand: VendorBrand) -> None:
    brand.stock("tent", 20)
    import_id = take(brand, HEAD + PO_TENT + PO_STOVE)
    assert undo(brand, import_id)["taken_back"] == 1
    assert brand.balance("tent", State.RESERVED) == 0
    assert (orders(brand)[0].state, orders(brand)[0].withdrawn) == ("Closed", True)
    take(brand, HEAD + PO_TENT)
    assert (orders(brand)[0].state, orders(brand)[0].withdrawn) == ("New", False)
    assert brand.balance("tent", State.RESERVED) == 12


def test_undoing_a_later_file_returns_to_what_stood_before(brand: VendorBrand) -> None:
    brand.stock("tent", 20)
    take(brand, HEAD + PO_TENT)
    head = "PO,ASIN,Quantity,Accepted quantity,Quantity received,Status\n"
    import_id = take(brand, head + "EU1,B0TENT0001,9,8,4,Confirmed\n")
    assert brand.balance("tent", State.RESERVED) == 8
    undo(brand, import_id)
    assert [row[2] for row in lines(brand)] == [12]
    assert brand.value("SELECT sum(received_units + accepted_units) FROM purchase_order_line") == 0
    assert brand.balance("tent", State.RESERVED) == 12


def test_undoing_leaves_alone_what_went_on_since(brand: VendorBrand) -> None:
    brand.stock("tent", 20)
    import_id = take(brand, HEAD + PO_TENT + PO_TENT.replace("EU1", "EU2"))
    said = [
        Said(
            "1",
            accept=8,
            backorder=0,
            backorder_on=None,
            reject=4,
            rejection_reason="TemporarilyUnavailable",
        )
    ]
    with transaction(brand.shop_id) as session:
        paper = acknowledge(session, "eu", "EU2", said, actor="user:7")
        assert (paper.state, paper.message_id) == ("waiting", None)
    outcome = undo(brand, import_id)
    assert outcome["kept"] == [{"number": "EU2", "because": "answered_since"}]
    assert brand.balance("tent", State.RESERVED) == 8
    assert [row.state for row in orders(brand)] == ["Closed", "New"]


def test_taking_a_file_goes_on_where_it_was_cut(
    brand: VendorBrand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "AT_ONCE", 2)
    rows = "".join(PO_TENT.replace("EU1", f"EU{n}") for n in range(1, 8))
    kept, _ = bring(brand, HEAD + rows)
    run(lambda session: working.apply(session, kept.import_id, actor="user:7"), brand.shop_id)
    monkeypatch.setattr(working, "TURN", 0.0)
    working.work(brand.shop_id)
    assert brand.value("SELECT done FROM file_import") == 2
    monkeypatch.setattr(working, "TURN", 40.0)
    working.work(brand.shop_id)
    assert brand.value("SELECT done FROM file_import") == 7
    assert brand.value("SELECT count(*) FROM purchase_order WHERE version = 1") == 7
    with transaction(brand.shop_id) as session:
        assert look(session, working.kept_import(session, kept.import_id)).outcome == {"same": 7}


def test_products_of_a_file_that_no_item_is_wait_in_the_queue(brand: VendorBrand) -> None:
    take(brand, "PO,ASIN,Quantity\nEU1,B0NOBODY01,3\n")
    assert brand.value("SELECT item_id FROM purchase_order_line") is None


def test_an_850_comes_by_the_same_door(brand: VendorBrand) -> None:
    brand.stock("tent", 20)
    written = x12_sample(*X12_BODY).decode().replace("*202611", "*209911")
    kept, found = bring(brand, written, name="orders.edi")
    assert (found.faults, found.outcome) == ([], {"new": 1})
    take(brand, written)
    assert lines(brand, "4X7PO001")[0][1:3] == ("B0TENT0001", 12)
    assert brand.balance("tent", State.RESERVED) == 12
    _, broken = bring(brand, written.replace("PO1*1*12*EA", "PO1*1*12*DZ"))
    assert [(one.row, one.column, one.value) for one in broken.faults] == [(10, "PO103", "DZ")]
