"""Amazon's purchase orders and statuses read into our words: eaches, Decimal money, moments in UTC."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property, lru_cache
from typing import Any, Literal, NamedTuple

import orjson

LARGEST = 2**31 - 1
STATES = ("New", "Acknowledged", "Closed")


class BadPaper(ValueError):
    """A paper that cannot be read; the sentence says which part of it."""


class Quantity(NamedTuple):
    """An amount as Amazon wrote it, and the eaches it makes."""

    amount: int
    unit: str
    unit_size: int

    @property
    def units(self) -> int:
        return self.amount * self.unit_size if self.unit == "Cases" else self.amount


class LineFacts(NamedTuple):
    """One line of a purchase order."""

    line: str
    position: int
    asin: str | None
    vendor_sku: str | None
    ordered: Quantity
    back_order_allowed: bool
    cost: Decimal | None
    currency: str | None
    weight_unit: str | None
    is_list_price: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class OrderFacts:
    """A purchase order as Amazon shows it at one moment."""

    number: str
    state: str
    type: str | None
    payment_method: str | None
    vendor_code: str
    ship_to: str
    ordered_at: datetime
    changed_at: datetime | None
    state_changed_at: datetime | None
    ship_window: tuple[datetime, datetime] | None
    delivery_window: tuple[datetime, datetime] | None
    lines: tuple[LineFacts, ...]
    content: dict[str, Any] = field(repr=False)
    source: Literal["api", "file"] = "api"
    withdrawn: bool = False

    @cached_property
    def written(self) -> str:
        """The paper as JSON, fit to store."""
        return written(self.content)

    @cached_property
    def digest(self) -> str:
        return _digest(self.written)

    @property
    def as_of(self) -> datetime:
        """The newest of its own times; an older copy never replaces a newer one."""
        return max(filter(None, (self.ordered_at, self.changed_at, self.state_changed_at)))


class LineStatus(NamedTuple):
    """What Amazon has confirmed and received of one line."""

    line: str
    confirmation: str | None
    accepted: Quantity | None
    rejected: Quantity | None
    received: Quantity | None
    last_received_at: datetime | None


@dataclass(frozen=True)
class StatusFacts:
    """The status of one purchase order at one moment."""

    number: str
    status: str
    ordered_at: datetime
    updated_at: datetime | None
    lines: tuple[LineStatus, ...]
    content: dict[str, Any] = field(repr=False)

    @cached_property
    def written(self) -> str:
        """The paper as JSON, fit to store."""
        return written(self.content)

    @cached_property
    def digest(self) -> str:
        return _digest(self.written)


def digest_of(content: Any) -> str:
    """A short digest of a paper that does not depend on the order of its keys."""
    return _digest(written(content))


def written(content: Any) -> str:
    """A paper as JSON with sorted keys and exact decimals as strings, fit to store."""
    found = _dumped(content)
    # PostgreSQL keeps no NUL; looking for one costs less than going through every paper.
    return _dumped(plain(content)) if "\\u0000" in found else found


def _dumped(content: Any) -> str:
    # A digest is compared with those of years ago, so both must write the same: what is not ASCII,
    # escaped here, and what only Python's own counts as JSON is left to that, which is slower.
    try:
        found = orjson.dumps(content, default=_exact, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return _dumped_slowly(content)
    plain_ascii = found.isascii() and b"\x7f" not in found
    return found.decode() if plain_ascii else _dumped_slowly(content)


def _dumped_slowly(content: Any) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), default=_exact)


def _exact(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value)} is no part of a paper")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def plain(value: Any) -> Any:
    """The same JSON with exact decimals as strings, fit to store."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value.replace("\x00", "") if isinstance(value, str) else value


def order_facts(raw: Any) -> OrderFacts:
    """Reads an `Order` of vendorOrders. Raises BadPaper when it cannot be what it says."""
    order = _mapping(raw, "order")
    details = _mapping(order.get("orderDetails"), "orderDetails")
    number = number_of(order)
    state = order.get("purchaseOrderState")
    if state not in STATES:
        raise BadPaper(f"purchaseOrderState {state!r} is unknown")
    lines = tuple(
        _line_facts(item, position) for position, item in enumerate(_items(details, "items"))
    )
    if len({line.line for line in lines}) < len(lines):
        raise BadPaper("two lines have the same itemSequenceNumber")
    return OrderFacts(
        number=number,
        state=state,
        type=_text(details.get("purchaseOrderType")),
        payment_method=_text(details.get("paymentMethod")),
        vendor_code=_party(details.get("sellingParty")),
        ship_to=_party(details.get("shipToParty")),
        ordered_at=_moment(details.get("purchaseOrderDate"), "purchaseOrderDate"),
        changed_at=_maybe_moment(details.get("purchaseOrderChangedDate")),
        state_changed_at=_maybe_moment(details.get("purchaseOrderStateChangedDate")),
        ship_window=window(details.get("shipWindow")),
        delivery_window=window(details.get("deliveryWindow")),
        lines=lines,
        content=dict(order),
    )


def status_facts(raw: Any) -> StatusFacts:
    """Reads an `OrderStatus` of vendorOrders. Raises BadPaper when it cannot be what it says."""
    status = _mapping(raw, "status")
    return StatusFacts(
        number=number_of(status),
        status=_text(status.get("purchaseOrderStatus")) or "OPEN",
        ordered_at=_moment(status.get("purchaseOrderDate"), "purchaseOrderDate"),
        updated_at=_maybe_moment(status.get("lastUpdatedDate")),
        lines=tuple(_line_status(item) for item in _items(status, "itemStatus")),
        content=dict(status),
    )


