"""How records look in GraphQL: one class for each object type, one attribute or method for each field.

graphql-core calls a method with the request's info and the field's arguments, and reads anything
else. Names are the schema's own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.simulators.shopify import records
from app.simulators.shopify.admin_api.context import (
    Context,
    Listing,
    connection,
    gid,
    number_of,
)
from app.simulators.shopify.payloads import image_address
from app.simulators.shopify.records import STATES, UNAVAILABLE

Info = Any


def moment(at: datetime | None) -> str | None:
    """A time as GraphQL writes it, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def money(context: Context, amount: Decimal | str) -> dict[str, Any]:
    return {"amount": f"{Decimal(amount):.2f}", "currencyCode": context.state.shop.currency}


def money_bag(context: Context, amount: Decimal | str) -> dict[str, Any]:
    one = money(context, amount)
    return {"shopMoney": one, "presentmentMoney": one}


def image(context: Context, product: records.Product) -> dict[str, Any]:
    return {
        "id": gid("ProductImage", product.id),
        "url": image_address(context.store.public_url, product),
        "altText": product.title,
        "width": 320,
        "height": 320,
    }


class ShopView:
    __typename = "Shop"

    def __init__(self, context: Context, shop: records.Shop) -> None:
        handle = shop.domain.partition(".")[0]
        offset = datetime.now(ZoneInfo(shop.time_zone)).strftime("%z")
        self.id = gid("Shop", shop.id)
        self.name = shop.name
        self.email = self.contactEmail = shop.email
        self.myshopifyDomain = shop.domain
        self.url = f"https://{shop.domain}"
        self.primaryDomain = {
            "__typename": "Domain",
            "id": gid("Domain", shop.id + 1),
            "host": shop.domain,
            "url": f"https://{shop.domain}",
            "sslEnabled": True,
        }
        self.currencyCode = shop.currency
        self.ianaTimezone = shop.time_zone
        self.timezoneAbbreviation = datetime.now(ZoneInfo(shop.time_zone)).strftime("%Z")
        self.timezoneOffset = offset
        self.timezoneOffsetMinutes = int(offset[:3]) * 60 + int(offset[0] + offset[3:])
        self.createdAt = self.updatedAt = moment(shop.created_at)
        self.weightUnit = "POUNDS"
        self.unitSystem = "IMPERIAL_SYSTEM"
        self.plan = {
            "displayName": "Development",
            "publicDisplayName": "Development",
            "partnerDevelopment": True,
            "shopifyPlus": False,
        }
        self.handle = handle


class InventoryItemView:
    __typename = "InventoryItem"

    def __init__(self, context: Context, item: records.Item) -> None:
        self._context = context
        self._item = item
        self.id = gid("InventoryItem", item.id)
        self.legacyResourceId = str(item.id)
        self.sku = item.sku
        self.tracked = item.tracked
        self.requiresShipping = True
        self.createdAt = moment(item.created_at)
        self.updatedAt = moment(item.updated_at)
        self.unitCost = money(context, item.unit_cost) if item.unit_cost else None
        self.inventoryHistoryUrl = (
            f"{context.store.public_url}/admin/stock/{item.id}?shop={context.state.domain}"
        )

    def duplicateSkuCount(self, info: Info) -> int:
        same = self._context.store.by(records.Variant, "sku", self._item.sku)
        return max(0, len(same) - 1) if self._item.sku else 0

    def locationsCount(self, info: Info) -> dict[str, Any]:
        return count(len(self._levels(False)))

    def inventoryLevel(
        self, info: Info, locationId: str, includeInactive: bool = False
    ) -> InventoryLevelView | None:
        wanted = number_of("Location", locationId)
        for level in self._levels(includeInactive):
            if level.location_id == wanted:
                return InventoryLevelView(self._context, level)
        return None

    def inventoryLevels(
        self, info: Info, includeInactive: bool = False, **paging: Any
    ) -> dict[str, Any]:
        return connection(self._context, self._levels(includeInactive), LEVELS, **paging)

    def variants(self, info: Info, **paging: Any) -> dict[str, Any]:
        return connection(self._context, self._variants(), VARIANTS, **paging)

    def variant(self, info: Info) -> ProductVariantView:
        return ProductVariantView(self._context, self._variants()[0])

    def _levels(self, include_inactive: bool) -> list[records.Level]:
        levels = self._context.store.by(records.Level, "item_id", self._item.id)
        return [level for level in levels if level.active or include_inactive]

    def _variants(self) -> list[records.Variant]:
        return self._context.store.by(records.Variant, "item_id", self._item.id)


