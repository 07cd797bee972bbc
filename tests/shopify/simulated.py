"""The control side of the simulated Shopify."""

from __future__ import annotations

import time
from typing import Any

import httpx

KEY, SECRET = "holdfast-tests", "shpss_only_for_tests_and_simulators"


class Simulator:
    """The simulator's process, where the product under test listens, and its control API."""

    def __init__(self, origin: str, app_port: int) -> None:
        self.origin = origin
        self.app_port = app_port
        self.http = httpx.Client(timeout=60, trust_env=False)

    def wait_until_ready(self) -> None:
        until = time.monotonic() + 30
        while True:
            try:
                self.http.get(f"{self.origin}/healthz").raise_for_status()
                return
            except httpx.HTTPError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def control(self, method: str, path: str, **body: Any) -> Any:
        """One call of the control API; its JSON."""
        answer = self.http.request(
            method, f"{self.origin}/_control{path}", json=body if method != "GET" else None
        )
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None
