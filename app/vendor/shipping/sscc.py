"""Serial shipping container codes: 18 digits that name one carton or pallet in the world, once.

Source: GS1 General Specifications, SSCC (AI 00): extension digit, company prefix, serial, check
digit. Amazon wants each unique for 365 days and identical to the printed barcode; ours never repeat.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.errors import FieldError, Refused
from app.vendor.shipping.tables import ShippingSetting

PREFIX_LENGTHS = range(4, 13)
TAKE_SERIALS = """
INSERT INTO sscc_serial (shop_id, gs1_company_prefix, next_serial)
VALUES (:shop, :prefix, :count)
ON CONFLICT (shop_id, gs1_company_prefix)
DO UPDATE SET next_serial = sscc_serial.next_serial + excluded.next_serial
RETURNING next_serial
"""


def check_digit(digits: str) -> int:
    """GS1's check digit: weights 3 and 1 from the right, up to the next ten."""
    total = sum(
        int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits))
    )
    return -total % 10


def make(prefix: str, serial: int) -> str:
    """The SSCC of a serial; its first digit becomes the extension digit.

    Raises Refused("serials_used_up") past the last one of this prefix.
    """
    length = 17 - len(prefix)
    written = f"{serial:0{length}d}"
    if len(written) > length:
        raise Refused(
            "serials_used_up",
            "Every container number of this GS1 company prefix has been used.",
            status=409,
            errors=[FieldError("gs1_company_prefix", "enter another prefix of yours")],
        )
    body = written[0] + prefix + written[1:]
    return f"{body}{check_digit(body)}"


def is_valid(sscc: str) -> bool:
    """Whether these are 18 digits whose last one checks the others."""
    return len(sscc) == 18 and sscc.isdigit() and int(sscc[-1]) == check_digit(sscc[:-1])


def prefix_of(session: Session) -> str | None:
    """This shop's GS1 company prefix, or None while it has not said it."""
    found = session.get(ShippingSetting, shop_of(session))
    return found.gs1_company_prefix if found else None


def take(session: Session, count: int) -> list[str | None]:
    """That many new codes, each never given before; None for each while the shop has no prefix."""
    prefix = prefix_of(session)
    if prefix is None or not count:
        return [None] * count
    ended = session.execute(
        text(TAKE_SERIALS), {"shop": shop_of(session), "prefix": prefix, "count": count}
    ).scalar_one()
    return [make(prefix, serial) for serial in range(ended - count, ended)]
