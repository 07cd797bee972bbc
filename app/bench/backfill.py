"""How long half a year of purchase orders takes to read, beside what Amazon's rates alone would take.

The simulated Amazon keeps its published rates; the product asks at its usual share of them. What its
memory grows by is measured while it reads.
"""

from __future__ import annotations

import resource
import time
from pathlib import Path

from sqlmodel import Session

from app import secrets
from app.bench import ground
from app.bench.report import Ratio, Report, Series
from app.bench.simulated import simulated_amazon
from app.connections import Connection
from app.db import run, shop_of
from app.inventory.models import Alias
from app.jobs import reconcile
from app.vendor import terms
from app.vendor.limits import SHARE
from app.vendor.polling import coverage, working

ITEMS = 500
# As the simulated Amazon seeds a history; the product does not import it.
HISTORY_ASIN = "B0HIST{:04}"
REFRESH_TOKEN = "Atzr|demo-refresh-token"
REGION = "na"
READ = {"getPurchaseOrders": "orders", "getPurchaseOrdersStatus": "status"}


class NotAllRead(Exception):
    """A back-fill that missed something is worth nothing."""


def measure(folder: Path, orders: int, lines: int) -> Report:
    """Reads this many orders of so many lines once, in as many polls as it takes."""
    shop_id, _location, items = ground.make_shop(ground.SHOP, ITEMS)
    options = ("--seed", "history", "--unchecked", "--orders", str(orders), "--lines", str(lines))
    with simulated_amazon(folder, *options, "--items", str(ITEMS)) as amazon:
        connection_id = run(_connect, shop_id, items)
        before, polls = _memory(), 0
        started = time.perf_counter()
        while (
            seen := run(coverage.stated, shop_id, connection_id)
        ) is None or seen.back_filled < 1:
            working.poll(shop_id)
            polls += 1
        took = time.perf_counter() - started
        reconcile(shop_id)
        matched = time.perf_counter() - started - took
        calls = amazon.get("/_control/stats").json()["calls"]
    if (seen.orders, seen.gaps, seen.unreadable) != (orders, [], 0):
        raise NotAllRead(f"{orders} were placed: {seen}")
    ground.check_books(shop_id, 0)
    asked = {name: calls[operation] for operation, name in READ.items()}
    least = max(_rate_alone(name, count) for name, count in asked.items())
    read, limit = Series("purchase orders read", "orders"), Series("Amazon's rates alone", "orders")
    read.add(orders, took, [took])
    limit.add(orders, least, [least])
    return Report(
        "backfill",
        ground.database_version(),
        1,
        [read, limit],
        {
            "orders": orders,
            "lines": orders * lines,
            "requests": asked,
            "polls": polls,
            "seconds": round(took, 1),
            "seconds_of_rates_alone": round(least, 1),
            "seconds_of_the_match_after": round(matched, 1),
            "memory_grew_by_megabytes": round((_memory() - before) / 1024, 1),
        },
        "every order is there, without a gap, and the audit is silent",
        [Ratio("read of Amazon's rates alone", read, limit, 0.9)],
    )


def _rate_alone(operation: str, count: int) -> float:
    """Seconds that so many calls take at our share of Amazon's rate, if nothing else took any."""
    limit = terms.limit_of(operation, REGION)
    return max(0.001, count / SHARE - limit.burst) / float(limit.rate)


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _connect(session: Session, items: list[int]) -> int:
    for number, item_id in enumerate(items, start=1):
        asin = HISTORY_ASIN.format(number)
        session.add(Alias(shop_id=shop_of(session), kind="asin", value=asin, item_id=item_id))
    row = Connection(
        shop_id=shop_of(session), channel="amazon", reference="bench", region=REGION, name="bench"
    )
    row.refresh_token = secrets.encrypt(REFRESH_TOKEN)
    session.add(row)
    session.flush()
    return row.connection_id
