"""From the webhook to the hold, by the product's own processes: a steady minute, and a flood.

The door, one worker and the clock run as in production. A hold counts as there at the last statement
of the transaction that makes it, a commit before others can see it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import text

from app.bench import ground
from app.bench.load import Load, Measured
from app.bench.report import Report, Series
from app.bench.webhooks import LostWebhooks, listens, send
from app.config import settings
from app.db import transaction
from app.supervisor import Processes

ITEMS = 1_000
PREFIX = "traffic"
PATIENCE = 600.0

FINISHED = """
SELECT CAST(split_part(key, '-', 2) AS int) AS number, extract(epoch FROM finished_at)
FROM message WHERE shop_id = :shop AND key LIKE :prefix || '-%' AND state = 'done'
"""
LEFT = """
SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting,
       count(*) FILTER (WHERE state = 'done') AS done, count(*) AS stored
FROM message WHERE shop_id = :shop AND key LIKE :prefix || '-%'
"""


def steady(folder: Path, per_second: float, seconds: float, connections: int, port: int) -> Report:
    """So many orders a second for so long, answered or not; how long until each is held.

    Raises LostWebhooks or BooksAreWrong unless every order is held once.
    """
    requests = round(per_second * seconds)
    shop_id, _, _ = ground.make_shop(ground.SHOP, ITEMS)
    load = load_of(port, connections, requests, per_second)
    with product(folder, port):
        measured = send(load)
        wait_until_drained(shop_id, PREFIX, measured, requests)
        held_at = finished(shop_id, PREFIX)
        ground.check_books(shop_id, requests)
    door, held = Series("answered", "orders"), Series("webhook to hold", "orders")
    door.add(requests, measured.seconds, measured.latencies)
    waits = [moment - measured.due_at[number] for number, moment in held_at]
    held.add(requests, max(moment for _, moment in held_at) - measured.due_at[0], waits)
    return _report(
        "webhooks-steady",
        [door, held],
        load,
        {"seconds": seconds, "slowest_ms": round(max(waits) * 1_000)},
    )


def flood(folder: Path, requests: int, connections: int, port: int) -> Report:
    """So many orders as quickly as the door takes them, while the worker drains.

    Raises LostWebhooks or BooksAreWrong unless every order is held once.
    """
    shop_id, _, _ = ground.make_shop(ground.SHOP, ITEMS)
    load = load_of(port, connections, requests, 0.0)
    with product(folder, port):
        started = time.perf_counter()
        measured = send(load)
        accepted_in = time.perf_counter() - started
        with transaction(shop_id) as session:
            left = session.execute(text(LEFT), {"shop": shop_id, "prefix": PREFIX}).one()
        wait_until_drained(shop_id, PREFIX, measured, requests)
        drained_in = time.perf_counter() - started
        ground.check_books(shop_id, requests)
    door, held = Series("accepted", "orders"), Series("held", "orders")
    door.add(requests, measured.seconds, measured.latencies)
    held.add(requests, drained_in, [drained_in])
    return _report(
        "webhooks-flood",
        [door, held],
        load,
        {
            "accepted_in_seconds": round(accepted_in, 1),
            "waiting_when_all_were_accepted": left.waiting,
            "drained_in_seconds": round(drained_in, 1),
            "lost": requests - left.stored,
        },
    )


@contextmanager
def product(folder: Path, port: int) -> Iterator[None]:
    """The door, a worker and the clock."""
    with Processes(folder / "product.log") as processes:
        own = {"PORT": str(port), "WEB_WORKERS": "1"}
        for name in ("worker", "clock"):
            processes.start(name, [sys.executable, "-m", "app.cli", name], environment=own)
        processes.start(
            "web",
            [sys.executable, "-m", "app.cli", "serve"],
            environment=own,
            ready=partial(listens, port),
        )
        yield


def load_of(port: int, connections: int, requests: int, per_second: float) -> Load:
    """Orders of the measured shop over all its items."""
    return Load(
        port=port,
        shop=ground.SHOP,
        secret=ground.SECRET,
        connections=connections,
        requests=requests,
        prefix=PREFIX,
        variants=ITEMS,
        per_second=per_second,
    )


def finished(shop_id: int, prefix: str) -> list[tuple[int, float]]:
    """The number of each order of a load that is held, and when it was, in seconds since 1970."""
    with transaction(shop_id) as session:
        rows = session.execute(text(FINISHED), {"shop": shop_id, "prefix": prefix}).all()
    return [(number, float(moment)) for number, moment in rows]


def wait_until_drained(shop_id: int, prefix: str, measured: Measured, requests: int) -> None:
    """Returns once every order of a load is held; raises LostWebhooks if one never will be."""
    if measured.statuses != {"200": requests}:
        raise LostWebhooks(f"{requests} sent, {measured.statuses} answered")
    deadline = time.monotonic() + PATIENCE
    while True:
        with transaction(shop_id) as session:
            left = session.execute(text(LEFT), {"shop": shop_id, "prefix": prefix}).one()
        if left.done == requests:
            return
        if time.monotonic() > deadline or (not left.waiting and left.done != requests):
            raise LostWebhooks(
                f"{requests} answered 200, {left.stored} stored, {left.done} done,"
                f" {left.waiting} waiting"
            )
        time.sleep(0.25)


def _report(bench: str, series: list[Series], load: Load, found: dict[str, object]) -> Report:
    return Report(
        bench,
        ground.database_version(),
        1,
        series,
        {
            "orders": load.requests,
            "per_second": load.per_second or "as quickly as it can",
            "connections": load.connections,
            "items": ITEMS,
            "web_processes": 1,
            "web_threads": settings().web_threads,
            "workers": 1,
        }
        | found,
        "every order stored once and held once, the audit silent",
    )
