"""A neutral host page that frames the app as the admin does, and the App Bridge stub it talks to."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, current_app, jsonify, request

from app.simulators.shopify import tokens
from app.simulators.shopify.world import World

PAGES = Path(__file__).with_name("pages")
USER = 42
"""The one person who works in this admin."""

host = Blueprint("host", __name__)


@host.get("/app-bridge.js")
def app_bridge() -> Response:
    """App Bridge as far as the app uses it; it asks the page around it for everything."""
    script = (PAGES / "app-bridge.js").read_text()
    return Response(script, mimetype="text/javascript", headers={"Cache-Control": "no-cache"})


@host.get("/admin")
def admin() -> Response:
    """The app in its frame, below a bar and beside its own navigation."""
    world = _world()
    shop = request.args.get("shop") or next(iter(world.shops))
    locale = request.args.get("locale", "en")
    path = "/" + request.args.get("path", "/").lstrip("/")
    address, _, query = path.partition("?")
    launch = {
        "embedded": "1",
        "shop": shop,
        "host": base64.b64encode(f"{request.host}/admin".encode()).decode().rstrip("="),
        "locale": locale,
        "id_token": tokens.id_token(world.settings, shop, USER),
    }
    separator = "&" if query else ""
    frame = f"{world.settings.app_url}{address}?{query}{separator}{urlencode(launch)}"
    facts = {
        "frame": frame,
        "origin": _origin(world.settings.app_url),
        "shop": shop,
        "name": world.state(shop).shop.name,
        "title": world.settings.app_title,
        "locale": locale,
    }
    page = (PAGES / "admin.html").read_text()
    # `<` is escaped so that no value can end the script it stands in.
    page = page.replace("{{facts}}", json.dumps(facts).replace("<", "\\u003c"))
    return Response(page, mimetype="text/html", headers={"Cache-Control": "no-store"})


@host.get("/_host/id-token")
def id_token() -> Any:
    """A fresh ID token for the frame; it lives one minute, as the real one."""
    world = _world()
    shop = request.args.get("shop") or next(iter(world.shops))
    return jsonify({"id_token": tokens.id_token(world.settings, shop, USER)})


def _world() -> World:
    world: World = current_app.extensions["world"]
    return world


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
