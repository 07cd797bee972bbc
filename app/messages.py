"""The border: one durable row for each thing in or out, and how it is taken and ended.

A row is written in the transaction that makes it true. Redis only nudges: whatever it loses, the
sweep finds here. Taking is at-least-once, so whatever handles a message may run twice.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlmodel import Field, Session, col, select

from app.db import Table, database_time, shop_of

Direction = Literal["in", "out"]
State = Literal["waiting", "done", "dead", "ignored"]

LEASE = timedelta(minutes=2)
FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(minutes=30)
MOST_ATTEMPTS = 12
KEPT_HISTORY = 20


# The requests come as one JSON array: the driver looks through an array of texts letter by letter.
RECORD_DONE = """
INSERT INTO message (shop_id, direction, channel, topic, key, request, reference, received_at,
    occurred_at, due_at, state, finished_at, attempts, notes, history)
SELECT :shop, :direction, :channel, :topic, key, request, reference, :now, occurred_at, :now,
    'done', :now, 0, notes, '[]'
FROM ROWS FROM (
    unnest(CAST(:keys AS text[])), unnest(CAST(:references AS text[])),
    unnest(CAST(:occurred AS timestamptz[])), jsonb_array_elements(CAST(:requests AS jsonb)),
    jsonb_array_elements(CAST(:notes AS jsonb))
) AS given (key, reference, occurred_at, request, notes)
ON CONFLICT (shop_id, direction, channel, key) DO NOTHING
RETURNING key, message_id
"""


class Message(Table, table=True):
    """One thing that crosses the border: a webhook, a mutation, an acknowledgement, a poll."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("shop_id", "direction", "channel", "key"),
        CheckConstraint("direction IN ('in', 'out')", name="direction"),
        CheckConstraint("state IN ('waiting', 'done', 'dead', 'ignored')", name="state"),
        CheckConstraint("attempts >= 0", name="attempts"),
        CheckConstraint("(state = 'waiting') = (finished_at IS NULL)", name="finished"),
        Index(
            "ix_message_waiting",
            "shop_id",
            "direction",
            "channel",
            "due_at",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_message_reference", "shop_id", "reference"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    message_id: int = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger,
        sa_column_kwargs={"server_default": Identity(always=True)},
    )
    direction: str
    channel: str
    topic: str
    key: str = Field(description="What makes it one message however often it arrives.")
    reference: str | None = Field(default=None, description="The paper it speaks of.")
    state: str = "waiting"
    attempts: int = 0
    received_at: datetime
    occurred_at: datetime | None = Field(default=None, description="The world's own time for it.")
    due_at: datetime
    finished_at: datetime | None = None
    request: Any = Field(default=None, sa_type=JSONB, nullable=True)
    response: Any = Field(default=None, sa_type=JSONB, nullable=True)
    error: str | None = None
    notes: list[dict[str, Any]] = Field(
        default_factory=list,
        sa_type=JSONB,
        description="Odd lines for a person: code, line, detail.",
    )
    history: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)


def record(
    session: Session,
    *,
    direction: Direction,
    channel: str,
    topic: str,
    key: str,
    request: Any,
    reference: str | None = None,
    occurred_at: datetime | None = None,
    due_at: datetime | None = None,
    state: State = "waiting",
) -> int | None:
    """Stores a message once; None when its key is there already, so a repeat costs nothing."""
    now = database_time()
    statement = (
        insert(Message)
        .values(
            shop_id=shop_of(session),
            direction=direction,
            channel=channel,
            topic=topic,
            key=key,
            request=request,
            reference=reference,
            received_at=now,
            occurred_at=occurred_at,
            due_at=due_at or now,
            state=state,
            finished_at=None if state == "waiting" else now,
            attempts=0,
            notes=[],
            history=[],
        )
        .on_conflict_do_nothing(index_elements=["shop_id", "direction", "channel", "key"])
        .returning(col(Message.message_id))
    )
    return session.execute(statement).scalar_one_or_none()


class Recorded(NamedTuple):
    """What is to be recorded of one message; `request` is JSON already."""

    key: str
    request: str
    reference: str | None = None
    occurred_at: datetime | None = None
    notes: Sequence[Mapping[str, Any]] = ()


def record_done(
    session: Session,
    rows: Sequence[Recorded],
    *,
    direction: Direction,
    channel: str,
    topic: str,
) -> dict[str, int]:
    """Stores messages that are done already, all in one statement, each once.

    Returns the ids by key; those whose key was there are left out.
    """
    if not rows:
        return {}
    stored = session.execute(
        text(RECORD_DONE),
        {
            "shop": shop_of(session),
            "direction": direction,
            "channel": channel,
            "topic": topic,
            "now": database_time(),
            "keys": [row.key for row in rows],
            "requests": "[" + ",".join(row.request for row in rows) + "]",
            "references": [row.reference for row in rows],
            "occurred": [row.occurred_at for row in rows],
            "notes": json.dumps([[dict(note) for note in row.notes] for row in rows]),
        },
    )
    return {row.key: row.message_id for row in stored}


