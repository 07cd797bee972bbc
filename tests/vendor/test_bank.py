"""The last mile: what Amazon says it paid is found in the bank, or named, and nobody's name is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from app.db import run, transaction
from app.errors import Refused
from app.shops import this_shop
from app.vendor.bank import matching
from app.vendor.bank.tables import BankLine
from app.vendor.files import working
from app.vendor.files.tables import FileImport
from app.vendor.payments import witnesses
from app.vendor.payments.stated import Line, Payment
from app.vendor.payments.tables import RemittanceWitness
from tests.support.screen import open_screen
from tests.vendor.bank_files import ENTRY, camt, mt940, table
from tests.vendor.brand import VendorBrand

AMAZON = ("AMAZON EU SARL", "1420.20", "P100", "Zahlung P100")
PERSON = ("Erika Mustermann", "5471.00", "PRIVATE-1", "Danke fuer das Zelt")
PAID_AT = datetime(2026, 9, 18, 12, tzinfo=UTC)


def comma(entry: tuple[str, str, str, str]) -> tuple[str, str, str, str]:
    return (entry[0], entry[1].replace(".", ","), *entry[2:])


def paid(brand: VendorBrand, number: str, amount: str = "1420.20", at: datetime = PAID_AT) -> str:
    """A payment that counts, told by a file."""
    with transaction(brand.shop_id) as session:
        lines = (Line("NT-1", Decimal(amount), "EUR"),)
        said = Payment(number, at, Decimal(amount), "EUR", lines=lines)
        witnesses.keep(session, "eu", "file", 1, said)
        matching.state(session)
    return f"file:{number}"


def bring(brand: VendorBrand, content: bytes) -> FileImport:
    with transaction(brand.shop_id) as session:
        kept, found = working.bring(
            session, "bank_lines", "statement", content, region="eu", actor="user:7"
        )
        assert found.faults == []
        return kept


def take(brand: VendorBrand, content: bytes) -> int:
    kept = bring(brand, content)
    run(lambda session: working.apply(session, kept.import_id, actor="user:7"), brand.shop_id)
    working.work(brand.shop_id)
    return kept.import_id


def tied(brand: VendorBrand) -> list[tuple[Any, ...]]:
    return [
        tuple(row)
        for row in brand.rows(
            "SELECT amount, currency, end_to_end, payment_number, matched_how FROM bank_line"
        )
    ]


def standing(brand: VendorBrand, kind: str) -> list[Decimal]:
    return [
        row.amount
        for row in brand.rows(
            "SELECT amount FROM discrepancy WHERE kind = :kind AND status = 'open'", kind=kind
        )
    ]


FORMS = pytest.mark.parametrize(
    "content",
    [
        camt(PERSON, AMAZON),
        mt940(comma(PERSON), comma(AMAZON)),
        table(comma(PERSON), comma(AMAZON)),
    ],
    ids=["camt", "mt940", "csv"],
)


@FORMS
def test_a_payment_is_found_in_the_bank_by_its_number_and_amount(
    brand: VendorBrand, content: bytes
) -> None:
    paid(brand, "P100")
    take(brand, content)
    assert tied(brand) == [(Decimal("1420.20"), "EUR", "P100", "P100", "reference")]


@FORMS
def test_of_a_statement_nothing_but_amazons_lines_is_stored(
    brand: VendorBrand, content: bytes
) -> None:
    take(brand, content)
    [kept] = brand.rows("SELECT content FROM file_import")
    lines = [str(tuple(row)) for row in brand.rows("SELECT * FROM bank_line")]
    for stored in (bytes(kept.content).decode(), *lines):
        for private in ("Mustermann", "PRIVATE", "DE89", "5471"):
            assert private not in stored
    assert len(lines) == 1


@pytest.mark.parametrize("form", [camt, table], ids=["camt", "csv"])
def test_a_person_who_writes_amazon_into_the_text_is_not_stored_by_name(
    brand: VendorBrand, form: Callable[..., bytes]
) -> None:
    amount = "7,00" if form is table else "7.00"
    take(brand, form(("Erika Mustermann", amount, "E2E77001", "Gift from Amazon for PRIVATE")))
    [kept] = brand.rows("SELECT content FROM file_import")
    assert "E2E77001" in bytes(kept.content).decode()
    for private in ("Erika", "Mustermann", "Gift", "PRIVATE"):
        assert private not in bytes(kept.content).decode()
    assert len(tied(brand)) == 1


def test_a_reference_that_says_that_there_is_none_is_none(brand: VendorBrand) -> None:
    take(brand, table(("AMAZON EU SARL", "7,00", "NOTPROVIDED", "Zahlung")))
    assert [row[2] for row in tied(brand)] == [None]


def test_a_statement_without_amazon_is_refused_and_leaves_nothing(brand: VendorBrand) -> None:
    with pytest.raises(Refused, match="nothing of it was kept"):
        bring(brand, camt(PERSON))
    assert brand.value("SELECT count(*) FROM file_import") == 0


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><Document><Stmt>&a;</Stmt></Document>',
        b"<Document><Stmt>",
        b"<Document><BkToCstmrDbtCdtNtfctn/></Document>",
        b":20:X\n:61:nonsense\n",
    ],
    ids=["entities", "cut off", "no statement", "broken field"],
)
def test_a_broken_statement_is_refused_with_what_would_do(
    brand: VendorBrand, content: bytes
) -> None:
    with pytest.raises(Refused) as refused:
        bring(brand, content)
    assert refused.value.errors[0].field == "file"


def test_entries_not_booked_are_left_out_and_debits_are_below_zero(brand: VendorBrand) -> None:
    other = {"payer": "AMAZON EU SARL", "end": "X-77001", "said": "", "day": "2026-09-20"}
    pending = ENTRY.format(amount="9.00", side="CRDT", status="PDNG", bank="B8", **other)
    debit = ENTRY.format(amount="12.50", side="DBIT", status="BOOK", bank="B9", **other)
    take(brand, camt(AMAZON, extra=pending + debit))
    assert sorted(row[0] for row in tied(brand)) == [Decimal("-12.50"), Decimal("1420.20")]


def test_overlapping_statements_count_each_line_once(brand: VendorBrand) -> None:
    first = take(brand, camt(AMAZON))
    second = bring(brand, camt(AMAZON, ("AMAZON EU SARL", "7.00", "P7", "")))
    assert second.outcome == {"same": 1, "new": 1}
    run(lambda session: working.undo(session, first, actor="user:7"), brand.shop_id)
    working.work(brand.shop_id)
    assert tied(brand) == []


def test_a_payment_of_the_same_amount_is_suggested_and_a_person_confirms(
    brand: VendorBrand, set_settings: Callable[..., None]
) -> None:
    payment_id = paid(brand, "P100")
    paid(brand, "P999", at=PAID_AT - timedelta(days=40))
    take(brand, camt(("AMAZON EU SARL", "1420.20", "NOTPROVIDED", "Zahlung")))
    with transaction(brand.shop_id) as session:
        domain = this_shop(session).domain
    screen = open_screen(brand.shop_id, domain, set_settings)
    [line] = screen.ask("/bank-lines?state=open")["data"]
    assert [(one["payment_id"], one["why"]) for one in line["suggestions"]] == [
        (payment_id, "amount")
    ]
    path = f"/bank-lines/{line['bank_line_id']}"
    body = {"region": "eu", "payment_id": payment_id}
    line = screen.ask(f"{path}/confirm", method="POST", body=body)
    assert (line["state"], line["payment"]["number"]) == ("confirmed", "P100")
    assert screen.ask(f"{path}/set-aside", 409, method="POST")["code"] == "already_tied"
    assert screen.ask(f"{path}/let-go", method="POST")["state"] == "open"
    assert screen.ask(f"{path}/set-aside", method="POST")["state"] == "set_aside"
    assert screen.ask("/bank-lines?state=open")["data"] == []


def test_lines_come_page_by_page_and_as_a_file(
    brand: VendorBrand, set_settings: Callable[..., None]
) -> None:
    take(brand, camt(AMAZON, ("AMAZON EU SARL", "7.00", "P7", "")))
    with transaction(brand.shop_id) as session:
        domain = this_shop(session).domain
    screen = open_screen(brand.shop_id, domain, set_settings)
    lines = screen.all("/bank-lines", limit=1)
    assert [Decimal(one["amount"]["amount"]) for one in lines] == [Decimal("7"), Decimal("1420.2")]
    assert screen.download("/exports/bank-lines?state=open").decode().count("\n") == 3


def test_what_is_paid_and_not_in_the_bank_is_named_after_the_days_that_are_set(
    brand: VendorBrand,
) -> None:
    paid(brand, "P200", "99.00", at=datetime(2026, 9, 21, 12, tzinfo=UTC))
    assert standing(brand, "not_in_bank") == []  # no statement was ever brought
    take(brand, camt(AMAZON))
    assert standing(brand, "not_in_bank") == [Decimal("99")]
    with transaction(brand.shop_id) as session:
        matching.set_days(session, None)
    assert standing(brand, "not_in_bank") == []
    with transaction(brand.shop_id) as session:
        matching.set_days(session, 5)
    take(brand, camt(("AMAZON EU SARL", "99.00", "P200", "")))
    assert standing(brand, "not_in_bank") == []


def test_a_recent_payment_is_given_its_days(brand: VendorBrand) -> None:
    take(brand, camt(AMAZON))
    paid(brand, "P300", at=datetime.now(UTC) - timedelta(days=9))
    assert standing(brand, "not_in_bank") == []


def test_another_amount_in_the_bank_is_named_to_the_cent(brand: VendorBrand) -> None:
    payment_id = paid(brand, "P100")
    take(brand, camt(("AMAZON EU SARL", "1405.20", "P100", "")))
    assert tied(brand)[0][3] is None  # the number alone ties nothing
    line_id = brand.value("SELECT bank_line_id FROM bank_line")
    with transaction(brand.shop_id) as session:
        matching.confirm(session, line_id, "eu", payment_id, by="user:7")
    assert standing(brand, "bank_difference") == [Decimal("15")]


def test_a_tie_follows_its_payment_when_another_source_counts(brand: VendorBrand) -> None:
    paid(brand, "P100")
    take(brand, camt(AMAZON))
    with transaction(brand.shop_id) as session:
        lines = (Line("NT-1", Decimal("1420.20"), "EUR"),)
        said = Payment("P100", PAID_AT, Decimal("1420.20"), "EUR", lines=lines)
        witnesses.keep(session, "eu", "edi", 2, said)
        matching.state(session)
    assert brand.value("SELECT payment_id FROM bank_line") == "edi:P100"


def test_two_lines_of_one_number_are_a_persons_to_tell_apart(brand: VendorBrand) -> None:
    paid(brand, "P100")
    take(brand, camt(AMAZON, AMAZON))
    assert [row[4] for row in tied(brand)] == [None, None]


def test_a_line_that_a_person_tied_says_when_its_payment_is_gone_and_ties_again_when_it_is_back(
    brand: VendorBrand,
) -> None:
    payment = paid(brand, "P7", "1420.20")
    take(brand, camt(("AMAZON EU SARL", "1419.20", "NONE", "Zahlung")))
    with transaction(brand.shop_id) as session:
        [line] = session.exec(select(BankLine)).all()
        matching.confirm(session, line.bank_line_id, "eu", payment, by="user:1")
    assert standing(brand, "bank_match_changed") == []
    with transaction(brand.shop_id) as session:
        witnesses.forget(session, session.exec(select(RemittanceWitness)).all())
        matching.state(session)
    assert standing(brand, "bank_match_changed") == [Decimal("1419.20")]
    assert [row[3] for row in tied(brand)] == [None]
    paid(brand, "P7", "1420.20")
    assert [row[3:] for row in tied(brand)] == [("P7", "confirmed")]
    assert standing(brand, "bank_match_changed") == []


def test_taking_a_statement_back_says_which_ties_of_people_went_with_it(brand: VendorBrand) -> None:
    payment = paid(brand, "P7", "1420.20")
    content = camt(("AMAZON EU SARL", "1419.20", "NONE", "Zahlung"))
    brought = take(brand, content)
    with transaction(brand.shop_id) as session:
        [line] = session.exec(select(BankLine)).all()
        matching.confirm(session, line.bank_line_id, "eu", payment, by="user:1")
    run(lambda session: working.undo(session, brought, actor="user:7"), brand.shop_id)
    working.work(brand.shop_id)
    assert tied(brand) == []
    assert standing(brand, "bank_match_changed") == [Decimal("1419.20")]
    take(brand, content)
    assert [row[3:] for row in tied(brand)] == [("P7", "confirmed")]
    assert standing(brand, "bank_match_changed") == []
