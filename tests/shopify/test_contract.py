"""What we ask of Shopify and what we tell it about us agrees with the code and with its schema."""

from __future__ import annotations

import gzip
import json
import os
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLSchema,
    OperationDefinitionNode,
    build_client_schema,
    build_schema,
    parse,
    validate,
)

from app.config import PROJECT
from app.shopify import client, install, mirror, payloads
from app.shopify.handlers import HANDLERS
from app.webhooks.topics import COMPLIANCE

DOCUMENTS = sorted(path.stem for path in client.DOCUMENTS.glob("*.graphql"))
SHIPPED = PROJECT / "app" / "shopify" / "schema" / "admin_2026-10.graphql"
FULL = os.environ.get("SHOPIFY_SCHEMA_FULL", "")


@lru_cache(maxsize=1)
def shipped_schema() -> GraphQLSchema:
    return build_schema(SHIPPED.read_text(), assume_valid=True)


@lru_cache(maxsize=1)
def full_schema() -> GraphQLSchema:
    data = Path(FULL).read_bytes()
    raw = json.loads(gzip.decompress(data) if FULL.endswith(".gz") else data)
    # Shopify's own schema breaks a rule about deprecated fields, so it is taken as it is.
    return build_client_schema(raw.get("data", raw), assume_valid=True)


def toml() -> dict[str, Any]:
    return tomllib.loads((PROJECT / "shopify.app.toml").read_text())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_is_one_operation_that_the_schema_knows(name: str) -> None:
    parsed = parse(client.document(name))
    operations = [one for one in parsed.definitions if isinstance(one, OperationDefinitionNode)]
    assert len(operations) == 1
    assert validate(shipped_schema(), parsed) == []


@pytest.mark.skipif(not FULL, reason="SHOPIFY_SCHEMA_FULL names no full schema")
@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_is_valid_against_the_full_schema(name: str) -> None:
    assert validate(full_schema(), parse(client.document(name))) == []


@pytest.mark.parametrize("name", ["move", "adjust"])
def test_every_mutation_of_stock_carries_an_idempotency_key(name: str) -> None:
    assert "@idempotent(key: $key)" in client.document(name)


def test_the_app_subscribes_to_exactly_the_topics_it_handles() -> None:
    blocks = toml()["webhooks"]["subscriptions"]
    topics = [topic for block in blocks for topic in block.get("topics", ())]
    compliance = [topic for block in blocks for topic in block.get("compliance_topics", ())]
    assert len(topics) == len(set(topics))
    assert set(topics) == set(HANDLERS) - COMPLIANCE
    assert set(compliance) == COMPLIANCE


def test_what_a_subscription_includes_is_what_we_keep() -> None:
    for block in toml()["webhooks"]["subscriptions"]:
        for topic in block.get("topics", ()):
            included = block.get("include_fields")
            if included and topic != "refunds/create":
                assert set(payloads.FIELDS[topic]) - set(included) <= {"order_id"}, topic
    names = [block["name"] for block in toml()["webhooks"]["subscriptions"] if "name" in block]
    assert len(names) == len(set(names))


def test_the_scopes_asked_for_are_the_scopes_needed() -> None:
    assert tuple(toml()["access_scopes"]["scopes"].split(",")) == install.SCOPES


def test_the_version_subscribed_to_is_the_version_asked() -> None:
    assert toml()["webhooks"]["api_version"] == "2026-10"


def test_only_reasons_that_shopify_knows_are_given() -> None:
    known = {
        "correction", "cycle_count_available", "damaged", "movement_created", "movement_updated",
        "movement_received", "movement_canceled", "other", "promotion", "quality_control",
        "received", "reservation_created", "reservation_updated", "reservation_deleted", "restock",
        "safety_stock", "shrinkage",
    }  # fmt: skip
    assert {*mirror.REASONS.values(), *mirror.REASONS_OF_STATES.values()} <= known
