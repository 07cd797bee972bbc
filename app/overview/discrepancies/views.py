"""Discrepancies as the API shows them: of a count and of papers alike, with what people keep beside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from pydantic import Field
from sqlmodel import Session, col, select

from app.db import shop_of
from app.http import Answer, Moment, Money
from app.inventory import kinds, views
from app.inventory.discrepancy_tables import DiscrepancyComment, DiscrepancyTask, WriteOff
from app.inventory.models import Discrepancy, Item, State
from app.overview.discrepancies.tables import DiscrepancyAttachment
from app.vendor.evidence.tables import Evidence


class EvidenceView(Answer):
    """One entry of the outside's own history; `at` is its time as it writes it."""

    at: str
    app: str | None
    person: str | None
    reason: str | None
    units: int
    reference: str | None


class EventView(Answer):
    """What became of a discrepancy, and its numbers then."""

    at: Moment
    event: str
    by: str | None
    ours: int | None = None
    theirs: int | None = None
    units: int | None = None
    amount: str | None = None
    currency: str | None = None
    cause: str | None = None
    owner: str | None = None
    reason: str | None = None


class DiscrepancyView(Answer):
    """A discrepancy with its numbers, its writer and what became of it; in eaches.

    Of a count, `item` to `theirs` are filled; of papers, `reference` and `subject` are.
    """

    id: int
    kind: str
    words: dict[str, str] = Field(description="The kind's name, by language.")
    reference: str | None
    subject: dict[str, Any]
    cause: str | None
    deadline: Moment | None
    source: str | None
    item: views.ItemBrief | None
    location: views.LocationBrief | None
    state: State | None
    ours: int | None
    theirs: int | None
    difference: int | None = Field(description="Eaches in question.")
    value: Money | None = Field(
        description="Money in question; of a count, what it costs at the item's unit cost."
    )
    status: str
    explanation: str | None
    explained_by: str | None
    evidence: list[EvidenceView]
    owner: str | None
    note: str | None
    first_seen_at: Moment
    opened_at: Moment | None
    ended_at: Moment | None
    ended_by: str | None
    history: list[EventView]
    tasks: int
    tasks_done: int


class CommentView(Answer):
    id: int
    text: str
    by: str
    at: Moment


class TaskView(Answer):
    id: int
    title: str
    owner: str | None
    due_on: date | None
    added_by: str
    done_by: str | None
    done_at: Moment | None


class AttachmentView(Answer):
    """A paper of the evidence vault."""

    evidence_id: int
    name: str
    type: str
    size: int
    by: str
    at: Moment


class WriteOffView(Answer):
    amount: Money
    reason: str
    by: str
    at: Moment
    ended_at: Moment | None
    ended_because: str | None


class DiscrepancyDetail(DiscrepancyView):
    """One discrepancy with everything that people keep beside it."""

    meaning: dict[str, str] = Field(description="What its kind says, by language.")
    comments: list[CommentView]
    todo: list[TaskView]
    attachments: list[AttachmentView]
    write_offs: list[WriteOffView]


class KindView(Answer):
    """A kind with its name and its meaning, by language."""

    kind: str
    words: dict[str, str]
    meaning: dict[str, str]


def kind_views() -> list[KindView]:
    """Every kind there is, by name."""
    return [
        KindView(kind=one.name, words=dict(one.words), meaning=dict(one.meaning))
        for one in kinds.every()
    ]


def briefs(session: Session, rows: Sequence[Discrepancy]) -> list[DiscrepancyView]:
    """Discrepancies as lists show them."""
    places = views.locations(session)
    items = _items(session, rows)
    todo = _tasks(session, [row.discrepancy_id for row in rows])
    return [
        DiscrepancyView(
            **_plain(row, items.get(row.item_id or 0), places.get(row.location_id or 0)),
            **_progress(todo.get(row.discrepancy_id, [])),
        )
        for row in rows
    ]


