"""The mutation root, and the memory behind @idempotent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo
from graphql.execution.values import get_directive_values

from app.simulators.shopify import bulk, life, records
from app.simulators.shopify.admin_api import inventory
from app.simulators.shopify.admin_api.context import Context, number_of
from app.simulators.shopify.admin_api.inventory import Wrong
from app.simulators.shopify.admin_api.views import (
    AdjustmentView,
    BulkOperationView,
    InventoryLevelView,
    WebhookSubscriptionView,
    app,
)
from app.simulators.shopify.store import Changing

MEMORY = timedelta(hours=24)
Perform = Callable[[Changing, Any, str], int | None]
Payload = dict[str, Any]


class Mutation:
    """One request's mutation root."""

    __typename = "Mutation"

    def __init__(self, context: Context) -> None:
        self._context = context

    def inventoryMoveQuantities(self, info: GraphQLResolveInfo[Any], input: Any) -> Payload:
        return self._inventory(info, "inventoryMoveQuantities", input, inventory.move)

    def inventoryAdjustQuantities(self, info: GraphQLResolveInfo[Any], input: Any) -> Payload:
        return self._inventory(info, "inventoryAdjustQuantities", input, inventory.adjust)

    def inventorySetQuantities(self, info: GraphQLResolveInfo[Any], input: Any) -> Payload:
        return self._inventory(info, "inventorySetQuantities", input, inventory.set_)

    def inventoryActivate(
        self,
        info: GraphQLResolveInfo[Any],
        inventoryItemId: str,
        locationId: str,
        available: int | None = None,
        onHand: int | None = None,
        stockAtLegacyLocation: bool = False,
    ) -> Payload:
        _key(info)
        item_id = number_of("InventoryItem", inventoryItemId)
        place_id = number_of("Location", locationId)
        context = self._context
        known = context.store.get(records.Item, item_id) and context.store.get(
            records.Location, place_id
        )
        if item_id is None or place_id is None or not known:
            message = "The item or the location could not be found."
            return {"inventoryLevel": None, "userErrors": [{"field": None, "message": message}]}
        life.activate(context.world, context.state, item_id, place_id, available or 0)
        level = context.store.get(records.Level, records.level_key(item_id, place_id))
        assert level is not None
        return {"inventoryLevel": InventoryLevelView(context, level), "userErrors": []}

    def bulkOperationRunQuery(
        self, info: GraphQLResolveInfo[Any], query: str, groupObjects: bool = False
    ) -> Payload:
        context = self._context
        try:
            operation = bulk.start(context.world, context.state, query)
        except bulk.Refused as refused:
            error = {"code": refused.code, "field": ["query"], "message": str(refused)}
            return {"bulkOperation": None, "userErrors": [error]}
        return {"bulkOperation": BulkOperationView(context, operation), "userErrors": []}

    def bulkOperationCancel(self, info: GraphQLResolveInfo[Any], id: str) -> Payload:
        context = self._context
        operation = bulk.cancel(context.world, context.state, number_of("BulkOperation", id))
        if operation is None:
            error = {"field": ["id"], "message": "Bulk operation does not exist or has ended."}
            return {"bulkOperation": None, "userErrors": [error]}
        return {"bulkOperation": BulkOperationView(context, operation), "userErrors": []}

    def webhookSubscriptionCreate(
        self, info: GraphQLResolveInfo[Any], topic: str, webhookSubscription: Any
    ) -> Payload:
        uri = webhookSubscription.get("uri") or webhookSubscription.get("callbackUrl")
        if not uri:
            error = {"field": ["webhookSubscription", "uri"], "message": "Address can't be blank"}
            return {"webhookSubscription": None, "userErrors": [error]}
        with self._context.store.changing() as change:
            made = change.add(
                records.Subscription(
                    id=change.new_id(),
                    topic=topic,
                    uri=uri,
                    name=webhookSubscription.get("name"),
                    filter=webhookSubscription.get("filter"),
                    include_fields=webhookSubscription.get("includeFields") or [],
                    created_at=change.second,
                    updated_at=change.second,
                )
            )
        view = WebhookSubscriptionView(self._context, made)
        return {"webhookSubscription": view, "userErrors": []}

    def webhookSubscriptionDelete(self, info: GraphQLResolveInfo[Any], id: str) -> Payload:
        number = number_of("WebhookSubscription", id)
        with self._context.store.changing() as change:
            if number is None or change.get(records.Subscription, number) is None:
                error = {"field": ["id"], "message": "Webhook subscription does not exist"}
                return {"deletedWebhookSubscriptionId": None, "userErrors": [error]}
            change.remove(records.Subscription, number)
        return {"deletedWebhookSubscriptionId": id, "userErrors": []}

    def appUninstall(self, info: GraphQLResolveInfo[Any]) -> Payload:
        view = app(self._context)
        life.uninstall(self._context.world, self._context.state)
        return {"app": view, "userErrors": []}

    def _inventory(
        self, info: GraphQLResolveInfo[Any], operation: str, given: Any, perform: Perform
    ) -> Payload:
        key = _key(info)
        context, trouble = self._context, self._context.state.trouble
        if trouble.concurrent_next > 0:
            trouble.concurrent_next -= 1
            message = "This request is currently in progress, please try again."
            return _refused("IDEMPOTENCY_CONCURRENT_REQUEST", message)
        fingerprint = _fingerprint(operation, given)
        with context.world.changing(context.state) as change:
            old = change.get(records.Remembered, key)
            if old is not None and old.first_used_at + MEMORY > change.at:
                return self._again(old, fingerprint)
            crash = trouble.crash_mutation_next > 0
            answer = None if crash else self._performed(change, given, perform)
            change.add(
                records.Remembered(
                    idempotency_key=key,
                    operation=operation,
                    fingerprint=fingerprint,
                    first_used_at=change.at,
                    answer=answer,
                )
            )
        if answer is None:
            trouble.crash_mutation_next -= 1
            raise GraphQLError(
                "Internal error. Looks like something went wrong on our end.",
                extensions={"code": "INTERNAL_SERVER_ERROR"},
            )
        return self._payload(answer)

    def _performed(self, change: Changing, given: Any, perform: Perform) -> Payload:
        try:
            adjustment = perform(change, given, self._context.world.settings.app_title)
        except Wrong as wrong:
            return {"adjustment": None, "errors": [wrong.error]}
        return {"adjustment": adjustment, "errors": []}

    def _again(self, old: records.Remembered, fingerprint: str) -> Payload:
        if old.fingerprint != fingerprint:
            message = "The same idempotency key was used with different parameters."
            return _refused("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", message)
        if old.answer is None:
            message = "The previous attempt with this key failed; use a new key."
            return _refused("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", message)
        return self._payload(old.answer)

    def _payload(self, answer: Payload) -> Payload:
        found = self._context.store.get(records.Adjustment, answer["adjustment"])
        view = AdjustmentView(self._context, found) if found else None
        return {"inventoryAdjustmentGroup": view, "userErrors": answer["errors"]}


def _refused(code: str, message: str) -> Payload:
    error = {"code": code, "message": message, "field": None}
    return {"inventoryAdjustmentGroup": None, "userErrors": [error]}


def _key(info: GraphQLResolveInfo[Any]) -> str:
    directive = info.schema.get_directive("idempotent")
    assert directive is not None
    found = get_directive_values(directive, info.field_nodes[0], info.variable_values)
    if found is None:
        raise GraphQLError(
            "The @idempotent directive is required for this mutation but was not provided.",
            extensions={"code": "BAD_REQUEST"},
        )
    key: str = found["key"]
    if not key.strip():
        raise GraphQLError(
            "The idempotency key can't be blank.", extensions={"code": "BAD_REQUEST"}
        )
    return key


def _fingerprint(operation: str, given: Any) -> str:
    text = json.dumps([operation, given], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
