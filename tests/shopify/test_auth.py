"""ID tokens and signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from app.errors import Refused
from app.shopify import auth

KEY, SECRET, PREVIOUS = "holdfast-key", "shpss_current_secret_value", "shpss_previous_secret_value"
SHOP = "acme.myshopify.com"


@pytest.fixture(autouse=True)
def app_settings(set_settings: Callable[..., None]) -> None:
    set_settings(
        SHOPIFY_API_KEY=KEY, SHOPIFY_API_SECRET=SECRET, SHOPIFY_API_SECRET_PREVIOUS=PREVIOUS
    )


def token(secret: str = SECRET, header: dict[str, Any] | None = None, **changes: Any) -> str:
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": f"https://{SHOP}/admin",
        "dest": f"https://{SHOP}",
        "aud": KEY,
        "sub": "42",
        "exp": now + 60,
        "nbf": now,
        "iat": now,
        "jti": "j",
        "sid": "s",
    }
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return jwt.encode(header or {"alg": "HS256"}, claims, OctKey.import_key(secret))


def refused(raw: str) -> Refused:
    with pytest.raises(Refused) as caught:
        auth.authenticate(f"Bearer {raw}")
    return caught.value


def test_a_good_token_names_its_shop_and_person() -> None:
    found = auth.authenticate(f"Bearer {token()}")
    assert (found.shop, found.user_id) == (SHOP, "42")


def test_a_token_signed_with_the_previous_secret_still_works() -> None:
    assert auth.authenticate(f"bearer {token(PREVIOUS)}").shop == SHOP


def test_clocks_may_differ_by_a_few_seconds() -> None:
    now = int(time.time())
    assert auth.verify(token(exp=now - 5)).shop == SHOP
    assert auth.verify(token(nbf=now + 5, iat=now + 5)).shop == SHOP


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": int(time.time()) - 60},
        {"nbf": int(time.time()) + 86_400},
        {"iat": int(time.time()) + 86_400},
        {"exp": None},
        {"aud": "another-app"},
        {"aud": None},
        {"dest": "https://other.myshopify.com"},
        {"iss": "https://other.myshopify.com/admin"},
        {"dest": "https://evil.com", "iss": "https://evil.com/admin"},
        {"dest": "https://acme.myshopify.com.evil.com", "iss": "https://acme.myshopify.com.evil.com"},
        {"dest": "http://acme.myshopify.com", "iss": "http://acme.myshopify.com/admin"},
        {"dest": 7},
        {"sub": None},
    ],
)  # fmt: skip
def test_a_token_with_a_wrong_claim_is_refused(changes: dict[str, Any]) -> None:
    refusal = refused(token(**changes))
    assert (refusal.status, refusal.code) == (401, "invalid_id_token")
    assert refusal.headers == {"X-Shopify-Retry-Invalid-Session-Request": "1"}


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_only_hs256_is_accepted(algorithm: str) -> None:
    raw = jwt.encode(
        {"alg": algorithm}, {"aud": KEY}, OctKey.import_key(SECRET * 3), algorithms=[algorithm]
    )
    refused(raw)


def test_an_unsigned_token_is_refused() -> None:
    parts = token().split(".")
    head = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    refused(f"{head}.{parts[1]}.")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer a.b.c"])
def test_anything_else_is_refused(header: str | None) -> None:
    with pytest.raises(Refused):
        auth.authenticate(header)


def test_a_signature_over_the_raw_bytes_is_recognised_under_either_secret() -> None:
    body = b'{"id":  1}'
    for secret in (SECRET, PREVIOUS):
        made = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
        assert auth.signature_matches(body, made)
        assert not auth.signature_matches(body + b" ", made)
    assert not auth.signature_matches(body, "not base64 !")
    assert not auth.signature_matches(body, "")
