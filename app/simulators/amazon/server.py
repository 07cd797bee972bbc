"""Amazon's side of the wire: tokens, vendor orders, shipments, transactions, and faults on request."""

from __future__ import annotations

import base64
import json
import logging
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from html import escape
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from app.simulators.amazon import contract, invoices, orders, remittances, reports
from app.simulators.amazon.world import World

log = logging.getLogger("amazon")

RATES: dict[str, tuple[float, float]] = {
    "getTransaction": (10, 20),
    "createReport": (0.0167, 15),
    "getReport": (2, 15),
    "getReports": (0.0222, 10),
    "getReportDocument": (0.0167, 15),
    "cancelReport": (0.0222, 10),
}
USUAL_RATE = (10.0, 10.0)
REPORTS = "/reports/2021-06-30"
REMITTANCES = "/finances/remittances/2026-03-17/remittances"
FINANCE = "/finances/invoices/2026-06-25/invoices"
LONGEST_WINDOW = timedelta(days=7)
ACCESS_SECONDS = 3600


class Limits:
    """Amazon's token buckets: one for each operation and vendor group."""

    def __init__(self) -> None:
        self.buckets: dict[tuple[str, str], tuple[float, float]] = {}

    def allow(self, operation: str, account: str) -> bool:
        rate, burst = RATES.get(operation, USUAL_RATE)
        left, since = self.buckets.get((operation, account), (float(burst), time.monotonic()))
        now = time.monotonic()
        left = min(burst, left + (now - since) * rate)
        allowed = left >= 1
        self.buckets[operation, account] = (left - 1 if allowed else left, now)
        return allowed


