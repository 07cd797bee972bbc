"""Named processes run side by side: started in order, logged by name, ended in reverse order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, TextIO

from app.supervisor.children import descendants, end, kill_strays, spawn
from app.supervisor.failures import SupervisorFailed

Ready = str | Callable[[], bool]
# An inherited proxy setting must not come between us and our own processes.
LOCAL = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Ended:
    """A process that ended by itself; `code` is negative for a signal, as in subprocess."""

    name: str
    code: int


@dataclass
class _Running:
    name: str
    process: subprocess.Popen[bytes]
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=20))
    reader: threading.Thread | None = None


class Processes:
    """Runs commands until `stop`; restarts none. Their output goes to `log`, and to `terminal`.

    Used as a `with` block. Whatever they started themselves ends with them, and all end when this
    process does, also by SIGKILL.
    """

    def __init__(self, log: Path, *, terminal: TextIO | None = None, patience: float = 5):
        self.log = log
        self.terminal = terminal
        self.patience = patience
        self._running: list[_Running] = []
        self._output: IO[str] | None = None
        self._writing = threading.Lock()

    def __enter__(self) -> Processes:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._output = self.log.open("a", encoding="utf-8")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        ready: Ready | None = None,
        seconds: float = 180,
    ) -> int:
        """Starts a command and returns its pid once it is ready.

        `environment` is added to our own. `ready` is a URL that must answer 2xx, or a function that
        must return true. Raises SupervisorFailed, quoting its last output, when the process ends
        or `seconds` pass before that. Call it from the main thread, see `spawn`.
        """
        process = spawn(
            command,
            parting_signal=signal.SIGTERM,
            output=subprocess.PIPE,
            environment={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
            folder=folder,
        )
        running = _Running(name, process)
        self._running.append(running)
        running.reader = threading.Thread(target=self._copy, args=[running], daemon=True)
        running.reader.start()
        if ready is not None:
            self._wait_for(running, ready, seconds)
        return process.pid

    def pid(self, name: str) -> int:
        """The pid of a process started under this name."""
        return next(one.process.pid for one in self._running if one.name == name)

    def wait(self, seconds: float | None = None) -> Ended | None:
        """Waits until a process ends by itself and says which; None when `seconds` passed first."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while deadline is None or time.monotonic() < deadline:
            for running in self._running:
                if (code := running.process.poll()) is not None:
                    return Ended(running.name, code)
            time.sleep(0.1)
        return None

    def end(self, name: str) -> None:
        """Ends one process and what it started; its name may then be used again."""
        running = next(one for one in self._running if one.name == name)
        self._end(running)
        self._running.remove(running)

    def stop(self) -> None:
        """Ends all, last started first; who does not go within `patience` seconds is killed."""
        while self._running:
            self._end(self._running[-1])
            self._running.pop()
        if self._output:
            self._output.close()
            self._output = None

    def _end(self, running: _Running) -> None:
        below = descendants(running.process.pid)
        end(running.process, (signal.SIGTERM, self.patience))
        kill_strays(below)
        if running.reader:
            running.reader.join(timeout=1)

    def _wait_for(self, running: _Running, ready: Ready, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not (_answers(ready) if isinstance(ready, str) else ready()):
            code = running.process.poll()
            if code is not None or time.monotonic() > deadline:
                why = f"was not ready after {seconds:g} s"
                if code is not None:
                    why = f"ended with code {code}"
                    if running.reader:
                        running.reader.join(timeout=1)
                lines = "\n".join(running.lines) or "(it said nothing)"
                raise SupervisorFailed(f"{running.name} {why}. Its last words:\n{lines}")
            time.sleep(0.05)

    def _copy(self, running: _Running) -> None:
        assert running.process.stdout is not None
        with running.process.stdout as output:
            for raw in output:
                self._keep(running, raw.decode(errors="replace").rstrip())

    def _keep(self, running: _Running, line: str) -> None:
        running.lines.append(line)
        with self._writing:
            for target in (self._output, self.terminal):
                _write(target, f"{running.name:>10} | {line}\n")


def _write(target: TextIO | IO[str] | None, line: str) -> None:
    try:
        if target:
            target.write(line)
            target.flush()
    except (OSError, ValueError) as error:
        # A closed terminal or a full disk must not block the process that is talking.
        if target is not sys.stderr:
            print(f"log line lost: {error}", file=sys.stderr)


def _answers(url: str) -> bool:
    try:
        with LOCAL.open(url, timeout=2) as answer:
            return bool(200 <= answer.status < 300)
    except (OSError, urllib.error.URLError):
        return False
