"""A brand whose reports are asked for: some kinds only, without waiting for anybody's clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app.db import transaction
from app.vendor.reports import working
from app.vendor.reports.kinds import TABLE
from tests.vendor.brand import VendorBrand


def only(set_settings: Callable[..., None], folder: Path, *names: str, **changes: object) -> None:
    """Has every other kind end before today, and these say something else where `changes` does."""
    head, *rows = TABLE.file.read_text().split("[[report]]")
    made = [_changed(row, names, changes) for row in rows]
    file = folder / "reports.toml"
    file.write_text(head + "".join(f"\n[[report]]{row}" for row in made))
    set_settings(AMAZON_REPORTS=str(file))


def _changed(row: str, names: tuple[str, ...], changes: dict[str, object]) -> str:
    lines = row.splitlines()
    if not any(f'name = "{name}"' in lines for name in names):
        lines.append("until = 2024-01-02")
    return "\n".join(
        next(
            (f"{key} = {one}" for key, one in changes.items() if line.startswith(f"{key} = ")), line
        )
        for line in lines
    )


def hurry(brand: VendorBrand) -> None:
    """Makes every report due that waits for a later look."""
    with transaction(brand.shop_id) as session:
        # A second ago, as the two clocks may differ by the network's way.
        session.execute(
            text("UPDATE report SET due_at = now() - interval '1 second' WHERE due_at IS NOT NULL")
        )


def step(brand: VendorBrand) -> None:
    """One run of the job, with whatever waits."""
    hurry(brand)
    working.work(brand.shop_id)


def run_out(brand: VendorBrand, *, until: str = "done") -> dict[str, Any]:
    """Runs the job until the newest report has come so far; returns its row."""
    for _ in range(12):
        step(brand)
        found = newest(brand)
        if found["state"] == until:
            return found
        time.sleep(0.1)
    raise AssertionError(f"the report is {found['state']}: {found['cause']}")


def newest(brand: VendorBrand) -> dict[str, Any]:
    """The newest period's row."""
    with transaction(brand.shop_id) as session:
        found = session.execute(text("SELECT * FROM report ORDER BY starts_at DESC LIMIT 1"))
        return dict(found.one()._mapping)
