"""The simulated store's own admin: the page that frames the app, and its stock and orders."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, current_app, render_template, request, send_from_directory

from app.simulators.shopify import seed, tokens
from app.simulators.shopify.records import Variant
from app.simulators.shopify.world import ShopState, Unknown, World

host = Blueprint(
    "host",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/admin/static",
)
LOCALES = {"en": "English", "zh-CN": "简体中文"}
USER = 1


@host.get("/app-bridge.js")
def app_bridge() -> Response:
    """The stand-in for App Bridge, loaded by the app's own pages."""
    response = send_from_directory(
        current_app.blueprints["host"].static_folder or "", "app-bridge.js"
    )
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@host.get("/")
@host.get("/admin")
def app_page() -> str:
    """The page that frames the app at `path`; opening it installs the app."""
    state = _state()
    _world().install(state)
    return _page("app.html", state, source=_framed(state))


@host.get("/admin/stock")
def stock_page() -> str:
    return _page("stock.html", _state())


@host.get("/admin/stock/<number>")
def item_page(number: str) -> str:
    """One item, by the id of its variant or its inventory item."""
    state = _state()
    variant = state.store.get(Variant, number)
    if variant is None and number.isdecimal():
        variant = next(iter(state.store.by(Variant, "item_id", int(number))), None)
    if variant is None:
        raise Unknown(f"There is no item {number}.")
    # By variant, as the inventory item's id may be too large for a browser's numbers.
    return _page("item.html", state, variant_id=variant.id)


@host.get("/admin/orders")
def orders_page() -> str:
    return _page("orders.html", _state())


@host.get("/admin/webhooks")
def webhooks_page() -> str:
    return _page("webhooks.html", _state())


def _page(template: str, state: ShopState, **values: Any) -> str:
    settings = _world().settings
    return render_template(
        f"simulated_store/{template}",
        shop=state.shop,
        shops=sorted(_world().shops),
        locale=_locale(),
        locales=LOCALES,
        user=_user(),
        page=template.removesuffix(".html"),
        app_title=settings.app_title,
        app_origin="{0.scheme}://{0.netloc}".format(urlsplit(settings.app_url)),
        path=_path(),
        **values,
    )


def _framed(state: ShopState) -> str:
    """The app's address with what the real admin adds to it, signed like there."""
    settings = _world().settings
    path, _, query = _path().partition("?")
    store = state.domain.removesuffix(".myshopify.com")
    where = base64.urlsafe_b64encode(f"admin.shopify.com/store/{store}".encode()).decode()
    values = {
        "embedded": "1",
        "host": where.rstrip("="),
        "id_token": tokens.id_token(settings, state.domain, _user()),
        "locale": _locale(),
        "session": hashlib.sha256(state.domain.encode()).hexdigest(),
        "shop": state.domain,
        "timestamp": str(int(time.time())),
    }
    text = urlencode(sorted(values.items()), safe=":/")
    values["hmac"] = hmac.new(settings.api_secret.encode(), text.encode(), "sha256").hexdigest()
    own = f"{query}&" if query else ""
    return f"{settings.app_url}{path}?{own}{urlencode(values)}"


def _path() -> str:
    """The path within the app; never another site's address."""
    path = request.args.get("path", "/")
    return path if path.startswith("/") and not path.startswith("//") else "/"


def _locale() -> str:
    given = request.args.get("locale", "")
    return given if given in LOCALES else "en"


def _user() -> int:
    given = request.args.get("user", "")
    return int(given) if given.isdecimal() else USER


def _state() -> ShopState:
    world = _world()
    wanted = request.args.get("shop") or (
        seed.DEMO if seed.DEMO in world.shops else next(iter(world.shops), "")
    )
    if wanted not in world.shops:
        raise Unknown(f"There is no shop {wanted!r}.")
    return world.state(wanted)


def _world() -> World:
    world: World = current_app.extensions["world"]
    return world