class Amazon:
    """The web server over one `World`."""

    def __init__(self, world: World, *, checks_replies: bool = True) -> None:
        self.world = world
        self.checks_replies = checks_replies
        self.limits = Limits()
        self.calls: dict[str, int] = defaultdict(int)
        self.contract_breaks: list[str] = []
        self.faults_taken: list[dict[str, Any]] = []
        self.web = Flask("amazon")
        routes: dict[str, tuple[str, str, Callable[..., tuple[int, Any]]]] = {
            "getPurchaseOrders": ("GET", "/vendor/orders/v1/purchaseOrders", self.list_orders),
            "getPurchaseOrder": (
                "GET",
                "/vendor/orders/v1/purchaseOrders/<number>",
                self.read_order,
            ),
            "submitAcknowledgement": (
                "POST",
                "/vendor/orders/v1/acknowledgements",
                self.submit_acknowledgement,
            ),
            "getPurchaseOrdersStatus": (
                "GET",
                "/vendor/orders/v1/purchaseOrdersStatus",
                self.list_statuses,
            ),
            "SubmitShipmentConfirmations": (
                "POST",
                "/vendor/shipping/v1/shipmentConfirmations",
                self.submit_shipments,
            ),
            "submitInvoices": ("POST", "/vendor/payments/v1/invoices", self.submit_invoices),
            "getInvoiceHeaders": ("GET", FINANCE, self.list_invoices),
            "getRemittanceHeaders": ("GET", REMITTANCES, self.list_remittances),
            "getRemittance": ("GET", f"{REMITTANCES}/<payment_id>", self.read_remittance),
            "getInvoice": ("GET", f"{FINANCE}/<identifier>", self.read_invoice),
            "SubmitShipments": (
                "POST",
                "/vendor/shipping/v1/shipments",
                self.request_transport,
            ),
            "GetShipmentDetails": ("GET", "/vendor/shipping/v1/shipments", self.list_shipments),
            "GetShipmentLabels": (
                "GET",
                "/vendor/shipping/v1/transportLabels",
                self.list_labels,
            ),
            "getTransaction": (
                "GET",
                "/vendor/transactions/v1/transactions/<transaction_id>",
                self.read_transaction,
            ),
        }
        routes |= {
            "createReport": ("POST", f"{REPORTS}/reports", self.create_report),
            "getReports": ("GET", f"{REPORTS}/reports", self.list_reports),
            "getReport": ("GET", f"{REPORTS}/reports/<report_id>", self.read_report),
            "cancelReport": ("DELETE", f"{REPORTS}/reports/<report_id>", self.cancel_report),
            "getReportDocument": (
                "GET",
                f"{REPORTS}/documents/<document_id>",
                self.read_document,
            ),
        }
        for operation, (method, path, view) in routes.items():
            self.web.add_url_rule(path, operation, self._guarded(operation, view), methods=[method])
        self.web.add_url_rule("/report-documents/<document_id>", "download", self.download)
        self.web.add_url_rule("/auth/o2/token", "token", self.token, methods=["POST"])
        self.web.add_url_rule("/apps/authorize/consent", "consent", self.consent)
        self.web.add_url_rule("/apps/authorize/answer", "answer", self.answer, methods=["POST"])

    def _guarded(
        self, operation: str, view: Callable[..., tuple[int, Any]]
    ) -> Callable[..., Response]:
        def guarded(**path: str) -> Response:
            self.calls[operation] += 1
            fault = self.world.take_fault(operation)
            if fault is not None:
                self.faults_taken.append(
                    {"operation": operation, "kind": fault, "about": _about(operation)}
                )
            if fault in BROKEN_REPLIES:
                return BROKEN_REPLIES[fault]()
            if fault == "hang":
                time.sleep(60)
            account = self.world.account_of(request.headers.get("x-amz-access-token", ""))
            if account is None or fault == "forbidden":
                return self._reply(operation, 403, _errors("Unauthorized", "Access is denied."))
            if fault == "throttle" or not self.limits.allow(operation, account):
                return self._reply(operation, 429, _errors("QuotaExceeded", "Too many requests."))
            body = request.get_json(silent=True) if request.method == "POST" else None
            wrong = contract.request_errors(operation, request.args, body)
            if wrong:
                return self._reply(operation, 400, _errors("InvalidInput", "; ".join(wrong[:5])))
            with self.world.store.changing():
                self.world.pass_time()
                self.world.refusals = ["refused on request"] if fault == "refuse" else []
                status, answer = view(account, body=body, **path)
            if fault == "empty":
                answer = {"payload": {}}
            if fault in LOST_ROWS:
                _lose_rows(answer["payload"], LOST_ROWS[fault])
            if fault == "cut":
                # Taken, but the caller never hears of it.
                request.environ["werkzeug.socket"].shutdown(2)
            return self._reply(operation, status, answer)

        guarded.__name__ = operation
        return guarded

    def _reply(self, operation: str, status: int, body: dict[str, Any]) -> Response:
        wrong = contract.reply_errors(operation, status, body) if self.checks_replies else []
        if wrong:
            log.error("%s %s does not fit Amazon's model: %s", operation, status, wrong)
            self.contract_breaks.append(f"{operation} {status}: {wrong[0]}")
            status, body = 500, _errors("InternalFailure", f"simulator: {wrong[0]}")
        response = Response(json.dumps(body), status=status, mimetype="application/json")
        response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
        if status < 400:
            rate = RATES.get(operation, USUAL_RATE)[0]
            response.headers["x-amzn-RateLimit-Limit"] = str(float(rate))
        return response

    def list_orders(self, account: str, *, body: Any) -> tuple[int, Any]:
        windows = [_window("created"), _window("changed")]
        wrong = _window_errors([w for w in windows if w], needed=not request.args.get("nextToken"))
        if wrong:
            return 400, _errors("InvalidInput", wrong)
        found = self.world.orders_of(account)
        created, changed = windows
        if created:
            found = [one for one in found if _inside(one["available_at"], created)]
        if changed:
            found = [one for one in found if _inside(one["changed_at"], changed)]
        if request.args.get("isPOChanged") == "true":
            found = [one for one in found if one["changed_at"]]
        for argument, field in (
            ("purchaseOrderState", "state"),
            ("orderingVendorCode", "vendor_code"),
        ):
            if request.args.get(argument):
                found = [one for one in found if one[field] == request.args[argument]]
        page, token = _page(found)
        details = request.args.get("includeDetails", "true") != "false"
        payload: dict[str, Any] = {"orders": [orders.as_order(one, details) for one in page]}
        if token:
            payload["pagination"] = {"nextToken": token}
        return 200, {"payload": payload}

    def read_order(self, account: str, *, number: str, body: Any) -> tuple[int, Any]:
        order = self.world.order(account, number)
        if order is None:
            return 404, _errors("NotFound", f"There is no purchase order {number}.")
        return 200, {"payload": orders.as_order(order)}

    def list_statuses(self, account: str, *, body: Any) -> tuple[int, Any]:
        windows = [_window("created"), _window("updated")]
        number = request.args.get("purchaseOrderNumber")
        needed = not number and not request.args.get("nextToken")
        wrong = _window_errors([window for window in windows if window], needed=needed)
        if wrong:
            return 400, _errors("InvalidInput", wrong)
        found = self.world.orders_of(account)
        created, updated = windows
        if number:
            found = [one for one in found if one["number"] == number]
        if created:
            found = [one for one in found if _inside(one["available_at"], created)]
        if updated:
            found = [one for one in found if _inside(one["updated_at"], updated)]
        wanted = request.args.get("purchaseOrderStatus")
        if wanted:
            found = [one for one in found if orders.status_of(one) == wanted]
        page, token = _page(found)
        payload: dict[str, Any] = {"ordersStatus": [orders.as_status(one) for one in page]}
        if token:
            payload["pagination"] = {"nextToken": token}
        return 200, {"payload": payload}

    def submit_acknowledgement(self, account: str, *, body: Any) -> tuple[int, Any]:
        made = self.world.take_acknowledgements(account, body.get("acknowledgements", []))
        return 202, {"payload": {"transactionId": made}}

    def submit_shipments(self, account: str, *, body: Any) -> tuple[int, Any]:
        made = self.world.take_shipments(account, body.get("shipmentConfirmations", []))
        return 202, {"payload": {"transactionId": made}}

    def submit_invoices(self, account: str, *, body: Any) -> tuple[int, Any]:
        made = invoices.take(self.world, account, body.get("invoices", []))
        return 202, {"payload": {"transactionId": made}}

    def list_invoices(self, account: str, *, body: Any) -> tuple[int, Any]:
        since = request.args.get("invoicesModifiedAfter")
        moment = orders.stamp(orders.moment(since)) if since else None
        asked = [request.args.get(name) for name in ("fromIssueDate", "toIssueDate")]
        if (asked[0] is None) != (asked[1] is None):
            return 400, _errors("InvalidInput", "Give both issue dates or neither.")
        end = orders.moment(asked[1]) if asked[1] else orders.now()
        start = orders.moment(asked[0]) if asked[0] else end - invoices.LONGEST
        if end - start > invoices.LONGEST:
            return 400, _errors("InvalidInput", "The issue dates span more than 90 days.")
        issued = (orders.stamp(start), orders.stamp(end))
        page, token = _page(invoices.header_list(self.world, account, moment, issued))
        answer: dict[str, Any] = {"invoices": page, "numOfRecords": len(page)}
        return 200, answer | ({"nextToken": token} if token else {})

    def read_invoice(self, account: str, *, identifier: str, body: Any) -> tuple[int, Any]:
        found = invoices.whole(self.world, account, identifier)
        if found is None:
            return 404, _errors("NotFound", f"There is no invoice {identifier}.")
        return 200, found

    def list_remittances(self, account: str, *, body: Any) -> tuple[int, Any]:
        start = orders.moment(request.args.get("startDate", remittances.usual_start()))
        end = orders.moment(request.args.get("endDate", orders.stamp(orders.now())))
        if end - start > remittances.LONGEST:
            return 400, _errors("InvalidInput", "The range spans more than 90 days.")
        page, token = _page(remittances.headers(self.world, account, start, end))
        answer: dict[str, Any] = {"remittances": page, "numOfRecords": len(page)}
        return 200, answer | ({"nextToken": token} if token else {})

    def read_remittance(self, account: str, *, payment_id: str, body: Any) -> tuple[int, Any]:
        found = remittances.whole(
            self.world, account, payment_id, request.args.get("nextTokenForLineItems")
        )
        if found is None:
            return 404, _errors("NotFound", f"There is no remittance {payment_id}.")
        return 200, found

    def request_transport(self, account: str, *, body: Any) -> tuple[int, Any]:
        made = self.world.take_transport(account, body.get("shipments", []))
        return 202, {"payload": {"transactionId": made}}

    def list_shipments(self, account: str, *, body: Any) -> tuple[int, Any]:
        found = self.world.shipments_of(account)
        for argument, field in (
            ("vendorShipmentIdentifier", "vendorShipmentIdentifier"),
            ("buyerReferenceNumber", "buyerReferenceNumber"),
            ("currentShipmentStatus", "currentShipmentStatus"),
        ):
            if request.args.get(argument):
                found = [one for one in found if one.get(field) == request.args[argument]]
        return 200, {"payload": _paged("shipments", found)}

    def list_labels(self, account: str, *, body: Any) -> tuple[int, Any]:
        found = self.world.labels_of(account, request.args.get("vendorShipmentIdentifier"))
        return 200, {"payload": _paged("transportLabels", found)}

    def read_transaction(self, account: str, *, transaction_id: str, body: Any) -> tuple[int, Any]:
        found = self.world.transaction(transaction_id)
        if found is None:
            return 404, _errors("NotFound", "There is no such transaction.")
        status = {"transactionId": transaction_id, "status": found["status"]}
        if found["errors"]:
            status["errors"] = [{"code": "InvalidInput", "message": one} for one in found["errors"]]
        return 200, {"payload": {"transactionStatus": status}}

    def create_report(self, account: str, *, body: Any) -> tuple[int, Any]:
        return 202, {"reportId": reports.create(self.world, account, body)}

    def list_reports(self, account: str, *, body: Any) -> tuple[int, Any]:
        found = reports.of(self.world, account)
        for argument, field in (
            ("reportTypes", "reportType"),
            ("processingStatuses", "processingStatus"),
        ):
            if request.args.get(argument):
                found = [one for one in found if one[field] in request.args[argument].split(",")]
        since = request.args.get("createdSince")
        if since:
            moment = orders.stamp(orders.moment(since))
            found = [one for one in found if one["createdTime"] >= moment]
        page, token = _page(found, usual=int(request.args.get("pageSize", 10)))
        return 200, {"reports": page} | ({"nextToken": token} if token else {})

    def read_report(self, account: str, *, report_id: str, body: Any) -> tuple[int, Any]:
        kept = reports.known(self.world, account, report_id)
        if kept is None:
            return 404, _errors("NotFound", f"There is no report {report_id}.")
        return 200, reports.as_report(report_id, kept)

    def cancel_report(self, account: str, *, report_id: str, body: Any) -> tuple[int, Any]:
        kept = reports.known(self.world, account, report_id)
        if kept is None:
            return 404, _errors("NotFound", f"There is no report {report_id}.")
        if reports.state_of(kept) != "IN_QUEUE":
            return 400, _errors("InvalidInput", "Only a report in the queue can be cancelled.")
        kept["cancelled"] = True
        return 200, {}

    def read_document(self, account: str, *, document_id: str, body: Any) -> tuple[int, Any]:
        kept = reports.known(self.world, account, document_id.rpartition(".")[2])
        if kept is None or reports.state_of(kept) not in reports.END_STATES:
            return 404, _errors("NotFound", f"There is no document {document_id}.")
        return 200, reports.link(kept, document_id, request.host_url)

    def download(self, document_id: str) -> Response:
        """The document behind a link; anybody who has the link may read it."""
        with self.world.store.reading():
            status, content = reports.download(
                self.world, document_id, request.args.get("until", "")
            )
        return Response(content, status=status, mimetype="application/octet-stream")

    def token(self) -> tuple[dict[str, Any], int]:
        """Login with Amazon's token endpoint, with its own form of errors."""
        form = request.form
        if self.world.take_fault("token") is not None:
            return {"error": "server_error", "error_description": "try again"}, 503
        known = form.get("client_id") == self.world.client_id
        if not known or form.get("client_secret") not in self.world.client_secrets:
            return {"error": "invalid_client", "error_description": "Client failed"}, 401
        kind = form.get("grant_type")
        with self.world.store.changing():
            if kind == "authorization_code":
                refresh = self.world.spend_code(form.get("code", ""))
            elif kind == "refresh_token":
                refresh = self.world.living(form.get("refresh_token", ""))
            elif kind == "client_credentials":
                refresh = "grantless"
            else:
                return {"error": "unsupported_grant_type", "error_description": str(kind)}, 400
            if refresh is None:
                return {"error": "invalid_grant", "error_description": "Not valid."}, 400
            access = self.world.new_access_token(refresh, ACCESS_SECONDS)
        answer = {"access_token": access, "token_type": "bearer", "expires_in": ACCESS_SECONDS}
        if kind != "client_credentials":
            answer["refresh_token"] = refresh
        return answer, 200

    def consent(self) -> str | tuple[str, int]:
        """Vendor Central's consent page: a person approves or denies."""
        state, back = request.args.get("state"), request.args.get("redirect_uri")
        if not request.args.get("application_id") or not state or not back:
            return "application_id, state and redirect_uri are needed", 400
        hidden = f'<input type="hidden" name="state" value="{escape(state)}">'
        hidden += f'<input type="hidden" name="redirect_uri" value="{escape(back)}">'
        return (
            "<!doctype html><html lang='en'><title>Vendor Central</title>"
            "<body style='font:16px system-ui;max-width:32rem;margin:4rem auto'>"
            "<h1>Authorise this application?</h1><p>It asks to read purchase orders, acknowledge"
            " them and send shipment notices for your vendor group.</p>"
            f"<form method='post' action='/apps/authorize/answer'>{hidden}"
            "<button name='answer' value='approve'>Approve</button> "
            "<button name='answer' value='deny'>Deny</button></form></body></html>"
        )

    def answer(self) -> AnyResponse:
        """Sends the person back, with a code that lives five minutes if they approved."""
        back, state = request.form["redirect_uri"], request.form["state"]
        if request.form.get("answer") != "approve":
            return redirect(f"{back}?{urlencode({'state': state, 'error': 'access_denied'})}")
        with self.world.store.changing():
            code = self.world.new_code()
        query = {
            "state": state,
            "spapi_oauth_code": code,
            "selling_partner_id": self.world.selling_partner_id,
        }
        return redirect(f"{back}?{urlencode(query)}")


