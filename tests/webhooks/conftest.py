"""The app with one shop, and a sender of its webhooks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.web import make_app
from tests.webhooks.sender import SECRET, Sender, make_shop


@pytest.fixture
def shop_id(database: str) -> int:
    """A shop that has taken its opening balances."""
    return make_shop()


@pytest.fixture
def sender(shop_id: int, queue: str, set_settings: Callable[..., None]) -> Sender:
    """Sends webhooks to a fresh app."""
    set_settings(
        SHOPIFY_API_KEY="the-client-id", SHOPIFY_API_SECRET=SECRET, WEBHOOK_BODY_LIMIT="4096"
    )
    return Sender(make_app())
