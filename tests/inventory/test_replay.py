"""The shop's own history under another policy: what would have been, and that nothing is invented."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.db import transaction
from app.inventory import history, policies
from app.inventory.models import State
from app.inventory.policies import Rule
from app.inventory.replay import Event, History, Result, Shelf, Standing, replay
from tests.inventory.brand import Brand, make_brand, numbers
from tests.inventory.test_policy import ask, cases_of, decide, obey, purchase, tents

HERE = (1, 1)
DAY = datetime(2026, 8, 1, tzinfo=UTC)
PO = (7, "1")


def at(day: float, kind: Any, units: int, **more: Any) -> Event:
    return Event(DAY + timedelta(days=day), int(day * 100), HERE, kind, units, **more)


def under(rule: Rule, *events: Event, begin: int = 0, standing: Any = (), case: int = 1) -> Result:
    told = History(DAY, DAY + timedelta(days=90), {HERE: begin}, standing, events, {1: case})
    return replay(told, lambda *_: rule)[1]


A_BAD_WEEK = (
    at(1, "ask", 8, request=PO),
    at(2, "order", 5),
    at(3, "order", 1),
    at(9, "supply", 4),
)


def test_an_order_that_leaves_less_than_nothing_free_is_an_oversell() -> None:
    result = under(Rule(), *A_BAD_WEEK, begin=10)
    assert (result.oversells, result.oversold_units) == (2, 4)
    assert result.dates == [DAY + timedelta(days=2), DAY + timedelta(days=3)]
    assert result.colliding == timedelta(days=7)


def test_a_floor_keeps_amazon_from_what_orders_will_need() -> None:
    result = under(Rule(safety_stock=6, precedence="dtc"), *A_BAD_WEEK, begin=10)
    assert (result.oversells, result.asked, result.granted, result.refused) == (0, 8, 4, 4)


def test_taking_back_ends_an_oversell_at_once() -> None:
    result = under(Rule(take_back=True), *A_BAD_WEEK, begin=10)
    assert (result.oversells, result.granted) == (0, 8)


def test_what_was_acknowledged_is_what_was_held_then_and_no_more_is_shipped() -> None:
    events = (
        at(1, "ask", 8, request=PO),
        at(2, "ask", 8, request=PO, firm=True),
        at(3, "ship", 8, request=PO),
        at(4, "order", 9),
    )
    assert under(Rule(), *events, begin=10).oversells == 1
    capped = under(Rule(amazon_ceiling=1), *events, begin=10)
    assert (capped.oversells, capped.granted, capped.refused) == (0, 1, 7)


def test_a_request_that_was_withdrawn_gives_all_back_and_counts_with_what_it_held() -> None:
    events = (
        at(1, "ask", 8, request=PO),
        at(2, "ask", 0, request=PO, firm=True),
        at(3, "order", 10),
    )
    result = under(Rule(), *events, begin=10)
    assert (result.oversells, result.asked, result.granted) == (0, 8, 8)


def test_requests_that_stood_at_the_beginning_are_served_from_what_was_there() -> None:
    standing = [Standing(HERE, PO, 9, 2, True, None)]
    result = under(Rule(), at(1, "order", 4), begin=10, standing=standing)
    assert (result.oversells, result.oversold_units, result.asked) == (1, 1, 0)


TERMS = st.fixed_dictionaries(
    {
        "safety_stock": st.none() | st.integers(0, 12),
        "amazon_share": st.none() | st.integers(0, 100),
        "amazon_ceiling": st.none() | st.integers(0, 30),
        "precedence": st.sampled_from([None, "dtc", "amazon", "earliest_due"]),
        "take_back": st.sampled_from([None, True]),
        "whole_cases": st.sampled_from([None, True]),
    }
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("stock"), st.integers(1, 20)),
        st.tuples(st.just("order"), st.integers(1, 15)),
        st.tuples(st.just("ask"), st.integers(1, 25)),
        st.tuples(st.just("acknowledge"), st.integers(0, 5)),
        st.tuples(st.just("ship"), st.integers(0, 5)),
    ),
    min_size=1,
    max_size=10,
)


class Life:
    """A brand that lives through steps under one policy, each obeyed at once."""

    def __init__(self, terms: dict[str, Any]) -> None:
        self.brand = make_brand(f"replay-{next(numbers)}.myshopify.com", ("tent",), ("main",))
        cases_of(self.brand, 4)
        decide(self.brand, **terms)
        self.brand.stock("tent", "main", 20)
        obey(self.brand)
        self.asks: list[str] = []
        self.firm: dict[str, int] = {}

    def step(self, number: int, what: str, value: int) -> None:
        brand = self.brand
        if what == "stock":
            brand.stock("tent", "main", value)
        elif what == "order":
            brand.settle(brand.order(str(number), value, item="tent", at="main"))
        elif what == "ask":
            self.asks.append(f"P{number}")
            ask(brand, purchase(brand, value, reference=f"P{number}"))
        elif what == "acknowledge" and value < len(self.asks):
            reference = self.asks.pop(value)
            self.firm[reference] = held = self.held(reference)
            ask(brand, purchase(brand, held, reference=reference, version=2, firm=True))
        elif what == "ship" and value < len(self.firm):
            reference = sorted(self.firm)[value]
            units = self.firm.pop(reference)
            brand.settle(
                brand.shipment(f"S{number}", reference, units, item="tent", at="main")
            ) if units else None
        obey(brand)

    def held(self, reference: str) -> int:
        with transaction(self.brand.shop_id) as session:
            from_books = history.HELD_NOW.replace("document.kind", "document.reference")
            rows = session.execute(
                history.text(from_books), {"shop": self.brand.shop_id, "items": None}
            )
            return sum(row.held for row in rows if row.reference == reference)


def read(brand: Brand) -> History:
    now = datetime.now(UTC)
    with transaction(brand.shop_id) as session:
        return history.read(session, now - timedelta(days=90), now)


def rules_of(brand: Brand) -> policies.Rules:
    with transaction(brand.shop_id) as session:
        return policies.load_rules(session)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example({"safety_stock": 9, "whole_cases": True}, [("ask", 16), ("order", 4), ("stock", 5)])
@given(TERMS, STEPS)
def test_replaying_the_policy_that_was_ends_where_the_books_are(
    database: str, terms: dict[str, Any], steps: list[tuple[str, int]]
) -> None:
    life = Life(terms)
    for number, (what, value) in enumerate(steps):
        life.step(number, what, value)
    brand = life.brand
    told, rules = read(brand), rules_of(brand)
    place = (brand.item("tent"), brand.at("main"))
    shelf = Shelf(rules.of(*place), told.cases[place[0]], told.begins)
    shelf.begin(told.unclaimed.get(place, 0), [])
    shelf.live_through(told.events, told.ends)
    held = sum(one.asking.held for one in shelf.requests.values())
    safety = shelf.safety.held if shelf.safety else 0
    assert (shelf.free, held, safety) == (
        tents(brand, State.AVAILABLE),
        tents(brand, State.RESERVED),
        tents(brand, State.SAFETY_STOCK),
    )
    again = replay(told, rules.of)
    assert again == replay(told, rules.changed({}).of), "the same policy changes nothing"
    brand.refresh_collisions()


def test_a_history_in_two_halves_begins_with_what_stood_in_the_middle(brand: Brand) -> None:
    brand.stock("tent", "main", 30)
    decide(brand, safety_stock=5)
    ask(brand, purchase(brand, 10))
    ask(brand, purchase(brand, 10, version=2, firm=True))
    brand.settle(brand.shipment("S", "P", 4, item="tent", at="main"))
    middle = datetime.now(UTC)
    brand.settle(brand.shipment("T", "P", 3, item="tent", at="main"))
    brand.settle(brand.order("1", 6, item="tent", at="main"))
    with transaction(brand.shop_id) as session:
        told = history.read(session, middle, datetime.now(UTC))
    place = (brand.item("tent"), brand.at("main"))
    assert told.unclaimed[place] == 26
    (standing,) = told.standing
    assert (standing.asked, standing.shipped, standing.firm) == (10, 4, True)
    assert [(one.kind, one.units) for one in told.events] == [("ship", 3), ("order", 6)]


def test_twenty_thousand_movements_are_replayed_place_by_place() -> None:
    events = [
        Event(
            DAY + timedelta(seconds=350 * number),
            number,
            (number % 200, 1),
            ("ask", "supply", *["order"] * 8)[number // 200 % 10],  # type: ignore[arg-type]
            (9, 30, *[3] * 8)[number // 200 % 10],
            (number, "1"),
        )
        for number in range(20_000)
    ]
    told = History(DAY, DAY + timedelta(days=90), {}, [], events, {})
    rule = Rule(safety_stock=5, amazon_share=40, take_back=True, whole_cases=True)
    assert len(replay(told, lambda *_: rule)) == 200
