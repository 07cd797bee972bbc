"""The demo starts, continues with its data, and leaves nothing behind; the benches run."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.supervisor.children import descendants
from tests.support import databases
from tests.support.databases import Addresses

READY_FIRST, READY_LATER = 60, 60


def three_ports() -> int:
    """The first of three neighbouring ports that are free just now."""
    for port in range(21_000 + os.getpid() % 5_000, 32_000, 3):
        with socket.socket() as a, socket.socket() as b, socket.socket() as c:
            try:
                for offset, one in enumerate((a, b, c)):
                    one.bind(("127.0.0.1", port + offset))
            except OSError:
                continue
            return port
    raise AssertionError("no three free ports")


def start(folder: Path, port: int) -> subprocess.Popen[str]:
    environment = {
        name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")
    }
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", "demo"],
        env=environment | {"PORT": str(port), "HOLDFAST_DATA": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def until_ready(demo: subprocess.Popen[str], words: str = "Holdfast is ready") -> tuple[float, str]:
    """Seconds until it says that it is ready, and all it said up to there."""
    started = time.monotonic()
    assert demo.stdout is not None
    said = ""
    for line in demo.stdout:
        said += line
        if line.startswith(words):
            return time.monotonic() - started, said
    raise AssertionError(f"the demo ended: {said}")


def end(demo: subprocess.Popen[str]) -> str:
    """Ctrl-C; what it says last. Whatever it had started must be gone."""
    below = descendants(demo.pid)
    assert len(below) >= 8
    demo.send_signal(signal.SIGINT)
    said, _ = demo.communicate(timeout=30)
    assert demo.returncode == 0, said
    left = [pid for pid, _started in below if _lives(pid)]
    assert not left, f"still running: {left}"
    return said


def _lives(process_id: int) -> bool:
    state = Path(f"/proc/{process_id}/stat")
    try:
        return state.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def ask(port: int, path: str) -> dict[str, Any]:
    domain = "holdfast-demo.myshopify.com"
    with httpx.Client(trust_env=False) as client:
        found = client.get(f"http://127.0.0.1:{port + 1}/_control/{domain}/id-token").json()
        answer = client.get(
            f"http://127.0.0.1:{port}{path}",
            headers={"Authorization": f"Bearer {found['id_token']}"},
        )
    return dict(answer.json())


def item_count(port: int) -> int:
    return int(ask(port, "/api/home")["catalog_import"]["items"])


@pytest.mark.slow
def test_the_demo_starts_continues_and_leaves_nothing(tmp_path: Path) -> None:
    port = three_ports()
    demo = start(tmp_path, port)
    seconds, said = until_ready(demo)
    assert seconds < READY_FIRST
    assert f"http://127.0.0.1:{port + 1}/admin" in said + _next_lines(demo)
    assert item_count(port) == 40
    until_ready(demo, "The past is here")
    assert [one["state"] for one in ask(port, "/api/disputes")["data"]] == ["filed"]
    assert len(ask(port, "/api/disputes/candidates")["data"]) > 5
    assert ask(port, "/api/remittances")["data"]
    assert "kept" in end(demo)
    assert (tmp_path / "demo.env").stat().st_mode & 0o077 == 0

    demo = start(tmp_path, port)
    seconds, said = until_ready(demo)
    assert seconds < READY_LATER
    assert "Importing" not in said
    assert item_count(port) == 40
    end(demo)


def _next_lines(demo: subprocess.Popen[str]) -> str:
    assert demo.stdout is not None
    return "".join(demo.stdout.readline() for _ in range(4))


@pytest.mark.slow
def test_a_port_in_use_is_named_before_anything_starts(tmp_path: Path) -> None:
    port = three_ports()
    with socket.create_server(("127.0.0.1", port + 2)):
        demo = start(tmp_path, port)
        said, _ = demo.communicate(timeout=30)
    assert demo.returncode == 1
    assert f"port {port + 2} is in use" in said


@pytest.mark.slow
@pytest.mark.parametrize("bench", ["ledger", "webhooks", "read", "audit"])
def test_a_bench_writes_a_table_and_json(
    tmp_path: Path, servers: Addresses, database_url: str, bench: str
) -> None:
    output = tmp_path / "result.json"
    words = [sys.executable, "-m", "app.cli", "bench", bench, "--rounds", "1"]
    if bench in ("read", "audit"):
        words += ["--movements", "50000"]
    else:
        name = f"bench_{databases.worker_number()}"
        databases.copy_template(servers, name)
        words += ["--seconds", "0.1", "--database-url", servers.database_url(name)]
    if bench == "webhooks":
        words += ["--port", str(three_ports())]
    ended = subprocess.run(
        [*words, "--output", str(output)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    result = json.loads(output.read_text())
    assert result["bench"] == bench
    assert all(one["per_second"] > 0 for one in result["results"])
    assert "p99 ms" in ended.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "bench"),
    [
        (("--steady", "50", "--seconds", "2"), "webhooks-steady"),
        (("--flood", "300"), "webhooks-flood"),
    ],
)
def test_traffic_is_measured_until_every_order_is_held(
    tmp_path: Path, words: tuple[str, ...], bench: str
) -> None:
    output = tmp_path / "result.json"
    command = [sys.executable, "-m", "app.cli", "bench", "webhooks", *words]
    command += ["--port", str(three_ports()), "--output", str(output)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    result = json.loads(output.read_text())
    assert result["bench"] == bench
    assert result["parameters"]["orders"] in (100, 300)
    assert all(one["p99_ms"] > 0 for one in result["results"])
