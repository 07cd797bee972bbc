"""Rules answer purchase orders as a person would, once, and are tried on past orders first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as any_of

from app.db import run, transaction
from app.errors import Refused
from app.vendor import acknowledgements
from app.vendor.acknowledgements import Said
from app.vendor.answering import automatic, orders
from app.vendor.answering.rules import AnswerRule, LineToAnswer, OrderToAnswer, decide
from tests.support.screen import open_screen
from tests.vendor.brand import STOVE, TENT, VendorBrand

FULL = AnswerRule(name="in full when all is held", cost="any")
HELD = AnswerRule(name="what is held", cost="any", least_held_percent=1, answer="as_held")


def order(*lines: LineToAnswer, **changed: Any) -> OrderToAnswer:
    return OrderToAnswer(
        **({"number": "1", "vendor_code": "HLDFS", "order_type": "RegularOrder"} | changed),
        lines=lines,
    )


def line(ordered: int, held: int, **changed: Any) -> LineToAnswer:
    same = {"has_item": True, "cost": Decimal("10"), "cost_before": Decimal("10")}
    return LineToAnswer("1", ordered, held, **(same | changed))


@pytest.mark.parametrize(
    ("rule", "asked", "answer"),
    [
        ({}, line(5, 5), "in_full"),
        ({}, line(5, 4), "ask"),
        ({}, line(5, 5, cost=Decimal("9.99")), "ask"),
        ({"cost_tolerance_percent": 1}, line(5, 5, cost=Decimal("9.99")), "in_full"),
        ({}, line(5, 5, cost=Decimal("10.50")), "in_full"),
        ({}, line(5, 5, cost_before=None), "ask"),
        ({"cost": "any"}, line(5, 5, cost_before=None), "in_full"),
        ({"cost": "as_agreed"}, line(5, 5, cost_agreed=Decimal("10")), "in_full"),
        ({"cost": "as_agreed"}, line(5, 5, cost_agreed=None), "ask"),
        ({"cost": "as_agreed"}, line(5, 5, cost_agreed=Decimal("9.90")), "ask"),
        (
            {"cost": "as_agreed", "cost_tolerance_percent": 2},
            line(5, 5, cost_agreed=Decimal("9.90")),
            "in_full",
        ),
        ({"vendor_code": "OTHER"}, line(5, 5), "ask"),
        ({"order_type": "RushOrder"}, line(5, 5), "ask"),
        ({"most_units": 4}, line(5, 5), "ask"),
        ({"active": False}, line(5, 5), "ask"),
        ({"answer": "ask"}, line(5, 5), "ask"),
        ({"answer": "as_held", "least_held_percent": 80}, line(5, 4), "as_held"),
        ({"answer": "as_held", "least_held_percent": 81}, line(5, 4), "ask"),
    ],
)
def test_a_rule_fits_only_where_every_condition_holds(
    rule: dict[str, Any], asked: LineToAnswer, answer: str
) -> None:
    assert decide([AnswerRule(name="rule", **rule)], order(asked)).answer == answer


def test_the_first_rule_that_fits_decides() -> None:
    assert decide([FULL, HELD], order(line(5, 5))).rule == FULL.name
    assert decide([FULL, HELD], order(line(5, 3))).rule == HELD.name


def test_what_is_not_known_or_not_held_at_all_is_never_answered_by_rule() -> None:
    assert decide([HELD], order(line(5, 5), line(2, 0, has_item=False))).because == "unmapped"
    assert decide([HELD], order(line(0, 0), line(5, 0))).answer == "ask"


@given(any_of.lists(any_of.tuples(any_of.integers(1, 99), any_of.integers(0, 99)), min_size=1))
def test_an_answer_speaks_of_every_unit_once_and_promises_no_more_than_is_held(
    pairs: Sequence[tuple[int, int]],
) -> None:
    lines = [line(ordered, held) for ordered, held in pairs]
    for said, one in zip(decide([FULL, HELD], order(*lines)).said, lines, strict=False):
        assert said.accept + said.backorder + said.reject == one.ordered
        assert said.accept <= one.held


def keep(brand: VendorBrand, *rules: AnswerRule, seen: int = 0) -> None:
    run(lambda session: automatic.keep(session, rules, seen=seen, by="user:1"), brand.shop_id)


def answers(brand: VendorBrand) -> list[tuple[str, str, str]]:
    return [
        (row.number, row.by, row.state)
        for row in brand.rows("SELECT number, by, state FROM acknowledgement ORDER BY made_at")
    ]


def test_an_order_that_a_rule_decides_is_acknowledged_once_and_read_back(
    brand: VendorBrand,
) -> None:
    keep(brand, FULL)
    brand.stock("stove", 10)
    number = brand.amazon.place(STOVE | {"amount": 4})
    brand.poll()
    short = brand.amazon.place(STOVE | {"amount": 40})
    brand.poll()
    assert answers(brand) == [(number, "rule:in full when all is held", "waiting")]
    brand.send_and_follow()
    brand.poll()
    assert answers(brand) == [(number, "rule:in full when all is held", "accepted")]
    assert len(brand.amazon.acknowledgements(number)) == 1
    assert brand.amazon.acknowledgements(short) == []


def test_an_answer_whose_sending_was_cut_is_not_sent_twice(brand: VendorBrand) -> None:
    keep(brand, HELD)
    brand.stock("tent", 6)
    number = brand.amazon.place(TENT | {"amount": 2, "unit": "Cases", "unit_size": 6})
    brand.poll()
    brand.amazon.fail("cut", "submitAcknowledgement")
    brand.send_and_follow()
    for _ in range(4):
        brand.send(later=timedelta(minutes=3))
        brand.poll()
    [sent] = brand.amazon.acknowledgements(number)
    said = [
        (one["acknowledgementCode"], one["acknowledgedQuantity"]["amount"])
        for one in sent["items"][0]["itemAcknowledgements"]
    ]
    assert said == [("Accepted", 1), ("Rejected", 1)]
    assert answers(brand) == [(number, "rule:what is held", "accepted")]


def test_what_a_person_has_answered_or_amazon_has_closed_is_left_alone(
    brand: VendorBrand,
) -> None:
    brand.stock("stove", 10)
    number = brand.amazon.place(STOVE | {"amount": 4})
    brand.poll()
    with transaction(brand.shop_id) as session:
        acknowledgements.acknowledge(
            session, "na", number, [Said("1", 4, 0, 0, None)], actor="user:1"
        )
    keep(brand, FULL)
    assert automatic.answer_by_rule(brand.shop_id) == 0
    assert [by for _, by, _ in answers(brand)] == ["user:1"]


def test_without_an_active_rule_everything_waits_for_a_person(brand: VendorBrand) -> None:
    brand.stock("stove", 10)
    brand.amazon.place(STOVE | {"amount": 4})
    brand.poll()
    keep(brand, FULL.model_copy(update={"active": False}))
    assert automatic.answer_by_rule(brand.shop_id) == 0
    assert answers(brand) == []


def test_a_lower_cost_than_in_the_last_accepted_order_is_left_to_a_person(
    brand: VendorBrand,
) -> None:
    keep(brand, FULL)
    brand.stock("stove", 100)
    first = brand.amazon.place(STOVE | {"amount": 4})
    brand.poll()
    brand.send_and_follow()
    brand.poll()
    keep(brand, FULL.model_copy(update={"cost": "not_lower"}), seen=1)
    same = brand.amazon.place(STOVE | {"amount": 4})
    lower = brand.amazon.place(STOVE | {"amount": 4, "cost": "12.00"})
    brand.poll()
    assert {number for number, _, _ in answers(brand)} == {first, same}
    assert lower not in {number for number, _, _ in answers(brand)}


def test_the_trial_knows_what_each_past_order_held_when_it_was_answered(
    brand: VendorBrand,
) -> None:
    brand.stock("stove", 10)
    full = brand.amazon.place(STOVE | {"amount": 4})
    brand.poll()
    partly = brand.amazon.place(STOVE | {"amount": 20})
    brand.poll()
    with transaction(brand.shop_id) as session:
        said = [Said("1", 0, 0, 4, "TemporarilyUnavailable")]
        acknowledgements.acknowledge(session, "na", full, said, actor="user:1")
    found = {
        one.order.number: one
        for one in run(orders.past, brand.shop_id, datetime.now(UTC) - timedelta(days=90))
    }
    assert [one.held for one in found[full].order.lines] == [4]  # though it holds none now
    assert found[full].rejected == 4
    assert [one.held for one in found[partly].order.lines] == [6]


def test_the_screen_tries_rules_keeps_them_and_shows_who_changed_them(
    brand: VendorBrand, set_settings: Callable[..., None]
) -> None:
    brand.stock("stove", 10)
    number = brand.amazon.place(STOVE | {"amount": 4})
    brand.poll()
    domain = brand.value("SELECT domain FROM shop WHERE shop_id = :id", id=brand.shop_id)
    screen = open_screen(brand.shop_id, domain, set_settings)
    assert screen.ask("/answer-rules") == {"version": 0, "rules": [], "history": []}
    rules = [FULL.model_dump(mode="json")]
    tried = screen.ask("/answer-rules/trial", 200, "POST", {"rules": rules})
    [one] = tried["orders"]
    assert (one["number"], one["answer"], one["accept"], one["rule"]) == (
        number,
        "in_full",
        4,
        FULL.name,
    )
    assert tried["answers"] == {"in_full": 1} and answers(brand) == []
    kept = screen.ask("/answer-rules", 200, "PUT", {"seen": 0, "rules": rules})
    assert kept["version"] == 1
    stale = screen.ask("/answer-rules", 409, "PUT", {"seen": 0, "rules": []})
    assert stale["code"] == "rules_changed"
    assert screen.ask("/answer-rules")["history"][0]["rules"] == kept["rules"]
    wrong = rules[0] | {"least_held_percent": 0}
    screen.ask("/answer-rules", 422, "PUT", {"seen": 1, "rules": [wrong]})


def test_rules_that_somebody_else_changed_meanwhile_are_not_overwritten(
    brand: VendorBrand,
) -> None:
    keep(brand, FULL)
    with pytest.raises(Refused, match="meanwhile"):
        keep(brand, HELD)