def whole(session: Session, row: Discrepancy) -> DiscrepancyDetail:
    """One discrepancy as its own screen shows it."""
    number = row.discrepancy_id
    item = _items(session, [row]).get(row.item_id or 0)
    place = views.locations(session).get(row.location_id or 0)
    tasks = _tasks(session, [number]).get(number, [])
    comments = session.exec(
        select(DiscrepancyComment)
        .where(
            DiscrepancyComment.shop_id == shop_of(session),
            DiscrepancyComment.discrepancy_id == number,
        )
        .order_by(col(DiscrepancyComment.comment_id))
    )
    written_off = session.exec(
        select(WriteOff)
        .where(WriteOff.shop_id == shop_of(session), WriteOff.discrepancy_id == number)
        .order_by(col(WriteOff.write_off_id))
    )
    kind = kinds.find(row.kind)
    return DiscrepancyDetail(
        meaning=dict(kind.meaning) if kind else {},
        **_plain(row, item, place),
        **_progress(tasks),
        comments=[
            CommentView(id=one.comment_id, text=one.text, by=one.by, at=one.at) for one in comments
        ],
        todo=[
            TaskView(id=one.task_id, **one.model_dump(include=set(TaskView.model_fields) - {"id"}))
            for one in tasks
        ],
        attachments=_attachments(session, number),
        write_offs=[
            WriteOffView(
                amount=Money(amount=one.amount, currency=one.currency),
                **one.model_dump(include=set(WriteOffView.model_fields) - {"amount"}),
            )
            for one in written_off
        ],
    )


def _plain(
    row: Discrepancy, item: Item | None, place: views.LocationBrief | None
) -> dict[str, Any]:
    kind = kinds.find(row.kind)
    return {
        "id": row.discrepancy_id,
        "words": dict(kind.words) if kind else dict.fromkeys(kinds.LANGUAGES, row.kind),
        "item": item
        and views.ItemBrief(
            id=item.item_id, sku=item.sku, title=item.title, image_url=item.image_url
        ),
        "location": place,
        "difference": row.difference if row.kind == kinds.COUNT else row.units,
        "value": _value(row, item),
        "evidence": [EvidenceView.model_validate(one) for one in row.evidence],
        "history": [EventView.model_validate(one) for one in row.history],
    } | row.model_dump(
        include={
            *("kind", "reference", "subject", "cause", "deadline", "source", "state", "ours"),
            *("theirs", "status", "explanation", "explained_by", "owner", "note"),
            *("first_seen_at", "opened_at", "ended_at", "ended_by"),
        }
    )


def _value(row: Discrepancy, item: Item | None) -> Money | None:
    if row.amount is not None and row.currency is not None:
        return Money(amount=row.amount, currency=row.currency)
    if row.kind != kinds.COUNT or item is None:
        return None
    if item.unit_cost is None or item.unit_cost_currency is None:
        return None
    return Money(amount=item.unit_cost * row.difference, currency=item.unit_cost_currency)


def _progress(tasks: Sequence[DiscrepancyTask]) -> dict[str, int]:
    return {"tasks": len(tasks), "tasks_done": sum(one.done_at is not None for one in tasks)}


def _items(session: Session, rows: Sequence[Discrepancy]) -> dict[int, Item]:
    wanted = {row.item_id for row in rows if row.item_id is not None}
    found = session.exec(
        select(Item).where(Item.shop_id == shop_of(session), col(Item.item_id).in_(wanted))
    )
    return {item.item_id: item for item in found}


def _tasks(session: Session, numbers: Sequence[int]) -> dict[int, list[DiscrepancyTask]]:
    found: dict[int, list[DiscrepancyTask]] = {}
    for one in session.exec(
        select(DiscrepancyTask)
        .where(
            DiscrepancyTask.shop_id == shop_of(session),
            col(DiscrepancyTask.discrepancy_id).in_(numbers),
        )
        .order_by(col(DiscrepancyTask.task_id))
    ):
        found.setdefault(one.discrepancy_id, []).append(one)
    return found


def _attachments(session: Session, number: int) -> list[AttachmentView]:
    rows = session.exec(
        select(
            DiscrepancyAttachment,
            Evidence.name,
            Evidence.type,
            Evidence.size,
        )
        .join(
            Evidence,
            (col(Evidence.shop_id) == col(DiscrepancyAttachment.shop_id))
            & (col(Evidence.evidence_id) == col(DiscrepancyAttachment.evidence_id)),
        )
        .where(
            DiscrepancyAttachment.shop_id == shop_of(session),
            DiscrepancyAttachment.discrepancy_id == number,
        )
        .order_by(col(DiscrepancyAttachment.evidence_id))
    )
    return [
        AttachmentView(
            evidence_id=kept.evidence_id, name=name, type=kind, size=size, by=kept.by, at=kept.at
        )
        for kept, name, kind, size in rows
    ]
