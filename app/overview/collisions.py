"""Collisions over HTTP: who wants the same units, what each way out costs both rails, one click."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from sqlmodel import Session, col, select

from app.bell import ring_after_commit
from app.db import run, shop_of
from app.errors import Refused
from app.http import (
    APIBlueprint,
    Page,
    PageQuery,
    answer,
    cut_page,
    decode_cursor,
    principal,
    shop_transaction,
)
from app.inventory import collisions, endings, futures, ledger, views
from app.inventory.models import Collision, Item
from app.vendor.ways import AmazonRail

COLLISIONS = Tag(name="collisions", description="Units that were promised twice, and ways out.")
api = APIBlueprint("collisions", __name__, url_prefix="/api", abp_tags=[COLLISIONS])

TELL_SHOPIFY = "shopify_out"
COMES_TOO_LATE = (
    "collision_changed",
    "not_held",
    "not_enough_units",
    "acknowledgement_under_way",
    "order_closed",
)


class CollisionsQuery(PageQuery):
    status: Literal["open", "ended"] = "open"
    kind: Literal["oversold", "short", "coming"] | None = None
    item_id: int | None = Field(default=None, ge=1, le=2**31 - 1)


class WayPath(BaseModel):
    collision_id: int = Field(ge=1, le=2**31 - 1)
    way: Literal[
        "take_back",
        "reduce_request",
        "reduce_line",
        "backorder_line",
        "release_safety_stock",
        "relocate",
        "wait",
        "accept",
    ]


class WayBody(BaseModel):
    parameters: dict[str, Any] = Field(default_factory=dict)
    note: str | None = Field(default=None, max_length=1000)


@api.get("/collisions", responses={200: Page[views.CollisionView]})
def list_collisions(query: CollisionsQuery) -> Any:
    """Collisions, newest first: who wants what, the ways out and their money, how they ended."""
    keys = decode_cursor(query.cursor, 1)
    with shop_transaction() as session:
        wanted = select(Collision).where(Collision.shop_id == shop_of(session))
        ended = col(Collision.ended_at)
        wanted = wanted.where(ended.is_(None) if query.status == "open" else ended.is_not(None))
        if query.kind is not None:
            wanted = wanted.where(Collision.kind == query.kind)
        if query.item_id is not None:
            wanted = wanted.where(Collision.item_id == query.item_id)
        if keys:
            wanted = wanted.where(Collision.collision_id < int(keys[0]))
        rows = session.exec(
            wanted.order_by(col(Collision.collision_id).desc()).limit(query.limit + 1)
        ).all()
        page, cursor = cut_page(rows, query.limit, lambda row: (row.collision_id,))
        data = _views(session, page)
    return answer(Page[views.CollisionView](data=data, next_cursor=cursor))


@api.post("/collisions/<int:collision_id>/ways/<string:way>", responses={200: views.CollisionView})
def take_way(path: WayPath, body: WayBody) -> Any:
    """Takes one of the offered ways out, whole."""
    try:
        # It may still have to begin again, when a paper that it changes is being changed meanwhile.
        view = run(_take, principal().shop_id, path, body, principal().actor)
    except Refused as refusal:
        if refusal.code not in COMES_TOO_LATE:
            raise
        fresh = _fresh_collision(path.collision_id)
        raise Refused(
            "collision_changed", refusal.detail, status=409, extra={"collision": fresh}
        ) from None
    return answer(view)


def _take(session: Session, path: WayPath, body: WayBody, actor: str) -> views.CollisionView:
    named = select(Collision).where(
        Collision.shop_id == shop_of(session), Collision.collision_id == path.collision_id
    )
    collision = session.exec(named).first()
    if collision is None:
        raise Refused("not_found", "There is no such collision in this shop.", status=404)
    # Orders that pour in lock the place before its collision, and so does a click.
    ledger.stand_still(session, collision.item_id, collision.location_id)
    collision = session.exec(
        named.with_for_update().execution_options(populate_existing=True)
    ).one()
    collisions.take(
        session,
        collision,
        path.way,
        body.parameters,
        actor=actor,
        note=body.note,
        rails=(AmazonRail(),),
    )
    ring_after_commit(session, TELL_SHOPIFY)
    (view,) = _views(session, [collision])
    return view


def _views(session: Session, rows: Sequence[Collision]) -> list[views.CollisionView]:
    rails, places = (AmazonRail(),), views.locations(session)
    items = sorted({row.item_id for row in rows})
    # Kept in the session, where each view finds its own.
    _kept = session.exec(
        select(Item).where(Item.shop_id == shop_of(session), col(Item.item_id).in_(items))
    ).all()
    led_to = endings.endings(session, [row.collision_id for row in rows if row.ended_at])
    ahead = {
        (one.item_id, one.location_id): one
        for one in futures.project(session, items)
        if one.changes
    }
    return [
        views.collision_view(
            session,
            row,
            places=places,
            rails=rails,
            projection=None if row.ended_at else ahead.get((row.item_id, row.location_id)),
            ending=led_to.get(row.collision_id),
        )
        for row in rows
    ]


def _fresh_collision(collision_id: int) -> dict[str, Any]:
    with shop_transaction() as session:
        collision = session.get(Collision, (shop_of(session), collision_id))
        assert collision is not None
        (view,) = _views(session, [collision])
        return view.model_dump(mode="json")
