"""One person in front of the screens: asks the API as the embedded app does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient

from app.connections import Connection
from app.db import transaction
from app.shops import this_shop
from tests.support.id_tokens import bearer
from tests.support.web import make_app


@dataclass(frozen=True)
class Screen:
    """Asks as a person of one shop."""

    web: FlaskClient
    domain: str

    def ask(self, path: str, status: int = 200, method: str = "GET", body: Any = None) -> Any:
        answer = self.web.open(f"/api{path}", method=method, json=body, headers=bearer(self.domain))
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_json()

    def download(self, path: str, method: str = "GET") -> bytes:
        """A file, as it is."""
        answer = self.web.open(f"/api{path}", method=method, headers=bearer(self.domain))
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return bytes(answer.get_data())

    def all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Every row of a list, page after page."""
        rows: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            given = {**query, **({"cursor": cursor} if cursor else {})}
            page = self.ask(f"{path}?" + "&".join(f"{name}={given[name]}" for name in given))
            rows += page["data"]
            cursor = page["next_cursor"]
            if cursor is None:
                return rows


def open_screen(shop_id: int, domain: str, set_settings: Callable[..., None]) -> Screen:
    """A shop that is connected and open, and a person in front of it."""
    set_settings(SHOPIFY_API_KEY="the-client-id", SHOPIFY_API_SECRET="the-client-secret")
    with transaction(shop_id) as session:
        connection = Connection(shop_id=shop_id, channel="shopify", reference=domain)
        connection.seal(access_token="a", refresh_token="r")
        session.add(connection)
        this_shop(session).opened_at = datetime.now(UTC)
    return Screen(make_app().test_client(), domain)
