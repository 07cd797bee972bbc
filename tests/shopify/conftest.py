"""The product's web app and the simulated Shopify, talking to each other over real HTTP."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from werkzeug.serving import make_server

from app import jobs
from app.db import transaction
from app.inventory.models import INSIDE
from app.shopify import catalog, client, counting, tokens
from app.shops import find_shop_id
from tests.shopify.shop import OpenShop
from tests.shopify.simulated import KEY, SECRET, Simulator
from tests.support.databases import worker_number
from tests.support.ports import free_ports
from tests.support.web import make_app

NUMBERS = itertools.count(1)

NOON = (
    datetime.now(ZoneInfo("America/Los_Angeles"))
    .replace(hour=12, minute=0, second=0, microsecond=0)
    .astimezone(UTC)
)
"""Noon of the simulated store's own day, so that a test's days are the store's days at every hour."""


@pytest.fixture(scope="session")
def simulator_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """The simulator, one for each worker of a run; every test makes shops of its own in it."""
    port, app_port = free_ports(2)
    command = [
        *(sys.executable, "-m", "app.simulators.shopify", "--port", str(port)),
        *("--data", str(tmp_path_factory.mktemp("simulated")), "--seed", "empty"),
        *("--app-url", f"http://127.0.0.1:{app_port}", "--speed", "20"),
        *("--api-key", KEY, "--api-secret", SECRET),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path.cwd()) as process:
        made = Simulator(f"http://127.0.0.1:{port}", app_port)
        made.wait_until_ready()
        yield made
        made.http.close()
        process.terminate()


@pytest.fixture
def simulator(
    simulator_process: Simulator,
    database: str,
    queue: str,
    set_settings: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Simulator]:
    """The simulator with the product's web app beside it."""
    # An export that takes Shopify minutes takes the simulator a moment.
    for room in (catalog, counting):
        monkeypatch.setattr(room, "POLL_SECONDS", 0.1)
        monkeypatch.setattr(room, "MOST_POLLS", 100)
    set_settings(
        APP_URL=f"http://127.0.0.1:{simulator_process.app_port}",
        SHOPIFY_API_KEY=KEY,
        SHOPIFY_API_SECRET=SECRET,
        SHOPIFY_ADMIN_ORIGIN=f"{simulator_process.origin}/{{shop}}",
    )
    server = make_server("127.0.0.1", simulator_process.app_port, make_app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield simulator_process
    server.shutdown()
    thread.join()
    server.server_close()
    for cached in (client._http, tokens._http):
        cached().close()
        cached.cache_clear()


@pytest.fixture
def store(simulator: Simulator) -> Iterator[Store]:
    """A shop with two items at two of its places, connected and with open books."""
    made = Store(simulator, f"shop-{worker_number()}-{next(NUMBERS)}.myshopify.com")
    yield made
    made.leave()


class Store:
    """One simulated shop and what the product knows of it."""

    def __init__(self, simulator: Simulator, domain: str, *, seed: str = "empty") -> None:
        self.simulator = simulator
        self.domain = domain
        # Not installed yet, so nothing is announced of what the shop begins with.
        simulator.control("POST", "/shops", domain=domain, seed=seed, installed=False)
        if seed == "empty":
            places = [one["name"] for one in self.control("GET", "/locations")["data"]]
            self.places = places
            self.control("POST", "/items", sku="TENT", title="Tent", barcode="B0D1234567",
                         unit_cost="12.50", metafields={"holdfast.units_per_case": "6"},
                         stock={places[0]: 50, places[1]: 20})  # fmt: skip
            self.control("POST", "/items", sku="LAMP", title="Lamp", barcode="012345678905",
                         stock={places[0]: 10})  # fmt: skip

    def control(self, method: str, path: str, **body: Any) -> Any:
        return self.simulator.control(method, f"/{self.domain}{path}", **body)

    def connect(self) -> None:
        """Opens the app as a merchant does, and lets the import run to its end."""
        assert self.open_app().status_code == 200
        self.settle()

    def open_app(self) -> httpx.Response:
        return self.ask("GET", "/api/session")

    def ask(self, method: str, path: str) -> httpx.Response:
        """Asks the app as a person of this store does."""
        token = self.control("GET", "/id-token")["id_token"]
        return self.simulator.http.request(
            method,
            f"http://127.0.0.1:{self.simulator.app_port}{path}",
            headers={"Authorization": f"Bearer {token}"},
        )

    @property
    def shop_id(self) -> int:
        with transaction() as session:
            found = find_shop_id(session, self.domain)
        assert found is not None
        return found

    def settle(self, *, seconds: float = 30) -> None:
        """Runs whatever is due until nothing is, on either side."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.control("GET", "/settled")
            due = [one for one in jobs.due() if one.shop_id == self.shop_id]
            if not due:
                return
            for one in due:
                jobs.do(one.job, one.shop_id)
        raise AssertionError(f"still due: {jobs.due()}")

    def stock(self, sku: str) -> dict[str, dict[str, int]]:
        """What Shopify has: location → state → units, without zeros."""
        levels = self.control("GET", f"/stock?sku={sku}")["data"]
        return {
            one["location"]: {state: units for state, units in one["quantities"].items() if units}
            for one in levels
        }

    def differences(self) -> list[tuple[str, str, str, int, int]]:
        """Where Shopify and the books disagree: SKU, location, state, Shopify's units, ours."""
        books = self.books()
        found = []
        for one in self.control("GET", "/items")["data"]:
            sku = str(one["item_id"])
            if not one["tracked"] or one["is_set"]:
                continue
            for level in one["stock"]:
                place, theirs = level["location"], level["quantities"]
                ours = books.standing(sku, place)
                found += [
                    (sku, place, state, theirs.get(state, 0), ours.get(state, 0))
                    for state in INSIDE
                    if theirs.get(state, 0) != ours.get(state, 0)
                ]
        return found

    def knobs(self, **knobs: Any) -> None:
        """How the simulator is to misbehave."""
        self.control("POST", "/knobs", **knobs)

    def books(self) -> OpenShop:
        """The product's books of this shop."""
        with transaction(self.shop_id) as session:
            return OpenShop.of(session, self.shop_id)

    def leave(self) -> None:
        """Nothing more of this shop reaches the next test."""
        self.control("POST", "/uninstall")
        self.control("GET", "/settled")
