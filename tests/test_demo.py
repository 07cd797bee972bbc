"""The demo starts, continues with its data, and leaves nothing behind; the benches run."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import databases
from tests.support.databases import Addresses
from tests.support.demo import ask, end, start, three_ports, until_ready

READY_FIRST, READY_LATER = 60, 60


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
