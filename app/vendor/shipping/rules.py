"""The check before an ASN: what is packed against what is held and what Amazon asks for.

Every finding names the rule, the field, its value, what is expected and how to put it right. How
severe a rule is, and where it comes from, is data (`rulebook.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlmodel import Session, col, select

from app.db import database_time, shop_of
from app.inventory.models import Location
from app.vendor.promises import is_firm
from app.vendor.shipping.contents import Contents
from app.vendor.shipping.rulebook import Rule, rules_of
from app.vendor.tables import PurchaseOrderLine, Shipment, ShipmentLine

CLOCKS_DIFFER = timedelta(minutes=5)
SCAC = re.compile(r"[A-Z]{2,4}")
DATE_LIKE = re.compile(r"(19|20)\d{2}[-/.]?(0[1-9]|1[0-2])[-/.]?(0[1-9]|[12]\d|3[01])\d{0,6}")


@dataclass(frozen=True)
class Found:
    """One thing that is not as it should be, before it is known how severe that is."""

    rule: str
    field: str
    value: str
    expected: str
    fix: str


@dataclass(frozen=True)
class Finding:
    """The same with its severity (`block` or `warn`) and who says so."""

    rule: str
    severity: str
    field: str
    value: str
    expected: str
    fix: str
    source: str


@dataclass(frozen=True)
class Look:
    """What every rule looks at."""

    session: Session
    whole: Contents
    left_at: datetime
    now: datetime
    rules: dict[str, Rule] = field(repr=False)

    @property
    def shipment(self) -> Shipment:
        """The shipment that is checked."""
        return self.whole.shipment

    def figure(self, rule: str) -> int | None:
        """The rule's own figure; None where it is not in force."""
        return self.rules[rule].value if rule in self.rules else None


def check(session: Session, whole: Contents, left_at: datetime | None = None) -> list[Finding]:
    """Everything that stands against sending this shipment as it is, what blocks first."""
    now = database_time()
    rules = rules_of(whole.shipment.region, now.date())
    look = Look(session, whole, left_at or whole.shipment.shipped_at or now, now, rules)
    findings = [
        Finding(
            found.rule,
            rules[found.rule].severity,
            found.field,
            found.value,
            found.expected,
            found.fix,
            rules[found.rule].source,
        )
        for rule in RULES
        for found in rule(look)
        if found.rule in rules
    ]
    return sorted(findings, key=lambda one: one.severity != "block")


def too_late_to_replace(session: Session, shipment: Shipment) -> str | None:
    """Why Amazon would take no replacement of this notice any more; None while it would."""
    rule = rules_of(shipment.region, database_time().date()).get("replace_within")
    if rule is None or rule.value is None or shipment.accepted_at is None:
        return None
    if database_time() - shipment.accepted_at > timedelta(days=rule.value):
        return f"Amazon takes a replacement within {rule.value} days of the notice."
    received = session.exec(
        select(PurchaseOrderLine.last_received_at)
        .join(
            ShipmentLine,
            (col(ShipmentLine.shop_id) == col(PurchaseOrderLine.shop_id))
            & (col(ShipmentLine.region) == col(PurchaseOrderLine.region))
            & (col(ShipmentLine.number) == col(PurchaseOrderLine.number))
            & (col(ShipmentLine.line) == col(PurchaseOrderLine.line)),
        )
        .where(
            ShipmentLine.shop_id == shipment.shop_id,
            ShipmentLine.region == shipment.region,
            ShipmentLine.identifier == shipment.identifier,
            col(PurchaseOrderLine.last_received_at) > shipment.shipped_at,
        )
        .limit(1)
    ).first()
    if received is not None:
        return "Amazon has begun to receive it, and takes a replacement before arrival only."
    return None


def _orders(look: Look) -> Iterator[Found]:
    for order in look.whole.orders.values():
        own = [line for key, line in look.whole.order_lines.items() if key[0] == order.number]
        if order.is_closed:
            yield Found("order_open", f"orders[{order.number}]", order.state, "open", "take it out")
        elif not is_firm(order, own):
            yield Found(
                "order_open", f"orders[{order.number}]", order.state, "Acknowledged", "acknowledge"
            )
        if (order.ship_to, order.vendor_code) != (look.shipment.ship_to, look.shipment.vendor_code):
            yield Found(
                "one_destination",
                f"orders[{order.number}].ship_to",
                f"{order.vendor_code} → {order.ship_to}",
                f"{look.shipment.vendor_code} → {look.shipment.ship_to}",
                "Amazon changed the order: cancel this draft and start again",
            )


