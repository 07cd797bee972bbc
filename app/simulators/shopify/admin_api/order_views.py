"""How orders and their papers look in GraphQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from app.simulators.shopify import records
from app.simulators.shopify.admin_api.context import Context, Listing, connection, gid
from app.simulators.shopify.admin_api.views import (
    Info,
    count,
    location_of,
    moment,
    money_bag,
    product_of,
    variant_of,
)
from app.simulators.shopify.records import Order, now

WINDOW = timedelta(days=60)
"""Without the scope read_all_orders, older orders are not shown."""
FINANCIAL = {
    "paid": "PAID",
    "refunded": "REFUNDED",
    "partially_refunded": "PARTIALLY_REFUNDED",
}
REASONS = {"customer", "declined", "fraud", "inventory", "other", "staff"}
ACTIVE = ("OPEN", "IN_PROGRESS")


def visible_orders(context: Context) -> list[Order]:
    """The orders that the app may see."""
    return [order for order in context.store.all(Order) if is_visible(context, order)]


def is_visible(context: Context, order: Order) -> bool:
    recent = order.created_at >= now() - WINDOW
    return recent or "read_all_orders" in context.state.shop.scopes


class OrderView:
    __typename = "Order"

    def __init__(self, context: Context, order: Order) -> None:
        self._context = context
        self._order = order
        total = sum((Decimal(line.price) * line.quantity for line in order.lines), Decimal())
        current = sum((Decimal(line.price) * line.current for line in order.lines), Decimal())
        self.id = gid("Order", order.id)
        self.legacyResourceId = str(order.id)
        self.name = order.name
        self.number = order.number
        self.createdAt = self.processedAt = moment(order.created_at)
        self.updatedAt = moment(order.updated_at)
        self.closedAt = moment(order.closed_at)
        self.closed = order.closed_at is not None
        self.cancelledAt = moment(order.cancelled_at)
        reason = (order.cancel_reason or "").lower()
        self.cancelReason = (
            None if not order.cancelled_at else (reason if reason in REASONS else "other").upper()
        )
        self.confirmed = True
        self.test = order.test
        self.edited = order.edited
        self.fulfillable = any(route.status in ACTIVE for route in order.routes)
        self.currencyCode = order.currency
        self.displayFinancialStatus = FINANCIAL[order.financial_status()]
        self.displayFulfillmentStatus = fulfillment_status(order)
        self.requiresShipping = any(line.requires_shipping for line in order.lines)
        self.returnStatus = "NO_RETURN"
        self.sourceName = order.source_name
        self.sourceIdentifier = order.source_identifier
        self.subtotalLineItemsQuantity = order.units()
        self.currentSubtotalLineItemsQuantity = sum(line.current for line in order.lines)
        self.tags = order.tags
        self.retailLocation = None
        self.totalPriceSet = self.subtotalPriceSet = money_bag(context, total)
        self.currentTotalPriceSet = money_bag(context, current)
        self.totalRefundedSet = money_bag(context, total - current)
        self.fulfillmentsCount = count(len(order.fulfillments))

    def lineItems(self, info: Info, **paging: Any) -> dict[str, Any]:
        return connection(self._context, self._order.lines, line_items(self._order), **paging)

    def lineItem(self, number: int | None) -> LineItemView:
        """One line, for a look-up by its id."""
        return LineItemView(self._context, self._order, self._order.line(number or 0))

    def fulfillmentOrders(
        self, info: Info, displayable: bool = False, **paging: Any
    ) -> dict[str, Any]:
        listing = Listing(
            lambda context, route: FulfillmentOrderView(context, self._order, route),
            filters={
                "id": lambda route: route.id,
                "status": lambda route: route.status.lower(),
                "assigned_location_id": lambda route: route.location_id,
                "updated_at": lambda route: route.updated_at,
            },
        )
        return connection(self._context, self._order.routes, listing, **paging)

    def fulfillments(
        self, info: Info, first: int | None = None, query: str | None = None
    ) -> list[FulfillmentView]:
        return [
            FulfillmentView(self._context, self._order, one)
            for one in self._order.fulfillments[:first]
        ]

    def refunds(self, info: Info, first: int | None = None) -> list[RefundView]:
        return [RefundView(self._context, self._order, one) for one in self._order.refunds[:first]]


class LineItemView:
    __typename = "LineItem"

    def __init__(self, context: Context, order: Order, line: records.Line) -> None:
        self._context = context
        self._line = line
        remaining, shipped = order.remaining(line.id), order.shipped(line.id)
        unit = money_bag(context, line.price)
        total = money_bag(context, Decimal(line.price) * line.quantity)
        self.id = gid("LineItem", line.id)
        self.title = line.title
        self.variantTitle = line.variant_title
        self.name = f"{line.title} - {line.variant_title}" if line.variant_title else line.title
        self.vendor = None
        self.sku = line.sku
        self.quantity = line.quantity
        self.currentQuantity = self.refundableQuantity = line.current
        self.fulfillableQuantity = self.unfulfilledQuantity = remaining
        self.nonFulfillableQuantity = line.quantity - remaining
        self.fulfillmentStatus = (
            "unfulfilled" if not shipped else "partial" if remaining else "fulfilled"
        )
        self.requiresShipping = line.requires_shipping
        self.restockable = self.taxable = self.merchantEditable = True
        self.isGiftCard = False
        self.originalUnitPriceSet = self.discountedUnitPriceSet = unit
        self.originalTotalSet = self.discountedTotalSet = total

    def variant(self, info: Info) -> Any:
        return variant_of(self._context, self._line.variant_id)

    def product(self, info: Info) -> Any:
        return product_of(self._context, self._line.product_id)


class FulfillmentOrderView:
    __typename = "FulfillmentOrder"

    def __init__(self, context: Context, order: Order, route: records.Route) -> None:
        self._context = context
        self._order = order
        self._route = route
        self.id = gid("FulfillmentOrder", route.id)
        self.status = route.status
        self.requestStatus = "UNSUBMITTED"
        self.createdAt = self.fulfillAt = moment(route.created_at)
        self.updatedAt = moment(route.updated_at)
        self.orderId = gid("Order", order.id)
        self.orderName = order.name
        self.orderProcessedAt = moment(order.created_at)
        actions = ["CREATE_FULFILLMENT", "MOVE", "HOLD"] if route.status in ACTIVE else []
        self.supportedActions = [{"action": action, "externalUrl": None} for action in actions]

    def order(self, info: Info) -> OrderView:
        return OrderView(self._context, self._order)

    def assignedLocation(self, info: Info) -> dict[str, Any]:
        location = self._context.store.get(records.Location, self._route.location_id)
        assert location is not None
        return {
            "name": location.name,
            "location": location_of(self._context, location.id),
            "countryCode": "US",
            "city": location.address.get("city"),
            "province": location.address.get("province"),
            "zip": location.address.get("zip"),
        }

    def lineItems(self, info: Info, **paging: Any) -> dict[str, Any]:
        return connection(self._context, self._route.lines, Listing(self._line), **paging)

    def fulfillments(self, info: Info, **paging: Any) -> dict[str, Any]:
        found = [
            one
            for one in self._order.fulfillments
            if any(line.route_id == self._route.id for line in one.lines)
        ]
        listing = Listing(lambda context, one: FulfillmentView(context, self._order, one))
        return connection(self._context, found, listing, **paging)

    def _line(self, context: Context, routed: records.RoutedLine) -> dict[str, Any]:
        line = self._order.line(routed.line_id)
        item = None if routed.item_id is None else gid("InventoryItem", routed.item_id)
        return {
            "__typename": "FulfillmentOrderLineItem",
            "id": gid("FulfillmentOrderLineItem", routed.id),
            "lineItem": LineItemView(context, self._order, line),
            "inventoryItemId": item,
            "productTitle": line.title,
            "variantTitle": line.variant_title,
            "sku": line.sku,
            "vendor": None,
            "requiresShipping": line.requires_shipping,
            "variant": variant_of(context, line.variant_id),
            "totalQuantity": routed.total,
            "remainingQuantity": routed.remaining,
        }


class FulfillmentView:
    __typename = "Fulfillment"

    def __init__(self, context: Context, order: Order, one: records.Fulfillment) -> None:
        self._context = context
        self._order = order
        self._one = one
        self.id = gid("Fulfillment", one.id)
        self.legacyResourceId = str(one.id)
        self.name = one.name
        self.status = one.status.upper()
        self.displayStatus = "FULFILLED" if one.status == "success" else "CANCELED"
        self.createdAt = moment(one.created_at)
        self.updatedAt = moment(one.updated_at)
        self.requiresShipping = True
        self.totalQuantity = sum(line.quantity for line in one.lines)

    def location(self, info: Info) -> Any:
        return location_of(self._context, self._one.location_id)

    def order(self, info: Info) -> OrderView:
        return OrderView(self._context, self._order)

    def trackingInfo(self, info: Info, first: int | None = None) -> list[dict[str, Any]]:
        number = self._one.tracking_number
        url = f"https://tracking.example/{number}"
        return [{"company": "UPS", "number": number, "url": url}][:first]

    def fulfillmentLineItems(self, info: Info, **paging: Any) -> dict[str, Any]:
        return connection(self._context, self._one.lines, Listing(self._line), **paging)

    def fulfillmentOrders(self, info: Info, **paging: Any) -> dict[str, Any]:
        wanted = {line.route_id for line in self._one.lines}
        found = [route for route in self._order.routes if route.id in wanted]
        listing = Listing(lambda context, route: FulfillmentOrderView(context, self._order, route))
        return connection(self._context, found, listing, **paging)

    def _line(self, context: Context, shipped: records.ShippedLine) -> dict[str, Any]:
        line = self._order.line(shipped.line_id)
        total = money_bag(context, Decimal(line.price) * shipped.quantity)
        return {
            "__typename": "FulfillmentLineItem",
            "id": gid("FulfillmentLineItem", shipped.id),
            "lineItem": LineItemView(context, self._order, line),
            "quantity": shipped.quantity,
            "originalTotalSet": total,
            "discountedTotalSet": total,
        }


class RefundView:
    __typename = "Refund"

    def __init__(self, context: Context, order: Order, refund: records.Refund) -> None:
        self._context = context
        self._order = order
        self._refund = refund
        self.id = gid("Refund", refund.id)
        self.legacyResourceId = str(refund.id)
        self.createdAt = self.processedAt = self.updatedAt = moment(refund.created_at)
        self.note = refund.note
        total = sum(
            (Decimal(order.line(line.line_id).price) * line.quantity for line in refund.lines),
            Decimal(),
        )
        self.totalRefundedSet = money_bag(context, total)

    def order(self, info: Info) -> OrderView:
        return OrderView(self._context, self._order)

    def refundLineItems(self, info: Info, **paging: Any) -> dict[str, Any]:
        return connection(self._context, self._refund.lines, Listing(self._line), **paging)

    def _line(self, context: Context, refunded: records.RefundedLine) -> dict[str, Any]:
        line = self._order.line(refunded.line_id)
        return {
            "id": gid("RefundLineItem", refunded.id),
            "lineItem": LineItemView(context, self._order, line),
            "quantity": refunded.quantity,
            "restockType": refunded.restock_type.upper(),
            "restocked": refunded.restock_type != "no_restock",
            "location": location_of(context, refunded.location_id),
            "priceSet": money_bag(context, line.price),
            "subtotalSet": money_bag(context, Decimal(line.price) * refunded.quantity),
        }


def line_items(order: Order) -> Listing:
    return Listing(lambda context, line: LineItemView(context, order, line))


def fulfillment_status(order: Order) -> str:
    """As the admin names it."""
    shipped = any(order.shipped(line.id) for line in order.lines)
    remaining = any(order.remaining(line.id) for line in order.lines)
    if not shipped:
        return "UNFULFILLED"
    return "PARTIALLY_FULFILLED" if remaining else "FULFILLED"


def _status(order: Order) -> list[str]:
    if order.cancelled_at is not None:
        return ["cancelled", "any"]
    return ["closed" if order.closed_at else "open", "not_closed" if not order.closed_at else "any"]


def _shipping(order: Order) -> list[str]:
    status = fulfillment_status(order).lower()
    names = {"unfulfilled": ["unshipped"], "partially_fulfilled": ["partial"]}
    return [status, *names.get(status, ["shipped"])]


def _sorts() -> dict[str, Callable[[Order], Any]]:
    return {
        "CREATED_AT": lambda order: order.created_at,
        "PROCESSED_AT": lambda order: order.created_at,
        "UPDATED_AT": lambda order: order.updated_at,
        "ORDER_NUMBER": lambda order: order.number,
        "ID": lambda order: order.id,
    }


SORTS = _sorts()


def orders_listing(sort_key: str) -> Listing:
    """Orders by one of the sort keys that we serve; by processing time for any other."""
    return Listing(
        OrderView,
        sort=SORTS.get(sort_key, SORTS["PROCESSED_AT"]),
        filters={
            "id": lambda order: order.id,
            "name": lambda order: [order.name, str(order.number)],
            "created_at": lambda order: order.created_at,
            "processed_at": lambda order: order.created_at,
            "updated_at": lambda order: order.updated_at,
            "status": lambda order: [*_status(order), "any"],
            "fulfillment_status": _shipping,
            "financial_status": lambda order: order.financial_status(),
            "sku": lambda order: [line.sku for line in order.lines],
            "source_identifier": lambda order: order.source_identifier,
            "source_name": lambda order: order.source_name,
            "tag": lambda order: order.tags or None,
            "test": lambda order: order.test,
        },
        words=lambda order: order.name,
    )
