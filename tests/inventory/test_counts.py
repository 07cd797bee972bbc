"""Counts from outside: compared when nothing is on its way, adopted or left, never copied over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import select

from app.db import run, transaction
from app.errors import Refused
from app.inventory import counts, working
from app.inventory.counts import Compared, Counted
from app.inventory.documents import Claim, Document
from app.inventory.models import Discrepancy, State
from tests.inventory.brand import Brand

GRACE = timedelta(minutes=5)
SOURCE = "shopify"


class Clerk:
    """Counts a brand's tents, and looks at what came of it, as time goes by."""

    def __init__(self, brand: Brand, item: str, at: str) -> None:
        self.brand, self.item, self.at = brand, item, at
        self.now = datetime.now(UTC) + timedelta(seconds=1)

    def counts(self, quantity: int, state: State = State.AVAILABLE) -> None:
        one = Counted(
            self.brand.item(self.item), self.brand.at(self.at), state, quantity, self.now, self.now
        )
        with transaction(self.brand.shop_id) as session:
            counts.record(session, SOURCE, [one])

    def waits(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)

    def compares(self, *, busy: bool = False) -> Compared:
        with transaction(self.brand.shop_id) as session:
            return counts.compare(
                session,
                SOURCE,
                busy=[self.brand.item(self.item)] if busy else [],
                grace=GRACE,
                now=self.now,
            )

    def finds(self, quantity: int, state: State = State.AVAILABLE) -> int:
        """Counts, waits and counts again, until the difference is reported."""
        self.counts(quantity, state)
        self.compares()
        self.waits(6)
        self.counts(quantity, state)
        (found,) = self.compares().opened
        return found

    def discrepancies(self) -> list[Discrepancy]:
        with transaction(self.brand.shop_id) as session:
            return list(session.exec(select(Discrepancy).order_by(Discrepancy.discrepancy_id)))

    def adopts(self, discrepancy_id: int) -> None:
        with transaction(self.brand.shop_id) as session:
            found = working.locked(session, discrepancy_id)
            assert found is not None
            counts.adopt(session, found, actor="user:7")

    def leaves(self, discrepancy_id: int) -> None:
        with transaction(self.brand.shop_id) as session:
            found = working.locked(session, discrepancy_id)
            assert found is not None
            working.leave(session, found, actor="user:7", note="known")

    def standing(self, state: State) -> int:
        return self.brand.quantity(self.item, self.at, state)


@pytest.fixture
def clerk(brand: Brand) -> Clerk:
    item, at = next(iter(brand.items)), next(iter(brand.locations))
    brand.stock(item, at, 50)
    made = Clerk(brand, item, at)
    told(brand)
    made.counts(50)
    return made


def test_equal_counts_are_no_news(clerk: Clerk) -> None:
    assert clerk.compares() == Compared((), frozenset())
    assert clerk.discrepancies() == []


def test_a_difference_is_reported_once_it_has_stood_and_was_counted_twice(clerk: Clerk) -> None:
    clerk.waits(1)
    clerk.counts(47)
    assert clerk.compares().opened == ()
    (noticed,) = clerk.discrepancies()
    assert (noticed.status, noticed.ours, noticed.theirs) == ("noticed", 50, 47)
    clerk.waits(6)
    # It has stood long enough, but nobody has looked again.
    assert clerk.compares() == Compared((), frozenset({noticed.item_id}))
    clerk.counts(47)
    assert clerk.compares().opened == (noticed.discrepancy_id,)
    (found,) = clerk.discrepancies()
    assert (found.status, found.difference, found.opened_at) == ("open", -3, clerk.now)


def test_a_passing_difference_leaves_no_trace(clerk: Clerk) -> None:
    clerk.counts(47)
    clerk.compares()
    clerk.waits(1)
    clerk.counts(50)
    clerk.compares()
    assert clerk.discrepancies() == []