def number_of(raw: Mapping[str, Any]) -> str:
    """A paper's purchase order number. Raises BadPaper without one."""
    number = _text(raw.get("purchaseOrderNumber"))
    if not number or len(number) > 64:
        raise BadPaper(f"purchaseOrderNumber {str(number)[:80]!r} is not one")
    return number


def window(value: Any) -> tuple[datetime, datetime] | None:
    """A `start--end` interval (vendorOrders, DateTimeInterval), or None when there is none."""
    if value in (None, ""):
        return None
    start, separator, end = str(value).partition("--")
    if not separator:
        raise BadPaper(f"window {value!r} has no double hyphen")
    return _moment(start, "window"), _moment(end, "window")


def quantity(raw: Any) -> Quantity | None:
    """An ItemQuantity, or None where there is none. Raises BadPaper for numbers beyond belief."""
    # A mapping that is no dict is looked for slowly, and there are five of these on each line.
    if type(raw) is not dict and not isinstance(raw, Mapping):
        return None
    amount = raw.get("amount")
    if amount is None:
        return None
    amount, size = _whole(amount, "amount"), raw.get("unitSize")
    unit = "Cases" if raw.get("unitOfMeasure") == "Cases" else "Eaches"
    found = Quantity(amount, unit, (_whole(size, "unitSize") or 1) if size is not None else 1)
    if found.units > LARGEST:
        raise BadPaper(f"{found.amount} × {found.unit_size} is more than can be counted")
    return found


def _line_facts(raw: Any, position: int) -> LineFacts:
    item = _mapping(raw, "item")
    line = _text(item.get("itemSequenceNumber"))
    if not line:
        raise BadPaper(f"item {position + 1} has no itemSequenceNumber")
    ordered = quantity(item.get("orderedQuantity"))
    notes = []
    if ordered is None or (ordered.unit == "Cases" and not item["orderedQuantity"].get("unitSize")):
        notes.append("bad_quantity")
    price = item.get("netCost") or item.get("listPrice") or {}
    cost = _decimal(price.get("amount")) if isinstance(price, Mapping) else None
    return LineFacts(
        line=line,
        position=position,
        asin=_text(item.get("amazonProductIdentifier")),
        vendor_sku=_text(item.get("vendorProductIdentifier")),
        ordered=ordered or Quantity(0, "Eaches", 1),
        back_order_allowed=item.get("isBackOrderAllowed") is True,
        cost=cost,
        currency=(_text(price.get("currencyCode")) or "USD")[:3] if cost is not None else None,
        weight_unit=_text(price.get("unitOfMeasure")) if cost is not None else None,
        is_list_price=not item.get("netCost") and bool(item.get("listPrice")),
        notes=tuple(notes),
    )


def _line_status(raw: Any) -> LineStatus:
    item = _mapping(raw, "itemStatus")
    line = _text(item.get("itemSequenceNumber"))
    if not line:
        raise BadPaper("a status line has no itemSequenceNumber")
    confirmed = item.get("acknowledgementStatus") or {}
    receiving = item.get("receivingStatus") or {}
    return LineStatus(
        line=line,
        confirmation=_text(confirmed.get("confirmationStatus")),
        accepted=quantity(confirmed.get("acceptedQuantity")),
        rejected=quantity(confirmed.get("rejectedQuantity")),
        received=quantity(receiving.get("receivedQuantity")),
        last_received_at=_maybe_moment(receiving.get("lastReceiveDate")),
    )


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    if type(value) is not dict and not isinstance(value, Mapping):
        raise BadPaper(f"{name} is not an object")
    return value


def _items(holder: Mapping[str, Any], name: str) -> list[Any]:
    found = holder.get(name)
    if not isinstance(found, list):
        raise BadPaper(f"{name} is not a list")
    return found


def _text(value: Any) -> str | None:
    return str(value).strip().replace("\x00", "") or None if value is not None else None


def _party(value: Any) -> str:
    return _text(value.get("partyId")) or "" if isinstance(value, Mapping) else ""


def _whole(value: Any, name: str) -> int:
    if type(value) is int and 0 <= value <= LARGEST:
        return value
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise BadPaper(f"{name} {value!r} is not a number")
    number = _decimal(value)
    if number is None or number != number.to_integral_value() or not 0 <= number <= LARGEST:
        raise BadPaper(f"{name} {str(value)[:40]!r} is not a whole number of units")
    return int(number)


def _decimal(value: Any) -> Decimal | None:
    if value is None:
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise BadPaper(f"{str(value)[:40]!r} is not a number") from None
    if not number.is_finite() or abs(number) >= Decimal(10) ** 15:
        raise BadPaper(f"{str(value)[:40]!r} is not a believable number")
    return number


def _moment(value: Any, name: str) -> datetime:
    try:
        return _read_moment(str(value))
    except ValueError:
        raise BadPaper(f"{name} {value!r} is not a date and time") from None


@lru_cache(maxsize=1024)  # the lines of an order mostly say the same times
def _read_moment(value: str) -> datetime:
    found = datetime.fromisoformat(value.strip())
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _maybe_moment(value: Any) -> datetime | None:
    return None if value in (None, "") else _moment(value, "date")
