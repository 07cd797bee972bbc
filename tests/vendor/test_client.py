"""The client never takes a failure for an answer, nor one tenant for another."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from app.errors import GiveUp, RetryLater
from app.vendor import access
from app.vendor import client as client_module
from app.vendor.client import NotAuthorised, UnknownOutcome, VendorClient
from app.vendor.limits import SHARE, Bucket
from app.vendor.terms import limit_of
from app.vendor.tokens import Grant, Token, Tokens
from tests.vendor.amazon import CLIENT_ID, CLIENT_SECRET, Amazon
from tests.vendor.brand import TENT

DAY = {"createdAfter": "2026-11-20T00:00:00Z", "createdBefore": "2026-11-21T00:00:00Z"}


@dataclass
class Stub:
    """An Amazon that answers what it is told to, and keeps what it was asked."""

    origin: str = ""
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    tokens: int = 0

    def answer(self, status: int, body: Any, **headers: str) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers.append((status, headers, raw))


@pytest.fixture
def stub(amazon: Amazon) -> Iterator[Stub]:
    told = Stub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append((self.path, dict(self.headers)))
            if self.path.startswith("/auth"):
                told.tokens += 1
                body = {"access_token": f"Atza|{told.tokens}", "expires_in": 3600}
                self._say(200, {}, json.dumps(body).encode())
            else:
                self._say(*told.answers.pop(0))

        do_POST = do_GET

        def _say(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.origin = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield told
    server.shutdown()
    server.server_close()


def grant_for(origin: str, shop_id: int = 1, refresh_token: str = "Atzr|stub") -> Grant:
    return Grant(shop_id, None, "na", refresh_token, CLIENT_ID, CLIENT_SECRET, origin, origin)


def a_client(amazon: Amazon, shop_id: int = 1) -> VendorClient:
    return VendorClient(access.grant(shop_id, None, "na", amazon.refresh_token))


@pytest.mark.parametrize("fault", ["html_503", "empty_500", "json_504", "throttle", "empty"])
def test_a_broken_answer_is_not_an_empty_list(amazon: Amazon, fault: str) -> None:
    amazon.fail(fault, "getPurchaseOrders")
    with a_client(amazon) as client, pytest.raises(RetryLater):
        client.purchase_orders(**DAY)


@pytest.mark.parametrize(
    "body", [b"", b"<html>ok</html>", b"[]", b"{}", b'{"payload":{}}', b'{"payload":[]}', b"null"]
)
def test_a_200_without_orders_is_not_an_empty_list(stub: Stub, body: bytes) -> None:
    stub.answer(200, body)
    with VendorClient(grant_for(stub.origin)) as client, pytest.raises(RetryLater):
        client.purchase_orders(**DAY)


@pytest.mark.parametrize("errors", [{"code": "X"}, ["odd"], [{"code": "X", "message": "odd"}]])
def test_errors_in_a_200_are_errors_whatever_their_shape(stub: Stub, errors: Any) -> None:
    stub.answer(200, {"errors": errors, "payload": {"orders": []}})
    with VendorClient(grant_for(stub.origin)) as client, pytest.raises(GiveUp):
        client.purchase_orders(**DAY)


def test_a_refusal_brings_amazons_words_and_the_request_id(stub: Stub) -> None:
    body = {"errors": [{"code": "InvalidInput", "message": "bad window", "details": "7 days"}]}
    stub.answer(400, body, x_amzn_RequestId="abc-123")
    with (
        VendorClient(grant_for(stub.origin)) as client,
        pytest.raises(GiveUp, match=r"InvalidInput bad window 7 days \(abc-123\)"),
    ):
        client.purchase_orders(**DAY)


def test_numbers_are_exact(stub: Stub) -> None:
    stub.answer(200, b'{"payload":{"orders":[{"amount":0.1}]}}')
    with VendorClient(grant_for(stub.origin)) as client:
        reply = client.purchase_orders(**DAY)
    assert reply.payload["orders"][0]["amount"] == Decimal("0.1")


def test_nothing_is_added_to_what_we_ask(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SP_API_DEFAULT_MARKETPLACE", "DE")
    monkeypatch.setenv("LWA_APP_ID", "someone-else")
    stub.answer(200, {"payload": {"orders": []}})
    with VendorClient(grant_for(stub.origin)) as client:
        client.purchase_orders(limit=5)
    path, headers = stub.asked[-1]
    assert path == "/vendor/orders/v1/purchaseOrders?limit=5"
    assert headers["Host"] == stub.origin.removeprefix("http://")
    assert "Authorization" not in headers


def test_a_throttled_call_waits_as_long_as_amazon_says(stub: Stub) -> None:
    stub.answer(429, {"errors": [{"code": "QuotaExceeded"}]}, Retry_After="7")
    with VendorClient(grant_for(stub.origin)) as client, pytest.raises(RetryLater) as refused:
        client.purchase_orders(**DAY)
    assert refused.value.after == timedelta(seconds=7)


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_is_refused_is_replaced_once(stub: Stub, status: int) -> None:
    stub.answer(status, {"errors": [{"code": "Unauthorized"}]})
    stub.answer(200, {"payload": {"orders": []}})
    with VendorClient(grant_for(stub.origin)) as client:
        client.purchase_orders(**DAY)
    assert stub.tokens == 2


def test_a_token_that_is_refused_twice_needs_a_person(stub: Stub) -> None:
    for _ in range(2):
        stub.answer(403, {"errors": [{"code": "Unauthorized"}]})
    with VendorClient(grant_for(stub.origin)) as client, pytest.raises(NotAuthorised):
        client.purchase_orders(**DAY)


def test_a_withdrawn_consent_needs_a_person(amazon: Amazon) -> None:
    amazon.revoke()
    with a_client(amazon) as client, pytest.raises(NotAuthorised, match="invalid_grant"):
        client.purchase_orders(**DAY)


def test_a_failing_login_is_tried_later(amazon: Amazon) -> None:
    amazon.fail("html_503", "token")
    with a_client(amazon) as client, pytest.raises(RetryLater):
        client.purchase_orders(**DAY)


def test_an_answer_that_is_lost_leaves_what_was_sent_unknown(amazon: Amazon) -> None:
    number = amazon.place(TENT | {"amount": 1})
    amazon.fail("cut", "submitAcknowledgement")
    body = {
        "purchaseOrderNumber": number,
        "sellingParty": {"partyId": "HLDFS"},
        "acknowledgementDate": "2026-11-20T00:00:00Z",
        "items": [],
    }
    with a_client(amazon) as client, pytest.raises(UnknownOutcome):
        client.submit_acknowledgement({"acknowledgements": [body]})
    assert len(amazon.acknowledgements(number)) == 1


def test_a_server_that_is_silent_is_given_up_in_time(
    amazon: Amazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "TIMEOUT", 0.3)
    amazon.fail("hang", "getPurchaseOrders")
    with a_client(amazon) as client, pytest.raises(RetryLater, match="did not answer"):
        client.purchase_orders(**DAY)


def test_nobody_there_is_tried_later(amazon: Amazon) -> None:
    origin = "http://127.0.0.1:9"
    with VendorClient(grant_for(origin)) as client, pytest.raises(RetryLater):
        client.submit_acknowledgement({})


def test_tenants_with_the_same_refresh_token_do_not_share_an_access_token(stub: Stub) -> None:
    for _ in range(24):
        stub.answer(200, {"payload": {"orders": []}})
    for _again in range(2):
        for shop_id in range(12):
            with VendorClient(grant_for(stub.origin, shop_id=shop_id)) as client:
                client.purchase_orders(**DAY)
    used = [headers["x-amz-access-token"] for path, headers in stub.asked if "vendor" in path]
    assert stub.tokens == 12
    assert used[:12] == used[12:]
    assert len(set(used)) == 12


def test_threads_that_need_a_token_at_once_fetch_one() -> None:
    store, fetched = Tokens(), []

    def fetch(_grant: Grant) -> Token:
        fetched.append(1)
        return Token("Atza|1", datetime.now(UTC) + timedelta(hours=1))

    grant = grant_for("http://amazon")
    threads = [threading.Thread(target=store.get, args=(grant, fetch)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fetched) == 1


def test_a_token_with_less_than_five_minutes_left_is_replaced() -> None:
    store = Tokens()
    ends = iter([timedelta(minutes=4), timedelta(hours=1)])

    def fetch(_grant: Grant) -> Token:
        return Token("Atza|new", datetime.now(UTC) + next(ends))

    grant = grant_for("http://amazon")
    store.get(grant, fetch)
    store.get(grant, fetch)
    assert next(ends, None) is None


def test_calls_stay_below_amazons_rate() -> None:
    limit = limit_of("orders", "na")
    rate, burst = float(limit.rate), limit.burst
    bucket = Bucket(rate * SHARE, burst * SHARE, burst * SHARE, at=0.0)
    pauses = [bucket.take(0.0) for _ in range(10)]
    assert pauses[:7] == [0.0] * 7
    assert pauses[7:] == pytest.approx([1 / 7, 2 / 7, 3 / 7])
