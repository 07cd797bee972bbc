"""Tokens as Shopify gives them: ID tokens, token exchange, expiring offline tokens and their refresh.

Source: Shopify, "Set up token exchange" and "Use expiring offline access tokens".
"""

from __future__ import annotations

import hashlib
import secrets
import time
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from app.simulators.shopify.people import person
from app.simulators.shopify.records import AccessToken, RefreshToken, now
from app.simulators.shopify.store import Changing
from app.simulators.shopify.world import Settings, ShopState, World

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
ONLINE = "urn:shopify:params:oauth:token-type:online-access-token"
ID_TOKEN_SECONDS = 60
ONLINE_SECONDS = 86_399
REFRESH_FOR = timedelta(seconds=7_776_000)
REUSE_FOR = timedelta(days=30)
"""How long a refresh token that was used can be used again while its successor was not."""


class Denied(Exception):
    """The token endpoint's own answer to a request it does not grant."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.description = description


def id_token(settings: Settings, domain: str, user_id: int, *, seconds: int = 60) -> str:
    """A session token as App Bridge hands out, good for a minute; `seconds` may be negative."""
    at = int(time.time())
    claims = {
        "iss": f"https://{domain}/admin",
        "dest": f"https://{domain}",
        "aud": settings.api_key,
        "sub": str(user_id),
        "exp": at + seconds,
        "nbf": at - max(0, -seconds) - 1,
        "iat": at - max(0, -seconds) - 1,
        "jti": str(uuid.uuid4()),
        "sid": hashlib.sha256(f"{domain}{user_id}".encode()).hexdigest(),
        "sig": secrets.token_hex(32),
    }
    key = OctKey.import_key(settings.api_secret)
    return jwt.encode({"alg": "HS256", "typ": "JWT"}, claims, key)


def grant(world: World, state: ShopState, form: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to one request for tokens. Raises Denied."""
    settings = world.settings
    given = (str(form.get("client_id", "")), str(form.get("client_secret", "")))
    if given != (settings.api_key, settings.api_secret):
        raise Denied(401, "invalid_client", "Unknown client or wrong secret.")
    kind = form.get("grant_type")
    if kind == EXCHANGE:
        return _exchange(world, state, form)
    if kind == "refresh_token":
        return _refresh(world, state, str(form.get("refresh_token", "")))
    raise Denied(400, "unsupported_grant_type", "The grant type is not supported.")


def find(state: ShopState, value: str | None) -> AccessToken | None:
    """The access token if it is alive; None for an unknown, expired or revoked one."""
    found = state.store.get(AccessToken, value) if value else None
    if found is None or (found.expires_at is not None and found.expires_at <= now()):
        return None
    return found


def revoke_all(change: Changing) -> None:
    """What an uninstallation does to tokens."""
    for token in change.all(AccessToken):
        change.remove(AccessToken, token.key)
    for refresh in change.all(RefreshToken):
        change.edit(RefreshToken, refresh.key).revoked = True


def expire_access(change: Changing) -> None:
    """Ends every access token now, leaving the refresh tokens."""
    for token in change.all(AccessToken):
        change.edit(AccessToken, token.key).expires_at = change.at


def _exchange(world: World, state: ShopState, form: Mapping[str, Any]) -> dict[str, Any]:
    if form.get("subject_token_type") != ID_TOKEN:
        raise Denied(400, "invalid_request", "subject_token_type is not supported.")
    claims = _claims(world.settings, state.domain, str(form.get("subject_token", "")))
    wanted = form.get("requested_token_type")
    if wanted not in (OFFLINE, ONLINE):
        raise Denied(400, "invalid_request", "requested_token_type is not supported.")
    world.install(state)
    with state.store.changing() as change:
        if wanted == ONLINE:
            return _online(change, state, int(claims["sub"]))
        if str(form.get("expiring", "0")).lower() not in ("1", "true"):
            token = _access(change, state, None)
            return {"access_token": token.value, "scope": ",".join(token.scopes)}
        return _pair(change, state, world.settings.access_token_seconds, None)


def _claims(settings: Settings, domain: str, token: str) -> dict[str, Any]:
    try:
        key = OctKey.import_key(settings.api_secret)
        claims: dict[str, Any] = jwt.decode(token, key, algorithms=["HS256"]).claims
        checks = jwt.JWTClaimsRegistry(
            leeway=0,
            aud={"essential": True, "value": settings.api_key},
            dest={"essential": True, "value": f"https://{domain}"},
            exp={"essential": True},
        )
        checks.validate(claims)
    except (JoseError, ValueError) as error:
        raise Denied(400, "invalid_subject_token", f"The ID token is not valid: {error}") from error
    return claims


def _refresh(world: World, state: ShopState, value: str) -> dict[str, Any]:
    with state.store.changing() as change:
        old = change.get(RefreshToken, value)
        if old is None or old.revoked or old.expires_at <= change.at:
            raise Denied(400, "invalid_grant", "The refresh token is expired or revoked.")
        if old.used_at is not None and old.used_at + REUSE_FOR <= change.at:
            raise Denied(400, "invalid_grant", "The refresh token has been replaced.")
        old = change.edit(RefreshToken, value)
        old.used_at = old.used_at or change.at
        # Only the first use of the replacement proves that it arrived.
        if old.parent is not None and change.get(RefreshToken, old.parent) is not None:
            change.edit(RefreshToken, old.parent).revoked = True
        return _pair(change, state, world.settings.access_token_seconds, value)


def _pair(change: Changing, state: ShopState, seconds: int, parent: str | None) -> dict[str, Any]:
    token = _access(change, state, change.at + timedelta(seconds=seconds))
    refresh = change.add(
        RefreshToken(
            value=f"shprt_{secrets.token_hex(16)}",
            parent=parent,
            created_at=change.at,
            expires_at=change.at + REFRESH_FOR,
        )
    )
    return {
        "access_token": token.value,
        "scope": ",".join(token.scopes),
        "expires_in": seconds,
        "refresh_token": refresh.value,
        "refresh_token_expires_in": int(REFRESH_FOR.total_seconds()),
    }


def _online(change: Changing, state: ShopState, user_id: int) -> dict[str, Any]:
    token = _access(change, state, change.at + timedelta(seconds=ONLINE_SECONDS), user_id)
    who = person(user_id)
    return {
        "access_token": token.value,
        "scope": ",".join(token.scopes),
        "expires_in": ONLINE_SECONDS,
        "associated_user_scope": ",".join(token.scopes),
        "associated_user": {
            "id": user_id,
            "first_name": who.first_name,
            "last_name": who.last_name,
            "email": who.email,
            "account_owner": True,
            "locale": "en",
            "collaborator": False,
            "email_verified": True,
        },
    }


def _access(
    change: Changing, state: ShopState, expires_at: datetime | None, user_id: int | None = None
) -> AccessToken:
    return change.add(
        AccessToken(
            value=f"shpat_{secrets.token_hex(16)}",
            online=user_id is not None,
            user_id=user_id,
            scopes=state.shop.scopes,
            created_at=change.at,
            expires_at=expires_at,
        )
    )