class InventoryLevelView:
    __typename = "InventoryLevel"

    def __init__(self, context: Context, level: records.Level) -> None:
        self._context = context
        self._level = level
        self.id = f"{gid('InventoryLevel', level.id)}?inventory_item_id={level.item_id}"
        self.isActive = level.active
        self.canDeactivate = not any(level.quantities.values())
        self.deactivationAlert = None if self.canDeactivate else "There is still stock here."
        self.createdAt = moment(level.created_at)
        self.updatedAt = moment(level.updated_at)

    def item(self, info: Info) -> InventoryItemView | None:
        return item_of(self._context, self._level.item_id)

    def location(self, info: Info) -> LocationView | None:
        return location_of(self._context, self._level.location_id)

    def quantities(self, info: Info, names: list[str]) -> list[dict[str, Any]]:
        level = self._level
        return [
            {
                "__typename": "InventoryQuantity",
                "id": f"{gid('InventoryQuantity', level.id)}?name={name}",
                "name": name,
                "quantity": level.quantity(name),
                "updatedAt": moment(level.changed.get(name)),
            }
            for name in names
            if name in STATES or name == "on_hand"
        ]


class LocationView:
    __typename = "Location"

    def __init__(self, context: Context, location: records.Location) -> None:
        self._context = context
        self._location = location
        self.id = gid("Location", location.id)
        self.legacyResourceId = str(location.id)
        self.name = location.name
        self.isActive = location.active
        self.isFulfillmentService = False
        self.fulfillsOnlineOrders = self.shipsInventory = location.fulfils_online
        self.isPrimary = location.priority == 1
        self.activatable = not location.active
        self.deactivatable = location.active
        self.deletable = False
        self.deactivatedAt = None if location.active else moment(location.updated_at)
        self.createdAt = moment(location.created_at)
        self.updatedAt = moment(location.updated_at)
        self.address = {
            "formatted": [part for part in location.address.values() if part],
            "country": "United States",
            "countryCode": "US",
            **location.address,
        }

    def hasActiveInventory(self, info: Info) -> bool:
        return any(level.active for level in self._levels(False))

    def hasUnfulfilledOrders(self, info: Info) -> bool:
        return any(level.quantities["committed"] for level in self._levels(True))

    def inventoryLevel(
        self, info: Info, inventoryItemId: str, includeInactive: bool = False
    ) -> InventoryLevelView | None:
        wanted = number_of("InventoryItem", inventoryItemId)
        for level in self._levels(includeInactive):
            if level.item_id == wanted:
                return InventoryLevelView(self._context, level)
        return None

    def inventoryLevels(
        self, info: Info, includeInactive: bool = False, **paging: Any
    ) -> dict[str, Any]:
        return connection(self._context, self._levels(includeInactive), LEVELS, **paging)

    def _levels(self, include_inactive: bool) -> list[records.Level]:
        levels = self._context.store.by(records.Level, "location_id", self._location.id)
        return [level for level in levels if level.active or include_inactive]


class ProductView:
    __typename = "Product"

    def __init__(self, context: Context, product: records.Product) -> None:
        self._context = context
        self._product = product
        self._all = context.store.by(records.Variant, "product_id", product.id)
        self.id = gid("Product", product.id)
        self.legacyResourceId = str(product.id)
        self.title = product.title
        self.handle = product.handle
        self.status = product.status
        self.vendor = product.vendor
        self.productType = product.kind
        self.tags: list[str] = []
        self.createdAt = self.publishedAt = moment(product.created_at)
        self.updatedAt = moment(product.updated_at)
        self.hasOnlyDefaultVariant = len(self._all) == 1
        self.hasVariantsThatRequiresComponents = any(one.components for one in self._all)
        self.variantsCount = count(len(self._all))
        self.featuredImage = image(context, product)
        self.featuredMedia = {
            "__typename": "MediaImage",
            "id": gid("MediaImage", product.id),
            "alt": product.title,
            "mediaContentType": "IMAGE",
            "status": "READY",
            "preview": {"image": self.featuredImage, "status": "READY"},
            "image": self.featuredImage,
            "createdAt": self.createdAt,
            "updatedAt": self.updatedAt,
        }

    def images(self, info: Info, **paging: Any) -> dict[str, Any]:
        paging.pop("sortKey", None)
        return connection(self._context, [self._product], IMAGES, **_plain(paging))

    def variants(self, info: Info, **paging: Any) -> dict[str, Any]:
        paging.pop("sortKey", None)
        return connection(self._context, self._all, VARIANTS, **paging)

    def totalInventory(self, info: Info) -> int:
        return sum(sellable(self._context, variant) for variant in self._all)

    def tracksInventory(self, info: Info) -> bool:
        items = [self._context.store.get(records.Item, one.item_id) for one in self._all]
        return any(item is not None and item.tracked for item in items)


