"""Changes of policies and groups: checked, kept with before and after, and followed afterwards.

A change is one row and one new state in the caller's transaction. The holds follow it by
`policy.settle_change`, some items at a time, so that a change for everything locks nobody out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, select

from app.db import shop_of
from app.errors import FieldError, Refused
from app.inventory.models import Item, Location
from app.inventory.policies import (
    FIELDS,
    GroupedItem,
    ItemGroup,
    Policy,
    PolicyChange,
    PolicyKey,
    Terms,
    find_policy,
    terms_of,
)


def put_policy(session: Session, key: PolicyKey, terms: Terms, *, by: str) -> PolicyChange | None:
    """Makes this the policy for exactly that; terms that say nothing take it away.

    Returns the change, or None when it said the same before. Raises Refused("not_found") naming the
    field whose item, group or location is not in this shop.
    """
    name, location = names_of(session, key)
    row = find_policy(session, key)
    before = terms_of(row).as_json() if row else None
    after = terms.as_json() or None
    if before == after:
        return None
    if row is not None and after is None:
        session.delete(row)
    else:
        row = row or Policy(shop_id=shop_of(session), **key._asdict())
        for field in FIELDS:
            setattr(row, field, getattr(terms, field))
        session.add(row)
    change = PolicyChange(
        shop_id=shop_of(session),
        by=by,
        subject="policy",
        group_id=key.group_id,
        item_id=key.item_id,
        name=name,
        location=location,
        before=before,
        after=after,
    )
    session.add(change)
    session.flush()
    return change


def keep_group(
    session: Session, group_id: int | None, name: str, item_ids: Sequence[int], *, by: str
) -> int:
    """Makes a group, or gives one its name and its items anew; returns its id.

    An item that was in another group leaves it. Raises Refused for an unknown group or item, and for
    a name that another group has.
    """
    shop = shop_of(session)
    wanted = sorted(set(item_ids))
    known = set(
        session.exec(
            select(Item.item_id).where(Item.shop_id == shop, col(Item.item_id).in_(wanted))
        )
    )
    if unknown := [one for one in wanted if one not in known]:
        raise _not_found("item_ids", f"there is no item {unknown[0]} in this shop")
    twin = session.exec(
        select(ItemGroup.group_id).where(ItemGroup.shop_id == shop, ItemGroup.name == name)
    ).first()
    if twin is not None and twin != group_id:
        raise Refused(
            "name_taken",
            "Another group has this name.",
            status=409,
            errors=[FieldError("name", "choose another name")],
        )
    group = (
        ItemGroup(shop_id=shop, name=name) if group_id is None else find_group(session, group_id)
    )
    before = None if group_id is None else _picture(session, group)
    group.name = name
    session.add(group)
    session.flush()
    _set_members(session, group.group_id, wanted)
    after: dict[str, Any] = {"name": name, "item_ids": wanted}
    if before != after:
        session.add(_group_change(group, by, before, after))
    session.flush()
    return group.group_id


def drop_group(session: Session, group_id: int, *, by: str) -> None:
    """Takes a group away, its policies with it. Raises Refused("not_found") for an unknown one."""
    group = find_group(session, group_id)
    shop = shop_of(session)
    locations = session.exec(
        select(Policy.location_id).where(Policy.shop_id == shop, Policy.group_id == group_id)
    ).all()
    for location_id in locations:
        put_policy(session, PolicyKey(group_id=group_id, location_id=location_id), Terms(), by=by)
    session.add(_group_change(group, by, _picture(session, group), None))
    session.flush()
    _set_members(session, group_id, ())
    session.delete(group)
    session.flush()


def find_group(session: Session, group_id: int) -> ItemGroup:
    """The group, locked. Raises Refused("not_found")."""
    group = session.get(ItemGroup, (shop_of(session), group_id), with_for_update=True)
    if group is None:
        raise Refused("not_found", "There is no such group in this shop.", status=404)
    return group


def members(session: Session, group_id: int) -> list[int]:
    """The items of a group."""
    return list(
        session.exec(
            select(GroupedItem.item_id)
            .where(GroupedItem.shop_id == shop_of(session), GroupedItem.group_id == group_id)
            .order_by(col(GroupedItem.item_id))
        )
    )


def names_of(session: Session, key: PolicyKey) -> tuple[str, str]:
    """The names of what a policy is for and of its location; empty for everything and everywhere.

    Raises Refused("not_found") naming the field that is not in this shop.
    """
    shop = shop_of(session)
    name, place = "", ""
    if key.item_id is not None:
        item = session.get(Item, (shop, key.item_id))
        if item is None:
            raise _not_found("item_id", "there is no such item in this shop")
        name = item.sku or item.title
    elif key.group_id is not None:
        group = session.get(ItemGroup, (shop, key.group_id))
        if group is None:
            raise _not_found("group_id", "there is no such group in this shop")
        name = group.name
    if key.location_id is not None:
        location = session.get(Location, (shop, key.location_id))
        if location is None:
            raise _not_found("location_id", "there is no such location in this shop")
        place = location.name
    return name, place


def _set_members(session: Session, group_id: int, wanted: Sequence[int]) -> None:
    shop = shop_of(session)
    session.execute(
        delete(GroupedItem).where(
            col(GroupedItem.shop_id) == shop,
            (col(GroupedItem.group_id) == group_id) | col(GroupedItem.item_id).in_(wanted),
        )
    )
    session.add_all(
        [GroupedItem(shop_id=shop, item_id=item_id, group_id=group_id) for item_id in wanted]
    )
    session.flush()


def _picture(session: Session, group: ItemGroup) -> dict[str, Any]:
    return {"name": group.name, "item_ids": members(session, group.group_id)}


def _group_change(
    group: ItemGroup, by: str, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> PolicyChange:
    return PolicyChange(
        shop_id=group.shop_id,
        by=by,
        subject="group",
        group_id=group.group_id,
        name=group.name,
        before=before,
        after=after,
    )


def _not_found(field: str, fix: str) -> Refused:
    return Refused(
        "not_found",
        "What this policy is for is not in this shop.",
        errors=[FieldError(field, fix)],
    )
