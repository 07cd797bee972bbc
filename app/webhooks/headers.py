"""What a webhook's headers say. Shopify signs the body only, so these are claims, not facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from app.errors import FieldError, Refused

LONGEST_HEADER = 255
NEEDED = ("Hmac-Sha256", "Topic", "Shop-Domain", "Webhook-Id")
SPELLINGS = {
    name: tuple(f"HTTP_{start}SHOPIFY_{name.upper().replace('-', '_')}" for start in ("X_", ""))
    for name in (*NEEDED, "Triggered-At")
}
"""How WSGI spells each header: `X-Shopify-…`, and the newer `Shopify-…`."""


class Delivery(NamedTuple):
    """The headers of one webhook."""

    signature: str
    topic: str
    shop_domain: str
    webhook_id: str
    triggered_at: datetime | None


def delivery(environ: Mapping[str, Any]) -> Delivery:
    """The delivery's headers, in either spelling (`X-Shopify-…` or the newer `Shopify-…`).

    Raises Refused("missing_headers", 400), naming each header that is absent or overlong.
    """
    found = {name: _header(environ, name) for name in NEEDED}
    wrong = [
        FieldError(f"X-Shopify-{name}", "is missing" if not value else "is too long")
        for name, value in found.items()
        if not 0 < len(value) <= LONGEST_HEADER
    ]
    if wrong:
        raise Refused(
            "missing_headers",
            "This is not a webhook of Shopify's: headers are missing.",
            status=400,
            errors=wrong,
        )
    return Delivery(
        signature=found["Hmac-Sha256"],
        topic=found["Topic"].lower(),
        shop_domain=found["Shop-Domain"].lower(),
        webhook_id=found["Webhook-Id"],
        triggered_at=_moment(_header(environ, "Triggered-At")),
    )


def _header(environ: Mapping[str, Any], name: str) -> str:
    old, new = SPELLINGS[name]
    return str(environ.get(old) or environ.get(new) or "").strip()


def _moment(stamp: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
