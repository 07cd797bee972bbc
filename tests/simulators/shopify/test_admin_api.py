"""Reading over GraphQL: every field of the schema is answered, pages, searches, costs, versions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_non_null_type,
    parse,
    validate,
)

from app.simulators.shopify import bulk, seed
from app.simulators.shopify.admin_api import cost
from app.simulators.shopify.admin_api.execute import schema
from app.simulators.shopify.records import Order
from app.simulators.shopify.web import create_app
from app.simulators.shopify.world import Settings, World
from tests.simulators.shopify.conftest import DOMAIN, GRAPHQL, KEY, SECRET, Merchant, exchange

DOCUMENTS = Path(__file__).parents[3] / "app" / "shopify" / "graphql"
DEEP = 4
SUBSCRIBE = """mutation { webhookSubscriptionCreate(
  topic: ORDERS_CREATE, webhookSubscription: {uri: "https://app.example/x", name: "orders"}
) { webhookSubscription { id } userErrors { message } } }"""
GIVEN = {
    "first": "first: 2",
    "names": 'names: ["available", "on_hand", "incoming"]',
    "key": 'key: "asin"',
    "namespace": 'namespace: "holdfast"',
}
HISTORY = (
    "FROM inventory_adjustment_history SHOW inventory_adjustment_change"
    " GROUP BY second, inventory_state LIMIT 5"
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merchant]:
    """The sample brand, only to be read."""
    settings = Settings(
        data=tmp_path_factory.mktemp("demo"),
        public_url="http://localhost",
        app_url="http://127.0.0.1:9",
        api_key=KEY,
        api_secret=SECRET,
    )
    world = World(settings)
    state = seed.demo(world, DOMAIN)
    state.bucket.resize(10**9, 10**9)
    bulk.start(world, state, "{ products { edges { node { id } } } }")
    merchant = Merchant(world, state, create_app(world).test_client())
    merchant.token = exchange(merchant)["access_token"]
    merchant.good(SUBSCRIBE)
    yield merchant
    state.store.close()


def everything(kind: GraphQLNamedType, path: tuple[str, ...] = ()) -> str:
    """A selection of every field, down to a depth, never the same type twice on one path."""
    parts = []
    for name, field in getattr(kind, "fields", {}).items():
        target = get_named_type(field.type)
        if is_leaf_type(target):
            parts.append(name + _arguments(field))
        elif target.name not in path and len(path) < DEEP and _can_ask(field):
            inner = everything(target, (*path, target.name))
            if inner:
                parts.append(f"{name}{_arguments(field)} {{ {inner} }}")
    return " ".join(parts)


def _can_ask(field: GraphQLField) -> bool:
    needed = [name for name, one in field.args.items() if is_non_null_type(one.type)]
    return all(name in GIVEN for name in needed)


def _arguments(field: GraphQLField) -> str:
    given = [GIVEN[name] for name in field.args if name in GIVEN]
    return f"({', '.join(given)})" if given else ""


def roots(known: GraphQLSchema) -> list[str]:
    assert known.query_type is not None
    return sorted(known.query_type.fields)


@pytest.mark.parametrize("root", roots(schema()))
def test_every_field_of_the_schema_is_answered_as_it_promises(demo: Merchant, root: str) -> None:
    known = schema()
    assert known.query_type is not None
    field = known.query_type.fields[root]
    arguments = _arguments(field)
    if "id" in field.args:
        wanted = _an_id(demo, root)
        if wanted is None:
            pytest.skip("there is none of it in the sample")
        arguments = f'(id: "{wanted}")'
    elif root == "shopifyqlQuery":
        arguments = f'(query: "{HISTORY}")'
    elif "ids" in field.args:
        arguments = f'(ids: ["{_an_id(demo, "inventoryItem")}"])'
    target = get_named_type(field.type)
    inner = everything(target, (target.name,))
    found = "__typename" if root in ("node", "nodes") else inner
    whole = f"{{ {root}{arguments} {{ {found} }} }}"
    assert not validate(known, parse(whole))
    # Costs are tested elsewhere; here the point is that nothing promised is missing.
    cost_limit, cost.MOST = cost.MOST, 10**9
    try:
        body = demo.ask(whole)
    finally:
        cost.MOST = cost_limit
    assert "errors" not in body, body["errors"][:3]
    assert body["data"][root] is not None


def _an_id(demo: Merchant, root: str) -> str | None:
    lists = {
        "inventoryItem": "inventoryItems",
        "location": "locations",
        "order": "orders",
        "product": "products",
        "productVariant": "productVariants",
        "fulfillmentOrder": "fulfillmentOrders",
        "node": "products",
        "bulkOperation": "bulkOperations",
        "webhookSubscription": "webhookSubscriptions",
        "inventoryTransfer": "inventoryTransfers",
    }
    if root in lists:
        nodes = demo.good(f"{{ {lists[root]}(first: 1) {{ nodes {{ id }} }} }}")[lists[root]][
            "nodes"
        ]
        return nodes[0]["id"] if nodes else None
    if root == "inventoryLevel":
        query = (
            "{ inventoryItems(first: 1) { nodes { inventoryLevels(first: 1) { nodes { id } } } } }"
        )
        item = demo.good(query)["inventoryItems"]["nodes"][0]
        return str(item["inventoryLevels"]["nodes"][0]["id"])
    if root == "inventoryShipment":
        query = (
            "{ inventoryTransfers(first: 9) { nodes { shipments(first: 9) { nodes { id } } } } }"
        )
        found = demo.good(query)["inventoryTransfers"]["nodes"]
        return next(str(one["id"]) for node in found for one in node["shipments"]["nodes"])
    query = "{ orders(first: 250) { nodes { fulfillments { id } refunds { id } } } }"
    for order in demo.good(query)["orders"]["nodes"]:
        for one in order[f"{root}s"]:
            return str(one["id"])
    return None


@pytest.mark.parametrize("path", sorted(DOCUMENTS.glob("*.graphql")), ids=lambda path: path.stem)
def test_every_document_of_the_product_is_valid_and_affordable(path: Path) -> None:
    document = parse(path.read_text())
    assert not validate(schema(), document)
    operation: Any = document.definitions[0]
    if "id" in path.stem or operation.operation.value == "mutation" or path.stem == "catalog":
        return
    assert cost.requested(schema(), document, operation, {"items": [""] * 100}) <= cost.MOST


def test_pages_follow_each_other_without_gap_or_repeat(demo: Merchant) -> None:
    query = """query($after: String, $reverse: Boolean) {
      orders(first: 100, after: $after, sortKey: UPDATED_AT, reverse: $reverse) {
        nodes { id updatedAt } pageInfo { hasNextPage endCursor } } }"""
    for reverse in (False, True):
        seen: list[tuple[str, str]] = []
        after = None
        while True:
            page = demo.good(query, after=after, reverse=reverse)["orders"]
            seen += [(node["updatedAt"], node["id"]) for node in page["nodes"]]
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
        times = [at for at, _ in seen]
        assert times == sorted(times, reverse=reverse)
        assert len(set(seen)) == len(seen) > 1000


def test_orders_older_than_sixty_days_are_not_shown(demo: Merchant) -> None:
    oldest = demo.state.store.all(Order)[0]
    gid = f"gid://shopify/Order/{oldest.id}"
    assert demo.good("query($id: ID!) { order(id: $id) { id } }", id=gid)["order"] is None


def test_searches_narrow_what_is_found(demo: Merchant) -> None:
    def skus(query: str) -> list[str]:
        text = "query($q: String) { inventoryItems(first: 50, query: $q) { nodes { id sku } } }"
        return [node["sku"] for node in demo.good(text, q=query)["inventoryItems"]["nodes"]]

    assert skus("sku:FILTER-SQZ") == ["FILTER-SQZ"]
    assert skus('sku:"FILTER-SQZ" OR sku:PEG-8') == ["PEG-8", "FILTER-SQZ"]
    assert len(skus("sku:MUG*")) == 3
    assert skus("updated_at:>2100-01-01") == []
    assert len(skus("-sku:PEG-8")) == 39
    number = demo.item("PEG-8")["item_id"]
    assert skus(f"id:{number}") == ["PEG-8"]


def test_open_orders_are_found_by_their_status(demo: Merchant) -> None:
    def count(query: str) -> int:
        found = demo.good("query($q: String) { ordersCount(query: $q) { count } }", q=query)
        return int(found["ordersCount"]["count"])

    open_orders = count("status:open")
    assert 10 < open_orders < 120
    unfulfilled = count("status:open fulfillment_status:unfulfilled")
    partial = count("status:open fulfillment_status:partial")
    assert unfulfilled + partial == open_orders
    assert count("status:cancelled") > 5


def test_a_filter_that_is_unknown_is_ignored_with_a_warning(demo: Merchant) -> None:
    body = demo.ask('{ inventoryItems(first: 3, query: "colour:red") { nodes { id } } }')
    assert len(body["data"]["inventoryItems"]["nodes"]) == 3
    assert body["extensions"]["search"][0]["warnings"][0]["field"] == "colour"


def test_a_connection_needs_a_page_size_and_takes_no_more_than_250(shop: Merchant) -> None:
    assert "first or last" in shop.ask("{ orders { nodes { id } } }")["errors"][0]["message"]
    body = shop.ask("{ orders(first: 251) { nodes { id } } }")
    assert "250" in body["errors"][0]["message"]


def test_ids_beyond_a_double_are_kept_exactly(demo: Merchant) -> None:
    item = demo.item("PILLOW-INF")
    assert item["item_id"] > 2**53
    gid = f"gid://shopify/InventoryItem/{item['item_id']}"
    found = demo.good("query($id: ID!) { inventoryItem(id: $id) { id sku } }", id=gid)
    assert found["inventoryItem"] == {"id": gid, "sku": "PILLOW-INF"}


def test_an_id_that_is_none_and_a_field_that_is_none_are_errors(shop: Merchant) -> None:
    assert "Invalid global id" in shop.ask('{ order(id: "12") { id } }')["errors"][0]["message"]
    code = shop.ask("{ shop { nonsense } }")["errors"][0]["extensions"]["code"]
    assert code == "undefinedField"


def test_the_bucket_empties_by_cost_and_then_throttles_with_status_200(shop: Merchant) -> None:
    shop.state.bucket.resize(20, 0.001)
    query = "{ inventoryItems(first: 5) { nodes { id } } }"
    body = shop.ask(query)
    status = body["extensions"]["cost"]
    assert status["requestedQueryCost"] == 7
    assert status["actualQueryCost"] == 4  # only two items came back
    assert status["throttleStatus"]["maximumAvailable"] == 20
    for _ in range(4):
        body = shop.ask(query)
    assert body["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert "data" not in body


def test_a_single_query_may_not_cost_more_than_1000(shop: Merchant) -> None:
    query = "{ orders(first: 100) { nodes { lineItems(first: 50) { nodes { id } } } } }"
    assert shop.ask(query)["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"


def test_what_the_app_has_no_scope_for_is_denied(shop: Merchant) -> None:
    shop.control("POST", "scopes", scopes=["read_products"])
    shop.token = exchange(shop)["access_token"]
    body = shop.ask("{ orders(first: 1) { nodes { id } } }")
    assert body["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


def test_an_old_version_falls_forward_and_says_so(shop: Merchant) -> None:
    headers = {"X-Shopify-Access-Token": shop.token}
    ask = {"query": "{ shop { name } }"}
    new = shop.client.post(GRAPHQL, json=ask, headers=headers)
    assert new.headers["X-Shopify-API-Version"] == "2026-10"
    old = shop.client.post(GRAPHQL.replace("2026-10", "2025-01"), json=ask, headers=headers)
    assert old.headers["X-Shopify-API-Version"] == "2026-01"
    none = shop.client.post(GRAPHQL.replace("2026-10", "2099-01"), json=ask, headers=headers)
    assert none.status_code == 404


def test_the_api_can_be_reached_by_host_name_as_well(shop: Merchant) -> None:
    response = shop.client.post(
        "/admin/api/2026-10/graphql.json",
        json={"query": "{ shop { myshopifyDomain } }"},
        headers={"X-Shopify-Access-Token": shop.token, "Host": shop.state.domain},
    )
    assert response.get_json()["data"]["shop"]["myshopifyDomain"] == shop.state.domain


def test_trouble_on_request(shop: Merchant) -> None:
    headers = {"X-Shopify-Access-Token": shop.token}
    shop.control("POST", "knobs", error_next=1, error_status=429)
    response = shop.client.post(GRAPHQL, json={"query": "{ shop { name } }"}, headers=headers)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "2.0")
    shop.control("POST", "knobs", throttle_next=1)
    assert shop.ask("{ shop { name } }")["errors"][0]["extensions"]["code"] == "THROTTLED"
    shop.good("{ shop { name } }")
