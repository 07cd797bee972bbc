"""Packing: what goes into which carton, and which cartons stand on which pallet.

Numbers of cartons and pallets are of one shipment; one that was taken away leaves a gap until the
shipment is sent, and its SSCC is never given again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from app.errors import FieldError, Refused
from app.vendor.shipping import contents, sscc
from app.vendor.shipping.contents import Contents, LineKey
from app.vendor.shipping.tables import Carton, CartonLine, Pallet
from app.vendor.tables import Shipment

MOST_CARTONS = 2000


@dataclass(frozen=True)
class Put:
    """Eaches of one line, of one lot, to be put into a carton."""

    number: str
    line: str
    units: int
    lot_number: str = ""
    expires_on: date | None = None

    @property
    def key(self) -> LineKey:
        """The line they are of."""
        return self.number, self.line


def pack(
    session: Session,
    shipment: Shipment,
    puts: Sequence[Put],
    *,
    copies: int,
    at: datetime,
    by: str,
) -> list[Carton]:
    """Makes that many cartons with the same contents, each with an SSCC of its own.

    Raises Refused 422 with the path of every wrong field: an unknown line, more than is planned.
    """
    whole = contents.read(session, shipment)
    errors = _errors(whole, puts, copies)
    if errors:
        raise Refused("cannot_pack", "This cannot be packed like this.", errors=errors)
    return _make(session, whole, [list(puts)] * copies, at=at, by=by)


def pack_by_case(session: Session, shipment: Shipment, *, at: datetime, by: str) -> list[Carton]:
    """Packs whatever is not packed yet: each whole case a carton, the rest of a line one more.

    Lines of dated goods are left out; their lots must be said. What Amazon orders in eaches goes by
    the item's own case, and into one carton where that is not known.
    """
    whole = contents.read(session, shipment)
    boxes: list[list[Put]] = []
    for one in whole.lines:
        key = (one.number, one.line)
        line = whole.order_lines[key]
        rest = one.units - whole.packed_units(key)
        size = whole.carton_size(key) or max(rest, 1)
        if line.item_id is None or line.item_id in whole.dated_items:
            continue
        while rest > 0:
            boxes.append([Put(*key, min(size, rest))])
            rest -= size
    if len(whole.cartons) + len(boxes) > MOST_CARTONS:
        raise Refused("too_many_cartons", f"A shipment has at most {MOST_CARTONS} cartons.")
    return _make(session, whole, boxes, at=at, by=by)


def repack(
    session: Session, shipment: Shipment, carton: int, puts: Sequence[Put], tracking: str | None
) -> None:
    """States anew what is in one carton, and the carrier's number for it."""
    whole = contents.read(session, shipment)
    row = _carton(whole, carton)
    errors = _errors(whole, puts, 1, instead_of=carton)
    if errors:
        raise Refused("cannot_pack", "This cannot be packed like this.", errors=errors)
    for old in whole.carton_lines.get(carton, ()):
        session.delete(old)
    session.flush()
    for put in puts:
        session.add(_carton_line(shipment, carton, put))
    row.tracking_number = tracking
    session.add(row)


def unpack(session: Session, shipment: Shipment, carton: int | None) -> None:
    """Takes one carton away (all, if None); its units are to be packed again."""
    whole = contents.read(session, shipment)
    gone = whole.cartons if carton is None else [_carton(whole, carton)]
    for row in gone:
        for line in whole.carton_lines.get(row.carton, ()):
            session.delete(line)
    session.flush()
    for row in gone:
        session.delete(row)
    session.flush()


def palletize(session: Session, shipment: Shipment, cartons: Sequence[int]) -> Pallet:
    """Puts these cartons (all that stand on none, when none is named) on a new pallet."""
    whole = contents.read(session, shipment)
    chosen = [_carton(whole, one) for one in cartons] or [
        one for one in whole.cartons if one.pallet is None
    ]
    if not chosen:
        raise Refused("nothing_to_palletize", "Every carton stands on a pallet.", status=409)
    number = max((one.pallet for one in whole.pallets), default=0) + 1
    [code] = sscc.take(session, 1)
    pallet = Pallet(
        shop_id=shipment.shop_id,
        region=shipment.region,
        identifier=shipment.identifier,
        pallet=number,
        sscc=code,
    )
    session.add(pallet)
    session.flush()
    for row in chosen:
        row.pallet = number
        session.add(row)
    return pallet


