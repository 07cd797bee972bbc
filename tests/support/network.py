"""No socket leaves the machine: whoever tries gets an error, and the test fails."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any, NoReturn

attempts: list[str] = []

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex
_getaddrinfo = socket.getaddrinfo


class OutsideConnection(OSError):
    """A test tried to reach another machine."""


def is_outside(host: object) -> bool:
    """Whether a host name or address is another machine than this one."""
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    if name in ("", "localhost") or name.endswith(".localhost"):
        return False
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return True
    return not (address.is_loopback or address.is_unspecified)


def _refuse(host: object) -> NoReturn:
    attempts.append(str(host))
    raise OutsideConnection(f"a test may not reach {host}")


def _guard_address(address: Any) -> None:
    # A unix socket's address is text or bytes, an internet one a tuple.
    if isinstance(address, tuple) and is_outside(address[0]):
        _refuse(address[0])


class _GuardedSocket:
    """The two methods put in place of socket's own."""

    def connect(self: Any, address: Any) -> None:
        _guard_address(address)
        _connect(self, address)

    def connect_ex(self: Any, address: Any) -> int:
        _guard_address(address)
        return _connect_ex(self, address)


def _guarded_getaddrinfo(host: Any, *arguments: Any, **named: Any) -> Any:
    # Looking a name up asks a server outside, too; an address needs no asking.
    if is_outside(host) and not _is_address(host):
        _refuse(host)
    return _getaddrinfo(host, *arguments, **named)


def _is_address(host: object) -> bool:
    try:
        ipaddress.ip_address(str(host))
    except ValueError:
        return False
    return True


def guard() -> None:
    """Puts the guard in place for the rest of this process."""
    socket.socket.connect = _GuardedSocket.connect  # type: ignore[method-assign]
    socket.socket.connect_ex = _GuardedSocket.connect_ex  # type: ignore[method-assign]
    socket.getaddrinfo = _guarded_getaddrinfo
