"""Shipping one order in one step: a draft of these lines, sent at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from app.errors import FieldError, Refused
from app.vendor.shipping import drafts, sending
from app.vendor.tables import Shipment


@dataclass(frozen=True)
class Packed:
    """Eaches of one line that have left."""

    line: str
    units: int


def ship(
    session: Session,
    region: str,
    number: str,
    packed: Sequence[Packed],
    *,
    location_id: int,
    carton_count: int,
    shipped_at: datetime | None,
    identifier: str | None,
    release_rest: bool,
    actor: str,
) -> Shipment:
    """Books a shipment of one order and tells Amazon, in the caller's transaction.

    The units come out of the order's hold, and out of `available` where more left than was held.
    What Amazon's text only asks for is not waited for. Raises Refused: 404 unknown order, 409 closed
    or not acknowledged, or an identifier that was used, 422 with the path of every wrong field.
    """
    named: dict[tuple[str, str], int] = {}
    for index, one in enumerate(packed):
        if (number, one.line) in named:
            raise _cannot(FieldError(f"lines[{index}].line", "this line is named twice"))
        named[number, one.line] = one.units
    shipment = drafts.start(
        session,
        region,
        [number],
        location_id=location_id,
        identifier=identifier,
        units=named,
        actor=actor,
    )
    shipment.carton_count = carton_count
    try:
        sending.send(
            session,
            shipment,
            shipped_at=shipped_at,
            despite_warnings=True,
            release_rest=release_rest,
            actor=actor,
        )
    except Refused as refused:
        raise _in_the_askers_words(refused, number, packed) from None
    return shipment


def _in_the_askers_words(refused: Refused, number: str, packed: Sequence[Packed]) -> Refused:
    """The same refusal with the paths of what was asked."""
    paths = {f"lines[{number}/{one.line}]": f"lines[{at}]" for at, one in enumerate(packed)}
    errors = []
    for error in refused.errors:
        start, dot, rest = error.field.partition(".")
        errors.append(FieldError(paths.get(start, start) + dot + rest, error.message))
    return Refused(refused.code, refused.detail, status=refused.status, errors=errors)


def _cannot(error: FieldError) -> Refused:
    return Refused("cannot_ship", "This shipment cannot be booked like this.", errors=[error])
