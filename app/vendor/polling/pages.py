"""Amazon's pages of papers, read while the page before is being stored.

At most one page is held beside the one that is being stored, for each question that is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from app.errors import RetryLater
from app.vendor.client import Reply
from app.vendor.papers import BadPaper, OrderFacts, StatusFacts, order_facts, status_facts

Item = TypeVar("Item")
Paper = TypeVar("Paper", OrderFacts, StatusFacts)

MOST_PAGES = 1000


@dataclass
class Papers(Generic[Paper]):
    """One page: the papers that can be read, and those that cannot, each with the reason."""

    good: list[Paper] = field(default_factory=list)
    bad: list[tuple[Any, str]] = field(default_factory=list)


def orders_in(raw: Any) -> Papers[OrderFacts]:
    """The purchase orders of one page. Raises RetryLater when it is no page at all."""
    return _papers(raw, order_facts)


def statuses_in(raw: Any) -> Papers[StatusFacts]:
    """The statuses of one page. Raises RetryLater when it is no page at all."""
    return _papers(raw, status_facts)


def pages(ask: Callable[..., Reply], **filters: Any) -> Iterator[dict[str, Any]]:
    """The payload of every page of one question; the same filters go with each token."""
    token: str | None = None
    for page in count(1):
        payload = ask(**filters, nextToken=token).payload
        yield payload
        following = (payload.get("pagination") or {}).get("nextToken") or None
        if following is None:
            return
        if following == token or page >= MOST_PAGES:
            raise RetryLater("Amazon's pages do not come to an end; the window is asked again.")
        token = following


class Ahead(Generic[Item]):
    """What an iterator gives, made in a thread of its own, one item ahead of whoever takes them.

    What the iterator raises is raised where its item would have come. Leaving it waits for the item
    that is being made.
    """

    def __init__(self, items: Iterator[Item]) -> None:
        self._items = items
        self._thread = ThreadPoolExecutor(1)
        self._coming: Future[Item] = self._thread.submit(next, items)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Item:
        item = self._coming.result()
        self._coming = self._thread.submit(next, self._items)
        return item

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)


def _papers(raw: Any, read: Callable[[Any], Paper]) -> Papers[Paper]:
    if not isinstance(raw, list):
        raise RetryLater("Amazon's page is not a list; the window is asked again.")
    found: Papers[Paper] = Papers()
    for one in raw:
        try:
            paper = read(one)
        except BadPaper as error:
            found.bad.append((one, str(error)))
        else:
            _ = paper.digest  # here, in the thread that reads ahead
            found.good.append(paper)
    return found
