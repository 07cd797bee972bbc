"""The Admin API client and the token pair, against a server that answers what a test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from app.connections import Connection
from app.db import transaction
from app.errors import GiveUp, RetryLater
from app.shopify import client as client_module
from app.shopify import tokens
from app.shopify.auth import IdToken
from app.shopify.client import Denied, OutcomeUnknown, ShopClient
from app.shops import open_shop

Answer = tuple[int, Any, dict[str, str]]
SHOP = {"data": {"shop": {"name": "Acme"}}}


class Scripted(ThreadingHTTPServer):
    """Answers with what was put in, in turn, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[Answer] = []
        self.seen: list[tuple[str, dict[str, str], Any]] = []
        self.lock = threading.Lock()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def will(self, status: int, body: Any = None, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append((status, body, named))

    def next(self) -> Answer:
        with self.lock:
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class _Handler(BaseHTTPRequestHandler):
    server: Scripted

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.seen.append((self.path, dict(self.headers), json.loads(raw)))
        status, body, headers = self.server.next()
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: Any) -> None:
        """Quiet."""


@pytest.fixture
def shopify(database: str, queue: str, set_settings: Callable[..., None]) -> Iterator[Scripted]:
    server = Scripted()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    set_settings(
        SHOPIFY_ADMIN_ORIGIN=f"{server.origin}/{{shop}}",
        SHOPIFY_API_KEY="key",
        SHOPIFY_API_SECRET="secret",
    )
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
    for cached in (client_module._http, tokens._http):
        cached().close()
        cached.cache_clear()


def connected(domain: str = "acme.myshopify.com", *, minutes: float = 30) -> int:
    with transaction() as session:
        shop = open_shop(session, domain)
        connection = Connection(
            shop_id=shop.shop_id,
            channel="shopify",
            reference=domain,
            access_expires_at=datetime.now(UTC) + timedelta(minutes=minutes),
        )
        connection.seal(access_token=f"old-{domain}", refresh_token=f"refresh-{domain}")
        session.add(connection)
        return shop.shop_id


def connection_of(shop_id: int) -> Connection:
    with transaction(shop_id) as session:
        found = tokens.find(session)
        assert found is not None
        return found


def pair(token: str = "new") -> dict[str, Any]:
    return {
        "access_token": token,
        "scope": "read_orders",
        "expires_in": 3600,
        "refresh_token": f"refresh-{token}",
        "refresh_token_expires_in": 7776000,
    }


def test_a_question_goes_to_its_shop_with_its_token(shopify: Scripted) -> None:
    shop_id = connected()
    shopify.will(200, SHOP)
    assert ShopClient(shop_id).ask("shop") == SHOP["data"]
    path, headers, body = shopify.seen[0]
    assert path == "/acme.myshopify.com/admin/api/2026-10/graphql.json"
    assert headers["X-Shopify-Access-Token"] == "old-acme.myshopify.com"
    assert body["query"].startswith("query Shop")
    assert connection_of(shop_id).last_good_at is not None


def test_being_throttled_waits_as_long_as_the_bucket_needs(shopify: Scripted) -> None:
    cost = {
        "requestedQueryCost": 300,
        "throttleStatus": {"maximumAvailable": 2000, "currentlyAvailable": 0, "restoreRate": 100},
    }
    throttled = {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]}
    shopify.will(200, throttled | {"extensions": {"cost": cost}})
    shopify.will(200, SHOP)
    pauses: list[float] = []
    assert ShopClient(connected(), sleep=pauses.append).ask("shop") == SHOP["data"]
    assert len(pauses) == 1 and 3.0 <= pauses[0] <= 3.7


def test_throttling_without_end_is_put_off(shopify: Scripted) -> None:
    shopify.will(200, {"errors": [{"message": "T", "extensions": {"code": "THROTTLED"}}]})
    with pytest.raises(RetryLater):
        ShopClient(connected(), sleep=lambda seconds: None).ask("shop")


def test_a_known_cost_is_waited_for_before_asking(shopify: Scripted) -> None:
    cost = {
        "requestedQueryCost": 500,
        "throttleStatus": {"maximumAvailable": 1000, "currentlyAvailable": 100, "restoreRate": 100},
    }
    shopify.will(200, SHOP | {"extensions": {"cost": cost}})
    pauses: list[float] = []
    asking = ShopClient(connected(), sleep=pauses.append)
    asking.ask("shop")
    asking.ask("shop")
    assert len(pauses) == 1 and 3.5 <= pauses[0] <= 4.0


