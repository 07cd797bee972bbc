"""The simulated Amazon of the year, by its levers; what it says is the truth the run is held against."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from app.bench.backfill import told_where

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
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", "app.simulators.amazon", "--port", str(port), "--speed", "30"),
        *("--client-id", "bench", "--client-secret", "bench", "--receipts-by-hand"),
    ]
    origin = f"http://127.0.0.1:{port}"
    with (folder / "amazon.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        with (
            httpx.Client(base_url=origin, trust_env=False, timeout=60) as http,
            told_where(origin),
        ):
            _wait_for(http)
            amazon = Amazon(http)
            for region, codes in CODES.items():
                amazon.tell("accounts", refresh_token=token_of(region), vendor_codes=list(codes))
            yield amazon
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_for(http: httpx.Client) -> None:
    for _ in range(300):
        try:
            http.get("/healthz").raise_for_status()
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError("the simulated Amazon does not answer")
