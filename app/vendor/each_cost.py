"""What Amazon pays for one each of an order line, or why that cannot be said.

A line in cases states one cost, and Amazon's papers do not agree on whether it is of an each or of
the case (vendorInvoices.json says each; its own samples total cases). So a person says it once for a
vendor code, on the billing screen; until then such a line has no money, and every figure that
would need it says so and is not guessed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session

from app.db import shop_of
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine

NOT_STATED, BY_WEIGHT, COST_BASIS = "not_stated", "by_weight", "cost_basis"
REASONS = (NOT_STATED, BY_WEIGHT, COST_BASIS)
"""Why the cost of an each is not known. Only the last one is a person's to say."""

Bases = Mapping[tuple[str, str], str | None]
"""Region and vendor code to what the cost of its lines in cases is the cost of; none: not said."""

EACH_COST = """CASE WHEN {line}.cost_weight_unit IS NOT NULL THEN NULL
    WHEN {line}.ordered_unit <> 'Cases' OR {line}.unit_size = 1 OR {code}.cost_basis = 'each'
    THEN {line}.cost
    WHEN {code}.cost_basis = 'case' THEN {line}.cost / {line}.unit_size END"""
"""`cost_of_each` in SQL, over a purchase order line and its vendor code (which may have no row)."""
COST_UNKNOWN = """CASE WHEN {line}.cost IS NULL THEN 'not_stated'
    WHEN {line}.cost_weight_unit IS NOT NULL THEN 'by_weight'
    WHEN {line}.ordered_unit = 'Cases' AND {line}.unit_size > 1 AND {code}.cost_basis IS NULL
    THEN 'cost_basis' END"""
"""`unknown` in SQL."""

BASES = """
SELECT region, code, cost_basis FROM vendor_code
WHERE shop_id = :shop AND code = ANY(:codes) AND cost_basis IS NOT NULL
"""


def bases_of(session: Session, orders: Collection[PurchaseOrder]) -> Bases:
    """What is said of the vendor codes of these orders, in one query."""
    return bases_of_codes(session, {order.vendor_code for order in orders})


def bases_of_codes(session: Session, codes: Collection[str]) -> Bases:
    """What is said of vendor codes of these names, in every region."""
    rows = session.execute(text(BASES), {"shop": shop_of(session), "codes": sorted(codes)})
    return {(region, code): basis for region, code, basis in rows}


def basis_of(bases: Bases, order: PurchaseOrder) -> str | None:
    """What is said of one order's vendor code."""
    return bases.get((order.region, order.vendor_code))


def unknown(line: PurchaseOrderLine, basis: str | None) -> str | None:
    """Why it is not known what Amazon pays for an each of this line; None when it is."""
    if line.cost is None:
        return NOT_STATED
    if line.cost_weight_unit is not None:
        return BY_WEIGHT
    return COST_BASIS if _in_cases(line) and basis is None else None


def cost_of_each(line: PurchaseOrderLine, basis: str | None) -> Decimal | None:
    """What Amazon pays for one each, not rounded, in the line's currency; None when not known."""
    if line.cost is None or unknown(line, basis) is not None:
        return None
    return line.cost / line.unit_size if _in_cases(line) and basis == "case" else line.cost


def first_unknown(lines: Sequence[PurchaseOrderLine], basis: str | None) -> str | None:
    """Why all of these lines together have no cost; what a person can mend goes before the rest."""
    found = {unknown(line, basis) for line in lines}
    return next((one for one in (COST_BASIS, NOT_STATED, BY_WEIGHT) if one in found), None)


def _in_cases(line: PurchaseOrderLine) -> bool:
    return line.ordered_unit == "Cases" and line.unit_size > 1
