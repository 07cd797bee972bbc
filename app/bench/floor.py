"""The floor for the webhook door: the least that could be called one, on the same server.

Signature over the bytes, JSON read, row on disk before the answer; no filter, no headers checked, no
log line, no shop looked up. `each` commits by itself; `grouped` commits as the door does.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from psycopg_pool import ConnectionPool

from app.webhooks.writer import Incoming, Writer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SECRET = os.environ.get("SHOPIFY_API_SECRET", "").encode()
SHOP_ID = int(os.environ.get("BENCH_SHOP_ID", "0"))
INSERT = (
    "INSERT INTO message (shop_id, direction, channel, topic, key, state, attempts, received_at,"
    " due_at, request, notes, history) VALUES (%s, 'in', 'shopify', %s, %s, 'waiting', 0, now(),"
    " now(), %s, '[]', '[]') ON CONFLICT DO NOTHING"
)
ENTER = f"SET LOCAL holdfast.shop_id = '{SHOP_ID}'"

_writer = Writer()
_pools: list[ConnectionPool[Any]] = []


def each(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """One commit for each webhook."""
    body = _verified(environ)
    with _pool().connection() as connection, connection.transaction():
        connection.execute(ENTER.encode())
        values = (SHOP_ID, environ["HTTP_X_SHOPIFY_TOPIC"], environ["HTTP_X_SHOPIFY_WEBHOOK_ID"])
        connection.execute(INSERT, (*values, body))
    start_response("200 OK", [("Content-Length", "0")])
    return []


def grouped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """One commit for all webhooks that came meanwhile."""
    topic, key = environ["HTTP_X_SHOPIFY_TOPIC"], environ["HTTP_X_SHOPIFY_WEBHOOK_ID"]
    _writer.store(Incoming(SHOP_ID, topic, key, None, True, None, _verified(environ)))
    start_response("200 OK", [("Content-Length", "0")])
    return []


def _verified(environ: WSGIEnvironment) -> str:
    body: bytes = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    made = base64.b64encode(hmac.digest(SECRET, body, "sha256"))
    if not hmac.compare_digest(made, environ["HTTP_X_SHOPIFY_HMAC_SHA256"].encode()):
        raise PermissionError("the signature does not fit")
    order = json.loads(body)
    # As much is stored as the door keeps, so that both write rows of one size.
    return json.dumps({name: order[name] for name in ("id", "name", "created_at", "line_items")})


def _pool() -> ConnectionPool[Any]:
    if not _pools:
        _pools.append(ConnectionPool(os.environ["DATABASE_URL"], min_size=1, max_size=8, open=True))
    return _pools[0]
