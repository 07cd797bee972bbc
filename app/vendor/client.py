"""The client of Amazon's vendor operations: the kept library with its silent failures closed.

What python-amazon-sp-api 2.1.35 leaves open and this closes: an error whose body has no `errors`
returns normally (so a 503 page looks like "no purchase orders"), numbers become floats, tokens are
shared between tenants, missing credentials are looked for in the environment, marketplace
parameters are added to vendor operations, and refusals are retried ten times.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from types import SimpleNamespace, TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
from sp_api.base import Client
from sp_api.base._transport_httpx import HttpxTransport
from sp_api.base.credential_provider import FromCodeCredentialProvider

from app.errors import GiveUp, RetryLater
from app.vendor.limits import limiter
from app.vendor.tokens import Grant, Token, tokens

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
USER_AGENT = "Holdfast/0.1 (Language=Python)"
REQUEST_ID = "x-amzn-RequestId"
ORDERS = "/vendor/orders/v1"
SHIPPING = "/vendor/shipping/v1"
PAYMENTS = "/vendor/payments/v1"
FINANCE = "/finances/invoices/2026-06-25/invoices"
REMITTANCES = "/finances/remittances/2026-03-17/remittances"
TRANSACTIONS = "/vendor/transactions/v1/transactions"
REPORTS = "/reports/2021-06-30"
# Answers of reports, and of the finance operations of 2026, have their fields at the top.
WITHOUT_PAYLOAD = (
    "finance_invoices",
    "finance_invoice",
    "remittances",
    "remittance",
    "create_report",
    "report",
    "reports",
    "report_document",
    "cancel_report",
)
WITHOUT_BODY = ("cancel_report",)


class NotAuthorised(RetryLater):
    """Amazon no longer lets us act for this vendor group; a person must connect it again."""


class GrantRefused(NotAuthorised):
    """Login with Amazon no longer knows the consent: nothing at all can be asked with it."""


class Throttled(RetryLater):
    """We asked more often than Amazon's rate allows; nothing else is wrong."""


class UnknownOutcome(RetryLater):
    """Something was sent and may have been taken; look for its effect before sending it again."""


@dataclass(frozen=True)
class Reply:
    """A good answer: the `payload`, and Amazon's id of the request for its support."""

    payload: dict[str, Any]
    request_id: str | None


@lru_cache(maxsize=1)
def tls() -> ssl.SSLContext:
    """One TLS context for the process; building one costs a third of a second."""
    return httpx.create_ssl_context()


class _NoLibraryTokens:
    """Stands where the library keeps its token cache, which must never be asked."""

    def __init__(self, **_ignored: Any) -> None: ...

    def get_auth(self) -> Any:
        raise AssertionError("tokens come from app.vendor.tokens")


