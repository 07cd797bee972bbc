"""Sends webhooks by Shopify's contract: signed, 5 seconds, only 2xx counts, 8 retries in 4 hours."""

from __future__ import annotations

import base64
import hashlib
import heapq
import hmac
import itertools
import random
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import httpx

from app.simulators.shopify.events import Manners
from app.simulators.shopify.records import Body, Delivery, Try, now
from app.simulators.shopify.store import Changing, Store

RETRIES = 8
FIRST_RETRY = 56.0
"""Seconds; doubled each time, the eight waits make four hours."""
TIMEOUT = httpx.Timeout(5.0, connect=1.0)
THREADS = 4
LONGEST_SLEEP = 60.0


class Route(NamedTuple):
    """What is needed to send one shop's webhooks."""

    store: Store
    manners: Manners
    domain: str


def sign(secret: str, body: bytes) -> str:
    """The X-Shopify-Hmac-Sha256 of a body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


class Deliverer:
    """Threads that send what is due; what is on its way lives in the stores, not here."""

    def __init__(self, secret: Callable[[], str], version: str, speed: float) -> None:
        self.secret = secret
        self.version = version
        self.speed = speed
        self.client = httpx.Client(timeout=TIMEOUT, follow_redirects=False)
        self.sent = 0
        self._due: list[tuple[float, int, Route, str]] = []
        self._flying: set[str] = set()
        self._counter = itertools.count()
        self._ready = threading.Condition()
        self._ending = False
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(THREADS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends after the sends under way; the rest is sent after the next start."""
        with self._ready:
            self._ending = True
            self._ready.notify_all()
        for thread in self._threads:
            thread.join(timeout=6)
        self.client.close()

    def resume(self, route: Route) -> None:
        """Takes up what a store still has to send."""
        for delivery in route.store.all(Delivery):
            if delivery.state == "pending":
                self.add(route, delivery)

    def add(self, route: Route, delivery: Delivery) -> None:
        wait = (delivery.due_at - now()).total_seconds()
        with self._ready:
            entry = (time.monotonic() + wait, next(self._counter), route, delivery.webhook_id)
            heapq.heappush(self._due, entry)
            self._ready.notify()

    def release(self, route: Route, *, shuffled: bool = False) -> int:
        """Lets the held webhooks of a shop go, in the order in which they were held or in any."""
        held = [one for one in route.store.all(Delivery) if one.state == "held"]
        if shuffled:
            random.shuffle(held)
        return self._send_now(route, held)

    def hurry(self, route: Route) -> int:
        """Makes every waiting try due now."""
        return self._send_now(
            route, [one for one in route.store.all(Delivery) if one.state == "pending"]
        )

    def _send_now(self, route: Route, deliveries: list[Delivery]) -> int:
        changed = []
        with route.store.changing() as change:
            for one in deliveries:
                delivery = change.edit(Delivery, one.key)
                if delivery.state in ("pending", "held"):
                    delivery.state, delivery.due_at = "pending", change.at
                    changed.append(delivery)
        for delivery in changed:
            self.add(route, delivery)
        return len(changed)

    def _work(self) -> None:
        while True:
            with self._ready:
                while not self._ending and not self._is_due():
                    self._ready.wait(self._sleep())
                if self._ending:
                    return
                _, _, route, webhook_id = heapq.heappop(self._due)
            try:
                self._attempt(route, webhook_id)
            except Exception as error:  # a thread must outlive whatever one webhook does
                print(f"webhook {webhook_id}: {error!r}", flush=True)

    def _is_due(self) -> bool:
        return bool(self._due) and self._due[0][0] <= time.monotonic()

    def _sleep(self) -> float:
        if not self._due:
            return LONGEST_SLEEP
        return max(0.0, min(LONGEST_SLEEP, self._due[0][0] - time.monotonic()))

    def _attempt(self, route: Route, webhook_id: str) -> None:
        with self._ready:
            if webhook_id in self._flying:
                return
            self._flying.add(webhook_id)
        try:
            self._try(route, webhook_id)
        finally:
            with self._ready:
                self._flying.discard(webhook_id)

    def _try(self, route: Route, webhook_id: str) -> None:
        delivery = route.store.get(Delivery, webhook_id)
        if delivery is None or delivery.state not in ("pending", "delivered"):
            return
        if delivery.state == "delivered" and not delivery.again:
            return
        if delivery.state == "pending" and delivery.due_at > now() + timedelta(milliseconds=50):
            return  # an entry from before the time was changed
        outcome = self._send(route, delivery)
        with route.store.changing() as change:
            delivery = self._note(change, delivery.webhook_id, outcome)
        if delivery.state == "pending" or delivery.again > 0:
            with self._ready:
                self._flying.discard(webhook_id)
            self.add(route, delivery)

    def _send(self, route: Route, delivery: Delivery) -> Try:
        at, began = now(), time.monotonic()
        status, error = None, None
        manners = route.manners
        if manners.fail_next > 0:
            manners.fail_next -= 1
            error = "not sent, as asked"
        else:
            try:
                status, error = self._post(route, delivery)
            except httpx.HTTPError as problem:
                error = type(problem).__name__
            if manners.lose_answer_next > 0:
                manners.lose_answer_next -= 1
                status, error = None, "answer lost, as asked"
        return Try(
            at=at,
            status=status,
            error=error,
            milliseconds=round((time.monotonic() - began) * 1000),
        )

    def _post(self, route: Route, delivery: Delivery) -> tuple[int, str | None]:
        body = route.store.get(Body, delivery.webhook_id)
        assert body is not None
        content = body.text.encode("utf-8", "surrogatepass")
        self.sent += 1
        response = self.client.post(
            delivery.address,
            content=content,
            headers={
                "Content-Type": "application/json",
                "User-Agent": "Shopify-Captain-Hook",
                "X-Shopify-Topic": delivery.topic,
                "X-Shopify-Hmac-Sha256": sign(self.secret(), content),
                "X-Shopify-Shop-Domain": route.domain,
                "X-Shopify-API-Version": self.version,
                "X-Shopify-Webhook-Id": delivery.webhook_id,
                "X-Shopify-Event-Id": delivery.event_id,
                "X-Shopify-Triggered-At": delivery.triggered_at.isoformat().replace("+00:00", "Z"),
                "X-Shopify-Name": delivery.subscription,
            },
        )
        error = None if response.is_success else f"answered {response.status_code}"
        return response.status_code, error

    def _note(self, change: Changing, webhook_id: str, outcome: Try) -> Delivery:
        delivery = change.edit(Delivery, webhook_id)
        delivery.tries.append(outcome)
        if delivery.state == "delivered":
            delivery.again -= 1
        elif outcome.error is None:
            delivery.state = "delivered"
        else:
            delivery.failures += 1
            if delivery.failures > RETRIES:
                delivery.state, delivery.again = "failed", 0
            else:
                wait = FIRST_RETRY * 2 ** (delivery.failures - 1) / self.speed
                delivery.due_at = change.at + timedelta(seconds=wait)
        return delivery
