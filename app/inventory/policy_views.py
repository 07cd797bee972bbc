"""Policies on the wire, and how their shapes are made from rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.errors import Refused
from app.http import Answer, Moment
from app.inventory.models import Item
from app.inventory.past import PastCover
from app.inventory.policies import (
    FIELDS,
    NO_POLICY,
    ItemGroup,
    PolicyChange,
    PolicyKey,
    Rules,
    Terms,
    load_rules,
)
from app.inventory.replay import History, Result
from app.inventory.views import ItemBrief, LocationBrief, locations

MEMBERS = """
SELECT group_id, item_id, sku, title, image_url FROM grouped_item JOIN item USING (shop_id, item_id)
WHERE shop_id = :shop ORDER BY sku, item_id
"""


class TermsView(Answer):
    """What one policy says; null where it says nothing."""

    safety_stock: int | None
    amazon_share: int | None
    amazon_ceiling: int | None
    precedence: str | None
    take_back: bool | None
    whole_cases: bool | None


class GroupBrief(Answer):
    """A group by its name."""

    id: int
    name: str


class GroupView(GroupBrief):
    """A group with its items."""

    items: list[ItemBrief]


class PolicyView(Answer):
    """One policy and what it is for; without a location it is for all."""

    scope: Literal["everything", "group", "item"]
    item: ItemBrief | None
    group: GroupBrief | None
    location: LocationBrief | None
    terms: TermsView


class PoliciesView(Answer):
    """Every policy there is; `defaults` applies where none says anything."""

    policies: list[PolicyView]
    groups: list[GroupView]
    defaults: TermsView
    following: bool = Field(description="Whether holds still follow the latest changes.")


class SourceView(Answer):
    """Where a value comes from; at which location, when it is not for all."""

    scope: Literal["default", "everything", "group", "item"]
    name: str
    location: str


class FieldView(Answer):
    """A value that applies, and where it comes from."""

    value: int | bool | str | None
    source: SourceView


class EffectiveView(Answer):
    """What applies to one item; `own` is what its own policy says."""

    item: ItemBrief
    group: GroupBrief | None
    fields: dict[str, FieldView]
    own: TermsView


class ChangeView(Answer):
    """One change, before and after; not settled while holds still follow it."""

    id: int
    made_at: Moment
    by: str
    subject: Literal["policy", "group"]
    scope: Literal["everything", "group", "item"]
    name: str
    location: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    settled_at: Moment | None


class ResultView(Answer):
    """What would have been; eaches, and whole hours in collision."""

    oversells: int
    oversold_units: int
    asked: int
    granted: int
    refused: int
    hours_in_collision: int
    dates: list[Moment]


class PreviewItem(Answer):
    """One item under both."""

    item: ItemBrief
    current: ResultView
    proposed: ResultView


class PastView(Answer):
    """What the preview knows of the time before the books were opened."""

    state: Literal["none", "reading", "whole", "failed"]
    since: Moment | None = Field(description="From when on orders from before are known.")
    is_limited: bool = Field(
        description="Whether Shopify shows this app only the orders of its last 60 days."
    )
    sees_deliveries: bool = Field(
        description="Whether it is known when goods came in before the books; else all that left"
        " counts as there from the beginning, so there were at least so many oversells."
    )
    orders: int = Field(description="Orders of the shop from before the books.")
    requests: int = Field(description="Purchase orders of Amazon from before the books.")
    unknown_lines: int = Field(
        description="Lines of orders from before whose product is in the catalogue no more."
    )


class PreviewView(Answer):
    """The same history twice: under the policies there are, and under the proposed ones."""

    begins: Moment
    ends: Moment
    history_since: Moment | None = Field(description="When these books opened.")
    events: int
    orders: int = Field(description="Orders of the shop seen in that time.")
    requests: int = Field(description="Purchase orders of Amazon that asked for units in it.")
    past: PastView
    current: ResultView
    proposed: ResultView
    items: list[PreviewItem] = Field(description="Those that differ most first, at most 100.")
    differing: int


def policies_view(session: Session) -> PoliciesView:
    """Every policy, the least specific first, and every group."""
    rules = load_rules(session)
    places = locations(session)
    groups = _groups(session)
    items = briefs(session, [key.item_id for key in rules.policies if key.item_id is not None])
    ranks = {"everything": 0, "group": 1, "item": 2}
    keys = sorted(
        rules.policies,
        key=lambda key: (
            ranks[key.scope],
            key.group_id or 0,
            key.item_id or 0,
            key.location_id or 0,
        ),
    )
    following = session.exec(
        select(PolicyChange.policy_change_id)
        .where(PolicyChange.shop_id == shop_of(session), col(PolicyChange.settled_at).is_(None))
        .limit(1)
    ).first()
    return PoliciesView(
        policies=[
            PolicyView(
                scope=key.scope,
                item=items[key.item_id] if key.item_id is not None else None,
                group=GroupBrief.model_validate(groups[key.group_id]) if key.group_id else None,
                location=places[key.location_id] if key.location_id is not None else None,
                terms=TermsView.model_validate(rules.policies[key]),
            )
            for key in keys
        ],
        groups=sorted(groups.values(), key=lambda group: group.name),
        defaults=TermsView.model_validate(NO_POLICY),
        following=following is not None,
    )


def _groups(session: Session) -> dict[int, GroupView]:
    shop = shop_of(session)
    found = {
        row.group_id: GroupView(id=row.group_id, name=row.name, items=[])
        for row in session.exec(select(ItemGroup).where(ItemGroup.shop_id == shop))
    }
    rows = session.execute(text(MEMBERS), {"shop": shop})
    for group_id, item_id, sku, title, image_url in rows:
        brief = ItemBrief(id=item_id, sku=sku, title=title, image_url=image_url)
        found[group_id].items.append(brief)
    return found


def effective_views(
    session: Session, rows: Sequence[Any], location_id: int | None
) -> list[EffectiveView]:
    """What applies to these items, there or everywhere. Raises Refused("not_found")."""
    rules = load_rules(session)
    places = locations(session)
    if location_id is not None and location_id not in places:
        raise Refused("not_found", "There is no such location in this shop.", status=404)
    groups = {group.id: group for group in _groups(session).values()}
    group_of = {item.id: group for group in groups.values() for item in group.items}
    found = []
    for row in rows:
        group = group_of.get(row.item_id)
        own = rules.policies.get(PolicyKey(None, row.item_id, location_id), Terms())
        found.append(
            EffectiveView(
                item=ItemBrief(
                    id=row.item_id, sku=row.sku, title=row.title, image_url=row.image_url
                ),
                group=GroupBrief(id=group.id, name=group.name) if group else None,
                fields=_fields(rules, row, location_id, groups, places),
                own=TermsView.model_validate(own),
            )
        )
    return found


def _fields(
    rules: Rules,
    row: Any,
    location_id: int | None,
    groups: Mapping[int, GroupView],
    places: Mapping[int, LocationBrief],
) -> dict[str, FieldView]:
    said = rules.sources(row.item_id, location_id)
    found = {}
    for field in FIELDS:
        value, key = said.get(field, (getattr(NO_POLICY, field), None))
        source = SourceView(scope="default", name="", location="")
        if key is not None:
            name = groups[key.group_id].name if key.group_id is not None else ""
            place = places[key.location_id].name if key.location_id is not None else ""
            source = SourceView(scope=key.scope, name=name, location=place)
        found[field] = FieldView(value=value, source=source)
    return found


def change_view(row: PolicyChange) -> ChangeView:
    """One change."""
    return ChangeView(
        id=row.policy_change_id,
        made_at=row.made_at,
        by=row.by,
        subject="group" if row.subject == "group" else "policy",
        scope=PolicyKey(row.group_id, row.item_id).scope,
        name=row.name,
        location=row.location,
        before=row.before,
        after=row.after,
        settled_at=row.settled_at,
    )


def past_view(cover: PastCover | None, told: History) -> PastView:
    """What is known of the time before the books, and what of it this history holds."""
    if cover is None:
        return PastView(
            state="none",
            since=None,
            is_limited=False,
            sees_deliveries=False,
            orders=0,
            requests=0,
            unknown_lines=0,
        )
    return PastView(
        state=cover.state,
        since=cover.since if cover.state == "whole" else None,
        is_limited=cover.is_limited,
        sees_deliveries=cover.sees_deliveries,
        orders=told.past_orders,
        requests=told.past_requests,
        unknown_lines=cover.unknown_lines,
    )


def total_view(results: Mapping[int, Result]) -> ResultView:
    """All items together."""
    total = Result()
    for one in results.values():
        total.add(one)
    return result_view(total)


def result_view(result: Result) -> ResultView:
    """One result, its time in whole hours."""
    return ResultView(
        oversells=result.oversells,
        oversold_units=result.oversold_units,
        asked=result.asked,
        granted=result.granted,
        refused=result.refused,
        hours_in_collision=round(result.colliding / timedelta(hours=1)),
        dates=result.dates,
    )


def briefs(session: Session, item_ids: Sequence[int]) -> dict[int, ItemBrief]:
    """These items in short, by id."""
    rows = session.exec(
        select(Item).where(Item.shop_id == shop_of(session), col(Item.item_id).in_(item_ids))
    )
    return {
        row.item_id: ItemBrief(
            id=row.item_id, sku=row.sku, title=row.title, image_url=row.image_url
        )
        for row in rows
    }
