"""What will have arrived before an order's window ends is proposed as a backorder, and no more."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.db import run, transaction
from app.inventory import arrivals
from app.vendor import detail
from app.vendor.lookups import order_named
from app.vendor.views import ProposalView
from tests.vendor.brand import STOVE, TENT, VendorBrand

NOW = datetime.now(UTC)
WINDOW = (NOW + timedelta(days=3), NOW + timedelta(days=10))
SOON, LATE = (NOW + timedelta(days=5)).date(), (NOW + timedelta(days=20)).date()


def expect(brand: VendorBrand, units: int, on: date, item: str = "stove") -> None:
    stated = arrivals.Stated("T1", brand.items[item], brand.locations["main"], units, on)
    run(arrivals.state, brand.shop_id, [stated], actor="user:1")


def proposed(brand: VendorBrand, number: str) -> ProposalView:
    with transaction(brand.shop_id) as session:
        return detail.whole(session, order_named(session, number, None)).lines[0].proposal


@pytest.mark.parametrize(
    ("arriving", "on", "allowed", "said"),
    [
        (20, SOON, True, (4, 6, 0, "arrives", SOON)),
        (2, SOON, True, (4, 2, 4, "arrives", SOON)),
        (20, LATE, True, (4, 0, 6, "held_in_part", None)),
        (20, SOON, False, (4, 0, 6, "held_in_part", None)),
    ],
)
def test_only_what_arrives_in_time_is_proposed_and_only_where_amazon_allows_it(
    brand: VendorBrand,
    arriving: int,
    on: date,
    allowed: bool,
    said: tuple[int, int, int, str, date | None],
) -> None:
    brand.stock("stove", 4)
    expect(brand, arriving, on)
    number = brand.amazon.place(STOVE | {"amount": 10, "back_order": allowed}, window=WINDOW)
    brand.poll()
    found = proposed(brand, number)
    assert (
        found.accept,
        found.backorder,
        found.reject,
        found.because,
        found.backorder_on,
    ) == said


def test_units_that_another_order_waits_for_are_not_proposed_twice(brand: VendorBrand) -> None:
    expect(brand, 8, SOON)
    line = STOVE | {"back_order": True}
    numbers = [brand.amazon.place(line | {"amount": amount}, window=WINDOW) for amount in (5, 6)]
    brand.poll()
    # Eleven are wanted and eight will come: three are missing to whoever is asked first.
    assert sorted(proposed(brand, number).backorder for number in numbers) == [2, 3]


def test_cases_are_backordered_whole(brand: VendorBrand) -> None:
    expect(brand, 10, SOON, item="tent")
    cases = {"amount": 2, "unit": "Cases", "unit_size": 6, "back_order": True}
    number = brand.amazon.place(TENT | cases, window=WINDOW)
    brand.poll()
    found = proposed(brand, number)
    assert (found.accept, found.backorder, found.reject) == (0, 6, 6)
