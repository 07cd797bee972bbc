"""What a query costs: objects 1, connections by their size, mutations 10, scalars nothing.

Deliberately no cheaper than Shopify: connections multiply all the way down.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
)

MUTATION = 10
MOST = 1000
"""Points that a single query may ask for."""
CONNECTION = 2


def requested(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
) -> int:
    """Points a query asks for, before it runs."""
    if operation.operation is OperationType.MUTATION:
        return MUTATION * len(operation.selection_set.selections)
    fragments = {
        one.name.value: one
        for one in document.definitions
        if isinstance(one, FragmentDefinitionNode)
    }
    root = schema.query_type
    assert root is not None
    defaults = _defaults(operation)
    counter = _Counter(schema, fragments, {**defaults, **variables})
    return max(1, counter.of(root, operation.selection_set))


def actual(data: Any) -> int:
    """Points for what came back."""
    if isinstance(data, list):
        return sum(actual(one) for one in data)
    if not isinstance(data, dict):
        return 0
    if isinstance(data.get("nodes"), list) or isinstance(data.get("edges"), list):
        nodes = data.get("nodes") or [edge.get("node") for edge in data.get("edges") or []]
        return CONNECTION + actual(nodes)
    return 1 + sum(actual(value) for value in data.values())


class _Counter:
    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> None:
        self.schema = schema
        self.fragments = fragments
        self.variables = variables

    def of(self, parent: GraphQLNamedType, selections: SelectionSetNode | None) -> int:
        total = 0
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode):
                total += self._field(parent, node)
            elif isinstance(node, InlineFragmentNode):
                name = node.type_condition.name.value if node.type_condition else parent.name
                total += self.of(self.schema.type_map[name], node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                name = fragment.type_condition.name.value
                total += self.of(self.schema.type_map[name], fragment.selection_set)
        return total

    def _field(self, parent: GraphQLNamedType, node: FieldNode) -> int:
        fields = getattr(parent, "fields", {})
        if node.name.value not in fields:
            return 0
        target = get_named_type(fields[node.name.value].type)
        if is_leaf_type(target):
            return 0
        if target.name.endswith("Connection"):
            return CONNECTION + self._size(node) * self._nodes(target, node)
        inner = 1 + self.of(target, node.selection_set)
        return inner * self._size(node)

    def _nodes(self, connection: GraphQLNamedType, node: FieldNode) -> int:
        """The cost of one entry, whether it is asked for by nodes or by edges."""
        most = 0
        for inner in node.selection_set.selections if node.selection_set else ():
            if not isinstance(inner, FieldNode):
                continue
            name = inner.name.value
            if name == "nodes":
                target = get_named_type(getattr(connection, "fields", {})["nodes"].type)
                most = max(most, 1 + self.of(target, inner.selection_set))
            elif name == "edges":
                edge = get_named_type(getattr(connection, "fields", {})["edges"].type)
                most = max(most, self.of(edge, inner.selection_set))
        return most

    def _size(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value in ("first", "last", "ids"):
                value = self._value(argument.value)
                if isinstance(value, list):
                    return len(value)
                if isinstance(value, int):
                    return max(1, value)
        return 1

    def _value(self, node: ValueNode) -> Any:
        if isinstance(node, VariableNode):
            return self.variables.get(node.name.value)
        if isinstance(node, IntValueNode):
            return int(node.value)
        if isinstance(node, ListValueNode):
            return list(node.values)
        return None


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    return {
        one.variable.name.value: int(one.default_value.value)
        for one in operation.variable_definitions or ()
        if isinstance(one.default_value, IntValueNode)
    }