def test_nothing_is_said_while_something_is_on_its_way(clerk: Clerk) -> None:
    clerk.waits(1)
    clerk.counts(47)
    assert clerk.compares(busy=True) == Compared((), frozenset())
    assert clerk.discrepancies() == []


def test_movements_that_the_outside_was_not_told_of_are_on_their_way(clerk: Clerk) -> None:
    brand = clerk.brand
    claim = Claim("1", brand.item(clerk.item), brand.at(clerk.at), State.RESERVED, 5)
    brand.settle(Document("purchase_order", "na:1", 1, claims=[claim], fact=False))
    clerk.waits(1)
    clerk.counts(50)
    clerk.compares()
    assert clerk.discrepancies() == []


def test_a_count_from_before_the_last_movement_proves_nothing(clerk: Clerk) -> None:
    clerk.now = datetime.now(UTC) - timedelta(minutes=20)
    clerk.counts(47)
    clerk.compares()
    clerk.now += timedelta(minutes=10)
    clerk.counts(47)
    # Counted twice, but the books have moved after it, so that it has to be counted again.
    assert clerk.compares().opened == ()


def test_a_difference_that_goes_away_is_closed_by_itself(clerk: Clerk) -> None:
    clerk.finds(47)
    clerk.waits(1)
    clerk.counts(50)
    clerk.compares()
    (found,) = clerk.discrepancies()
    assert (found.status, found.ended_by) == ("closed", "system")
    assert [entry["event"] for entry in found.history] == ["opened", "closed"]


def test_adopting_moves_exactly_the_difference_and_says_who_counted(clerk: Clerk) -> None:
    number = clerk.finds(47)
    with transaction(clerk.brand.shop_id) as session:
        counts.explain(session, number, "person", by="Robin Larkfield")
    clerk.adopts(number)
    assert clerk.standing(State.AVAILABLE) == 47
    with transaction(clerk.brand.shop_id) as session:
        movement = session.execute(
            text(
                "SELECT quantity, reason::text, echo, actor, kind, title FROM movement"
                " JOIN document USING (shop_id, document_id) WHERE kind = 'count'"
            )
        ).one()
        told_again = session.execute(text("SELECT count(*) FROM mirror_due")).scalar_one()
    assert tuple(movement) == (3, "adjusted", True, "user:7", "count", "Robin Larkfield")
    assert told_again == 0
    clerk.compares()
    (found,) = clerk.discrepancies()
    assert (found.status, found.ended_by) == ("adopted", "user:7")


def test_adopting_is_refused_when_the_books_have_moved_meanwhile(clerk: Clerk) -> None:
    number = clerk.finds(47)
    clerk.brand.stock(clerk.item, clerk.at, 1)
    with pytest.raises(Refused, match="moved meanwhile"):
        clerk.adopts(number)
    assert clerk.standing(State.AVAILABLE) == 51
    (found,) = clerk.discrepancies()
    assert found.status == "open"


def test_adopting_is_refused_when_another_count_has_come(clerk: Clerk) -> None:
    number = clerk.finds(47)
    clerk.waits(1)
    clerk.counts(40)
    with pytest.raises(Refused) as refusal:
        clerk.adopts(number)
    assert (refusal.value.code, refusal.value.status) == ("discrepancy_changed", 409)
    assert clerk.standing(State.AVAILABLE) == 50


def test_adopting_twice_is_refused(clerk: Clerk) -> None:
    number = clerk.finds(47)
    clerk.adopts(number)
    with pytest.raises(Refused) as refusal:
        clerk.adopts(number)
    assert refusal.value.code == "not_open"
    assert clerk.standing(State.AVAILABLE) == 47


def test_units_that_others_hold_are_held_by_the_count_that_found_them(clerk: Clerk) -> None:
    clerk.adopts(clerk.finds(4, State.RESERVED))
    assert (clerk.standing(State.RESERVED), clerk.standing(State.AVAILABLE)) == (4, 50)
    # The other party lets go of three of them again.
    clerk.waits(1)
    clerk.adopts(clerk.finds(1, State.RESERVED))
    assert (clerk.standing(State.RESERVED), clerk.standing(State.AVAILABLE)) == (1, 50)


