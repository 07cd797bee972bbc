"""How many webhooks a second the door takes, beside the floor on the same server, round by round."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path

from sqlalchemy import text

from app.bench import ground
from app.bench.load import Load, Measured
from app.bench.report import Ratio, Report, Series
from app.config import settings
from app.db import engine, transaction
from app.supervisor import Processes

ORDERS_PER_SECOND = 2_500
"""A guess that makes a round last about as long as was asked for."""


class LostWebhooks(Exception):
    """The door said 200 to more webhooks than were stored, or did not say 200."""


def measure(folder: Path, rounds: int, seconds: float, connections: int, port: int) -> Report:
    """Interleaved rounds of the door and of both floors; what was answered 200 must be stored."""
    shop_id, _, _ = ground.make_shop(ground.SHOP, 1)
    servers = {
        "door": "app.wsgi:application",
        "floor, grouped commits": "app.bench.floor:grouped",
        "floor, a commit each": "app.bench.floor:each",
    }
    series = {name: Series(name, "requests") for name in servers}
    own = settings()
    with Processes(folder / "servers.log") as processes:
        for offset, (name, target) in enumerate(servers.items()):
            command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"]
            command += [
                "--host",
                "127.0.0.1",
                "--port",
                str(port + offset),
                "--log-level",
                "warning",
            ]
            command += ["--workers", str(own.web_workers)]
            command += ["--blocking-threads", str(own.web_threads), target]
            environment = {"BENCH_SHOP_ID": str(shop_id)}
            processes.start(
                name, command, environment=environment, ready=partial(listens, port + offset)
            )
        for number in range(-1, rounds):
            for offset, one in enumerate(series.values()):
                load = Load(
                    port=port + offset,
                    shop=ground.SHOP,
                    secret=ground.SECRET,
                    connections=connections,
                    # The round before the first only warms up.
                    requests=int(ORDERS_PER_SECOND * seconds) if number >= 0 else 500,
                    prefix=f"{offset}-{number}",
                    first_order=(number + 1) * 1_000_000,
                )
                measured = send(load)
                _check(measured, load, shop_id)
                if number >= 0:
                    one.add(load.requests, measured.seconds, measured.latencies)
    door, grouped, each = series.values()
    return Report(
        "webhooks",
        ground.database_version(),
        rounds,
        list(series.values()),
        {
            "connections": connections,
            "body_bytes": 6_000,
            "processes": own.web_workers,
            "threads": own.web_threads,
            "log_level": own.log_level,
        },
        ratios=[
            Ratio("door of the floor with grouped commits", door, grouped, 0.7),
            Ratio("door of the floor with a commit each", door, each),
        ],
    )


def send(load: Load) -> Measured:
    """Sends a load from a process of its own."""
    answer = subprocess.run(
        [sys.executable, "-m", "app.bench.load"],
        input=json.dumps(asdict(load)),
        capture_output=True,
        text=True,
        check=True,
    )
    return Measured(**json.loads(answer.stdout))


def listens(port: int) -> bool:
    """Whether somebody listens on this port of this machine."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _check(measured: Measured, load: Load, shop_id: int) -> None:
    with transaction(shop_id) as session:
        stored = session.execute(
            text("SELECT count(*) FROM message WHERE shop_id = :shop AND key LIKE :prefix"),
            {"shop": shop_id, "prefix": f"{load.prefix}-%"},
        ).scalar_one()
    if measured.statuses != {"200": load.requests} or stored != load.requests:
        raise LostWebhooks(f"{load.requests} sent, {measured.statuses} answered, {stored} stored")
    # A growing table and its index would make each round slower than the one before.
    with engine().begin() as connection:
        connection.execute(text(f"SET LOCAL holdfast.shop_id = '{shop_id}'"))
        connection.execute(text("DELETE FROM message"))
