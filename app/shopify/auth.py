"""Who asks, by Shopify's own word: ID tokens of the embedded app, and signatures of raw bodies.

Source: Shopify, "About ID tokens" and "HTTPS delivery". The tenant of a request is the token's
`dest` and nothing else. A secret may just be rotated, so the one before it is accepted as well.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OctKey

from app.config import SHOP_DOMAIN, settings
from app.errors import Refused

LEEWAY = 10  # seconds that two clocks may differ by
ALGORITHM = "HS256"
RETRY_HEADER = {"X-Shopify-Retry-Invalid-Session-Request": "1"}  # App Bridge then asks once more


@dataclass(frozen=True)
class IdToken:
    """A verified ID token: the shop's full domain, Shopify's id of the person, and the token."""

    shop: str
    user_id: str
    raw: str
    claims: dict[str, Any]


def authenticate(authorization: str | None) -> IdToken:
    """The verified token of an `Authorization: Bearer …` header.

    Raises Refused("invalid_id_token", 401) with the header that makes App Bridge ask once more.
    """
    scheme, _, raw = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not raw.strip():
        raise invalid_id_token("Open Holdfast from your store's admin: there is no ID token here.")
    return verify(raw.strip())


def verify(raw: str) -> IdToken:
    """The verified token. Raises Refused("invalid_id_token")."""
    for secret in settings().shopify_secrets():
        claims = _claims(raw, secret)
        if claims is not None:
            return _named(raw, claims)
    raise invalid_id_token()


def signature_matches(raw: bytes, given: str) -> bool:
    """Whether `given` is base64(HMAC-SHA256(secret, raw)) for one of our secrets."""
    try:
        claimed = base64.b64decode(given, validate=True)
    except ValueError:
        return False
    made = [
        hmac.digest(secret.encode(), raw, hashlib.sha256) for secret in settings().shopify_secrets()
    ]
    return _any([hmac.compare_digest(one, claimed) for one in made])


def invalid_id_token(detail: str = "The ID token is not valid; a fresh one is needed.") -> Refused:
    """The refusal that makes App Bridge come back with a fresh token."""
    return Refused("invalid_id_token", detail, status=401, headers=RETRY_HEADER)


def _any(answers: Iterable[bool]) -> bool:
    # All secrets are tried, so the time taken does not tell which one fits.
    return sum(answers) > 0


def _claims(raw: str, secret: str) -> dict[str, Any] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)  # the secret's length is Shopify's choice
        key = OctKey.import_key(secret)
        try:
            token = jwt.decode(raw, key, algorithms=[ALGORITHM])
            _rules().validate(token.claims)
        except (JoseError, ValueError, TypeError):
            return None
    return dict(token.claims)


def _rules() -> jwt.JWTClaimsRegistry:
    needed: Any = {"essential": True}
    return jwt.JWTClaimsRegistry(
        leeway=LEEWAY,
        exp=needed,
        nbf=needed,
        iat=needed,
        aud={"essential": True, "value": settings().shopify_api_key},
        iss=needed,
        dest=needed,
        sub=needed,
    )


def _named(raw: str, claims: dict[str, Any]) -> IdToken:
    issuer, destination = _host(claims["iss"]), _host(claims["dest"])
    if issuer != destination or not SHOP_DOMAIN.fullmatch(destination):
        raise invalid_id_token()
    return IdToken(shop=destination, user_id=str(claims["sub"])[:64], raw=raw, claims=claims)


def _host(address: Any) -> str:
    parts = urlsplit(address) if isinstance(address, str) else urlsplit("")
    return parts.netloc if parts.scheme == "https" else ""
