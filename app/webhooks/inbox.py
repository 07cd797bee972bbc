"""The drain: takes a shop's waiting webhooks in batches and gives each handler all of its own at once.

One transaction for a batch, so a thousand orders cost a handful of statements. If a batch fails it
is halved until the message at fault stands alone; that one is put off, and buried in the end, while
all others go through. Handlers may run twice for the same message.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import structlog
from redis import RedisError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from app import bell, messages, metrics
from app.db import database_time, is_worth_retrying, run, shop_of
from app.errors import GiveUp, HoldfastError, RetryLater
from app.messages import Message
from app.shopify.handlers import Handler
from app.shopify.notes import Note
from app.shops import Shop
from app.webhooks.topics import TOPICS

log = structlog.get_logger(__name__)

JOB = "webhooks_in"
MOST_AT_ONCE = 1_000
FEWEST_AT_ONCE = 50
FIRST_BATCH = 200
BATCH_SECONDS = 0.15
"""How long a batch may take: its items are locked for that long, and a lone checkout waits for them."""
TURN = 0.3
"""Seconds of work for one shop before the other shops get their turn."""
MOST_ATTEMPTS = 6
LOCK = "SELECT pg_try_advisory_xact_lock(6924, :shop)"


def drain(shop_id: int) -> None:
    """Handles all due webhooks of a shop, or hands on what is left when its turn is over.

    Two drains of one shop never overlap: the second leaves at once, and the first looks again after
    it has let go of the lock, so it sees whatever the second was called for.
    """
    end_of_turn = time.monotonic() + TURN
    most = FIRST_BATCH
    while batches := run(_due, shop_id, most):
        for message_ids in batches:
            began = time.monotonic()
            if not _handle(shop_id, message_ids):
                return
            if len(message_ids) == most:
                most = _next_batch(most, time.monotonic() - began)
            if time.monotonic() > end_of_turn and _handed_on(shop_id):
                return


def _next_batch(taken: int, seconds: float) -> int:
    """How many to take next, so that it lasts about as long as a batch may."""
    return min(MOST_AT_ONCE, max(FEWEST_AT_ONCE, int(taken * BATCH_SECONDS / max(seconds, 0.001))))


def _due(session: Session, most: int) -> list[list[int]]:
    """Message ids due now: the fresh ones as one batch, each that has failed before on its own."""
    query = (
        select(Message.message_id, Message.attempts)
        .where(
            Message.shop_id == shop_of(session),
            Message.direction == "in",
            Message.channel == "shopify",
            Message.state == "waiting",
            Message.due_at <= database_time(),
        )
        .order_by(col(Message.due_at), col(Message.message_id))
        .limit(most)
    )
    if session.exec(select(Shop.opened_at)).first() is None:
        early = [name for name, topic in TOPICS.items() if topic.before_opening]
        query = query.where(col(Message.topic).in_(early))
    rows = session.exec(query).all()
    fresh = [message_id for message_id, attempts in rows if not attempts]
    return [*([fresh] if fresh else []), *([row[0]] for row in rows if row[1])]


def _handle(shop_id: int, message_ids: Sequence[int]) -> bool:
    """Handles these messages, whatever one of them may do; False if another drain is at work."""
    started = time.monotonic()
    try:
        mine = run(_handle_together, shop_id, message_ids)
        metrics.DRAIN_SECONDS.observe(time.monotonic() - started)
        return mine
    except Exception as error:
        if isinstance(error, DBAPIError) and is_worth_retrying(error):
            raise
        if len(message_ids) == 1:
            run(_put_off, shop_id, message_ids[0], error)
            return True
        log.warning("batch_halved", messages=len(message_ids), error=_reason(error))
    middle = len(message_ids) // 2
    return _handle(shop_id, message_ids[:middle]) and _handle(shop_id, message_ids[middle:])


def _handle_together(session: Session, message_ids: Sequence[int]) -> bool:
    if not session.execute(text(LOCK), {"shop": shop_of(session)}).scalar_one():
        return False
    taken = _locked(session, message_ids)
    known = [message for message in taken if message.topic in TOPICS]
    notes: dict[int, Sequence[Note]] = {message.message_id: () for message in known}
    for handler, group in _by_handler(known):
        notes |= handler(session, group)
    messages.finish_together(session, notes)
    strange = {one.message_id: () for one in taken if one.topic not in TOPICS}
    messages.finish_together(session, strange, state="ignored")
    return True


def _locked(session: Session, message_ids: Sequence[int]) -> list[Message]:
    """Those of the messages that still wait, in the order they came."""
    query = (
        select(Message)
        .where(
            Message.shop_id == shop_of(session),
            col(Message.message_id).in_(message_ids),
            Message.state == "waiting",
        )
        .order_by(col(Message.message_id))
        .with_for_update()
    )
    return list(session.exec(query))


def _by_handler(known: Sequence[Message]) -> list[tuple[Handler, list[Message]]]:
    """Each handler with all of its messages, those handlers first on whose work others build."""
    groups: dict[Handler, list[Message]] = {}
    ranks: dict[Handler, int] = {}
    for message in known:
        topic = TOPICS[message.topic]
        groups.setdefault(topic.handler, []).append(message)
        ranks[topic.handler] = min(topic.rank, ranks.get(topic.handler, topic.rank))
    return sorted(groups.items(), key=lambda group: ranks[group[0]])


def _put_off(session: Session, message_id: int, error: Exception) -> None:
    """Notes a failed attempt of one message; it is tried again later, or buried with the reason."""
    for message in _locked(session, [message_id]):
        message.attempts += 1
        reason = _reason(error)
        if isinstance(error, GiveUp):
            messages.bury(message, reason)
        elif message.attempts >= MOST_ATTEMPTS and not isinstance(error, RetryLater):
            messages.bury(message, f"Tried {message.attempts} times. Last: {reason}")
        else:
            after = error.after if isinstance(error, RetryLater) else None
            messages.retry(message, reason, after=after)
        log.warning(
            "webhook_put_off",
            message_id=message_id,
            topic=message.topic,
            state=message.state,
            attempts=message.attempts,
            exc_info=error,
        )


def _reason(error: Exception) -> str:
    """What a person reads of a failure; of an error of the database only its own first line."""
    if isinstance(error, HoldfastError):
        return error.detail
    if isinstance(error, DBAPIError):
        error = error.orig if isinstance(error.orig, Exception) else error
    first_line = str(error).partition("\n")[0][:300]
    return f"{type(error).__name__}: {first_line}" if first_line else type(error).__name__


def _handed_on(shop_id: int) -> bool:
    """Whether a later run of the drain is asked for; without Redis this one has to go on."""
    try:
        bell.ring(JOB, shop_id)
    except RedisError:
        return False
    return True
