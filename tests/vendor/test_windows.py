"""Open orders stand in a calendar by the end of their windows, with what may make them late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.db import run, transaction
from app.vendor import acknowledgements
from app.vendor.acknowledgements import Said
from app.vendor.windows import windows
from tests.support.screen import open_screen
from tests.vendor.brand import STOVE, VendorBrand

NOW = datetime.now(UTC)


def window(start: float, end: float) -> tuple[datetime, datetime]:
    return NOW + timedelta(days=start), NOW + timedelta(days=end)


@pytest.mark.parametrize(
    ("stock", "placed", "risk"),
    [
        (5, {"window": window(3, 10)}, "none"),
        (5, {"window": window(0, 2)}, "soon"),
        (4, {"window": window(3, 10)}, "short"),
        (5, {"window": window(3, 10), "ordered_at": NOW - timedelta(hours=19)}, "unanswered"),
        (5, {"window": window(-4, -1)}, "late"),
    ],
)
def test_the_worst_risk_of_an_order_is_named(
    brand: VendorBrand, stock: int, placed: dict[str, Any], risk: str
) -> None:
    brand.stock("stove", stock)
    number = brand.amazon.place(STOVE | {"amount": 5}, **placed)
    brand.poll()
    [one] = run(windows, brand.shop_id, NOW)
    assert (one.number, one.left, one.kind, one.risk) == (number, 5, "delivery", risk)


def test_a_product_that_is_no_item_of_ours_is_not_called_short_of_units(brand: VendorBrand) -> None:
    brand.amazon.place(STOVE | {"asin": "B0UNKNOWN1", "vendor_sku": "NONE-SUCH", "amount": 5})
    brand.poll()
    assert [one.risk for one in run(windows, brand.shop_id, NOW)] == ["unmapped"]


def test_only_what_is_promised_and_has_not_left_counts(brand: VendorBrand) -> None:
    brand.stock("stove", 5)
    number = brand.amazon.place(STOVE | {"amount": 5}, window=window(3, 10))
    brand.poll()
    with transaction(brand.shop_id) as session:
        said = [Said("1", 3, 0, 2, "TemporarilyUnavailable")]
        acknowledgements.acknowledge(session, "na", number, said, actor="user:1")
    assert [one.left for one in run(windows, brand.shop_id, NOW)] == [3]


def test_the_screen_gets_the_earliest_end_first(
    brand: VendorBrand, set_settings: Callable[..., None]
) -> None:
    later = brand.amazon.place(STOVE | {"amount": 1}, window=window(9, 12))
    sooner = brand.amazon.place(STOVE | {"amount": 1}, window=window(3, 5))
    brand.poll()
    domain = brand.value("SELECT domain FROM shop WHERE shop_id = :id", id=brand.shop_id)
    found = open_screen(brand.shop_id, domain, set_settings).ask("/purchase-orders/windows")
    assert [one["number"] for one in found["data"]] == [sooner, later]
