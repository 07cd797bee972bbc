"""Policy at work on the real books: what requests hold, what is kept from them, who gives way."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import select

from app.db import run, transaction
from app.inventory import collisions, policy, policy_changes
from app.inventory.asking import WithheldLine, withheld
from app.inventory.documents import Document
from app.inventory.models import Collision, Item, State
from app.inventory.policies import Ask, PolicyChange, PolicyKey, Terms
from tests.inventory.brand import PURCHASE_ORDER, Brand, make_brand, numbers

FREE, RESERVED, SAFETY = State.AVAILABLE, State.RESERVED, State.SAFETY_STOCK


EVERYTHING = PolicyKey()


def decide(brand: Brand, key: PolicyKey = EVERYTHING, /, **terms: Any) -> None:
    """Changes a policy, and has the holds follow it."""
    with transaction(brand.shop_id) as session:
        policy_changes.put_policy(session, key, Terms(**terms), by="user:1")
    follow(brand)


def follow(brand: Brand) -> None:
    while run(policy.settle_change, brand.shop_id):
        pass


def obey(brand: Brand) -> None:
    run(policy.obey, brand.shop_id)


def ask(brand: Brand, *documents: Document) -> None:
    """As the purchase orders come in."""
    with transaction(brand.shop_id) as session:
        collisions.refresh_documents(session, policy.settle(session, documents))


def tents(brand: Brand, state: State) -> int:
    return brand.quantity("tent", "main", state)


def kept(brand: Brand, reference: str = "P") -> WithheldLine | None:
    with transaction(brand.shop_id) as session:
        found = withheld(session, PURCHASE_ORDER, [reference]).get((reference, "1"), {})
        return found.get(brand.item("tent"))


def purchase(brand: Brand, wanted: int, **more: Any) -> Document:
    return brand.purchase_order(more.pop("reference", "P"), wanted, item="tent", at="main", **more)


def cases_of(brand: Brand, units: int) -> None:
    with transaction(brand.shop_id) as session:
        session.get_one(Item, (brand.shop_id, brand.item("tent"))).units_per_case = units


def test_safety_stock_is_held_where_the_item_has_stock_and_no_more_than_is_free(
    brand: Brand,
) -> None:
    brand.stock("tent", "main", 12)
    brand.stock("stove", "east", 3)
    decide(brand, safety_stock=5)
    assert (tents(brand, FREE), tents(brand, SAFETY)) == (7, 5)
    assert brand.quantity("stove", "east", SAFETY) == 3
    assert brand.quantity("stove", "main", SAFETY) == 0


def test_safety_stock_is_made_up_when_units_become_free_and_begun_at_new_places(
    brand: Brand,
) -> None:
    brand.stock("tent", "main", 2)
    decide(brand, safety_stock=5)
    brand.stock("tent", "main", 10)
    brand.stock("tent", "east", 10)
    obey(brand)
    assert (tents(brand, FREE), tents(brand, SAFETY)) == (7, 5)
    assert brand.quantity("tent", "east", SAFETY) == 5


def test_safety_stock_is_released_when_less_is_wanted_or_the_item_is_archived(
    brand: Brand,
) -> None:
    brand.stock("tent", "main", 12)
    decide(brand, safety_stock=5)
    decide(brand, PolicyKey(item_id=brand.item("tent")), safety_stock=2)
    assert (tents(brand, FREE), tents(brand, SAFETY)) == (10, 2)
    with transaction(brand.shop_id) as session:
        item = session.get_one(Item, (brand.shop_id, brand.item("tent")))
        item.archived_at = item.created_at
    obey(brand)
    assert (tents(brand, FREE), tents(brand, SAFETY)) == (12, 0)


def test_safety_stock_that_is_not_full_is_no_collision(brand: Brand) -> None:
    brand.stock("tent", "main", 1)
    decide(brand, safety_stock=5)
    assert brand.refresh_collisions() == 0


def test_shopify_hears_of_safety_stock_as_of_every_hold(brand: Brand) -> None:
    brand.stock("tent", "main", 9)
    with transaction(brand.shop_id) as session:
        session.execute(text("DELETE FROM mirror_due"))
    decide(brand, safety_stock=5)
    with transaction(brand.shop_id) as session:
        told = session.execute(
            text(
                "SELECT quantity, from_state::text, to_state::text, document.kind, actor"
                " FROM mirror_due JOIN movement USING (shop_id, movement_id)"
                " JOIN document USING (shop_id, document_id)"
            )
        ).all()
    assert [tuple(row) for row in told] == [
        (5, "available", "safety_stock", "safety_stock", "user:1")
    ]


def test_amazon_holds_no_more_than_its_ceiling_and_is_told_why(brand: Brand) -> None:
    brand.stock("tent", "main", 500)
    decide(brand, amazon_ceiling=200)
    ask(brand, purchase(brand, 150), purchase(brand, 100, reference="Q"))
    assert (tents(brand, RESERVED), kept(brand)) == (200, None)
    assert kept(brand, "Q") == WithheldLine(50, "ceiling", 200)
    assert brand.refresh_collisions() == 0, "what policy keeps is decided already"


def test_a_share_is_of_what_is_free_beside_orders_and_safety_stock(brand: Brand) -> None:
    brand.stock("tent", "main", 120)
    brand.settle(brand.order("1", 10, item="tent", at="main"))
    decide(brand, safety_stock=10, amazon_share=40)
    ask(brand, purchase(brand, 60))
    assert (tents(brand, RESERVED), kept(brand)) == (40, WithheldLine(20, "share", 40))
    before = brand.movement_count()
    ask(brand, purchase(brand, 60))
    obey(brand)
    assert brand.movement_count() == before


def test_amazon_is_granted_whole_cases_only(brand: Brand) -> None:
    cases_of(brand, 12)
    brand.stock("tent", "main", 20)
    decide(brand, whole_cases=True)
    ask(brand, purchase(brand, 24))
    assert (tents(brand, RESERVED), kept(brand)) == (12, WithheldLine(12, "whole_cases", 12))
    brand.stock("tent", "main", 4)
    obey(brand)
    assert (tents(brand, RESERVED), kept(brand)) == (24, None)


def test_a_change_of_policy_settles_what_is_held_already(brand: Brand) -> None:
    brand.stock("tent", "main", 100)
    ask(brand, purchase(brand, 80))
    decide(brand, amazon_share=50)
    assert (tents(brand, RESERVED), kept(brand)) == (50, WithheldLine(30, "share", 50))
    decide(brand, amazon_share=70)
    assert (tents(brand, RESERVED), kept(brand)) == (70, WithheldLine(10, "share", 70))
    decide(brand)
    assert (tents(brand, RESERVED), kept(brand)) == (80, None)


def test_what_was_acknowledged_is_never_cut(brand: Brand) -> None:
    brand.stock("tent", "main", 100)
    ask(brand, purchase(brand, 80))
    ask(brand, purchase(brand, 80, version=2, firm=True))
    decide(brand, amazon_ceiling=10)
    assert (tents(brand, RESERVED), kept(brand)) == (80, None)
    ask(brand, purchase(brand, 5, reference="Q"))
    assert (tents(brand, RESERVED), kept(brand, "Q")) == (80, WithheldLine(5, "ceiling", 10))


def test_acknowledging_forgets_what_was_kept(brand: Brand) -> None:
    brand.stock("tent", "main", 100)
    decide(brand, amazon_ceiling=30)
    ask(brand, purchase(brand, 80))
    ask(brand, purchase(brand, 30, version=2, firm=True))
    assert (tents(brand, RESERVED), kept(brand)) == (30, None)


def test_orders_that_oversell_take_unacknowledged_holds_back_where_policy_says_so(
    brand: Brand,
) -> None:
    brand.stock("tent", "main", 10)
    decide(brand, take_back=True)
    ask(brand, purchase(brand, 8))
    brand.settle(brand.order("1", 5, item="tent", at="main"))
    assert brand.refresh_collisions() == 1
    obey(brand)
    assert (tents(brand, FREE), tents(brand, RESERVED)) == (0, 5)
    assert kept(brand) == WithheldLine(3, "take_back", None)
    with transaction(brand.shop_id) as session:
        (ended,) = session.exec(select(Collision)).all()
        actors = session.execute(
            text("SELECT DISTINCT actor FROM movement WHERE reason = 'released'")
        ).scalars()
        caused = session.execute(text("SELECT count(*) FROM collision_movement")).scalar_one()
        assert (list(actors), caused) == (["policy"], 1)
    assert (ended.kind, ended.ended_by, ended.way_taken) == ("oversold", "policy", "take_back")
    assert ended.ended_at is not None


def test_what_was_taken_back_is_asked_for_again_when_units_are_free(brand: Brand) -> None:
    brand.stock("tent", "main", 10)
    decide(brand, take_back=True)
    ask(brand, purchase(brand, 8))
    brand.settle(brand.order("1", 5, item="tent", at="main"))
    obey(brand)
    brand.stock("tent", "main", 2)
    obey(brand)
    assert (tents(brand, RESERVED), kept(brand)) == (7, WithheldLine(1, "take_back", None))


def test_what_was_short_before_it_gave_way_is_not_forgotten(brand: Brand) -> None:
    brand.stock("tent", "main", 8)
    decide(brand, take_back=True)
    ask(brand, purchase(brand, 20))
    brand.settle(brand.order("1", 3, item="tent", at="main"))
    obey(brand)
    assert (tents(brand, RESERVED), kept(brand)) == (5, WithheldLine(15, "take_back", None))
    brand.stock("tent", "main", 40)
    obey(brand)
    assert (tents(brand, RESERVED), kept(brand)) == (20, None)


def test_a_request_that_a_person_reduced_asks_for_nothing_that_policy_kept(brand: Brand) -> None:
    brand.stock("tent", "main", 8)
    decide(brand, amazon_ceiling=12)
    ask(brand, purchase(brand, 20))
    assert (tents(brand, RESERVED), kept(brand)) == (8, WithheldLine(8, "ceiling", 12))
    brand.refresh_collisions()
    with transaction(brand.shop_id) as session:
        collision = session.exec(select(Collision)).one()
        collisions.take(session, collision, "reduce_request", {}, actor="user:1")
    assert kept(brand) is None
    brand.stock("tent", "main", 40)
    decide(brand, amazon_ceiling=100)
    assert tents(brand, RESERVED) == 8


def test_without_that_policy_the_collision_waits_for_a_person(brand: Brand) -> None:
    brand.stock("tent", "main", 10)
    ask(brand, purchase(brand, 8))
    brand.settle(brand.order("1", 5, item="tent", at="main"))
    obey(brand)
    assert (tents(brand, FREE), tents(brand, RESERVED)) == (-3, 8)
    assert brand.refresh_collisions() == 1


def test_safety_stock_covers_an_oversell_and_is_made_up_again(brand: Brand) -> None:
    brand.stock("tent", "main", 10)
    decide(brand, safety_stock=6)
    brand.settle(brand.order("1", 7, item="tent", at="main"))
    brand.refresh_collisions()
    obey(brand)
    assert (tents(brand, FREE), tents(brand, SAFETY)) == (0, 3)
    with transaction(brand.shop_id) as session:
        (ended,) = session.exec(select(Collision)).all()
    assert (ended.ended_by, ended.way_taken) == ("policy", "release_safety_stock")
    brand.settle(brand.order("1", 2, item="tent", at="main", version=2))
    obey(brand)
    assert (tents(brand, FREE), tents(brand, SAFETY)) == (2, 6)


@pytest.mark.parametrize(
    "precedence, amazon, safety", [("dtc", 2, 5), ("amazon", 7, 0), ("earliest_due", 7, 0)]
)
def test_precedence_says_who_gets_what_becomes_free(
    brand: Brand, precedence: str, amazon: int, safety: int
) -> None:
    brand.stock("tent", "main", 0)
    brand.settle(brand.order("1", 0, item="tent", at="main"))
    decide(brand, safety_stock=5, precedence=precedence)
    ask(brand, purchase(brand, 7))
    brand.stock("tent", "main", 7)
    obey(brand)
    assert (tents(brand, RESERVED), tents(brand, SAFETY)) == (amazon, safety)


def test_every_ask_is_kept_once_for_each_thing_it_said(brand: Brand) -> None:
    brand.stock("tent", "main", 100)
    ask(brand, purchase(brand, 8))
    ask(brand, purchase(brand, 8, version=2))
    ask(brand, purchase(brand, 6, version=3))
    ask(brand, purchase(brand, 6, version=4, firm=True))
    ask(brand, Document(PURCHASE_ORDER, "P", 5, claims=(), fact=False))
    with transaction(brand.shop_id) as session:
        rows = session.exec(select(Ask).order_by(Ask.asked_at)).all()  # type: ignore[arg-type]
    assert [(row.units, row.firm) for row in rows] == [
        (8, False),
        (6, False),
        (6, True),
        (0, True),
    ]


def test_a_change_says_who_when_before_and_after_and_the_same_again_is_none(brand: Brand) -> None:
    brand.stock("tent", "main", 9)
    key = PolicyKey(item_id=brand.item("tent"), location_id=brand.at("main"))
    decide(brand, key, safety_stock=5)
    decide(brand, key, safety_stock=5)
    decide(brand, key, safety_stock=3, whole_cases=True)
    decide(brand, key)
    with transaction(brand.shop_id) as session:
        changes = session.exec(
            select(PolicyChange).order_by(PolicyChange.policy_change_id)  # type: ignore[arg-type]
        ).all()
    assert [(one.name, one.location, one.before, one.after) for one in changes] == [
        ("TENT", "main", None, {"safety_stock": 5}),
        ("TENT", "main", {"safety_stock": 5}, {"safety_stock": 3, "whole_cases": True}),
        ("TENT", "main", {"safety_stock": 3, "whole_cases": True}, None),
    ]
    assert all(one.by == "user:1" and one.settled_at for one in changes)
    assert tents(brand, SAFETY) == 0


def test_a_group_has_a_policy_and_an_item_is_in_one_group(brand: Brand) -> None:
    brand.stock("tent", "main", 9)
    brand.stock("stove", "main", 9)
    with transaction(brand.shop_id) as session:
        heroes = policy_changes.keep_group(
            session, None, "Heroes", [brand.item("tent")], by="user:1"
        )
        other = policy_changes.keep_group(session, None, "Other", [], by="user:1")
    decide(brand, PolicyKey(group_id=heroes), safety_stock=4)
    assert (tents(brand, SAFETY), brand.quantity("stove", "main", SAFETY)) == (4, 0)
    with transaction(brand.shop_id) as session:
        policy_changes.keep_group(session, other, "Other", list(brand.items.values()), by="user:1")
    follow(brand)
    assert (tents(brand, SAFETY), brand.quantity("stove", "main", SAFETY)) == (0, 0)
    with transaction(brand.shop_id) as session:
        policy_changes.keep_group(session, heroes, "Heroes", [brand.item("stove")], by="user:1")
    follow(brand)
    assert brand.quantity("stove", "main", SAFETY) == 4
    with transaction(brand.shop_id) as session:
        policy_changes.drop_group(session, heroes, by="user:1")
    follow(brand)
    assert brand.quantity("stove", "main", SAFETY) == 0


TERMS = st.fixed_dictionaries(
    {
        "safety_stock": st.none() | st.integers(0, 12),
        "amazon_share": st.none() | st.integers(0, 100),
        "amazon_ceiling": st.none() | st.integers(0, 30),
        "precedence": st.sampled_from([None, "dtc", "amazon", "earliest_due"]),
        "take_back": st.sampled_from([None, True, False]),
        "whole_cases": st.sampled_from([None, True]),
    }
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("stock"), st.integers(1, 20)),
        st.tuples(st.just("order"), st.integers(1, 15)),
        st.tuples(st.just("ask"), st.integers(1, 25)),
        st.tuples(st.just("decide"), TERMS),
    ),
    min_size=1,
    max_size=8,
)


BROKEN_CASE = {name: None for name in ("safety_stock", "amazon_share", "amazon_ceiling")} | {
    "precedence": None,
    "take_back": None,
    "whole_cases": True,
}


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(STEPS)
@example([("order", 1), ("ask", 20), ("order", 3), ("decide", BROKEN_CASE)])
def test_obeying_twice_is_obeying_once_and_nothing_asked_for_is_lost(
    database: str, steps: list[tuple[str, Any]]
) -> None:
    brand = make_brand(f"policy-{next(numbers)}.myshopify.com", ("tent",), ("main",))
    cases_of(brand, 4)
    brand.stock("tent", "main", 20)
    asked, in_cases = 0, None
    for number, (what, value) in enumerate(steps):
        if what == "stock":
            brand.stock("tent", "main", value)
        elif what == "order":
            brand.settle(brand.order(str(number), value, item="tent", at="main"))
        elif what == "ask":
            ask(brand, purchase(brand, value, reference=f"P{number}"))
            asked += value
        else:
            decide(brand, **value)
        obey(brand)
        before = brand.movement_count(), brand.balances()
        obey(brand)
        assert (brand.movement_count(), brand.balances()) == before
        with transaction(brand.shop_id) as session:
            wanted = session.execute(
                text("SELECT coalesce(sum(wanted), 0) FROM hold WHERE state = 'reserved'")
            ).scalar_one()
            keeps = session.execute(
                text("SELECT coalesce(sum(units), 0) FROM withheld")
            ).scalar_one()
            holds = (
                session.execute(text("SELECT held FROM hold WHERE state = 'reserved'"))
                .scalars()
                .all()
            )
        assert wanted + keeps == asked
        if what == "decide":
            in_cases = value["whole_cases"]
        assert not in_cases or all(units % 4 == 0 for units in holds)
    brand.refresh_collisions()


def test_two_postings_at_once_never_fill_a_ceiling_twice(brand: Brand) -> None:
    brand.stock("tent", "main", 100)
    decide(brand, amazon_ceiling=10)
    with transaction(brand.shop_id) as first:
        policy.settle(first, [purchase(brand, 10)])
        with transaction(brand.shop_id) as second, pytest.raises(Exception, match="timeout"):
            second.execute(text("SET LOCAL lock_timeout = '200ms'"))
            policy.settle(second, [purchase(brand, 10, reference="Q")])
    ask(brand, purchase(brand, 10, reference="Q"))
    assert tents(brand, RESERVED) == 10