def _units(look: Look) -> Iterator[Found]:
    whole = look.whole
    if not whole.units:
        yield Found("something_shipped", "lines", "0", "at least 1", "say what leaves")
    for one in whole.lines:
        key = (one.number, one.line)
        at = f"lines[{one.number}/{one.line}].units"
        more = one.units - one.booked_units
        if one.units and whole.order_lines[key].item_id is None:
            yield Found("item_known", at, str(one.units), "0", "say first which item this line is")
        if one.units > whole.open_units(key):
            most = whole.open_units(key)
            yield Found("units_open", at, str(one.units), f"at most {most}", f"lower it to {most}")
        elif more > whole.held.get(key, 0):
            held = whole.held.get(key, 0) + one.booked_units
            yield Found("units_held", at, str(one.units), f"at most {held}", "the rest is not held")
        step = whole.case_of(key)
        if one.units % step:
            yield Found(
                "whole_cases", at, str(one.units), f"multiple of {step}", f"whole cases of {step}"
            )
        if look.shipment.accepted_at is not None and more > 0:
            booked = one.booked_units
            yield Found(
                "only_fewer", at, str(one.units), f"at most {booked}", "ship the rest by itself"
            )


def _packing(look: Look) -> Iterator[Found]:
    whole = look.whole
    if not whole.cartons:
        if whole.shipment.carton_count < 1:
            yield Found("carton_count", "carton_count", "0", "at least 1", "pack the cartons")
        yield Found("sscc", "cartons", "none", "each with an SSCC", "pack the cartons here")
    for carton in whole.cartons:
        at = f"cartons[{carton.carton}]"
        if not whole.carton_lines.get(carton.carton):
            yield Found("carton_not_empty", at, "empty", "contents", "fill it or take it away")
        if carton.sscc is None:
            yield Found("sscc", f"{at}.sscc", "none", "18 digits", "enter your GS1 company prefix")
        if whole.shipment.type == "SmallParcel" and not carton.tracking_number:
            yield Found(
                "tracking_number", f"{at}.tracking_number", "none", "one per carton", "scan it"
            )
    for one in whole.lines:
        packed = whole.packed_units((one.number, one.line))
        if whole.cartons and packed != one.units:
            yield Found(
                "all_packed",
                f"lines[{one.number}/{one.line}].packed",
                str(packed),
                str(one.units),
                "pack the rest" if packed < one.units else "take units out of a carton",
            )
    for pallet in whole.pallets:
        at = f"pallets[{pallet.pallet}]"
        if not any(carton.pallet == pallet.pallet for carton in whole.cartons):
            yield Found("carton_not_empty", at, "empty", "cartons", "load it or take it away")
    most = look.figure("one_parcel")
    if whole.shipment.type == "SmallParcel" and most and whole.carton_count > most:
        yield Found(
            "one_parcel", "cartons", str(whole.carton_count), str(most), "one shipment per parcel"
        )


def _dated(look: Look) -> Iterator[Found]:
    whole = look.whole
    for one in whole.lines:
        if not one.units or whole.order_lines[one.number, one.line].item_id not in (
            whole.dated_items
        ):
            continue
        carried = [
            (carton, line)
            for carton, lines in whole.carton_lines.items()
            for line in lines
            if (line.number, line.line) == (one.number, one.line)
        ]
        if not carried:
            at = f"lines[{one.number}/{one.line}].lot_number"
            yield Found("lot_and_expiry", at, "none", "lot and expiry date", "pack it by its lot")
        for carton, line in carried:
            if not line.lot_number or line.expires_on is None:
                yield Found(
                    "lot_and_expiry",
                    f"cartons[{carton}].lines[{one.number}/{one.line}]",
                    f"{line.lot_number or 'none'}, {line.expires_on or 'none'}",
                    "lot and expiry date",
                    "pack it again with its lot",
                )


