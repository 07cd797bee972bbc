"""Discrepancies over HTTP: what is counted otherwise than booked, adopted or left by one click."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from sqlmodel import Session, col, select

from app.bell import ring_after_commit
from app.db import shop_of
from app.errors import Refused
from app.http import (
    Answer,
    Moment,
    Money,
    Page,
    PageQuery,
    answer,
    cut_page,
    decode_cursor,
    principal,
    shop_transaction,
)
from app.inventory import counts, views
from app.inventory.models import Discrepancy, Item, State

DISCREPANCIES = Tag(
    name="discrepancies", description="Where others count otherwise than the books say."
)
api = APIBlueprint("discrepancies", __name__, url_prefix="/api", abp_tags=[DISCREPANCIES])

Explanation = Literal["ours", "order", "app", "person", "unknown"]
Status = Literal["open", "in_progress", "left", "adopted", "written_off", "closed"]
MAY_HAVE_CHANGED = ("discrepancy_changed", "not_open", "not_enough_units")


class DiscrepanciesQuery(PageQuery):
    """Which differences are listed; open ones unless said otherwise."""

    status: Status = "open"
    kind: str | None = Field(default=None, max_length=100)
    explanation: Explanation | None = None
    item_id: int | None = Field(default=None, ge=1, le=2**31 - 1)
    location_id: int | None = Field(default=None, ge=1, le=2**31 - 1)


class DiscrepancyPath(BaseModel):
    """Which difference."""

    discrepancy_id: int = Field(ge=1, le=2**31 - 1)


class DiscrepancyBody(BaseModel):
    """What a person notes of a difference; what is left out is emptied."""

    owner: str | None = Field(default=None, max_length=200)
    note: str | None = Field(default=None, max_length=1000)


class LeaveBody(BaseModel):
    """Why a difference is left as it is."""

    note: str | None = Field(default=None, max_length=1000)


class EvidenceView(Answer):
    """One entry of the outside's own history; `at` is its time as it writes it."""

    at: str
    app: str | None
    person: str | None
    reason: str | None
    units: int
    reference: str | None


class EventView(Answer):
    """What became of a difference, and its numbers then."""

    at: Moment
    event: str
    ours: int | None = None
    theirs: int | None = None
    units: int | None = None
    amount: str | None = None
    currency: str | None = None
    cause: str | None = None
    by: str | None


class DiscrepancyView(Answer):
    """A difference with its numbers, its writer and what became of it; in eaches.

    Of a count, `item` to `difference` are filled; of papers, `reference` and `subject` are.
    """

    id: int
    kind: str
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


@api.get("/discrepancies", responses={200: Page[DiscrepancyView]})
def list_discrepancies(query: DiscrepanciesQuery) -> Any:
    """Differences of one status, newest first, with what is known of how they came about."""
    keys = decode_cursor(query.cursor, 1)
    with shop_transaction() as session:
        wanted = select(Discrepancy).where(
            Discrepancy.shop_id == shop_of(session), Discrepancy.status == query.status
        )
        for column, value in (
            (Discrepancy.kind, query.kind),
            (Discrepancy.explanation, query.explanation),
            (Discrepancy.item_id, query.item_id),
            (Discrepancy.location_id, query.location_id),
        ):
            if value is not None:
                wanted = wanted.where(col(column) == value)
        if keys:
            wanted = wanted.where(Discrepancy.discrepancy_id < int(keys[0]))
        rows = session.exec(
            wanted.order_by(col(Discrepancy.discrepancy_id).desc()).limit(query.limit + 1)
        ).all()
        page, cursor = cut_page(rows, query.limit, lambda row: (row.discrepancy_id,))
        data = _views(session, page)
    return answer(Page[DiscrepancyView](data=data, next_cursor=cursor))


