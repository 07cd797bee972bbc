"""The schema that ships is a part of Shopify's own, and nothing else."""

from __future__ import annotations

import gzip
import json
import os
import runpy
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema, build_client_schema, parse, validate
from graphql.utilities import find_breaking_changes, introspection_from_schema

from app.simulators.shopify.admin_api.execute import SCHEMA, schema

PROJECT = Path(__file__).parents[3]
SCRIPT = PROJECT / "scripts" / "trim_shopify_schema.py"
DOCUMENTS = PROJECT / "app" / "shopify" / "graphql"


@pytest.fixture(scope="module")
def trimmer() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


@pytest.fixture(scope="module")
def full_path() -> Path:
    """The full introspection: SHOPIFY_SCHEMA_FULL, or the npm package among the front end's."""
    given = os.environ.get("SHOPIFY_SCHEMA_FULL")
    package = PROJECT / "frontend" / "node_modules" / "@shopify" / "dev-mcp" / "dist" / "data"
    path = Path(given) if given else package / "admin_2026-10.json.gz"
    if not path.exists():
        pytest.skip("the full schema is not here: set SHOPIFY_SCHEMA_FULL to its path")
    return path


def test_the_trimmed_schema_is_what_the_script_makes_of_the_full_one(
    trimmer: dict[str, Any], full_path: Path
) -> None:
    documents = [parse(path.read_text()) for path in sorted(DOCUMENTS.glob("*.graphql"))]
    made = trimmer["trim"](trimmer["read_full"](full_path), documents)
    assert made == SCHEMA.read_text(), f"run {SCRIPT.name} again"


def test_the_full_schema_breaks_nothing_that_the_trimmed_one_allows(
    trimmer: dict[str, Any], full_path: Path
) -> None:
    whole: Any = {"__schema": trimmer["read_full"](full_path)}
    full: GraphQLSchema = build_client_schema(whole, assume_valid=True)
    found = find_breaking_changes(schema(), full)
    # GraphQL's own directives come from the library, not from Shopify.
    assert [one for one in found if "@deprecated" not in one.description] == []


def test_every_document_is_valid_against_the_full_schema(
    trimmer: dict[str, Any], full_path: Path
) -> None:
    whole: Any = {"__schema": trimmer["read_full"](full_path)}
    full = build_client_schema(whole, assume_valid=True)
    for path in sorted(DOCUMENTS.glob("*.graphql")):
        assert validate(full, parse(path.read_text())) == [], path.name


def test_the_script_trims_a_schema_given_as_json_too(
    trimmer: dict[str, Any], tmp_path: Path
) -> None:
    """Trimming what is trimmed changes nothing, and needs no original."""
    path = tmp_path / "schema.json.gz"
    content = introspection_from_schema(schema())
    path.write_bytes(gzip.compress(json.dumps({"data": content}).encode()))
    documents = [parse(one.read_text()) for one in sorted(DOCUMENTS.glob("*.graphql"))]
    assert trimmer["trim"](trimmer["read_full"](path), documents) == SCHEMA.read_text()


def test_the_trimmed_schema_carries_no_prose() -> None:
    text = SCHEMA.read_text()
    assert '"""' not in text and "#" not in text
    assert "reason:" not in text.replace("reason: String", "")
