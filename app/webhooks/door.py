"""The door for Shopify's webhooks: plain WSGI in front of the Flask app, as routing costs half.

Verify, store, answer; all work happens later. The order of the checks is the order of their cost:
size, headers, signature, JSON, shop, topic.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn

import orjson
import psycopg
import structlog
from psycopg_pool import PoolTimeout

from app import metrics
from app.config import SHOP_DOMAIN, Settings
from app.errors import Refused, RetryLater
from app.http import Problem
from app.shopify import auth, payloads
from app.webhooks.headers import Delivery, delivery
from app.webhooks.ringer import Ringer
from app.webhooks.topics import TOPICS
from app.webhooks.writer import Incoming, Writer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = structlog.get_logger(__name__)

PATHS = ("/webhooks/shopify", "/webhooks/shopify/compliance")
SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
COUNTED = {
    outcome: metrics.WEBHOOKS.labels(outcome)
    for outcome in ("webhook_stored", "webhook_repeated", "webhook_of_unknown_shop")
}
CHUNK = 64 * 1024
MOST_DISCARDED = 64 * 1024 * 1024
"""How much of an oversized body is read and dropped, so that the sender gets to read our answer."""


class Door:
    """Answers the webhook addresses itself and hands every other request to the app behind it."""

    def __init__(self, app: WSGIApplication, settings: Settings) -> None:
        self.app = app
        self.limit = settings.webhook_body_limit
        self.writer = Writer()
        self.ringer = Ringer()
        self._shop_ids: dict[str, int] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") not in PATHS:
            return self.app(environ, start_response)
        request_id = request_id_of(environ)
        try:
            self._receive(environ, request_id)
        except Refused as refused:
            return _problem(start_response, refused, request_id)
        except RetryLater as unable:
            trouble = Refused(
                "try_again_later", unable.detail, status=503, headers={"Retry-After": "5"}
            )
            return _problem(start_response, trouble, request_id)
        start_response("200 OK", [("Content-Length", "0"), ("X-Request-Id", request_id)])
        return []

    def _receive(self, environ: WSGIEnvironment, request_id: str) -> None:
        if environ["REQUEST_METHOD"] != "POST":
            raise Refused(
                "method_not_allowed", "Send a POST.", status=405, headers={"Allow": "POST"}
            )
        body = _body(environ, self.limit)
        headers = delivery(environ)
        if not auth.signature_matches(body, headers.signature):
            raise Refused(
                "bad_signature", "The signature does not fit this body and our secret.", status=401
            )
        content = _parsed(body)
        shop_id = self._shop_id(headers.shop_domain)
        message_id = None
        if shop_id is None:
            outcome = "webhook_of_unknown_shop"
        else:
            message_id = self._store(shop_id, headers, content)
            outcome = "webhook_repeated" if message_id is None else "webhook_stored"
        if shop_id is not None and message_id is not None and headers.topic in TOPICS:
            self.ringer.ring(shop_id)
        COUNTED[outcome].inc()
        log.info(
            outcome,
            request_id=request_id,
            message_id=message_id,
            shop=headers.shop_domain,
            topic=headers.topic,
            webhook_id=headers.webhook_id,
        )

    def _store(self, shop_id: int, headers: Delivery, content: dict[str, Any]) -> int | None:
        kept = payloads.kept(headers.topic, content)
        incoming = Incoming(
            shop_id=shop_id,
            topic=headers.topic,
            key=headers.webhook_id,
            reference=payloads.reference(headers.topic, kept),
            known=headers.topic in TOPICS,
            occurred_at=headers.triggered_at or payloads.occurred_at(headers.topic, kept),
            request=orjson.dumps(kept).decode(),
        )
        try:
            return self.writer.store(incoming)
        except (psycopg.OperationalError, PoolTimeout) as error:
            _unable(error)

    def _shop_id(self, domain: str) -> int | None:
        """The shop's id, remembered for good; a shop may install at any moment, so a miss is not."""
        known = self._shop_ids.get(domain)
        if known is not None:
            return known
        if not SHOP_DOMAIN.fullmatch(domain):
            return None
        try:
            found = self.writer.find_shop_id(domain)
        except (psycopg.OperationalError, PoolTimeout) as error:
            _unable(error)
        if found is not None:
            self._shop_ids[domain] = found
        return found


def request_id_of(environ: WSGIEnvironment) -> str:
    """The caller's own X-Request-Id if it is sane, else a new one."""
    given = environ.get("HTTP_X_REQUEST_ID", "")
    return given if SANE_REQUEST_ID.fullmatch(given) else secrets.token_hex(16)


def _unable(error: Exception) -> NoReturn:
    log.warning("webhook_not_stored", error=type(error).__name__)
    raise RetryLater("The message cannot be stored now; send it again.") from error


def _body(environ: WSGIEnvironment, limit: int) -> bytes:
    """All of the body. Raises Refused for one over the limit, also when no length was announced."""
    announced = environ.get("CONTENT_LENGTH") or ""
    if announced:
        if not announced.isdecimal():
            raise Refused("bad_length", "Content-Length is not a number.", status=400)
        length = int(announced)
        read: Callable[[int], bytes] = environ["wsgi.input"].read
        if length > limit:
            _discard(read, length)
            raise _too_large(limit)
        body = _read(read, length)
        if len(body) < length:
            raise Refused("cut_short", "The body ended before its length.", status=400)
        return body
    if environ.get("HTTP_TRANSFER_ENCODING") or environ.get("wsgi.input_terminated"):
        read = environ["wsgi.input"].read
        body = _read(read, limit + 1)
        if len(body) > limit:
            _discard(read, MOST_DISCARDED)
            raise _too_large(limit)
        return body
    return b""


def _read(read: Callable[[int], bytes], most: int) -> bytes:
    first = read(most)
    if len(first) == most or not first:
        return first
    parts = [first]
    left = most - len(first)
    while left > 0 and (part := read(min(left, CHUNK))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _discard(read: Callable[[int], bytes], length: int) -> None:
    left = min(length, MOST_DISCARDED)
    while left > 0 and (part := read(min(left, CHUNK))):
        left -= len(part)


def _too_large(limit: int) -> Refused:
    return Refused("body_too_large", f"The body is larger than {limit} bytes.", status=413)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        content = _parsed_leniently(body)
    if not isinstance(content, dict):
        raise Refused("broken_json", "The body is not a JSON object.", status=400)
    return content


def _parsed_leniently(body: bytes) -> Any:
    """What orjson will not read: a byte order mark, half of a surrogate pair, very deep nesting."""
    try:
        return JSON.decode(body.decode("utf-8-sig", "surrogatepass"))
    except (ValueError, RecursionError):
        return None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


JSON = json.JSONDecoder(parse_constant=_no_constant)


def _problem(start_response: StartResponse, refused: Refused, request_id: str) -> Iterable[bytes]:
    phrase = HTTPStatus(refused.status).phrase
    told = Problem.told(refused.status, refused.code, refused.detail, refused.errors, request_id)
    metrics.WEBHOOKS.labels(refused.code).inc()
    log.info("webhook_refused", request_id=request_id, status=refused.status, code=refused.code)
    data = json.dumps(told).encode()
    headers = [
        ("Content-Type", "application/problem+json"),
        ("Content-Length", str(len(data))),
        ("Cache-Control", "no-store"),
        ("X-Request-Id", request_id),
        *refused.headers.items(),
    ]
    start_response(f"{refused.status} {phrase}", headers)
    return [data]
