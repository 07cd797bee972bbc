"""Who gets the units of one item at one place: every rule by itself, and what holds of all of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.inventory.policies import PolicyKey, Rule, Rules, Terms
from app.inventory.sharing import Asking, Granted, Kept, share_out

DAY = datetime(2026, 11, 1, tzinfo=UTC)


def amazon(open_units: int, held: int = 0, **more: Any) -> Asking:
    return Asking("amazon", open_units, held, **more)


def safety(open_units: int, held: int = 0) -> Asking:
    return Asking("dtc", open_units, held)


def held(granted: list[Granted]) -> list[int]:
    return [one.held for one in granted]


def test_without_a_policy_a_request_is_granted_what_is_free_and_nothing_is_kept_from_it() -> None:
    (one,) = share_out(7, [amazon(10)], Rule())
    assert (one.held, one.kept) == (7, None)


def test_a_ceiling_counts_all_that_amazon_holds_at_the_place() -> None:
    both = [amazon(300), amazon(60, 50, settled=True)]
    one, _ = share_out(500, both, Rule(amazon_ceiling=200))
    assert (one.held, one.kept) == (150, Kept(150, "ceiling", 200))


def test_a_share_is_of_what_is_free_before_amazon_holds_any() -> None:
    rule = Rule(amazon_share=40)
    (first,) = share_out(100, [amazon(60)], rule)
    assert (first.held, first.kept) == (40, Kept(20, "share", 40))
    again = share_out(60, [amazon(60, 40), amazon(5)], rule)
    assert held(again) == [40, 0]


def test_what_dtc_still_lacks_is_not_shared() -> None:
    granted = share_out(50, [safety(20), amazon(50)], Rule(amazon_share=50, precedence="amazon"))
    assert held(granted) == [20, 15]


def test_whole_cases_are_granted_and_the_broken_one_is_named() -> None:
    (one,) = share_out(20, [amazon(24)], Rule(whole_cases=True), 12)
    assert (one.held, one.kept) == (12, Kept(12, "whole_cases", 12))


def test_a_request_that_is_short_of_whole_cases_for_want_of_stock_stays_short() -> None:
    (one,) = share_out(12, [amazon(24)], Rule(whole_cases=True), 12)
    assert (one.held, one.kept) == (12, None)


def test_a_case_is_not_broken_by_what_the_next_in_rank_takes() -> None:
    both = [amazon(16, 8, due_at=DAY), safety(9, 8)]
    one, floor = share_out(5, both, Rule(whole_cases=True), 4)
    assert (one.held, floor.held, one.kept) == (12, 9, Kept(4, "whole_cases", 4))


def test_the_ceiling_is_named_where_whole_cases_round_it_down() -> None:
    (one,) = share_out(500, [amazon(240)], Rule(amazon_ceiling=200, whole_cases=True), 12)
    assert (one.held, one.kept) == (192, Kept(48, "ceiling", 200))


def test_precedence_says_whose_request_is_granted_first() -> None:
    both = [safety(10), amazon(10, due_at=DAY)]
    assert held(share_out(12, both, Rule(precedence="dtc"))) == [10, 2]
    assert held(share_out(12, both, Rule(precedence="amazon"))) == [2, 10]
    assert held(share_out(12, both, Rule(precedence="earliest_due"))) == [2, 10]


def test_among_requests_what_was_promised_comes_first_and_then_what_is_due_first() -> None:
    later, sooner = DAY + timedelta(days=9), DAY
    three = [amazon(5, due_at=later), amazon(5, due_at=sooner), amazon(5, firm=True, due_at=later)]
    assert held(share_out(8, three, Rule())) == [0, 3, 5]


def test_safety_stock_covers_an_oversell() -> None:
    granted = share_out(-3, [safety(10, 10), amazon(8, 8)], Rule())
    assert held(granted) == [7, 8]


def test_amazon_gives_way_only_where_policy_allows_it() -> None:
    assert held(share_out(-3, [amazon(8, 8)], Rule())) == [8]
    (one,) = share_out(-3, [amazon(8, 8)], Rule(take_back=True))
    assert (one.held, one.gave_way, one.kept) == (5, 3, Kept(3, "take_back", None))


def test_precedence_of_dtc_lets_amazon_give_way_before_safety_stock() -> None:
    both = [safety(10, 10), amazon(8, 8)]
    assert held(share_out(-3, both, Rule(precedence="dtc", take_back=True))) == [10, 5]
    assert held(share_out(-3, both, Rule(precedence="amazon", take_back=True))) == [7, 8]


def test_what_was_acknowledged_never_gives_way() -> None:
    assert held(share_out(-5, [amazon(8, 8, firm=True)], Rule(take_back=True))) == [8]


def test_a_request_that_gave_way_asks_again_when_units_are_free() -> None:
    (one,) = share_out(2, [amazon(8, 5, kept_back=3)], Rule(take_back=True))
    assert (one.held, one.kept) == (7, Kept(1, "take_back", None))


def test_a_share_takes_nothing_back_unless_the_policy_changed() -> None:
    rule = Rule(amazon_share=10)
    assert held(share_out(0, [amazon(8, 8)], rule)) == [8]
    assert held(share_out(0, [amazon(8, 8)], rule, trim=True)) == [0]


RULES = st.builds(
    Rule,
    amazon_share=st.none() | st.integers(0, 100),
    amazon_ceiling=st.none() | st.integers(0, 60),
    precedence=st.sampled_from(["dtc", "amazon", "earliest_due"]),
    take_back=st.booleans(),
    whole_cases=st.booleans(),
)


@st.composite
def askings(draw: st.DrawFn) -> list[Asking]:
    found = []
    for number in range(draw(st.integers(0, 5))):
        rail = draw(st.sampled_from(["dtc", "amazon"]))
        wanted = draw(st.integers(0, 40))
        found.append(
            Asking(
                rail,  # type: ignore[arg-type]
                wanted,
                draw(st.integers(0, wanted)),
                firm=rail == "amazon" and draw(st.booleans()),
                due_at=draw(st.none() | st.integers(0, 9).map(lambda n: DAY + timedelta(days=n))),
                order=(number, "1"),
            )
        )
    return found


@given(st.integers(-30, 80), askings(), RULES, st.sampled_from([1, 4, 12]), st.booleans())
def test_sharing_out_keeps_every_promise(
    available: int, requests: list[Asking], rule: Rule, case: int, trim: bool
) -> None:
    granted = share_out(available, requests, rule, case, trim=trim)
    before, after = sum(one.held for one in requests), sum(one.held for one in granted)
    free = available - (after - before)
    assert free >= min(0, available), "nothing is granted that is not free"
    for one, mine in zip(requests, granted, strict=True):
        assert 0 <= mine.held <= max(one.open, one.held)
        if one.firm:
            assert mine.held >= one.held, "a promise never shrinks"
        kept = mine.kept.units if mine.kept else 0
        assert kept <= one.open - mine.held
        if one.rail == "amazon" and not one.firm and rule.whole_cases:
            assert mine.held % case == 0
        if mine.held > one.held and rule.amazon_ceiling is not None and not one.firm:
            amazons = zip(requests, granted, strict=True)
            total = sum(mine.held for one, mine in amazons if one.rail == "amazon")
            assert one.rail == "dtc" or total <= rule.amazon_ceiling


@given(st.integers(-30, 80), askings(), RULES, st.sampled_from([1, 4, 12]), st.booleans())
def test_sharing_out_twice_is_sharing_out_once(
    available: int, requests: list[Asking], rule: Rule, case: int, trim: bool
) -> None:
    once = share_out(available, requests, rule, case, trim=trim)
    moved = sum(one.held for one in once) - sum(one.held for one in requests)
    for one, mine in zip(requests, once, strict=True):
        one.held = mine.held
        if mine.kept and mine.kept.because == "take_back":
            one.kept_back = mine.kept.units
    again = share_out(available - moved, requests, rule, case, trim=trim)
    assert held(again) == held(once)


@given(st.integers(0, 80), askings(), RULES, st.sampled_from([1, 4, 12]))
def test_whatever_is_still_wanted_could_not_be_granted(
    available: int, requests: list[Asking], rule: Rule, case: int
) -> None:
    """So that the ledger, which grants whatever a claim wants and is free, grants no more."""
    granted = share_out(available, requests, rule, case)
    for one, mine in zip(requests, granted, strict=True):
        kept = mine.kept.units if mine.kept else 0
        assert mine.passed_on == 0 or one.open - kept <= mine.held


def test_the_most_specific_policy_wins_field_by_field() -> None:
    rules = Rules(
        {
            PolicyKey(): Terms(safety_stock=2, take_back=True),
            PolicyKey(location_id=8): Terms(safety_stock=3),
            PolicyKey(group_id=5): Terms(safety_stock=10, amazon_share=40),
            PolicyKey(item_id=1, location_id=8): Terms(amazon_share=70),
        },
        {1: 5},
    )
    assert rules.of(1, 8) == Rule(safety_stock=10, amazon_share=70, take_back=True)
    assert rules.of(1, 9) == Rule(safety_stock=10, amazon_share=40, take_back=True)
    assert rules.of(2, 8) == Rule(safety_stock=3, take_back=True)
    assert rules.sources(1, 8)["safety_stock"] == (10, PolicyKey(group_id=5))
    assert rules.sources(2, None) == {
        "safety_stock": (2, PolicyKey()),
        "take_back": (True, PolicyKey()),
    }
