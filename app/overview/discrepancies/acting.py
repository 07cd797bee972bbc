"""What a person does about discrepancies over HTTP, one by one or many at once, and work beside them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlmodel import Session, select

from app.bell import ring_after_commit
from app.db import shop_of
from app.errors import Refused
from app.http import Answer, APIBlueprint, answer, principal, shop_transaction
from app.inventory import counts, kinds, working
from app.inventory.discrepancy_tables import DiscrepancyTask
from app.inventory.models import Discrepancy
from app.overview.discrepancies import views
from app.overview.discrepancies.routes import DISCREPANCIES, DiscrepancyPath, found
from app.overview.discrepancies.tables import DiscrepancyAttachment
from app.vendor.evidence.tables import Evidence

api = APIBlueprint("discrepancy_work", __name__, url_prefix="/api", abp_tags=[DISCREPANCIES])

MAY_HAVE_CHANGED = ("discrepancy_changed", "not_open", "not_enough_units")
MOST_AT_ONCE = 250
Decision = Literal["open", "in_progress", "left", "written_off"]


class LeaveBody(BaseModel):
    """Why a difference is left as it is."""

    note: str | None = Field(default=None, max_length=1000)


class DecisionBody(BaseModel):
    """To which status it is brought; `reason` is needed to write off.

    `amount` is what the person saw: when it is another by now, 409 `discrepancy_changed` says so.
    """

    status: Decision
    reason: str | None = Field(default=None, max_length=1000)
    amount: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)


class Chosen(BaseModel):
    """One of many, with the amount that the person saw."""

    id: int = Field(ge=1, le=2**31 - 1)
    amount: Decimal | None = Field(default=None, max_digits=19, decimal_places=4)


class BulkBody(BaseModel):
    """What is done to many: they are given an `owner`, or brought to a `status`."""

    discrepancies: list[Chosen] = Field(min_length=1, max_length=MOST_AT_ONCE)
    action: Literal["give", "adopt"] | Decision
    owner: str | None = Field(default=None, max_length=200)
    reason: str | None = Field(default=None, max_length=1000)


class RefusalView(Answer):
    """One that stays as it was, and why."""

    id: int
    code: str
    detail: str


class BulkView(Answer):
    done: list[int]
    refused: list[RefusalView]


class CommentBody(BaseModel):
    text: str = Field(min_length=1, max_length=4000)


class TaskBody(BaseModel):
    title: str = Field(min_length=1, max_length=300)
    owner: str | None = Field(default=None, max_length=200)
    due_on: date | None = None


class TaskPath(DiscrepancyPath):
    task_id: int = Field(ge=1, le=2**31 - 1)


class TaskChange(BaseModel):
    done: bool


class AttachmentBody(BaseModel):
    evidence_id: int = Field(ge=1, le=2**31 - 1)


class AttachmentPath(DiscrepancyPath):
    evidence_id: int = Field(ge=1, le=2**31 - 1)


@api.post("/discrepancies/<int:discrepancy_id>/adopt", responses={200: views.DiscrepancyDetail})
def adopt_discrepancy(path: DiscrepancyPath) -> Any:
    """Brings the books to what was counted; 409 `discrepancy_changed` carries the fresh one."""
    actor = principal().actor
    return _decided(path, lambda session, row: counts.adopt(session, row, actor=actor))


@api.post("/discrepancies/<int:discrepancy_id>/leave", responses={200: views.DiscrepancyDetail})
def leave_discrepancy(path: DiscrepancyPath, body: LeaveBody) -> Any:
    """Leaves it as it is; it opens again when it is no longer the same."""
    actor = principal().actor
    return _decided(
        path, lambda session, row: working.leave(session, row, actor=actor, note=body.note)
    )


@api.post("/discrepancies/<int:discrepancy_id>/status", responses={200: views.DiscrepancyDetail})
def decide_discrepancy(path: DiscrepancyPath, body: DecisionBody) -> Any:
    """Takes it on, leaves it, writes it off with a reason, or takes such a decision back."""
    actor = principal().actor

    def decide(session: Session, row: Discrepancy) -> None:
        working.must_be_as_seen(row, body.amount)
        _decide(session, row, body.status, body.reason, actor)

    return _decided(path, decide)


@api.post("/discrepancies/bulk", responses={200: BulkView})
def act_on_many(body: BulkBody) -> Any:
    """Does the same to many; those that cannot be are named with the reason, the others are done."""
    actor = principal().actor
    done: list[int] = []
    refused: list[RefusalView] = []
    with shop_transaction() as session:
        for one in sorted(body.discrepancies, key=lambda chosen: chosen.id):
            try:
                with session.begin_nested():
                    _act(session, one, body, actor)
            except Refused as refusal:
                refused.append(RefusalView(id=one.id, code=refusal.code, detail=refusal.detail))
            else:
                done.append(one.id)
        _ring(session)
    return answer(BulkView(done=done, refused=refused))


@api.post("/discrepancies/<int:discrepancy_id>/comments", responses={200: views.DiscrepancyDetail})
def comment_discrepancy(path: DiscrepancyPath, body: CommentBody) -> Any:
    """Keeps what somebody says of it."""
    actor = principal().actor
    with found(path.discrepancy_id) as (session, row):
        working.comment(session, row, body.text, actor=actor)
        view = views.whole(session, row)
    return answer(view)


@api.post("/discrepancies/<int:discrepancy_id>/tasks", responses={200: views.DiscrepancyDetail})
def add_task(path: DiscrepancyPath, body: TaskBody) -> Any:
    """Notes one thing to do; an open discrepancy is in progress from then."""
    actor = principal().actor
    with found(path.discrepancy_id) as (session, row):
        working.add_task(
            session, row, body.title, owner=body.owner or None, due_on=body.due_on, actor=actor
        )
        view = views.whole(session, row)
    return answer(view)


@api.put(
    "/discrepancies/<int:discrepancy_id>/tasks/<int:task_id>",
    responses={200: views.DiscrepancyDetail},
)
def change_task(path: TaskPath, body: TaskChange) -> Any:
    """Says that a task is done, or that it is not."""
    actor = principal().actor
    with found(path.discrepancy_id) as (session, row):
        task = session.exec(
            select(DiscrepancyTask).where(
                DiscrepancyTask.shop_id == shop_of(session),
                DiscrepancyTask.discrepancy_id == row.discrepancy_id,
                DiscrepancyTask.task_id == path.task_id,
            )
        ).first()
        if task is None:
            raise Refused("not_found", "There is no such task.", status=404)
        if body.done != (task.done_at is not None):
            task.done_at = datetime.now(UTC) if body.done else None
            task.done_by = actor if body.done else None
        session.flush()
        view = views.whole(session, row)
    return answer(view)


@api.post(
    "/discrepancies/<int:discrepancy_id>/attachments", responses={200: views.DiscrepancyDetail}
)
def attach(path: DiscrepancyPath, body: AttachmentBody) -> Any:
    """Keeps a paper of the evidence vault beside it."""
    actor = principal().actor
    with found(path.discrepancy_id) as (session, row):
        shop_id, number = shop_of(session), row.discrepancy_id
        if session.get(Evidence, (shop_id, body.evidence_id)) is None:
            raise Refused("not_found", "There is no such paper in the vault.", status=404)
        if session.get(DiscrepancyAttachment, (shop_id, number, body.evidence_id)) is None:
            session.add(
                DiscrepancyAttachment(
                    shop_id=shop_id,
                    discrepancy_id=number,
                    evidence_id=body.evidence_id,
                    by=actor,
                )
            )
            session.flush()
        view = views.whole(session, row)
    return answer(view)


@api.delete(
    "/discrepancies/<int:discrepancy_id>/attachments/<int:evidence_id>",
    responses={200: views.DiscrepancyDetail},
)
def detach(path: AttachmentPath) -> Any:
    """Takes a paper away from it; the vault keeps the paper."""
    with found(path.discrepancy_id) as (session, row):
        kept = session.get(
            DiscrepancyAttachment, (shop_of(session), row.discrepancy_id, path.evidence_id)
        )
        if kept is None:
            raise Refused("not_found", "This paper is not beside it.", status=404)
        session.delete(kept)
        session.flush()
        view = views.whole(session, row)
    return answer(view)


def _act(session: Session, one: Chosen, body: BulkBody, actor: str) -> None:
    row = working.locked(session, one.id)
    if row is None or row.status == "noticed":
        raise Refused("not_found", "There is no such discrepancy in this shop.", status=404)
    working.must_be_as_seen(row, one.amount)
    if body.action == "give":
        working.give(session, row, body.owner or None, actor=actor)
    elif body.action == "adopt":
        counts.adopt(session, row, actor=actor)
    else:
        _decide(session, row, body.action, body.reason, actor)


def _decide(
    session: Session, row: Discrepancy, status: Decision, reason: str | None, actor: str
) -> None:
    if status == "in_progress":
        working.begin(session, row, actor=actor)
    elif status == "open":
        working.reopen(session, row, actor=actor)
    elif status == "left":
        working.leave(session, row, actor=actor, note=reason)
    else:
        working.write_off(session, row, reason or "", actor=actor)


def _decided(path: DiscrepancyPath, do: Callable[[Session, Discrepancy], object]) -> Any:
    try:
        with found(path.discrepancy_id) as (session, row):
            do(session, row)
            if row.kind == kinds.COUNT:
                _ring(session)
            view = views.whole(session, row)
    except Refused as refusal:
        if refusal.code not in MAY_HAVE_CHANGED:
            raise
        with found(path.discrepancy_id) as (session, row):
            fresh = views.whole(session, row)
        raise Refused(
            refusal.code,
            refusal.detail,
            status=409,
            extra={"discrepancy": fresh.model_dump(mode="json")},
        ) from None
    return answer(view)


def _ring(session: Session) -> None:
    for job in ("ask_again", "shopify_out"):
        ring_after_commit(session, job)
