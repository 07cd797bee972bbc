"""Every table of a screen as a file: the list's own rows, columns that stay, and nothing that runs."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from app.db import run, snapshot, transaction
from app.overview.exports import table as one_table
from app.overview.exports import tables, writing
from app.vendor.deductions.restating import restate
from tests.house import PROJECT
from tests.support.screen import Screen, open_screen
from tests.vendor.matched import NOW, Books, open_books

DOMAIN = "exports.myshopify.com"
ORDERED = datetime(2026, 7, 1, 20, 30, tzinfo=UTC)


@pytest.fixture
def books(database: str) -> Books:
    return open_books(DOMAIN)


@pytest.fixture
def screen(books: Books, queue: str, set_settings: Callable[..., None]) -> Screen:
    return open_screen(books.shop_id, DOMAIN, set_settings)


def rows_of(screen: Screen, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(screen.download(path).decode("utf-8-sig"))))


def order(books: Books, number: str, **header: Any) -> None:
    books.order(number, (4, "2.50"), **header)
    books.match()


def test_every_list_of_a_screen_is_a_table() -> None:
    asked = {
        address
        for file in (PROJECT / "frontend/src/routes").rglob("*.tsx")
        for address in re.findall(r"usePages<\w+>\(\s*['\"`]/([^'\"`]+)", file.read_text())
    }
    assert len(asked) > 20
    names = {"movements" if one.startswith("items/") else one.replace("/", "-") for one in asked}
    assert names - set(tables.TABLES) == set()


def test_every_table_has_the_columns_that_the_documentation_promises_in_their_order() -> None:
    page = (PROJECT / "docs/integrators.md").read_text()
    section = page.split("## Exports")[1].split("\n## ")[0]
    promised = {
        name: re.findall(r"`([^`]+)`", columns)
        for name, columns in re.findall(r"^\| `([a-z0-9-]+)` \| (.*) \|$", section, re.MULTILINE)
    }
    assert promised == {one.name: [each.name for each in one.columns] for one in tables.ALL}


def test_every_table_can_be_taken_along_while_it_is_still_empty(screen: Screen) -> None:
    for table in tables.ALL:
        if table.name in ("movements", "vendor-codes"):
            continue  # of an item, and there is none; and the one that the shop starts with
        content = screen.download(f"/exports/{table.name}").decode("utf-8-sig")
        assert content == ",".join(one.name for one in table.columns) + "\r\n", table.name


def test_a_file_holds_all_rows_that_the_screens_filters_find(
    books: Books, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in ("4AAA", "4BBB", "4CCC", "5DDD"):
        order(books, number)
    monkeypatch.setattr(one_table, "AT_ONCE", 2)
    listed = [row["number"] for row in screen.all("/purchase-orders", search="4")]
    taken = rows_of(screen, "/exports/purchase-orders?search=4")
    assert [row["number"] for row in taken] == listed == ["4CCC", "4BBB", "4AAA"]


def test_money_has_its_currency_and_a_time_is_in_the_shops_zone(
    books: Books, screen: Screen
) -> None:
    order(books, "4AAA", ordered_at=ORDERED)
    with transaction(books.shop_id) as session:
        session.execute(text("UPDATE shop SET time_zone = 'Asia/Shanghai'"))
    [row] = rows_of(screen, "/exports/reconciliation")
    assert (row["ordered_units"], row["ordered_amount"], row["ordered_amount_currency"]) == (
        "4",
        "10.00",
        "USD",
    )
    assert row["ordered_at"] == "2026-07-02T04:30:00+08:00"


def test_a_workbook_holds_numbers_and_times_and_says_what_it_is(
    books: Books, screen: Screen
) -> None:
    order(books, "4AAA", ordered_at=ORDERED)
    content = screen.download("/exports/reconciliation?format=xlsx&search=4")
    book = load_workbook(BytesIO(content))
    heading, values = (list(row) for row in book["reconciliation"].iter_rows(values_only=True))
    row = dict(zip(heading, values, strict=True))
    assert (row["ordered_units"], row["ordered_amount"]) == (4, 10)
    assert row["ordered_at"] == ORDERED.replace(tzinfo=None)
    about = dict(book["About"].iter_rows(values_only=True))
    assert (about["times_are_in"], about["filter_search"]) == ("UTC", "4")


def test_sums_are_taken_along_as_the_screen_shows_them_and_narrowed_to_one_currency(
    books: Books, screen: Screen
) -> None:
    books.order("4AAA", (10, "2.50"))
    books.move("4AAA", "1", 10, 8)
    books.bill("NT-1", ("4AAA", "1", 10, "2.50"))
    books.pay("P1", ("NT-1", "15.00", "0.50"), ("NT-1SC", "-5.00"))
    books.match()
    run(restate, books.shop_id)

    [own] = screen.ask("/reconciliation/waterfall")["data"]
    taken = rows_of(screen, "/exports/reconciliation-waterfall?currency=USD")
    assert [(row["step"], row["units"], row["amount"], row["lines"]) for row in taken] == [
        (one["step"], str(one["units"]), plain(one["amount"]), str(one["lines"]))
        for one in own["steps"]
    ]
    assert rows_of(screen, "/exports/reconciliation-waterfall?currency=EUR") == []

    bridge = rows_of(screen, "/exports/cash-bridge")
    steps = sum(Decimal(row["amount"]) for row in bridge)
    assert Decimal(bridge[0]["invoiced"]) + steps == Decimal(bridge[0]["paid"]) == 10
    [shown] = screen.ask("/cash")["data"]
    for name in ("ageing", "weeks"):
        listed = rows_of(screen, f"/exports/cash-{name}?currency=USD")
        assert [row["open"] for row in listed] == [plain(one["open"]) for one in shown[name]]
        assert sum(Decimal(row["open"]) for row in listed) == Decimal(shown["open"]["amount"]) > 0
        assert rows_of(screen, f"/exports/cash-{name}?currency=EUR") == []
    kinds = {row["kind"]: row["open"] for row in rows_of(screen, "/exports/deductions-kinds")}
    assert kinds == {"quick_pay": "0.50", "shortage_claim": "5.00"}


def plain(money: Mapping[str, str]) -> str:
    return writing.written(Decimal(money["amount"]))


def test_every_table_has_a_name_in_both_languages() -> None:
    for language in ("en", "zh-CN"):
        words = json.loads((PROJECT / f"frontend/src/i18n/{language}/screens.json").read_text())
        assert set(tables.TABLES) - words["schedules"]["tables"].keys() == set(), language


def test_text_that_looks_like_a_formula_stays_text(books: Books, screen: Screen) -> None:
    evil = {f"4{place}": f"{one}X(1)" for place, one in enumerate(writing.FORMULA_STARTS)}
    for number, ship_to in evil.items():
        books.order(number, (4, "2.50"), ship_to=ship_to)
    rows = rows_of(screen, "/exports/purchase-orders")
    assert {row["number"]: row["ship_to"] for row in rows} == {
        number: f"'{ship_to}" for number, ship_to in evil.items()
    }


def test_a_cell_of_a_workbook_is_never_a_formula(books: Books, screen: Screen) -> None:
    order(books, "4AAA", ship_to='=HYPERLINK("x")')
    book = load_workbook(BytesIO(screen.download("/exports/purchase-orders?format=xlsx")))
    cells = {cell.value: cell.data_type for row in book["purchase-orders"] for cell in row}
    assert cells['=HYPERLINK("x")'] == "s"


def test_a_filter_that_the_table_does_not_have_is_refused_by_name(screen: Screen) -> None:
    problem = screen.ask("/exports/purchase-orders?stat=New", 422)
    assert (problem["code"], problem["errors"][0]["field"]) == ("unknown_filter", "stat")


def test_a_wrong_value_is_refused_before_a_file_begins(screen: Screen) -> None:
    problem = screen.ask("/exports/purchase-orders?state=Old", 422)
    assert [one["field"] for one in problem["errors"]] == ["state"]
    assert screen.ask("/exports/movements?item_id=77", 404)["code"] == "not_found"


def test_a_table_that_is_not_there_is_not_found(screen: Screen) -> None:
    assert screen.ask("/exports/secrets", 404)["code"] == "not_found"


def test_more_rows_than_a_sheet_holds_are_refused(
    books: Books, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    order(books, "4AAA")
    order(books, "4BBB")
    monkeypatch.setattr(writing, "MOST_XLSX_ROWS", 1)
    assert screen.ask("/exports/purchase-orders?format=xlsx", 422)["code"] == "too_many_rows"
    assert len(rows_of(screen, "/exports/purchase-orders")) == 2


def test_a_file_is_of_one_moment_however_long_it_takes(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    order(books, "4AAA", ordered_at=NOW)
    order(books, "4BBB", ordered_at=NOW)
    monkeypatch.setattr(one_table, "AT_ONCE", 1)
    table = tables.named("purchase-orders")
    with snapshot(books.shop_id) as session:
        pages = table.pages(session, table.asked({}))
        first = next(pages)
        order(books, "3CCC", ordered_at=ORDERED)
        run(lambda other: other.execute(text("DELETE FROM reconciliation_due")), books.shop_id)
        rest = [row for page in pages for row in page]
    assert [row["number"] for row in [*first, *rest]] == ["4BBB", "4AAA"]


def test_a_snapshot_writes_nothing(books: Books) -> None:
    with pytest.raises(Exception, match="read-only"), snapshot(books.shop_id) as session:
        session.execute(text("DELETE FROM reconciliation_due"))
