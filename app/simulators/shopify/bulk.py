"""Bulk operations: any query, run in the background over whole connections, as JSON lines."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from graphql import FieldNode, OperationDefinitionNode, OperationType, SelectionSetNode
from graphql import parse as parse_document
from graphql.error import GraphQLError

from app.simulators.shopify.events import announce
from app.simulators.shopify.records import BulkOperation
from app.simulators.shopify.world import ShopState, World

AT_ONCE = 5
MOST_CONNECTIONS = 5
DEEPEST = 2
RUNNING = ("CREATED", "RUNNING", "CANCELING")
Run = Callable[[World, ShopState, str], tuple[dict[str, Any] | None, list[Any]]]
TAKES = 0.2
"""Seconds, divided by the simulator's speed."""

# Filled in by the executor, which is built upon the mutations that start bulk operations.
EXECUTOR: list[Run] = []


class Refused(Exception):
    """A query that Shopify would not run in bulk."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def start(world: World, state: ShopState, query: str) -> BulkOperation:
    """Begins a bulk operation. Raises Refused."""
    _look_at(query)
    with state.store.changing() as change:
        running = [one for one in change.all(BulkOperation) if one.status in RUNNING]
        if len(running) >= AT_ONCE:
            raise Refused("LIMIT_REACHED", f"{AT_ONCE} bulk operations are running already.")
        made = change.add(BulkOperation(id=change.new_id(), query=query, created_at=change.second))
    threading.Thread(target=_run, args=(world, state, made.id), daemon=True).start()
    return made


def resume(world: World, state: ShopState) -> None:
    """Runs again what a stop interrupted."""
    for operation in state.store.all(BulkOperation):
        if operation.status in RUNNING:
            threading.Thread(target=_run, args=(world, state, operation.id), daemon=True).start()


def cancel(world: World, state: ShopState, number: int | None) -> BulkOperation | None:
    """Cancels a running operation; None if there is none to cancel."""
    with state.store.changing() as change:
        found = change.get(BulkOperation, number)
        if found is None or found.status not in RUNNING:
            return None
        operation = change.edit(BulkOperation, number)
        operation.status, operation.completed_at = "CANCELED", change.second
        return operation


def folder(world: World) -> Path:
    """Where result files are kept."""
    path = world.settings.data / "bulk"
    path.mkdir(parents=True, exist_ok=True)
    return path


def lines(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows of a result: each node by itself, its children after it with `__parentId`."""
    for value in data.values():
        if _is_connection(value):
            for node in _nodes(value):
                yield from _row(node, None)


def _run(world: World, state: ShopState, number: int) -> None:
    time.sleep(TAKES / world.settings.speed)
    if not _set_status(state, number, "RUNNING"):
        return
    time.sleep(TAKES / world.settings.speed)
    operation = state.store.get(BulkOperation, number)
    assert operation is not None
    data, errors = EXECUTOR[0](world, state, operation.query)
    rows = [] if errors or data is None else list(lines(data))
    name = f"{secrets.token_hex(16)}.jsonl"
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder(world) / name).write_text(text)
    with world.changing(state) as change:
        if (found := change.get(BulkOperation, number)) is None or found.status not in RUNNING:
            return
        operation = change.edit(BulkOperation, number)
        operation.status = "FAILED" if errors else "COMPLETED"
        operation.error_code = "INTERNAL_SERVER_ERROR" if errors else None
        operation.completed_at = change.second
        operation.object_count = len(rows)
        operation.root_object_count = sum("__parentId" not in row for row in rows)
        operation.file_size = len(text.encode())
        operation.file = name
        announce(change, "bulk_operations/finish", number)


def _set_status(state: ShopState, number: int, status: str) -> bool:
    with state.store.changing() as change:
        found = change.get(BulkOperation, number)
        if found is None or found.status not in RUNNING:
            return False
        change.edit(BulkOperation, number).status = status
    return True


def _row(node: dict[str, Any], parent: str | None) -> Iterator[dict[str, Any]]:
    row = {name: value for name, value in node.items() if not _is_connection(value)}
    if parent is not None:
        row["__parentId"] = parent
    yield row
    for value in node.values():
        if _is_connection(value):
            for child in _nodes(value):
                yield from _row(child, node.get("id"))


def _is_connection(value: Any) -> bool:
    return isinstance(value, dict) and any(
        isinstance(value.get(name), list) for name in ("edges", "nodes")
    )


def _nodes(value: dict[str, Any]) -> list[dict[str, Any]]:
    if "nodes" in value:
        found: list[dict[str, Any]] = value["nodes"]
        return found
    return [edge["node"] for edge in value["edges"]]


def _look_at(query: str) -> None:
    """Shopify's own rules for a bulk query. Raises Refused."""
    try:
        document = parse_document(query)
    except GraphQLError as error:
        raise Refused("INVALID", f"Invalid bulk query: {error.message}") from error
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
        raise Refused("INVALID", "A bulk query must be one query operation.")
    roots = operations[0].selection_set
    if any(
        isinstance(node, FieldNode) and node.name.value in ("node", "nodes")
        for node in roots.selections
    ):
        raise Refused("INVALID", "The top-level fields node and nodes are not allowed.")
    found = list(_connections(roots, 0))
    if not found:
        raise Refused("INVALID", "Bulk queries must contain at least one connection.")
    if len(found) > MOST_CONNECTIONS:
        raise Refused(
            "INVALID", f"Bulk queries cannot contain more than {MOST_CONNECTIONS} connections."
        )
    if max(depth for depth, _ in found) > DEEPEST:
        raise Refused(
            "INVALID", f"Bulk queries cannot nest connections deeper than {DEEPEST} levels."
        )
    for _, node in found:
        if list(_connections(node, 1)) and not _selects_id(node):
            raise Refused(
                "INVALID",
                "The parent 'node' field for a nested connection must select the 'id' field"
                " without an alias and must be of 'ID' return type.",
            )


def _connections(
    selections: SelectionSetNode, depth: int
) -> Iterator[tuple[int, SelectionSetNode]]:
    """Each connection's depth and the selections on its nodes."""
    for field in selections.selections:
        if not isinstance(field, FieldNode):
            inner = getattr(field, "selection_set", None)
            if inner is not None:
                yield from _connections(inner, depth)
            continue
        node = _node_selections(field)
        if node is not None:
            yield depth, node
            yield from _connections(node, depth + 1)
        elif field.selection_set is not None:
            yield from _connections(field.selection_set, depth)


def _node_selections(field: FieldNode) -> SelectionSetNode | None:
    inner = {
        one.name.value: one
        for one in (field.selection_set.selections if field.selection_set else ())
        if isinstance(one, FieldNode)
    }
    if "nodes" in inner:
        return inner["nodes"].selection_set
    if "edges" in inner:
        edges = inner["edges"].selection_set
        for one in edges.selections if edges else ():
            if isinstance(one, FieldNode) and one.name.value == "node":
                return one.selection_set
    return None


def _selects_id(selections: SelectionSetNode) -> bool:
    return any(
        isinstance(one, FieldNode) and one.name.value == "id" and one.alias is None
        for one in selections.selections
    )