def unload(session: Session, shipment: Shipment, pallet: int) -> None:
    """Takes a pallet away; its cartons are loose again."""
    whole = contents.read(session, shipment)
    found = next((one for one in whole.pallets if one.pallet == pallet), None)
    if found is None:
        raise Refused("not_found", "This shipment has no such pallet.", status=404)
    for row in whole.cartons:
        if row.pallet == pallet:
            row.pallet = None
            session.add(row)
    session.flush()
    session.delete(found)


def number_all(session: Session, whole: Contents) -> None:
    """Gives an SSCC to every carton and pallet that has none, once the shop has its prefix."""
    boxes: list[Carton | Pallet] = [*whole.cartons, *whole.pallets]
    bare = [one for one in boxes if one.sscc is None]
    for row, code in zip(bare, sscc.take(session, len(bare)), strict=True):
        row.sscc = code
        session.add(row)


def _make(
    session: Session, whole: Contents, boxes: Sequence[Sequence[Put]], *, at: datetime, by: str
) -> list[Carton]:
    shipment = whole.shipment
    first = max((one.carton for one in whole.cartons), default=0) + 1
    made = [
        Carton(
            shop_id=shipment.shop_id,
            region=shipment.region,
            identifier=shipment.identifier,
            carton=number,
            sscc=code,
            packed_at=at,
            packed_by=by,
        )
        for number, code in enumerate(sscc.take(session, len(boxes)), start=first)
    ]
    session.add_all(made)
    session.flush()
    session.add_all(
        _carton_line(shipment, row.carton, put)
        for row, puts in zip(made, boxes, strict=True)
        for put in puts
    )
    return made


def _carton_line(shipment: Shipment, carton: int, put: Put) -> CartonLine:
    return CartonLine(
        shop_id=shipment.shop_id,
        region=shipment.region,
        identifier=shipment.identifier,
        carton=carton,
        number=put.number,
        line=put.line,
        lot_number=put.lot_number,
        expires_on=put.expires_on,
        units=put.units,
    )


def _carton(whole: Contents, number: int) -> Carton:
    found = next((one for one in whole.cartons if one.carton == number), None)
    if found is None:
        raise Refused("not_found", f"This shipment has no carton {number}.", status=404)
    return found


def _errors(
    whole: Contents, puts: Sequence[Put], copies: int, *, instead_of: int | None = None
) -> list[FieldError]:
    errors = []
    planned = {(one.number, one.line): one.units for one in whole.lines}
    if len(whole.cartons) + copies > MOST_CARTONS:
        errors.append(FieldError("copies", f"a shipment has at most {MOST_CARTONS} cartons"))
    seen: set[tuple[str, str, str]] = set()
    wanted: dict[LineKey, int] = {}
    for index, put in enumerate(puts):
        path = f"lines[{index}]"
        if put.key not in planned:
            errors.append(FieldError(f"{path}.line", "this shipment has no such line"))
            continue
        if (*put.key, put.lot_number) in seen:
            errors.append(FieldError(f"{path}.line", "this line and lot are named twice"))
        seen.add((*put.key, put.lot_number))
        wanted[put.key] = wanted.get(put.key, 0) + put.units * copies
        already = whole.packed_units(put.key) - sum(
            one.units
            for one in whole.carton_lines.get(instead_of or 0, ())
            if (one.number, one.line) == put.key
        )
        free = planned[put.key] - already
        if wanted[put.key] > free:
            errors.append(
                FieldError(f"{path}.units", f"only {max(0, free)} units are left to pack")
            )
    return errors
