"""An answer that failed, that Amazon never showed, or that Amazon's change has overtaken is given again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.db import run, transaction
from app.inventory.models import State
from app.vendor import acknowledgements, detail, views
from app.vendor.acknowledgements import Said
from app.vendor.answering import orders
from app.vendor.steps.judging import Step, standing_of
from app.vendor.tables import PurchaseOrder
from tests.vendor.brand import STOVE, TENT, VendorBrand


def acknowledge(brand: VendorBrand, number: str, *said: Said) -> None:
    with transaction(brand.shop_id) as session:
        acknowledgements.acknowledge(session, "na", number, said, actor="user:1")


def shown(brand: VendorBrand, number: str) -> views.PurchaseOrderView:
    with transaction(brand.shop_id) as session:
        order = session.get_one(PurchaseOrder, (brand.shop_id, "na", number))
        return detail.whole(session, order)


def proposed(brand: VendorBrand, number: str) -> tuple[int, int, int, str]:
    [line] = shown(brand, number).lines
    one = line.proposal
    return one.accept, one.backorder, one.reject, one.because


def ordered_step(brand: VendorBrand, number: str, now: datetime | None = None) -> Step:
    found = run(standing_of, brand.shop_id, "na", number, now or datetime.now(UTC))
    return found.steps[0]


def waits_at_home(brand: VendorBrand) -> list[str]:
    return [one.number for one in run(views.to_acknowledge, brand.shop_id)]


def place_stoves(brand: VendorBrand, units: int = 20, **more: object) -> str:
    number = brand.amazon.place(STOVE | {"amount": units} | more)
    brand.poll()
    return number


def test_an_answer_that_amazon_refused_is_asked_for_again(brand: VendorBrand) -> None:
    brand.stock("stove", 50)
    number = place_stoves(brand)
    acknowledge(brand, number, Said("1", 20, 0, 0, None))
    assert not shown(brand, number).may_answer
    brand.amazon.change(number, lines={"1": {"cost": "1.00"}})  # below what we have said
    brand.send_and_follow()
    found = shown(brand, number)
    assert found.acknowledgement is not None and found.acknowledgement.state == "failed"
    assert found.may_answer and found.acknowledge_by is not None
    assert waits_at_home(brand) == [number]
    assert ordered_step(brand, number).state == "act"


def test_an_answer_that_amazon_never_showed_is_asked_for_again(
    brand: VendorBrand, monkeypatch: pytest.MonkeyPatch
) -> None:
    brand.stock("stove", 50)
    number = place_stoves(brand)
    acknowledge(brand, number, Said("1", 20, 0, 0, None))
    assert ordered_step(brand, number).state == "wait"  # said, and not at Amazon yet
    assert ordered_step(brand, number, datetime.now(UTC) + timedelta(days=2)).state == "late"
    monkeypatch.setattr("app.vendor.outbox.shows", lambda *_: False)
    brand.send()
    for minutes in (1, 5, 15, 30, 60, 120):
        brand.send(later=timedelta(minutes=minutes))
    found = shown(brand, number)
    assert found.may_answer and found.acknowledge_by is not None
    assert waits_at_home(brand) == [number]
    assert ordered_step(brand, number).state == "act"


def test_the_first_step_is_done_once_amazon_shows_the_answer(brand: VendorBrand) -> None:
    brand.stock("stove", 50)
    number = place_stoves(brand)
    acknowledge(brand, number, Said("1", 0, 0, 20, "TemporarilyUnavailable"))
    assert ordered_step(brand, number).state == "wait"
    brand.send_and_follow()
    assert ordered_step(brand, number).state == "done"


def test_a_changed_answer_begins_from_what_was_said_and_takes_its_place(brand: VendorBrand) -> None:
    brand.stock("stove", 50)
    number = place_stoves(brand)
    acknowledge(brand, number, Said("1", 20, 0, 0, None))
    brand.send_and_follow()
    assert shown(brand, number).may_answer
    assert proposed(brand, number) == (20, 0, 0, "answered")
    acknowledge(brand, number, Said("1", 15, 0, 5, "TemporarilyUnavailable"))
    brand.send_and_follow()
    assert brand.balance("stove", State.RESERVED) == 15
    assert proposed(brand, number) == (15, 0, 5, "answered")


def test_units_that_amazon_added_are_proposed_as_far_as_they_are_free(brand: VendorBrand) -> None:
    brand.stock("stove", 26)
    number = place_stoves(brand)
    acknowledge(brand, number, Said("1", 20, 0, 0, None))
    brand.send_and_follow()
    brand.amazon.change(number, lines={"1": {"amount": 30}})
    brand.poll()
    assert shown(brand, number).added == 10
    assert proposed(brand, number) == (26, 0, 4, "added")


def test_units_that_amazon_took_off_leave_the_backorder_first(brand: VendorBrand) -> None:
    brand.stock("stove", 12)
    number = place_stoves(brand, back_order=True)
    acknowledge(brand, number, Said("1", 12, 8, 0, None, date(2099, 1, 2)))
    brand.send_and_follow()
    brand.amazon.change(number, lines={"1": {"amount": 15}})
    brand.poll()
    assert shown(brand, number).added == 0
    assert proposed(brand, number) == (12, 3, 0, "answered")


def test_what_was_rejected_is_not_proposed_again(brand: VendorBrand) -> None:
    brand.stock("stove", 50)
    number = place_stoves(brand)
    acknowledge(brand, number, Said("1", 12, 0, 8, "TemporarilyUnavailable"))
    brand.send_and_follow()
    brand.amazon.change(number, lines={"1": {"amount": 30}})
    brand.poll()
    assert proposed(brand, number) == (12, 0, 18, "added")


def test_backordered_units_are_short_from_the_day_after_theirs_on(brand: VendorBrand) -> None:
    brand.stock("stove", 12)
    number = place_stoves(brand, back_order=True)
    assert shown(brand, number).units.short == 8
    today = datetime.now(UTC).date()
    acknowledge(brand, number, Said("1", 12, 8, 0, None, today + timedelta(days=9)))
    found = shown(brand, number)
    assert (found.units.backordered, found.units.short, found.lines[0].short) == (8, 0, 0)
    brand.execute(
        "UPDATE purchase_order_line SET backorder_on = :day", day=today - timedelta(days=2)
    )
    assert shown(brand, number).units.short == 8


def test_the_trial_tells_backordered_units_from_accepted_ones(brand: VendorBrand) -> None:
    brand.stock("tent", 12)
    number = brand.amazon.place(TENT | {"amount": 20, "back_order": True})
    brand.poll()
    acknowledge(brand, number, Said("1", 12, 8, 0, None, date(2099, 1, 2)))
    [past] = run(orders.past, brand.shop_id, datetime.now(UTC) - timedelta(days=90))
    assert (past.accepted, past.backordered, past.rejected) == (12, 8, 0)


def test_an_order_whose_every_line_was_cancelled_asks_for_no_answer(brand: VendorBrand) -> None:
    brand.stock("stove", 50)
    number = place_stoves(brand)
    assert waits_at_home(brand) == [number]
    brand.amazon.change(number, lines={"1": {"amount": 0}})
    brand.poll()
    found = shown(brand, number)
    assert found.state == "New" and not found.may_answer and found.acknowledge_by is None
    assert waits_at_home(brand) == []
    assert run(standing_of, brand.shop_id, "na", number, datetime.now(UTC)).now is None
    brand.amazon.change(number, lines={"1": {"amount": 5}})
    brand.poll()
    assert shown(brand, number).may_answer and waits_at_home(brand) == [number]