@pytest.mark.parametrize(
    ("status", "kind"),
    [(402, RetryLater), (423, RetryLater), (429, RetryLater), (403, Denied), (404, Denied),
     (400, Denied), (500, OutcomeUnknown), (502, OutcomeUnknown), (503, OutcomeUnknown)],
)  # fmt: skip
def test_each_status_is_told_apart(shopify: Scripted, status: int, kind: type[Exception]) -> None:
    shopify.will(status, "<html>trouble</html>", Retry_After="7")
    with pytest.raises(kind) as caught:
        ShopClient(connected()).ask("shop")
    if status == 429:
        assert isinstance(caught.value, RetryLater) and not isinstance(caught.value, OutcomeUnknown)
        assert caught.value.after == timedelta(seconds=7)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<html>", OutcomeUnknown),
        ([], OutcomeUnknown),
        ({"data": None}, OutcomeUnknown),
        ({"errors": "query: Required parameter missing"}, Denied),
        ({"errors": [{"message": "Field 'x' doesn't exist"}]}, Denied),
        ({"errors": [{"message": "no", "extensions": {"code": "ACCESS_DENIED"}}]}, Denied),
        ({"errors": [{"extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}, OutcomeUnknown),
        (SHOP | {"errors": [{"message": "half of it", "extensions": None}]}, Denied),
    ],
)  # fmt: skip
def test_errors_with_status_200_are_seen(
    shopify: Scripted, body: Any, kind: type[Exception]
) -> None:
    shopify.will(200, body)
    with pytest.raises(kind):
        ShopClient(connected()).ask("shop")


def test_nobody_listening_is_put_off(shopify: Scripted, set_settings: Callable[..., None]) -> None:
    shop_id = connected()
    set_settings(SHOPIFY_ADMIN_ORIGIN="http://127.0.0.1:9/{shop}")
    with pytest.raises(RetryLater) as caught:
        ShopClient(shop_id).ask("shop")
    assert not isinstance(caught.value, OutcomeUnknown)


def test_a_refused_token_is_refreshed_once_and_the_question_put_again(shopify: Scripted) -> None:
    shop_id = connected()
    shopify.will(401, {"errors": "Invalid access token"})
    shopify.will(200, pair())
    shopify.will(200, SHOP)
    assert ShopClient(shop_id).ask("shop") == SHOP["data"]
    refresh = shopify.seen[1]
    assert refresh[0] == "/acme.myshopify.com/admin/oauth/access_token"
    assert refresh[2]["refresh_token"] == "refresh-acme.myshopify.com"
    assert shopify.seen[2][1]["X-Shopify-Access-Token"] == "new"
    connection = connection_of(shop_id)
    assert connection.access_token != "new" and connection.state == "connected"


def test_a_shop_that_refuses_fresh_tokens_has_to_open_the_app(shopify: Scripted) -> None:
    shop_id = connected()
    shopify.will(401, {})
    shopify.will(200, pair())
    shopify.will(401, {})
    with pytest.raises(tokens.NotConnected):
        ShopClient(shop_id).ask("shop")
    assert connection_of(shop_id).state == "reopen_needed"


def test_a_dead_refresh_token_means_the_app_has_to_be_opened(shopify: Scripted) -> None:
    shop_id = connected(minutes=0.5)
    shopify.will(400, {"error": "invalid_grant"})
    with pytest.raises(tokens.NotConnected):
        tokens.access(shop_id)
    connection = connection_of(shop_id)
    assert connection.state == "reopen_needed" and connection.error
    with pytest.raises(tokens.NotConnected):
        tokens.access(shop_id)
    assert len(shopify.seen) == 1


def test_our_own_wrong_credentials_are_named_as_such(shopify: Scripted) -> None:
    shop_id = connected(minutes=0.5)
    shopify.will(401, {"error": "invalid_client"})
    with pytest.raises(GiveUp, match="SHOPIFY_API_KEY"):
        tokens.access(shop_id)
    assert connection_of(shop_id).state == "connected"


@pytest.mark.parametrize("answer", [(502, "<html>"), (200, "<html>"), (200, {}), (200, [])])
def test_a_token_endpoint_that_talks_nonsense_is_asked_again_later(
    shopify: Scripted, answer: tuple[int, Any]
) -> None:
    shop_id = connected(minutes=0.5)
    shopify.will(*answer)
    with pytest.raises(RetryLater):
        tokens.access(shop_id)
    shopify.answers.clear()
    shopify.will(200, pair())
    assert tokens.access(shop_id).token == "new"


def test_many_at_once_refresh_once(shopify: Scripted) -> None:
    shop_id = connected(minutes=0.5)
    shopify.will(200, pair())
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: tokens.access(shop_id).token, range(8)))
    assert found == ["new"] * 8
    assert len(shopify.seen) == 1


def test_no_shop_ever_meets_another_shops_token(shopify: Scripted) -> None:
    shop_ids = {name: connected(f"{name}.myshopify.com") for name in ("ace", "bee", "sea", "dee")}
    shopify.will(200, SHOP)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: ShopClient(shop_ids[one]).ask("shop"), [*shop_ids] * 20))
    assert len(shopify.seen) == 80
    for path, headers, _ in shopify.seen:
        assert headers["X-Shopify-Access-Token"] == f"old-{path.split('/')[1]}"


def test_a_version_that_fell_forward_is_noted_on_the_connection(shopify: Scripted) -> None:
    shop_id = connected()
    shopify.will(200, SHOP, X_Shopify_API_Version="2027-01")
    ShopClient(shop_id).ask("shop")
    assert connection_of(shop_id).details["api_version"] == {
        "asked": "2026-10",
        "served": "2027-01",
    }
    shopify.answers.clear()
    shopify.will(200, SHOP, X_Shopify_API_Version="2026-10")
    ShopClient(shop_id).ask("shop")
    assert connection_of(shop_id).details == {}


def test_pages_follow_the_cursor(shopify: Scripted) -> None:
    def page(names: list[str], more: bool) -> dict[str, Any]:
        info = {"hasNextPage": more, "endCursor": names[-1]}
        return {"data": {"locations": {"nodes": [{"id": one} for one in names], "pageInfo": info}}}

    shopify.will(200, page(["a", "b"], True))
    shopify.will(200, page(["c"], False))
    found = list(ShopClient(connected()).pages("locations", "locations"))
    assert [node["id"] for node in found] == ["a", "b", "c"]
    assert shopify.seen[1][2]["variables"] == {"after": "b"}


def test_a_person_whom_shopify_does_not_name_is_asked_about_another_time(
    shopify: Scripted,
) -> None:
    shopify.will(500, {})
    token = IdToken("acme.myshopify.com", "7", "raw", {"dest": "https://acme.myshopify.com"})
    with pytest.raises(RetryLater):
        tokens.name_of(token)
