"""The demo: the whole product on this machine, with a simulated Shopify, Amazon and sample brand.

Everything is real but the two outsiders: PostgreSQL, Valkey, web, worker and clock are the product's
own and run as in production. A simulator is left out when its origin is set from outside.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import httpx
from cryptography.fernet import Fernet

from app.config import Settings, settings
from app.demo import first_day
from app.demo.product import SHOP, Addresses, DemoFailed, Product, Say
from app.migrations import migrate, pending
from app.supervisor import Processes, Servers, SupervisorFailed, ended_by_signals

AMAZON_ACCOUNT = "Atzr|demo-refresh-token"
AMAZON_NAME = "Demo vendor group"
POLL_SECONDS = "5"
ORDERS_PER_MINUTE = 12
PATIENCE = 120.0
KEPT = "demo.env"
LOG = "demo.log"


def run_demo(say: Say, *, workers: int = 1, live: bool = True, verbose: bool = False) -> int:
    """Runs until Ctrl-C or until a part ends by itself; returns the exit code and leaves nothing."""
    code = 0
    started = time.monotonic()
    try:
        with ended_by_signals():
            with running(say, workers=workers, verbose=verbose) as (processes, addresses):
                begin(addresses, say, live=live)
                _show(addresses, say, time.monotonic() - started)
                _bring_the_past(addresses, say)
                ended = processes.wait()
                if ended is not None:
                    say(f"{ended.name} ended by itself (code {ended.code}); see {_log()}")
                    code = 1
            say("Everything is stopped.")
    except (SupervisorFailed, DemoFailed) as failure:
        say(f"The demo cannot run: {failure}")
        return 1
    except httpx.HTTPError as failure:
        say(f"The demo cannot run: a part of it does not answer ({failure}); see {_log()}")
        return 1
    if code == 0:
        say("Stopped. Your data is kept; `make demo` continues, `make clean` forgets it.")
    return code


@contextmanager
def running(
    say: Say, *, workers: int = 1, verbose: bool = False
) -> Iterator[tuple[Processes, Addresses]]:
    """The servers, the simulators and the product, all answering; all gone when the block ends."""
    data = settings().holdfast_data.absolute()
    _take_settings(data)
    addresses = _addresses(settings())
    _require_free_ports(addresses)
    say(f"Data in {data}, log in {_log()}")
    with (
        _servers(data, say) as environment,
        Processes(_log(), terminal=sys.stderr if verbose else None) as processes,
    ):
        os.environ.update(environment)
        settings.cache_clear()
        _start_simulators(processes, addresses, data, say)
        _migrate(say)
        _start_product(processes, addresses, workers, say)
        yield processes, addresses


def begin(addresses: Addresses, say: Say, *, live: bool) -> None:
    """Installs the shop, connects Amazon and waits for the import, all through the product's API."""
    if not addresses.simulates_shopify:
        say("SHOPIFY_ADMIN_ORIGIN is set: open the app from that store's admin.")
        return
    with httpx.Client(base_url=addresses.product, timeout=30, trust_env=False) as client:
        product = Product(client, addresses)
        session = product.get("/api/session")
        say(f"Installed in {session['shop']['domain']}")
        if addresses.simulates_amazon:
            _connect_amazon(product, say)
        _wait_for_import(product, say)
    if live:
        _start_traffic(addresses, say)


def _bring_the_past(addresses: Addresses, say: Say) -> None:
    """While the first screens are looked at; a demo without its past is still a demo."""
    if not (addresses.simulates_shopify and addresses.simulates_amazon):
        return
    with httpx.Client(base_url=addresses.product, timeout=30, trust_env=False) as client:
        try:
            first_day.bring_the_past(Product(client, addresses), say)
        except (DemoFailed, httpx.HTTPError) as failure:
            say(f"The past could not be brought: {failure}")


