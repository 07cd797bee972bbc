"""Every unit and every cent in exactly one place, whatever the order in which papers come."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db import run
from app.inventory import audit
from app.vendor.reconciliation import conservation
from tests.vendor import matched_oracle as oracle
from tests.vendor.matched import Books, open_books
from tests.vendor.matched_oracle import Bill, Payment

SHOPS = count(1)
CENTS = st.integers(1, 40_000)
NUMBERS = ("NT-1", "NT-2", "NT-1-SC", "CN-1")
ENDINGS = ("", "", "SC", "SCR", "SCRSC", "PC", "VCBSINV", " PROVISION FOR RECEIVABLES", "RX")
BACK = {"SCR": 1, "": 1}

bills = st.lists(
    st.builds(
        Bill,
        st.sampled_from(NUMBERS),
        st.lists(
            st.tuples(st.sampled_from("12"), st.integers(0, 60), st.integers(1, 999)),
            min_size=1,
            max_size=2,
            unique_by=lambda line: line[0],
        ).map(tuple),
        is_void=st.sampled_from((False, False, False, True)),
    ).map(lambda bill: Bill(bill.number, bill.lines, bill.number == "CN-1", bill.is_void)),
    max_size=4,
    unique_by=lambda bill: bill.number,
)
payment_lines = st.lists(
    st.builds(
        lambda number, ending, cents, discount: (
            number + ending,
            cents if ending in BACK else -cents,
            discount if ending == "" else 0,
        ),
        st.sampled_from(NUMBERS[:3]),
        st.sampled_from(ENDINGS),
        CENTS,
        st.sampled_from((0, 0, 7)),
    ),
    min_size=1,
    max_size=3,
).map(tuple)
# What Amazon's finance names of two lines, again and again: (units not matched, cents of variance).
names = st.lists(
    st.tuples(
        st.sampled_from(("NT-1", "NT-2")),
        *[st.tuples(st.sampled_from((0, 1, 5)), st.sampled_from((0, 0, 250)))] * 2,
    ),
    max_size=3,
)
# A payment as it was read again and again; the last reading stands.
readings = st.lists(
    st.builds(
        Payment,
        st.just(""),
        payment_lines,
        st.sampled_from(("SUCCESSFUL", "SUCCESSFUL", "IN_PROGRESS", "FAILED")),
        st.sampled_from(("USD", "USD", "USD", "CAD")),
    ),
    min_size=1,
    max_size=2,
)


class Story:
    """Papers, each with its own readings in their order, and ways for them to arrive."""

    def __init__(
        self,
        made: list[Bill],
        paid: list[list[Payment]],
        moved: list[list[int]],
        told: list[tuple[str, tuple[int, int], tuple[int, int]]],
        confirms: bool,
    ) -> None:
        self.bills, self.paid, self.moved, self.told = made, paid, moved, told
        # A person has said which invoice the first payment's first line pays, as it stood at first.
        self.confirmed = None
        if confirms and made and paid:
            written, cents, discount = paid[0][0].lines[0]
            if cents > 0 and not discount and not made[0].is_credit:
                self.confirmed = (written, cents, made[0].number)

    def named(self, bill: Bill) -> list[list[tuple[int, int]]]:
        """What finance says of an invoice's lines, one reading after the other."""
        return [
            list(said[: len(bill.lines)]) for number, *said in self.told if number == bill.number
        ]

    def strands(self) -> list[list[Any]]:
        # Finance shows an invoice once it is made.
        papers: list[list[Any]] = [
            [bill, *((bill.number, said) for said in self.named(bill))] for bill in self.bills
        ]
        if self.confirmed:
            papers[0].append(self.confirmed)
        papers += [[(f"P{place}", one) for one in each] for place, each in enumerate(self.paid, 1)]
        return papers + [[(str(line), total) for total in each]
                         for line, each in enumerate(self.moved, 1)]  # fmt: skip

    def arrive(self, books: Books, order: list[int], matched_after: set[int]) -> None:
        books.order("PO1", (50, "4.10"), (40, "2"))
        left = self.strands()
        rest = list(range(len(left))) * max(map(len, left), default=0)
        for step, chosen in enumerate([*order, *rest]):
            strand = left[chosen % len(left)] if left else []
            if strand:
                self.bring(books, strand.pop(0))
            if step in matched_after:
                books.match()
        assert not any(left)
        books.match()

    def bring(self, books: Books, paper: Any) -> None:
        if isinstance(paper, Bill):
            books.bill(
                paper.number,
                *(
                    ("PO1", line, units, str(Decimal(cents) / 100))
                    for line, units, cents in paper.lines
                ),
                type="CreditNote" if paper.is_credit else "Invoice",
                state="failed" if paper.is_void else "landed",
            )
        elif paper is self.confirmed:
            written, cents, number = paper
            books.confirm("P1", 1, written, str(Decimal(cents) / 100), number)
        elif isinstance(paper[1], list):
            books.tell(
                paper[0],
                *((place, short, str(Decimal(dear) / 100))
                  for place, (short, dear) in enumerate(paper[1], 1)),
            )  # fmt: skip
        elif isinstance(paper[1], Payment):
            told = paper[1]
            books.pay(
                paper[0],
                *((written, str(Decimal(paid) / 100), str(Decimal(less) / 100))
                  for written, paid, less in told.lines),
                status=told.status,
                currency=told.currency,
            )  # fmt: skip
        else:
            books.move("PO1", paper[0], 40, paper[1])


