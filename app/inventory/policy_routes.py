"""Policies over HTTP: what applies and where it comes from, changes, groups, and the preview."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from sqlmodel import Session, col, select

from app.bell import ring_after_commit
from app.db import shop_of
from app.errors import FieldError, Refused
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
from app.inventory import history, past, policy_changes, queries
from app.inventory import policy_views as views
from app.inventory.policies import (
    FIELDS,
    PolicyChange,
    PolicyKey,
    Precedence,
    Terms,
    load_rules,
)
from app.inventory.replay import Result, replay
from app.shops import this_shop

POLICIES = Tag(name="policies", description="Who gives way, and what a policy would have done.")
api = APIBlueprint("policies", __name__, url_prefix="/api", abp_tags=[POLICIES])

FOLLOW = "policy"
LARGEST = 2**31 - 1
MOST_UNITS = 1_000_000
MOST_ITEMS = 5_000
SHOWN = 100


class TermsBody(BaseModel):
    """What a policy says; null leaves it to a less specific one."""

    safety_stock: int | None = Field(default=None, ge=0, le=MOST_UNITS)
    amazon_share: int | None = Field(default=None, ge=0, le=100, description="Percent.")
    amazon_ceiling: int | None = Field(default=None, ge=0, le=MOST_UNITS)
    precedence: Precedence | None = None
    take_back: bool | None = None
    whole_cases: bool | None = None


class PolicyBody(TermsBody):
    """A policy for one item, one group, or (neither named) everything; at one location or all."""

    item_id: int | None = Field(default=None, ge=1, le=LARGEST)
    group_id: int | None = Field(default=None, ge=1, le=LARGEST)
    location_id: int | None = Field(default=None, ge=1, le=LARGEST)

    def key(self) -> PolicyKey:
        """What it is for. Raises Refused when it names both an item and a group."""
        if self.item_id is not None and self.group_id is not None:
            raise Refused(
                "invalid_input",
                "A policy is for an item or for a group.",
                errors=[FieldError("group_id", "leave it out, or leave out item_id")],
            )
        return PolicyKey(self.group_id, self.item_id, self.location_id)

    def terms(self) -> Terms:
        """What it says."""
        return Terms(**{field: getattr(self, field) for field in FIELDS})


class PreviewBody(BaseModel):
    """Changes to try, each as it would be put, on so many days of history."""

    changes: list[PolicyBody] = Field(default_factory=list, max_length=100)
    days: int = Field(default=90, ge=1, le=366)


class GroupBody(BaseModel):
    """A group whole: its name and all its items."""

    name: str = Field(min_length=1, max_length=100)
    item_ids: list[int] = Field(default_factory=list, max_length=MOST_ITEMS)


class GroupPath(BaseModel):
    """A group by its id."""

    group_id: int = Field(ge=1, le=LARGEST)


class EffectiveQuery(PageQuery):
    """Which items, and where."""

    search: str | None = Field(default=None, max_length=200)
    location_id: int | None = Field(
        default=None, ge=1, le=LARGEST, description="What applies there; else everywhere."
    )


@api.get("/policies", responses={200: views.PoliciesView})
def list_policies() -> Any:
    """Every policy and every group."""
    with shop_transaction() as session:
        view = views.policies_view(session)
    return answer(view)


@api.put("/policies", responses={200: views.PoliciesView})
def put_policy(body: PolicyBody) -> Any:
    """Makes this the policy for exactly that; holds follow it at once. Saying nothing removes it."""
    with shop_transaction() as session:
        policy_changes.put_policy(session, body.key(), body.terms(), by=principal().actor)
        ring_after_commit(session, FOLLOW)
        view = views.policies_view(session)
    return answer(view)


@api.get("/policies/items", responses={200: Page[views.EffectiveView]})
def list_effective(query: EffectiveQuery) -> Any:
    """What applies to each item, and where each value comes from."""
    after = decode_cursor(query.cursor, 2)
    with shop_transaction() as session:
        rows = queries.items(session, limit=query.limit + 1, search=query.search, after=after)
        page, cursor = cut_page(rows, query.limit, lambda row: (row.sku, row.item_id))
        data = views.effective_views(session, page, query.location_id)
    return answer(Page[views.EffectiveView](data=data, next_cursor=cursor))


@api.get("/policies/changes", responses={200: Page[views.ChangeView]})
def list_changes(query: PageQuery) -> Any:
    """Who changed what, the newest first."""
    keys = decode_cursor(query.cursor, 1)
    with shop_transaction() as session:
        wanted = select(PolicyChange).where(PolicyChange.shop_id == shop_of(session))
        if keys:
            wanted = wanted.where(PolicyChange.policy_change_id < int(keys[0]))
        rows = session.exec(
            wanted.order_by(col(PolicyChange.policy_change_id).desc()).limit(query.limit + 1)
        ).all()
    page, cursor = cut_page(rows, query.limit, lambda row: (row.policy_change_id,))
    return answer(
        Page[views.ChangeView](data=[views.change_view(row) for row in page], next_cursor=cursor)
    )


@api.post("/policies/preview", responses={200: views.PreviewView})
def preview(body: PreviewBody) -> Any:
    """What the shop's own history would have come to with these changes; nothing is changed."""
    changes = {one.key(): one.terms() for one in body.changes}
    now = datetime.now(UTC)
    with shop_transaction() as session:
        for key in changes:
            policy_changes.names_of(session, key)
        opened_at = this_shop(session).opened_at
        rules = load_rules(session, also=changes)
        told = history.read(session, now - timedelta(days=body.days), now, _about(session, changes))
        current = replay(told, rules.of)
        proposed = replay(told, rules.changed(changes).of)
        differing = sorted(
            (one for one in current if current[one] != proposed[one]),
            key=lambda one: (_difference(current[one], proposed[one]), -one),
            reverse=True,
        )
        colliding = [one for one in current if current[one].oversells and one not in differing]
        shown = [*differing, *colliding][:SHOWN]
        items = views.briefs(session, shown)
        seen = views.past_view(past.cover(session), told)
        seen_since = (
            told.begins if seen.state == "whole" else max(filter(None, (told.begins, opened_at)))
        )
    return answer(
        views.PreviewView(
            begins=seen_since,
            ends=told.ends,
            history_since=opened_at,
            events=len(told.events),
            orders=told.orders,
            requests=told.requests,
            past=seen,
            current=views.total_view(current),
            proposed=views.total_view(proposed),
            items=[
                views.PreviewItem(
                    item=items[one],
                    current=views.result_view(current[one]),
                    proposed=views.result_view(proposed[one]),
                )
                for one in shown
            ],
            differing=len(differing),
        )
    )


