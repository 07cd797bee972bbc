"""The opening under traffic: whatever the store does while its catalogue is read is booked once."""

from __future__ import annotations

from threading import Event, Thread

import pytest

from tests.stories.stage import MAIN, Stage, eventually


@pytest.mark.slow
def test_orders_fulfilled_while_the_books_open_are_booked_once(stage: Stage) -> None:
    for number in range(4):
        stage.add_item(f"ITEM-{number}", {MAIN: 500}, f"81000000001{number}")
    orders = [stage.order(f"ITEM-{number % 4}", 1) for number in range(200)]
    stop = Event()

    def fulfil() -> None:
        for order in orders:
            if stop.is_set():
                return
            stage.shop("POST", f"/orders/{order}/fulfil")
            stop.wait(0.002)

    traffic = Thread(target=fulfil)
    traffic.start()
    try:
        assert stage.get("/api/session")["shop"]["domain"]
        eventually(lambda: stage.get("/api/home")["catalog_import"]["state"], "done")
    finally:
        stop.wait(0.5)
        stop.set()
        traffic.join()
    stage.settle_down(20)
    stage.check()