class VendorClient(Client):  # type: ignore[misc]
    """Amazon's vendor operations for one vendor group. One per thread; close it after use.

    Every method raises NotAuthorised, RetryLater, GiveUp (with Amazon's own words) or, for what is
    sent, UnknownOutcome; a normal return means that Amazon answered well.
    """

    def __init__(self, grant: Grant) -> None:
        super().__init__(
            SimpleNamespace(endpoint=grant.sp_api_origin, marketplace_id="", region=grant.region),
            refresh_token=grant.refresh_token,
            credentials={
                # The library looks at these once and never uses them: tokens are fetched by us.
                "lwa_app_id": grant.client_id or "unset",
                "lwa_client_secret": "unset",
                "refresh_token": grant.refresh_token,
            },
            credential_providers=(FromCodeCredentialProvider,),
            auth_token_client_class=_NoLibraryTokens,
            verify=tls(),
        )
        self.grant = grant
        self.endpoint = grant.sp_api_origin  # the library lets an environment variable override it
        self.close()
        self._http = httpx.Client(
            verify=tls(), timeout=TIMEOUT, trust_env=grant.sp_api_origin.startswith("https://")
        )
        self._transport: Any = HttpxTransport(client=self._http)
        self._token = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def _account(self) -> tuple[int, int, str]:
        return self.grant.shop_id, self.grant.connection_id or 0, self.grant.region

    @property
    def headers(self) -> dict[str, str]:
        """Without `host`: the library's is wrong for anything but https."""
        return {
            "user-agent": USER_AGENT,
            "x-amz-access-token": self._token,
            "x-amz-date": datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"),
            "content-type": "application/json",
        }

    def purchase_orders(self, **parameters: str | int | None) -> Reply:
        """One page of purchase orders with details; `nextToken` is in `payload.pagination`."""
        return self._read("orders", f"{ORDERS}/purchaseOrders", parameters, "orders")

    def purchase_order(self, number: str) -> Reply:
        """One purchase order."""
        path = f"{ORDERS}/purchaseOrders/{quote(number, safe='')}"
        return self._read("order", path, {}, "purchaseOrderNumber")

    def purchase_orders_status(self, **parameters: str | int | None) -> Reply:
        """One page of statuses with receipts."""
        return self._read("status", f"{ORDERS}/purchaseOrdersStatus", parameters, "ordersStatus")

    def submit_acknowledgement(self, body: Mapping[str, Any]) -> str:
        """Sends acknowledgements; returns the transaction id."""
        return self._send("acknowledge", f"{ORDERS}/acknowledgements", body)

    def submit_shipment_confirmations(self, body: Mapping[str, Any]) -> str:
        """Sends ASNs; returns the transaction id."""
        return self._send("confirm_shipment", f"{SHIPPING}/shipmentConfirmations", body)

    def shipments(self, **parameters: str | int | None) -> Reply:
        """Shipments that Amazon knows of."""
        return self._read("shipments", f"{SHIPPING}/shipments", parameters, None)

    def submit_invoices(self, body: Mapping[str, Any]) -> str:
        """Sends invoices and credit notes; returns the transaction id."""
        return self._send("submit_invoices", f"{PAYMENTS}/invoices", body)

    def finance_invoices(self, **parameters: str | int | None) -> Reply:
        """One page of headers as Amazon's finance has them; may be empty with a `nextToken`."""
        return self._read("finance_invoices", FINANCE, parameters, None)

    def finance_invoice(self, identifier: str, **parameters: str | int | None) -> Reply:
        """One invoice with its lines, by `number~payee code`. Raises GiveUp where there is none."""
        path = f"{FINANCE}/{quote(identifier, safe='')}"
        return self._read("finance_invoice", path, parameters, "invoiceHeader")

    def remittances(self, **parameters: str | int | None) -> Reply:
        """One page of payments' headers; may be empty with a `nextToken`."""
        return self._read("remittances", REMITTANCES, parameters, None)

    def remittance(self, payment_id: str, **parameters: str | int | None) -> Reply:
        """One payment with its lines; more of them behind `nextTokenForLineItems`."""
        path = f"{REMITTANCES}/{quote(payment_id, safe='')}"
        return self._read("remittance", path, parameters, "remittanceHeader")

    def submit_shipments(self, body: Mapping[str, Any]) -> str:
        """Sends transport requests; returns the transaction id."""
        return self._send("request_transport", f"{SHIPPING}/shipments", body)

    def transport_labels(self, **parameters: str | int | None) -> Reply:
        """Carriers' labels of small parcels, as base64 PDF."""
        return self._read("transport_labels", f"{SHIPPING}/transportLabels", parameters, None)

    def transaction(self, transaction_id: str) -> Reply:
        """How far something that was sent has come."""
        path = f"{TRANSACTIONS}/{quote(transaction_id, safe='')}"
        return self._read("transaction", path, {}, "transactionStatus")

    def create_report(self, body: Mapping[str, Any]) -> str:
        """Asks for a report; returns its id. UnknownOutcome means that it may be being made."""
        reply = self._authorised(
            "create_report", f"{REPORTS}/reports", data={"method": "POST", **body}
        )
        report_id = reply.payload.get("reportId")
        if not isinstance(report_id, str) or not report_id:
            raise UnknownOutcome(f"Amazon took it without a report id ({reply.request_id}).")
        return report_id

    def report(self, report_id: str) -> Reply:
        """How far a report has come. Raises GiveUp with `not_found` where there is none."""
        path = f"{REPORTS}/reports/{quote(report_id, safe='')}"
        return self._read("report", path, {}, "processingStatus")

    def reports(self, **parameters: str | int | None) -> Reply:
        """One page of reports, those that others have asked for too."""
        return self._read("reports", f"{REPORTS}/reports", parameters, "reports")

    def report_document(self, document_id: str) -> Reply:
        """Where a document can be downloaded, for five minutes, and how it is compressed."""
        path = f"{REPORTS}/documents/{quote(document_id, safe='')}"
        return self._read("report_document", path, {}, "url")

    def cancel_report(self, report_id: str) -> None:
        """Takes a report back that Amazon has not begun; GiveUp when it has."""
        path = f"{REPORTS}/reports/{quote(report_id, safe='')}"
        self._authorised("cancel_report", path, data={"method": "DELETE"})

    def _read(
        self,
        operation: str,
        path: str,
        parameters: Mapping[str, str | int | None],
        must_have: str | None,
    ) -> Reply:
        given = {name: value for name, value in parameters.items() if value is not None}
        try:
            reply = self._authorised(operation, path, params={"method": "GET", **given})
        except UnknownOutcome as error:  # nothing was changed by asking
            raise RetryLater(error.detail, after=error.after) from error
        if must_have is not None and must_have not in reply.payload:
            raise RetryLater(f"Amazon's answer to {operation} is empty ({reply.request_id}).")
        return reply

    def _send(self, operation: str, path: str, body: Mapping[str, Any]) -> str:
        reply = self._authorised(operation, path, data={"method": "POST", **body})
        transaction_id = reply.payload.get("transactionId")
        if not isinstance(transaction_id, str) or not transaction_id:
            raise UnknownOutcome(f"Amazon took it without a transaction id ({reply.request_id}).")
        return transaction_id

    def _authorised(self, operation: str, path: str, **request: dict[str, Any]) -> Reply:
        """Calls once, and once more with a fresh token if Amazon does not accept the first."""
        for attempt in (1, 2):
            self._token = tokens.get(self.grant, self._fetch_token)
            limiter.wait(*self._account, operation)
            try:
                response: httpx.Response = self._request(
                    path,
                    add_marketplace=False,
                    **{name: dict(value) for name, value in request.items()},
                )
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
                raise RetryLater(f"Amazon cannot be reached: {error}") from error
            except httpx.HTTPError as error:
                raise UnknownOutcome(f"Amazon did not answer: {error!r}") from error
            if response.status_code in (401, 403):
                tokens.forget(self.grant, self._token)
                if attempt == 1:
                    continue
            return self._judge(operation, response)
        raise AssertionError("unreachable")

    def _check_response(self, res: httpx.Response, *_args: Any, **_named: Any) -> httpx.Response:
        return res  # the library would turn a failure without `errors` into an empty success

    def _judge(self, operation: str, response: httpx.Response) -> Reply:
        """The status first, the body second; whatever is neither good nor understood is a failure."""
        request_id = response.headers.get(REQUEST_ID)
        status = response.status_code
        body = {} if operation in WITHOUT_BODY and status < 300 else _json(response)
        known = f" ({request_id})" if request_id else ""
        said = f"Amazon answered {status} to {operation}{_words(body)}{known}."
        if status in (401, 403):
            raise NotAuthorised(said)
        if status == 429:
            raise Throttled(said, after=_pause(response))
        if status >= 500 or 300 <= status < 400:
            raise UnknownOutcome(said, after=_pause(response))
        if status >= 400:
            raise GiveUp(said, code="not_found" if status == 404 else "amazon_refused")
        if not isinstance(body, dict):
            raise UnknownOutcome(f"Amazon's answer to {operation} is not JSON ({request_id}).")
        if body.get("errors"):
            raise GiveUp(said, code="amazon_refused")
        payload = body if operation in WITHOUT_PAYLOAD else body.get("payload")
        if not isinstance(payload, dict):
            raise UnknownOutcome(f"Amazon's answer to {operation} is empty ({request_id}).")
        self._hear_rate(operation, response)
        return Reply(payload, request_id)

    def _hear_rate(self, operation: str, response: httpx.Response) -> None:
        try:
            rate = float(response.headers.get("x-amzn-RateLimit-Limit", ""))
        except ValueError:
            return
        limiter.heard(*self._account, operation, rate)

    def _fetch_token(self, grant: Grant) -> Token:
        """Login with Amazon's refresh grant; its errors have their own form.

        The secret before is tried when the newest is refused, as Amazon takes both for some days.
        """
        if not grant.refresh_token:
            raise GrantRefused("This connection to Amazon has no refresh token.")
        if not grant.client_id or not grant.client_secrets:
            raise GiveUp("LWA_CLIENT_ID or LWA_CLIENT_SECRET is not set.", code="lwa_refused")
        for secret in grant.client_secrets:
            response = self._ask_for_token(grant, secret)
            if _lwa_error(response) != "invalid_client":
                break
        return _token_of(response)

    def _ask_for_token(self, grant: Grant, client_secret: str) -> httpx.Response:
        try:
            return self._http.post(
                f"{grant.lwa_origin}/auth/o2/token",
                data={
                    "grant_type": "refresh_token",
                    "refresh_token": grant.refresh_token,
                    "client_id": grant.client_id,
                    "client_secret": client_secret,
                },
                headers={"user-agent": USER_AGENT},
            )
        except httpx.HTTPError as error:
            raise RetryLater(f"Login with Amazon cannot be reached: {error!r}") from error


