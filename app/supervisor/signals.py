"""Ctrl-C, a closed terminal and SIGTERM, all turned into one exception that ends things in order."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody asked this process to end."""


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Ends the block quietly at the first SIGINT, SIGTERM or SIGHUP; put it outermost.

    Later signals are ignored, so that an impatient second Ctrl-C does not interrupt the clean-up.
    """
    before = {number: signal.getsignal(number) for number in ENDING}

    def stop(number: int, frame: FrameType | None) -> None:
        for each in ENDING:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped

    try:
        for number in ENDING:
            signal.signal(number, stop)
        yield
    except Stopped:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
