"""What Prometheus may ask: counters kept in memory across processes, queues counted in the database."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import lru_cache

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)
from sqlalchemy import text
from sqlmodel import Session

from app.config import METRICS_FOLDER
from app.db import run, shop_of, transaction
from app.shops import all_shop_ids

KEPT_SECONDS = 10.0

REQUESTS = Counter(
    "holdfast_http_requests_total", "Requests answered.", ["route", "method", "status"]
)
WEBHOOKS = Counter("holdfast_webhooks_total", "Webhooks answered.", ["outcome"])
DRAIN_SECONDS = Histogram(
    "holdfast_drain_batch_seconds",
    "Time to handle one batch of webhooks.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
JOBS = Counter("holdfast_jobs_total", "Jobs run by workers.", ["job", "outcome"])

QUEUES = """
SELECT channel, direction, state, count(*),
    coalesce(extract(epoch FROM now() - min(received_at)), 0)
FROM message WHERE shop_id = :shop AND state IN ('waiting', 'dead') GROUP BY 1, 2, 3
"""


def exposition() -> bytes:
    """All metrics in Prometheus' text format; the queues are counted every ten seconds at most."""
    queues = _queues(int(time.monotonic() / KEPT_SECONDS))
    if os.environ.get(METRICS_FOLDER):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry) + queues
    return generate_latest() + queues


@lru_cache(maxsize=1)
def _queues(period: int) -> bytes:
    registry = CollectorRegistry()
    labels = ["channel", "direction", "state"]
    number = Gauge("holdfast_messages", "Messages not done.", labels, registry=registry)
    age = Gauge(
        "holdfast_oldest_message_seconds",
        "Age of the oldest message not done.",
        labels,
        registry=registry,
    )
    sums: dict[tuple[str, str, str], tuple[int, float]] = {}
    for channel, direction, state, count, seconds in _rows():
        key = (channel, direction, state)
        before = sums.get(key, (0, 0.0))
        sums[key] = (before[0] + count, max(before[1], seconds))
    for key, (count, seconds) in sums.items():
        number.labels(*key).set(count)
        age.labels(*key).set(seconds)
    return generate_latest(registry)


def _rows() -> Iterator[tuple[str, str, str, int, float]]:
    with transaction() as session:
        shop_ids = all_shop_ids(session)
    for shop_id in shop_ids:
        yield from run(_rows_of, shop_id)


def _rows_of(session: Session) -> list[tuple[str, str, str, int, float]]:
    rows = session.execute(text(QUEUES), {"shop": shop_of(session)}).all()
    return [(row[0], row[1], row[2], int(row[3]), float(row[4])) for row in rows]
