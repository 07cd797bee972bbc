"""Policies: who gives way, for everything, a group of items or one item; what applies to an item.

A policy leaves open what it does not say. For an item at a place the most specific one that says
something wins, field by field: item before group before everything, and at each of these a location
before all locations. An item is in one group at most, so it is never a question which group wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Identity, Index, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Session, col, select

from app.db import Table, shop_of

Precedence = Literal["dtc", "amazon", "earliest_due"]
Because = Literal["share", "ceiling", "whole_cases", "take_back"]
Scope = Literal["everything", "group", "item"]
FIELDS = (
    "safety_stock",
    "amazon_share",
    "amazon_ceiling",
    "precedence",
    "take_back",
    "whole_cases",
)


def _now() -> datetime:
    return datetime.now(UTC)


def _identity() -> dict[str, Any]:
    return {"server_default": Identity(always=True)}


def _of_line() -> tuple[ForeignKeyConstraint, ...]:
    return (
        ForeignKeyConstraint(
            ["shop_id", "document_id"], ["document.shop_id", "document.document_id"]
        ),
        ForeignKeyConstraint(["shop_id", "item_id"], ["item.shop_id", "item.item_id"]),
        ForeignKeyConstraint(
            ["shop_id", "location_id"], ["location.shop_id", "location.location_id"]
        ),
    )


class ItemGroup(Table, table=True):
    """Items that one policy can be made for."""

    __tablename__ = "item_group"
    __table_args__ = (sa.UniqueConstraint("shop_id", "name"),)

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    group_id: int = Field(
        default=None, primary_key=True, sa_type=Integer, sa_column_kwargs=_identity()
    )
    name: str


class GroupedItem(Table, table=True):
    """An item's group; it has one at most."""

    __tablename__ = "grouped_item"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "item_id"], ["item.shop_id", "item.item_id"]),
        ForeignKeyConstraint(
            ["shop_id", "group_id"], ["item_group.shop_id", "item_group.group_id"]
        ),
        Index("ix_grouped_item_group", "shop_id", "group_id"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    item_id: int = Field(primary_key=True, sa_type=Integer)
    group_id: int = Field(sa_type=Integer)


class Policy(Table, table=True):
    """What one policy says. Null: it says nothing of that, and a less specific one may."""

    __tablename__ = "policy"
    __table_args__ = (
        ForeignKeyConstraint(["shop_id", "item_id"], ["item.shop_id", "item.item_id"]),
        ForeignKeyConstraint(
            ["shop_id", "group_id"], ["item_group.shop_id", "item_group.group_id"]
        ),
        ForeignKeyConstraint(
            ["shop_id", "location_id"], ["location.shop_id", "location.location_id"]
        ),
        CheckConstraint("group_id IS NULL OR item_id IS NULL", name="scope"),
        CheckConstraint("safety_stock >= 0", name="safety_stock"),
        CheckConstraint("amazon_share BETWEEN 0 AND 100", name="amazon_share"),
        CheckConstraint("amazon_ceiling >= 0", name="amazon_ceiling"),
        CheckConstraint("precedence IN ('dtc', 'amazon', 'earliest_due')", name="precedence"),
        Index(
            "uq_policy_scope",
            "shop_id",
            "group_id",
            "item_id",
            "location_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    policy_id: int = Field(
        default=None, primary_key=True, sa_type=Integer, sa_column_kwargs=_identity()
    )
    group_id: int | None = Field(default=None, sa_type=Integer)
    item_id: int | None = Field(default=None, sa_type=Integer)
    location_id: int | None = Field(
        default=None, sa_type=Integer, description="Null: at every location."
    )
    safety_stock: int | None = Field(
        default=None, description="Eaches kept for DTC of each item at each location."
    )
    amazon_share: int | None = Field(
        default=None, description="Percent of what is free that Amazon's requests may hold."
    )
    amazon_ceiling: int | None = Field(
        default=None, description="Eaches of an item at a location that Amazon may hold in all."
    )
    precedence: str | None = Field(default=None, description="Whose requests are granted first.")
    take_back: bool | None = Field(
        default=None, description="Whether requests of Amazon give way to orders by themselves."
    )
    whole_cases: bool | None = Field(
        default=None, description="Whether requests of Amazon are granted in whole cases only."
    )


class PolicyChange(Table, table=True):
    """One change of a policy or a group: who, when, before, after, and how far it has settled."""

    __tablename__ = "policy_change"
    __table_args__ = (
        CheckConstraint("subject IN ('policy', 'group')", name="subject"),
        Index(
            "ix_policy_change_unsettled",
            "shop_id",
            "policy_change_id",
            postgresql_where=sa.text("settled_at IS NULL"),
        ),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    policy_change_id: int = Field(
        default=None, primary_key=True, sa_type=Integer, sa_column_kwargs=_identity()
    )
    made_at: datetime = Field(default_factory=_now)
    by: str
    subject: str
    group_id: int | None = Field(default=None, sa_type=Integer)
    item_id: int | None = Field(default=None, sa_type=Integer)
    name: str = Field(description="What it is for, by the name it had then; empty for everything.")
    location: str = Field(default="", description="At which location; empty for every one.")
    before: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    after: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    settled_to: int = Field(default=0, description="The last item whose holds follow it already.")
    settled_at: datetime | None = None


class Ask(Table, table=True):
    """What a request of Amazon asked for, each time that it said something new."""

    __tablename__ = "ask"
    __table_args__ = (
        *_of_line(),
        CheckConstraint("units >= 0", name="units"),
        Index("ix_ask_asked_at", "shop_id", "asked_at"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    document_id: int = Field(primary_key=True, sa_type=BigInteger)
    line: str = Field(primary_key=True)
    item_id: int = Field(primary_key=True, sa_type=Integer)
    location_id: int = Field(primary_key=True, sa_type=Integer)
    asked_at: datetime = Field(primary_key=True)
    units: int = Field(description="Eaches in all, those shipped included.")
    firm: bool = Field(description="Whether it was acknowledged by then.")
    due_at: datetime | None = None


class Withheld(Table, table=True):
    """What policy keeps from a request that may still give way, and which rule does."""

    __tablename__ = "withheld"
    __table_args__ = (
        *_of_line(),
        CheckConstraint("units > 0", name="units"),
        CheckConstraint(
            "because IN ('share', 'ceiling', 'whole_cases', 'take_back')", name="because"
        ),
        Index("ix_withheld_place", "shop_id", "item_id", "location_id"),
    )

    shop_id: int = Field(primary_key=True, sa_type=Integer)
    document_id: int = Field(primary_key=True, sa_type=BigInteger)
    line: str = Field(primary_key=True)
    item_id: int = Field(primary_key=True, sa_type=Integer)
    location_id: int = Field(primary_key=True, sa_type=Integer)
    units: int
    because: str
    value: int | None = Field(
        default=None, description="The rule's own figure: percent, eaches, or units of a case."
    )


@dataclass(frozen=True, slots=True)
class Terms:
    """What one policy says; None where it says nothing."""

    safety_stock: int | None = None
    amazon_share: int | None = None
    amazon_ceiling: int | None = None
    precedence: Precedence | None = None
    take_back: bool | None = None
    whole_cases: bool | None = None

    def as_json(self) -> dict[str, Any]:
        """Only what it says."""
        said = {name: getattr(self, name) for name in FIELDS}
        return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Rule:
    """What applies to an item at a place. A share or ceiling of None sets no limit."""

    safety_stock: int = 0
    amazon_share: int | None = None
    amazon_ceiling: int | None = None
    precedence: Precedence = "earliest_due"
    take_back: bool = False
    whole_cases: bool = False


NO_POLICY = Rule()


class PolicyKey(NamedTuple):
    """What a policy is for: an item, a group, or (neither) everything; at a place, or everywhere."""

    group_id: int | None = None
    item_id: int | None = None
    location_id: int | None = None

    @property
    def scope(self) -> Scope:
        """The word for it."""
        if self.item_id is not None:
            return "item"
        return "group" if self.group_id is not None else "everything"


class Rules:
    """All policies of a shop, as they apply. Immutable; `changed` makes another one."""

    def __init__(self, policies: Mapping[PolicyKey, Terms], group_of: Mapping[int, int]) -> None:
        self.policies = dict(policies)
        self.group_of = dict(group_of)
        self._known: dict[tuple[int, int], Rule] = {}

    @property
    def says_nothing(self) -> bool:
        """Whether there is no policy at all."""
        return not self.policies

    def of(self, item_id: int, location_id: int) -> Rule:
        """What applies to this item at this location."""
        known = self._known.get((item_id, location_id))
        if known is None:
            said = {name: value for name, (value, _) in self.sources(item_id, location_id).items()}
            known = self._known[item_id, location_id] = Rule(**said)
        return known

    def sources(self, item_id: int, location_id: int | None) -> dict[str, tuple[Any, PolicyKey]]:
        """Each field that some policy decides: its value, and which policy that is."""
        found: dict[str, tuple[Any, PolicyKey]] = {}
        for key in self._candidates(item_id, location_id):
            terms = self.policies.get(key)
            if terms is not None:
                for name, value in terms.as_json().items():
                    found.setdefault(name, (value, key))
        return found

    def changed(self, changes: Mapping[PolicyKey, Terms]) -> Rules:
        """The same policies but for these."""
        return Rules({**self.policies, **changes}, self.group_of)

    def _candidates(self, item_id: int, location_id: int | None) -> list[PolicyKey]:
        group_id = self.group_of.get(item_id)
        keys: list[PolicyKey] = []
        for own_group, own_item in ((None, item_id), (group_id, None), (None, None)):
            if own_group is None and own_item is None and keys and keys[-1].scope == "everything":
                continue
            if location_id is not None:
                keys.append(PolicyKey(own_group, own_item, location_id))
            keys.append(PolicyKey(own_group, own_item, None))
        return keys


def load_rules(session: Session, also: Iterable[PolicyKey] = ()) -> Rules:
    """All policies of this session's shop and the groups that they, or `also` these, are for."""
    shop = shop_of(session)
    rows = session.exec(select(Policy).where(Policy.shop_id == shop)).all()
    policies = {key_of(row): terms_of(row) for row in rows}
    group_ids = {key.group_id for key in (*policies, *also) if key.group_id is not None}
    group_of: dict[int, int] = {}
    if group_ids:
        members = session.execute(
            select(GroupedItem.item_id, GroupedItem.group_id).where(
                GroupedItem.shop_id == shop, col(GroupedItem.group_id).in_(group_ids)
            )
        )
        group_of = {row[0]: row[1] for row in members}
    return Rules(policies, group_of)


def key_of(row: Policy) -> PolicyKey:
    """What a stored policy is for."""
    return PolicyKey(row.group_id, row.item_id, row.location_id)


def terms_of(row: Policy) -> Terms:
    """What a stored policy says."""
    return Terms(
        row.safety_stock,
        row.amazon_share,
        row.amazon_ceiling,
        cast("Precedence | None", row.precedence),
        row.take_back,
        row.whole_cases,
    )


def find_policy(session: Session, key: PolicyKey) -> Policy | None:
    """The stored policy of exactly this, locked; None if there is none."""
    wanted: Sequence[Any] = (
        Policy.shop_id == shop_of(session),
        col(Policy.group_id).is_not_distinct_from(key.group_id),
        col(Policy.item_id).is_not_distinct_from(key.item_id),
        col(Policy.location_id).is_not_distinct_from(key.location_id),
    )
    return session.exec(select(Policy).where(*wanted).with_for_update()).first()
