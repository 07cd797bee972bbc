"""The web process: errors as problems, request ids, health, metrics, headers, logs without secrets."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from app import messages, metrics
from app.connections import Connection
from app.db import transaction
from app.errors import GiveUp, RetryLater
from app.logs import redacted, without_secrets
from app.shopify import shell
from tests.support.id_tokens import bearer, id_token
from tests.support.web import make_app
from tests.webhooks.sender import DOMAIN, make_shop


@pytest.fixture
def shop_id(database: str) -> int:
    made = make_shop()
    with transaction(made) as session:
        connection = Connection(shop_id=made, channel="shopify", reference=DOMAIN)
        connection.seal(access_token="a", refresh_token="r")
        session.add(connection)
    return made


@pytest.fixture
def client(shop_id: int, queue: str, set_settings: Callable[..., None]) -> FlaskClient:
    set_settings(SHOPIFY_API_KEY="the-client-id", SHOPIFY_API_SECRET="the-client-secret")
    made: FlaskClient = make_app().test_client()
    return made


def problem(answer: Any) -> dict[str, Any]:
    assert answer.mimetype == "application/problem+json"
    body = dict(answer.json)
    assert body["status"] == answer.status_code
    assert body["request_id"] == answer.headers["X-Request-Id"]
    return body


def test_an_address_that_is_not_there_is_a_problem(client: FlaskClient) -> None:
    answer = client.get("/api/nothing-here", headers=bearer(DOMAIN))
    assert (problem(answer)["code"], answer.status_code) == ("not_found", 404)


def test_a_method_that_is_not_allowed_is_a_problem_that_names_those_that_are(
    client: FlaskClient,
) -> None:
    answer = client.delete("/api/items", headers=bearer(DOMAIN))
    assert problem(answer)["code"] == "method_not_allowed"
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("raw", "status"), [(b"{", 422), (b"[]", 422), (b"null", 422), (b"\xff", 422), (b"", 422)]
)
def test_a_body_that_is_no_json_is_a_problem(client: FlaskClient, raw: bytes, status: int) -> None:
    answer = client.post(
        "/api/purchase-orders/X/acknowledge",
        data=raw,
        content_type="application/json",
        headers=bearer(DOMAIN),
    )
    assert answer.status_code in (400, status)
    problem(answer)


def test_a_wrong_field_is_named(client: FlaskClient) -> None:
    body = {"lines": [{"line": "1", "accept": -1}]}
    answer = client.post("/api/purchase-orders/X/acknowledge", json=body, headers=bearer(DOMAIN))
    assert [error["field"] for error in problem(answer)["errors"]] == ["lines[0].accept"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/items?limit=0",
        "/api/items?limit=9999999999999999999999",
        "/api/items?cursor=rubbish",
        "/api/items/99999999999999999999999",
        "/api/items/0",
        "/api/items/1?as_of=yesterday",
        "/api/messages/99999999999999999999999",
        "/api/items?search=%00",
        "/api/purchase-orders/%00",
        "/api/items?cursor=WyJceDAwIiwgMV0",
    ],
)
def test_input_that_makes_no_sense_gets_a_clear_answer(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers=bearer(DOMAIN))
    assert answer.status_code in (200, 400, 404, 422), answer.get_data(as_text=True)
    if answer.status_code != 200:
        problem(answer)


@pytest.mark.parametrize(
    ("error", "status"),
    [(RetryLater("later"), 503), (GiveUp("never"), 502), (ZeroDivisionError("ours"), 500)],
)
def test_failures_inside_are_problems_that_show_nothing_of_the_inside(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fail(**arguments: Any) -> Any:
        raise error

    monkeypatch.setitem(client.application.view_functions, "inventory.list_items", fail)
    answer = client.get("/api/items", headers=bearer(DOMAIN))
    assert answer.status_code == status
    assert "division" not in problem(answer)["detail"]
    assert "Traceback" not in answer.get_data(as_text=True)


def test_a_request_id_is_taken_over_if_it_is_sane(client: FlaskClient) -> None:
    assert (
        client.get("/healthz", headers={"X-Request-Id": "a-b.c:1"}).headers["X-Request-Id"]
        == "a-b.c:1"
    )
    assert client.get("/healthz", headers={"X-Request-Id": "a b"}).headers["X-Request-Id"] != "a b"


def test_answers_carry_headers_that_keep_browsers_careful(client: FlaskClient) -> None:
    headers = client.get("/api/items", headers=bearer(DOMAIN)).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers


def test_over_https_browsers_are_told_to_stay_there(
    client: FlaskClient, set_settings: Callable[..., None]
) -> None:
    set_settings(APP_URL="https://holdfast.example")
    assert "max-age" in client.get("/healthz").headers["Strict-Transport-Security"]


def test_a_front_end_that_is_built_anew_is_served_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = tmp_path / "manifest.json"
    monkeypatch.setattr(shell, "MANIFEST", manifest)
    assert shell.assets() is None
    for moment, name in enumerate(("old.js", "new.js"), 1):
        manifest.write_text(json.dumps({"main.tsx": {"isEntry": True, "file": name}}))
        os.utime(manifest, ns=(moment, moment))
        found = shell.assets()
        assert found is not None and found.entry == name


def test_the_forwarded_address_is_believed_only_behind_a_proxy(
    client: FlaskClient, set_settings: Callable[..., None]
) -> None:
    def seen(application: Any) -> str:
        with application.test_client() as asking:
            asking.get("/healthz", headers={"X-Forwarded-Proto": "https"})
            from flask import request  # noqa: PLC0415

            return request.scheme

    assert seen(client.application) == "http"
    set_settings(TRUSTED_PROXIES="1")
    assert seen(make_app()) == "https"


def test_healthz_answers_even_without_a_database(
    client: FlaskClient, set_settings: Callable[..., None]
) -> None:
    assert client.get("/healthz").json == {"status": "ok"}


def test_readyz_looks_at_database_queue_and_migrations(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"status": "ok", "database": "ok", "queue": "ok", "migrations": "ok"}


def test_readyz_says_what_is_missing(
    client: FlaskClient, queue: str, set_settings: Callable[..., None]
) -> None:
    set_settings(REDIS_URL="unix:///nowhere/redis.sock")
    answer = client.get("/readyz")
    set_settings(REDIS_URL=queue)
    assert answer.status_code == 503
    assert answer.json and answer.json["queue"].startswith("unreachable")


def test_metrics_count_requests_and_what_waits(client: FlaskClient, shop_id: int) -> None:
    metrics._queues.cache_clear()
    with transaction(shop_id) as session:
        messages.record(session, direction="in", channel="shopify", topic="t", key="k", request={})
    client.get("/api/items", headers=bearer(DOMAIN))
    answer = client.get("/metrics")
    families = {one.name: one for one in text_string_to_metric_families(answer.text)}
    waiting = {
        tuple(sample.labels.values()): sample.value
        for sample in families["holdfast_messages"].samples
    }
    assert waiting["shopify", "in", "waiting"] == 1
    routes = {sample.labels.get("route") for sample in families["holdfast_http_requests"].samples}
    assert "/api/items" in routes
    assert DOMAIN not in answer.text


def test_openapi_is_served(client: FlaskClient) -> None:
    document = client.get("/openapi.json").json
    assert document and document["openapi"].startswith("3.1")
    assert all(
        "application/problem+json" in operation["responses"]["default"]["content"]
        for operations in document["paths"].values()
        for operation in operations.values()
    )


def test_no_log_line_carries_a_token(
    capsys: pytest.CaptureFixture[str], client: FlaskClient
) -> None:
    token = id_token(DOMAIN)
    client.get(f"/?id_token={token}&shop={DOMAIN}&host=x&embedded=1")
    client.get("/api/items", headers={"Authorization": f"Bearer {token}"})
    shown = capsys.readouterr().out
    lines = [json.loads(line) for line in shown.splitlines()]
    assert [line["path"] for line in lines if line["event"] == "request"] == ["/", "/api/items"]
    assert lines[-1]["shop"] == DOMAIN
    assert len(lines[-1]["request_id"]) == 32
    assert token not in shown


@pytest.mark.parametrize(
    "words",
    [
        "GET /?id_token=SECRET&shop=a",
        "Authorization: Bearer SECRET",
        "refresh with Atzr|SECRET failed",
        "token shpat_SECRET",
        "https://x/?hmac=SECRET",
    ],
)
def test_tokens_are_cut_out_of_any_text(words: str) -> None:
    assert "SECRET" not in redacted(words)


def test_values_under_telling_names_are_blanked() -> None:
    event = {"refresh_token": "x", "customer_email": "a@b.c", "token": "y", "count": 1}
    assert without_secrets(None, "info", event) == {
        "refresh_token": "…",
        "customer_email": "…",
        "token": "…",
        "count": 1,
    }
