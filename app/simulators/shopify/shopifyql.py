"""ShopifyQL, as far as it is needed: the inventory history as a table that can be asked.

One table, `inventory_adjustment_history`, in the shop's own time, one metric, equalities in WHERE,
whole days in SINCE and UNTIL. Whatever else is asked comes back as a parse error, as Shopify's own
does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.simulators.shopify import life, stock
from app.simulators.shopify.records import Adjustment, Change, Location, Shop
from app.simulators.shopify.store import Store

CHANGE = "inventory_adjustment_change"
QUERY = re.compile(
    r"FROM inventory_adjustment_history SHOW (?P<metric>\w+)"
    r"(?: WHERE (?P<where>.+?))?"
    r"(?: SINCE (?P<since>\d{4}-\d\d-\d\d))?(?: UNTIL (?P<until>\d{4}-\d\d-\d\d))?"
    r" GROUP BY (?P<by>[\w, ]+?)"
    r"(?: ORDER BY (?P<order>\w+) (?P<way>ASC|DESC))?(?: LIMIT (?P<limit>\d+))?"
)
EQUALS = re.compile(r"(\w+) = '([^']*)'")
Value = Callable[[Store, Adjustment, Change], Any]

COLUMNS: dict[str, Value] = {
    "second": lambda store, group, line: _told(store, group).strftime("%Y-%m-%dT%H:%M:%S"),
    "day": lambda store, group, line: str(_told(store, group).date()),
    "inventory_adjustment_group_id": lambda store, group, line: str(group.id),
    "inventory_item_id": lambda store, group, line: str(line.item_id),
    "inventory_location_id": lambda store, group, line: str(line.location_id),
    "inventory_location_name": lambda store, group, line: _place(store, line),
    "inventory_state": lambda store, group, line: line.name,
    "inventory_change_reason": lambda store, group, line: group.reason,
    "inventory_app_name": lambda store, group, line: _app(group),
    "staff_member_name": lambda store, group, line: _person(group),
    "reference_document_uri": lambda store, group, line: group.reference,
}


def answer(store: Store, query: str) -> dict[str, Any]:
    """The table asked for, or why it cannot be read."""
    asked = QUERY.fullmatch(" ".join(query.split()))
    if asked is None:
        return _refused("The query cannot be read.")
    names = [name.strip() for name in asked["by"].split(",")]
    conditions = [EQUALS.fullmatch(one) for one in (asked["where"] or "").split(" AND ") if one]
    if asked["metric"] != CHANGE or not all(conditions):
        return _refused("The query cannot be read.")
    wanted = [(one[1], one[2]) for one in conditions if one]
    for name in [*names, *(name for name, _ in wanted)]:
        if name not in COLUMNS:
            return _refused(f"Column '{name}' not found.")
    units: dict[tuple[Any, ...], int] = {}
    for group in store.all(Adjustment):
        if not _is_within(_told(store, group).date(), asked["since"], asked["until"]):
            continue
        for line in group.changes:
            if all(COLUMNS[name](store, group, line) == value for name, value in wanted):
                key = tuple(COLUMNS[name](store, group, line) for name in names)
                units[key] = units.get(key, 0) + line.delta
    rows = [dict(zip(names, key, strict=True)) | {CHANGE: str(sum_)} for key, sum_ in units.items()]
    if asked["order"] in names:
        rows.sort(key=lambda row: str(row[asked["order"]]), reverse=asked["way"] == "DESC")
    columns = [
        {"name": name, "dataType": "STRING", "displayName": name.replace("_", " ").capitalize()}
        for name in [*names, CHANGE]
    ]
    limit = int(asked["limit"] or 1000)
    return {"parseErrors": [], "tableData": {"columns": columns, "rows": rows[:limit]}}


def _refused(reason: str) -> dict[str, Any]:
    return {"parseErrors": [reason], "tableData": None}


def _told(store: Store, group: Adjustment) -> datetime:
    """When it was, by the shop's own clock."""
    shop = store.get(Shop, "shop")
    return group.created_at.astimezone(ZoneInfo(shop.time_zone if shop else "UTC"))


def _is_within(day: date, since: str | None, until: str | None) -> bool:
    first, last = since and date.fromisoformat(since), until and date.fromisoformat(until)
    return not (first and day < first) and not (last and day > last)


def _place(store: Store, line: Change) -> str | None:
    found = store.get(Location, line.location_id)
    return found.name if found else None


def _person(group: Adjustment) -> str | None:
    return group.actor if group.actor == life.STAFF else None


def _app(group: Adjustment) -> str | None:
    return group.actor if group.actor not in (life.STAFF, stock.STORE) else None