class ProductVariantView:
    __typename = "ProductVariant"

    def __init__(self, context: Context, variant: records.Variant) -> None:
        self._context = context
        self._variant = variant
        product = context.store.get(records.Product, variant.product_id)
        assert product is not None
        self._product = product
        self.id = gid("ProductVariant", variant.id)
        self.legacyResourceId = str(variant.id)
        self.title = variant.title
        self.displayName = f"{product.title} - {variant.title}"
        self.sku = variant.sku
        self.barcode = variant.barcode
        self.position = variant.position
        self.price = variant.price
        self.compareAtPrice = None
        self.taxable = True
        self.inventoryPolicy = "DENY"
        self.requiresComponents = bool(variant.components)
        self.selectedOptions = [{"name": "Title", "value": variant.title}]
        self.createdAt = moment(variant.created_at)
        self.updatedAt = moment(variant.updated_at)
        self.image = None

    def inventoryItem(self, info: Info) -> InventoryItemView | None:
        return item_of(self._context, self._variant.item_id)

    def product(self, info: Info) -> ProductView:
        return ProductView(self._context, self._product)

    def inventoryQuantity(self, info: Info) -> int:
        return sellable(self._context, self._variant)

    def sellableOnlineQuantity(self, info: Info) -> int:
        return sellable(self._context, self._variant)

    def availableForSale(self, info: Info) -> bool:
        return sellable(self._context, self._variant) > 0

    def productVariantComponents(self, info: Info, **paging: Any) -> dict[str, Any]:
        return connection(self._context, self._variant.components, COMPONENTS, **paging)

    def metafield(self, info: Info, key: str, namespace: str = "app") -> dict[str, Any] | None:
        value = self._variant.metafields.get(f"{namespace}.{key}")
        if value is None:
            return None
        return {
            "__typename": "Metafield",
            "id": gid("Metafield", self._variant.id * 10 + len(key)),
            "namespace": namespace,
            "key": key,
            "value": value,
            "type": "single_line_text_field",
        }


class AdjustmentView:
    __typename = "InventoryAdjustmentGroup"

    def __init__(self, context: Context, adjustment: records.Adjustment) -> None:
        self._context = context
        self._adjustment = adjustment
        self.id = gid("InventoryAdjustmentGroup", adjustment.id)
        self.createdAt = moment(adjustment.created_at)
        self.reason = adjustment.reason
        self.referenceDocumentUri = adjustment.reference
        self.app = app(context) if adjustment.actor == context.world.settings.app_title else None

    def changes(
        self,
        info: Info,
        inventoryItemIds: list[str] | None = None,
        locationIds: list[str] | None = None,
        quantityNames: list[str] | None = None,
    ) -> list[dict[str, Any]]:
        return [
            {
                "name": line.name,
                "delta": line.delta,
                "quantityAfterChange": line.after,
                "ledgerDocumentUri": line.ledger,
                "item": item_of(self._context, line.item_id),
                "location": location_of(self._context, line.location_id),
            }
            for line in self._adjustment.changes
            if (quantityNames is None or line.name in quantityNames)
            and (inventoryItemIds is None or gid("InventoryItem", line.item_id) in inventoryItemIds)
            and (locationIds is None or gid("Location", line.location_id) in locationIds)
        ]


