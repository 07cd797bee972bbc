"""Running the year, and saying what it came to."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

from app.bench import ground
from app.bench.year.amazon import simulated
from app.bench.year.product import open_for_business
from app.bench.year.verdict import Verdict, differences, verdict
from app.bench.year.walk import Walk

ITEMS, SCARCE = 40, 16


def walk_the_year(
    folder: Path, *, orders: int, lines: int, seed: int, kills: bool
) -> tuple[Verdict, dict[str, Any]]:
    """One walk on the ground that the settings lead to; the verdict and what it took."""
    started = time.monotonic()
    with simulated(folder) as amazon:
        product = open_for_business(ITEMS, SCARCE, random.Random(seed + 1), kills)
        walk = Walk(amazon, product, orders, lines, ITEMS, SCARCE, random.Random(seed))
        walk.go()
        found = verdict(walk)
    ground.check_books(product.shop_id, 0)
    return found, {
        "orders": len(walk.region_of),
        "lines": len(found.endings),
        "seed": seed,
        "kills": product.killed,
        "seconds": round(time.monotonic() - started, 1),
        "database": ground.database_version(),
    }


def compare(found: Verdict, other: Path) -> None:
    """Holds the walk's end against that of another one with the same orders; adds what differs.

    Raises ValueError when the file is not such a walk's.
    """
    told = json.loads(other.read_text())
    if told.get("bench") != "year":
        raise ValueError(f"{other} was not written by this bench")
    found.wrong += differences(found, told)


def table(found: Verdict) -> str:
    """The kinds of faults, and where the units stand."""
    rows = [f"{'fault':26}  seeded  found  named as"]
    rows += [
        f"{one['kind']:26}  {one['seeded']:6}  {one['found']:5}  {one['named_as']}"
        for one in found.kinds
    ]
    rows += ["", *(f"{place:10} {units:8,}" for place, units in found.places.items())]
    rows += ["", *(f"{times:,} {what} sent" for what, times in found.sent.items())]
    return "\n".join([*rows, "", *(found.wrong[:20] or ["nothing is wrong"])])


def write(path: Path, found: Verdict, took: dict[str, Any]) -> Path:
    """Writes all of it as JSON, and returns where."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "bench": "year",
        **took,
        "kinds": found.kinds,
        "places": found.places,
        "sent": found.sent,
        "invoices": found.invoices,
        "endings": found.endings,
        "wrong": found.wrong,
    }
    path.write_text(json.dumps(content, indent=2) + "\n")
    return path
