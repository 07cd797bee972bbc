"""What the papers that we write say, as values: an acknowledgement, a ship notice, an invoice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True)
class Quantity:
    """So many of a unit: EA (eaches) or CA (cases)."""

    amount: int
    unit: str = "EA"


@dataclass(frozen=True)
class Goods:
    """What a line is: by Amazon's number and by ours."""

    asin: str | None
    vendor_sku: str | None


@dataclass(frozen=True)
class Answer:
    """A part of a line: accepted, backordered (for a day) or rejected (for a reason)."""

    how: str
    quantity: Quantity
    on: date | None = None
    reason: str | None = None


@dataclass(frozen=True)
class AnsweredLine:
    """One line of an acknowledgement."""

    line: str
    goods: Goods
    ordered: Quantity
    cost: Decimal | None
    answers: Sequence[Answer]


@dataclass(frozen=True)
class AnsweredOrder:
    """An acknowledgement. `again`: it stands in place of an earlier one."""

    number: str
    ordered_at: datetime
    answered_at: datetime
    vendor_code: str
    ship_to: str
    currency: str | None
    again: bool
    lines: Sequence[AnsweredLine]


@dataclass(frozen=True)
class Packed:
    """A quantity of one line in one container (or loose)."""

    line: str
    goods: Goods
    quantity: Quantity
    lot_number: str = ""
    expires_on: date | None = None


@dataclass(frozen=True)
class PackedCarton:
    """A carton with what is in it of one order."""

    sscc: str | None
    tracking_number: str | None
    contents: Sequence[Packed]


@dataclass(frozen=True)
class PackedPallet:
    """A pallet with its cartons that hold something of one order."""

    sscc: str | None
    cartons: Sequence[PackedCarton]


@dataclass(frozen=True)
class ShippedOrder:
    """One order's part of a shipment; `loose` stands in no carton that we know."""

    number: str
    ordered_at: datetime
    pallets: Sequence[PackedPallet] = ()
    cartons: Sequence[PackedCarton] = ()
    loose: Sequence[Packed] = ()


@dataclass(frozen=True)
class Party:
    """Who or where, by its code and its business address."""

    code: str
    name: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True)
class ShipNotice:
    """A shipment. `again`: it replaces a notice that Amazon has. Weight is gross."""

    identifier: str
    again: bool
    written_at: datetime
    shipped_at: datetime
    arrives_at: datetime | None
    ship_from: Party
    ship_to: str
    vendor_code: str
    carton_count: int
    pallet_count: int
    orders: Sequence[ShippedOrder]
    weight: Decimal | None = None
    weight_unit: str = ""
    carrier_code: str = ""
    is_parcel: bool = False
    carrier_reference: str = ""
    bill_of_lading: str = ""
    amazon_reference: str = ""


@dataclass(frozen=True)
class BilledLine:
    """One line of an invoice: units at a cost of one of them, and what that comes to."""

    order: str
    line: str
    goods: Goods
    quantity: Quantity
    cost: Decimal


@dataclass(frozen=True)
class BilledCharge:
    """A charge of the whole bill, or an allowance; `type` as vendorInvoices names it."""

    type: str
    is_allowance: bool
    amount: Decimal
    description: str = ""


@dataclass(frozen=True)
class Bill:
    """An invoice or credit note. `total` is what is to be paid, with `tax` where that is in it."""

    number: str
    dated_at: datetime
    is_credit: bool
    currency: str
    vendor_code: str
    remit_to: Party
    bill_to: Party
    ship_to: str
    lines: Sequence[BilledLine]
    ordered_at: Mapping[str, datetime] = field(default_factory=dict)
    total: Decimal = Decimal()
    tax: Decimal = Decimal()
    tax_rate: Decimal | None = None
    tax_in_total: bool = True
    net_days: int | None = None
    discount_percent: str = ""
    discount_days: int | None = None
    credits: str = ""
    charges: Sequence[BilledCharge] = ()
