"""The core over HTTP: items, movements, holds, collisions, the audit."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import AwareDatetime, BaseModel, Field
from sqlmodel import col, select

from app.bell import ring_after_commit
from app.db import shop_of
from app.errors import Refused
from app.http import (
    Page,
    PageQuery,
    answer,
    decode_cursor,
    encode_cursor,
    principal,
    shop_transaction,
)
from app.inventory import audit, collisions, queries, views
from app.inventory.models import Collision, Count, State

STOCK = Tag(name="stock", description="Items, what stands where, and the movements behind it.")
api = APIBlueprint("inventory", __name__, url_prefix="/api", abp_tags=[STOCK])

TELL_SHOPIFY = "shopify_out"


class ItemsQuery(PageQuery):
    search: str | None = Field(default=None, max_length=200)
    in_collision: bool = False
    sort: Literal["sku", "available"] = "sku"


class ItemPath(BaseModel):
    item_id: int = Field(ge=1, le=2**31 - 1)


class AsOfQuery(BaseModel):
    as_of: AwareDatetime | None = None


class MovementsQuery(PageQuery):
    state: State | None = None
    location_id: int | None = Field(default=None, ge=1, le=2**31 - 1)
    as_of: AwareDatetime | None = None


class HoldsQuery(PageQuery):
    item_id: int | None = Field(default=None, ge=1, le=2**31 - 1)
    kind: str | None = None


class CollisionsQuery(PageQuery):
    status: Literal["open", "ended"] = "open"
    item_id: int | None = Field(default=None, ge=1, le=2**31 - 1)


class WayPath(BaseModel):
    collision_id: int = Field(ge=1, le=2**31 - 1)
    way: Literal["take_back", "reduce_request", "release_safety_stock", "relocate", "accept"]


class WayBody(BaseModel):
    parameters: dict[str, Any] = Field(default_factory=dict)
    note: str | None = Field(default=None, max_length=1000)


@api.get("/items", responses={200: Page[views.ItemView]})
def list_items(query: ItemsQuery) -> Any:
    """Items with their balances by location and state."""
    after = decode_cursor(query.cursor, 2)
    with shop_transaction() as session:
        rows = queries.items(
            session,
            limit=query.limit + 1,
            sort=query.sort,
            search=query.search,
            in_collision=query.in_collision,
            after=after,
        )
        page = rows[: query.limit]
        data = views.item_views(session, page)
    more = len(rows) > query.limit
    last = page[-1] if more else None
    key = last and (last.available if query.sort == "available" else last.sku)
    cursor = encode_cursor(key, last.item_id) if last else None
    return answer(Page[views.ItemView](data=data, next_cursor=cursor))


@api.get("/items/<int:item_id>", responses={200: views.ItemDetail})
def read_item(path: ItemPath, query: AsOfQuery) -> Any:
    """One item, now or as of a moment."""
    with shop_transaction() as session:
        item = views.find_item(session, path.item_id)
        view = views.item_views(session, [item], query.as_of)[0]
        places = views.locations(session)
        counts = session.exec(
            select(Count).where(Count.shop_id == item.shop_id, Count.item_id == item.item_id)
        )
        detail = views.ItemDetail(
            **view.model_dump(),
            as_of=query.as_of,
            aliases=[
                views.AliasView(kind=alias.kind, value=alias.value)
                for alias in views.aliases_of(session, [item.item_id])
            ],
            counts=[
                views.CountView(
                    location=places[count.location_id],
                    state=count.state,
                    quantity=count.quantity,
                    observed_at=count.observed_at,
                    source=count.source,
                )
                for count in counts
            ],
        )
    return answer(detail)


@api.get("/items/<int:item_id>/movements", responses={200: Page[views.MovementView]})
def list_movements(path: ItemPath, query: MovementsQuery) -> Any:
    """What moved, newest first, with the papers and messages that caused it."""
    keys = decode_cursor(query.cursor, 2)
    before = (datetime.fromisoformat(keys[0]), int(keys[1])) if keys else None
    with shop_transaction() as session:
        views.find_item(session, path.item_id)
        places = views.locations(session)
        rows = queries.movements(
            session,
            path.item_id,
            limit=query.limit + 1,
            state=query.state,
            location_id=query.location_id,
            as_of=query.as_of,
            before=before,
        )
    page = rows[: query.limit]
    cursor = None
    if len(rows) > query.limit:
        cursor = encode_cursor(page[-1].recorded_at, page[-1].movement_id)
    found = Page[views.MovementView](
        data=[views.movement_view(row, places) for row in page], next_cursor=cursor
    )
    return found.model_dump(mode="json", by_alias=True), 200


@api.get("/holds", responses={200: Page[views.HoldView]})
def list_holds(query: HoldsQuery) -> Any:
    """Open promises, newest first."""
    after = decode_cursor(query.cursor, 4)
    with shop_transaction() as session:
        rows = queries.holds(
            session, limit=query.limit + 1, item_id=query.item_id, kind=query.kind, after=after
        )
    page = rows[: query.limit]
    cursor = None
    if len(rows) > query.limit:
        last = page[-1]
        cursor = encode_cursor(last.document_id, last.line, last.item_id, last.location_id)
    return answer(
        Page[views.HoldView](data=[views.hold_view(row) for row in page], next_cursor=cursor)
    )


@api.get("/collisions", responses={200: Page[views.CollisionView]})
def list_collisions(query: CollisionsQuery) -> Any:
    """Collisions, newest first, with who wants what and the ways out."""
    keys = decode_cursor(query.cursor, 1)
    with shop_transaction() as session:
        wanted = select(Collision).where(Collision.shop_id == shop_of(session))
        ended = col(Collision.ended_at)
        wanted = wanted.where(ended.is_(None) if query.status == "open" else ended.is_not(None))
        if query.item_id is not None:
            wanted = wanted.where(Collision.item_id == query.item_id)
        if keys:
            wanted = wanted.where(Collision.collision_id < int(keys[0]))
        rows = session.exec(
            wanted.order_by(col(Collision.collision_id).desc()).limit(query.limit + 1)
        ).all()
        page = rows[: query.limit]
        data = [views.collision_view(session, row) for row in page]
    cursor = encode_cursor(page[-1].collision_id) if len(rows) > query.limit else None
    return answer(Page[views.CollisionView](data=data, next_cursor=cursor))


@api.post("/collisions/<int:collision_id>/ways/<string:way>", responses={200: views.CollisionView})
def take_way(path: WayPath, body: WayBody) -> Any:
    """Takes one of the offered ways out, whole."""
    with shop_transaction() as session:
        collision = session.exec(
            select(Collision)
            .where(
                Collision.shop_id == shop_of(session),
                Collision.collision_id == path.collision_id,
            )
            .with_for_update()
        ).first()
        if collision is None:
            raise Refused("not_found", "There is no such collision in this shop.", status=404)
        try:
            collisions.take(
                session,
                collision,
                path.way,
                body.parameters,
                actor=principal().actor,
                note=body.note,
            )
        except Refused as refusal:
            if refusal.code in ("collision_changed", "not_held", "not_enough_units"):
                session.rollback()
                fresh = _fresh_collision(path.collision_id)
                raise Refused(
                    "collision_changed", refusal.detail, status=409, extra={"collision": fresh}
                ) from None
            raise
        ring_after_commit(session, TELL_SHOPIFY)
        view = views.collision_view(session, collision)
    return answer(view)


@api.get("/audit", responses={200: views.AuditView})
def read_audit() -> Any:
    """What the last audit found."""
    with shop_transaction() as session:
        run = audit.latest(session)
    return answer(
        views.AuditView(
            ran_at=run.ran_at if run else None,
            findings=run.findings if run else [],
            checks=list(audit.checks()),
        )
    )


@api.post("/audit", responses={200: views.AuditView})
def run_audit() -> Any:
    """Runs the audit now."""
    with shop_transaction() as session:
        run = audit.run(session)
    return answer(
        views.AuditView(ran_at=run.ran_at, findings=run.findings, checks=list(audit.checks()))
    )


def _fresh_collision(collision_id: int) -> dict[str, Any]:
    with shop_transaction() as session:
        collision = session.get(Collision, (shop_of(session), collision_id))
        assert collision is not None
        return views.collision_view(session, collision).model_dump(mode="json")
