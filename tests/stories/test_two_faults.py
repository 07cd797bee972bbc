"""Two things break at once while orders pour in, and the books still come out as the store's do."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

import httpx
import psycopg
import pytest
from cryptography.fernet import Fernet
from redis import Redis

from app.config import settings
from app.migrations import migrate
from app.supervisor import Servers
from tests.stories.stage import MAIN, Stage, eventually, set_stage

SKUS = ("TENT", "STOVE", "MUG")
STOCK = 500
ORDERS = 60
SKEWS = ("+40s", "-40s")
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
TIMES = int(os.environ.get("TIMES", "1"))

Fault = Callable[[Stage, Servers], None]


def kill_the_worker(stage: Stage, _servers: Servers) -> None:
    stage.kill_worker()


def kill_the_web(stage: Stage, _servers: Servers) -> None:
    os.kill(stage.processes.pid("web"), signal.SIGKILL)
    stage.processes.end("web")
    command = [sys.executable, "-m", "app.cli", "serve"]
    stage.processes.start("web", command, ready=f"{stage.product}/readyz")


def empty_redis(_stage: Stage, _servers: Servers) -> None:
    with Redis.from_url(settings().redis_url) as redis:
        redis.flushdb()


def restart_postgresql(_stage: Stage, servers: Servers) -> None:
    servers.postgresql.kill()
    servers.postgresql.start()
    servers.postgresql.wait_until_ready()


def cut_all_connections(_stage: Stage, servers: Servers) -> None:
    with psycopg.connect(servers.superuser_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


def skew_the_workers_clock(stage: Stage, _servers: Servers) -> None:
    """Another worker, whose clock is most of a minute wrong."""
    stage.processes.end("worker")
    skew = SKEWS[os.getpid() % 2]
    given = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": skew, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    command = ["env", *(f"{name}={value}" for name, value in given.items())]
    stage.processes.start("worker", [*command, sys.executable, "-m", "app.cli", "worker"])


FAULTS: dict[str, Fault] = {
    "worker killed": kill_the_worker,
    "web killed": kill_the_web,
    "Redis emptied": empty_redis,
    "PostgreSQL restarted": restart_postgresql,
    "connections cut": cut_all_connections,
    "clock skewed": skew_the_workers_clock,
}
PAIRS = list(combinations(FAULTS, 2))
# Each fault at least once in a short run; in a long one every pair.
FEW = [
    pair
    for pair in PAIRS
    if pair
    in {
        ("worker killed", "PostgreSQL restarted"),
        ("web killed", "Redis emptied"),
        ("connections cut", "clock skewed"),
    }
]


@pytest.fixture
def servers() -> Iterator[Servers]:
    """Servers of this story's own, which may be killed."""
    folder = Path(tempfile.mkdtemp(prefix="holdfast-faults-"))
    with Servers(folder, durable=True) as made:
        yield made
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS if TIMES > 1 else FEW, ids=" and ".join)
def test_two_faults_at_once_lose_no_unit(
    pair: tuple[str, str],
    servers: Servers,
    set_settings: Callable[..., None],
    tmp_path: Path,
) -> None:
    if "clock skewed" in pair and FAKETIME is None:
        reason = "no wrong clock: Debian's package libfaketime is not installed (see make setup)"
        pytest.fail(reason) if os.environ.get("FAKETIME_REQUIRED") else pytest.skip(reason)
    set_settings(
        DATABASE_URL=servers.database_url,
        REDIS_URL=servers.redis_url,
        ENCRYPTION_KEYS=Fernet.generate_key().decode(),
    )
    migrate(servers.database_url)
    chance = random.Random(" ".join(pair))
    with set_stage(tmp_path, set_settings) as stage:
        for number, sku in enumerate(SKUS):
            stage.add_item(sku, {MAIN: STOCK}, f"99000000001{number}")
        stage.install()
        stage.shop("POST", "/knobs", duplicate=1, shuffle_seconds=1)
        committed = dict.fromkeys(SKUS, 0)
        shipped = dict.fromkeys(SKUS, 0)
        when = dict(zip(chance.sample(range(10, ORDERS - 10), 2), pair, strict=True))
        for number in range(ORDERS):
            sku, units = chance.choice(SKUS), chance.randint(1, 3)
            order = stage.order(sku, units)
            committed[sku] += units
            if number % 3 == 0:
                stage.shop("POST", f"/orders/{order}/fulfil")
                committed[sku] -= units
                shipped[sku] += units
            if number in when:
                FAULTS[when[number]](stage, servers)
        eventually(lambda: ready(stage), True, 60)
        expected = {
            (sku, state): units
            for sku in SKUS
            for state, units in (
                ("available", STOCK - committed[sku] - shipped[sku]),
                ("committed", committed[sku]),
                ("customer", shipped[sku]),
            )
            if units
        }
        eventually(lambda: seen(stage), expected, 120)
        stage.settle_down(240)
        stage.check()


def ready(stage: Stage) -> bool:
    try:
        return stage.http.get(f"{stage.product}/readyz").is_success
    except httpx.HTTPError:
        return False


def seen(stage: Stage) -> dict[tuple[str, str], int]:
    return {
        (sku, state): units
        for (sku, _location, state), units in stage.books().items()
        if state != "adjustment"
    }
