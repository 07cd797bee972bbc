"""Ports for the servers of a test."""

from __future__ import annotations

import random
import socket

# Below those that the system gives to clients, so that none of them takes a port in the meantime.
FIRST, LAST = 20_000, 32_000


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on just now, also not another run of these tests."""
    chance = random.SystemRandom()
    found: list[int] = []
    while len(found) < count:
        port = chance.randrange(FIRST, LAST)
        if port not in found and _is_free(port):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
