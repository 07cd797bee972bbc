"""What an each costs is said, or it is named why not and where to say it; it is never guessed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import product

from sqlalchemy import text

from app.db import transaction
from app.vendor.each_cost import COST_UNKNOWN, EACH_COST, cost_of_each, unknown
from app.vendor.tables import PurchaseOrderLine
from tests.support.screen import open_screen
from tests.vendor.billed import keep_billing, sold
from tests.vendor.brand import VendorBrand

IN_SQL = f"""
SELECT {EACH_COST.format(line="line", code="code")}, {COST_UNKNOWN.format(line="line", code="code")}
FROM (VALUES (CAST(:cost AS numeric), CAST(:weight AS text), CAST(:unit AS text), CAST(:size AS int)))
    AS line (cost, cost_weight_unit, ordered_unit, unit_size),
    (VALUES (CAST(:basis AS text))) AS code (cost_basis)
"""


def test_the_database_and_python_say_the_same_of_every_way_to_state_a_cost(database: str) -> None:
    ways = product((None, Decimal(30)), (None, "POUNDS"), ("Eaches", "Cases"), (1, 6))
    with transaction() as session:
        for cost, weight, unit, size in ways:
            line = PurchaseOrderLine(
                shop_id=1,
                region="na",
                number="1",
                line="1",
                cost=cost,
                cost_weight_unit=weight,
                ordered_unit=unit,
                unit_size=size,
            )
            given = {"cost": cost, "weight": weight, "unit": unit, "size": size}
            for basis in (None, "each", "case"):
                told = session.execute(text(IN_SQL), given | {"basis": basis}).one()
                assert tuple(told) == (cost_of_each(line, basis), unknown(line, basis))
                assert (told[0] is None) == (told[1] is not None)


def test_money_of_a_line_in_cases_waits_until_it_is_said_what_its_cost_is_of(
    brand: VendorBrand, set_settings: Callable[..., None]
) -> None:
    number = sold(brand, shipped=(12, 5), received=(6, 3))
    domain = brand.value("SELECT domain FROM shop WHERE shop_id = :id", id=brand.shop_id)
    screen = open_screen(brand.shop_id, domain, set_settings)

    def told() -> dict[str, object]:
        receipts = screen.all("/receipts")
        order = screen.ask(f"/purchase-orders/{number}")
        return {
            "receipts": [(row["value"] or {}).get("amount") for row in receipts],
            "why": [row["cost_unknown"] for row in receipts],
            "code": {row["vendor_code"] for row in receipts},
            "order": (order["cost"] or {}).get("amount"),
            "lines": [line["cost_unknown"] for line in order["lines"]],
            "matched": screen.ask(f"/reconciliation/na/{number}/1")["cost_unknown"],
        }

    unsaid: dict[str, object] = {
        "code": {"HLDFS"},
        "why": ["cost_basis", None],
        "lines": ["cost_basis", None],
        "order": None,
        "matched": "cost_basis",
    }
    keep_billing(brand, cost_basis=None)
    assert told() == unsaid | {"receipts": [None, "25.00"]}
    said = {"code": {"HLDFS"}, "why": [None, None], "lines": [None, None], "matched": None}
    keep_billing(brand, cost_basis="each", next_number=2)
    assert told() == said | {"receipts": ["240.00", "25.00"], "order": "542.50"}
    keep_billing(brand, cost_basis="case", next_number=2)
    assert told() == said | {"receipts": ["40.00", "25.00"], "order": "142.50"}
