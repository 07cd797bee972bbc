"""The demo's product as its screens use it, and where everything answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

SHOP = "holdfast-demo.myshopify.com"

Say = Callable[[str], None]


class DemoFailed(Exception):
    """The demo cannot go on; the words say why and what to do."""


@dataclass(frozen=True)
class Addresses:
    """Where everything of this demo answers."""

    product: str
    shopify: str
    amazon: str
    simulates_shopify: bool
    simulates_amazon: bool

    @property
    def host_page(self) -> str:
        """The simulated admin, which frames the product from another origin."""
        return f"{self.shopify}/admin"


class Product:
    """The product's API as the screens use it: every call with a fresh ID token."""

    def __init__(self, client: httpx.Client, addresses: Addresses) -> None:
        self.client = client
        self.addresses = addresses

    def get(self, path: str) -> dict[str, Any]:
        """The JSON at a path; raises DemoFailed for an error."""
        return self._asked("GET", path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON answer to a post; raises DemoFailed for an error."""
        return self._asked("POST", path, body)

    def put(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON answer to a put; raises DemoFailed for an error."""
        return self._asked("PUT", path, body)

    def bring(self, path: str, content: bytes, **query: str) -> dict[str, Any]:
        """The JSON answer to a file that is posted as it is; raises DemoFailed for an error."""
        return self._asked("POST", path, None, content=content, query=query)

    def _asked(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        *,
        content: bytes | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {id_token(self.addresses)}"}
        answer = self.client.request(
            method, path, json=body, content=content, params=query, headers=headers
        )
        if answer.status_code >= 400:
            raise DemoFailed(f"{method} {path} was answered {answer.status_code}: {answer.text}")
        return dict(answer.json())


def id_token(addresses: Addresses) -> str:
    """A fresh ID token for the demo's shop, as the admin gives one to the app it frames."""
    answer = httpx.get(f"{addresses.shopify}/_control/{SHOP}/id-token", timeout=10, trust_env=False)
    answer.raise_for_status()
    return str(answer.json()["id_token"])
