"""The drain: batches, order, poisoned messages, and two drains at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from app import messages
from app.db import transaction
from app.errors import GiveUp, RetryLater
from app.messages import Message
from app.shopify.notes import Note
from app.webhooks import inbox
from app.webhooks.topics import TOPICS, Topic

Handled = list[tuple[str, list[str]]]


def store(shop_id: int, *keys: str, topic: str = "test/first") -> None:
    with transaction(shop_id) as session:
        for key in keys:
            messages.record(
                session, direction="in", channel="shopify", topic=topic, key=key, request={}
            )


def states(shop_id: int) -> dict[str, str]:
    with transaction(shop_id) as session:
        return {one.key: one.state for one in session.exec(select(Message))}


def make_due(shop_id: int) -> None:
    with transaction(shop_id) as session:
        session.execute(text("UPDATE message SET due_at = now() WHERE state = 'waiting'"))


@pytest.fixture
def handled(monkeypatch: pytest.MonkeyPatch, queue: str, shop_id: int) -> Handled:
    """What handlers were given, in order. Keys say how a message behaves: bad, later, hopeless."""
    seen: Handled = []

    def handler(name: str) -> Callable[..., Any]:
        def handle(session: Session, batch: Sequence[Message]) -> Mapping[int, Sequence[Note]]:
            for message in batch:
                if message.key.startswith("bad"):
                    raise ValueError("this one is poisoned")
                if message.key.startswith("sql"):
                    session.execute(text("SELECT 1/0"))
                if message.key.startswith("later"):
                    raise RetryLater("not now")
                if message.key.startswith("hopeless"):
                    raise GiveUp("no use")
            seen.append((name, [message.key for message in batch]))
            return {
                message.message_id: [Note(code="custom_line", line="1", detail="odd")]
                for message in batch
                if message.key.startswith("odd")
            }

        return handle

    first, second = handler("first"), handler("second")
    for topic in (
        ("test/second", Topic(second, 2, before_opening=False)),
        ("test/first", Topic(first, 1, before_opening=False)),
        ("test/also-first", Topic(first, 1, before_opening=False)),
        ("test/early", Topic(handler("early"), 0, before_opening=True)),
    ):
        monkeypatch.setitem(TOPICS, *topic)
    return seen


def test_each_handler_is_called_once_for_a_batch_in_the_order_of_ranks(
    handled: Handled, shop_id: int
) -> None:
    store(shop_id, "a", topic="test/second")
    store(shop_id, "b", "c")
    store(shop_id, "d", topic="test/second")
    store(shop_id, "e", topic="test/also-first")
    inbox.drain(shop_id)
    assert handled == [("first", ["b", "c", "e"]), ("second", ["a", "d"])]
    assert set(states(shop_id).values()) == {"done"}


def test_more_than_one_batch_is_drained_in_one_go(
    handled: Handled, shop_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_most(monkeypatch, 3)
    store(shop_id, *"abcdefgh")
    inbox.drain(shop_id)
    assert [keys for _, keys in handled] == [list("abc"), list("def"), list("gh")]


def test_notes_stand_beside_their_message(handled: Handled, shop_id: int) -> None:
    store(shop_id, "odd", "even")
    inbox.drain(shop_id)
    with transaction(shop_id) as session:
        rows = {one.key: one for one in session.exec(select(Message))}
    assert rows["odd"].notes == [{"code": "custom_line", "line": "1", "detail": "odd"}]
    assert rows["even"].notes == []
    assert [entry["outcome"] for entry in rows["even"].history] == ["done"]
    assert rows["even"].attempts == 1


@pytest.mark.parametrize("poison", ["bad", "sql"])
def test_a_poisoned_message_is_retried_then_buried_while_the_others_go_through(
    handled: Handled, shop_id: int, poison: str
) -> None:
    keys = [f"m{number}" for number in range(20)]
    store(shop_id, *keys[:7], poison, *keys[7:])
    inbox.drain(shop_id)
    after = states(shop_id)
    assert after.pop(poison) == "waiting"
    assert set(after.values()) == {"done"}
    for _ in range(inbox.MOST_ATTEMPTS - 1):
        make_due(shop_id)
        store(shop_id, f"n{time.monotonic_ns()}")
        inbox.drain(shop_id)
    after = states(shop_id)
    assert after.pop(poison) == "dead"
    assert set(after.values()) == {"done"}
    with transaction(shop_id) as session:
        dead = session.exec(select(Message).where(Message.state == "dead")).one()
    assert dead.attempts == inbox.MOST_ATTEMPTS
    assert dead.error is not None
    assert ("poisoned" if poison == "bad" else "division by zero") in dead.error


def test_a_hopeless_message_is_buried_at_once(handled: Handled, shop_id: int) -> None:
    store(shop_id, "hopeless", "fine")
    inbox.drain(shop_id)
    assert states(shop_id) == {"hopeless": "dead", "fine": "done"}


def test_a_message_that_asks_for_time_is_never_buried_by_impatience(
    handled: Handled, shop_id: int
) -> None:
    store(shop_id, "later")
    for _ in range(inbox.MOST_ATTEMPTS + 1):
        make_due(shop_id)
        inbox.drain(shop_id)
    assert states(shop_id) == {"later": "waiting"}


def test_topics_that_build_on_the_opening_wait_for_it(handled: Handled, shop_id: int) -> None:
    with transaction(shop_id) as session:
        session.execute(text("UPDATE shop SET opened_at = NULL"))
    store(shop_id, "order")
    store(shop_id, "early", topic="test/early")
    inbox.drain(shop_id)
    assert states(shop_id) == {"order": "waiting", "early": "done"}
    with transaction(shop_id) as session:
        session.execute(text("UPDATE shop SET opened_at = now()"))
    inbox.drain(shop_id)
    assert states(shop_id)["order"] == "done"


def test_a_topic_that_is_no_longer_known_is_ignored(handled: Handled, shop_id: int) -> None:
    store(shop_id, "old", topic="test/gone")
    inbox.drain(shop_id)
    assert states(shop_id) == {"old": "ignored"}


def test_two_drains_of_one_shop_handle_each_message_once(handled: Handled, shop_id: int) -> None:
    keys = [f"m{number}" for number in range(300)]

    def deliver(part: list[str]) -> None:
        for key in part:
            store(shop_id, key)
            inbox.drain(shop_id)

    threads = [threading.Thread(target=deliver, args=[keys[part::4]]) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    inbox.drain(shop_id)
    assert sorted(key for _, batch in handled for key in batch) == sorted(keys)
    assert set(states(shop_id).values()) == {"done"}


def test_a_slow_batch_is_followed_by_a_smaller_one_and_a_quick_one_by_a_larger() -> None:
    assert inbox._next_batch(200, seconds=2 * inbox.BATCH_SECONDS) == 100
    assert inbox._next_batch(200, seconds=inbox.BATCH_SECONDS / 2) == 400
    assert inbox._next_batch(200, seconds=60.0) == inbox.FEWEST_AT_ONCE
    assert inbox._next_batch(200, seconds=0.0) == inbox.MOST_AT_ONCE


def test_a_long_drain_hands_its_turn_on(
    handled: Handled, shop_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_most(monkeypatch, 1)
    monkeypatch.setattr(inbox, "TURN", 0.0)
    store(shop_id, "a", "b", "c")
    inbox.drain(shop_id)
    assert len(handled) == 1


def test_without_redis_a_long_drain_goes_on(
    handled: Handled,
    shop_id: int,
    queue: str,
    monkeypatch: pytest.MonkeyPatch,
    set_settings: Callable[..., None],
) -> None:
    at_most(monkeypatch, 1)
    monkeypatch.setattr(inbox, "TURN", 0.0)
    store(shop_id, "a", "b", "c")
    set_settings(REDIS_URL="unix:///nowhere/redis.sock")
    inbox.drain(shop_id)
    set_settings(REDIS_URL=queue)
    assert len(handled) == 3


def at_most(monkeypatch: pytest.MonkeyPatch, messages: int) -> None:
    """Batches of so many, however quick they are."""
    for name in ("FIRST_BATCH", "FEWEST_AT_ONCE", "MOST_AT_ONCE"):
        monkeypatch.setattr(inbox, name, messages)
