"""Secrets at rest: encrypted with the newest key, read with any, so that keys can be rotated."""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from app.config import settings
from app.errors import GiveUp


def encrypt(secret: str) -> str:
    """Text that is safe to store; needs ENCRYPTION_KEYS."""
    return _keys().encrypt(secret.encode()).decode()


def decrypt(stored: str) -> str:
    """The secret again. Raises GiveUp when no configured key opens it."""
    try:
        return _keys().decrypt(stored.encode()).decode()
    except InvalidToken:
        raise GiveUp(
            "A stored secret cannot be opened with ENCRYPTION_KEYS; add the key that sealed it.",
            code="encryption_key_missing",
        ) from None


def rotate(stored: str) -> str:
    """The same secret, sealed with the newest key."""
    return _keys().rotate(stored.encode()).decode()


def _keys() -> MultiFernet:
    keys = settings().fernet_keys()
    if not keys:
        raise GiveUp("ENCRYPTION_KEYS is empty; make a key with `holdfast keys`.")
    return MultiFernet([Fernet(key) for key in keys])
