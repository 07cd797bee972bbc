"""A large batch is stored while its claims are made ready; whatever goes wrong then is one error."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from app.inventory.documents import Document
from app.inventory.filing import MANY
from app.inventory.models import State
from tests.inventory.brand import Brand

WAITS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def orders(brand: Brand, numbers: Sequence[int], wanted: int = 1) -> list[Document]:
    return [brand.order(str(number), wanted, item="tent", at="main") for number in numbers]


def test_a_known_order_among_many_new_ones_is_held_once(brand: Brand) -> None:
    brand.stock("tent", "main", 1_000)
    for known in range(0, MANY, 37):
        brand.settle(*orders(brand, [known]))
    outcomes = brand.settle(*orders(brand, range(MANY + 50)))
    assert [one.grants[0].held for one in outcomes] == [1] * (MANY + 50)
    assert brand.quantity("tent", "main", State.COMMITTED) == MANY + 50


def test_an_order_too_large_for_the_books_is_an_error_and_the_next_batch_goes_on(
    brand: Brand,
) -> None:
    brand.stock("tent", "main", 1_000)
    with pytest.raises(DBAPIError):
        brand.settle(*orders(brand, range(MANY), wanted=2**31 - 1))
    brand.settle(*orders(brand, range(MANY)))
    assert brand.quantity("tent", "main", State.COMMITTED) == MANY


def test_a_connection_that_dies_in_the_middle_of_a_batch_is_begun_again(
    brand: Brand, superuser: psycopg.Connection
) -> None:
    brand.stock("tent", "main", 1_000)
    with superuser.transaction():
        superuser.execute("SELECT FROM balance FOR UPDATE")
        settling = threading.Thread(target=lambda: brand.settle(*orders(brand, range(MANY))))
        settling.start()
        [(pid,)] = somebody_waiting(superuser)
        superuser.execute("SELECT pg_terminate_backend(%s)", [pid])
    settling.join(timeout=30)
    assert brand.quantity("tent", "main", State.COMMITTED) == MANY


def somebody_waiting(superuser: psycopg.Connection) -> list[tuple[int]]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        superuser.execute("SELECT pg_stat_clear_snapshot()")
        if found := superuser.execute(WAITS).fetchall():
            return found
        time.sleep(0.02)
    raise AssertionError("nobody waits")
