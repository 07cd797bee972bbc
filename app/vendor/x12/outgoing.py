"""The papers that we write: 855 (acknowledgement), 856 (ship notice), 810 (invoice). X12 4010.

Pure: values in, segments out. Which qualifier or code a partner wants comes in as `Codes`; what is
fixed here is fixed by the standard. All quantities are in the unit that stands beside them.
"""

from __future__ import annotations

from collections.abc import Callable

from app.vendor.x12.elements import Writer, cents, day, filled, hour, number, pairs
from app.vendor.x12.envelope import Segment, Separators
from app.vendor.x12.papers import (
    Answer,
    AnsweredOrder,
    Bill,
    Goods,
    Packed,
    PackedCarton,
    Party,
    ShipNotice,
    ShippedOrder,
)

# X12 element 1300, by vendorInvoices' names; what has no code of its own is described in words.
CHARGES = {
    "Freight": "D240",
    "SmallOrder": "G970",
    "Discount": "C310",
    "DiscountIncentive": "C260",
    "Promotional": "F800",
}
OTHER_CHARGE = "F050"

Codes = Callable[[str], str]
"""The code of that name; "" where the partner wants none."""


def acknowledgement(paper: AnsweredOrder, codes: Codes, separators: Separators) -> list[Segment]:
    """The segments of an 855 between ST and SE."""
    to = Writer(separators)
    is_as_ordered = all(
        [one.how for one in line.answers] == ["accepted"]
        and line.answers[0].quantity == line.ordered
        for line in paper.lines
    )
    to.add(
        "BAK",
        "05" if paper.again else "00",
        "AD" if is_as_ordered else "AC",
        to.text(paper.number, 22),
        day(paper.ordered_at),
        *("", "", "", ""),
        day(paper.answered_at),
    )
    if paper.currency:
        to.add("CUR", "SE", paper.currency)
    _vendor(to, codes, paper.vendor_code)
    _place(to, codes, "ST", paper.ship_to)
    for line in paper.lines:
        cost = "" if line.cost is None else number(line.cost)
        to.add(
            "PO1",
            to.text(line.line, 20),
            str(line.ordered.amount),
            line.ordered.unit,
            cost,
            codes("price_basis") if cost else "",
            *_goods(to, codes, line.goods),
        )
        for one in line.answers:
            _answer(to, codes, one)
    to.add("CTT", str(len(paper.lines)))
    return to.segments


def _answer(to: Writer, codes: Codes, one: Answer) -> None:
    elements = [codes(f"answer_{one.how}"), str(one.quantity.amount), one.quantity.unit]
    if one.on is not None:
        elements += ["068", day(one.on)]
    reason = codes(f"reason_{one.reason}") if one.reason else ""
    if reason:  # ACK29 is the industry's own code for why
        elements += [""] * (28 - len(elements)) + [reason]
    to.add("ACK", *elements)


def ship_notice(paper: ShipNotice, codes: Codes, separators: Separators) -> list[Segment]:
    """The segments of an 856 between ST and SE: shipment, orders, tares (pallets), packs, items."""
    to = Writer(separators)
    to.add(
        "BSN",
        "05" if paper.again else "00",
        to.text(paper.identifier, 30),
        day(paper.written_at),
        hour(paper.written_at),
        codes("structure"),
    )
    levels = _Levels(to)
    top = levels.open("S")
    weight = ("", "")
    if paper.weight is not None:
        weight = (number(paper.weight), paper.weight_unit)
    goods_weight = ("", "", "G", *weight) if weight[0] else ()
    if paper.pallet_count:
        to.add("TD1", "PLT", str(paper.pallet_count), *goods_weight)
        goods_weight = ()
    if paper.carton_count:
        to.add("TD1", "CTN", str(paper.carton_count), *goods_weight)
    if paper.carrier_code:
        to.add("TD5", "", "2", paper.carrier_code, "U" if paper.is_parcel else "M")
    for qualifier, value in (
        ("BM", paper.bill_of_lading),
        (codes("carrier_reference"), paper.carrier_reference),
        (codes("amazon_reference"), paper.amazon_reference),
    ):
        if value and qualifier:
            to.add("REF", qualifier, to.text(value, 30))
    _vendor(to, codes, paper.vendor_code)
    to.add("DTM", "011", day(paper.shipped_at), hour(paper.shipped_at))
    if paper.arrives_at is not None:
        to.add("DTM", "017", day(paper.arrives_at), hour(paper.arrives_at))
    _party(to, codes, "SF", paper.ship_from)
    _place(to, codes, "ST", paper.ship_to)
    for order in paper.orders:
        _order(to, codes, levels, top, order)
    to.add("CTT", str(levels.last))
    return to.segments


class _Levels:
    """Numbers the HL segments: each names the one above it."""

    def __init__(self, to: Writer) -> None:
        self.last = 0
        self._to = to

    def open(self, code: str, parent: int | None = None) -> int:
        self.last += 1
        self._to.add("HL", str(self.last), "" if parent is None else str(parent), code)
        return self.last


