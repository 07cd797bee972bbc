"""The HTTP face: the Admin API as Shopify has it, beside the control API and the host pages."""

from __future__ import annotations

import time
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    jsonify,
    request,
    send_from_directory,
)

from app.simulators.shopify import (
    bulk,
    control,
    control_orders,
    control_transfers,
    control_trouble,
    tokens,
)
from app.simulators.shopify.admin_api.execute import answer
from app.simulators.shopify.host import host
from app.simulators.shopify.pictures import drawing
from app.simulators.shopify.records import AccessToken
from app.simulators.shopify.routing import Impossible
from app.simulators.shopify.world import DOMAIN, ShopState, Unknown, World

OLDEST = "2026-01"
NEWEST = "2026-10"
NON_EXPIRING = "[API] Non-expiring access tokens are no longer accepted for the Admin API."

api = Blueprint("api", __name__)


def create_app(world: World) -> Flask:
    """The simulator as a WSGI application."""
    web = Flask("app.simulators.shopify")
    web.extensions["world"] = world
    web.json.sort_keys = False  # type: ignore[attr-defined]
    web.register_blueprint(api)
    for part in (control, control_orders, control_transfers, control_trouble):
        web.register_blueprint(part.control, url_prefix="/_control")
    web.register_blueprint(host)
    web.register_error_handler(Unknown, lambda error: _problem(404, error))
    web.register_error_handler(Impossible, lambda error: _problem(409, error))
    web.register_error_handler(ValueError, lambda error: _problem(400, error))
    web.register_error_handler(KeyError, lambda error: _problem(404, error))
    return web


@api.post("/admin/oauth/access_token")
@api.post("/<shop>/admin/oauth/access_token")
def access_token(shop: str | None = None) -> Any:
    """Token exchange and refresh."""
    state = _state(shop)
    form = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    state.count("token_requests")
    trouble = _trouble(state)
    if trouble is not None:
        return trouble
    try:
        granted = tokens.grant(_world(), state, form if isinstance(form, dict) else {})
    except tokens.Denied as denied:
        body = {"error": denied.error, "error_description": denied.description}
        return jsonify(body), denied.status
    if state.trouble.lose_reply_next > 0:
        state.trouble.lose_reply_next -= 1
        return Response("Bad Gateway", 502)
    return jsonify(granted)


@api.post("/admin/api/<version>/graphql.json")
@api.post("/<shop>/admin/api/<version>/graphql.json")
def graphql(version: str, shop: str | None = None) -> Any:
    """The Admin API."""
    state = _state(shop)
    state.count("graphql_requests")
    trouble = _trouble(state)
    if trouble is not None:
        return trouble
    token, refused = _token(state)
    if token is None:
        return refused
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        return jsonify({"errors": "query: Required parameter missing or invalid"}), 400
    content = answer(
        _world(), state, token, body["query"], body.get("variables"), body.get("operationName")
    )
    if state.trouble.lose_reply_next > 0:
        state.trouble.lose_reply_next -= 1
        return Response("Bad Gateway", 502)
    response = jsonify(content)
    response.headers["X-Shopify-API-Version"] = state.trouble.serve_version or _served(version)
    response.headers["X-Shopify-Shop-Domain"] = state.domain
    return response


@api.get("/bulk/<name>")
def bulk_file(name: str) -> Response:
    """The result of a bulk operation, to whoever knows its name."""
    return send_from_directory(
        bulk.folder(_world()).resolve(), name, mimetype="application/jsonl", as_attachment=True
    )


@api.get("/images/<handle>.svg")
def image(handle: str) -> Response:
    """A product's picture."""
    response = Response(drawing(handle), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@api.get("/healthz")
def healthz() -> Any:
    return jsonify({"status": "ok"})


def _world() -> World:
    world: World = current_app.extensions["world"]
    return world


def _state(shop: str | None) -> ShopState:
    domain = shop or request.host.partition(":")[0]
    if not DOMAIN.fullmatch(domain) or domain not in _world().shops:
        abort(404)
    return _world().state(domain)


def _trouble(state: ShopState) -> Response | None:
    trouble = state.trouble
    if trouble.answer_delay_seconds:
        time.sleep(trouble.answer_delay_seconds)
    if trouble.error_next > 0:
        trouble.error_next -= 1
        state.count("errors_on_purpose")
        headers = {"Retry-After": "2.0"} if trouble.error_status == 429 else {}
        return Response("<html><body>Trouble</body></html>", trouble.error_status, headers)
    return None


def _token(state: ShopState) -> tuple[AccessToken | None, Any]:
    token = tokens.find(state, request.headers.get("X-Shopify-Access-Token"))
    if state.trouble.unauthorized_next > 0:
        state.trouble.unauthorized_next -= 1
        token = None
    if token is None or state.shop.installed_at is None:
        message = "[API] Invalid API key or access token (unrecognized login or wrong password)"
        return None, (jsonify({"errors": message}), 401)
    if token.expires_at is None:
        return None, (jsonify({"errors": NON_EXPIRING}), 403)
    return token, None


def _served(version: str) -> str:
    """An ended version falls forward to the oldest that is served."""
    if not (len(version) == len(NEWEST) and version[:4].isdigit() and version[5:].isdigit()):
        abort(404)
    if version > NEWEST:
        abort(404)
    return max(version, OLDEST)


def _problem(status: int, error: Exception) -> Any:
    return jsonify({"error": str(error)}), status
