"""One GraphQL request: checked, costed, throttled, run over the official schema, answered."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)

from app.simulators.shopify import bulk
from app.simulators.shopify.admin_api import cost
from app.simulators.shopify.admin_api.context import Context
from app.simulators.shopify.admin_api.mutations import Mutation
from app.simulators.shopify.admin_api.queries import QueryRoot
from app.simulators.shopify.records import AccessToken
from app.simulators.shopify.world import ShopState, World

SCHEMA = Path(__file__).resolve().parents[3] / "shopify" / "schema" / "admin_2026-10.graphql"
NEEDED = {
    "inventoryItem": "read_inventory",
    "inventoryItems": "read_inventory",
    "inventoryLevel": "read_inventory",
    "location": "read_locations",
    "locations": "read_locations",
    "order": "read_orders",
    "orders": "read_orders",
    "refund": "read_orders",
    "products": "read_products",
    "product": "read_products",
    "productVariants": "read_products",
    "productVariant": "read_products",
    "shopifyqlQuery": "read_reports",
    "inventoryTransfer": "read_inventory_transfers",
    "inventoryTransfers": "read_inventory_transfers",
    "inventoryShipment": "read_inventory_shipments",
    "inventoryMoveQuantities": "write_inventory",
    "inventoryAdjustQuantities": "write_inventory",
    "inventorySetQuantities": "write_inventory",
    "inventoryActivate": "write_inventory",
}
Answer = dict[str, Any]


@lru_cache(maxsize=1)
def schema() -> GraphQLSchema:
    """Shopify's schema, as far as it is served; it breaks a rule that validators insist on."""
    return build_schema(SCHEMA.read_text(), assume_valid=True, assume_valid_sdl=True)


def answer(
    world: World, state: ShopState, token: AccessToken, query: str, variables: Any, name: Any
) -> Answer:
    """The body of a 200 answer, errors included."""
    try:
        document = _checked(query)
    except GraphQLError as error:
        return {"errors": [_shown(error, "INVALID_SYNTAX")]}
    invalid = _invalid(query)
    if invalid:
        return {"errors": invalid}
    operation = get_operation_ast(document, name if isinstance(name, str) else None)
    if operation is None:
        return {"errors": [{"message": "An operation name is required."}]}
    given = variables if isinstance(variables, Mapping) else {}
    denied = _denied(operation, token)
    if denied:
        return {"errors": denied}
    points = cost.requested(schema(), document, operation, given)
    if points > cost.MOST:
        return {"errors": [_too_costly(points)]}
    if state.trouble.throttle_next > 0 or not state.bucket.take(points):
        state.trouble.throttle_next -= int(state.trouble.throttle_next > 0)
        state.count("throttled")
        return _throttled(state, points)
    context = Context(world, state, token)
    body = _run(context, document, operation, given)
    spent = (
        points
        if operation.operation is OperationType.MUTATION
        else min(points, max(1, cost.actual(list((body.get("data") or {}).values()))))
    )
    state.bucket.give_back(points - spent)
    body["extensions"] = {"cost": _cost(state, points, spent)}
    if context.warnings:
        body["extensions"]["search"] = context.warnings
    return body


def run_in_bulk(world: World, state: ShopState, query: str) -> tuple[Answer | None, list[Any]]:
    """A query over whole connections: data and errors."""
    document = parse(query)
    errors = validate(schema(), document)
    if errors:
        return None, list(errors)
    operation = get_operation_ast(document)
    assert operation is not None
    body = _run(Context(world, state, None, bulk=True), document, operation, {})
    return body.get("data"), body.get("errors", [])


bulk.EXECUTOR.append(run_in_bulk)


def _run(
    context: Context,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
) -> Answer:
    is_mutation = operation.operation is OperationType.MUTATION
    root: Any = Mutation(context) if is_mutation else QueryRoot(context)
    # One at a time for each shop, so that an answer never shows half a change.
    with context.store.lock:
        result = execute_sync(
            schema(),
            document,
            root_value=root,
            context_value=context,
            variable_values=dict(variables),
            operation_name=operation.name.value if operation.name else None,
        )
    body: Answer = {}
    if result.data is not None:
        body["data"] = result.data
    if result.errors:
        body["errors"] = [_shown(error, "INVALID_VARIABLE") for error in result.errors]
    return body


@lru_cache(maxsize=512)
def _checked(query: str) -> DocumentNode:
    return parse(query)


@lru_cache(maxsize=512)
def _invalid(query: str) -> list[Answer]:
    return [_shown(error, "undefinedField") for error in validate(schema(), _checked(query))]


def _shown(error: GraphQLError, code: str) -> Answer:
    body: Answer = {"message": error.message}
    if error.locations:
        body["locations"] = [{"line": one.line, "column": one.column} for one in error.locations]
    if error.path:
        body["path"] = list(error.path)
    crashed = error.original_error is not None and not isinstance(
        error.original_error, GraphQLError
    )
    if crashed:
        print(f"resolver failed: {error.original_error!r}", flush=True)
        body["message"] = "Internal error. Looks like something went wrong on our end."
        code = "INTERNAL_SERVER_ERROR"
    body["extensions"] = {"code": code, **(error.extensions or {})}
    return body


def _denied(operation: OperationDefinitionNode, token: AccessToken) -> list[Answer]:
    errors = []
    for node in operation.selection_set.selections:
        if not isinstance(node, FieldNode):
            continue
        scope = NEEDED.get(node.name.value)
        if scope and scope not in token.scopes:
            errors.append(
                {
                    "message": f"Access denied for {node.name.value} field."
                    f" Required access: `{scope}` access scope.",
                    "path": [node.alias.value if node.alias else node.name.value],
                    "extensions": {
                        "code": "ACCESS_DENIED",
                        "requiredAccess": f"`{scope}` access scope.",
                    },
                }
            )
    return errors


def _too_costly(points: int) -> Answer:
    return {
        "message": f"Query cost is {points}, which exceeds the single query max cost limit"
        f" ({cost.MOST}).",
        "extensions": {"code": "MAX_COST_EXCEEDED", "cost": points, "maxCost": cost.MOST},
    }


def _throttled(state: ShopState, points: int) -> Answer:
    return {
        "errors": [
            {
                "message": "Throttled",
                "extensions": {
                    "code": "THROTTLED",
                    "documentation": "https://shopify.dev/api/usage/rate-limits",
                },
            }
        ],
        "extensions": {"cost": _cost(state, points, None)},
    }


def _cost(state: ShopState, points: int, spent: int | None) -> Answer:
    return {
        "requestedQueryCost": points,
        "actualQueryCost": spent,
        "throttleStatus": state.bucket.status(),
    }
