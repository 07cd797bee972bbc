"""The simulated Amazon of the year, by its levers; what it says is the truth the run is held against."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from app.bench.simulated import simulated_amazon

CODES = {"na": ("YEARA", "YEARB"), "eu": ("YEARC",)}
Json = dict[str, Any]


def token_of(region: str) -> str:
    """The refresh token of a region's vendor group."""
    return f"Atzr|year-{region}"


class Amazon:
    """Amazon's own view, and what it is told to do."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def tell(self, lever: str, **given: Any) -> Json:
        """Pulls a lever."""
        answer = self.http.post(f"/_control/{lever}", json=given)
        answer.raise_for_status()
        return dict(answer.json())

    def rows(self, name: str) -> list[Json]:
        """All of one kind of paper: purchase-orders, acknowledgements, shipments-sent, invoices."""
        return list(self.http.get(f"/_control/{name}").raise_for_status().json()["data"])

    def stats(self) -> Json:
        """Calls, broken contracts and the faults that were met."""
        return dict(self.http.get("/_control/stats").raise_for_status().json())

    def fail(self, operation: str, kind: str, times: int = 1) -> None:
        """The next calls of an operation go wrong in this way."""
        self.tell("faults", operation=operation, kind=kind, times=times)

    def mend(self) -> None:
        """Takes back what has not gone wrong yet."""
        self.http.delete("/_control/faults").raise_for_status()

    def orders(self) -> dict[str, Json]:
        """Every purchase order by its number."""
        return {one["number"]: one for one in self.rows("purchase-orders")}


@contextmanager
def simulated(folder: Path) -> Iterator[Amazon]:
    """An Amazon of one's own with a vendor group in each region, and the settings that lead to it."""
    with simulated_amazon(folder, "--speed", "30", "--receipts-by-hand") as http:
        amazon = Amazon(http)
        for region, codes in CODES.items():
            amazon.tell("accounts", refresh_token=token_of(region), vendor_codes=list(codes))
        yield amazon
