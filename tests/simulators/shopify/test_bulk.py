"""Bulk operations: JSON lines with parents, served by the simulator, with a webhook at the end."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.simulators.shopify.conftest import App, Merchant

RUN = """mutation($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: false) {
    bulkOperation { id status } userErrors { code message } } }"""
READ = "query($id: ID!) { bulkOperation(id: $id) { status url objectCount rootObjectCount errorCode } }"
LEVELS = """{ inventoryItems { edges { node { id sku
  inventoryLevels { edges { node { id quantities(names: ["available"]) { quantity } } } } } } } }"""
CATALOG = Path(__file__).parents[3] / "app" / "shopify" / "graphql" / "catalog.graphql"


def run(shop: Merchant, query: str) -> tuple[Any, list[dict[str, Any]]]:
    """The finished operation and its rows."""
    started = shop.good(RUN, query=query)["bulkOperationRunQuery"]
    assert started["userErrors"] == []
    for _ in range(200):
        found = shop.good(READ, id=started["bulkOperation"]["id"])["bulkOperation"]
        if found["status"] not in ("CREATED", "RUNNING"):
            break
        time.sleep(0.02)
    if not found["url"]:
        return found, []
    with shop.client.get(urlsplit(found["url"]).path) as response:
        text = response.get_data(as_text=True)
    return found, [json.loads(line) for line in text.splitlines()]


def test_rows_come_by_themselves_and_children_name_their_parent(shop: Merchant, app: App) -> None:
    found, rows = run(shop, LEVELS)
    assert (found["status"], found["objectCount"], found["rootObjectCount"]) == (
        "COMPLETED",
        str(len(rows)),
        "2",
    )
    items = {row["id"] for row in rows if "__parentId" not in row}
    levels = [row for row in rows if "__parentId" in row]
    assert len(items) == 2 and len(levels) == 6
    assert {row["__parentId"] for row in levels} == items
    shop.settle()
    finish = json.loads(app.of("bulk_operations/finish")[0].body)
    assert finish["status"] == "completed"


def test_the_products_own_catalogue_query_runs(shop: Merchant) -> None:
    found, rows = run(shop, CATALOG.read_text())
    assert found["status"] == "COMPLETED"
    assert any("/ProductVariant/" in row["id"] for row in rows)


def test_a_query_that_bulk_cannot_run_is_refused(shop: Merchant) -> None:
    for query in (
        "{ shop { name } }",
        '{ node(id: "gid://shopify/Order/1") { id } }',
        "mutation { appUninstall { userErrors { message } } }",
        "{ products { edges { node { title variants { edges { node { id } } } } } } }",
        "nonsense",
    ):
        payload = shop.good(RUN, query=query)["bulkOperationRunQuery"]
        assert payload["userErrors"][0]["code"] == "INVALID", query


def test_no_more_than_five_run_at_once(shop: Merchant) -> None:
    shop.world.settings.speed = 0.05
    answers = [shop.good(RUN, query=LEVELS)["bulkOperationRunQuery"] for _ in range(6)]
    assert [bool(one["userErrors"]) for one in answers] == [False] * 5 + [True]
    assert answers[-1]["userErrors"][0]["code"] == "LIMIT_REACHED"
    cancelled = "mutation($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { status } } }"
    for one in answers[:5]:
        gone = shop.good(cancelled, id=one["bulkOperation"]["id"])["bulkOperationCancel"]
        assert gone["bulkOperation"]["status"] == "CANCELED"
