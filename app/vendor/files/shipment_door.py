"""Shipments by file: notices that were given elsewhere, booked as left on the day they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import database_time, shop_of
from app.inventory import futures
from app.shops import this_shop
from app.vendor.files import grouping
from app.vendor.files.grouping import Orders, Stated
from app.vendor.files.kinds import KINDS
from app.vendor.files.paper import Became, Difference, Paper, Preview, by_place, tabled
from app.vendor.files.tables import FileImport
from app.vendor.promises import default_location
from app.vendor.shipping import contents, sending
from app.vendor.shipping.drafts import freight_term
from app.vendor.tables import Shipment, ShipmentLine

CAN_UNDO = True
AT_ONCE = 50
RECEIVED = """
SELECT 1 FROM shipment_line AS line JOIN purchase_order_line AS ordered
    USING (shop_id, region, number, line)
WHERE line.shop_id = :shop AND line.region = :region AND line.identifier = :identifier
    AND ordered.received_units > ordered.shipped_units + ordered.units_before_books - line.units
LIMIT 1
"""


def stated(kept: FileImport, known: Mapping[str, str]) -> tuple[Preview, list[Stated]]:
    """What the file says of shipments."""
    found, records = tabled(kept, known, grouping.goods_faults)
    made, faults = grouping.stated(KINDS[kept.kind], "identifier", records)
    found.faults = by_place([*found.faults, *faults])
    return found, made


def outcomes(session: Session, kept: FileImport, stated: Sequence[Stated]) -> list[Paper]:
    """What becomes of each of these shipments."""
    region = kept.choices["region"]
    orders = grouping.orders_of(session, region, stated)
    known = {
        row.identifier: row
        for row in session.exec(
            select(Shipment).where(
                Shipment.shop_id == shop_of(session),
                Shipment.region == region,
                col(Shipment.identifier).in_([one.name for one in stated]),
            )
        )
    }
    return [_paper(session, orders, known.get(one.name), one) for one in stated]


def _paper(session: Session, orders: Orders, known: Shipment | None, one: Stated) -> Paper:
    became: Became = "new"
    is_unknown, differences = grouping.strange(orders, one)
    together = {
        (order.vendor_code, order.ship_to)
        for number in one.numbers
        if (order := orders.by_number.get(number))
    }
    if is_unknown:
        became, differences = "unknown", []
    elif differences:
        became = "differs"
    elif len(together) > 1:
        became = "differs"
        differences = [Difference("", "ship_to", None, ", ".join(sorted(to for _, to in together)))]
    elif known is not None and not _was_undone(known):
        differences = _beside(session, known, grouping.units_by_line(orders, one))
        became = "differs" if differences else "same"
    content = {"stated": one}
    return Paper(one.name, one.row, became, len(one.lines), one.units, differences, content)


def _was_undone(shipment: Shipment) -> bool:
    return shipment.state == "cancelled" and shipment.import_id is not None


def _beside(
    session: Session, known: Shipment, said: Mapping[tuple[str, str], int]
) -> list[Difference]:
    own = {
        (line.number, line.line): line.units
        for line in contents.rows_of(session, ShipmentLine, known, "number", "line")
        if line.units
    }
    return [
        Difference(f"{key[0]} {key[1]}", "units", str(own.get(key, 0)), str(said.get(key, 0)))
        for key in sorted({*own, *said})
        if own.get(key, 0) != said.get(key, 0)
    ]


def take(session: Session, kept: FileImport, papers: Sequence[Paper]) -> None:
    """Books the new ones as left; the same again changes nothing."""
    new = [paper.content["stated"] for paper in papers if paper.became == "new"]
    orders = grouping.orders_of(session, kept.choices["region"], new)
    for one in new:
        _make(session, kept, orders, one)


def _make(session: Session, kept: FileImport, orders: Orders, one: Stated) -> None:
    first = orders.by_number[one.numbers[0]]
    place = first.location_id or default_location(session)
    assert place is not None, "a shop with purchase orders has a location"
    zone = futures.zone_of(session)
    left_at = datetime.combine(one.values["shipped_on"], time(12), zone).astimezone(UTC)
    left_at = min(left_at, database_time())
    by = kept.applied_by or kept.made_by
    shipment = session.get(Shipment, (shop_of(session), first.region, one.name))
    if shipment is None:
        shipment = Shipment(
            shop_id=shop_of(session),
            region=first.region,
            identifier=one.name,
            location_id=place,
            by=by,
        )
    shipment.vendor_code, shipment.ship_to = first.vendor_code, first.ship_to
    shipment.freight_term = freight_term(first)
    shipment.state, shipment.error = "accepted", None
    shipment.shipped_at = shipment.departed_at = left_at
    shipment.sent_at = shipment.accepted_at = left_at
    shipment.handed_over_how, shipment.handed_over_by = "file", by
    shipment.import_id = kept.import_id
    shipment.revision += 1
    shipment.carton_count = one.values.get("carton_count", 0)
    for name in ("carrier_code", "carrier_reference", "bill_of_lading"):
        if name in one.values:
            setattr(shipment, name, one.values[name])
    session.add(shipment)
    session.flush()
    for (number, line), units in grouping.units_by_line(orders, one).items():
        row = ShipmentLine(
            shop_id=shipment.shop_id,
            region=shipment.region,
            identifier=shipment.identifier,
            number=number,
            line=line,
            units=units,
        )
        session.merge(row)
    session.flush()
    whole = contents.read(session, shipment, lock=True)
    opened_at = this_shop(session).opened_at
    if opened_at is None or left_at >= opened_at:
        sending.book(session, whole, by, only=_is_in_books)


def _is_in_books(whole: contents.Contents, row: ShipmentLine) -> bool:
    """Whether the units stood in the books when they left; others are kept as said, and move nothing."""
    line = whole.order_lines[row.number, row.line]
    return not whole.orders[row.number].before_books and not line.units_before_books


def undo_some(session: Session, kept: FileImport) -> None:
    """Takes the next shipments of a file back; those that went on since stay, and are named."""
    outcome = dict(kept.outcome)
    rows = session.exec(
        select(Shipment)
        .where(
            Shipment.shop_id == shop_of(session),
            Shipment.import_id == kept.import_id,
            Shipment.state != "cancelled",
            col(Shipment.identifier) > outcome.get("undone_to", ""),
        )
        .order_by(col(Shipment.identifier))
        .limit(AT_ONCE)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if not rows:
        outcome.pop("undone_to", None)
        kept.state, kept.outcome = "undone", outcome
        return
    for shipment in rows:
        whole = contents.read(session, shipment, lock=True)
        reason = _keeps(session, shipment)
        if reason is not None:
            said = {"number": shipment.identifier, "because": reason}
            outcome["kept"] = [*outcome.get("kept", []), said]
        else:
            for line in whole.lines:
                line.units = 0
            shipment.state, shipment.error = "cancelled", None
            shipment.revision += 1
            sending.book(session, whole, kept.undone_by or kept.made_by)
            outcome["taken_back"] = outcome.get("taken_back", 0) + 1
        kept.done += 1
    outcome["undone_to"] = rows[-1].identifier
    kept.outcome = outcome


def _keeps(session: Session, shipment: Shipment) -> str | None:
    # A correction that was sent since has its own time of sending.
    if shipment.is_correcting or shipment.sent_at != shipment.shipped_at:
        return "changed_since"
    asked = {
        "shop": shipment.shop_id,
        "region": shipment.region,
        "identifier": shipment.identifier,
    }
    return "received_since" if session.execute(text(RECEIVED), asked).first() else None
