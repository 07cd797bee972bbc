"""Many writers at once: no deadlock, no lost unit, no request granted twice."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor

from app.db import engine
from app.inventory.documents import Claim, Document
from app.inventory.models import State
from tests.inventory.brand import Brand, make_brand


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


def deadlocks() -> int:
    with engine().connect() as connection:
        return int(
            connection.exec_driver_sql(
                "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
            ).scalar_one()
        )


def test_64_threads_on_crossing_sets_of_items_neither_deadlock_nor_oversell_a_request(
    database: str,
) -> None:
    names = tuple(f"item {number}" for number in range(12))
    brand = make_brand("crossing.myshopify.com", names)
    for name in names:
        brand.stock(name, "main", 60)
    before = deadlocks()
    ordered: dict[str, int] = dict.fromkeys(names, 0)
    mutex = threading.Lock()

    def work(number: int) -> None:
        chance = random.Random(number)
        papers = []
        for step in range(3):
            lines = chance.sample(names, 4)
            fact = chance.random() < 0.5
            claims = [
                Claim(
                    str(line),
                    brand.item(name),
                    brand.at("main"),
                    State.COMMITTED if fact else State.RESERVED,
                    chance.randint(1, 3),
                )
                for line, name in enumerate(lines)
            ]
            kind = "shopify_order" if fact else "purchase_order"
            papers.append(
                Document(kind, f"{number}.{step}", 1, claims=claims, fact=fact, firm=fact)
            )
            if fact:
                with mutex:
                    for name, claim in zip(lines, claims, strict=True):
                        ordered[name] += claim.wanted
        chance.shuffle(papers)
        brand.settle(*papers)
        # Whatever is repeated, alone or with others, holds nothing twice.
        brand.settle(chance.choice(papers))

    with ThreadPoolExecutor(64) as pool:
        list(pool.map(work, range(256)))
    assert deadlocks() == before
    for name in names:
        committed = brand.quantity(name, "main", State.COMMITTED)
        reserved = brand.quantity(name, "main", State.RESERVED)
        available = brand.quantity(name, "main", State.AVAILABLE)
        assert committed == ordered[name]
        assert committed + reserved + available == 60
        # Requests only ever got what was free when they asked.
        assert reserved <= 60
    brand.refresh_collisions()


def test_64_threads_on_one_hot_item_share_it_out_to_the_last_unit(brand: Brand) -> None:
    brand.stock("tent", "main", 500)
    before = deadlocks()

    def work(number: int) -> int:
        if number % 2:
            brand.settle(brand.order(str(number), 1, item="tent", at="main"))
            return 0
        outcome = brand.settle(brand.purchase_order(str(number), 2, item="tent", at="main"))
        return sum(grant.held for grant in outcome[0].grants)

    with ThreadPoolExecutor(64) as pool:
        granted = sum(pool.map(work, range(640)))
    assert deadlocks() == before
    assert brand.quantity("tent", "main", State.COMMITTED) == 320
    assert brand.quantity("tent", "main", State.RESERVED) == granted
    assert brand.quantity("tent", "main", State.AVAILABLE) == 500 - 320 - granted
    brand.refresh_collisions()
