"""The thread that rings the bell outlives whatever goes wrong with one ring."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from app import bell
from app.webhooks import ringer


def test_a_ring_that_fails_for_whatever_reason_is_not_the_last(
    queue: str, set_settings: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ringer, "PAUSE_AFTER_FAILURE", 0.01)
    one = ringer.Ringer()
    set_settings(REDIS_URL="no address at all")
    one.ring(1)
    time.sleep(0.2)
    set_settings(REDIS_URL=queue)
    one.ring(2)
    deadline = time.monotonic() + 10
    while not bell.connection().exists(bell.flag(ringer.JOB, 2)):
        assert time.monotonic() < deadline, "nobody rings any more"
        time.sleep(0.02)
