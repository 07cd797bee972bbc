"""A click on a collision while orders pour into the same item: one of the two waits, none fails."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlmodel import Session

from app.db import run
from app.inventory import collisions, ledger
from app.inventory.documents import Document
from tests.inventory.brand import make_brand
from tests.support.id_tokens import bearer
from tests.support.screen import open_screen


def _sell(session: Session, order: Document) -> None:
    collisions.refresh_documents(session, ledger.settle(session, [order]))


@pytest.mark.slow
def test_a_way_out_is_taken_while_orders_pour_in(
    database: str, queue: str, set_settings: Callable[..., None]
) -> None:
    brand = make_brand("clicks.myshopify.com", ("tent",))
    screen = open_screen(brand.shop_id, "clicks.myshopify.com", set_settings)
    brand.stock("tent", "main", 5)
    brand.stock("tent", "east", 400)
    over = threading.Event()
    failures: list[Exception] = []

    def pour(first: int) -> None:
        number = first
        while not over.is_set():
            order = brand.order(str(number), 1, item="tent", at="main")
            try:
                run(_sell, brand.shop_id, order)
            except Exception as error:
                failures.append(error)
            number += 2

    threads = [threading.Thread(target=pour, args=(first,)) for first in (1, 2)]
    for thread in threads:
        thread.start()
    answers = []
    try:
        while len(answers) < 12:
            for one in screen.all("/collisions"):
                way = next(way for way in one["ways"] if way["way"] != "accept")
                answer = screen.web.open(
                    f"/api/collisions/{one['id']}/ways/{way['way']}",
                    method="POST",
                    json={"parameters": way["parameters"]},
                    headers=bearer(screen.domain),
                )
                answers.append(answer.status_code)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert not failures
    # Taken, or the stock has moved on and the person looks again; never an error of ours.
    assert set(answers) <= {200, 409}
    brand.refresh_collisions()
