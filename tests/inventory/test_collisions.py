"""Collisions: when they open, who is named, and how each way ends them."""

from __future__ import annotations

import pytest
from sqlmodel import select

from app.db import transaction
from app.errors import Refused
from app.inventory import collisions
from app.inventory.models import Collision, State
from app.inventory.ways import Way, claimants, ways_out
from tests.inventory.brand import Brand


def open_collisions(brand: Brand) -> list[Collision]:
    brand.refresh_collisions()
    with transaction(brand.shop_id) as session:
        return list(session.exec(select(Collision).where(Collision.ended_at == None)))  # noqa: E711


def ways(brand: Brand, collision: Collision) -> list[Way]:
    with transaction(brand.shop_id) as session:
        return ways_out(session, collision)


def take(brand: Brand, collision: Collision, way: Way) -> Collision:
    with transaction(brand.shop_id) as session:
        fresh = session.get(Collision, (brand.shop_id, collision.collision_id))
        assert fresh is not None
        return collisions.take(session, fresh, way.way, way.parameters, actor="user:1")


def oversold_beside_a_purchase_order(brand: Brand) -> Collision:
    brand.stock("tent", "main", 10)
    brand.settle(brand.purchase_order("P", 8, item="tent", at="main"))
    brand.settle(brand.order("1", 5, item="tent", at="main"))
    return open_collisions(brand)[0]


def test_an_oversold_item_opens_a_collision_that_names_both_rails(brand: Brand) -> None:
    collision = oversold_beside_a_purchase_order(brand)
    assert (collision.kind, collision.units) == ("oversold", 3)
    with transaction(brand.shop_id) as session:
        wanting = claimants(session, collision.item_id, collision.location_id)
    assert [(one.rail, one.wanted, one.held) for one in wanting] == [
        ("dtc", 5, 5),
        ("amazon", 8, 8),
    ]


def test_a_request_that_got_too_little_opens_a_collision(brand: Brand) -> None:
    brand.stock("tent", "main", 4)
    brand.settle(brand.purchase_order("P", 9, item="tent", at="main"))
    collision = open_collisions(brand)[0]
    assert (collision.kind, collision.units) == ("short", 5)


def test_at_least_two_ways_end_an_oversold_collision(brand: Brand) -> None:
    collision = oversold_beside_a_purchase_order(brand)
    offered = ways(brand, collision)
    assert [way.way for way in offered if way.ends_it] == ["take_back", "accept"]
    assert [way.way for way in offered if way.recommended] == [offered[0].way]


def test_a_paper_without_a_title_is_called_by_its_number(brand: Brand) -> None:
    collision = oversold_beside_a_purchase_order(brand)
    best = ways(brand, collision)[0]
    assert [one.title for one in best.effects if one.document] == ["P"]


def test_taking_back_amazons_hold_ends_it(brand: Brand) -> None:
    collision = oversold_beside_a_purchase_order(brand)
    ended = take(brand, collision, ways(brand, collision)[0])
    assert ended.ended_at is not None
    assert (ended.way_taken, ended.ended_by) == ("take_back", "user:1")
    assert brand.quantity("tent", "main", State.AVAILABLE) == 0
    assert brand.quantity("tent", "main", State.RESERVED) == 5


def test_moving_units_from_another_location_ends_it(brand: Brand) -> None:
    brand.stock("tent", "east", 6)
    collision = oversold_beside_a_purchase_order(brand)
    way = next(way for way in ways(brand, collision) if way.way == "relocate")
    assert (way.units, way.recommended) == (3, True)
    assert take(brand, collision, way).ended_at is not None
    assert brand.quantity("tent", "east", State.AVAILABLE) == 3
    assert brand.quantity("tent", "main", State.AVAILABLE) == 0


def test_moving_units_to_a_short_request_grants_them_to_it(brand: Brand) -> None:
    brand.stock("tent", "main", 4)
    brand.stock("tent", "east", 20)
    brand.settle(brand.purchase_order("P", 9, item="tent", at="main"))
    collision = open_collisions(brand)[0]
    way = next(way for way in ways(brand, collision) if way.way == "relocate")
    assert take(brand, collision, way).ended_at is not None
    assert brand.quantity("tent", "main", State.RESERVED) == 9


@pytest.mark.parametrize(
    "way_taken, later", [("reduce_request", 4), ("accept", 6)], ids=["asks for no more", "waits"]
)
def test_a_short_request_is_reduced_to_what_is_held_or_goes_on_waiting(
    brand: Brand, way_taken: str, later: int
) -> None:
    brand.stock("tent", "main", 4)
    brand.settle(brand.purchase_order("P", 9, item="tent", at="main"))
    collision = open_collisions(brand)[0]
    way = next(way for way in ways(brand, collision) if way.way == way_taken)
    ended = take(brand, collision, way)
    assert (ended.ended_at is not None, ended.way_taken) == (True, way_taken)
    assert open_collisions(brand) == []
    brand.stock("tent", "main", 2)
    brand.ask_again()
    assert brand.quantity("tent", "main", State.RESERVED) == later
    assert open_collisions(brand) == []


def test_a_reduced_request_asks_for_all_of_it_when_its_paper_changes(brand: Brand) -> None:
    brand.stock("tent", "main", 4)
    brand.settle(brand.purchase_order("P", 9, item="tent", at="main"))
    collision = open_collisions(brand)[0]
    take(brand, collision, next(w for w in ways(brand, collision) if w.way == "reduce_request"))
    brand.settle(brand.purchase_order("P", 7, item="tent", at="main", version=2))
    assert [one.units for one in open_collisions(brand)] == [3]


def test_an_accepted_oversell_opens_again_only_beyond_what_was_accepted(brand: Brand) -> None:
    collision = oversold_beside_a_purchase_order(brand)
    way = next(way for way in ways(brand, collision) if way.way == "accept")
    take(brand, collision, way)
    assert open_collisions(brand) == []
    brand.settle(brand.order("2", 1, item="tent", at="main"))
    assert [one.units for one in open_collisions(brand)] == [4]


def test_an_acceptance_does_not_outlive_its_collision(brand: Brand) -> None:
    collision = oversold_beside_a_purchase_order(brand)
    take(brand, collision, next(way for way in ways(brand, collision) if way.way == "accept"))
    brand.stock("tent", "main", 3)
    assert open_collisions(brand) == []
    brand.settle(brand.order("2", 2, item="tent", at="main"))
    assert [one.units for one in open_collisions(brand)] == [2]


def test_a_collision_ends_by_itself_when_stock_arrives(brand: Brand) -> None:
    collision = oversold_beside_a_purchase_order(brand)
    brand.stock("tent", "main", 3)
    assert open_collisions(brand) == []
    with transaction(brand.shop_id) as session:
        ended = session.get(Collision, (brand.shop_id, collision.collision_id))
    assert ended is not None
    assert ended.ended_by == "system"


def test_a_way_that_is_no_longer_offered_is_refused(brand: Brand) -> None:
    collision = oversold_beside_a_purchase_order(brand)
    way = ways(brand, collision)[0]
    brand.settle(brand.purchase_order("P", 0, item="tent", at="main", version=2))
    with pytest.raises(Refused, match="moved on"):
        take(brand, collision, way)
