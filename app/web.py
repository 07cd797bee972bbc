"""The web process on one page: what is served, who may ask, and how every error is answered."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import structlog
from flask import Flask, Response, g, request
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from pydantic import ValidationError
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from app import health, logs, metrics
from app.config import require, settings
from app.db import is_worth_retrying
from app.errors import GiveUp, Refused, RetryLater
from app.http import (
    APIBlueprint,
    Problem,
    given_up_response,
    invalid_response,
    problem,
    refused_response,
    retry_response,
)
from app.inventory import policy_routes as policies
from app.inventory import routes as inventory
from app.inventory.kinds import register
from app.overview import collisions, connections, home, leaving_routes, messages, money
from app.overview.alerts import routes as alerts
from app.overview.discrepancies import acting as discrepancy_work
from app.overview.discrepancies import routes as discrepancies
from app.overview.discrepancies import rule_routes as assignment_rules
from app.overview.exports import routes as exports
from app.overview.scheduled import routes as scheduled
from app.shopify import install, shell
from app.shopify import routes as store
from app.vendor import by_file_routes as by_file
from app.vendor import charges, invoice_rules, taxes, terms, windows
from app.vendor import connect_routes as amazon
from app.vendor import invoice_routes as invoices
from app.vendor import kit_routes as kits
from app.vendor import routes as vendor
from app.vendor import unmapped_routes as unmapped
from app.vendor.answering import routes as answering
from app.vendor.bank import routes as bank
from app.vendor.cash import routes as cash
from app.vendor.claims import routes as claims
from app.vendor.co_op import routes as co_op
from app.vendor.costs import routes as costs
from app.vendor.dated import DatedTable, TableWrong
from app.vendor.deductions import routes as deductions
from app.vendor.disputes import routes as disputes
from app.vendor.disputes import rulebook as dispute_rules
from app.vendor.edi import codes as x12_codes
from app.vendor.edi import routes as edi
from app.vendor.evidence import routes as evidence
from app.vendor.files import routes as files
from app.vendor.finance import routes as finance_invoices
from app.vendor.journals import routes as journals
from app.vendor.payments import routes as payments
from app.vendor.receiving import routes as receiving
from app.vendor.reconciliation import kinds as match_kinds
from app.vendor.reconciliation import match_routes
from app.vendor.reconciliation import routes as reconciliation
from app.vendor.reports import kinds as report_kinds
from app.vendor.reports import routes as reports
from app.vendor.self_test import routes as self_test
from app.vendor.shipping import packing_routes as packing
from app.vendor.shipping import print_routes as shipment_papers
from app.vendor.shipping import routes as shipping
from app.vendor.shipping import rulebook
from app.vendor.shipping import setting_routes as shipping_settings
from app.vendor.steps import routes as order_steps
from app.webhooks.door import Door, request_id_of

log = structlog.get_logger(__name__)

BLUEPRINTS = (
    store.api,
    inventory.api,
    discrepancies.api,
    discrepancy_work.api,
    assignment_rules.api,
    policies.api,
    vendor.api,
    by_file.api,
    edi.api,
    windows.api,
    order_steps.api,
    invoices.api,
    kits.api,
    unmapped.api,
    shipping.api,
    packing.api,
    shipment_papers.api,
    shipping_settings.api,
    reports.api,
    amazon.api,
    self_test.api,
    receiving.api,
    answering.api,
    files.api,
    payments.api,
    finance_invoices.api,
    bank.api,
    # Before the lines, whose address has three parts of any name.
    match_routes.api,
    claims.api,
    costs.api,
    reconciliation.api,
    cash.api,
    deductions.api,
    journals.api,
    evidence.api,
    disputes.api,
    co_op.api,
    messages.api,
    connections.api,
    home.api,
    money.api,
    collisions.api,
    leaving_routes.api,
    exports.api,
    alerts.api,
    scheduled.api,
)
PAGES = (health.blueprint, amazon.pages, shell.shell)
NEEDED = ("database_url", "redis_url", "encryption_keys", "shopify_api_key", "shopify_api_secret")
LARGEST_BODY = 4 * 1024 * 1024
UNSERVABLE = {"22P02": "bad_value", "22003": "number_too_large", "22021": "bad_text"}
TOKEN: dict[str, Any] = {
    "ShopifyIdToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
}
VERSION = "1"


def create_app(routes: OpenAPI | None = None) -> OpenAPI:
    """The WSGI application. Exits, naming each, when a setting is missing; opens no connection.

    `routes` are those that `routed` made before: they are used again, behind a new door.
    """
    require(*NEEDED)
    _read_tables()
    logs.configure()
    web = routed() if routes is None else routes
    bare = partial(Flask.wsgi_app, web)
    web.wsgi_app = Door(bare, settings())  # type: ignore[method-assign]
    if settings().trusted_proxies:
        count = settings().trusted_proxies
        web.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            web.wsgi_app, x_for=count, x_proto=count, x_host=count
        )
    return web


def routed() -> OpenAPI:
    """Every route and what is done around each request; knows no setting and no shop."""
    web = OpenAPI(
        "app",
        info=Info(title="Holdfast", version=VERSION),
        security_schemes=TOKEN,
        responses={"default": Problem},
        validation_error_model=Problem,
        validation_error_callback=invalid_response,
        doc_ui=False,
        static_folder=None,
    )
    # Workers alone state these; here they are named in the queue, in filters and in files.
    register(*match_kinds.EVERY)
    web.json.sort_keys = False  # type: ignore[attr-defined]
    web.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    for blueprint in BLUEPRINTS:
        web.register_api(blueprint)
    for pages in PAGES:
        web.register_blueprint(pages)
    web.add_url_rule("/openapi.json", "openapi", lambda: specification(web))
    _answer_errors(web)
    web.before_request(_begin)
    web.before_request(_authenticate)
    web.after_request(_end)
    return web


TABLES: tuple[DatedTable[Any], ...] = (
    terms.LIMITS,
    terms.TERMS,
    terms.ROLES,
    charges.TABLE,
    taxes.TABLE,
    invoice_rules.TABLE,
    rulebook.TABLE,
    x12_codes.TABLE,
    report_kinds.TABLE,
    *dispute_rules.TABLES,
)


def _read_tables() -> None:
    """A table of rules or rates that cannot be read stops the start; nobody would find it later."""
    for table in TABLES:
        try:
            table.rows()
        except TableWrong as wrong:
            raise SystemExit(f"{table.setting.upper()}: {wrong}") from None


def specification(web: OpenAPI) -> dict[str, Any]:
    """The HTTP API as OpenAPI 3.1, generated from the routes; errors are problems everywhere."""
    for blueprint in BLUEPRINTS:
        if isinstance(blueprint, APIBlueprint):
            blueprint.describe()
        web.paths.update(blueprint.paths)
        web.components_schemas.update(blueprint.components_schemas)
        web.tags += [tag for tag in blueprint.tags if tag not in web.tags]
    document = web.api_doc
    for path, operations in document["paths"].items():
        for operation in operations.values():
            responses = operation["responses"]
            fallback = responses.pop("default", None) or responses.get("422")
            if fallback:
                schema = {"$ref": "#/components/schemas/Problem"}
                responses["default"] = {
                    "description": "Any error.",
                    "content": {"application/problem+json": {"schema": schema}},
                }
                responses.pop("422", None)
            if path.startswith("/api/"):
                operation["security"] = [{name: []} for name in TOKEN]
    return document


def _begin() -> None:
    g.request_id = request_id_of(request.environ)
    g.started = time.monotonic()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _authenticate() -> None:
    """Every route below /api belongs to the shop of a verified ID token, and to nobody else."""
    if request.endpoint is None or not request.path.startswith("/api/"):
        return
    if request.endpoint != "shell.page":
        g.principal = install.principal(request.headers.get("Authorization"))
        structlog.contextvars.bind_contextvars(shop=g.principal.domain)


def _end(response: Response) -> Response:
    headers = response.headers
    headers["X-Request-Id"] = g.get("request_id", "")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    if settings().app_url.startswith("https://"):
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if response.mimetype != "text/html":
        headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    if request.path.startswith("/api/"):
        headers.setdefault("Cache-Control", "no-store")
    route = request.url_rule.rule if request.url_rule else "unknown"
    metrics.REQUESTS.labels(route, request.method, str(response.status_code)).inc()
    if route not in health.QUIET:
        log.info(
            "request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            milliseconds=round((time.monotonic() - g.get("started", time.monotonic())) * 1000, 1),
        )
    return response


def _answer_errors(web: Flask) -> None:
    web.register_error_handler(Refused, refused_response)
    web.register_error_handler(RetryLater, retry_response)
    web.register_error_handler(GiveUp, given_up_response)
    web.register_error_handler(ValidationError, invalid_response)
    web.register_error_handler(HTTPException, _http_error)
    web.register_error_handler(DataError, _unservable)
    web.register_error_handler(DBAPIError, _database_error)
    web.register_error_handler(PoolTimeout, _database_busy)
    web.register_error_handler(Exception, _unexpected)


def _http_error(error: HTTPException) -> Any:
    """404, 405, 413 and their like as problems; redirects and ready-made responses as they are."""
    if error.response is not None or error.code is None or error.code < 400:
        return error
    code = error.name.lower().replace(" ", "_").replace("'", "")
    response = problem(error.code, code, error.description or error.name)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _unservable(error: DataError) -> Response:
    """A value that fits our checks but not the database's types is the asker's to change."""
    code = UNSERVABLE.get(getattr(error.orig, "sqlstate", ""), "bad_value")
    return problem(422, code, "A value is not one that can be stored or searched for.")


def _database_error(error: DBAPIError) -> Response:
    if is_worth_retrying(error):
        return _database_busy(error)
    return _unexpected(error)


def _database_busy(error: Exception) -> Response:
    log.warning("database_unavailable", error=type(error).__name__)
    return retry_response(RetryLater("The database is not available now; try again."))


def _unexpected(error: Exception) -> Response:
    log.error("request_failed", exc_info=error)
    return problem(
        500, "unexpected", "Something went wrong on our side. It has been logged under request_id."
    )
