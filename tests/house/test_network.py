"""The guard that keeps tests on this machine."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.support import network


@pytest.fixture
def forgiven() -> Iterator[None]:
    yield
    network.attempts.clear()


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80, 0, 0)])
def test_a_connection_to_another_machine_is_refused_and_noted(
    forgiven: None, address: tuple[str, int]
) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as outside, pytest.raises(network.OutsideConnection):
        outside.connect(address)
    assert network.attempts == [address[0]]


def test_a_name_of_another_machine_is_not_even_looked_up(forgiven: None) -> None:
    with pytest.raises(network.OutsideConnection):
        socket.create_connection(("example.com", 443), timeout=1)
    assert network.attempts == ["example.com"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "acme.localhost", "::1", "", b"::1"])
def test_this_machine_is_not_outside(host: str | bytes) -> None:
    assert not network.is_outside(host)
