"""How fast we may ask Amazon: one token bucket for each connection and operation, below its rates."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

# Published default usage plans, requests per second and burst, per app and selling partner
# (usage-plan text of vendorOrders, vendorShipments and vendorTransactionStatus, November 2026).
PUBLISHED = {
    "orders": (10.0, 10.0),
    "status": (10.0, 10.0),
    "order": (10.0, 10.0),
    "acknowledge": (10.0, 10.0),
    "confirm_shipment": (10.0, 10.0),
    "shipments": (10.0, 10.0),
    "submit_invoices": (10.0, 10.0),
    "request_transport": (10.0, 10.0),
    "transport_labels": (10.0, 10.0),
    "transaction": (10.0, 20.0),
    # The finance models state no rate: a slow start, then what the replies state.
    "finance_invoices": (0.5, 5.0),
    "finance_invoice": (0.5, 5.0),
}
SHARE = 0.7  # the rest is left to whatever else the vendor runs against the same account


@dataclass
class Bucket:
    """Permits that grow back at `rate` per second up to `burst`."""

    rate: float
    burst: float
    permits: float = 0.0
    at: float = field(default_factory=time.monotonic)

    def take(self, now: float) -> float:
        """Takes one permit; returns the seconds to wait until it is there."""
        self.permits = min(self.burst, self.permits + (now - self.at) * self.rate) - 1
        self.at = now
        return max(0.0, -self.permits / self.rate)


class Limiter:
    """The buckets of this process. Safe to share between threads."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self._lock = threading.Lock()
        self._buckets: dict[tuple[int, int, str], Bucket] = {}

    def wait(self, shop_id: int, connection_id: int, operation: str) -> None:
        """Blocks until this connection may call this operation once more."""
        with self._lock:
            pause = self._bucket((shop_id, connection_id, operation)).take(time.monotonic())
        if pause:
            self._sleep(pause)

    def heard(self, shop_id: int, connection_id: int, operation: str, published: float) -> None:
        """Follows the rate that Amazon states in a reply (`x-amzn-RateLimit-Limit`)."""
        if published > 0:
            with self._lock:
                self._bucket((shop_id, connection_id, operation)).rate = published * SHARE

    def _bucket(self, key: tuple[int, int, str]) -> Bucket:
        if key not in self._buckets:
            rate, burst = PUBLISHED[key[2]]
            self._buckets[key] = Bucket(rate * SHARE, burst * SHARE, burst * SHARE)
        return self._buckets[key]


limiter = Limiter()
