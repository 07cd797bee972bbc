"""What Shopify has in each account right now, read a batch at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import islice

from app.shopify.client import Json, ShopClient
from app.shopify.reading import gid

AT_ONCE = 50


class Levels:
    """Quantities by inventory item, location and state, as last read and since changed by us."""

    def __init__(self, client: ShopClient) -> None:
        self._client = client
        self._quantities: dict[tuple[str, str, str], int] = {}

    def read(self, wanted: Mapping[str, Collection[str]]) -> None:
        """Reads the levels of these inventory items (GraphQL ids) at these locations (numbers)."""
        for location, item_gids in wanted.items():
            for node, level in read_levels(self._client, location, item_gids):
                for one in level["quantities"]:
                    self._quantities[node, location, one["name"]] = one["quantity"]

    def quantity(self, item: str, location: str, state: str) -> int | None:
        """Eaches in one account; None when the item has no level there, or it was not read."""
        return self._quantities.get((item, location, state))

    def apply(self, request: Json) -> None:
        """Notes what a mutation has just changed."""
        for change in request["changes"]:
            key = (request["item"], change["location"], change["state"])
            if key in self._quantities:
                self._quantities[key] += change["delta"]


def read_levels(
    client: ShopClient, location: str, item_gids: Collection[str]
) -> Iterator[tuple[str, Json]]:
    """Each inventory item's level at one location, for those that have one."""
    rest = iter(sorted(item_gids))
    while batch := list(islice(rest, AT_ONCE)):
        nodes = client.ask("levels", items=batch, location=gid("Location", location))["nodes"]
        for node in nodes:
            if node and node.get("inventoryLevel"):
                yield node["id"], node["inventoryLevel"]
