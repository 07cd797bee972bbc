"""A socket before PostgreSQL that cuts connections at the worst moment: after COMMIT, before the answer."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


class Cutter:
    """Listens where a client looks for PostgreSQL and passes everything on, until it cuts."""

    def __init__(self, folder: Path, server: Path, cuts: Callable[[], bool]) -> None:
        self.cuts_made = 0
        self._server, self._cuts = server, cuts
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Takes no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self._server))
                threading.Thread(target=self._up, args=(client, server), daemon=True).start()
                threading.Thread(target=_copy, args=(server, client), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65_536):
                cut = data.startswith(b"Q") and b"COMMIT" in data and self._cuts()
                if cut:
                    # Nobody will read the answer; the server commits all the same.
                    client.shutdown(socket.SHUT_RDWR)
                server.sendall(data)
                if cut:
                    self.cuts_made += 1
                    time.sleep(0.05)
                    break
        _close(client, server)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    _close(source, target)


def _close(*sockets: socket.socket) -> None:
    for one in sockets:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
