"""The query root."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.simulators.shopify import records, shopifyql
from app.simulators.shopify.admin_api.context import Context, Listing, connection, gid, number_of
from app.simulators.shopify.admin_api.order_views import (
    ACTIVE,
    FulfillmentOrderView,
    FulfillmentView,
    OrderView,
    RefundView,
    is_visible,
    orders_listing,
    visible_orders,
)
from app.simulators.shopify.admin_api.transfer_views import (
    TRANSFERS,
    InventoryShipmentView,
    InventoryTransferView,
)
from app.simulators.shopify.admin_api.views import (
    VARIANTS,
    AdjustmentView,
    BulkOperationView,
    Info,
    InventoryItemView,
    InventoryLevelView,
    LocationView,
    ProductVariantView,
    ProductView,
    ShopView,
    WebhookSubscriptionView,
    app,
    count,
    quantity_names,
)

ITEMS = Listing(
    InventoryItemView,
    filters={
        "id": lambda item: item.id,
        "sku": lambda item: item.sku,
        "created_at": lambda item: item.created_at,
        "updated_at": lambda item: item.updated_at,
    },
    words=lambda item: item.sku,
)
PRODUCTS = Listing(
    ProductView,
    filters={
        "id": lambda product: product.id,
        "title": lambda product: product.title,
        "handle": lambda product: product.handle,
        "status": lambda product: product.status,
        "vendor": lambda product: product.vendor,
        "created_at": lambda product: product.created_at,
        "updated_at": lambda product: product.updated_at,
    },
    words=lambda product: product.title,
)
LOCATIONS = Listing(
    LocationView,
    sort=lambda location: location.name,
    filters={
        "id": lambda location: location.id,
        "name": lambda location: location.name,
        "active": lambda location: location.active,
    },
    words=lambda location: location.name,
)
SUBSCRIPTIONS = Listing(WebhookSubscriptionView)
OPERATIONS = Listing(
    BulkOperationView,
    filters={
        "id": lambda one: one.id,
        "status": lambda one: one.status,
        "created_at": lambda one: one.created_at,
        "operation_type": lambda one: "query",
    },
)


class QueryRoot:
    """One request's root value."""

    __typename = "QueryRoot"

    def __init__(self, context: Context) -> None:
        self._context = context
        self.inventoryProperties = {"quantityNames": quantity_names()}

    def shop(self, info: Info) -> ShopView:
        return ShopView(self._context, self._context.state.shop)

    def node(self, info: Info, id: str) -> Any:
        number_of("", id)
        kind = id.removeprefix("gid://shopify/").partition("/")[0]
        finder = self._finders().get(kind)
        return finder(id) if finder else None

    def nodes(self, info: Info, ids: list[str]) -> list[Any]:
        return [self.node(info, one) for one in ids]

    def inventoryItem(self, info: Info, id: str) -> InventoryItemView | None:
        found = self._get(records.Item, "InventoryItem", id)
        return InventoryItemView(self._context, found) if found else None

    def inventoryItems(self, info: Info, **paging: Any) -> dict[str, Any]:
        return connection(self._context, self._context.store.all(records.Item), ITEMS, **paging)

    def inventoryLevel(self, info: Info, id: str) -> InventoryLevelView | None:
        number = number_of("InventoryLevel", id)
        for level in self._context.store.all(records.Level):
            if level.id == number:
                return InventoryLevelView(self._context, level)
        return None

    def location(self, info: Info, id: str | None = None) -> LocationView | None:
        if id is None:
            found = min(self._context.store.all(records.Location), key=lambda one: one.priority)
        else:
            wanted = self._get(records.Location, "Location", id)
            if wanted is None:
                return None
            found = wanted
        return LocationView(self._context, found)

    def locations(
        self,
        info: Info,
        includeInactive: bool = False,
        includeLegacy: bool = False,
        sortKey: str = "NAME",
        **paging: Any,
    ) -> dict[str, Any]:
        found = self._context.store.all(records.Location)
        shown = [one for one in found if one.active or includeInactive]
        return connection(self._context, shown, LOCATIONS, **paging)

    def locationsCount(self, info: Info, **_: Any) -> dict[str, Any]:
        found = self._context.store.all(records.Location)
        return count(sum(one.active for one in found))

    def order(self, info: Info, id: str) -> OrderView | None:
        number = number_of("Order", id)
        found = self._context.store.get(records.Order, number)
        if found is None or not is_visible(self._context, found):
            return None
        return OrderView(self._context, found)

    def orders(
        self,
        info: Info,
        sortKey: str = "PROCESSED_AT",
        savedSearchId: str | None = None,
        **paging: Any,
    ) -> dict[str, Any]:
        found = visible_orders(self._context)
        return connection(self._context, found, orders_listing(sortKey), **paging)

    def ordersCount(self, info: Info, query: str | None = None, **_: Any) -> dict[str, Any]:
        whole = Context(self._context.world, self._context.state, None, bulk=True)
        found = connection(whole, visible_orders(self._context), orders_listing("ID"), query=query)
        return count(len(found["nodes"]))

    def fulfillmentOrder(self, info: Info, id: str) -> FulfillmentOrderView | None:
        number = number_of("FulfillmentOrder", id)
        for order in visible_orders(self._context):
            for route in order.routes:
                if route.id == number:
                    return FulfillmentOrderView(self._context, order, route)
        return None

    def fulfillmentOrders(
        self, info: Info, includeClosed: bool = False, sortKey: str = "ID", **paging: Any
    ) -> dict[str, Any]:
        found = [
            (order, route)
            for order in visible_orders(self._context)
            for route in order.routes
            if includeClosed or route.status in ACTIVE
        ]
        return connection(self._context, found, FULFILLMENT_ORDERS, **paging)

    def fulfillment(self, info: Info, id: str) -> FulfillmentView | None:
        number = number_of("Fulfillment", id)
        for order in visible_orders(self._context):
            for one in order.fulfillments:
                if one.id == number:
                    return FulfillmentView(self._context, order, one)
        return None

    def refund(self, info: Info, id: str) -> RefundView | None:
        number = number_of("Refund", id)
        for order in visible_orders(self._context):
            for one in order.refunds:
                if one.id == number:
                    return RefundView(self._context, order, one)
        return None

    def product(self, info: Info, id: str) -> ProductView | None:
        found = self._get(records.Product, "Product", id)
        return ProductView(self._context, found) if found else None

    def products(
        self, info: Info, sortKey: str = "ID", savedSearchId: str | None = None, **paging: Any
    ) -> dict[str, Any]:
        found = self._context.store.all(records.Product)
        return connection(self._context, found, PRODUCTS, **paging)

    def productsCount(self, info: Info, **_: Any) -> dict[str, Any]:
        return count(len(self._context.store.all(records.Product)))

    def productVariant(self, info: Info, id: str) -> ProductVariantView | None:
        found = self._get(records.Variant, "ProductVariant", id)
        return ProductVariantView(self._context, found) if found else None

    def productVariants(
        self, info: Info, sortKey: str = "ID", savedSearchId: str | None = None, **paging: Any
    ) -> dict[str, Any]:
        found = self._context.store.all(records.Variant)
        return connection(self._context, found, VARIANTS, **paging)

    def productVariantsCount(self, info: Info, **_: Any) -> dict[str, Any]:
        return count(len(self._context.store.all(records.Variant)))

    def bulkOperation(self, info: Info, id: str) -> BulkOperationView | None:
        found = self._get(records.BulkOperation, "BulkOperation", id)
        return BulkOperationView(self._context, found) if found else None

    def bulkOperations(self, info: Info, sortKey: str = "CREATED_AT", **paging: Any) -> Any:
        found = self._context.store.all(records.BulkOperation)
        return connection(self._context, found, OPERATIONS, **paging)

    def currentBulkOperation(self, info: Info, type: str = "QUERY") -> BulkOperationView | None:
        found = self._context.store.all(records.BulkOperation)
        if not found or type != "QUERY":
            return None
        return BulkOperationView(self._context, found[-1])

    def currentAppInstallation(self, info: Info) -> dict[str, Any]:
        context = self._context
        handles = context.token.scopes if context.token else context.state.shop.scopes
        return {
            "__typename": "AppInstallation",
            "id": gid("AppInstallation", 1),
            "app": app(context),
            "accessScopes": [{"handle": one, "description": one} for one in handles],
            "launchUrl": context.world.settings.app_url,
            "uninstallUrl": None,
            "activeSubscriptions": [],
        }

    def shopifyqlQuery(self, info: Info, query: str) -> dict[str, Any]:
        return shopifyql.answer(self._context.store, query)

    def inventoryTransfer(self, info: Info, id: str) -> InventoryTransferView | None:
        found = self._get(records.Transfer, "InventoryTransfer", id)
        return InventoryTransferView(self._context, found) if found else None

    def inventoryTransfers(
        self, info: Info, sortKey: str = "ID", savedSearchId: str | None = None, **paging: Any
    ) -> dict[str, Any]:
        found = self._context.store.all(records.Transfer)
        return connection(self._context, found, TRANSFERS, **paging)

    def inventoryShipment(self, info: Info, id: str) -> InventoryShipmentView | None:
        number = number_of("InventoryShipment", id)
        for transfer in self._context.store.all(records.Transfer):
            for shipment in transfer.shipments:
                if shipment.id == number:
                    return InventoryShipmentView(self._context, shipment)
        return None

    def webhookSubscription(self, info: Info, id: str) -> WebhookSubscriptionView | None:
        found = self._get(records.Subscription, "WebhookSubscription", id)
        return WebhookSubscriptionView(self._context, found) if found else None

    def webhookSubscriptions(
        self,
        info: Info,
        topics: list[str] | None = None,
        uri: str | None = None,
        callbackUrl: str | None = None,
        format: str | None = None,
        sortKey: str = "CREATED_AT",
        **paging: Any,
    ) -> dict[str, Any]:
        found = [
            one
            for one in self._context.store.all(records.Subscription)
            if (not topics or one.topic in topics) and one.uri == (uri or callbackUrl or one.uri)
        ]
        return connection(self._context, found, SUBSCRIPTIONS, **paging)

    def _get(self, kind: Any, name: str, id: str) -> Any:
        number = number_of(name, id)
        return None if number is None else self._context.store.get(kind, number)

    def _finders(self) -> dict[str, Callable[[str], Any]]:
        return {
            "Shop": lambda id: self.shop(None),
            "InventoryItem": lambda id: self.inventoryItem(None, id),
            "InventoryLevel": lambda id: self.inventoryLevel(None, id),
            "Location": lambda id: self.location(None, id),
            "Order": lambda id: self.order(None, id),
            "FulfillmentOrder": lambda id: self.fulfillmentOrder(None, id),
            "Fulfillment": lambda id: self.fulfillment(None, id),
            "Refund": lambda id: self.refund(None, id),
            "Product": lambda id: self.product(None, id),
            "ProductVariant": lambda id: self.productVariant(None, id),
            "InventoryTransfer": lambda id: self.inventoryTransfer(None, id),
            "InventoryShipment": lambda id: self.inventoryShipment(None, id),
            "BulkOperation": lambda id: self.bulkOperation(None, id),
            "WebhookSubscription": lambda id: self.webhookSubscription(None, id),
            "InventoryAdjustmentGroup": self._adjustment,
            "LineItem": self._line,
        }

    def _adjustment(self, id: str) -> AdjustmentView | None:
        found = self._get(records.Adjustment, "InventoryAdjustmentGroup", id)
        return AdjustmentView(self._context, found) if found else None

    def _line(self, id: str) -> Any:
        number = number_of("LineItem", id)
        for order in visible_orders(self._context):
            if any(line.id == number for line in order.lines):
                return OrderView(self._context, order).lineItem(number)
        return None


FULFILLMENT_ORDERS = Listing(
    lambda context, pair: FulfillmentOrderView(context, *pair),
    sort=lambda pair: pair[1].id,
    identity=lambda pair: pair[1].id,
    filters={
        "id": lambda pair: pair[1].id,
        "status": lambda pair: pair[1].status,
        "assigned_location_id": lambda pair: pair[1].location_id,
        "updated_at": lambda pair: pair[1].updated_at,
    },
)
