"""Drawings of the sample brand's products, in a few shapes and quiet colours."""

from __future__ import annotations

import zlib

GROUNDS = ("#e8ece6", "#ece7df", "#e3e9ee", "#efe9e4", "#e6ebe9")
INKS = ("#47624f", "#8a5a3c", "#3d5a73", "#6b5b7b", "#7a6a3a")
SHAPES = {
    "tent": '<path d="M40 232 160 88 280 232Z"/><path d="M160 88v144" class="thin"/>',
    "bag": '<path d="M84 84h152l20 152H64Z"/><path d="M120 84c0-52 80-52 80 0" class="line"/>',
    "bottle": '<path d="M132 60h56v32l16 28v132h-88V120l16-28Z"/>',
    "mug": '<path d="M84 100h116v132H84Z"/><path d="M200 128h24v56h-24" class="line"/>',
    "lamp": '<circle cx="160" cy="140" r="56"/><path d="M112 216h96v24h-96Z"/>',
    "sock": '<path d="M124 68h64v96l56 56v28h-80l-40-48Z"/>',
    "round": '<circle cx="160" cy="160" r="84"/><circle cx="160" cy="160" r="40" class="thin"/>',
}
WORDS = {
    "tent": "tent", "tarp": "tent", "footprint": "tent", "backpack": "bag", "daypack": "bag",
    "bag": "bag", "bottle": "bottle", "filter": "bottle", "mug": "mug", "pot": "mug",
    "stove": "mug", "lantern": "lamp", "headlamp": "lamp", "socks": "sock",
}  # fmt: skip


def drawing(handle: str) -> str:
    """An SVG of 320 by 320, always the same for a handle."""
    number = zlib.crc32(handle.encode())
    ink = INKS[number % len(INKS)]
    words = handle.split("-")
    shape = next((WORDS[word] for word in words if word in WORDS), "round")
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 320" width="320" height="320">'
        f"<style>.line{{fill:none;stroke:{ink};stroke-width:14}}"
        f".thin{{fill:none;stroke:{GROUNDS[0]};stroke-width:6}}</style>"
        f'<rect width="320" height="320" fill="{GROUNDS[number // 7 % len(GROUNDS)]}"/>'
        f'<g fill="{ink}">{SHAPES[shape]}</g></svg>'
    )
