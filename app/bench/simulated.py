"""A simulated Amazon of a measurement's own, and the settings that lead the product to it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from app.config import settings


@contextmanager
def simulated_amazon(folder: Path, *options: str) -> Iterator[httpx.Client]:
    """Runs one in memory with these options; ends it, and forgets the settings, in any case."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    origin = f"http://127.0.0.1:{port}"
    command = [
        *(sys.executable, "-m", "app.simulators.amazon", "--port", str(port)),
        *("--client-id", "bench", "--client-secret", "bench", *options),
    ]
    with (folder / "amazon.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=origin, trust_env=False, timeout=60) as amazon:
            _wait_for(amazon)
            with _told_where(origin):
                yield amazon
    finally:
        process.terminate()
        process.wait(timeout=10)


@contextmanager
def _told_where(origin: str) -> Iterator[None]:
    told = {
        "LWA_ORIGIN": origin,
        "SP_API_ORIGIN": origin,
        "LWA_CLIENT_ID": "bench",
        "LWA_CLIENT_SECRET": "bench",
    }
    os.environ.update(told)
    settings.cache_clear()
    try:
        yield
    finally:
        for name in told:
            del os.environ[name]
        settings.cache_clear()


def _wait_for(amazon: httpx.Client) -> None:
    for _ in range(300):
        try:
            amazon.get("/healthz").raise_for_status()
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError("the simulated Amazon does not answer")
