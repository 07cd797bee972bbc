"""Work of many threads done in one go: whoever comes first does it for all who came meanwhile.

A commit waits for the disk, and a lock for whoever holds it; one such wait does for a whole group.
Nobody who comes alone waits for others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Given = TypeVar("Given")
Answer = TypeVar("Answer")


class _Waiting(Generic[Given, Answer]):
    """One thread and what it has brought."""

    __slots__ = ("answer", "error", "given", "leads", "woken")

    def __init__(self, given: Given) -> None:
        self.given = given
        self.woken = threading.Event()
        self.leads = False
        self.answer: Answer | None = None
        self.error: Exception | None = None


class Together(Generic[Given, Answer]):
    """Calls `work` with what many threads bring, and hands each its own answer.

    `work` gets at most `most` at once and answers in the order given. If it raises, each is tried
    alone, so that one that is refused does not turn the others away; but not after an error of a
    class in `hopeless`, which all of them get.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Given]], Sequence[Answer]],
        *,
        most: int,
        hopeless: type[Exception] | tuple[type[Exception], ...] = (),
    ) -> None:
        self._work = work
        self._most = most
        self._hopeless = hopeless
        self._mutex = threading.Lock()
        self._queue: list[_Waiting[Given, Answer]] = []
        self._busy = False

    def __call__(self, given: Given) -> Answer:
        """The answer to this one; raises what `work` raised for it."""
        mine: _Waiting[Given, Answer] = _Waiting(given)
        with self._mutex:
            self._queue.append(mine)
            mine.leads = not self._busy
            if mine.leads:
                self._busy = True
        if not mine.leads:
            mine.woken.wait()
        if mine.leads:
            self._lead()
        if mine.error is not None:
            raise mine.error
        return mine.answer  # type: ignore[return-value]

    def _lead(self) -> None:
        with self._mutex:
            group, self._queue = self._queue[: self._most], self._queue[self._most :]
        try:
            self._answer(group)
        finally:
            with self._mutex:
                successor = self._queue[0] if self._queue else None
                self._busy = successor is not None
            for waiting in group:
                waiting.leads = False
                waiting.woken.set()
            if successor:
                successor.leads = True
                successor.woken.set()

    def _answer(self, group: Sequence[_Waiting[Given, Answer]]) -> None:
        try:
            answers = self._work([waiting.given for waiting in group])
            for waiting, answer in zip(group, answers, strict=True):
                waiting.answer = answer
        except Exception as error:
            for waiting in group:
                if len(group) > 1 and not isinstance(error, self._hopeless):
                    self._answer([waiting])
                else:
                    waiting.error = error