def test_what_our_own_papers_hold_cannot_be_counted_away(clerk: Clerk) -> None:
    brand = clerk.brand
    claim = Claim("1", brand.item(clerk.item), brand.at(clerk.at), State.RESERVED, 5)
    brand.settle(Document("purchase_order", "na:1", 1, claims=[claim], fact=False))
    told(brand)
    clerk.counts(45)
    number = clerk.finds(2, State.RESERVED)
    with pytest.raises(Refused) as refusal:
        clerk.adopts(number)
    assert refusal.value.code == "held_by_papers"
    assert clerk.standing(State.RESERVED) == 5


def test_what_was_left_opens_again_when_it_is_no_longer_the_same(clerk: Clerk) -> None:
    clerk.leaves(clerk.finds(47))
    clerk.compares()
    assert [row.status for row in clerk.discrepancies()] == ["left"]
    # Both numbers move alike: it is still the same difference.
    clerk.brand.stock(clerk.item, clerk.at, 10)
    told(clerk.brand)
    clerk.waits(1)
    clerk.counts(57)
    clerk.compares()
    assert [(row.status, row.ours, row.theirs) for row in clerk.discrepancies()] == [
        ("left", 60, 57)
    ]
    clerk.counts(50)
    clerk.compares()
    assert [(row.status, row.difference) for row in clerk.discrepancies()] == [("open", -10)]


@pytest.mark.parametrize(
    ("choice", "explanation", "adopted"),
    [
        ("never", "person", False),
        ("person", "person", True),
        ("person", "app", False),
        ("all", "app", True),
        ("all", "ours", False),
        ("all", "order", False),
        ("all", "unknown", False),
    ],
)
def test_the_shops_choice_decides_what_is_adopted_by_itself(
    clerk: Clerk, choice: str, explanation: str, adopted: bool
) -> None:
    number = clerk.finds(47)
    with transaction(clerk.brand.shop_id) as session:
        counts.explain(session, number, explanation, by="Somebody")
        made = counts.adopt_by_policy(session, SOURCE, choice, now=clerk.now)
    assert made == ([number] if adopted else [])
    assert clerk.standing(State.AVAILABLE) == (47 if adopted else 50)


def test_what_nobody_can_explain_is_adopted_when_late_news_would_have_come(clerk: Clerk) -> None:
    number = clerk.finds(47)
    with transaction(clerk.brand.shop_id) as session:
        counts.explain(session, number, "unknown")
        later = clerk.now + timedelta(hours=5)
        assert counts.adopt_by_policy(session, SOURCE, "all", now=later) == [number]
    assert clerk.standing(State.AVAILABLE) == 47


def test_a_choice_that_cannot_be_carried_out_leaves_the_books_alone_and_says_why(
    clerk: Clerk,
) -> None:
    number = clerk.finds(47)
    with transaction(clerk.brand.shop_id) as session:
        counts.explain(session, number, "person", by="Robin")
    clerk.waits(1)
    clerk.counts(44)
    with transaction(clerk.brand.shop_id) as session:
        assert counts.adopt_by_policy(session, SOURCE, "person") == []
    (found,) = clerk.discrepancies()
    assert found.status == "open" and found.note is not None and "moved" in found.note
    assert clerk.standing(State.AVAILABLE) == 50


def test_two_comparisons_at_once_note_one_difference(clerk: Clerk) -> None:
    clerk.waits(1)
    clerk.counts(47)
    for _ in range(2):
        run(counts.compare, clerk.brand.shop_id, SOURCE, grace=GRACE, now=clerk.now)
    assert len(clerk.discrepancies()) == 1


def told(brand: Brand) -> None:
    """The outside has heard of everything that moved."""
    with transaction(brand.shop_id) as session:
        session.execute(text("DELETE FROM mirror_due"))