def _lwa_error(response: httpx.Response) -> str | None:
    body = _json(response)
    return body.get("error") if isinstance(body, dict) else None


def _token_of(response: httpx.Response) -> Token:
    body = _json(response)
    fields = body if isinstance(body, dict) else {}
    said = f"Login with Amazon answered {response.status_code} {fields.get('error', '')}".strip()
    if fields.get("error") in ("invalid_grant", "unauthorized_client"):
        raise GrantRefused(f"{said}: {fields.get('error_description', '')}")
    if response.status_code in (400, 401, 403) and fields.get("error"):
        raise GiveUp(f"{said}: {fields.get('error_description', '')}", code="lwa_refused")
    value, lasts = fields.get("access_token"), fields.get("expires_in")
    if response.status_code != 200 or not isinstance(value, str) or not isinstance(lasts, int):
        raise RetryLater(f"{said}.")
    return Token(value, datetime.now(UTC) + timedelta(seconds=lasts))


def _json(response: httpx.Response) -> Any:
    try:
        return json.loads(response.text, parse_float=Decimal)
    except ValueError:
        return None


def _words(body: Any) -> str:
    """Amazon's own text of what is wrong, whatever shape it took."""
    if not isinstance(body, dict):
        return ""
    errors = body.get("errors") or body.get("message")
    found = errors if isinstance(errors, list) else [errors] if errors else []
    parts = []
    for one in found:
        if isinstance(one, dict):
            parts.append(
                " ".join(str(one[k]) for k in ("code", "message", "details") if one.get(k))
            )
        else:
            parts.append(str(one))
    return ": " + "; ".join(parts) if parts else ""


def _pause(response: httpx.Response) -> timedelta | None:
    after = response.headers.get("Retry-After", "")
    return timedelta(seconds=min(int(after), 3600)) if after.isdigit() else None
