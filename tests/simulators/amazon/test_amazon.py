"""The small Amazon behaves as the models and Amazon's rules say."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from werkzeug.serving import make_server

from app.simulators.amazon import contract, orders
from app.simulators.amazon.control import control
from app.simulators.amazon.seed import REFRESH_TOKEN, seed
from app.simulators.amazon.server import Amazon
from app.simulators.amazon.world import FRESH, World
from app.simulators.store import Store

SKU = "TENT-2P-MOS"


class Caller:
    """A vendor's client, and the levers."""

    def __init__(self, amazon: Amazon, address: str) -> None:
        self.amazon = amazon
        self.http = httpx.Client(base_url=address, trust_env=False, verify=False)

    def token(self, refresh_token: str = REFRESH_TOKEN, secret: str = "secret") -> httpx.Response:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "client_id": "client",
            "client_secret": secret,
        }
        return self.http.post("/auth/o2/token", data=form)

    def call(self, method: str, path: str, **named: Any) -> httpx.Response:
        headers = {"x-amz-access-token": self.token().json()["access_token"]}
        return self.http.request(method, path, headers=headers, **named)

    def lever(self, path: str, **given: Any) -> Any:
        return self.http.post(f"/_control{path}", json=given).json()

    def status(self, number: str) -> dict[str, Any]:
        reply = self.call(
            "GET", "/vendor/orders/v1/purchaseOrdersStatus", params={"purchaseOrderNumber": number}
        )
        found: dict[str, Any] = reply.json()["payload"]["ordersStatus"][0]
        return found


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[Caller]:
    store = Store(tmp_path / "amazon.json", copy.deepcopy(FRESH))
    world = World(store, client_id="client", client_secret="secret", speed=10_000)
    amazon = Amazon(world)
    amazon.web.register_blueprint(control(amazon))
    server = make_server("127.0.0.1", 0, amazon.web, threaded=True)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    made = Caller(amazon, f"http://127.0.0.1:{server.server_port}")
    made.lever("/accounts", refresh_token=REFRESH_TOKEN)
    yield made
    assert amazon.contract_breaks == []
    made.http.close()
    server.shutdown()
    thread.join()
    server.server_close()


def acknowledgement(order: dict[str, Any], **quantities: int) -> dict[str, Any]:
    line = order["lines"][0]
    return {
        "acknowledgements": [
            {
                "purchaseOrderNumber": order["number"],
                "sellingParty": {"partyId": "HLDFS"},
                "acknowledgementDate": "2026-11-23T10:00:00Z",
                "items": [
                    {
                        "itemSequenceNumber": "1",
                        "orderedQuantity": {"amount": line["amount"], "unitOfMeasure": "Eaches"},
                        "netCost": {"currencyCode": "USD", "amount": line["cost"]},
                        "itemAcknowledgements": [
                            {
                                "acknowledgementCode": code,
                                "acknowledgedQuantity": {"amount": amount},
                            }
                            for code, amount in quantities.items()
                        ],
                    }
                ],
            }
        ]
    }


def send(caller: Caller, body: dict[str, Any]) -> str:
    reply = caller.call("POST", "/vendor/orders/v1/acknowledgements", json=body)
    assert reply.status_code == 202
    made = reply.json()["payload"]["transactionId"]
    found = caller.call("GET", f"/vendor/transactions/v1/transactions/{made}")
    return str(found.json()["payload"]["transactionStatus"]["status"])


def test_a_wrong_secret_or_a_revoked_authorisation_gets_no_token(caller: Caller) -> None:
    assert caller.token(secret="wrong").json()["error"] == "invalid_client"
    caller.lever("/accounts/revoke", refresh_token=REFRESH_TOKEN)
    assert caller.token().json()["error"] == "invalid_grant"


def test_a_call_without_a_token_is_refused(caller: Caller) -> None:
    reply = caller.http.get("/vendor/orders/v1/purchaseOrders")
    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (403, "Unauthorized")


def test_orders_are_found_by_window_and_paged(caller: Caller) -> None:
    for _ in range(5):
        caller.lever("/purchase-orders", lines=[{"sku": SKU, "eaches": 3}])
    after = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    seen: list[str] = []
    query = {"createdAfter": after, "limit": "2"}
    while True:
        payload = caller.call("GET", "/vendor/orders/v1/purchaseOrders", params=query).json()[
            "payload"
        ]
        seen += [order["purchaseOrderNumber"] for order in payload["orders"]]
        if "pagination" not in payload:
            break
        query["nextToken"] = payload["pagination"]["nextToken"]
    assert len(seen) == len(set(seen)) == 5


def test_a_window_over_seven_days_is_refused(caller: Caller) -> None:
    after = (datetime.now(UTC) - timedelta(days=8)).isoformat()
    reply = caller.call("GET", "/vendor/orders/v1/purchaseOrders", params={"createdAfter": after})
    assert reply.status_code == 400
    assert "7 days" in reply.json()["errors"][0]["message"]


