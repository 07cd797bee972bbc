"""The operator's commands: what they say, what they do, and the exit codes that they promise."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable

import psycopg
import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet
from sqlalchemy import text

from app import messages
from app.cli import COMMANDS, main
from app.clock import Leadership
from app.connections import Connection
from app.db import transaction
from app.messages import Message
from tests.webhooks.sender import DOMAIN, make_shop


def call(*words: str) -> Result:
    return CliRunner().invoke(main, words)


@pytest.fixture
def product(database: str, queue: str, set_settings: Callable[..., None]) -> None:
    """All settings that the product needs."""
    set_settings(SHOPIFY_API_KEY="id", SHOPIFY_API_SECRET="secret")


def bury_one(shop_id: int) -> int:
    with transaction(shop_id) as session:
        message_id = messages.record(
            session, direction="in", channel="shopify", topic="orders/create", key="k", request={}
        )
        message = session.get(Message, (shop_id, message_id))
        assert message is not None and message_id is not None
        messages.bury(message, "for a reason")
    return message_id


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(command: str) -> None:
    shown = call(command, "--help")
    assert shown.exit_code == 0
    assert len(shown.output.splitlines()) > 6


def test_the_help_names_every_command_and_every_exit_code() -> None:
    shown = call("--help").output
    assert all(name in shown for name in COMMANDS)
    assert all(f"\n    {code}  " in shown for code in range(6))


def test_an_unknown_command_is_wrong_usage() -> None:
    assert call("frobnicate").exit_code == 2


def test_missing_settings_are_named_and_have_an_exit_code_of_their_own() -> None:
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    ended = subprocess.run(
        [sys.executable, "-m", "app.cli", "worker"],
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 3
    assert "DATABASE_URL" in ended.stderr and "SHOPIFY_API_SECRET" in ended.stderr


def test_a_database_that_is_away_has_an_exit_code_of_its_own(
    database: str, set_settings: Callable[..., None]
) -> None:
    set_settings(DATABASE_URL="postgresql://holdfast@/none?host=/nowhere")
    ended = call("migrate")
    set_settings(DATABASE_URL=database)
    assert ended.exit_code == 4
    assert "DATABASE_URL" in ended.output


def test_migrate_finds_nothing_to_do_on_a_migrated_database(product: None) -> None:
    assert call("migrate").exit_code == 0
    assert call("migrate", "--check").exit_code == 0


def test_audit_is_silent_on_sound_books(product: None) -> None:
    make_shop()
    ended = call("audit")
    assert ended.exit_code == 0
    assert f"{DOMAIN}: " in ended.output
    assert json.loads(call("audit", "--json").output) == {"shop": DOMAIN, "findings": []}


@pytest.mark.audits_itself
def test_audit_ends_with_1_when_the_books_are_wrong(
    product: None, superuser: psycopg.Connection
) -> None:
    shop_id = make_shop()
    superuser.execute("SET session_replication_role = replica")
    superuser.execute(
        "INSERT INTO balance (shop_id, item_id, location_id, state, quantity)"
        " VALUES (%s, 1, 1, 'available', 5)",
        [shop_id],
    )
    superuser.execute("SET session_replication_role = DEFAULT")
    ended = call("audit", "--shop", DOMAIN)
    assert ended.exit_code == 1
    assert "balance" in ended.output


def test_a_shop_that_is_not_here_is_refused(product: None) -> None:
    ended = call("audit", "--shop", "nobody.myshopify.com")
    assert ended.exit_code == 5
    assert "nobody.myshopify.com" in ended.output


def test_doctor_misses_the_clock_and_is_content_with_it(product: None) -> None:
    make_shop()
    ended = call("doctor")
    assert ended.exit_code == 1
    assert "WRONG  clock" in ended.output
    leadership = Leadership()
    assert leadership.is_ours()
    ended = call("doctor")
    leadership.resign()
    assert ended.exit_code == 0, ended.output


def test_doctor_names_dead_messages(product: None) -> None:
    bury_one(make_shop())
    assert f"WRONG  {DOMAIN}: 1 dead messages" in call("doctor").output


def test_doctor_names_secrets_that_no_key_opens(
    product: None, set_settings: Callable[..., None]
) -> None:
    shop_id = make_shop()
    with transaction(shop_id) as session:
        connection = Connection(shop_id=shop_id, channel="shopify", reference=DOMAIN)
        connection.seal(access_token="a", refresh_token="r")
        session.add(connection)
    assert f"ok  {DOMAIN}: shopify" in call("doctor").output
    set_settings(ENCRYPTION_KEYS=Fernet.generate_key().decode())
    assert "ENCRYPTION_KEYS" in call("doctor").output


def test_keys_are_made_and_rotated(product: None, set_settings: Callable[..., None]) -> None:
    shop_id = make_shop()
    with transaction(shop_id) as session:
        connection = Connection(shop_id=shop_id, channel="shopify", reference=DOMAIN)
        connection.seal(access_token="a", refresh_token="r")
        session.add(connection)
    new = call("keys").output.strip()
    set_settings(ENCRYPTION_KEYS=f"{new},{os.environ['ENCRYPTION_KEYS']}")
    assert call("keys", "--rotate").output.startswith("2 secrets")
    set_settings(ENCRYPTION_KEYS=new)
    assert f"ok  {DOMAIN}: shopify" in call("doctor").output


def test_replay_makes_dead_messages_wait_again(product: None) -> None:
    shop_id = make_shop()
    message_id = bury_one(shop_id)
    assert "for a reason" in call("replay", "--dry-run").output
    assert call("replay", "--topic", "orders/edited").exit_code == 5
    assert call("replay", "--shop", DOMAIN).output.endswith("1 messages are replayed.\n")
    with transaction(shop_id) as session:
        message = session.get(Message, (shop_id, message_id))
    assert message is not None and message.state == "waiting"


def test_replay_has_nothing_to_do_where_nothing_is_dead(product: None) -> None:
    make_shop()
    assert call("replay").exit_code == 5


def test_sync_does_what_is_due_without_a_worker(product: None) -> None:
    shop_id = make_shop()
    with transaction(shop_id) as session:
        messages.record(
            session,
            direction="in",
            channel="shopify",
            topic="customers/redact",
            key="k",
            request={},
        )
    ended = call("sync", "--no-poll")
    assert ended.exit_code == 0, ended.output
    with transaction(shop_id) as session:
        states = session.execute(text("SELECT state FROM message")).scalars().all()
    assert states == ["done"]


def test_openapi_describes_every_route_of_the_api_with_nothing_set() -> None:
    document = json.loads(call("openapi").output)
    assert document["openapi"].startswith("3.1")
    assert {"/api/items", "/api/purchase-orders", "/api/messages"} <= set(document["paths"])
    operation = document["paths"]["/api/items"]["get"]
    assert operation["security"] == [{"ShopifyIdToken": []}]
    assert "application/problem+json" in operation["responses"]["default"]["content"]