@api.post("/policies/groups", responses={201: views.PoliciesView})
def make_group(body: GroupBody) -> Any:
    """Makes a group of items; those that were in another group leave it."""
    with shop_transaction() as session:
        policy_changes.keep_group(
            session, None, body.name.strip(), body.item_ids, by=principal().actor
        )
        ring_after_commit(session, FOLLOW)
        view = views.policies_view(session)
    return answer(view, 201)


@api.put("/policies/groups/<int:group_id>", responses={200: views.PoliciesView})
def put_group(path: GroupPath, body: GroupBody) -> Any:
    """Gives a group its name and its items anew."""
    with shop_transaction() as session:
        policy_changes.find_group(session, path.group_id)
        policy_changes.keep_group(
            session, path.group_id, body.name.strip(), body.item_ids, by=principal().actor
        )
        ring_after_commit(session, FOLLOW)
        view = views.policies_view(session)
    return answer(view)


@api.delete("/policies/groups/<int:group_id>", responses={200: views.PoliciesView})
def delete_group(path: GroupPath) -> Any:
    """Takes a group away, and its policies with it."""
    with shop_transaction() as session:
        policy_changes.drop_group(session, path.group_id, by=principal().actor)
        ring_after_commit(session, FOLLOW)
        view = views.policies_view(session)
    return answer(view)


def _about(session: Session, changes: Mapping[PolicyKey, Terms]) -> list[int] | None:
    """The items that these changes can touch; None for all."""
    found: set[int] = set()
    for key in changes:
        if key.scope == "everything":
            return None
        if key.item_id is not None:
            found.add(key.item_id)
        else:
            assert key.group_id is not None
            found.update(policy_changes.members(session, key.group_id))
    return sorted(found) if changes else None


def _difference(current: Result, proposed: Result) -> tuple[int, int]:
    return (
        abs(current.oversells - proposed.oversells),
        abs(current.granted - proposed.granted),
    )