def _times(look: Look) -> Iterator[Found]:
    shipment, days = look.shipment, look.figure("shipped_at")
    earliest = look.now - timedelta(days=days or 0)
    if look.left_at > look.now + CLOCKS_DIFFER or (days and look.left_at < earliest):
        yield Found(
            "shipped_at",
            "shipped_at",
            _written(look.left_at),
            f"within the last {days} days, not ahead",
            "say when it left",
        )
    minutes = look.figure("told_in_time")
    if (
        minutes
        and shipment.revision == 0
        and look.now - look.left_at > timedelta(minutes=minutes) + CLOCKS_DIFFER
    ):
        yield Found(
            "told_in_time", "shipped_at", _written(look.left_at), f"{minutes} minutes", "send now"
        )
    late = too_late_to_replace(look.session, shipment)
    if late is not None:
        yield Found("replace_within", "accepted_at", _written(shipment.accepted_at), "", late)
    arrives = estimated_delivery(look.whole)
    if arrives is None:
        yield Found(
            "estimated_delivery", "estimated_delivery_at", "none", "a day", "say when it arrives"
        )
    for order in look.whole.orders.values():
        for name, start, end, at in (
            ("shipped_at", order.ship_start, order.ship_end, look.left_at),
            ("estimated_delivery_at", order.delivery_start, order.delivery_end, arrives),
        ):
            if start and end and at and not start <= at <= end:
                yield Found(
                    "in_window",
                    name,
                    _written(at),
                    f"{_written(start)} to {_written(end)} ({order.number})",
                    "keep to the window, or expect a charge",
                )


def _carriage(look: Look) -> Iterator[Found]:
    shipment = look.shipment
    code = shipment.carrier_code
    if code is None:
        yield Found("carrier_code", "carrier_code", "none", "SCAC", "enter the carrier's SCAC")
    elif not SCAC.fullmatch(code):
        yield Found("carrier_code_form", "carrier_code", code, "2 to 4 letters", "correct it")
    if not shipment.carrier_reference:
        yield Found(
            "carrier_reference", "carrier_reference", "none", "PRO number", "ask the carrier"
        )
    if shipment.type is None:
        yield Found("type", "type", "none", "truckload, less, or parcel", "choose one")
    if shipment.freight_term == "Collect" and not shipment.amazon_reference:
        yield Found(
            "amazon_reference", "amazon_reference", "none", "ARN", "request transport from Amazon"
        )
    if shipment.bill_of_lading:
        yield from _bill_of_lading(look, shipment.bill_of_lading)
    elif shipment.type != "SmallParcel" or shipment.region == "eu":
        yield Found("bill_of_lading", "bill_of_lading", "none", "BOL number", "enter it")
    place = look.session.get(Location, (shop_of(look.session), shipment.location_id))
    if place is None or not place.active:
        yield Found(
            "location_active", "location_id", str(shipment.location_id), "active", "choose another"
        )
    if look.whole.ship_from is None:
        yield Found("ship_from", "ship_from", "none", "address", "enter it under Settings")


def _bill_of_lading(look: Look, number: str) -> Iterator[Found]:
    at_least = look.figure("bill_of_lading_form") or 0
    digits = re.fullmatch(r"\d+", number) is not None
    prefixed = number.startswith(look.shipment.vendor_code) and bool(look.shipment.vendor_code)
    if DATE_LIKE.fullmatch(number) or not (prefixed or (digits and len(number) >= at_least)):
        yield Found(
            "bill_of_lading_form",
            "bill_of_lading",
            number,
            f"{at_least} digits or more, or with {look.shipment.vendor_code} before it; no date",
            "use the number of the paper",
        )
    other = look.session.exec(
        select(Shipment.identifier)
        .where(
            Shipment.shop_id == look.shipment.shop_id,
            Shipment.bill_of_lading == number,
            Shipment.identifier != look.shipment.identifier,
            Shipment.state != "cancelled",
        )
        .limit(1)
    ).first()
    if other is not None:
        yield Found(
            "bill_of_lading_form",
            "bill_of_lading",
            number,
            f"not that of {other}",
            "only several notices of one truck share it",
        )


def estimated_delivery(whole: Contents) -> datetime | None:
    """When it is said to arrive: as stated, else the earliest end of its orders' windows."""
    if whole.shipment.estimated_delivery_at is not None:
        return whole.shipment.estimated_delivery_at
    ends = [order.delivery_end or order.ship_end for order in whole.orders.values()]
    return min((end for end in ends if end is not None), default=None)


def _written(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if moment else "none"


RULES: tuple[Callable[[Look], Iterator[Found]], ...] = (
    _orders,
    _units,
    _packing,
    _dated,
    _times,
    _carriage,
)
