"""Purchase orders and connections as the screens see them, over HTTP, each shop for itself."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import event, text

from app.connections import Connection
from app.db import engine, transaction
from app.inventory.models import State
from app.vendor import connect
from tests.support.web import make_app
from tests.vendor.amazon import Amazon
from tests.vendor.brand import MUG, STOVE, TENT, VendorBrand, make_vendor_brand

KEY, SECRET = "holdfast-key", "shpss_secret_of_these_tests_long_enough"


class Screen:
    """One person of one shop in front of the screens."""

    def __init__(self, web: FlaskClient, brand: VendorBrand, user: str = "42") -> None:
        self.web, self.shop_id, self.user = web, brand.shop_id, user
        with transaction(brand.shop_id) as session:
            self.domain = session.execute(text("SELECT domain FROM shop")).scalar_one()
            if not session.execute(text("SELECT FROM connection WHERE channel = 'shopify'")).all():
                session.add(
                    Connection(shop_id=brand.shop_id, channel="shopify", reference=str(self.domain))
                )

    def token(self) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": f"https://{self.domain}/admin",
            "dest": f"https://{self.domain}",
            "aud": KEY,
            "sub": self.user,
            "exp": now + 60,
            "nbf": now,
            "iat": now,
            "jti": "j",
            "sid": "s",
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))

    def ask(self, path: str, status: int = 200, method: str = "GET", body: Any = None) -> Any:
        response = self.web.open(
            f"/api{path}",
            method=method,
            json=body,
            headers={"Authorization": f"Bearer {self.token()}"},
        )
        assert response.status_code == status, response.get_data(as_text=True)
        return response.get_json()

    def post(self, path: str, body: Any, status: int) -> Any:
        return self.ask(path, status, "POST", body)


@pytest.fixture
def web(amazon: Amazon, set_settings: Callable[..., None]) -> FlaskClient:
    set_settings(SHOPIFY_API_KEY=KEY, SHOPIFY_API_SECRET=SECRET, APP_URL="https://holdfast.example")
    return make_app().test_client()


@pytest.fixture
def screen(web: FlaskClient, brand: VendorBrand) -> Screen:
    return Screen(web, brand)


def test_an_order_is_read_acknowledged_and_shipped_over_http(
    screen: Screen, brand: VendorBrand
) -> None:
    brand.stock("tent", 50)
    number = brand.amazon.place(
        TENT | {"amount": 5, "unit": "Cases", "unit_size": 6}, MUG | {"amount": 4}
    )
    brand.poll()
    (summary,) = screen.ask("/purchase-orders")["data"]
    assert summary["units"] == {
        "ordered": 34, "held": 30, "short": 4, "accepted": 0, "backordered": 0, "rejected": 0,
        "shipped": 0, "received": 0,
    }  # fmt: skip
    # A line in cases has no money before it is said whether its cost is of an each or of a case.
    assert (summary["cost"], summary["cost_unknown"]) == (None, "cost_basis")
    assert summary["acknowledge_by"].endswith("Z")
    order = screen.ask(f"/purchase-orders/{number}")
    tents, mugs = order["lines"]
    assert tents["item"]["sku"] == "TENT-2P"
    assert tents["ordered"] == {"amount": 5, "unit": "Cases", "unit_size": 6}
    assert mugs["item"] is None
    said = [
        {"line": line["line"]}
        | {
            name: line["proposal"][name]
            for name in ("accept", "backorder", "reject", "rejection_reason")
        }
        for line in order["lines"]
    ]
    path = f"/purchase-orders/{number}"
    done = screen.post(f"{path}/acknowledge", {"lines": said}, 202)
    assert done["acknowledgement"] == {
        "state": "waiting",
        "waits_for_a_person": False,
        "sent_at": None,
        "error": None,
    }
    assert done["acknowledge_by"] is None
    assert done["acknowledgements"][0]["by"] == "user:42"
    assert screen.post(f"{path}/acknowledge", {"lines": said}, 409)["code"] == (
        "acknowledgement_under_way"
    )
    brand.send_and_follow()
    shipment = {
        "location_id": brand.locations["main"],
        "carton_count": 4,
        "lines": [{"line": "1", "units": 24}],
        "release_rest": True,
    }
    shipped = screen.post(f"{path}/shipments", shipment, 201)
    assert shipped["state"] == "Acknowledged"
    assert shipped["shipments"][0] | {"identifier": "", "shipped_at": ""} == {
        "identifier": "",
        "shipped_at": "",
        "location": {"id": brand.locations["main"], "name": "main"},
        "carton_count": 4,
        "units": 24,
        "state": "waiting",
        "error": None,
    }
    assert shipped["units"]["shipped"] == 24
    assert shipped["units"]["held"] == shipped["units"]["short"] == 0
    assert brand.balance("tent", State.AVAILABLE) == 26


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"accept": 29}, "lines[0].accept"),
        ({"accept": -1}, "lines[0].accept"),
        ({"accept": 2**40}, "lines[0].accept"),
        ({"accept": None}, "lines[0].accept"),
        ({"accept": 1.5}, "lines[0].accept"),
        ({"rejection_reason": "Because"}, "lines[0].rejection_reason"),
    ],
)
def test_a_wrong_field_is_named_by_its_path(
    screen: Screen, brand: VendorBrand, change: dict[str, Any], field: str
) -> None:
    number = brand.amazon.place(TENT | {"amount": 5, "unit": "Cases", "unit_size": 6})
    brand.poll()
    line = {"line": "1", "accept": 30, "backorder": 0, "reject": 0} | change
    problem = screen.post(f"/purchase-orders/{number}/acknowledge", {"lines": [line]}, 422)
    assert field in [error["field"] for error in problem["errors"]]


@pytest.mark.parametrize("body", [{}, {"lines": []}, {"lines": None}, [], "x", {"lines": [None]}])
def test_a_body_that_is_not_one_is_refused(screen: Screen, brand: VendorBrand, body: Any) -> None:
    number = brand.amazon.place(TENT | {"amount": 5})
    brand.poll()
    screen.post(f"/purchase-orders/{number}/acknowledge", body, 422)
    screen.post(f"/purchase-orders/{number}/shipments", body, 422)


def test_lists_are_paged_filtered_and_searched(screen: Screen, brand: VendorBrand) -> None:
    placed = [brand.amazon.place(STOVE | {"amount": 1}, ship_to="PHX7") for _ in range(5)]
    other = brand.amazon.place(TENT | {"amount": 1}, ship_to="ONT8")
    brand.poll()
    seen, cursor = [], ""
    while True:
        page = screen.ask(f"/purchase-orders?limit=2{cursor}")
        seen += [order["number"] for order in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(seen) == sorted([*placed, other])
    for search in ("ONT", "b0tent", "TENT-2", "81000", other.lower()):
        found = screen.ask(f"/purchase-orders?search={search}")["data"]
        assert [order["number"] for order in found] == [other]
    assert len(screen.ask("/purchase-orders?search=hldfs")["data"]) == 6
    assert len(screen.ask("/purchase-orders?region=na")["data"]) == 6
    assert screen.ask("/purchase-orders?region=eu")["data"] == []
    assert screen.ask("/purchase-orders?search=%25")["data"] == []
    assert screen.ask("/purchase-orders?state=Closed")["data"] == []
    screen.ask("/purchase-orders?state=Odd", 422)
    screen.ask("/purchase-orders?cursor=abc", 400)
    screen.ask("/purchase-orders/NOSUCH", 404)


def test_a_list_takes_a_handful_of_queries(screen: Screen, brand: VendorBrand) -> None:
    for _ in range(30):
        brand.amazon.place(STOVE | {"amount": 1}, TENT | {"amount": 1})
    brand.poll()
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    try:
        assert len(screen.ask("/purchase-orders")["data"]) == 30
        listed = len(statements)
        screen.ask(
            f"/purchase-orders/{screen.ask('/purchase-orders?limit=1')['data'][0]['number']}"
        )
    finally:
        event.remove(engine(), "before_cursor_execute", note)
    assert listed <= 9
    assert len(statements) - listed <= 25


def test_another_shop_sees_and_changes_nothing(
    web: FlaskClient, screen: Screen, brand: VendorBrand, amazon: Amazon
) -> None:
    brand.stock("tent", 10)
    number = amazon.place(TENT | {"amount": 6})
    brand.poll()
    stranger = Screen(web, make_vendor_brand(amazon))
    assert stranger.ask("/purchase-orders")["data"] == []
    stranger.ask(f"/purchase-orders/{number}", 404)
    line = {"line": "1", "accept": 6, "backorder": 0, "reject": 0}
    stranger.post(f"/purchase-orders/{number}/acknowledge", {"lines": [line]}, 404)
    shipment = {"location_id": 1, "carton_count": 1, "lines": [{"line": "1", "units": 1}]}
    stranger.post(f"/purchase-orders/{number}/shipments", shipment, 404)
    stranger.ask(f"/connections/{brand.connection_id}", 404, "DELETE")
    assert screen.ask(f"/purchase-orders/{number}")["units"]["held"] == 6


def test_row_level_security_alone_hides_every_vendor_table(brand: VendorBrand) -> None:
    brand.amazon.place(TENT | {"amount": 6})
    brand.poll()
    tables = (
        "purchase_order", "purchase_order_line", "purchase_order_version", "acknowledgement",
        "acknowledgement_line", "shipment", "shipment_line", "receipt", "poll_window",
        "oauth_state",
    )  # fmt: skip
    with transaction(brand.shop_id + 1000) as session:
        for table in tables:
            assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0
    assert brand.value("SELECT count(*) FROM purchase_order") == 1


def test_a_pasted_token_is_tried_before_it_is_kept(screen: Screen, brand: VendorBrand) -> None:
    body = {"region": "eu", "refresh_token": "Atzr|nobody-knows-this", "name": "EU group"}
    problem = screen.post("/connections/amazon", body, 422)
    assert problem["code"] == "token_refused"
    assert problem["errors"][0]["field"] == "refresh_token"
    assert "nobody-knows" not in str(problem)
    good = body | {"refresh_token": brand.amazon.refresh_token}
    made = screen.post("/connections/amazon", good, 201)
    assert (made["state"], made["region"], made["name"]) == ("connected", "eu", "EU group")
    again = screen.post("/connections/amazon", good, 201)
    assert again["id"] == made["id"]
    assert brand.amazon.refresh_token not in str(made)
    stored = brand.value("SELECT refresh_token FROM connection WHERE region = 'eu'")
    assert brand.amazon.refresh_token not in stored


def amazon_connections(brand: VendorBrand) -> int:
    return int(brand.value("SELECT count(*) FROM connection WHERE channel = 'amazon'"))


def test_a_vendor_group_that_is_connected_already_is_not_connected_twice(
    screen: Screen, brand: VendorBrand
) -> None:
    number = brand.amazon.place(
        STOVE | {"amount": 4}, ordered_at=datetime.now(UTC) - timedelta(hours=1)
    )
    brand.poll()
    before = amazon_connections(brand)
    body = {"region": "na", "refresh_token": brand.amazon.refresh_token, "name": "Called otherwise"}
    renamed = screen.post("/connections/amazon", body, 201)
    assert (renamed["id"], renamed["name"]) == (brand.connection_id, "Called otherwise")
    with transaction(brand.shop_id) as session:  # as consent does
        connect.keep(
            session, region="na", reference="na:A1HOLDFAST", token="Atzr|anew", orders=[number]
        )
    assert amazon_connections(brand) == before
    assert brand.rows("SELECT name, reference FROM connection WHERE channel = 'amazon'") == [
        ("Called otherwise", "na:A1HOLDFAST")
    ]


def test_another_vendor_group_needs_a_name_of_its_own(screen: Screen, brand: VendorBrand) -> None:
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    brand.amazon.place(STOVE | {"amount": 4}, ordered_at=an_hour_ago)
    brand.poll()
    group = Amazon(brand.amazon.origin)
    group.place(STOVE | {"amount": 4}, ordered_at=an_hour_ago)
    brand.execute("UPDATE connection SET reference = 'na:Amazon' WHERE channel = 'amazon'")
    body = {"region": "na", "refresh_token": group.refresh_token}
    problem = screen.post("/connections/amazon", body, 409)
    assert (problem["code"], problem["errors"][0]["field"]) == ("name_taken", "name")
    made = screen.post("/connections/amazon", body | {"name": "Second"}, 201)
    assert made["id"] != brand.connection_id


def test_amazon_that_does_not_answer_connects_nothing(screen: Screen, brand: VendorBrand) -> None:
    brand.amazon.fail("html_503", "getPurchaseOrders")
    body = {"region": "fe", "refresh_token": brand.amazon.refresh_token, "name": "JP"}
    screen.post("/connections/amazon", body, 503)
    assert brand.value("SELECT count(*) FROM connection WHERE region = 'fe'") == 0


def test_a_connection_is_given_up_and_its_token_forgotten(
    screen: Screen, brand: VendorBrand
) -> None:
    gone = screen.ask(f"/connections/{brand.connection_id}", 200, "DELETE")
    assert gone["state"] == "disconnected"
    assert brand.connection().refresh_token is None
    calls = brand.amazon.calls("getPurchaseOrders")
    brand.poll()
    assert brand.amazon.calls("getPurchaseOrders") == calls


def consent(amazon: Amazon, url: str, answer: str = "approve") -> str:
    """Does what a person does at Vendor Central; returns the path they are sent back to."""
    asked = parse_qs(urlsplit(url).query)
    page = amazon.http.get(url)
    assert page.status_code == 200
    sent = amazon.http.post(
        "/apps/authorize/answer",
        data={
            "answer": answer,
            "state": asked["state"][0],
            "redirect_uri": asked["redirect_uri"][0],
        },
    )
    back = urlsplit(sent.headers["Location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == asked["redirect_uri"][0]
    return f"{back.path}?{back.query}"


def start_consent(screen: Screen) -> str:
    body = {"region": "na", "marketplace": "US"}
    return str(screen.post("/connections/amazon/authorize", body, 200)["url"])


def test_consent_by_login_with_amazon_connects(
    web: FlaskClient, screen: Screen, brand: VendorBrand
) -> None:
    url = start_consent(screen)
    assert "application_id=amzn1.sp.solution.tests" in url
    back = consent(brand.amazon, url)
    page = web.get(back)
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert "Amazon is connected" in page.get_data(as_text=True)
    row = brand.rows(
        "SELECT state, refresh_expires_at - now() FROM connection WHERE reference = 'na:A1HOLDFAST'"
    )[0]
    assert row[0] == "connected"
    assert 364 <= row[1].days <= 365
    again = web.get(back)
    assert again.status_code == 400
    assert "already used" in again.get_data(as_text=True)


def test_the_page_speaks_the_persons_language(
    web: FlaskClient, screen: Screen, brand: VendorBrand
) -> None:
    with transaction(brand.shop_id) as session:
        session.execute(
            text("INSERT INTO preference VALUES (:shop, '42', 'zh-CN')"), {"shop": brand.shop_id}
        )
    page = web.get(consent(brand.amazon, start_consent(screen), "deny"))
    assert page.status_code == 400
    assert "未授予访问权限" in page.get_data(as_text=True)
    body = {"region": "na", "marketplace": "US", "locale": "en"}  # as the admin around it speaks
    url = str(screen.post("/connections/amazon/authorize", body, 200)["url"])
    assert "not granted" in web.get(consent(brand.amazon, url, "deny")).get_data(as_text=True)


def test_an_expired_or_invented_state_connects_nothing(
    web: FlaskClient, screen: Screen, brand: VendorBrand
) -> None:
    back = consent(brand.amazon, start_consent(screen))
    with transaction(brand.shop_id) as session:
        session.execute(text("UPDATE oauth_state SET expires_at = now() - interval '1 second'"))
    other = make_vendor_brand(brand.amazon).shop_id
    state = parse_qs(urlsplit(back).query)["state"][0]
    for path in (
        back,
        back.replace(state, f"{other}.{state.partition('.')[2]}"),
        "/connections/amazon/callback",
        "/connections/amazon/callback?state=x&spapi_oauth_code=1",
        f"/connections/amazon/callback?state={'9' * 40}.x&spapi_oauth_code=1",
        "/connections/amazon/callback?state=1.%00&spapi_oauth_code=1",
    ):
        assert web.get(path).status_code == 400
    assert brand.value("SELECT count(*) FROM connection WHERE reference LIKE 'na:A1%'") == 0


def test_a_code_that_amazon_does_not_take_connects_nothing(
    web: FlaskClient, screen: Screen, brand: VendorBrand
) -> None:
    back = consent(brand.amazon, start_consent(screen))
    code = parse_qs(urlsplit(back).query)["spapi_oauth_code"][0]
    page = web.get(back.replace(code, "invented"))
    assert page.status_code == 400
    assert "did not accept" in page.get_data(as_text=True)


def test_a_marketplace_of_another_region_is_refused(screen: Screen) -> None:
    body = {"region": "eu", "marketplace": "US"}
    problem = screen.post("/connections/amazon/authorize", body, 422)
    assert problem["code"] == "wrong_marketplace"
