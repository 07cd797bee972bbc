"""Journals: debits equal credits in every entry, parts say what Amazon did, and files import."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from app.db import run, transaction
from app.vendor.journals import entries, layouts
from app.vendor.journals.entries import Entry, Leg, PaidPart
from app.vendor.journals.layouts import Account
from app.vendor.journals.tables import JournalSetting
from tests.support.screen import Screen, open_screen
from tests.vendor.matched import NOW, Books, open_books

DOMAIN = "journals.myshopify.com"
DAY = date(2026, 7, 31)
PERIOD = "from_day=2026-01-01&to_day=2026-12-31&currency=USD"
MAP = {
    "accounts": [
        {"part": part, "account": f"{place:03d}"} for place, part in enumerate(entries.PARTS)
    ]
}


@pytest.fixture
def books(database: str) -> Books:
    return open_books(DOMAIN)


@pytest.fixture
def screen(books: Books, queue: str, set_settings: Callable[..., None]) -> Screen:
    return open_screen(books.shop_id, DOMAIN, set_settings)


def parts(entry: Entry) -> dict[str, str]:
    return {leg.part: f"{leg.amount:f}" for leg in entry.legs}


def paid(kind: str, amount: str, discount: str = "0", withheld: str = "0") -> PaidPart:
    return PaidPart("USD", kind, Decimal(amount), Decimal(discount), Decimal(withheld))


def of_payment(lines: list[PaidPart], **stated: str) -> list[Entry]:
    amounts = {currency: Decimal(amount) for currency, amount in stated.items()}
    bank = next(iter(amounts))
    return list(entries.of_payment("77", DAY, "/", amounts, bank, lines))


amount = st.decimals(-100_000, 100_000, places=4)
kind = st.sampled_from([one for one in entries.PARTS if one not in ("bank", "clearing", "tax")])
line = st.builds(PaidPart, st.sampled_from(["USD", "JPY", "EUR"]), kind, amount, amount, amount)


@given(
    lines=st.lists(line, max_size=12),
    stated=st.dictionaries(st.sampled_from(["USD", "JPY", "EUR"]), amount, min_size=1, max_size=2),
)
def test_debits_equal_credits_in_each_entry_and_currency_whatever_is_paid(
    lines: list[PaidPart], stated: dict[str, Decimal]
) -> None:
    made = list(entries.of_payment("1", DAY, "/", stated, next(iter(stated)), lines))
    assert len({one.currency for one in made}) == len(made)
    for entry in made:
        assert sum(leg.amount for leg in entry.legs) == 0
        assert len({leg.part for leg in entry.legs}) == len(entry.legs)
        unit = Decimal(1).scaleb(-entries.DECIMALS.get(entry.currency, 2))
        assert all(leg.amount and leg.amount % unit == 0 for leg in entry.legs)


@given(total=amount, tax=amount, type=st.sampled_from(["Invoice", "CreditNote"]))
def test_debits_equal_credits_in_each_invoice(total: Decimal, tax: Decimal, type: str) -> None:
    entry = entries.of_invoice(1, "1", type, DAY, "USD", total, tax)
    assert sum(leg.amount for leg in entry.legs) == 0


@given(
    sizes=st.lists(st.integers(2, 16), min_size=1, max_size=80),
    software=st.sampled_from(["quickbooks", "xero", "odoo"]),
)
def test_a_file_is_never_longer_than_its_software_takes_and_no_entry_is_cut(
    sizes: list[int], software: layouts.Software
) -> None:
    made = [
        Entry(
            f"N{place}",
            DAY,
            "USD",
            "payment",
            "/",
            tuple(Leg("bank", Decimal(1)) for _ in range(size)),
        )
        for place, size in enumerate(sizes)
    ]
    accounts = {"bank": Account("1000", None)}
    file = layouts.written(software, made, accounts, JournalSetting(shop_id=1), "x")
    contents = [file.content]
    if file.name.endswith(".zip"):
        with zipfile.ZipFile(BytesIO(file.content)) as archive:
            contents = [archive.read(name) for name in archive.namelist()]
    most = layouts.LAYOUTS[software].most_rows
    seen: list[str] = []
    for content in contents:
        rows = list(csv.reader(StringIO(content.decode())))[1:]
        assert most is None or len(rows) <= most
        seen += list(dict.fromkeys(row[0] for row in rows if row[0]))
    assert seen == [one.number for one in made]


def test_a_payment_settles_what_is_owed_and_names_what_was_taken_and_given_back() -> None:
    [entry] = of_payment(
        [
            paid("invoice", "980", discount="20"),
            paid("shortage_claim", "-100"),
            paid("shortage_repaid", "40"),
            paid("co_op", "-15.5"),
            paid("provision", "-4.5"),
        ],
        USD="900",
    )
    assert (entry.number, entry.currency) == ("P-77", "USD")
    assert parts(entry) == {
        "bank": "900.00",
        "quick_pay": "20.00",
        "shortage_claim": "60.00",
        "co_op": "15.50",
        "provision": "4.50",
        "receivable": "-1000.00",
    }


def test_what_the_lines_do_not_explain_stands_by_itself() -> None:
    [entry] = of_payment([paid("invoice", "10")], USD="9.99")
    assert parts(entry) == {"bank": "9.99", "difference": "0.01", "receivable": "-10.00"}


def test_a_payment_in_another_currency_makes_two_entries_that_meet_in_clearing() -> None:
    bank, papers = of_payment([paid("invoice", "100")], JPY="15000", USD="100")
    assert (bank.currency, parts(bank)) == ("JPY", {"bank": "15000", "clearing": "-15000"})
    assert (papers.currency, parts(papers)) == (
        "USD",
        {"clearing": "100.00", "receivable": "-100.00"},
    )
    assert bank.number != papers.number


def test_a_credit_note_takes_back_what_is_owed() -> None:
    entry = entries.of_invoice(1, "C1", "CreditNote", DAY, "USD", Decimal("-11"), Decimal("-1"))
    assert parts(entry) == {"revenue": "10.00", "tax": "1.00", "receivable": "-11.00"}


def story(books: Books) -> None:
    books.order("P1", (10, "10"))
    books.move("P1", "1", 10, 8)
    books.bill("INV1", ("P1", "1", 10, "10"))
    books.pay("R1", ("INV1", "100"), ("INV1SC", "-20"))
    books.match()


def test_the_papers_of_a_period_become_entries_of_their_own_parts(books: Books) -> None:
    story(books)
    made = run(
        lambda session: list(entries.entries(session, date(2026, 1, 1), date(2026, 12, 31))),
        books.shop_id,
    )
    assert [(one.kind, parts(one)) for one in made] == [
        ("invoice", {"receivable": "100.00", "revenue": "-100.00"}),
        ("payment", {"bank": "80.00", "shortage_claim": "20.00", "receivable": "-100.00"}),
    ]
    assert (
        run(
            lambda session: list(entries.entries(session, date(2025, 1, 1), date(2025, 12, 31))),
            books.shop_id,
        )
        == []
    )


def rows_of(screen: Screen, software: str) -> list[dict[str, str]]:
    content = screen.download(f"/journals/file?{PERIOD}&software={software}", method="POST")
    return list(csv.DictReader(StringIO(content.decode())))


def test_each_software_gets_the_layout_that_it_imports(books: Books, screen: Screen) -> None:
    story(books)
    refused = screen.ask(f"/journals/file?{PERIOD}&software=xero", 422, "POST")
    assert refused["code"] == "accounts_missing"
    assert {one["field"] for one in refused["errors"]} == {
        "receivable",
        "revenue",
        "bank",
        "shortage_claim",
    }
    screen.ask("/journals/settings", 200, "PUT", {**MAP, "customer": "Amazon US"})
    first = rows_of(screen, "quickbooks")[0]
    assert first["Journal No"] == "I-INV1"
    assert (first["Debits"], first["Credits"], first["Name"]) == ("100.00", "", "Amazon US")
    assert first["Journal Date"] == f"{NOW - timedelta(days=25):%m/%d/%Y}"
    xero = rows_of(screen, "xero")
    assert (xero[0]["*Date"], xero[0]["*Amount"]) == (
        f"{NOW - timedelta(days=25):%d/%m/%Y}",
        "100.00",
    )
    assert sum(Decimal(row["*Amount"]) for row in xero) == 0
    odoo = rows_of(screen, "odoo")
    assert [row["ref"] for row in odoo] == ["I-INV1", "", "P-R1", "", ""]
    assert sum(Decimal(row["line_ids/debit"]) for row in odoo) == Decimal(200)
    assert sum(Decimal(row["line_ids/credit"]) for row in odoo) == Decimal(200)


def test_the_screen_adds_up_by_part_and_says_which_accounts_are_missing(
    books: Books, screen: Screen
) -> None:
    story(books)
    some: dict[str, Any] = {"accounts": [{"part": "bank", "account": "1000 Bank"}]}
    screen.ask("/journals/settings", 200, "PUT", some)
    shown = screen.ask(f"/journals?{PERIOD}")
    assert shown["debit"] == shown["credit"] == {"amount": "200.00", "currency": "USD"}
    assert shown["missing"] == ["receivable", "revenue", "shortage_claim"]
    assert [one["number"] for one in shown["newest"]] == ["P-R1", "I-INV1"]
    assert screen.ask("/journals/settings")["currencies"] == ["USD"]


def test_a_period_that_is_none_is_refused(screen: Screen) -> None:
    wrong = screen.ask("/journals?from_day=2026-02-01&to_day=2026-01-01&currency=USD", 422)
    assert wrong["code"] == "invalid_input"
    assert rows_of(screen, "odoo") == []


def test_a_second_export_of_a_period_says_so_and_writes_what_changed_as_corrections(
    books: Books, screen: Screen
) -> None:
    story(books)
    screen.ask("/journals/settings", 200, "PUT", MAP)
    assert screen.ask(f"/journals?{PERIOD}&software=odoo")["since"] is None
    first = rows_of(screen, "odoo")
    again = screen.ask(f"/journals/file?{PERIOD}&software=odoo", 409, "POST")
    assert again["code"] == "exported_before"
    assert rows_of(screen, "odoo&scope=changes") == []
    # The payment is read again and says more, an invoice is new, and another software has nothing.
    books.pay("R1", ("INV1", "100"), ("INV1SC", "-15"))
    books.bill("INV2", ("P1", "1", 1, "10"))
    since = screen.ask(f"/journals?{PERIOD}&software=odoo")["since"]
    assert (since["new"], since["changed"], since["gone"], since["same"]) == (1, 1, 0, 1)
    assert screen.ask(f"/journals?{PERIOD}&software=xero")["since"] is None
    written = rows_of(screen, "odoo&scope=changes")
    assert [row["ref"] for row in written if row["ref"]] == ["I-INV2", "P-R1-C1"]
    # What is new has the day of its paper; what is booked stays, and is corrected on the day of now.
    dated = {row["ref"]: row["date"] for row in written if row["ref"]}
    assert dated == {"I-INV2": first[0]["date"], "P-R1-C1": datetime.now(UTC).date().isoformat()}
    correction = {
        row["line_ids/name"].removeprefix("P-R1-C1 "): (
            row["line_ids/debit"],
            row["line_ids/credit"],
        )
        for row in written[2:]
    }
    assert correction == {"bank": ("5.00", "0"), "shortage_claim": ("0", "5.00")}
    # A payment that is gone is taken back, once.
    with transaction(books.shop_id) as session:
        session.execute(text("DELETE FROM remittance"))
    since = screen.ask(f"/journals?{PERIOD}&software=odoo")["since"]
    assert [(one["what"], one["number"]) for one in since["changes"]] == [("gone", "P-R1-C2")]
    assert [row["ref"] for row in rows_of(screen, "odoo&scope=changes") if row["ref"]] == [
        "P-R1-C2"
    ]
    assert screen.ask(f"/journals?{PERIOD}&software=odoo")["since"]["gone"] == 0
    kept = screen.all("/journals/exports")
    assert [(one["scope"], one["entries"]) for one in kept] == [
        ("changes", 1),
        ("changes", 2),
        ("changes", 0),
        ("all", 2),
    ]
    content = screen.download(f"/journals/exports/{kept[-1]['export_id']}/file")
    assert list(csv.DictReader(StringIO(content.decode()))) == first
