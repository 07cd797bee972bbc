"""The demo as a process of its own, as `make demo` runs it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from app.supervisor.children import descendants

DOMAIN = "holdfast-demo.myshopify.com"


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
    """Starts it in this folder, on this port and the next two."""
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
    """The JSON at a path of the product's API, asked for by the store's operator."""
    with httpx.Client(trust_env=False) as client:
        found = client.get(f"http://127.0.0.1:{port + 1}/_control/{DOMAIN}/id-token").json()
        answer = client.get(
            f"http://127.0.0.1:{port}{path}",
            headers={"Authorization": f"Bearer {found['id_token']}"},
        )
    return dict(answer.json())
