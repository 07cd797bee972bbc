"""Each purchase order line from ordered to paid: every unit and every cent in one place."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError

from app.db import run, transaction
from app.vendor.costs import agreeing
from app.vendor.costs.agreeing import Said
from app.vendor.reconciliation import conservation, full, restating, stating
from tests.vendor.matched import CODE, NOW, Books, open_books

SHOPS = count(1)
QUEUE = text(
    "SELECT kind, reference, units, amount, status FROM discrepancy ORDER BY kind, reference"
)
WITHDRAW = text("UPDATE purchase_order SET withdrawn = true")


@pytest.fixture
def books(database: str) -> Books:
    return open_books(f"match-{next(SHOPS)}.myshopify.com")


def sold(books: Books, *, shipped: int = 100, received: int = 100) -> None:
    """A hundred eaches at ten dollars and ten at five, shipped, received and billed as NT-1."""
    books.order("PO1", (100, "10"), (10, "5"))
    books.move("PO1", "1", shipped, received)
    books.move("PO1", "2", 10, 10)
    books.bill("NT-1", ("PO1", "1", 100, "10"), ("PO1", "2", 10, "5"))


def waiting(books: Books) -> int:
    """How many papers wait to be matched."""
    with transaction(books.shop_id) as session:
        return int(session.execute(text("SELECT count(*) FROM reconciliation_due")).scalar_one())


def test_a_line_that_was_paid_in_full_agrees_from_ordered_to_paid(books: Books) -> None:
    sold(books)
    books.pay("P1", ("NT-1", "1050"))
    books.match()
    one = books.of("PO1", "1")
    assert (one.ordered_units, one.acknowledged_units, one.shipped_units) == (100, 100, 100)
    assert (one.received_units, one.invoiced_units, one.paid_units) == (100, 100, 100)
    assert (one.ordered, one.invoiced, one.paid) == (1000, 1000, 1000)
    assert (one.disagreement, one.places, one.outstanding) == (None, [], 0)
    assert books.of_invoice("NT-1").state == "settled"


def test_a_shortage_claimed_and_repaid_is_folded_onto_its_invoice_and_the_line_finance_names(
    books: Books,
) -> None:
    sold(books)
    books.tell("NT-1", (1, 10, "0"), (2, 0, "0"))
    books.pay("P1", ("NT-1", "1050"))
    books.pay("P2", ("NT-1SC", "-100"))
    books.match()
    told = books.of_invoice("NT-1")
    assert (told.remitted, told.shortage, told.paid) == (1050, 100, 950)
    assert (told.unplaced_deducted, told.unplaced_recovered) == (0, 0)
    one, other = books.of("PO1", "1"), books.of("PO1", "2")
    assert (one.disagreement, one.cause) == ("deducted", "SHORTAGES_IN_TRANSIT")
    assert (one.deducted, one.deducted_units, one.paid_units) == (100, 10, 90)
    assert (other.deducted, other.disagreement, one.is_shared) == (0, None, False)
    books.pay("P3", ("NT-1SCR", "100"))
    books.match()
    assert books.of_invoice("NT-1").paid == 1050
    one = books.of("PO1", "1")
    assert (one.recovered, one.recovered_units, one.paid) == (100, 10, 1000)
    assert one.disagreement is None


def test_claims_on_several_named_lines_each_get_what_finance_names(books: Books) -> None:
    sold(books)
    books.tell("NT-1", (1, 3, "7.77"), (2, 2, "0"))
    books.pay("P1", ("NT-1", "1050"))
    books.pay("P2", ("NT-1SC", "-40"), ("NT-1PC", "-7.77"))
    books.pay("P3", ("NT-1SCR", "40"), ("NT-1SCRSC", "-40"))
    books.match()
    one, other = books.of("PO1", "1"), books.of("PO1", "2")
    assert (one.deducted, one.deducted_units) == (Decimal("67.77"), 6)
    assert (one.recovered, one.recovered_units) == (30, 3)
    assert (other.deducted, other.deducted_units, other.recovered) == (20, 4, 10)
    assert books.of_invoice("NT-1").placed == ["shortage", "shortage_recovered", "price"]


@pytest.mark.parametrize(
    "named", [[], [(1, 3, "0"), (2, 2, "0")]], ids=["no line", "lines that come to something else"]
)
def test_a_claim_whose_lines_nobody_names_stays_with_its_invoice(
    books: Books, named: list[tuple[int, int, str]]
) -> None:
    sold(books)
    books.tell("NT-1", *named)
    books.pay("P1", ("NT-1", "1050"), ("NT-1SC", "-33.33"))
    books.match()
    told = books.of_invoice("NT-1")
    assert (told.shortage, told.unplaced_deducted, told.placed) == (
        Decimal("33.33"), Decimal("33.33"), [],
    )  # fmt: skip
    for line in ("1", "2"):
        one = books.of("PO1", line)
        assert (one.deducted, one.disagreement) == (0, "unplaced")
    assert run(conservation.findings, books.shop_id) == []
    # Finance names it later, and it moves there.
    books.tell("NT-1", (1, 0, "0"), (2, 7, "0"))
    books.match()
    assert books.of("PO1", "2").deducted == Decimal("33.33")
    assert books.of_invoice("NT-1").unplaced_deducted == 0


def test_a_claim_on_an_invoice_of_one_line_is_on_that_line(books: Books) -> None:
    books.order("PO1", (10, "2"))
    books.bill("NT-1", ("PO1", "1", 10, "2"))
    books.pay("P1", ("NT-1", "20"), ("NT-1SC", "-4"), ("NT-1-VCBSINV", "-1"))
    books.match()
    one = books.of("PO1", "1")
    assert (one.deducted, one.deducted_units, one.paid) == (5, 2, 15)


def test_a_provision_is_timing_and_no_loss(books: Books) -> None:
    sold(books)
    books.pay("P1", ("NT-1", "1050"), ("NT-1 PROVISION FOR RECEIVABLES", "-200"))
    books.match()
    told = books.of_invoice("NT-1")
    assert (told.provision, told.paid, told.state) == (200, 850, "settled")
    assert books.of("PO1", "1").disagreement is None
    books.pay("P2", ("NT-1 PROVISION FOR RECEIVABLESR", "200"))
    books.match()
    assert (books.of_invoice("NT-1").provision, books.of_invoice("NT-1").paid) == (0, 1050)


def test_what_nothing_explains_is_shown_and_never_spread(books: Books) -> None:
    sold(books)
    books.pay("P1", ("NT-1", "1060"))
    books.match()
    told = books.of_invoice("NT-1")
    assert (told.unexplained, told.open, told.state) == (-10, 0, "overpaid")
    for line, paid in (("1", 1000), ("2", 50)):
        one = books.of("PO1", line)
        assert (one.disagreement, one.outstanding, one.paid) == ("unexplained", 0, paid)


def test_a_failed_payment_pays_nothing_and_one_in_progress_not_yet(books: Books) -> None:
    sold(books)
    for status in ("IN_PROGRESS", "FAILED"):
        books.pay("P1", ("NT-1", "1050"), status=status)
        books.match()
        assert books.of_invoice("NT-1").state == "unpaid"
    books.pay("P1", ("NT-1", "1050"))
    books.match()
    assert books.of_invoice("NT-1").state == "settled"


def test_a_payment_that_came_before_its_invoice_is_told_again_once_the_invoice_is_ours(
    books: Books,
) -> None:
    books.order("PO1", (100, "10"), (10, "5"))
    books.bill("NT-1", ("PO1", "1", 40, "10"))
    # By its grammar this is a claim on NT-1; by its name it is an invoice of ours, seen later.
    books.pay("P1", ("NT-1-SC", "500"))
    books.match()
    assert books.of_invoice("NT-1").recovered == 500
    books.bill("NT-1-SC", ("PO1", "1", 50, "10"))
    books.match()
    assert books.of_invoice("NT-1").recovered == 0
    assert books.of_invoice("NT-1-SC").state == "settled"


def test_another_currency_is_never_added(books: Books) -> None:
    sold(books)
    books.pay("P1", ("NT-1", "1050"), currency="CAD")
    books.match()
    told = books.of_invoice("NT-1")
    assert (told.remitted, told.open, told.other_currency) == (0, 1050, True)


def test_a_shortage_is_named_only_when_receipts_have_had_their_time(books: Books) -> None:
    sold(books, received=90)
    books.match(now=NOW - timedelta(days=25))
    one = books.of("PO1", "1")
    assert one.disagreement is None and one.looks_again_at is not None
    books.match(now=NOW)
    assert books.of("PO1", "1").disagreement == "short_received"


@pytest.mark.parametrize(
    ("billed", "name"),
    [
        ([("A", 100, "10.50")], "price_variance"),
        ([("A", 110, "10")], "overbilled"),
        ([("A", 100, "10"), ("B", 100, "10")], "duplicate_invoice"),
        ([("A", 60, "10"), ("B", 40, "10")], None),
        ([("A", 60, "10")], "unbilled"),
    ],
)
def test_what_was_invoiced_is_held_against_order_and_receipt(
    books: Books, billed: list[tuple[str, int, str]], name: str | None
) -> None:
    books.order("PO1", (100, "10"))
    books.move("PO1", "1", 100, 100)
    for invoice, units, cost in billed:
        books.bill(invoice, ("PO1", "1", units, cost))
    books.match()
    assert books.of("PO1", "1").disagreement == name


def test_a_price_is_held_against_the_agreed_cost_as_soon_as_one_is_agreed(books: Books) -> None:
    books.order("PO1", (100, "10"))
    books.move("PO1", "1", 100, 100)
    books.bill("A", ("PO1", "1", 100, "10"))
    books.match()
    assert books.of("PO1", "1").disagreement is None
    with transaction(books.shop_id) as session:
        day = (NOW - timedelta(days=90)).date()
        said = Said("na", CODE, "B000000001", "USD", Decimal("10.50"), day)
        [agreed] = agreeing.agree(session, [said], by="user:1")
        number = agreed.agreed_cost_id
    books.match()
    assert books.of("PO1", "1").disagreement == "price_variance"
    with transaction(books.shop_id) as session:
        [named] = stating.disagreements(session, [("na", "PO1")], now=NOW)
        assert (named.kind, named.amount) == ("price_variance", Decimal(50))
        agreeing.withdraw(session, number, by="user:1")
    books.match()
    assert books.of("PO1", "1").disagreement is None


@pytest.mark.parametrize(("paid", "name"), [("500", "underpaid"), (None, "unpaid_overdue")])
def test_an_invoice_past_its_due_date_is_named(books: Books, paid: str | None, name: str) -> None:
    sold(books)
    if paid:
        books.pay("P1", ("NT-1", paid))
    books.match()
    assert books.of("PO1", "1").disagreement is None
    books.match(now=NOW + timedelta(days=38))
    assert books.of("PO1", "1").disagreement == name


def test_a_full_pass_gives_the_same_rows_and_writes_none_of_them_again(books: Books) -> None:
    sold(books, received=90)
    books.pay("P1", ("NT-1", "700.03", "20"), ("NT-1SC", "-33.33"))
    books.match()
    before = books.rows()
    assert full.restate_all(books.shop_id, now=NOW) == (0, 0)
    assert books.rows() == before


def test_a_full_pass_that_dies_half_way_leaves_what_is_due_and_is_followed_by_another(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold(books, received=90)
    with monkeypatch.context() as patched:
        patched.setattr(full, "WITHDRAWN", "SELECT 1 / 0")
        with pytest.raises(DataError):
            full.restate_all(books.shop_id, now=NOW)
    assert books.of("PO1", "1").received_units == 90
    assert waiting(books) > 0
    assert full.restate_all(books.shop_id, now=NOW) == (0, 0)
    assert waiting(books) == 0


def test_an_order_whose_file_was_undone_is_no_longer_matched(books: Books) -> None:
    books.order("PO1", (10, "1"))
    books.match()
    run(lambda session: session.execute(WITHDRAW), books.shop_id)
    books.match()
    assert books.rows() == []


def queue(books: Books) -> list[tuple[str, str, int | None, Decimal | None, str]]:
    rows = run(lambda session: session.execute(QUEUE).all(), books.shop_id)
    return [tuple(row) for row in rows]


def test_what_disagrees_opens_in_the_queue_and_closes_by_itself(books: Books) -> None:
    sold(books, received=90)
    books.match()
    short = ("short_received", "na:PO1:1", 10, Decimal(100))
    assert queue(books) == [(*short, "open")]
    books.line("PO1", "1", received_units=100)
    books.match()
    assert queue(books) == [(*short, "closed")]
    books.line("PO1", "1", received_units=99)
    books.match()
    assert queue(books) == [("short_received", "na:PO1:1", 1, Decimal(10), "open")]


def test_sources_of_a_receipt_that_differ_open_in_the_queue_and_close_by_themselves(
    books: Books,
) -> None:
    sold(books)
    books.match()
    books.tell("NT-1", (1, 8, "0"))
    books.match()
    differs = ("receipts_disagree", "na:PO1:1", 8, Decimal(80))
    assert queue(books) == [(*differs, "open")]
    restating.state_all(books.shop_id)
    assert queue(books) == [(*differs, "open")]
    # Received short by the status as well: another kind says it.
    books.line("PO1", "1", received_units=90)
    books.match()
    assert queue(books) == [
        (*differs, "closed"),
        ("short_received", "na:PO1:1", 10, Decimal(100), "open"),
    ]
    books.line("PO1", "1", received_units=100)
    books.tell("NT-1", (1, -5, "0"))
    books.match()
    assert queue(books)[0] == ("receipts_disagree", "na:PO1:1", 5, Decimal(-50), "open")
    books.tell("NT-1", (1, 0, "0"))
    books.match()
    assert {one[-1] for one in queue(books)} == {"closed"}


def test_what_has_no_invoice_yet_is_no_difference_of_sources(books: Books) -> None:
    books.order("PO1", (100, "10"))
    books.move("PO1", "1", 100, 100)
    books.bill("NT-1", ("PO1", "1", 60, "10"))
    books.tell("NT-1", (1, 0, "0"))
    books.match()
    assert "receipts_disagree" not in {one[0] for one in queue(books)}
    books.tell("NT-1", (1, 1, "0"))
    books.match()
    assert ("receipts_disagree", "na:PO1:1", 1, Decimal(10), "open") in queue(books)


def test_what_a_credit_note_names_was_not_received_once_more(books: Books) -> None:
    sold(books)
    books.tell("NT-1", (1, 0, "0"))
    books.bill("CN-1", ("PO1", "1", 5, "10"), type="CreditNote")
    books.tell("CN-1", (1, 0, "0"))
    books.match()
    assert "receipts_disagree" not in {one[0] for one in queue(books)}


def test_money_that_is_late_or_unexplained_is_stated_by_invoice(books: Books) -> None:
    sold(books)
    books.match(now=NOW + timedelta(days=60))
    assert queue(books) == [("unpaid_overdue", "na:NT-1", None, Decimal(1050), "open")]
    books.pay("P1", ("NT-1", "1050.50"))
    books.match(now=NOW + timedelta(days=60))
    assert queue(books) == [
        ("unexplained", "na:NT-1", None, Decimal("-0.50"), "open"),
        ("unpaid_overdue", "na:NT-1", None, Decimal(1050), "closed"),
    ]


def test_a_full_statement_says_the_same_as_following_did(books: Books) -> None:
    sold(books, received=90)
    books.bill("NT-2", ("PO1", "1", 100, "10"))
    books.match()
    before = queue(books)
    assert [one[0] for one in before] == ["duplicate_invoice", "short_received"]
    full.restate_all(books.shop_id, now=NOW)
    restating.state_all(books.shop_id)
    assert [one for one in queue(books) if one[0] in ("duplicate_invoice", "short_received")] == (
        before
    )


def test_an_invoice_in_another_currency_than_its_order_stands_with_no_line(books: Books) -> None:
    sold(books)
    books.bill("NT-2", ("PO1", "1", 5, "9"), currency="EUR")
    books.pay("P1", ("NT-1", "1050"))
    books.match()
    one = books.of("PO1", "1")
    assert (one.currency, one.invoiced, one.invoices) == ("USD", 1000, 1)
    assert books.of_invoice("NT-2").open == 45
    assert run(conservation.findings, books.shop_id) == []
