"""Shopify's leaky bucket of query cost, one for each shop."""

from __future__ import annotations

import threading
import time


class Bucket:
    """Fills at `restore_rate` points a second up to `maximum`; standard plan by default."""

    def __init__(self, maximum: float = 2000.0, restore_rate: float = 100.0) -> None:
        self.maximum = maximum
        self.restore_rate = restore_rate
        self._points = maximum
        self._at = time.monotonic()
        self._lock = threading.Lock()

    def take(self, points: float) -> bool:
        """Takes the points if they are there."""
        with self._lock:
            self._fill()
            if points > self._points:
                return False
            self._points -= points
            return True

    def give_back(self, points: float) -> None:
        with self._lock:
            self._fill()
            self._points = min(self.maximum, self._points + points)

    def drain(self) -> None:
        """Empties the bucket, as a burst of somebody else's requests would."""
        with self._lock:
            self._fill()
            self._points = 0.0

    def resize(self, maximum: float, restore_rate: float) -> None:
        """Another plan's bucket, full."""
        with self._lock:
            self.maximum, self.restore_rate, self._points = maximum, restore_rate, maximum

    def status(self) -> dict[str, float]:
        """As Shopify reports it."""
        with self._lock:
            self._fill()
            return {
                "maximumAvailable": self.maximum,
                "currentlyAvailable": float(int(self._points)),
                "restoreRate": self.restore_rate,
            }

    def _fill(self) -> None:
        now = time.monotonic()
        self._points = min(self.maximum, self._points + (now - self._at) * self.restore_rate)
        self._at = now
