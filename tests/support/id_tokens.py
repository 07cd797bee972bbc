"""ID tokens as Shopify's admin issues them to the app that it frames."""

from __future__ import annotations

import time
import uuid
from typing import Any

from joserfc import jwt
from joserfc.jwk import OctKey

from app.config import settings


def id_token(shop: str, *, user: str = "7", secret: str | None = None, **claims: Any) -> str:
    """A token for a person in a shop, good for a minute; any claim can be spoiled."""
    now = int(time.time())
    made = {
        "iss": f"https://{shop}/admin",
        "dest": f"https://{shop}",
        "aud": settings().shopify_api_key,
        "sub": user,
        "iat": now,
        "nbf": now,
        "exp": now + 60,
        "jti": uuid.uuid4().hex,
        "sid": uuid.uuid4().hex,
    } | claims
    key = OctKey.import_key(secret or settings().shopify_api_secret.get_secret_value())
    return jwt.encode({"alg": "HS256"}, made, key, algorithms=["HS256"])


def bearer(shop: str, **parts: Any) -> dict[str, str]:
    """The Authorization header of a request from this shop."""
    return {"Authorization": f"Bearer {id_token(shop, **parts)}"}
