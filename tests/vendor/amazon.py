"""The simulated Amazon that tests talk to, by its real HTTP interface and its levers."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from datetime import datetime
from itertools import count
from typing import Any

import httpx

CLIENT_ID = "amzn1.application-oa2-client.tests"
CLIENT_SECRET = "amzn1.oa2-cs.v1.tests"
ACCOUNTS = count(1)


class Amazon:
    """One vendor group at the simulator; each test has its own, so tests do not see each other."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.refresh_token = f"Atzr|tests-{next(ACCOUNTS)}"
        # Nothing here is encrypted, and reading the machine's certificates takes a while.
        self.http = httpx.Client(base_url=origin, trust_env=False, timeout=30, verify=False)
        self._post("accounts", refresh_token=self.refresh_token, vendor_codes=["HLDFS"])

    def _post(self, lever: str, **given: Any) -> dict[str, Any]:
        response = self.http.post(f"/_control/{lever}", json=given)
        response.raise_for_status()
        body: dict[str, Any] = response.json()
        return body

    def place(self, *lines: dict[str, Any], **details: Any) -> str:
        """A new purchase order; returns its number. Times may be given as datetimes."""
        written = {
            key: value.isoformat() if isinstance(value, datetime) else value
            for key, value in details.items()
        }
        if "window" in written:
            written["window"] = [one.isoformat() for one in details["window"]]
        order = self._post(
            "purchase-orders", lines=list(lines), refresh_token=self.refresh_token, **written
        )
        return str(order["number"])

    def change(self, number: str, **changes: Any) -> None:
        self._post(f"purchase-orders/{number}/change", **changes)

    def receive(self, number: str, line: str, total: int) -> None:
        self._post(f"purchase-orders/{number}/receipts", line=line, total=total)

    def pay(self, number: str, *lines: dict[str, Any], **details: Any) -> None:
        details |= {"refresh_token": self.refresh_token}
        self._post("remittances", number=number, lines=list(lines), **details)

    def bill(self, number: str, total: str, **details: Any) -> None:
        """Lets finance show an invoice that nobody sent."""
        details |= {"refresh_token": self.refresh_token}
        self._post("finance-invoices", number=number, total=total, **details)

    def fail(self, kind: str, operation: str = "*", times: int = 1) -> None:
        self._post("faults", kind=kind, operation=operation, times=times)

    def mend(self) -> None:
        self.http.delete("/_control/faults")

    def revoke(self) -> None:
        self._post("accounts/revoke", refresh_token=self.refresh_token)

    def calls(self, operation: str) -> int:
        return int(self.http.get("/_control/stats").json()["calls"].get(operation, 0))

    def contract_breaks(self) -> list[str]:
        found: list[str] = self.http.get("/_control/stats").json()["contract_breaks"]
        return found

    def acknowledgements(self, number: str) -> list[dict[str, Any]]:
        """What was sent to Amazon about one order."""
        found = self.http.get("/_control/acknowledgements").json()["data"]
        return [
            sent for one in found for sent in one["sent"] if sent["purchaseOrderNumber"] == number
        ]

    def shipments(self, number: str) -> list[dict[str, Any]]:
        found = self.http.get("/_control/shipments").json()["data"]
        return [
            one
            for one in found
            if any(i["itemDetails"]["purchaseOrderNumber"] == number for i in one["shippedItems"])
        ]

    def order(self, number: str) -> dict[str, Any]:
        found = self.http.get("/_control/purchase-orders").json()["data"]
        return next(one for one in found if one["number"] == number)


def start(port: int, speed: float = 20.0) -> subprocess.Popen[bytes]:
    """Starts the simulator; ends by its process, and answers when this returns."""
    process = subprocess.Popen(
        [
            sys.executable, "-m", "app.simulators.amazon", "--port", str(port),
            "--client-id", CLIENT_ID, "--client-secret", CLIENT_SECRET, "--speed", str(speed),
        ]
    )  # fmt: skip
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError("the simulator did not start")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.05)
    process.kill()
    raise AssertionError("the simulator does not answer")
