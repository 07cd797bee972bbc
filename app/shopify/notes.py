"""Odd lines: what a person should know about a message that was handled all the same."""

from __future__ import annotations

from typing import Literal, TypedDict

Code = Literal[
    "variant_unknown",
    "not_tracked",
    "custom_line",
    "bad_quantity",
    "location_unknown",
    "item_unknown",
]


class Note(TypedDict):
    """One odd line: a stable code, Shopify's id of the line (or None), and a sentence."""

    code: Code
    line: str | None
    detail: str
