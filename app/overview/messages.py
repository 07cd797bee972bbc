"""What crosses the border, over HTTP: list, read, replay."""

from __future__ import annotations

from typing import Any, Literal

from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from sqlmodel import col, select

from app import messages
from app.bell import ring_after_commit
from app.db import shop_of
from app.errors import Refused
from app.http import (
    Answer,
    APIBlueprint,
    Moment,
    Page,
    PageQuery,
    answer,
    cut_page,
    decode_cursor,
    shop_transaction,
)
from app.messages import Message

BORDER = Tag(name="messages", description="Everything that came in or went out, one row each.")
api = APIBlueprint("messages", __name__, url_prefix="/api", abp_tags=[BORDER])

WHO_HANDLES = {
    ("in", "shopify"): "webhooks_in",
    ("out", "shopify"): "shopify_out",
    ("in", "amazon"): "amazon_poll",
    ("out", "amazon"): "amazon_out",
    ("out", "email"): "email_out",
    ("out", "alert"): "alerts_out",
}


class NoteView(Answer):
    code: str
    line: str | None = None
    detail: str | None = None


class MessageView(Answer):
    id: int
    direction: str
    channel: str
    topic: str
    state: str
    reference: str | None
    attempts: int
    error: str | None
    notes: list[NoteView]
    received_at: Moment
    finished_at: Moment | None
    due_at: Moment


class HistoryView(Answer):
    at: str
    outcome: str
    error: str | None


class MessageDetail(MessageView):
    request: Any
    response: Any
    history: list[HistoryView]


class MessagesQuery(PageQuery):
    direction: Literal["in", "out"] | None = None
    channel: Literal["shopify", "amazon", "stripe", "email", "alert"] | None = None
    state: Literal["waiting", "done", "dead", "ignored"] | None = None
    topic: str | None = Field(default=None, max_length=100)
    reference: str | None = Field(default=None, max_length=200)


class MessagePath(BaseModel):
    message_id: int = Field(ge=1, le=2**63 - 1)


@api.get("/messages", responses={200: Page[MessageView]})
def list_messages(query: MessagesQuery) -> Any:
    """Messages, newest first."""
    keys = decode_cursor(query.cursor, 1)
    with shop_transaction() as session:
        wanted = select(Message).where(Message.shop_id == shop_of(session))
        for name in ("direction", "channel", "state", "topic", "reference"):
            value = getattr(query, name)
            if value is not None:
                wanted = wanted.where(getattr(Message, name) == value)
        if keys:
            wanted = wanted.where(Message.message_id < int(keys[0]))
        rows = session.exec(
            wanted.order_by(col(Message.message_id).desc()).limit(query.limit + 1)
        ).all()
    page, cursor = cut_page(rows, query.limit, lambda row: (row.message_id,))
    return answer(Page[MessageView](data=[_view(row) for row in page], next_cursor=cursor))


@api.get("/messages/<int:message_id>", responses={200: MessageDetail})
def read_message(path: MessagePath) -> Any:
    """One message with what was asked, answered and tried."""
    with shop_transaction() as session:
        message = session.get(Message, (shop_of(session), path.message_id))
    return answer(_detail(_found(message)))


@api.post("/messages/<int:message_id>/replay", responses={202: MessageDetail})
def replay_message(path: MessagePath) -> Any:
    """Makes an ended message wait again; its handler may safely run twice."""
    with shop_transaction() as session:
        message = _found(
            session.exec(
                select(Message)
                .where(Message.shop_id == shop_of(session), Message.message_id == path.message_id)
                .with_for_update()
            ).first()
        )
        if message.state != "waiting":
            messages.replay(message)
        ring_after_commit(session, WHO_HANDLES[message.direction, message.channel])
    return answer(_detail(message), 202)


def _found(message: Message | None) -> Message:
    if message is None:
        raise Refused("not_found", "There is no such message in this shop.", status=404)
    return message


def _fields(message: Message) -> dict[str, Any]:
    fields = message.model_dump(exclude={"shop_id", "message_id"})
    return fields | {"id": message.message_id}


def _view(message: Message) -> MessageView:
    return MessageView.model_validate(_fields(message))


def _detail(message: Message) -> MessageDetail:
    return MessageDetail.model_validate(_fields(message))