def take(
    session: Session,
    *,
    direction: Direction,
    channel: str,
    limit: int,
    topics: Sequence[str] | None = None,
) -> list[Message]:
    """Due waiting messages, oldest first, locked until this transaction ends; others skip them."""
    query = (
        select(Message)
        .where(
            Message.shop_id == shop_of(session),
            Message.direction == direction,
            Message.channel == channel,
            Message.state == "waiting",
            Message.due_at <= database_time(),
        )
        .order_by(col(Message.due_at), col(Message.message_id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if topics is not None:
        query = query.where(col(Message.topic).in_(topics))
    return list(session.exec(query))


def lease(session: Session, taken: Sequence[Message], *, span: timedelta = LEASE) -> None:
    """Keeps taken messages from others while slow work goes on outside a transaction.

    Counts an attempt. Whoever dies in between leaves them to be taken again after `span`.
    """
    for message in taken:
        message.attempts += 1
        message.due_at = database_time() + span
    session.flush()


def finish(
    message: Message,
    *,
    response: Any = None,
    notes: Sequence[Mapping[str, Any]] = (),
    state: Literal["done", "ignored"] = "done",
) -> None:
    """Ends a message well (`done`) or as none of our business (`ignored`)."""
    message.state = state
    message.finished_at = database_time()
    message.error = None
    message.notes = [dict(note) for note in notes]
    if response is not None:
        message.response = response
    _remember(message, state)


def finish_together(
    session: Session,
    notes: Mapping[int, Sequence[Mapping[str, Any]]],
    *,
    state: Literal["done", "ignored"] = "done",
) -> None:
    """Ends many messages at once, by id and each with its notes; counts an attempt for each."""
    if not notes:
        return
    entry = {"at": database_time().isoformat(), "outcome": state, "error": None}
    session.execute(
        text(
            "UPDATE message SET state = :state, finished_at = clock_timestamp(), error = NULL,"
            " attempts = attempts + 1, history = history || CAST(:entry AS jsonb),"
            " notes = ended.notes"
            " FROM unnest(CAST(:ids AS bigint[]), CAST(:notes AS jsonb[])) AS ended (id, notes)"
            " WHERE shop_id = :shop AND message_id = ended.id AND state = 'waiting'"
        ),
        {
            "state": state,
            "entry": json.dumps([entry]),
            "ids": list(notes),
            "notes": [json.dumps([dict(note) for note in each]) for each in notes.values()],
            "shop": shop_of(session),
        },
    )


def retry(message: Message, error: str, *, after: timedelta | None = None) -> None:
    """Puts a message off with growing, jittered pauses; the last allowed attempt makes it dead."""
    if message.attempts >= MOST_ATTEMPTS:
        bury(message, f"Tried {message.attempts} times. Last: {error}")
        return
    pause = min(LONGEST_RETRY, FIRST_RETRY * 2 ** max(0, message.attempts - 1))
    message.due_at = database_time() + max(after or timedelta(), pause * random.uniform(0.75, 1.25))
    message.error = error
    _remember(message, "retry", error)


def bury(message: Message, reason: str) -> None:
    """Ends a message as dead: nothing more happens until a person replays it."""
    message.state = "dead"
    message.finished_at = database_time()
    message.error = reason
    _remember(message, "dead", reason)


def replay(message: Message) -> None:
    """Makes an ended message wait again, due now. Safe, as every handler may run twice."""
    message.state = "waiting"
    message.finished_at = None
    message.attempts = 0
    message.due_at = database_time()
    _remember(message, "replayed")


def waiting(session: Session) -> dict[tuple[str, str], datetime]:
    """For each (direction, channel) with due messages in this shop, when the oldest came."""
    rows = session.execute(
        text(
            "SELECT direction, channel, min(received_at) FROM message"
            " WHERE shop_id = :shop AND state = 'waiting' AND due_at <= now() GROUP BY 1, 2"
        ),
        {"shop": shop_of(session)},
    )
    return {(row[0], row[1]): row[2] for row in rows}


def _remember(message: Message, outcome: str, error: str | None = None) -> None:
    entry = {"at": database_time().isoformat(), "outcome": outcome, "error": error}
    message.history = [*message.history, entry][-KEPT_HISTORY:]
