"""Reads one order from Shopify, however large, in the shape that its webhooks have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from app.shopify.client import Json, ShopClient
from app.shopify.payloads import identifier, words

OPEN_ROUTES = {"OPEN", "SCHEDULED", "ON_HOLD", "IN_PROGRESS", "INCOMPLETE"}
PAPERS_AT_ONCE = 8  # as many as order.graphql asks for; a full list may not be all


def gid(kind: str, number: str) -> str:
    """Shopify's GraphQL id of a thing."""
    return f"gid://shopify/{kind}/{number}"


def read_order(client: ShopClient, order_id: str) -> Json | None:
    """An order as it stands now, with where its open units are routed; None when there is none.

    The same fields as `payloads.kept("orders/updated", …)`, and beside them `read` (true) and, on
    each line, `routes`: a list of {location_id, quantity} of what is still to be fulfilled.
    """
    order = client.ask("order", id=gid("Order", order_id))["order"]
    if order is None:
        return None
    routes = _routes(client, order)
    return {
        "read": True,
        "id": identifier(order["id"]),
        "name": words(order["name"]),
        "created_at": order["createdAt"],
        "updated_at": order["updatedAt"],
        "cancelled_at": order["cancelledAt"],
        "line_items": [_line(line, routes) for line in _lines(client, order)],
        **_papers(client, order),
    }


def order_of_route(client: ShopClient, fulfillment_order_id: str) -> str | None:
    """The order that a fulfillment order belongs to."""
    found = client.ask("route_order", id=gid("FulfillmentOrder", fulfillment_order_id))
    route = found["fulfillmentOrder"]
    return identifier(route["orderId"]) if route else None


def _line(line: Json, routes: dict[str, dict[str | None, int]]) -> Json:
    number = identifier(line["id"]) or ""
    here = routes.get(number, {})
    return {
        "id": number,
        "variant_id": identifier((line["variant"] or {}).get("id")),
        "product_id": identifier((line["product"] or {}).get("id")),
        "sku": words(line["sku"]),
        "quantity": line["quantity"],
        "current_quantity": line["currentQuantity"],
        "fulfillable_quantity": sum(here.values()),
        "routes": [
            {"location_id": location, "quantity": quantity} for location, quantity in here.items()
        ],
    }


def _lines(client: ShopClient, order: Json) -> Iterator[Json]:
    yield from all_nodes(client, order["lineItems"], "order_lines", "order.lineItems", order["id"])


def _routes(client: ShopClient, order: Json) -> dict[str, dict[str | None, int]]:
    routes: dict[str, dict[str | None, int]] = defaultdict(lambda: defaultdict(int))
    found = order["fulfillmentOrders"]
    for route in all_nodes(client, found, "order_routes", "order.fulfillmentOrders", order["id"]):
        if route["status"] not in OPEN_ROUTES:
            continue
        place = (route["assignedLocation"] or {}).get("location") or {}
        location = identifier(place.get("id"))
        lines = all_nodes(
            client, route["lineItems"], "route_lines", "fulfillmentOrder.lineItems", route["id"]
        )
        for line in lines:
            if line["remainingQuantity"] > 0:
                number = identifier(line["lineItem"]["id"]) or ""
                routes[number][location] += line["remainingQuantity"]
    return routes


def _papers(client: ShopClient, order: Json) -> Json:
    fulfillments, refunds = order["fulfillments"], order["refunds"]
    if PAPERS_AT_ONCE in (len(fulfillments), len(refunds)):
        everything = client.ask("order_papers", id=order["id"])["order"]
        fulfillments = _with_known_lines(everything["fulfillments"], fulfillments)
        refunds = _with_known_lines(everything["refunds"], refunds)
    return {
        "fulfillments": [_fulfillment(client, one) for one in fulfillments],
        "refunds": [_refund(client, one) for one in refunds],
    }


def _with_known_lines(everything: list[Json], known: list[Json]) -> list[Json]:
    by_id = {one["id"]: one for one in known}
    return [by_id.get(one["id"], one) for one in everything]


def _fulfillment(client: ShopClient, one: Json) -> Json:
    lines = all_nodes(
        client,
        one.get("fulfillmentLineItems"),
        "fulfillment_lines",
        "fulfillment.fulfillmentLineItems",
        one["id"],
    )
    return {
        "id": identifier(one["id"]),
        "status": one["status"].lower(),
        "created_at": one["createdAt"],
        "updated_at": one["updatedAt"],
        "location_id": identifier((one["location"] or {}).get("id")),
        "line_items": [
            {"id": identifier(line["lineItem"]["id"]), "quantity": line["quantity"]}
            for line in lines
        ],
    }


def _refund(client: ShopClient, one: Json) -> Json:
    lines = all_nodes(
        client, one.get("refundLineItems"), "refund_lines", "refund.refundLineItems", one["id"]
    )
    return {
        "id": identifier(one["id"]),
        "created_at": one["createdAt"],
        "refund_line_items": [
            {
                "line_item_id": identifier(line["lineItem"]["id"]),
                "quantity": line["quantity"],
                "restock_type": line["restockType"].lower(),
                "location_id": identifier((line["location"] or {}).get("id")),
            }
            for line in lines
        ],
    }


def all_nodes(
    client: ShopClient, first: Json | None, name: str, path: str, owner: str
) -> Iterator[Any]:
    """A connection's nodes: those at hand, then the pages after them (all of them, if none is)."""
    if first is not None:
        yield from first["nodes"]
        if not first["pageInfo"]["hasNextPage"]:
            return
    after = first["pageInfo"]["endCursor"] if first else None
    yield from client.pages(name, path, id=owner, after=after)
