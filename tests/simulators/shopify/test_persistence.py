"""What the simulator has answered is still so after a kill -9."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from app.simulators.shopify.store import JOURNAL
from tests.simulators.shopify.conftest import DOMAIN, KEY, SECRET, App

READY = 20.0


@contextmanager
def running(data: Path, app_url: str) -> Iterator[tuple[httpx.Client, subprocess.Popen[bytes]]]:
    """The simulator as a process of its own; killed without warning at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "app.simulators.shopify", "--port", str(port)]
    command += ["--data", str(data), "--app-url", app_url, "--api-key", KEY]
    command += ["--api-secret", SECRET, "--shop", DOMAIN, "--seed", "empty", "--speed", "20000"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        base = f"http://127.0.0.1:{port}"
        try:
            _wait(f"{base}/healthz")
            with httpx.Client(base_url=base, timeout=20) as client:
                yield client, process
        finally:
            process.kill()


def _wait(address: str) -> None:
    until = time.monotonic() + READY
    while time.monotonic() < until:
        try:
            if httpx.get(address).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise AssertionError("the simulator did not start")


def control(client: httpx.Client, method: str, path: str, **given: Any) -> Any:
    answer = client.request(method, f"/_control/{DOMAIN}/{path}", json=given or None)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def test_nothing_that_was_answered_is_lost_by_a_kill(tmp_path: Path, app: App) -> None:
    with running(tmp_path, app.url) as (client, process):
        control(client, "POST", "items", sku="TENT", stock={"Main warehouse": 100})
        control(client, "POST", "install")
        control(client, "POST", "knobs", hold=True)
        for _ in range(20):
            control(client, "POST", "orders", lines=[{"sku": "TENT", "quantity": 2}])
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert app.received == []
    with running(tmp_path, app.url) as (client, process):
        (level, *_) = control(client, "GET", "stock?sku=TENT")["data"]
        assert level["quantities"]["available"] == 60
        assert level["quantities"]["committed"] == 40
        assert control(client, "GET", "wrong")["data"] == []
        # The webhooks of those orders had not been sent, and still will be.
        assert control(client, "POST", "deliveries/release")["released"] > 60
        control(client, "GET", "settled?seconds=20")
        assert len(app.of("orders/create")) == 20
        assert control(client, "GET", "orders")["data"][0]["name"] == "#1020"


def test_a_last_line_cut_short_is_dropped(tmp_path: Path, app: App) -> None:
    with running(tmp_path, app.url) as (client, process):
        control(client, "POST", "items", sku="TENT", stock={"Main warehouse": 5})
        process.kill()
        process.wait()
    journal = tmp_path / DOMAIN / JOURNAL
    with journal.open("ab") as file:
        file.write(b'{"next":99,"put":[["Level",{"id"')
    size = os.path.getsize(journal)
    with running(tmp_path, app.url) as (client, _):
        (level, *_) = control(client, "GET", "stock?sku=TENT")["data"]
        assert level["quantities"]["available"] == 5
    assert os.path.getsize(journal) < size


def test_sigterm_ends_the_process_cleanly(tmp_path: Path, app: App) -> None:
    with running(tmp_path, app.url) as (_, process):
        process.terminate()
        assert process.wait(timeout=10) == 0
