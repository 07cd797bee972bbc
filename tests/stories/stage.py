"""A stage for stories: both simulators and the product's own processes, driven over HTTP alone."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx

from app.supervisor import Processes
from tests.support.ports import free_ports

SHOP = "story.myshopify.com"
API_KEY, API_SECRET = "story-client-id", "story-client-secret-of-some-length"
LWA_ID, LWA_SECRET = "amzn1.application-oa2-client.story", "amzn1.oa2-cs.v1.story"
REFRESH_TOKEN = "Atzr|story"
MAIN = "Main warehouse"
PATIENCE = 30.0
STATES = ("available", "committed", "reserved", "safety_stock")

Found = TypeVar("Found")
Json = dict[str, Any]


def eventually(
    look: Callable[[], Found], wanted: object = True, seconds: float = PATIENCE
) -> Found:
    """What `look` returns once it equals what is wanted; fails with the last thing seen."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found == wanted:
            return found
        assert time.monotonic() < deadline, f"wanted {wanted!r}, after {seconds:g} s saw {found!r}"
        time.sleep(0.05)


@dataclass
class Stage:
    """Everything that acts in a story."""

    processes: Processes
    http: httpx.Client
    product: str
    shopify: str
    amazon: str

    # What merchants, customers and Amazon do.

    def shop(self, method: str, path: str, **given: Any) -> Json:
        """The simulated store's control API."""
        answer = self.http.request(method, f"{self.shopify}/_control/{SHOP}{path}", json=given)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        return dict(answer.json()) if answer.content else {}

    def amazons(self, method: str, path: str, **given: Any) -> Json:
        """The simulated Amazon's control API."""
        answer = self.http.request(method, f"{self.amazon}/_control{path}", json=given)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        return dict(answer.json()) if answer.content else {}

    def add_item(self, sku: str, stock: dict[str, int], barcode: str) -> None:
        """A new item in the store."""
        self.shop("POST", "/items", sku=sku, title=sku.title(), stock=stock, barcode=barcode)

    def order(self, sku: str, quantity: int, **further: Any) -> str:
        """A customer orders; returns the order's id."""
        lines = [{"sku": sku, "quantity": quantity}]
        return str(self.shop("POST", "/orders", lines=lines, **further)["id"])

    def purchase_order(self, *lines: Json, **further: Any) -> str:
        """Amazon orders; returns the number."""
        further |= {"lines": list(lines), "refresh_token": REFRESH_TOKEN}
        return str(self.amazons("POST", "/purchase-orders", **further)["number"])

    # What an operator sees and does in the product.

    def ask(self, method: str, path: str, body: Json | None = None) -> httpx.Response:
        """The product's API, with a fresh ID token from the store's admin."""
        token = self.shop("GET", "/id-token")["id_token"]
        headers = {"Authorization": f"Bearer {token}"}
        return self.http.request(method, self.product + path, json=body, headers=headers)

    def get(self, path: str) -> Json:
        """The JSON at a path of the product's API."""
        answer = self.ask("GET", path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return dict(answer.json())

    def post(self, path: str, body: Json) -> Json:
        """The JSON answer to a post that succeeds."""
        answer = self.ask("POST", path, body)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        return dict(answer.json())

    def all(self, path: str) -> list[Json]:
        """All rows of a list, page by page."""
        rows: list[Json] = []
        cursor = ""
        while True:
            page = self.get(f"{path}{'&' if '?' in path else '?'}limit=250{cursor}")
            rows += page["data"]
            if not page["next_cursor"]:
                return rows
            cursor = f"&cursor={page['next_cursor']}"

    def item(self, sku: str) -> Json:
        """One item with its balances."""
        return next(one for one in self.all("/api/items") if one["sku"] == sku)

    def units(self, sku: str, state: str, at: str | None = None) -> int:
        """Units of an item in a state, at one location or at all."""
        return sum(
            balance["quantity"]
            for balance in self.item(sku)["balances"]
            if balance["state"] == state and at in (None, balance["location"]["name"])
        )

    def books(self) -> dict[tuple[str, str, str], int]:
        """Every balance that is not zero."""
        return {
            (item["sku"], balance["location"]["name"], balance["state"]): balance["quantity"]
            for item in self.all("/api/items")
            for balance in item["balances"]
            if balance["quantity"]
        }

    def install(self) -> None:
        """The merchant opens the app for the first time, and the catalogue is imported."""
        assert self.get("/api/session")["shop"]["domain"] == SHOP
        eventually(lambda: self.get("/api/home")["catalog_import"]["state"], "done")
        # Shopify's stamps end at the second: what happens within the second of the opening counts
        # as part of the opening balances.
        time.sleep(1.1)

    def connect_amazon(self) -> None:
        """The operator pastes a refresh token."""
        body = {"region": "na", "refresh_token": REFRESH_TOKEN, "name": "Story"}
        assert self.post("/api/connections/amazon", body)["state"] == "connected"

    # What must be true when all is quiet.

    def settle_down(self, seconds: float = 60.0) -> None:
        """Waits until nothing is under way: every webhook delivered, every message done."""
        self.shop("GET", f"/settled?seconds={seconds}")
        eventually(lambda: self.get("/api/messages?state=waiting")["data"], [], seconds)
        eventually(self.differences, {}, seconds)

    def differences(self) -> dict[tuple[str, str, str], tuple[int, int]]:
        """Where the product's books and the store's own stock differ: ours, theirs."""
        books = self.books()
        found = {}
        for level in self.shop("GET", "/stock")["data"]:
            for state in STATES:
                key = (level["sku"], level["location"], state)
                pair = (books.get(key, 0), level["quantities"][state])
                if pair[0] != pair[1]:
                    found[key] = pair
        return found

    def check(self) -> None:
        """The books agree with the store, the audit is silent, and nobody broke a rule."""
        assert self.differences() == {}
        assert self.post("/api/audit", {})["findings"] == []
        assert self.get("/api/messages?state=dead")["data"] == []
        assert self.shop("GET", "/wrong")["data"] == []
        assert self.amazons("GET", "/stats")["contract_breaks"] == []

    # What goes wrong.

    def kill_worker(self) -> None:
        """SIGKILL, as the machine does when memory runs out; then another one is started."""
        os.kill(self.processes.pid("worker"), signal.SIGKILL)
        self.processes.end("worker")
        self.start_worker()

    def start_worker(self) -> None:
        """A worker."""
        self.processes.start("worker", [sys.executable, "-m", "app.cli", "worker"])


@contextmanager
def set_stage(folder: Path, set_settings: Callable[..., None]) -> Iterator[Stage]:
    """All processes, on ports of their own; the database and the queue are in the settings."""
    product, shopify, amazon = (f"http://127.0.0.1:{port}" for port in free_ports(3))
    environment = {
        "PORT": product.rpartition(":")[2],
        "APP_URL": product,
        "SHOPIFY_API_KEY": API_KEY,
        "SHOPIFY_API_SECRET": API_SECRET,
        "SHOPIFY_ADMIN_ORIGIN": f"{shopify}/{{shop}}",
        "LWA_CLIENT_ID": LWA_ID,
        "LWA_CLIENT_SECRET": LWA_SECRET,
        "LWA_ORIGIN": amazon,
        "SP_API_ORIGIN": amazon,
        "VENDOR_CENTRAL_ORIGIN": amazon,
        "AMAZON_POLL_SECONDS": "1",
        "WEB_WORKERS": "1",
        "APP_BRIDGE_SCRIPT_URL": f"{shopify}/app-bridge.js",
        "POLARIS_SCRIPT_URL": "none",
        "ADMIN_FRAME_ORIGINS": shopify,
    }
    set_settings(**environment)
    python = [sys.executable, "-m"]
    with (
        # A worker may be at work on half a year of orders; all of them may be killed at any moment.
        Processes(folder / "story.log", patience=0.5) as processes,
        httpx.Client(timeout=30, trust_env=False) as http,
    ):
        stage = Stage(processes, http, product, shopify, amazon)
        processes.start(
            "shopify",
            [
                *(*python, "app.simulators.shopify", "--port", shopify.rpartition(":")[2]),
                *("--data", str(folder / "shopify"), "--app-url", product, "--shop", SHOP),
                *("--api-key", API_KEY, "--api-secret", API_SECRET),
                *("--seed", "empty", "--speed", "100"),
            ],
        )
        processes.start(
            "amazon",
            [
                *(*python, "app.simulators.amazon", "--port", amazon.rpartition(":")[2]),
                *("--client-id", LWA_ID, "--client-secret", LWA_SECRET),
            ],
        )
        stage.start_worker()
        processes.start("clock", [*python, "app.cli", "clock"])
        processes.start("web", [*python, "app.cli", "serve"], ready=f"{product}/readyz")
        for simulator in (shopify, amazon):
            eventually(partial(answers, http, f"{simulator}/healthz"))
        stage.amazons("POST", "/accounts", refresh_token=REFRESH_TOKEN, vendor_codes=["HLDFS"])
        yield stage


def answers(http: httpx.Client, url: str) -> bool:
    """Whether a server answers well at this address."""
    try:
        return http.get(url).is_success
    except httpx.HTTPError:
        return False
