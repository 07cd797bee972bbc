"""Fixtures for all tests: real servers, a clean database for each test, Chromium, and no network."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine

from app import bell, config, db
from app.supervisor import Servers, SupervisorFailed
from app.supervisor.pgbouncer import PORT, find_pgbouncer
from tests.support import databases, network
from tests.support.databases import Addresses

POOLED_CONNECTIONS = 10
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
RUN = pytest.StashKey[tuple[Servers, Addresses]]()
ENGINE_IS_FOR: dict[str, str] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--postgresql",
        choices=["system", "wheel"],
        help="which PostgreSQL to test on; by default the system's, else the wheel's",
    )


def pytest_configure(config: pytest.Config) -> None:
    network.guard()
    # A developer's own settings must not leak into a test.
    for name in _names_of_settings():
        os.environ.pop(name, None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow ones come first, so that no worker is left with one of them at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish() -> None:
    """What is loaded stays to the end: no collection need look at it again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Runs where the workers are started from: one pair of servers serves them all."""
    try:
        node.workerinput["servers"] = _start_servers(node.config).as_input()
    except SupervisorFailed as error:
        node.workerinput["servers_failed"] = str(error)


def pytest_unconfigure(config: pytest.Config) -> None:
    started = config.stash.get(RUN, None)
    if started:
        servers, addresses = started
        servers.stop()
        shutil.rmtree(addresses.folder, ignore_errors=True)


def _start_servers(config: pytest.Config) -> Addresses:
    if RUN not in config.stash:
        folder = tempfile.mkdtemp(prefix="holdfast-tests-")
        has_pooler = find_pgbouncer() is not None
        servers = Servers(
            Path(folder),
            durable=False,
            kind=config.getoption("--postgresql"),
            pooled=POOLED_CONNECTIONS if has_pooler else 0,
        )
        servers.start()
        port = PORT if has_pooler else None
        addresses = Addresses(folder, servers.superuser_url, servers.redis_url, port)
        config.stash[RUN] = (servers, addresses)
    return config.stash[RUN][1]


def _names_of_settings() -> list[str]:
    return [name.upper() for name in config.Settings.model_fields]


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Addresses:
    """The PostgreSQL and Valkey of this run, shared by all workers; stop your own, not these."""
    given = getattr(pytestconfig, "workerinput", {})
    if "servers_failed" in given:
        pytest.fail(given["servers_failed"], pytrace=False)
    if "servers" in given:
        return Addresses(**given["servers"])
    return _start_servers(pytestconfig)


@pytest.fixture(scope="session")
def database_url(servers: Addresses) -> Iterator[str]:
    """A migrated database of this worker's own, reached as an ordinary role."""
    name = f"holdfast_{databases.worker_number()}"
    databases.copy_template(servers, name)
    yield servers.database_url(name)
    close_engine()


@pytest.fixture(scope="session")
def superuser(servers: Addresses, database_url: str) -> Iterator[psycopg.Connection]:
    """The same database, past row-level security: sees and may delete what the product may not."""
    address = servers.database_url(f"holdfast_{databases.worker_number()}", "postgres")
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def auditor(servers: Addresses, database_url: str) -> Iterator[Engine]:
    """The same database, as the ordinary role, for the audit after each test."""
    made = databases.auditor(servers.database_url(f"holdfast_{databases.worker_number()}"))
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def redis_url(servers: Addresses) -> str:
    """A numbered database of this worker's own."""
    return servers.redis_url.replace("?db=0", f"?db={databases.worker_number() % 16}")


@pytest.fixture
def set_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Call it with settings by their names in the environment; they hold until the test ends."""

    def set_them(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        _forget_settings()

    yield set_them
    monkeypatch.undo()
    _forget_settings()


@pytest.fixture
def database(database_url: str, set_settings: Callable[..., None]) -> str:
    """The product's database, empty and in its settings. After the test the books must be right."""
    set_settings(DATABASE_URL=database_url, ENCRYPTION_KEYS=Fernet.generate_key().decode())
    return database_url


@pytest.fixture
def queue(redis_url: str, set_settings: Callable[..., None]) -> Iterator[str]:
    """The product's queue, empty and in its settings."""
    set_settings(REDIS_URL=redis_url)
    bell.connection().flushdb()
    yield redis_url
    bell.connection().flushdb()


@pytest.fixture(autouse=True)
def clean_database(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a test that used the database: the audit finds nothing, then every table is emptied."""
    if "database" not in request.fixturenames:
        yield
        return
    superuser = request.getfixturevalue("superuser")
    auditor = request.getfixturevalue("auditor")
    request.getfixturevalue("database")  # its settings must outlive the audit below
    yield
    try:
        if not request.node.get_closest_marker("audits_itself"):
            found = databases.audit_every_shop(superuser, auditor)
            assert not found, "the audit finds after this test:\n" + "\n".join(found)
    finally:
        databases.delete_everything(superuser)


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Fails a test that tried to reach another machine, even when the product coped with it."""
    network.attempts.clear()
    yield
    assert not network.attempts, f"the test tried to reach {', '.join(network.attempts)}"


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium that starts; skips with the reason, or fails where it is required (CI)."""
    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    reason = f"no browser: none of {', '.join(CHROMIUM_NAMES)} is installed (see make setup)"
    if path:
        asked = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
        if asked.returncode == 0:
            # Playwright's own Node needs a library that a bare Debian has not.
            if node := shutil.which("node"):
                os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", node)
            return path
        reason = f"no browser: {path} does not start: {asked.stderr.strip()[:200]}"
    if os.environ.get("CHROMIUM_REQUIRED"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def pgbouncer() -> None:
    """Needs PgBouncer; skips with the reason, or fails where it is required (CI)."""
    require_pgbouncer()


def require_pgbouncer() -> None:
    """Skips the test at hand, or fails it in CI, when PgBouncer is not installed."""
    if find_pgbouncer():
        return
    reason = "no PgBouncer: Debian's package pgbouncer is not installed (see make setup)"
    if os.environ.get("PGBOUNCER_REQUIRED"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _forget_settings() -> None:
    config.settings.cache_clear()
    bell.connection.cache_clear()
    # The engine costs time to make, so it stays until another database comes.
    address = os.environ.get("DATABASE_URL")
    if address and address != ENGINE_IS_FOR.get("address"):
        close_engine()
        ENGINE_IS_FOR["address"] = address


def close_engine() -> None:
    """Closes the product's connections; the next use makes new ones."""
    if db.engine.cache_info().currsize:
        db.engine().dispose()
        db.engine.cache_clear()