class BulkOperationView:
    __typename = "BulkOperation"

    def __init__(self, context: Context, operation: records.BulkOperation) -> None:
        address = f"{context.store.public_url}/bulk/{operation.file}" if operation.file else None
        self.id = gid("BulkOperation", operation.id)
        self.status = operation.status
        self.errorCode = operation.error_code
        self.type = "QUERY"
        self.query = operation.query
        self.createdAt = moment(operation.created_at)
        self.completedAt = moment(operation.completed_at)
        self.objectCount = str(operation.object_count)
        self.rootObjectCount = str(operation.root_object_count)
        self.fileSize = None if operation.file_size is None else str(operation.file_size)
        self.url = address if operation.status == "COMPLETED" and operation.object_count else None
        self.partialDataUrl = None


class WebhookSubscriptionView:
    __typename = "WebhookSubscription"

    def __init__(self, context: Context, subscription: records.Subscription) -> None:
        self.id = gid("WebhookSubscription", subscription.id)
        self.legacyResourceId = str(subscription.id)
        self.topic = subscription.topic
        self.uri = subscription.uri
        self.format = "JSON"
        self.includeFields = subscription.include_fields
        self.filter = subscription.filter
        self.name = subscription.name
        self.createdAt = moment(subscription.created_at)
        self.updatedAt = moment(subscription.updated_at)


def app(context: Context) -> dict[str, Any]:
    settings = context.world.settings
    return {
        "__typename": "App",
        "id": gid("App", 1),
        "title": settings.app_title,
        "handle": settings.app_title.lower(),
        "apiKey": settings.api_key,
        "embedded": True,
        "developerName": settings.app_title,
    }


def count(number: int) -> dict[str, Any]:
    return {"count": number, "precision": "EXACT"}


def sellable(context: Context, variant: records.Variant) -> int:
    """Units available at all active locations."""
    levels = context.store.by(records.Level, "item_id", variant.item_id)
    return sum(level.quantity("available") for level in levels if level.active)


def item_of(context: Context, item_id: int | None) -> InventoryItemView | None:
    found = context.store.get(records.Item, item_id)
    return InventoryItemView(context, found) if found else None


def location_of(context: Context, location_id: int | None) -> LocationView | None:
    found = context.store.get(records.Location, location_id)
    return LocationView(context, found) if found else None


def variant_of(context: Context, variant_id: int | None) -> ProductVariantView | None:
    found = context.store.get(records.Variant, variant_id)
    return ProductVariantView(context, found) if found else None


def product_of(context: Context, product_id: int | None) -> ProductView | None:
    found = context.store.get(records.Product, product_id)
    return ProductView(context, found) if found else None


def quantity_names() -> list[dict[str, Any]]:
    """Shopify's catalogue of states."""
    comprises = {"on_hand": ["available", "committed", *UNAVAILABLE]}
    return [
        {
            "name": name,
            "displayName": name.replace("_", " ").capitalize(),
            "isInUse": True,
            "belongsTo": ["on_hand"] if name not in ("on_hand", "incoming") else [],
            "comprises": comprises.get(name, []),
        }
        for name in (*STATES, "on_hand")
    ]


def _component(context: Context, component: records.Component) -> dict[str, Any]:
    return {
        "__typename": "ProductVariantComponent",
        "id": gid("ProductVariantComponent", component.variant_id),
        "productVariant": variant_of(context, component.variant_id),
        "quantity": component.quantity,
    }


def _plain(paging: dict[str, Any]) -> dict[str, Any]:
    known = ("first", "last", "after", "before", "reverse", "query")
    return {name: value for name, value in paging.items() if name in known}


COMPONENTS = Listing(
    _component, sort=lambda one: one.variant_id, identity=lambda one: one.variant_id
)
IMAGES = Listing(image)
LEVELS = Listing(
    InventoryLevelView,
    filters={
        "id": lambda level: level.id,
        "inventory_item_id": lambda level: level.item_id,
        "updated_at": lambda level: level.updated_at,
        "created_at": lambda level: level.created_at,
    },
)
VARIANTS = Listing(
    ProductVariantView,
    filters={
        "id": lambda variant: variant.id,
        "sku": lambda variant: variant.sku,
        "barcode": lambda variant: variant.barcode,
        "product_id": lambda variant: variant.product_id,
        "updated_at": lambda variant: variant.updated_at,
        "title": lambda variant: variant.title,
    },
    words=lambda variant: f"{variant.title} {variant.sku}",
)
