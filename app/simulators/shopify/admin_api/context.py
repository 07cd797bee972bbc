"""What every resolver needs, and paging by cursor."""

from __future__ import annotations

import base64
import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from graphql import GraphQLError

from app.simulators.shopify.admin_api.search import Value, parse
from app.simulators.shopify.records import AccessToken
from app.simulators.shopify.store import Store
from app.simulators.shopify.world import ShopState, World

LARGEST_PAGE = 250
GID = re.compile(r"gid://shopify/([A-Za-z]+)/(\d+)(?:\?.*)?", re.ASCII)


@dataclass
class Context:
    """One request."""

    world: World
    state: ShopState
    token: AccessToken | None
    bulk: bool = False
    """A bulk operation: connections are whole."""
    warnings: list[dict[str, Any]] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.state.store

    @property
    def zone(self) -> str:
        return self.state.shop.time_zone


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def number_of(kind: str, text: str) -> int | None:
    """The number in a global id of this kind; None for another kind. Raises for what is no id."""
    found = GID.fullmatch(text)
    if found is None:
        raise GraphQLError(
            f"Invalid global id '{text}'", extensions={"code": "argumentLiteralsIncompatible"}
        )
    return int(found[2]) if found[1] == kind else None


@dataclass(frozen=True)
class Listing:
    """How a connection finds, orders and shows its records."""

    make: Callable[[Context, Any], Any]
    sort: Callable[[Any], Any] = lambda record: record.id
    identity: Callable[[Any], int] = lambda record: record.id
    filters: dict[str, Value] = field(default_factory=dict)
    words: Value = lambda record: ""


def connection(
    context: Context,
    records: Iterable[Any],
    listing: Listing,
    *,
    first: int | None = None,
    last: int | None = None,
    after: str | None = None,
    before: str | None = None,
    reverse: bool = False,
    query: str | None = None,
) -> dict[str, Any]:
    """One page, oldest first by the listing's order, or the other way round."""
    found = list(records)
    if query:
        search = parse(query, listing.filters, context.zone, listing.words)
        found = [record for record in found if search.test(record)]
        _warn(context, query, search.unknown)
    keyed = sorted(
        ((_comparable(listing.sort(record)), listing.identity(record), record) for record in found),
        key=lambda entry: entry[:2],
    )
    keys: list[tuple[Any, int]] = [entry[:2] for entry in keyed]
    low, high = 0, len(keyed)
    if after:
        cut = _opened(after)
        low, high = (low, bisect_left(keys, cut)) if reverse else (bisect_right(keys, cut), high)
    if before:
        cut = _opened(before)
        low, high = (bisect_right(keys, cut), high) if reverse else (low, bisect_left(keys, cut))
    window = keyed[low:high]
    if reverse:
        window.reverse()
    page = _page(context, window, first, last)
    more = len(window) > len(page)
    nodes = [listing.make(context, entry[2]) for entry in page]
    cursors = [_cursor(entry[0], entry[1]) for entry in page]
    return {
        "nodes": nodes,
        "edges": [
            {"node": node, "cursor": cursor} for node, cursor in zip(nodes, cursors, strict=True)
        ],
        "pageInfo": {
            "hasNextPage": bool(before) or (first is not None and more),
            "hasPreviousPage": bool(after) or (first is None and more),
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }


def _page(context: Context, window: list[Any], first: int | None, last: int | None) -> list[Any]:
    if context.bulk:
        return window
    size = first if first is not None else last
    if size is None:
        raise _bad_argument("you must provide one of first or last")
    if not 0 < size <= LARGEST_PAGE:
        raise _bad_argument(f"the page size must be between 1 and {LARGEST_PAGE}, not {size}")
    return window[:size] if first is not None else window[-size:]


def _bad_argument(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "BAD_REQUEST"})


def _comparable(value: Any) -> Any:
    return value.timestamp() if isinstance(value, datetime) else value


def _cursor(value: Any, number: int) -> str:
    content = json.dumps({"last_id": number, "last_value": value}, separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode()


def _opened(cursor: str) -> tuple[Any, int]:
    try:
        content = json.loads(base64.urlsafe_b64decode(cursor))
        return content["last_value"], content["last_id"]
    except (ValueError, KeyError, TypeError) as error:
        raise GraphQLError(
            f"Invalid cursor for current pagination sort: {cursor}",
            extensions={"code": "argumentLiteralsIncompatible"},
        ) from error


def _warn(context: Context, query: str, unknown: list[str]) -> None:
    for name in unknown:
        context.warnings.append(
            {
                "query": query,
                "warnings": [
                    {
                        "field": name,
                        "message": "Invalid search field for this query.",
                        "code": "invalid_field",
                    }
                ],
            }
        )
