"""A small load generator: many keep-alive connections to this machine, driven by one thread.

Run as a process of its own (`python -m app.bench.load`), so that it shares no interpreter with what
it measures. It reads one JSON object from standard input and writes one to standard output.
"""

from __future__ import annotations

import base64
import hmac
import json
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

END_OF_HEAD = b"\r\n\r\n"
LONGEST_SILENCE = 15.0
STRIDE = 7_919
"""A prime, so that orders one after the other are of different variants."""


@dataclass(frozen=True)
class Load:
    """What to send: `requests` webhooks of `body` bytes each over `connections` sockets."""

    port: int
    shop: str
    secret: str
    connections: int
    requests: int
    prefix: str
    first_order: int = 1
    topic: str = "orders/create"
    variant: int = 1
    filler: int = 5_600
    path: str = "/webhooks/shopify"
    variants: int = 1
    per_second: float = 0.0
    """How many to send a second, answered or not; 0: each connection sends when it was answered."""


@dataclass
class Measured:
    """What came of it; latencies in seconds, in the order of the answers."""

    seconds: float = 0.0
    statuses: dict[str, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    due_at: list[float] = field(default_factory=list)
    """When each request should have left, in the order of their numbers; only of a steady load."""


def order_body(number: int, variant: int, filler: int) -> bytes:
    """An order as Shopify sends it, of about 6 kB: most of it is what we do not keep."""
    moment = "2026-11-23T10:00:00-05:00"
    order: dict[str, Any] = {
        "id": 5_000_000_000_000_000_000 + number,
        "name": f"#{number}",
        "created_at": moment,
        "updated_at": moment,
        "line_items": [
            {
                "id": 7_000_000_000_000_000_000 + number,
                "variant_id": variant,
                "quantity": 1,
                "current_quantity": 1,
                "sku": "BENCH",
            }
        ],
        "note_attributes": [
            {"name": f"n{index}", "value": "x" * 80} for index in range(filler // 112)
        ],
    }
    return json.dumps(order).encode()


def requests(load: Load) -> list[bytes]:
    """The raw requests, signed; made before the clock starts."""
    made = []
    for index in range(load.requests):
        body = order_body(
            load.first_order + index, load.variant + index * STRIDE % load.variants, load.filler
        )
        digest = base64.b64encode(hmac.digest(load.secret.encode(), body, "sha256")).decode()
        head = (
            f"POST {load.path} HTTP/1.1\r\nHost: 127.0.0.1:{load.port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"X-Shopify-Topic: {load.topic}\r\nX-Shopify-Hmac-Sha256: {digest}\r\n"
            f"X-Shopify-Shop-Domain: {load.shop}\r\nX-Shopify-API-Version: 2026-10\r\n"
            f"X-Shopify-Webhook-Id: {load.prefix}-{index}\r\n"
            f"X-Shopify-Triggered-At: 2026-11-23T15:00:00Z\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


def run(load: Load) -> Measured:
    """Sends all requests, each connection one at a time, and waits for every answer."""
    return _run_steadily(load) if load.per_second else _run_at_full_speed(load)


def _run_steadily(load: Load) -> Measured:
    """Each request has its moment; one that finds no free connection is late from then on."""
    measured = Measured()
    made = requests(load)
    idle: list[socket.socket] = []
    opened = 0
    started, wall = time.perf_counter(), time.time()
    moments = [number / load.per_second for number in range(load.requests)]
    measured.due_at = [wall + moment for moment in moments]
    with selectors.DefaultSelector() as selector:
        number = answered = 0
        while answered < load.requests:
            now = time.perf_counter() - started
            while number < load.requests and moments[number] <= now:
                if not idle and opened < load.connections:
                    idle.append(_connect(load.port))
                    opened += 1
                if not idle:
                    break
                connection = idle.pop()
                connection.sendall(made[number])
                exchange = _Exchange(started + moments[number])
                selector.register(connection, selectors.EVENT_READ, exchange)
                number += 1
            due_in = moments[number] - now if number < load.requests and idle else 1.0
            for key, _mask in selector.select(max(0.0, min(due_in, 0.05))):
                free = key.fileobj
                assert isinstance(free, socket.socket)
                part = free.recv(65536)
                key.data.received += part
                if part and not _is_whole(key.data.received):
                    continue
                _note(measured, key.data)
                answered += 1
                selector.unregister(free)
                if part:
                    idle.append(free)
                else:
                    free.close()
                    opened -= 1
            if now > moments[-1] + LONGEST_SILENCE:
                raise TimeoutError(f"{load.requests - answered} requests were not answered")
    for connection in idle:
        connection.close()
    measured.seconds = time.perf_counter() - started
    return measured


def _run_at_full_speed(load: Load) -> Measured:
    waiting = iter(requests(load))
    measured = Measured()
    with selectors.DefaultSelector() as selector:
        started = time.perf_counter()
        for _ in range(load.connections):
            _open(selector, load.port, waiting)
        while selector.get_map():
            ready = selector.select(LONGEST_SILENCE)
            if not ready:
                raise TimeoutError(f"no answer for {LONGEST_SILENCE} s")
            for key, _mask in ready:
                _answered(selector, key, waiting, measured)
        measured.seconds = time.perf_counter() - started
    return measured


@dataclass
class _Exchange:
    sent_at: float
    received: bytearray = field(default_factory=bytearray)


def _open(selector: selectors.BaseSelector, port: int, waiting: Iterator[bytes]) -> None:
    first = next(waiting, None)
    if first is None:
        return
    connection = _connect(port)
    selector.register(connection, selectors.EVENT_READ, _Exchange(time.perf_counter()))
    connection.sendall(first)


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=LONGEST_SILENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _note(measured: Measured, exchange: _Exchange) -> None:
    measured.latencies.append(time.perf_counter() - exchange.sent_at)
    status = bytes(exchange.received[9:12]).decode() or "closed"
    measured.statuses[status] = measured.statuses.get(status, 0) + 1


def _answered(
    selector: selectors.BaseSelector,
    key: selectors.SelectorKey,
    waiting: Iterator[bytes],
    measured: Measured,
) -> None:
    connection, exchange = key.fileobj, key.data
    assert isinstance(connection, socket.socket)
    part = connection.recv(65536)
    exchange.received += part
    if part and not _is_whole(exchange.received):
        return
    _note(measured, exchange)
    following = next(waiting, None) if part else None
    if following is None:
        selector.unregister(connection)
        connection.close()
        return
    exchange.received.clear()
    exchange.sent_at = time.perf_counter()
    connection.sendall(following)


def _is_whole(received: bytearray) -> bool:
    end = received.find(END_OF_HEAD)
    if end < 0:
        return False
    head = bytes(received[:end]).lower()
    if b"content-length:" not in head:
        return b"transfer-encoding: chunked" not in head or received.endswith(b"0\r\n\r\n")
    length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
    return len(received) >= end + len(END_OF_HEAD) + length


if __name__ == "__main__":
    json.dump(asdict(run(Load(**json.load(sys.stdin)))), sys.stdout)
