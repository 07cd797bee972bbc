"""A simulated shop in this process, and an app beside it that takes its webhooks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.simulators.shopify import seed
from app.simulators.shopify.web import create_app
from app.simulators.shopify.world import Settings, ShopState, World

DOMAIN = "corner-shop.myshopify.com"
KEY, SECRET = "test-key", "a-secret-of-more-than-fourteen-bytes"
GRAPHQL = f"/{DOMAIN}/admin/api/2026-10/graphql.json"
TOKENS = f"/{DOMAIN}/admin/oauth/access_token"


@dataclass
class Received:
    """One request that the app got."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class App:
    """Takes webhooks and answers each with the next of `answers`, then with 200."""

    url: str
    received: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def topics(self) -> list[str]:
        return [one.headers["X-Shopify-Topic"] for one in self.received]

    def of(self, topic: str) -> list[Received]:
        return [one for one in self.received if one.headers["X-Shopify-Topic"] == topic]


@pytest.fixture
def app() -> Iterator[App]:
    """An HTTP server in the app's place."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                found.received.append(Received(self.path, dict(self.headers), body))
                status = found.answers.pop(0) if found.answers else 200
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found = App(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class Merchant:
    """The shop as its merchant, its customers and its app see it."""

    world: World
    state: ShopState
    client: FlaskClient
    token: str = ""

    def control(self, method: str, path: str, **given: Any) -> Any:
        """Asks the control API; fails the test on any answer but a good one."""
        response = self.client.open(f"/_control/{DOMAIN}/{path}", method=method, json=given or None)
        assert response.status_code < 300, response.get_data(as_text=True)
        return response.get_json(silent=True)

    def ask(self, query: str, /, **variables: Any) -> Any:
        """The body of a GraphQL answer, errors and all."""
        response = self.client.post(
            GRAPHQL,
            json={"query": query, "variables": variables},
            headers={"X-Shopify-Access-Token": self.token},
        )
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.get_json()

    def good(self, query: str, /, **variables: Any) -> Any:
        """The data of an answer that has no errors."""
        body = self.ask(query, **variables)
        assert "errors" not in body, body
        return body["data"]

    def quantities(self, sku: str, location: str = "Main warehouse") -> dict[str, int]:
        data = self.control("GET", f"stock?sku={sku}&location={location}")["data"]
        found: dict[str, int] = data[0]["quantities"]
        return found

    def item(self, sku: str) -> Any:
        return next(one for one in self.control("GET", "items")["data"] if one["sku"] == sku)

    def settle(self) -> None:
        self.control("GET", "settled?seconds=10")


@pytest.fixture
def make_world(tmp_path: Path, app: App) -> Iterator[Callable[..., World]]:
    """Starts a simulator with its webhooks going to the app; stopped when the test ends."""
    made: list[World] = []

    def make(speed: float = 1.0, data: Path | None = None) -> World:
        settings = Settings(
            data=data or tmp_path / "simulator",
            public_url="http://localhost",
            app_url=app.url,
            api_key=KEY,
            api_secret=SECRET,
            speed=speed,
        )
        world = World(settings)
        world.start()
        made.append(world)
        return world

    yield make
    for world in made:
        world.stop()


@pytest.fixture
def shop(make_world: Callable[..., World]) -> Merchant:
    """A shop with two items, the app installed, at a speed that makes four hours a second."""
    return open_shop(make_world(speed=20_000.0))


def open_shop(world: World) -> Merchant:
    """The shop with TENT (10 and 5 units) and STOVE (3 and none), with a token for the app."""
    state = seed.empty(world, DOMAIN) if DOMAIN not in world.shops else world.state(DOMAIN)
    shop = Merchant(world, state, create_app(world).test_client())
    if not state.store.tables["Variant"]:
        shop.control("POST", "items", sku="TENT", stock={"Main warehouse": 10, "East warehouse": 5})
        shop.control("POST", "items", sku="STOVE", stock={"Main warehouse": 3})
    world.install(state)
    shop.token = exchange(shop)["access_token"]
    return shop


def exchange(shop: Merchant, **changes: Any) -> Any:
    """A token pair for a fresh ID token."""
    form = {
        "client_id": KEY,
        "client_secret": SECRET,
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": shop.control("GET", "id-token")["id_token"],
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
        "expiring": "1",
        **changes,
    }
    return shop.client.post(TOKENS, json=form).get_json()


def refresh(shop: Merchant, refresh_token: str) -> Any:
    """The answer to a refresh, good or bad."""
    form = {
        "client_id": KEY,
        "client_secret": SECRET,
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
    }
    return shop.client.post(TOKENS, data=form).get_json()
