"""GST of India on an invoice: which taxes it is made of, and the papers that Amazon wants of it.

Within one state CGST and SGST are charged, each at half the rate (UTGST in place of SGST in union
territories without a legislature), between states IGST (CGST Act 2017 section 9, UTGST Act 2017,
IGST Act 2017 sections 5 and 10). Goods are supplied where the billed party is registered, wherever
they are sent on its word (IGST Act section 10 (1) (b)). A GSTIN begins with the code of its state.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

GSTIN = re.compile(r"\d{2}[A-Z]{5}\d{4}[A-Z][1-9A-Z]Z[0-9A-Z]")
HSN_CODE = re.compile(r"\d{4}(\d{2}){0,2}")
"""Four, six or eight digits, no letters (vendorInvoices, hsnCode)."""
IRN = re.compile("[0-9a-f]{64}")
"""The reference number that the Invoice Registration Portal gives: a SHA-256 (rule 48 (4))."""
UNION_TERRITORIES = ("04", "26", "31", "35", "38")


class Part(NamedTuple):
    """One tax of an amount; `rate` is a part of one."""

    type: str
    rate: Decimal
    tax: Decimal


def parts(seller: str | None, buyer: str | None, rate: Decimal, tax: Decimal) -> list[Part]:
    """The taxes that `tax` is made of, by the GSTINs of both sides."""
    ours, theirs = (seller or "")[:2], (buyer or "")[:2]
    if not ours or ours != theirs:
        return [Part("IGST", rate, tax)]
    half, other = rate / 2, "UTGST" if ours in UNION_TERRITORIES else "SGST"
    return [Part("CGST", half, tax / 2), Part(other, half, tax / 2)]
