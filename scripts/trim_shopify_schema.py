"""Cuts Shopify's official Admin schema down to what the product asks and the simulator answers.

Takes the full introspection result (the npm package `@shopify/dev-mcp` carries it as
`dist/data/admin_2026-10.json.gz`), keeps the fields that the documents in `app/shopify/graphql/` use
and those the simulator lists, drops every description, and writes the rest as SDL.

    python scripts/trim_shopify_schema.py FULL.json[.gz] [--check]
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_client_schema,
    parse,
    print_schema,
    visit,
)

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from app.simulators.shopify.served import SERVED  # noqa: E402

DOCUMENTS = PROJECT / "app" / "shopify" / "graphql"
TRIMMED = PROJECT / "app" / "shopify" / "schema" / "admin_2026-10.graphql"
WHOLE = ("Connection", "Edge", "Payload", "UserError", "Error")
ALWAYS = ("PageInfo",)
NO_REASON = "No longer supported"

Kind = dict[str, Any]


def read_full(path: Path) -> Kind:
    """The introspection's `__schema`, from JSON or gzipped JSON."""
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    content = json.loads(text)
    content = content.get("data", content)
    schema: Kind = content["__schema"]
    return schema


def trim(full: Kind, documents: list[DocumentNode]) -> str:
    """The part of the schema that is used, as SDL without prose. Raises ValueError on unknown names."""
    types = {kind["name"]: kind for kind in full["types"]}
    wanted = {name: set(fields.split()) for name, fields in SERVED.items()}
    whole = build_client_schema({"__schema": full}, assume_valid=True)  # type: ignore[typeddict-item]
    for document in documents:
        for name, field in _fields_used(whole, document):
            wanted.setdefault(name, set()).add(field)
    kept = _reachable(types, wanted)
    slim = {**full, "description": None, "types": [kept[name] for name in sorted(kept)]}
    slim["directives"] = [_without_prose(one) for one in full["directives"]]
    return print_schema(build_client_schema({"__schema": slim}, assume_valid=True)) + "\n"  # type: ignore[typeddict-item]


def _fields_used(schema: GraphQLSchema, document: DocumentNode) -> list[tuple[str, str]]:
    info = TypeInfo(schema)
    found: list[tuple[str, str]] = []

    class Collect(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            parent = info.get_parent_type()
            if parent is not None and not node.name.value.startswith("__"):
                found.append((parent.name, node.name.value))

    visit(document, TypeInfoVisitor(info, Collect()))
    return found


def _reachable(types: dict[str, Kind], wanted: dict[str, set[str]]) -> dict[str, Kind]:
    kept: dict[str, Kind] = {}
    waiting = ["QueryRoot", "Mutation", *wanted, *ALWAYS]
    while waiting:
        name = waiting.pop()
        if name in kept:
            continue
        if name not in types:
            raise ValueError(f"{name} is not a type of this schema")
        kept[name] = _pruned(types[name], types, wanted)
        waiting.extend(_named_in(kept[name]))
    for kind in kept.values():
        for list_name in ("interfaces", "possibleTypes"):
            if kind.get(list_name):
                kind[list_name] = [one for one in kind[list_name] if one["name"] in kept]
    return kept


def _pruned(kind: Kind, types: dict[str, Kind], wanted: dict[str, set[str]]) -> Kind:
    slim = _without_prose(kind)
    if kind["kind"] not in ("OBJECT", "INTERFACE"):
        return slim
    known = {field["name"] for field in kind["fields"]}
    keep = set(wanted.get(kind["name"], ()))
    if kind["name"] in ALWAYS or kind["name"].endswith(WHOLE):
        keep |= {name for name in known if _is_kept(kind, name, types, wanted)}
    if keep - known:
        raise ValueError(f"{kind['name']} has no field {', '.join(sorted(keep - known))}")
    if not keep:
        raise ValueError(f"{kind['name']} is reached, but none of its fields is listed")
    slim["fields"] = [field for field in slim["fields"] if field["name"] in keep]
    return slim


def _is_kept(kind: Kind, name: str, types: dict[str, Kind], wanted: dict[str, set[str]]) -> bool:
    field = next(one for one in kind["fields"] if one["name"] == name)
    target = types[_named(field["type"])]
    composite = target["kind"] in ("OBJECT", "INTERFACE", "UNION")
    return (
        not composite
        or target["name"] in wanted
        or target["name"] in ALWAYS
        or target["name"].endswith(WHOLE)
    )


def _named_in(kind: Kind) -> Iterator[str]:
    for field in kind.get("fields") or []:
        yield _named(field["type"])
        for argument in field["args"]:
            yield _named(argument["type"])
    for field in kind.get("inputFields") or []:
        yield _named(field["type"])
    # An interface that nobody asks for by name is not worth keeping, but Node is.
    yield from (one["name"] for one in kind.get("interfaces") or [] if one["name"] == "Node")


def _named(type_: Kind) -> str:
    while type_["ofType"]:
        type_ = type_["ofType"]
    name: str = type_["name"]
    return name


def _without_prose(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_prose(one) for one in value]
    if not isinstance(value, dict):
        return value
    slim = {name: _without_prose(one) for name, one in value.items()}
    if "description" in slim:
        slim["description"] = None
    if slim.get("deprecationReason"):
        slim["deprecationReason"] = NO_REASON
    return slim


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("full", type=Path)
    arguments.add_argument("--check", action="store_true", help="compare only; 1 if they differ")
    given = arguments.parse_args()
    documents = [parse(path.read_text()) for path in sorted(DOCUMENTS.glob("*.graphql"))]
    text = trim(read_full(given.full), documents)
    if given.check:
        return int(not TRIMMED.exists() or TRIMMED.read_text() != text)
    TRIMMED.parent.mkdir(parents=True, exist_ok=True)
    TRIMMED.write_text(text)
    print(f"{TRIMMED.relative_to(PROJECT)}: {len(text)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
