"""What is to come: projections, collisions ahead of time, arrivals, and what waiting means."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import select

from app.db import run, transaction
from app.errors import Refused
from app.inventory import arrivals, collisions, endings, futures
from app.inventory.documents import Claim, Document
from app.inventory.models import Arrival, Collision, State
from app.inventory.ways import Way, ways_out
from tests.inventory.brand import PURCHASE_ORDER, Brand

TODAY = datetime.now(UTC).date()


def day(ahead: int) -> date:
    return TODAY + timedelta(days=ahead)


def promise(
    brand: Brand, reference: str, wanted: int, *, due: int, firm: bool = True, version: int = 1
) -> None:
    claim = Claim(
        "1",
        brand.item("tent"),
        brand.at("main"),
        State.RESERVED,
        wanted,
        datetime.combine(day(due), datetime.min.time(), UTC) + timedelta(hours=12),
    )
    brand.settle(
        Document(PURCHASE_ORDER, reference, version, claims=[claim], fact=False, firm=firm)
    )


def expect(brand: Brand, units: int, *, on: int, reference: str = "T1") -> None:
    stated = arrivals.Stated(reference, brand.item("tent"), brand.at("main"), units, day(on))
    run(arrivals.state, brand.shop_id, [stated], actor="user:1")


def opened(brand: Brand) -> list[Collision]:
    brand.refresh_collisions()
    with transaction(brand.shop_id) as session:
        return list(
            session.exec(
                select(Collision)
                .where(Collision.ended_at == None)  # noqa: E711
                .order_by(Collision.collision_id)  # type: ignore[arg-type]
            )
        )


def the_way(brand: Brand, collision: Collision, name: str) -> Way:
    with transaction(brand.shop_id) as session:
        return next(way for way in ways_out(session, collision) if way.way == name)


def take(brand: Brand, collision: Collision, way: Way) -> Collision:
    with transaction(brand.shop_id) as session:
        fresh = session.get_one(Collision, (brand.shop_id, collision.collision_id))
        return collisions.take(session, fresh, way.way, way.parameters, actor="user:1")


def test_a_confirmed_promise_that_nothing_will_cover_is_a_collision_to_come(brand: Brand) -> None:
    brand.stock("tent", "main", 4)
    promise(brand, "P", 9, due=10)
    (found,) = opened(brand)
    assert (found.kind, found.units, found.due_on) == ("coming", 5, day(10))


def test_an_arrival_in_time_ends_a_collision_to_come_and_a_late_one_does_not(
    brand: Brand,
) -> None:
    brand.stock("tent", "main", 4)
    promise(brand, "P", 9, due=10)
    assert len(opened(brand)) == 1
    expect(brand, 5, on=11)
    assert [one.units for one in opened(brand)] == [5]
    expect(brand, 5, on=10)
    assert opened(brand) == []


def test_an_arrival_that_slips_past_the_promise_opens_it_again(brand: Brand) -> None:
    promise(brand, "P", 9, due=10)
    expect(brand, 9, on=5)
    assert opened(brand) == []
    expect(brand, 9, on=15)
    assert [(one.kind, one.units) for one in opened(brand)] == [("coming", 9)]


def test_an_arrival_that_is_overdue_is_not_relied_on(brand: Brand) -> None:
    promise(brand, "P", 9, due=10)
    expect(brand, 9, on=-1)
    assert [one.kind for one in opened(brand)] == ["coming"]


def test_earlier_promises_use_up_arrivals_before_later_ones(brand: Brand) -> None:
    promise(brand, "P", 6, due=5)
    promise(brand, "Q", 6, due=9)
    expect(brand, 10, on=3)
    (found,) = opened(brand)
    assert (found.units, found.due_on) == (2, day(9))


def test_the_projection_names_every_paper_that_changes_what_is_free(brand: Brand) -> None:
    brand.stock("tent", "main", 4)
    promise(brand, "P", 9, due=10)
    expect(brand, 3, on=7)
    with transaction(brand.shop_id) as session:
        (found,) = futures.project(session, [brand.item("tent")])
    assert found.free == 0
    assert [(one.day, one.kind, one.units, one.paper.reference) for one in found.changes] == [
        (day(7), "arrival", 3, "T1"),
        (day(10), "promise", -5, "P"),
    ]


def test_waiting_for_an_arrival_holds_until_its_day_and_no_longer(brand: Brand) -> None:
    promise(brand, "P", 9, due=10, firm=False)
    expect(brand, 9, on=5)
    (short,) = opened(brand)
    assert short.kind == "short"
    way = the_way(brand, short, "wait")
    assert way.parameters == {"on": day(5).isoformat(), "arrivals": "T1"}
    assert take(brand, short, way).way_taken == "wait"
    assert opened(brand) == []
    with transaction(brand.shop_id) as session:
        session.execute(text("UPDATE collision SET accepted_until = now() - interval '1 minute'"))
    with transaction(brand.shop_id) as session:
        assert [one.kind for one in collisions.refresh_watched(session)] == ["short"]


def test_what_an_outside_paper_announces_is_waited_for_by_its_name_if_it_has_a_day(
    brand: Brand,
) -> None:
    promise(brand, "P", 9, due=10, firm=False)
    said = arrivals.Stated("77", brand.item("tent"), brand.at("main"), 9, None, "#T0001")
    told = {"source": "shopify_transfer", "actor": "shopify"}
    run(arrivals.restate, brand.shop_id, "77", [said], **told)
    (short,) = opened(brand)
    with transaction(brand.shop_id) as session:
        assert "wait" not in {way.way for way in ways_out(session, short)}
    dated = replace(said, reference="77:5", expected_on=day(5), title="#T0001 / #T0001-1")
    run(arrivals.restate, brand.shop_id, "77", [dated], **told)
    way = the_way(brand, short, "wait")
    assert way.parameters == {"on": day(5).isoformat(), "arrivals": "#T0001 / #T0001-1"}
    run(arrivals.restate, brand.shop_id, "77", [], **told)
    with transaction(brand.shop_id) as session:
        assert "wait" not in {way.way for way in ways_out(session, short)}


def test_what_was_waited_for_and_slips_is_a_collision_to_come(brand: Brand) -> None:
    promise(brand, "P", 9, due=10, firm=False)
    expect(brand, 9, on=5)
    (short,) = opened(brand)
    take(brand, short, the_way(brand, short, "wait"))
    expect(brand, 9, on=12)
    assert [(one.kind, one.units) for one in opened(brand)] == [("coming", 9)]


def test_an_oversold_item_may_wait_for_what_arrives(brand: Brand) -> None:
    brand.settle(brand.order("1", 3, item="tent", at="main"))
    expect(brand, 8, on=2)
    (oversold,) = opened(brand)
    take(brand, oversold, the_way(brand, oversold, "wait"))
    assert opened(brand) == []
    brand.settle(brand.order("2", 1, item="tent", at="main"))
    assert [(one.kind, one.units) for one in opened(brand)] == [("oversold", 4)]


def test_units_moved_here_go_to_the_promise_that_would_be_missed(brand: Brand) -> None:
    brand.stock("tent", "east", 20)
    promise(brand, "P", 9, due=10)
    (coming,) = opened(brand)
    take(brand, coming, the_way(brand, coming, "relocate"))
    assert opened(brand) == []
    assert brand.quantity("tent", "main", State.RESERVED) == 9


def test_a_missed_day_that_is_accepted_opens_again_only_beyond_it(brand: Brand) -> None:
    promise(brand, "P", 9, due=10)
    (coming,) = opened(brand)
    take(brand, coming, the_way(brand, coming, "accept"))
    assert opened(brand) == []
    promise(brand, "P", 11, due=10, version=2)
    assert [(one.kind, one.units) for one in opened(brand)] == [("coming", 11)]


def test_an_ended_collision_keeps_what_moved_and_whether_it_opened_again(brand: Brand) -> None:
    brand.stock("tent", "main", 10)
    brand.settle(brand.purchase_order("P", 8, item="tent", at="main"))
    brand.settle(brand.order("1", 5, item="tent", at="main"))
    (oversold,) = opened(brand)
    take(brand, oversold, the_way(brand, oversold, "take_back"))
    brand.settle(brand.order("2", 1, item="tent", at="main"))
    (again,) = opened(brand)
    with transaction(brand.shop_id) as session:
        ended = session.get_one(Collision, (brand.shop_id, oversold.collision_id))
        led_to = endings.endings(session, [oversold.collision_id])[oversold.collision_id]
    assert ended.offered is not None
    assert (ended.offered["way"], ended.offered["units"]) == ("take_back", 3)
    assert [
        (row.quantity, row.from_state, row.to_state, row.document_reference)
        for row in led_to.movements
    ] == [(3, "reserved", "available", "P")]
    assert led_to.opened_again is not None
    assert led_to.opened_again[0] == again.collision_id


def test_the_same_arrivals_again_change_nothing_and_new_numbers_correct_them(
    brand: Brand,
) -> None:
    def kept() -> list[tuple[int, date, datetime]]:
        with transaction(brand.shop_id) as session:
            return [
                (one.units, one.expected_on, one.stated_at) for one in session.exec(select(Arrival))
            ]

    expect(brand, 5, on=3)
    first = kept()
    expect(brand, 5, on=3)
    assert kept() == first
    expect(brand, 7, on=4)
    assert [(units, on) for units, on, _ in kept()] == [(7, day(4))]


def test_an_arrival_that_has_ended_is_expected_no_more(brand: Brand) -> None:
    promise(brand, "P", 9, due=10)
    expect(brand, 9, on=5)
    assert opened(brand) == []
    with transaction(brand.shop_id) as session:
        number = session.exec(select(Arrival.arrival_id)).one()
        arrivals.end(session, number, actor="user:1")
        arrivals.end(session, number, actor="user:2")
    assert [one.kind for one in opened(brand)] == ["coming"]


def test_a_file_names_every_wrong_row_and_changes_nothing(brand: Brand) -> None:
    content = (
        "Reference,SKU,Location,Units,Expected_on\n"
        f"T1,tent,Main,12,{day(5)}\n"
        "T1,nothing,main,12,2026-12-01\n"
        "T1,TENT,moon,1.5,soon\n"
    )
    with transaction(brand.shop_id) as session, pytest.raises(Refused) as refused:
        arrivals.read_csv(session, content)
    assert {error.field for error in refused.value.errors} == {
        "rows[1].sku",
        "rows[2].location",
        "rows[2].units",
        "rows[2].expected_on",
    }
    with transaction(brand.shop_id) as session:
        (stated,) = arrivals.read_csv(session, content.split("T1,nothing", maxsplit=1)[0])
    assert stated == arrivals.Stated("T1", brand.item("tent"), brand.at("main"), 12, day(5))
