"""A file is read to the cell, or refused with the cell, its value and what would do instead."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from app.vendor.files import columns, sheet, values
from app.vendor.files.kinds import KINDS, PURCHASE_ORDERS
from app.vendor.files.orders import stated_orders
from app.vendor.files.reading import Habits, Reading, read
from app.vendor.files.sheet import Cell, Unreadable
from app.vendor.files.values import Wrong

KIND = KINDS[PURCHASE_ORDERS]
HEAD = "PO,ASIN,Quantity Requested,Unit Cost,Window Start,Window End\n"
ROW = "PO1,B0TENT0001,12,40.00,2026-11-02,2026-11-20\n"


def reading(written: str | bytes, habits: Habits | None = None) -> Reading:
    content = written.encode() if isinstance(written, str) else written
    found = sheet.read(content)
    heads = columns.headings(KIND, found, {})
    return read(KIND, found, heads, columns.guessed(KIND, heads, {}), habits or Habits())


def places(found: Reading) -> list[tuple[int, str, str]]:
    return [(one.row, one.column, one.code) for one in found.faults]


def workbook(*rows: list[object], merge: str | None = None) -> bytes:
    book = Workbook()
    page = book.active
    assert page is not None
    for row in rows:
        page.append(row)
    if merge:
        page.merge_cells(merge)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_file_is_read_whatever_stands_above_its_headings() -> None:
    found = reading("Purchase orders of our shop\n\n" + HEAD + ROW)
    assert found.faults == []
    assert found.records[0].row == 4
    assert found.records[0].values == {
        "number": "PO1",
        "asin": "B0TENT0001",
        "ordered": 12,
        "cost": Decimal("40.00"),
        "window_start": date(2026, 11, 2),
        "window_end": date(2026, 11, 20),
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_encoding_and_delimiter_that_names_itself_is_understood(
    encoding: str, delimiter: str
) -> None:
    written = (HEAD + ROW).replace(",", delimiter)
    assert reading(written.encode(encoding)).records[0].values["ordered"] == 12


def test_a_workbook_keeps_its_numbers_and_days() -> None:
    head = ["PO", "ASIN", "UPC", "Quantity Requested", "Unit Cost", "Window Start", "Window End"]
    row = ["PO1", "B0TENT0001", 810000000011, 12, 40.1, datetime(2026, 11, 2), date(2026, 11, 20)]
    found = reading(workbook(head, row))
    assert found.faults == []
    stated = found.records[0].values
    assert (stated["barcode"], stated["ordered"], stated["cost"]) == (
        "810000000011",
        12,
        Decimal("40.1"),
    )
    assert stated["window_start"] == date(2026, 11, 2)


def test_columns_may_stand_anywhere_and_unknown_ones_are_left_alone() -> None:
    found = reading("Notes,Quantity Requested,PO,ASIN\nhello,3,PO9,B0MUG00001\n")
    assert found.records[0].values == {"number": "PO9", "asin": "B0MUG00001", "ordered": 3}


def test_a_wrong_encoding_is_named_with_its_row_and_the_choices() -> None:
    with pytest.raises(Unreadable) as caught:
        sheet.read((HEAD + ROW + "PO2,采购,1,,,\n").encode("gb18030"))
    fault = caught.value.fault
    assert (fault.row, fault.column, fault.code) == (3, "B", "wrong_encoding")
    assert "gb18030" in fault.hint
    kept = sheet.read((HEAD + "PO2,采购,1,,,\n").encode("gb18030"), encoding="gb18030")
    assert kept.rows[1].cells[1] == "采购"


def test_formulas_and_merged_cells_are_refused_where_they_stand() -> None:
    head: list[object] = ["PO", "ASIN", "Quantity Requested"]
    found = reading(workbook(head, ["PO1", "B0TENT0001", "=6*2"]))
    assert places(found) == [(2, "C", "formula")]
    assert found.faults[0].value == "=6*2"
    found = reading(workbook(head, ["PO1", "B01", 1], [None, "B02", 2], merge="A2:A3"))
    assert (2, "A", "merged_cells") in places(found)
    assert "A2:A3" in [one.value for one in found.faults]
    assert (3, "A", "empty_cell") in places(found)
    assert places(reading(HEAD + 'PO1,B01,"=CMD()",1.00,,\n'))[0] == (2, "C", "formula")


def test_digits_kept_as_text_by_a_spreadsheet_are_no_formula() -> None:
    found = reading('PO,UPC,Quantity\n"=""0071""","=""0810000000011""",4\n')
    assert found.faults == []
    assert found.records[0].values["barcode"] == "0810000000011"


