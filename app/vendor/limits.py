"""How fast we may ask Amazon: one token bucket for each connection and operation, below its rates."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from app.vendor.terms import limit_of

SHARE = 0.7  # the rest is left to whatever else the vendor runs against the same account


@dataclass
class Bucket:
    """Permits that grow back at `rate` per second up to `burst`."""

    rate: float
    burst: float
    permits: float = 0.0
    at: float = field(default_factory=time.monotonic)

    def pause(self, now: float) -> float:
        """Seconds until a permit is there; takes none."""
        permits = min(self.burst, self.permits + (now - self.at) * self.rate)
        return max(0.0, (1 - permits) / self.rate)

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
        self._buckets: dict[tuple[int, int, str, str], Bucket] = {}

    def wait(self, shop_id: int, connection_id: int, region: str, operation: str) -> None:
        """Blocks until this connection may call this operation once more."""
        with self._lock:
            bucket = self._bucket((shop_id, connection_id, region, operation))
            pause = bucket.take(time.monotonic())
        if pause:
            self._sleep(pause)

    def pause(self, shop_id: int, connection_id: int, region: str, operation: str) -> float:
        """Seconds that `wait` would block now; for work that can better be put off."""
        with self._lock:
            bucket = self._bucket((shop_id, connection_id, region, operation))
            return bucket.pause(time.monotonic())

    def heard(
        self, shop_id: int, connection_id: int, region: str, operation: str, published: float
    ) -> None:
        """Follows the rate that Amazon states in a reply (`x-amzn-RateLimit-Limit`)."""
        if published > 0:
            with self._lock:
                self._bucket((shop_id, connection_id, region, operation)).rate = published * SHARE

    def _bucket(self, key: tuple[int, int, str, str]) -> Bucket:
        if key not in self._buckets:
            limit = limit_of(operation=key[3], region=key[2])
            burst = limit.burst * SHARE
            self._buckets[key] = Bucket(float(limit.rate) * SHARE, burst, burst)
        return self._buckets[key]


limiter = Limiter()