def _take_settings(data: Path) -> None:
    """Puts the demo's settings into the environment where it does not set them; keeps its secrets."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = _read(data / KEPT)
    made = {
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "SHOPIFY_API_KEY": secrets.token_hex(16),
        "SHOPIFY_API_SECRET": secrets.token_hex(32),
        "LWA_CLIENT_ID": f"amzn1.application-oa2-client.{secrets.token_hex(16)}",
        "LWA_CLIENT_SECRET": f"amzn1.oa2-cs.v1.{secrets.token_hex(32)}",
    }
    own = made | kept
    if own != kept:
        path = data / KEPT
        path.touch(mode=0o600)
        path.write_text("".join(f"{name}={value}\n" for name, value in own.items()))
    port = settings().port
    shopify, amazon = f"http://127.0.0.1:{port + 1}", f"http://127.0.0.1:{port + 2}"
    wanted = own | {
        "APP_URL": f"http://localhost:{port}",
        "AMAZON_POLL_SECONDS": POLL_SECONDS,
    }
    if not settings().shopify_admin_origin:
        wanted |= {
            "SHOPIFY_ADMIN_ORIGIN": f"{shopify}/{{shop}}",
            "APP_BRIDGE_SCRIPT_URL": f"{shopify}/app-bridge.js",
            "POLARIS_SCRIPT_URL": "none",
            "ADMIN_FRAME_ORIGINS": shopify,
        }
    if not settings().sp_api_origin:
        wanted |= {
            "SP_API_ORIGIN": amazon,
            "LWA_ORIGIN": amazon,
            "VENDOR_CENTRAL_ORIGIN": amazon,
            "SP_API_APPLICATION_ID": "amzn1.sp.solution.demo",
        }
    for name, value in wanted.items():
        if not os.environ.get(name):
            os.environ[name] = value
    settings.cache_clear()


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    lines = (line.partition("=") for line in path.read_text().splitlines())
    return {name: value for name, separator, value in lines if separator}


def _addresses(own: Settings) -> Addresses:
    shopify, amazon = f"http://127.0.0.1:{own.port + 1}", f"http://127.0.0.1:{own.port + 2}"
    return Addresses(
        product=f"http://127.0.0.1:{own.port}",
        shopify=shopify,
        amazon=amazon,
        simulates_shopify=own.shopify_admin_origin.startswith(f"{shopify}/"),
        simulates_amazon=own.sp_api_origin == amazon,
    )


def _require_free_ports(addresses: Addresses) -> None:
    for address in (addresses.product, addresses.shopify, addresses.amazon):
        port = int(address.rpartition(":")[2])
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                raise DemoFailed(
                    f"port {port} is in use. Set PORT; it and the two ports after it are needed."
                ) from None


@contextmanager
def _servers(data: Path, say: Say) -> Iterator[dict[str, str]]:
    """The servers that no setting names, and the settings that name them."""
    own = settings()
    needed = {"PostgreSQL": not own.database_url, "Valkey": not own.redis_url}
    if not any(needed.values()):
        yield {}
        return
    say(f"Starting {' and '.join(name for name, wanted in needed.items() if wanted)}")
    with Servers(data, postgresql=needed["PostgreSQL"], valkey=needed["Valkey"]) as servers:
        environment = {}
        if needed["PostgreSQL"]:
            environment["DATABASE_URL"] = servers.database_url
        if needed["Valkey"]:
            environment["REDIS_URL"] = servers.redis_url
        yield environment


def _start_simulators(processes: Processes, addresses: Addresses, data: Path, say: Say) -> None:
    own = settings()
    if addresses.simulates_shopify:
        say(f"Starting the small Shopify on {addresses.shopify}")
        processes.start("shopify", _shopify_command(own, addresses, data))
    if addresses.simulates_amazon:
        say(f"Starting the small Amazon on {addresses.amazon}")
        processes.start("amazon", _amazon_command(own, addresses, data))


def _shopify_command(own: Settings, addresses: Addresses, data: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "app.simulators.shopify"),
        *("--port", str(own.port + 1)),
        *("--data", str(data / "shopify")),
        *("--app-url", f"http://localhost:{own.port}"),
        *("--api-key", own.shopify_api_key),
        *("--api-secret", own.shopify_api_secret.get_secret_value()),
        *("--seed", "demo"),
    ]


def _amazon_command(own: Settings, addresses: Addresses, data: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "app.simulators.amazon"),
        *("--port", str(own.port + 2)),
        *("--data", str(data / "amazon")),
        *("--client-id", own.lwa_client_id),
        *("--client-secret", own.lwa_client_secret.get_secret_value()),
        *("--seed", "demo", "--live"),
    ]


def _migrate(say: Say) -> None:
    address = settings().database_url
    if pending(address):
        say("Preparing the database")
        migrate(address)


def _start_product(processes: Processes, addresses: Addresses, workers: int, say: Say) -> None:
    say(f"Starting web on {settings().app_url}, {workers} worker(s) and the clock")
    product = [sys.executable, "-m", "app.cli"]
    # The sign of life of each is the web's readiness: it looks at the database and the queue.
    for number in range(workers):
        processes.start(f"worker-{number + 1}" if workers > 1 else "worker", [*product, "worker"])
    processes.start("clock", [*product, "clock"])
    processes.start("web", [*product, "serve"], ready=f"{addresses.product}/readyz")
    for address in _simulators(addresses):
        _wait_for(f"{address}/healthz")


def _simulators(addresses: Addresses) -> Iterator[str]:
    if addresses.simulates_shopify:
        yield addresses.shopify
    if addresses.simulates_amazon:
        yield addresses.amazon


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if httpx.get(url, timeout=2, trust_env=False).is_success:
                return
        except httpx.HTTPError:
            pass
        if time.monotonic() > deadline:
            raise DemoFailed(f"{url} did not answer within {PATIENCE:g} s; see {_log()}")
        time.sleep(0.1)


def _connect_amazon(product: Product, say: Say) -> None:
    connections = product.get("/api/connections")["data"]
    if any(one["channel"] == "amazon" and one["state"] == "connected" for one in connections):
        return
    body = {"region": "na", "refresh_token": AMAZON_ACCOUNT, "name": AMAZON_NAME}
    product.post("/api/connections/amazon", body)
    say(f"Connected to Amazon as {AMAZON_NAME}")


def _wait_for_import(product: Product, say: Say) -> None:
    deadline = time.monotonic() + PATIENCE
    told = ""
    while True:
        state = product.get("/api/home")["catalog_import"]
        words = f"Importing the catalogue: {state['items']} items"
        if state["state"] == "done":
            say(f"The catalogue is here: {state['items']} items")
            return
        if state["state"] == "failed":
            raise DemoFailed(f"the catalogue import failed: {state['error']}")
        if words != told and state["items"]:
            say(words)
            told = words
        if time.monotonic() > deadline:
            raise DemoFailed(f"the catalogue import did not end; see {_log()}")
        time.sleep(0.25)


def _start_traffic(addresses: Addresses, say: Say) -> None:
    answer = httpx.post(
        f"{addresses.shopify}/_control/{SHOP}/live",
        json={"orders_per_minute": ORDERS_PER_MINUTE},
        timeout=10,
        trust_env=False,
    )
    answer.raise_for_status()
    say("Orders are coming in")


def _show(addresses: Addresses, say: Say, seconds: float) -> None:
    host = addresses.host_page if addresses.simulates_shopify else settings().app_url
    say(
        f"""
Holdfast is ready after {seconds:.0f} s. Open

    {host}

What to try:
  Stock            open an item: every number leads to its movements and papers
  Purchase orders  acknowledge one with the quantities that are proposed, then ship it
  Collisions       both rails want the last units: end one with one click
  Disputes         money that Amazon has taken: when to ask for it, with which papers
  Cash             what Amazon owes and when, and what is overdue
  Activity         everything that came in and went out, as it happens

Ctrl-C ends everything; the next start continues. The API is described at
{addresses.product}/openapi.json, the metrics are at {addresses.product}/metrics.
"""
    )


def _log() -> Path:
    return settings().holdfast_data.absolute() / LOG


def echo(words: str) -> None:
    """Says a line on standard output at once, also into a pipe."""
    click.echo(words)
    sys.stdout.flush()
