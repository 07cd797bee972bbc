"""Running the seeded money, and saying what it came to."""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.bench import ground
from app.bench.money.papers import Fault
from app.bench.money.verdict import Verdict, verdict
from app.bench.money.walk import Walk
from app.bench.year.amazon import simulated
from app.bench.year.product import open_for_business
from app.config import settings

ITEMS = 20


def walk_the_money(folder: Path, rounds: int, seed: int) -> tuple[Verdict, dict[str, Any]]:
    """So many rounds of every case; the verdict and what it took."""
    started = time.monotonic()
    with simulated(folder) as amazon, _over_billing_let_through(folder):
        product = open_for_business(ITEMS, 0, random.Random(seed + 1), False)
        walk = Walk(amazon, product, random.Random(seed), ITEMS, rounds)
        walk.go()
        found = verdict(walk)
    ground.check_books(product.shop_id, 0)
    return found, {
        "cases": len(walk.cases),
        "invoices": sum(len(one.papers) for one in walk.cases),
        "payments": len(walk.payments),
        "seed": seed,
        "seconds": round(time.monotonic() - started, 1),
    }


@contextmanager
def _over_billing_let_through(folder: Path) -> Iterator[None]:
    """An installation whose own rules only warn of what it must not do, so that it can be walked."""
    rows = [
        f'[[rule]]\nname = "{name}"\nseverity = "warn"\nfrom = 2000-01-01\nsource = "the walk"\n'
        'says = "More is invoiced than there is."\nfix = "Lower the units."\n'
        for name in ("more_than_acknowledged", "more_than_shipped")
    ]
    file = folder / "invoice-rules.toml"
    file.write_text("\n".join(rows))
    os.environ["INVOICE_RULES"] = str(file)
    settings.cache_clear()
    try:
        yield
    finally:
        del os.environ["INVOICE_RULES"]
        settings.cache_clear()


def table(found: Verdict) -> str:
    """Each kind with how often it was seeded and found, and what was missed or reported wrongly."""
    rows = [f"{'fault':20}  seeded  found        amount"]
    kinds = Counter(one.kind for one in found.seeded)
    for kind in sorted(kinds):
        own = [one for one in found.found if one.kind == kind]
        amount = sum(one.amount for one in own)
        rows.append(f"{kind:20}  {kinds[kind]:6}  {len(own):5}  {amount:12,}")
    rows += ["", f"recall {found.recall:.3f}  precision {found.precision:.3f}"]
    rows += [f"missed: {_said(one)}" for one in found.missed]
    rows += [f"reported wrongly: {_said(one)}" for one in found.wrongly]
    return "\n".join(rows)


def write(path: Path, found: Verdict, took: dict[str, Any]) -> Path:
    """Writes all of it as JSON, and returns where."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "bench": "reconcile-faults",
        **took,
        "recall": found.recall,
        "precision": found.precision,
        **{name: [_plain(one) for one in rows] for name, rows in asdict(found).items()},
    }
    path.write_text(json.dumps(content, indent=2) + "\n")
    return path


def _plain(fault: Any) -> dict[str, Any]:
    told = Fault(*fault)
    return told._asdict() | {"amount": str(told.amount)}


def _said(fault: Fault) -> str:
    of = f", {fault.units} units" if fault.units is not None else ""
    cause = f", {fault.cause}" if fault.cause else ""
    return f"{fault.kind} {fault.about} {fault.amount} {fault.currency}{cause}{of}"
