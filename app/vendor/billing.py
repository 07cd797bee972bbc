"""How each vendor code is billed: what must be said once, by a person, before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.errors import FieldError, Refused
from app.vendor import taxes
from app.vendor.invoice_tables import VendorCode
from app.vendor.marketplaces import MARKETPLACES
from app.vendor.payments import payees

NEEDED = (
    "marketplace",
    "payee_code",
    "cost_basis",
    "tax_in_total",
    "tax_treatment",
    "remit_to",
    "bill_to",
)
"""Without these nothing is sent for a vendor code."""
# Vendor exports, November 2026: Amazon's own papers about an invoice end so (reference of payments).
RESERVED_ENDINGS = ("SC", "SCR", "PC", "R")
TERMS = (
    "Basic",
    "EndOfMonth",
    "FixedDate",
    "Proximo",
    "PaymentDueUponReceiptOfInvoice",
    "LetterofCredit",
)
KNOWN_CODES = """
SELECT DISTINCT region, vendor_code FROM purchase_order WHERE shop_id = :shop AND vendor_code <> ''
UNION SELECT region, code FROM vendor_code WHERE shop_id = :shop
ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Billing:
    """What a person says of a vendor code. None: not known yet."""

    marketplace: str | None
    payee_code: str | None
    cost_basis: str | None
    tax_in_total: bool | None
    tax_treatment: str | None
    tax_registration_number: str | None
    remit_to: Mapping[str, Any] | None
    bill_to: Mapping[str, Any] | None
    terms: Mapping[str, Any] | None
    number_prefix: str
    next_number: int
    draft_from: str


def all_codes(session: Session) -> list[VendorCode]:
    """Every vendor code that Amazon has ordered from or that was set up, set up or not."""
    kept = {
        (row.region, row.code): row
        for row in session.exec(select(VendorCode).where(VendorCode.shop_id == shop_of(session)))
    }
    names = session.execute(text(KNOWN_CODES), {"shop": shop_of(session)})
    return [
        kept.get((region, code)) or VendorCode(shop_id=shop_of(session), region=region, code=code)
        for region, code in names
    ]


def code_of(session: Session, region: str, code: str, *, lock: bool = False) -> VendorCode:
    """The vendor code's row, made when it has none yet; locked if numbers are to be allotted."""
    query = select(VendorCode).where(
        VendorCode.shop_id == shop_of(session),
        VendorCode.region == region,
        col(VendorCode.code) == code,
    )
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = session.exec(query).first()
    if found is None:
        found = VendorCode(shop_id=shop_of(session), region=region, code=code)
        session.add(found)
        session.flush()
        # A region that had one payee may have two now.
        payees.decide_anew(session, region)
    return found


def keep(session: Session, region: str, code: str, billing: Billing, *, by: str) -> VendorCode:
    """Replaces what is said of a vendor code.

    Raises Refused: 404 for one that Amazon has never ordered from, 422 with every wrong field.
    """
    if (region, code) not in {(one.region, one.code) for one in all_codes(session)}:
        raise Refused("not_found", "No purchase order names this vendor code.", status=404)
    errors = _errors(region, billing)
    if errors:
        raise Refused("cannot_keep", "Some of this cannot be right.", errors=errors)
    row = code_of(session, region, code, lock=True)
    before = row.payee_code
    for name in Billing.__dataclass_fields__:
        value = getattr(billing, name)
        setattr(row, name, dict(value) if isinstance(value, Mapping) else value)
    row.changed_at, row.changed_by = datetime.now(UTC), by
    session.add(row)
    session.flush()
    if row.payee_code != before:
        payees.decide_anew(session, region)
    return row


def missing(row: VendorCode) -> list[str]:
    """The fields that have to be said before an invoice of this vendor code can be sent."""
    named = [name for name in NEEDED if getattr(row, name) is None]
    if row.tax_treatment in ("standard", "reverse_charge") and not row.tax_registration_number:
        named.append("tax_registration_number")
    return named


def _errors(region: str, billing: Billing) -> list[FieldError]:
    errors = []
    place = MARKETPLACES.get(billing.marketplace or "")
    if billing.marketplace and (place is None or place.region != region):
        errors.append(FieldError("marketplace", f"is not one of Amazon's in region {region}"))
    number = billing.tax_registration_number
    is_taxed = billing.tax_treatment in ("standard", "reverse_charge")
    if number and is_taxed and not _fits_some_country(number):
        errors.append(
            FieldError("tax_registration_number", "looks like no country's that we know; check it")
        )
    if not re.fullmatch(r"[A-Za-z0-9/-]{0,12}", billing.number_prefix):
        errors.append(FieldError("number_prefix", "up to 12 letters, digits, / and -"))
    return errors


def _fits_some_country(number: str) -> bool:
    """A vendor may be registered in another country than the marketplace's."""
    return any(row.fits(number.upper()) for row in taxes.TABLE.rows())