def _errors(code: str, message: str) -> dict[str, Any]:
    return {"errors": [{"code": code, "message": message, "details": ""}]}


def _window(name: str) -> tuple[str, str] | None:
    after, before = request.args.get(f"{name}After"), request.args.get(f"{name}Before")
    if not after and not before:
        return None
    end = orders.moment(before) if before else orders.now()
    start = orders.moment(after) if after else end - LONGEST_WINDOW
    return orders.stamp(start), orders.stamp(end)


def _window_errors(windows: list[tuple[str, str]], *, needed: bool) -> str | None:
    if needed and not windows:
        return "a window of dates is needed"
    for start, end in windows:
        if orders.moment(end) - orders.moment(start) > LONGEST_WINDOW + timedelta(seconds=1):
            return "the window is longer than 7 days"
    return None


def _inside(stamp: str | None, window: tuple[str, str]) -> bool:
    return stamp is not None and window[0] <= stamp <= window[1]


def _paged(name: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    page, token = _page(found, usual=50)
    return {name: page} | ({"pagination": {"nextToken": token}} if token else {})


def _page(found: list[dict[str, Any]], usual: int = 100) -> tuple[list[dict[str, Any]], str | None]:
    size = int(request.args.get("limit", usual))
    token = request.args.get("nextToken")
    start = int(base64.urlsafe_b64decode(token)) if token else 0
    if request.args.get("sortOrder") == "DESC":
        found = found[::-1]
    page = found[start : start + size]
    more = start + size < len(found)
    return page, base64.urlsafe_b64encode(str(start + size).encode()).decode() if more else None


def _lose_rows(payload: dict[str, Any], share: int) -> None:
    """Leaves one row in `share` on the page, or none, and no token: it looks like a good last page."""
    payload.pop("pagination", None)
    for name, rows in payload.items():
        if isinstance(rows, list):
            payload[name] = rows[: len(rows) // share] if share else []


def _about(operation: str) -> list[str]:
    """The papers that a submission names: orders, shipments, invoices."""
    naming = {
        "submitAcknowledgement": ("acknowledgements", "purchaseOrderNumber"),
        "SubmitShipmentConfirmations": ("shipmentConfirmations", "shipmentIdentifier"),
        "submitInvoices": ("invoices", "id"),
    }
    if operation not in naming:
        return []
    many, name = naming[operation]
    body = request.get_json(silent=True) or {}
    return [str(one.get(name)) for one in body.get(many, [])]


LOST_ROWS = {"no_rows": 0, "short_page": 2}
BROKEN_REPLIES: dict[str, Callable[[], Response]] = {
    "html_200": lambda: Response("<html><h1>Busy</h1></html>", 200, mimetype="text/html"),
    "html_503": lambda: Response("<html><h1>503</h1></html>", 503, mimetype="text/html"),
    "empty_500": lambda: Response("", 500),
    "json_504": lambda: Response('{"message":"Endpoint request timed out"}', 504),
}