def _order(to: Writer, codes: Codes, levels: _Levels, top: int, order: ShippedOrder) -> None:
    own = levels.open("O", top)
    to.add("PRF", to.text(order.number, 22), "", "", day(order.ordered_at))
    for pallet in order.pallets:
        tare = levels.open("T", own)
        _mark(to, codes, pallet.sscc)
        for carton in pallet.cartons:
            _carton(to, codes, levels, tare, carton)
    for carton in order.cartons:
        _carton(to, codes, levels, own, carton)
    for item in order.loose:
        _item(to, codes, levels, own, item)


def _carton(to: Writer, codes: Codes, levels: _Levels, parent: int, carton: PackedCarton) -> None:
    pack = levels.open("P", parent)
    _mark(to, codes, carton.sscc)
    if carton.tracking_number:
        to.add("MAN", "CP", to.text(carton.tracking_number, 48))
    for item in carton.contents:
        _item(to, codes, levels, pack, item)


def _mark(to: Writer, codes: Codes, sscc: str | None) -> None:
    if sscc:
        to.add("MAN", codes("sscc"), f"{codes('sscc_prefix')}{sscc}")


def _item(to: Writer, codes: Codes, levels: _Levels, parent: int, item: Packed) -> None:
    levels.open("I", parent)
    to.add("LIN", to.text(item.line, 20), *_goods(to, codes, item.goods))
    to.add("SN1", "", str(item.quantity.amount), item.quantity.unit)
    if item.lot_number:
        to.add("REF", "LT", to.text(item.lot_number, 30))
    if item.expires_on is not None:
        to.add("DTM", "036", day(item.expires_on))


def invoice(paper: Bill, codes: Codes, separators: Separators) -> list[Segment]:
    """The segments of an 810 between ST and SE.

    TDS01 is the total to be paid. A tax that is in it stands in its own SAC (or TXI), so that lines
    and charges add up to it.
    """
    to = Writer(separators)
    orders = list(dict.fromkeys(line.order for line in paper.lines))
    only = orders[0] if len(orders) == 1 else ""
    to.add(
        "BIG",
        day(paper.dated_at),
        to.text(paper.number, 22),
        day(paper.ordered_at.get(only)),
        to.text(only, 22),
        *("", ""),
        "CR" if paper.is_credit else "DI",
    )
    to.add("CUR", "SE", paper.currency)
    _vendor(to, codes, paper.vendor_code)
    if paper.credits:
        to.add("REF", "OI", to.text(paper.credits, 30))
    _party(to, codes, "RE", paper.remit_to)
    _party(to, codes, "BT", paper.bill_to)
    _place(to, codes, "ST", paper.ship_to)
    if paper.net_days is not None:
        discount = ("", "")
        if paper.discount_percent:
            discount = (paper.discount_percent, str(paper.discount_days or 0))
        to.add(
            "ITD",
            "08" if discount[0] else "05",
            "3",
            discount[0],
            "",
            discount[1],
            "",
            str(paper.net_days),
        )
    for position, line in enumerate(paper.lines, start=1):
        to.add(
            "IT1",
            str(position),
            str(line.quantity.amount),
            line.quantity.unit,
            number(line.cost),
            codes("price_basis"),
            *_goods(to, codes, line.goods),
        )
        if not only:
            to.add("REF", "PO", to.text(line.order, 30))
    to.add("TDS", cents(paper.total))
    if paper.tax and paper.tax_in_total:
        if codes("tax_segment") == "TXI":
            rate = "" if paper.tax_rate is None else number(paper.tax_rate * 100)
            to.add("TXI", codes("tax_type"), number(paper.tax), rate)
        else:
            to.add("SAC", "C", codes("tax_charge"), "", "", cents(paper.tax))
    for charge in paper.charges:
        code = CHARGES.get(charge.type, OTHER_CHARGE)
        said = charge.description or charge.type
        to.add(
            "SAC",
            "A" if charge.is_allowance else "C",
            code,
            *("", ""),
            cents(charge.amount),
            *[""] * 9,
            to.text(said, 80) if code == OTHER_CHARGE or charge.description else "",
        )
    to.add("CTT", str(len(paper.lines)))
    return to.segments


def _vendor(to: Writer, codes: Codes, vendor_code: str) -> None:
    if vendor_code and codes("vendor_reference"):
        to.add("REF", codes("vendor_reference"), to.text(vendor_code, 30))


def _place(to: Writer, codes: Codes, role: str, code: str) -> None:
    if code:
        to.add("N1", role, "", codes("party"), to.text(code, 80))


def _party(to: Writer, codes: Codes, role: str, party: Party) -> None:
    code = pairs((codes("party"), to.text(party.code, 80)))
    to.add("N1", role, to.text(party.name, 60), *code)
    lines = (to.text(party.line1, 55), to.text(party.line2, 55))
    if filled(*lines):
        to.add("N3", *lines)
    place = (
        to.text(party.city, 30),
        to.text(party.state, 2) if len(party.state) == 2 else "",
        to.text(party.postal_code, 15),
        to.text(party.country, 3),
    )
    if filled(*place):
        to.add("N4", *place)


def _goods(to: Writer, codes: Codes, goods: Goods) -> tuple[str, ...]:
    return pairs(
        (codes("asin"), to.text(goods.asin, 48)),
        (codes("vendor_sku"), to.text(goods.vendor_sku, 48)),
    )