def test_a_file_too_large_or_a_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(Unreadable) as caught:
        sheet.read(b"a" * (sheet.LARGEST_FILE + 1))
    assert caught.value.fault.code == "too_large"
    out = BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(sheet.LARGEST_UNPACKED // 2**20 + 1):
            part.write(b"\x00" * 2**20)
    assert len(out.getvalue()) < 2**20
    with pytest.raises(Unreadable) as caught:
        sheet.read(out.getvalue())
    assert caught.value.fault.code == "unpacks_too_large"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"PK\x03\x04 not a workbook", "broken_workbook"),
        (b"\xd0\xcf\x11\xe0 old", "old_workbook"),
        (b"a,b\x00c\n", "not_a_table"),
        (b'PO,ASIN\n"PO1,B0\n', "broken_row"),
        (b"PO\n" + b"1\n" * (sheet.MOST_ROWS + 1), "too_many_rows"),
    ],
)
def test_what_is_no_table_is_said_to_be_none(content: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        sheet.read(content)
    assert caught.value.fault.code == code


def test_days_are_read_in_the_order_that_the_file_itself_proves() -> None:
    rows = "PO1,B01,1,,03/11/2026,{}/2026\n"
    month_first = reading(HEAD + rows.format("11/25")).records[0].values
    assert month_first["window_start"] == date(2026, 3, 11)
    day_first = reading(HEAD + rows.format("25/11")).records[0].values
    assert day_first["window_start"] == date(2026, 11, 3)
    unclear = reading(HEAD + rows.format("04/11"))
    assert places(unclear) == [(0, "", "date_order_unknown")] and unclear.records == []
    chosen = reading(HEAD + rows.format("04/11"), Habits(date_order="day_first"))
    assert chosen.records[0].values["window_end"] == date(2026, 11, 4)


def test_another_regions_days_are_named_one_by_one() -> None:
    written = HEAD + ROW + "PO2,B01,1,,25/11/2026,11/28/2026\n"
    found = reading(written, Habits(date_order="month_first"))
    assert places(found) == [(3, "E", "other_date_order")]
    assert found.faults[0].value == "25/11/2026"


def test_amounts_are_read_by_the_mark_that_the_file_proves() -> None:
    head = "PO;ASIN;Quantity;Unit Cost\n"
    found = reading(head + "PO1;B01;1;1.234,50 €\nPO2;B02;1;1,234\n")
    assert [one.values["cost"] for one in found.records] == [Decimal("1234.50"), Decimal("1.234")]
    assert found.records[0].values["currency"] == "EUR"
    unclear = reading(head + "PO1;B01;1;1,234\n")
    assert places(unclear) == [(0, "", "decimal_mark_unknown")]


@pytest.mark.parametrize(
    ("cells", "place", "code"),
    [
        ("PO1,B01,many,,,", "C", "not_whole_units"),
        ("PO1,B01,1.5,,,", "C", "not_whole_units"),
        ("PO1,B01,-1,,,", "C", "not_whole_units"),
        ("PO1,B01,3000000000,,,", "C", "not_whole_units"),
        ("PO1,B01,,,,", "C", "empty_cell"),
        (",B01,1,,,", "A", "empty_cell"),
        ("PO1,B01,1,free,,", "D", "not_an_amount"),
        ("PO1,B01,1,-3.50,,", "D", "below_zero"),
        ("PO1,B01,1,,31.02.2026,", "E", "not_a_day"),
        ("PO1,B01,1,,soon,", "E", "not_a_day"),
        ("PO1,B0123456789012345678901,1,,,", "B", "text_too_long"),
    ],
)
def test_a_wrong_cell_is_named_by_row_and_column(cells: str, place: str, code: str) -> None:
    found = reading(HEAD + ROW + cells + "\n")
    assert places(found) == [(3, place, code)]
    assert len(found.records) == 1


def test_rows_of_one_order_must_agree_about_it() -> None:
    found = reading(HEAD + ROW + ROW.replace("11-20", "11-21").replace("TENT", "MUGS"))
    _, faults = stated_orders(found.records)
    assert [(one.row, one.field, one.value, one.hint) for one in faults] == [
        (3, "window_end", "2026-11-21", "2026-11-20")
    ]


@pytest.mark.parametrize(
    ("head", "row", "code"),
    [
        ("PO,ASIN,Quantity,Unit", "PO1,B01,2,Cases", "case_size_missing"),
        ("PO,ASIN,Quantity,Accepted quantity", "PO1,B01,2,3", "more_than_ordered"),
        ("PO,ASIN,Quantity,Window start", "PO1,B01,2,2026-11-02", "half_a_window"),
        ("PO,ASIN,Quantity", "PO1,,2", "no_product"),
        (
            "PO,ASIN,Quantity,Window start,Window end",
            "PO1,B01,2,2026-11-02,2026-11-01",
            "window_backwards",
        ),
    ],
)
def test_what_contradicts_itself_is_a_fault(head: str, row: str, code: str) -> None:
    _, faults = stated_orders(reading(f"{head}\n{row}\n").records)
    assert [one.code for one in faults] == [code]


def test_every_fault_of_a_row_is_named_at_once() -> None:
    row = "PO,ASIN,Quantity,Unit,Accepted quantity\nPO1,,2,Cases,3\n"
    _, faults = stated_orders(reading(row).records)
    assert [one.code for one in faults] == ["no_product", "case_size_missing", "more_than_ordered"]


def test_a_missing_and_a_double_heading_are_named() -> None:
    found = sheet.read(b"PO,ASIN,ASIN\nPO1,B01,B02\n")
    heads = columns.headings(KIND, found, {})
    faults = columns.faults_of(KIND, heads, columns.guessed(KIND, heads, {}))
    assert [(one.code, one.field, one.column) for one in faults] == [
        ("column_missing", "ordered", ""),
        ("heading_twice", "asin", "C"),
    ]


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    try:
        reading(content)
    except Unreadable as error:
        assert error.fault.code


@given(st.dates(date(2000, 1, 1), date(2100, 12, 31)))
def test_a_day_survives_every_way_of_writing_it(day: date) -> None:
    written: list[Cell] = [day.isoformat(), f"{day:%b} {day.day}, {day:%Y}", f"{day:%d-%b-%Y}"]
    assert {values.day(one, None) for one in written} == {day}
    assert values.day(f"{day:%m/%d/%Y}", "month_first") == day
    assert values.day(f"{day:%d.%m.%Y}", "day_first") == day


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_an_amount_survives_both_marks(amount: Decimal) -> None:
    assert values.amount(f"${amount:,.2f}", ".") == (amount, None)
    european = f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
    assert values.amount(f"{european} €", ",") == (amount, "EUR")


def test_an_unclear_amount_is_never_guessed() -> None:
    with pytest.raises(Wrong):
        values.amount("1,234", None)
    with pytest.raises(Wrong):
        values.units("1,234", ",")
    assert values.units("1,234", ".") == 1234