@api.put("/discrepancies/<int:discrepancy_id>", responses={200: DiscrepancyView})
def describe_discrepancy(path: DiscrepancyPath, body: DiscrepancyBody) -> Any:
    """Says who looks after it, and what is known of it."""
    with _found(path) as (session, found):
        found.owner, found.note = body.owner, body.note
        session.flush()
        (view,) = _views(session, [found])
    return answer(view)


@api.post("/discrepancies/<int:discrepancy_id>/adopt", responses={200: DiscrepancyView})
def adopt_discrepancy(path: DiscrepancyPath) -> Any:
    """Brings the books to what was counted; 409 `discrepancy_changed` carries the fresh one."""
    actor = principal().actor
    return _settled(path, lambda session, found: counts.adopt(session, found, actor=actor))


@api.post("/discrepancies/<int:discrepancy_id>/leave", responses={200: DiscrepancyView})
def leave_discrepancy(path: DiscrepancyPath, body: LeaveBody) -> Any:
    """Leaves it as it is; it opens again when it is no longer the same."""
    actor = principal().actor
    return _settled(
        path, lambda session, found: counts.leave(session, found, actor=actor, note=body.note)
    )


def _settled(path: DiscrepancyPath, do: Callable[[Session, Discrepancy], Discrepancy]) -> Any:
    try:
        with _found(path) as (session, found):
            do(session, found)
            for job in ("ask_again", "shopify_out"):
                ring_after_commit(session, job)
            (view,) = _views(session, [found])
    except Refused as refusal:
        if refusal.code not in MAY_HAVE_CHANGED:
            raise
        with _found(path) as (session, found):
            (fresh,) = _views(session, [found])
        raise Refused(
            refusal.code,
            refusal.detail,
            status=409,
            extra={"discrepancy": fresh.model_dump(mode="json")},
        ) from None
    return answer(view)


@contextmanager
def _found(path: DiscrepancyPath) -> Iterator[tuple[Session, Discrepancy]]:
    with shop_transaction() as session:
        found = counts.locked(session, path.discrepancy_id)
        if found is None or found.status == "noticed":
            raise Refused("not_found", "There is no such discrepancy in this shop.", status=404)
        yield session, found


def _views(session: Session, rows: Sequence[Discrepancy]) -> list[DiscrepancyView]:
    places = views.locations(session)
    items = {
        item.item_id: item
        for item in session.exec(
            select(Item).where(
                Item.shop_id == shop_of(session),
                col(Item.item_id).in_({row.item_id for row in rows if row.item_id is not None}),
            )
        )
    }
    return [
        _view(row, items.get(row.item_id or 0), places.get(row.location_id or 0)) for row in rows
    ]


def _view(
    row: Discrepancy, item: Item | None, place: views.LocationBrief | None
) -> DiscrepancyView:
    return DiscrepancyView(
        id=row.discrepancy_id,
        kind=row.kind,
        reference=row.reference,
        subject=row.subject,
        cause=row.cause,
        deadline=row.deadline,
        source=row.source,
        item=item
        and views.ItemBrief(
            id=item.item_id, sku=item.sku, title=item.title, image_url=item.image_url
        ),
        location=place,
        state=row.state,
        ours=row.ours,
        theirs=row.theirs,
        difference=row.units if row.ours is None else row.difference,
        value=_value(row, item),
        status=row.status,
        explanation=row.explanation,
        explained_by=row.explained_by,
        evidence=[EvidenceView.model_validate(one) for one in row.evidence],
        owner=row.owner,
        note=row.note,
        first_seen_at=row.first_seen_at,
        opened_at=row.opened_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        history=[EventView.model_validate(one) for one in row.history],
    )


def _value(row: Discrepancy, item: Item | None) -> Money | None:
    if row.amount is not None and row.currency is not None:
        return Money(amount=row.amount, currency=row.currency)
    if row.kind != counts.KIND or item is None:
        return None
    if item.unit_cost is None or item.unit_cost_currency is None:
        return None
    return Money(amount=item.unit_cost * row.difference, currency=item.unit_cost_currency)
