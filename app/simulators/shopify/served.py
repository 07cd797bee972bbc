"""Which fields of Shopify's Admin schema the simulator answers; the trimmed schema is made from it."""

from __future__ import annotations

ORDER_MONEY = "totalPriceSet currentTotalPriceSet subtotalPriceSet totalRefundedSet"

SERVED: dict[str, str] = {
    "QueryRoot": (
        "shop inventoryItem inventoryItems inventoryLevel inventoryProperties location locations"
        " locationsCount order orders ordersCount fulfillmentOrder fulfillmentOrders fulfillment"
        " refund product products productsCount productVariant productVariants productVariantsCount"
        " bulkOperation bulkOperations currentBulkOperation node nodes currentAppInstallation"
        " webhookSubscription webhookSubscriptions shopifyqlQuery inventoryTransfer"
        " inventoryTransfers inventoryShipment"
    ),
    "Mutation": (
        "inventoryMoveQuantities inventoryAdjustQuantities inventorySetQuantities inventoryActivate"
        " bulkOperationRunQuery bulkOperationCancel webhookSubscriptionCreate"
        " webhookSubscriptionDelete appUninstall"
    ),
    "Shop": (
        "id name email contactEmail myshopifyDomain url primaryDomain currencyCode ianaTimezone"
        " timezoneAbbreviation timezoneOffset timezoneOffsetMinutes createdAt updatedAt plan"
        " weightUnit unitSystem"
    ),
    "ShopPlan": "displayName partnerDevelopment shopifyPlus publicDisplayName",
    "Domain": "id host url sslEnabled",
    "Count": "count precision",
    "MoneyV2": "amount currencyCode",
    "MoneyBag": "shopMoney presentmentMoney",
    "Image": "id url altText width height",
    "InventoryItem": (
        "id legacyResourceId sku tracked duplicateSkuCount createdAt updatedAt requiresShipping"
        " inventoryHistoryUrl unitCost locationsCount inventoryLevel inventoryLevels variant"
        " variants"
    ),
    "InventoryLevel": (
        "id isActive canDeactivate deactivationAlert createdAt updatedAt item location quantities"
    ),
    "InventoryQuantity": "id name quantity updatedAt",
    "InventoryProperties": "quantityNames",
    "InventoryQuantityName": "name displayName isInUse belongsTo comprises",
    "InventoryAdjustmentGroup": "id createdAt reason referenceDocumentUri app changes",
    "ShopifyqlQueryResponse": "parseErrors tableData",
    "ShopifyqlTableData": "columns rows",
    "ShopifyqlTableDataColumn": "name dataType displayName",
    "InventoryChange": "name delta quantityAfterChange ledgerDocumentUri item location",
    "InventoryTransfer": (
        "id name referenceName status dateCreated origin destination tags totalQuantity"
        " receivedQuantity lineItems shipments"
    ),
    "InventoryTransferLineItem": (
        "id inventoryItem title totalQuantity shippedQuantity pickedForShipmentQuantity"
        " shippableQuantity processableQuantity"
    ),
    "InventoryShipment": (
        "id name status dateCreated dateShipped dateReceived tracking lineItems"
        " lineItemTotalQuantity totalAcceptedQuantity totalRejectedQuantity totalReceivedQuantity"
    ),
    "InventoryShipmentLineItem": (
        "id inventoryItem quantity acceptedQuantity rejectedQuantity unreceivedQuantity"
    ),
    "InventoryShipmentTracking": "arrivesAt company trackingNumber trackingUrl",
    "LocationSnapshot": "name location snapshottedAt",
    "Location": (
        "id legacyResourceId name isActive isFulfillmentService fulfillsOnlineOrders shipsInventory"
        " hasActiveInventory hasUnfulfilledOrders isPrimary address activatable deactivatable"
        " deletable deactivatedAt createdAt updatedAt inventoryLevel inventoryLevels"
    ),
    "LocationAddress": (
        "address1 address2 city country countryCode formatted province provinceCode zip"
    ),
    "Product": (
        "id legacyResourceId title handle status vendor productType tags createdAt updatedAt"
        " publishedAt featuredImage images featuredMedia totalInventory tracksInventory"
        " hasOnlyDefaultVariant hasVariantsThatRequiresComponents variantsCount variants"
    ),
    "MediaImage": "id alt mediaContentType status preview image createdAt updatedAt",
    "Media": "id alt mediaContentType status preview",
    "MediaPreviewImage": "image status",
    "ProductVariant": (
        "id legacyResourceId title displayName sku barcode position price compareAtPrice taxable"
        " createdAt updatedAt inventoryPolicy inventoryQuantity sellableOnlineQuantity"
        " availableForSale requiresComponents selectedOptions image inventoryItem product"
        " productVariantComponents"
    ),
    "ProductVariantComponent": "id productVariant quantity",
    "SelectedOption": "name value",
    "Order": (
        "id legacyResourceId name number createdAt updatedAt processedAt closed closedAt cancelledAt"
        " cancelReason confirmed test edited fulfillable currencyCode displayFinancialStatus"
        " displayFulfillmentStatus requiresShipping returnStatus sourceName sourceIdentifier"
        " subtotalLineItemsQuantity currentSubtotalLineItemsQuantity tags retailLocation"
        f" {ORDER_MONEY} lineItems fulfillmentOrders fulfillments fulfillmentsCount refunds"
    ),
    "LineItem": (
        "id name title variantTitle vendor sku quantity currentQuantity fulfillableQuantity"
        " nonFulfillableQuantity refundableQuantity unfulfilledQuantity fulfillmentStatus"
        " requiresShipping restockable taxable isGiftCard merchantEditable variant product"
        " originalUnitPriceSet discountedUnitPriceSet originalTotalSet discountedTotalSet"
    ),
    "FulfillmentOrder": (
        "id status requestStatus createdAt updatedAt fulfillAt assignedLocation order orderId"
        " orderName orderProcessedAt lineItems fulfillments supportedActions"
    ),
    "FulfillmentOrderSupportedAction": "action externalUrl",
    "FulfillmentOrderAssignedLocation": "name location countryCode city province zip",
    "FulfillmentOrderLineItem": (
        "id lineItem inventoryItemId productTitle variantTitle sku requiresShipping variant vendor"
        " totalQuantity remainingQuantity"
    ),
    "Fulfillment": (
        "id legacyResourceId name status displayStatus createdAt updatedAt location order"
        " requiresShipping totalQuantity fulfillmentLineItems fulfillmentOrders trackingInfo"
    ),
    "FulfillmentTrackingInfo": "company number url",
    "FulfillmentLineItem": "id lineItem quantity originalTotalSet discountedTotalSet",
    "Refund": (
        "id legacyResourceId createdAt processedAt updatedAt note order refundLineItems"
        " totalRefundedSet"
    ),
    "RefundLineItem": "id lineItem quantity restockType restocked location priceSet subtotalSet",
    "BulkOperation": (
        "id status errorCode type query createdAt completedAt objectCount rootObjectCount fileSize"
        " url partialDataUrl"
    ),
    "AppInstallation": "id app accessScopes launchUrl uninstallUrl activeSubscriptions",
    "AppSubscription": "id name status test createdAt currentPeriodEnd trialDays",
    "AccessScope": "handle description",
    "App": "id title handle apiKey embedded developerName",
    "WebhookSubscription": (
        "id legacyResourceId topic uri format includeFields filter name createdAt updatedAt"
    ),
}
"""Object type or interface → fields. Connections, edges, payloads and error types come along."""
