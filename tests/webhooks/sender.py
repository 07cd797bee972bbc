"""Sends webhooks to the app as Shopify does, straight into WSGI."""

from __future__ import annotations

import base64
import hmac
import io
import json
from dataclasses import dataclass
from typing import Any

from app.db import transaction
from app.shops import open_shop

SECRET = "the-client-secret"
DOMAIN = "acme.myshopify.com"


@dataclass
class Answered:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        """The problem+json of an error."""
        assert self.headers["Content-Type"] == "application/problem+json"
        return dict(json.loads(self.body))


class Sender:
    """One sender of signed webhooks; every part of a delivery can be spoiled."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.sent = 0

    def send(
        self,
        body: Any = None,
        *,
        topic: str | None = "orders/create",
        raw: bytes | None = None,
        shop: str | None = DOMAIN,
        webhook_id: str | None = None,
        signature: str | None = None,
        secret: str = SECRET,
        path: str = "/webhooks/shopify",
        method: str = "POST",
        chunked: bool = False,
        prefix: str = "X-Shopify-",
        without: tuple[str, ...] = (),
        environ: dict[str, Any] | None = None,
    ) -> Answered:
        """One delivery and its answer; the webhook id is a new one unless it is given."""
        self.sent += 1
        data = raw if raw is not None else json.dumps({} if body is None else body).encode()
        made = base64.b64encode(hmac.digest(secret.encode(), data, "sha256")).decode()
        headers = {
            "Topic": topic,
            "Hmac-Sha256": made if signature is None else signature,
            "Shop-Domain": shop,
            "Webhook-Id": webhook_id or f"webhook-{self.sent}",
            "Triggered-At": "2026-11-23T10:00:00.123Z",
        }
        given: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(data),
        }
        if chunked:
            given |= {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
        else:
            given["CONTENT_LENGTH"] = str(len(data))
        for name, value in headers.items():
            if name not in without and value is not None:
                given[f"HTTP_{(prefix + name).upper().replace('-', '_')}"] = value
        return self._call(given | (environ or {}))

    def _call(self, environ: dict[str, Any]) -> Answered:
        started: list[Any] = []
        parts = self.app(environ, lambda status, headers, *_: started.extend((status, headers)))
        return Answered(int(started[0][:3]), dict(started[1]), b"".join(parts))


def make_shop(domain: str = DOMAIN, *, opened: bool = True) -> int:
    """A shop that has (or has not) taken its opening balances; returns its id."""
    with transaction() as session:
        shop = open_shop(session, domain)
        if opened:
            shop.opened_at = shop.created_at
        return shop.shop_id