def test_an_acknowledgement_shows_in_the_status(caller: Caller) -> None:
    order = caller.lever("/purchase-orders", lines=[{"sku": SKU, "eaches": 10}])
    assert send(caller, acknowledgement(order, Accepted=6, Rejected=4)) == "Processing"
    item = caller.status(order["number"])["itemStatus"][0]["acknowledgementStatus"]
    assert item["confirmationStatus"] == "PARTIALLY_ACCEPTED"
    assert (item["acceptedQuantity"]["amount"], item["rejectedQuantity"]["amount"]) == (6, 4)


@pytest.mark.parametrize(
    "quantities", [{"Accepted": 11}, {"Accepted": 0}, {"Backordered": 4, "Accepted": 6}]
)
def test_an_acknowledgement_against_the_rules_fails(
    caller: Caller, quantities: dict[str, int]
) -> None:
    order = caller.lever("/purchase-orders", lines=[{"sku": SKU, "eaches": 10}])
    assert send(caller, acknowledgement(order, **quantities)) == "Failure"


def test_what_was_rejected_cannot_be_accepted_later(caller: Caller) -> None:
    order = caller.lever("/purchase-orders", lines=[{"sku": SKU, "eaches": 10}])
    send(caller, acknowledgement(order, Accepted=6, Rejected=4))
    caller.status(order["number"])
    assert send(caller, acknowledgement(order, Accepted=10)) == "Failure"


def test_a_body_that_does_not_fit_the_model_is_refused(caller: Caller) -> None:
    reply = caller.call(
        "POST", "/vendor/orders/v1/acknowledgements", json={"acknowledgements": [{"items": 1}]}
    )
    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (400, "InvalidInput")


def test_receipts_are_totals_and_may_shrink(caller: Caller) -> None:
    order = caller.lever("/purchase-orders", lines=[{"sku": SKU, "eaches": 10}])
    send(caller, acknowledgement(order, Accepted=10))
    for total in (4, 9, 8):
        caller.lever(f"/purchase-orders/{order['number']}/receipts", line="1", total=total)
        got = caller.status(order["number"])["itemStatus"][0]["receivingStatus"]
        assert got["receivedQuantity"]["amount"] == total


@pytest.mark.parametrize(
    "kind, status", [("html_503", 503), ("html_200", 200), ("empty_500", 500), ("json_504", 504)]
)
def test_a_fault_on_request_comes_as_often_as_asked(caller: Caller, kind: str, status: int) -> None:
    caller.lever("/faults", kind=kind, operation="getTransaction", times=1)
    path = "/vendor/transactions/v1/transactions/x"
    assert caller.call("GET", path).status_code == status
    assert caller.call("GET", path).status_code == 404


def test_an_acknowledgement_that_is_never_shown_is_taken_without_effect(caller: Caller) -> None:
    order = caller.lever("/purchase-orders", lines=[{"sku": SKU, "eaches": 10}])
    caller.lever("/faults", kind="never_shown", operation="acknowledgement", times=1)
    shown = []
    for _ in range(2):
        assert send(caller, acknowledgement(order, Accepted=10)) != "Failure"
        item = caller.status(order["number"])["itemStatus"][0]
        shown.append(item["acknowledgementStatus"]["confirmationStatus"])
    assert shown == ["UNCONFIRMED", "ACCEPTED"]


def test_the_faults_that_were_met_are_told_with_the_papers_they_hit(caller: Caller) -> None:
    order = caller.lever("/purchase-orders", lines=[{"sku": SKU, "eaches": 10}])
    caller.lever("/faults", kind="throttle", operation="submitAcknowledgement", times=1)
    body = acknowledgement(order, Accepted=10)
    path = "/vendor/orders/v1/acknowledgements"
    codes = [caller.call("POST", path, json=body).status_code for _ in range(2)]
    assert codes == [429, 202]
    assert caller.http.get("/_control/stats").json()["faults_taken"] == [
        {"operation": "submitAcknowledgement", "kind": "throttle", "about": [order["number"]]}
    ]


def test_the_eleventh_call_in_a_moment_is_throttled(caller: Caller) -> None:
    headers = {"x-amz-access-token": caller.token().json()["access_token"]}
    path = "/vendor/orders/v1/purchaseOrdersStatus?purchaseOrderNumber=X"
    codes = [caller.http.get(path, headers=headers).status_code for _ in range(40)]
    assert 429 in codes


def test_the_sample_brand_fits_the_models_and_asks_for_more_than_there_is(tmp_path: Path) -> None:
    world = World(Store(None, copy.deepcopy(FRESH)), client_id="client", client_secret="secret")
    seed(world)

    kept = list(world.state["orders"].values())
    body = {"payload": {"orders": [orders.as_order(one) for one in kept]}}
    assert contract.reply_errors("getPurchaseOrders", 200, body) == []
    statuses = {"payload": {"ordersStatus": [orders.as_status(one) for one in kept]}}
    assert contract.reply_errors("getPurchaseOrdersStatus", 200, statuses) == []
    assert sum(one["state"] == "New" for one in kept) == 2


def test_state_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "amazon.json"
    first = World(Store(path, copy.deepcopy(FRESH)), client_id="c", client_secret="s")
    with first.store.changing():
        first.add_account("token", ["HLDFS"])
    second = World(Store(path, copy.deepcopy(FRESH)), client_id="c", client_secret="s")
    assert second.living("token") == "token"