stories = st.builds(
    Story,
    bills,
    st.lists(readings, max_size=3),
    st.tuples(*[st.lists(st.integers(0, 60), min_size=1, max_size=2)] * 2).map(list),
    names,
    st.booleans(),
)


@pytest.mark.usefixtures("database")
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    story=stories,
    orders=st.tuples(*[st.lists(st.integers(0, 8), max_size=12)] * 2),
    matched_after=st.sets(st.integers(0, 12), max_size=4),
)
def test_nothing_is_lost_and_nothing_depends_on_the_order_of_arrival(
    story: Story, orders: tuple[list[int], list[int]], matched_after: set[int]
) -> None:
    one, other = (open_books(f"conserve-{next(SHOPS)}.myshopify.com") for _ in range(2))
    story.arrive(one, orders[0], matched_after)
    story.arrive(other, orders[1], set())
    before = one.rows()
    assert before == other.rows()
    assert run(conservation.findings, one.shop_id) == []
    one.match(full=True)
    assert one.rows() == before

    paid = [
        Payment(f"P{place}", each[-1].lines, each[-1].status, each[-1].currency)
        for place, each in enumerate(story.paid, 1)
    ]
    money = oracle.invoices(story.bills, paid, story.confirmed)
    for number, told in money.items():
        row = one.of_invoice(number)
        assert {name: getattr(row, name) for name in told} == told
    said = {bill.number: story.named(bill)[-1] for bill in story.bills if story.named(bill)}
    matched, unplaced = oracle.lines(story.bills, money, said)
    for number, (deducted, recovered) in unplaced.items():
        row = one.of_invoice(number)
        assert (row.unplaced_deducted, row.unplaced_recovered) == (deducted, recovered)
    for line, told in matched.items():
        kept = one.of("PO1", line)
        names = ("invoiced", "paid", "deducted", "discounts", "recovered", "provision")
        assert {name: getattr(kept, name) for name in (*names, "outstanding")} == {
            name: told[name] for name in (*names, "outstanding")
        }


CORRUPTIONS = {
    "money_of_an_invoice_stands_once": "UPDATE reconciliation_invoice SET paid = paid + 0.01",
    "money_of_a_line_stands_once": "UPDATE reconciliation_line SET provision = provision + 0.01",
    "units_of_a_line_stand_once": "UPDATE reconciliation_line SET paid_units = paid_units + 1",
    "lines_add_up_to_invoices": "UPDATE reconciliation_line SET invoiced = invoiced + 1,"
    " paid = paid + 1",
    "payments_add_up_to_invoices": "UPDATE remittance_line SET paid = paid + 1",
    "what_is_confirmed_of_a_payment_is_all_of_it": "WITH made AS (INSERT INTO payment_match (shop_id,"
    " rule, state, currency, difference, digest, made_at, decided_at) SELECT shop_id, 'exact',"
    " 'confirmed', 'USD', 0, '', now(), now() FROM remittance RETURNING shop_id, match_id)"
    " INSERT INTO payment_match_part (shop_id, match_id, part, region, payment_id, position,"
    " reference, paid, currency, invoice_id, amount, discount, withheld) SELECT shop_id, match_id, 1,"
    " 'na', 'P1', 1, 'NT-1', 25, 'USD', 1, 24, 0, 0 FROM made",
    "every_line_and_invoice_is_matched": "DELETE FROM reconciliation_invoice",
    "shipped_units_equal_shipments": "UPDATE shipment_line SET booked_units = booked_units + 1",
    "received_units_equal_the_newest_receipt": "INSERT INTO receipt (shop_id, region, number, line,"
    " observed_at, total, amount, unit, unit_size) SELECT shop_id, region, number, line, now(), 1, 1,"
    " 'Eaches', 1 FROM purchase_order_line",
    "receipts_are_of_known_lines": "INSERT INTO receipt (shop_id, region, number, line, observed_at,"
    " total, amount, unit, unit_size) SELECT shop_id, region, number, 'gone', now(), 1, 1, 'Eaches', 1"
    " FROM purchase_order_line",
}


@pytest.mark.audits_itself
@pytest.mark.parametrize("check", sorted(conservation.CHECKS))
def test_each_check_finds_what_it_is_for(
    database: str, superuser: psycopg.Connection, check: str
) -> None:
    books = open_books("spoiled.myshopify.com")
    books.order("PO1", (10, "2.50"))
    books.move("PO1", "1", 10, 10)
    books.bill("NT-1", ("PO1", "1", 10, "2.50"))
    books.pay("P1", ("NT-1", "25"))
    books.match()
    assert run(audit.findings, books.shop_id) == []
    superuser.execute("SET session_replication_role = replica")
    superuser.execute(CORRUPTIONS[check])
    superuser.execute("SET session_replication_role = origin")
    assert check in {one.check for one in run(conservation.findings, books.shop_id)}
