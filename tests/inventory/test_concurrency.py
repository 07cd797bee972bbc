"""Many writers at once: no deadlock, no lost unit, no request granted twice."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

from app.inventory.models import State
from tests.inventory.brand import Brand


def test_sixteen_threads_on_one_hot_item_lose_no_unit(brand: Brand) -> None:
    brand.stock("tent", "main", 1000)
    with ThreadPoolExecutor(16) as pool:
        list(
            pool.map(
                lambda n: brand.settle(brand.order(str(n), 3, item="tent", at="main")), range(160)
            )
        )
    assert brand.quantity("tent", "main", State.COMMITTED) == 480
    assert brand.quantity("tent", "main", State.AVAILABLE) == 520


def test_requests_from_many_threads_share_out_exactly_what_is_there(brand: Brand) -> None:
    brand.stock("tent", "main", 100)
    with ThreadPoolExecutor(12) as pool:
        outcomes = list(
            pool.map(
                lambda n: brand.settle(brand.purchase_order(str(n), 7, item="tent", at="main")),
                range(40),
            )
        )
    granted = sum(grant.held for outcome in outcomes for grant in outcome[0].grants)
    assert granted == 100
    assert brand.quantity("tent", "main", State.AVAILABLE) == 0


def test_crossing_sets_of_items_and_papers_do_not_deadlock(brand: Brand) -> None:
    for item in ("tent", "stove"):
        for place in ("main", "east"):
            brand.stock(item, place, 500)

    def work(number: int) -> None:
        chance = random.Random(number)
        papers = [
            brand.order(
                str(chance.randrange(30)),
                chance.randrange(5),
                item=chance.choice(["tent", "stove"]),
                at=chance.choice(["main", "east"]),
                version=number + 1,
                digest=str(number),
            )
            for _ in range(6)
        ]
        chance.shuffle(papers)
        brand.settle(*papers)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(120)))


def test_the_same_paper_from_many_threads_is_booked_once(brand: Brand) -> None:
    brand.stock("tent", "main", 50)
    with ThreadPoolExecutor(12) as pool:
        list(
            pool.map(
                lambda _n: brand.settle(brand.order("1", 4, item="tent", at="main")), range(60)
            )
        )
    assert brand.quantity("tent", "main", State.COMMITTED) == 4
