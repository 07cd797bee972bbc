"""What our papers say, read from the books into the values that X12 is written from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from app.db import shop_of
from app.vendor.acknowledgements import quantity_in_own_unit
from app.vendor.billing import code_of
from app.vendor.invoice_charges import charges_of
from app.vendor.invoice_facts import lines_on, original_of
from app.vendor.invoice_tables import CREDIT_NOTE, Invoice
from app.vendor.orders import locked_orders
from app.vendor.promises import lines_of
from app.vendor.shipping import notice
from app.vendor.shipping.contents import Contents
from app.vendor.shipping.rules import estimated_delivery
from app.vendor.shipping.tables import Carton, CartonLine, Pallet
from app.vendor.tables import Acknowledgement, AcknowledgementLine, PurchaseOrder, PurchaseOrderLine
from app.vendor.x12.papers import (
    Answer,
    AnsweredLine,
    AnsweredOrder,
    Bill,
    BilledCharge,
    BilledLine,
    Goods,
    Packed,
    PackedCarton,
    PackedPallet,
    Party,
    Quantity,
    ShipNotice,
    ShippedOrder,
)

UNITS = {"Eaches": "EA", "Cases": "CA"}
WEIGHTS = {"Kg": "KG", "Lb": "LB"}


def answered_order(session: Session, paper: Acknowledgement) -> AnsweredOrder:
    """An acknowledgement: every line with its parts, in the unit that was ordered."""
    order = locked_orders(session, paper.region, [paper.number])[paper.number]
    lines = {line.line: line for line in lines_of(session, [order])[order.region, order.number]}
    rows = session.exec(
        select(AcknowledgementLine).where(
            AcknowledgementLine.shop_id == paper.shop_id,
            AcknowledgementLine.acknowledgement_id == paper.acknowledgement_id,
        )
    )
    spoken = sorted(
        ((lines[row.line], row) for row in rows), key=lambda pair: (pair[0].position, pair[0].line)
    )
    earlier = session.exec(
        select(Acknowledgement.acknowledgement_id).where(
            Acknowledgement.shop_id == paper.shop_id,
            Acknowledgement.region == paper.region,
            Acknowledgement.number == paper.number,
            Acknowledgement.state == "accepted",
            col(Acknowledgement.acknowledgement_id) < paper.acknowledgement_id,
        )
    ).first()
    return AnsweredOrder(
        number=order.number,
        ordered_at=order.ordered_at,
        answered_at=paper.made_at,
        vendor_code=order.vendor_code,
        ship_to=order.ship_to,
        currency=next((line.cost_currency for line, _ in spoken if line.cost_currency), None),
        again=earlier is not None,
        lines=[_answered(line, row) for line, row in spoken],
    )


def _answered(line: PurchaseOrderLine, row: AcknowledgementLine) -> AnsweredLine:
    answers = [
        Answer("accepted", _own(line, row.accept)),
        Answer("backordered", _own(line, row.backorder), on=row.backorder_on),
        Answer("rejected", _own(line, row.reject), reason=row.rejection_reason),
    ]
    # An acknowledgement speaks of every unit, so its parts make what was ordered when it was given.
    ordered = row.accept + row.backorder + row.reject
    return AnsweredLine(
        line=line.line,
        goods=Goods(line.asin, line.vendor_sku),
        ordered=_own(line, ordered),
        cost=line.cost,
        answers=[one for one in answers if one.quantity.amount],
    )


def _own(line: PurchaseOrderLine, units: int) -> Quantity:
    return _quantity(quantity_in_own_unit(line, units))


def _quantity(said: Mapping[str, Any]) -> Quantity:
    return Quantity(int(said["amount"]), UNITS[said["unitOfMeasure"]])


def ship_notice(whole: Contents, now: datetime) -> ShipNotice:
    """A sent shipment, each order with the pallets and cartons that hold something of it."""
    shipment = whole.shipment
    assert shipment.shipped_at is not None
    arrives = estimated_delivery(whole)
    place = whole.ship_from
    ship_from = Party(shipment.vendor_code)
    if place is not None:
        ship_from = Party(
            place.warehouse_code or shipment.vendor_code,
            place.name,
            place.address_line,
            city=place.city,
            state=place.state_or_region or "",
            postal_code=place.postal_code,
            country=place.country_code,
        )
    return ShipNotice(
        identifier=shipment.identifier,
        again=shipment.accepted_at is not None and shipment.waits_for_a_person,
        written_at=now,
        shipped_at=shipment.shipped_at,
        arrives_at=max(arrives, shipment.shipped_at) if arrives else None,
        ship_from=ship_from,
        ship_to=shipment.ship_to,
        vendor_code=shipment.vendor_code,
        carton_count=whole.carton_count,
        pallet_count=len(whole.pallets),
        orders=[_order(whole, order) for _, order in sorted(whole.orders.items())],
        weight=shipment.weight,
        weight_unit=WEIGHTS.get(shipment.weight_unit or "", ""),
        carrier_code=shipment.carrier_code or "",
        is_parcel=shipment.type == "SmallParcel",
        carrier_reference=shipment.carrier_reference or "",
        bill_of_lading=shipment.bill_of_lading or "",
        amazon_reference=shipment.amazon_reference or "",
    )


def _order(whole: Contents, order: PurchaseOrder) -> ShippedOrder:
    cartons = [
        (carton, own)
        for carton in whole.cartons
        if (own := _within(whole.carton_lines.get(carton.carton, ()), order))
    ]
    loose = []
    if not whole.cartons:
        loose = [
            _packed(whole, order, one.line, one.units)
            for one in whole.lines
            if one.number == order.number and one.units
        ]
    return ShippedOrder(
        number=order.number,
        ordered_at=order.ordered_at,
        pallets=[
            pallet for one in whole.pallets if (pallet := _pallet(whole, order, one, cartons))
        ],
        cartons=[_carton(whole, order, *one) for one in cartons if one[0].pallet is None],
        loose=loose,
    )


def _within(lines: Sequence[CartonLine], order: PurchaseOrder) -> list[CartonLine]:
    return [one for one in lines if one.number == order.number]


def _pallet(
    whole: Contents,
    order: PurchaseOrder,
    pallet: Pallet,
    cartons: Sequence[tuple[Carton, list[CartonLine]]],
) -> PackedPallet | None:
    own = [_carton(whole, order, *one) for one in cartons if one[0].pallet == pallet.pallet]
    return PackedPallet(pallet.sscc, own) if own else None


def _carton(
    whole: Contents, order: PurchaseOrder, carton: Carton, lines: Sequence[CartonLine]
) -> PackedCarton:
    return PackedCarton(
        carton.sscc,
        carton.tracking_number,
        [_packed(whole, order, one.line, one.units, one) for one in lines],
    )


def _packed(
    whole: Contents, order: PurchaseOrder, line: str, units: int, lot: CartonLine | None = None
) -> Packed:
    key = (order.number, line)
    ordered = whole.order_lines[key]
    return Packed(
        line=line,
        goods=Goods(ordered.asin, ordered.vendor_sku),
        quantity=_quantity(notice.quantity(ordered, units, whole.case_of(key))),
        lot_number=lot.lot_number if lot else "",
        expires_on=lot.expires_on if lot else None,
    )


def bill(session: Session, invoice: Invoice) -> Bill:
    """An invoice by the very document that was made when it got its number."""
    made = invoice.document or {}
    billing = code_of(session, invoice.region, invoice.vendor_code)
    lines = {line.position: line for line in lines_on(session, invoice)}
    rates = {line.tax_rate for line in lines.values() if line.tax_rate is not None}
    terms = made.get("paymentTerms") or {}
    original = original_of(session, invoice)
    orders = session.exec(
        select(PurchaseOrder).where(
            PurchaseOrder.shop_id == shop_of(session),
            PurchaseOrder.region == invoice.region,
            col(PurchaseOrder.number).in_({line.number for line in lines.values()}),
        )
    )
    return Bill(
        number=str(made["id"]),
        dated_at=datetime.fromisoformat(made["date"]),
        is_credit=invoice.type == CREDIT_NOTE,
        currency=invoice.currency,
        vendor_code=invoice.vendor_code,
        remit_to=_party(made["remitToParty"]),
        bill_to=_party(made["billToParty"]),
        ship_to=(made.get("shipToParty") or {}).get("partyId", ""),
        lines=[
            _billed(item, lines[int(item["itemSequenceNumber"])].line) for item in made["items"]
        ],
        ordered_at={order.number: order.ordered_at for order in orders},
        total=Decimal(made["invoiceTotal"]["amount"]),
        tax=invoice.tax_total or Decimal(),
        tax_rate=rates.pop() if len(rates) == 1 else None,
        tax_in_total=bool(billing.tax_in_total),
        net_days=terms.get("netDueDays"),
        discount_percent=str(terms.get("discountPercent") or ""),
        discount_days=terms.get("discountDueDays"),
        credits=(original.number or "") if original else "",
        charges=[
            BilledCharge(one.type, one.is_allowance, one.amount, one.description or "")
            for one in charges_of(invoice.charges)
        ],
    )


def _billed(item: Mapping[str, Any], line: str) -> BilledLine:
    return BilledLine(
        order=item["purchaseOrderNumber"],
        line=line,
        goods=Goods(item.get("amazonProductIdentifier"), item.get("vendorProductIdentifier")),
        quantity=_quantity(item["invoicedQuantity"]),
        cost=Decimal(item["netCost"]["amount"]),
    )


def _party(said: Mapping[str, Any]) -> Party:
    address = said.get("address") or {}
    return Party(
        code=said.get("partyId", ""),
        name=address.get("name", ""),
        line1=address.get("addressLine1", ""),
        line2=address.get("addressLine2", ""),
        city=address.get("city", ""),
        state=address.get("stateOrRegion", ""),
        postal_code=address.get("postalOrZipCode", ""),
        country=address.get("countryCode", ""),
    )
