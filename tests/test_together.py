"""Threads that come together are served together, and each gets its own answer."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.together import Together


def test_whoever_comes_while_work_is_done_shares_the_next_turn() -> None:
    groups: list[list[int]] = []
    first_is_at_work, may_go_on = threading.Event(), threading.Event()

    def work(given: Sequence[int]) -> list[int]:
        groups.append(list(given))
        first_is_at_work.set()
        may_go_on.wait(10)
        return [one * 10 for one in given]

    together = Together(work, most=100)
    with ThreadPoolExecutor(21) as pool:
        first = pool.submit(together, 1)
        first_is_at_work.wait(10)
        rest = [pool.submit(together, number) for number in range(2, 22)]
        while len(together._queue) < 20:
            pass
        may_go_on.set()
        assert [first.result(10), *(one.result(10) for one in rest)] == [
            number * 10 for number in range(1, 22)
        ]
    assert [len(group) for group in groups] == [1, 20]


def test_no_turn_takes_more_than_it_may() -> None:
    sizes: list[int] = []

    def work(given: Sequence[int]) -> Sequence[int]:
        sizes.append(len(given))
        return given

    together = Together(work, most=3)
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(together, range(200))) == list(range(200))
    assert max(sizes) <= 3
    assert sum(sizes) == 200


def test_one_that_is_refused_does_not_turn_the_others_away() -> None:
    started, may_go_on = threading.Event(), threading.Event()

    def work(given: Sequence[int]) -> Sequence[int]:
        if 0 in given:
            started.set()
            may_go_on.wait(10)
        if 13 in given:
            raise ValueError("13")
        return given

    together = Together(work, most=100)
    with ThreadPoolExecutor(8) as pool:
        calls = {0: pool.submit(together, 0)}
        started.wait(10)
        calls |= {number: pool.submit(together, number) for number in (11, 12, 13, 14)}
        while len(together._queue) < 4:
            pass
        may_go_on.set()
        for number in (0, 11, 12, 14):
            assert calls[number].result(10) == number
        with pytest.raises(ValueError, match="13"):
            calls[13].result(10)


def test_after_a_hopeless_error_nobody_is_tried_alone() -> None:
    tried: list[int] = []
    started, may_go_on = threading.Event(), threading.Event()

    def work(given: Sequence[int]) -> Sequence[int]:
        tried.append(len(given))
        started.set()
        may_go_on.wait(10)
        raise ConnectionError("gone")

    together = Together(work, most=100, hopeless=ConnectionError)
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(together, 0)]
        started.wait(10)
        calls += [pool.submit(together, number) for number in range(4)]
        while len(together._queue) < 4:
            pass
        may_go_on.set()
        for call in calls:
            with pytest.raises(ConnectionError):
                call.result(10)
    assert tried == [1, 4]
