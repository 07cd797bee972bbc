"""Run as a process of its own by the tests: holds servers and children until it is ended.

Usage: python -m tests.supervisor.holder FOLDER [--child]; prints one JSON line when all is up.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from app.supervisor import Processes, Servers, ended_by_signals

# Starts a child of its own that ignores SIGTERM, then does as the supervisor asks.
FAMILY = """
import subprocess, sys, time
stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", stubborn])
print("child", child.pid, flush=True)
time.sleep(600)
"""
STUBBORN = """
import signal, time
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(600)
"""


def main(folder: Path, with_children: bool) -> None:
    """Prints the pids of all that runs, then waits."""
    with (
        ended_by_signals(),
        Servers(folder, durable=False) as servers,
        Processes(folder / "processes.log", patience=1) as processes,
    ):
        pids = [servers.postgresql.pid, servers.valkey.pid]
        if with_children:
            pids.append(processes.start("family", [sys.executable, "-c", FAMILY]))
            pids.append(processes.start("stubborn", [sys.executable, "-c", STUBBORN]))
        print(json.dumps({"pids": pids, "database_url": servers.database_url}), flush=True)
        ended = processes.wait(600)
        print(json.dumps({"ended": ended and ended.name}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--child" in sys.argv)
