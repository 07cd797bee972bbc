"""The sample brand that both simulators know: forty items of outdoor gear at three locations."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

LOCATIONS = ("Main warehouse", "East warehouse", "Store")

# Title, SKU stem, variants, price, cost, units per case, stock at the three locations.
_LINES = (
    ("Ridge tent", "TENT", ("1P", "2P", "3P", "4P"), 249, "112.50", 2, (96, 40, 6)),
    ("Ember camp stove", "STOVE", ("S", "L"), 79, "31.20", 6, (180, 72, 12)),
    ("Loft sleeping bag", "BAG", ("-5C", "0C", "10C"), 159, "68.00", 4, (120, 48, 8)),
    ("Drift sleeping mat", "MAT", ("REG", "LONG"), 89, "36.40", 6, (150, 60, 10)),
    ("Summit backpack", "PACK", ("30L", "45L", "65L"), 189, "82.75", 4, (90, 36, 6)),
    ("Trail bottle", "BOTTLE", ("500", "750", "1000"), 29, "9.10", 12, (420, 180, 36)),
    ("Beacon headlamp", "LAMP", ("200", "400"), 49, "18.60", 12, (300, 120, 24)),
    ("Pitch trekking poles", "POLES", ("ALU", "CARBON"), 119, "51.30", 6, (84, 36, 6)),
    ("Cedar cook set", "COOK", ("SOLO", "DUO", "FAMILY"), 69, "27.90", 6, (132, 54, 10)),
    ("Harbor dry bag", "DRY", ("10L", "20L", "40L"), 39, "13.80", 10, (220, 90, 18)),
    ("Field filter", "FILTER", ("STD",), 59, "22.40", 12, (240, 96, 16)),
    ("Glow lantern", "LANTERN", ("MINI", "MAX"), 45, "17.20", 8, (160, 64, 12)),
    ("Knoll camp chair", "CHAIR", ("LOW", "HIGH"), 99, "43.60", 2, (70, 28, 6)),
    ("Anchor guy lines", "LINES", ("4", "8"), 15, "4.20", 24, (600, 240, 48)),
    ("Tarn towel", "TOWEL", ("M", "L"), 25, "8.30", 20, (360, 140, 30)),
    ("Moor rain cover", "COVER", ("M", "L"), 35, "12.10", 10, (200, 80, 16)),
    ("Spark fire steel", "SPARK", ("STD",), 19, "5.60", 24, (500, 200, 40)),
    ("Repair kit", "REPAIR", ("STD",), 22, "7.40", 20, (260, 100, 20)),
)
SCARCE = {"TENT-2P": (47, 8, 0), "BAG-0C": (18, 4, 0), "LAMP-400": (26, 0, 2)}
"""Items of which both rails want the last units."""


class Product(NamedTuple):
    """One item of the sample brand. Money in USD as decimal text, stock in eaches by location."""

    number: int
    sku: str
    title: str
    variant: str
    asin: str
    barcode: str
    vendor_sku: str
    units_per_case: int
    cost: str
    price: str
    stock: tuple[int, int, int]


def _digits(text: str, count: int) -> str:
    return str(int(hashlib.sha256(text.encode()).hexdigest(), 16))[:count]


def _upc(sku: str) -> str:
    body = "8" + _digits(sku, 10)
    odd = sum(int(digit) for digit in body[::2])
    even = sum(int(digit) for digit in body[1::2])
    return body + str(-(odd * 3 + even) % 10)


def _asin(sku: str) -> str:
    letters = "0123456789BCDFGHJKLMNPQRSTVWXYZ"
    number = int(hashlib.sha256(f"asin {sku}".encode()).hexdigest(), 16)
    tail = ""
    for _ in range(7):
        number, place = divmod(number, len(letters))
        tail += letters[place]
    return f"B0D{tail}"


def _products() -> tuple[Product, ...]:
    made: list[Product] = []
    for title, stem, variants, price, cost, case, stock in _LINES:
        for place, variant in enumerate(variants):
            sku = f"{stem}-{variant}"
            made.append(
                Product(
                    number=len(made) + 1,
                    sku=sku,
                    title=title,
                    variant=variant,
                    asin=_asin(sku),
                    barcode=_upc(sku),
                    vendor_sku=sku,
                    units_per_case=case,
                    cost=cost,
                    price=f"{price + 10 * place}.00",
                    stock=SCARCE.get(sku, stock),
                )
            )
    return tuple(made)


PRODUCTS = _products()
BY_SKU = {product.sku: product for product in PRODUCTS}
BY_ASIN = {product.asin: product for product in PRODUCTS}
