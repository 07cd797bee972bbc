"""Partners of X12: kept per vendor code, and the control numbers of each pair, with their gaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import database_time, shop_of
from app.errors import FieldError, Refused
from app.vendor.edi.tables import X12Control, X12Partner

LAST_NUMBER = 999_999_999
USED = """
SELECT number FROM x12_file
WHERE shop_id = :shop AND own = :own AND partner = :partner ORDER BY number
"""


@dataclass(frozen=True)
class Numbers:
    """The control numbers of a pair: used ones, the next, and what lies between them unused."""

    own: str
    partner: str
    used: int
    next_number: int
    gaps: list[tuple[int, int]]


def partner_of(session: Session, region: str, vendor_code: str) -> X12Partner | None:
    """How this vendor code exchanges X12; None where nobody has said."""
    return session.get(X12Partner, (shop_of(session), region, vendor_code))


def all_partners(session: Session) -> list[X12Partner]:
    """Every partner that somebody has set up."""
    return list(
        session.exec(
            select(X12Partner)
            .where(X12Partner.shop_id == shop_of(session))
            .order_by(col(X12Partner.region), col(X12Partner.vendor_code))
        )
    )


def keep(
    session: Session, region: str, vendor_code: str, said: Mapping[str, Any], *, by: str
) -> X12Partner:
    """Keeps how a vendor code exchanges X12. Raises Refused 422 naming the field."""
    _must_be_usable(said)
    row = partner_of(session, region, vendor_code)
    if row is None:
        row = X12Partner(shop_id=shop_of(session), region=region, vendor_code=vendor_code, **said)
    for name, value in said.items():
        setattr(row, name, value)
    row.changed_at, row.changed_by = database_time(), by
    session.add(row)
    session.flush()
    return row


def start_at(session: Session, partner: X12Partner, number: int) -> None:
    """Raises a pair's next control number, as when another system wrote the ones before.

    Raises Refused 422 for a number that lies behind.
    """
    control = _locked(session, partner.own, partner.partner)
    if number < control.next_number:
        fix = f"at least {control.next_number}; a number is never used twice"
        raise Refused(
            "number_used",
            "Control numbers only grow.",
            errors=[FieldError("next_number", fix)],
        )
    control.next_number = number
    session.add(control)
    session.flush()


def allot(session: Session, own: str, partner: str) -> int:
    """The pair's next control number, once; it is free again only if the transaction fails.

    Raises Refused 409 when the nine digits of an ISA are used up.
    """
    control = _locked(session, own, partner)
    number = control.next_number
    if number > LAST_NUMBER:
        raise Refused(
            "numbers_used_up",
            "All control numbers of this pair are used; agree on other ids with the partner.",
            status=409,
        )
    control.next_number = number + 1
    session.add(control)
    session.flush()
    return number


def numbers(session: Session) -> list[Numbers]:
    """The control numbers of every pair."""
    found = []
    for control in session.exec(
        select(X12Control)
        .where(X12Control.shop_id == shop_of(session))
        .order_by(col(X12Control.partner), col(X12Control.own))
    ):
        asked = {"shop": control.shop_id, "own": control.own, "partner": control.partner}
        used = [row.number for row in session.execute(text(USED), asked)]
        found.append(
            Numbers(
                control.own,
                control.partner,
                len(used),
                control.next_number,
                gaps([*used, control.next_number]),
            )
        )
    return found


def gaps(used: list[int]) -> list[tuple[int, int]]:
    """The spans that lie between these sorted numbers; what was before the first is not known."""
    return [
        (before + 1, after - 1)
        for before, after in zip(used, used[1:], strict=False)
        if after > before + 1
    ]


def _locked(session: Session, own: str, partner: str) -> X12Control:
    session.execute(
        text(
            "INSERT INTO x12_control (shop_id, own, partner, next_number)"
            " VALUES (:shop, :own, :partner, 1) ON CONFLICT DO NOTHING"
        ),
        {"shop": shop_of(session), "own": own, "partner": partner},
    )
    return session.exec(
        select(X12Control)
        .where(
            X12Control.shop_id == shop_of(session),
            X12Control.own == own,
            X12Control.partner == partner,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _must_be_usable(said: Mapping[str, Any]) -> None:
    marks = [said[f"{name}_separator"] for name in ("element", "component", "segment")]
    errors = []
    if len(set(marks)) < 3:
        errors.append(FieldError("separators", "three different characters"))
    for name, mark in zip(("element", "component", "segment"), marks, strict=True):
        if len(mark) != 1 or mark.isalnum() or mark in " .-":
            fix = "one character that is no letter, digit, blank, point or minus"
            errors.append(FieldError(f"{name}_separator", fix))
    for name in ("own_id", "partner_id", "own_group_id", "partner_group_id"):
        value = said.get(name)
        if value and (not value.isascii() or any(mark in value for mark in marks)):
            errors.append(FieldError(name, "plain letters and digits, without a separator"))
    if errors:
        raise Refused("partner_wrong", "This cannot be an X12 partner.", errors=errors)
