"""The page that the admin frames: no data in it, App Bridge first, and a policy made for one shop.

Sources: Shopify's embedded-app rules (App Bridge is the first script of every document, the policy
names the one shop that may frame us and never a wildcard).
"""

from __future__ import annotations

import base64
import json
import secrets as random_secrets
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, render_template, request, send_from_directory
from werkzeug.wrappers import Response as AnyResponse

from app.config import SHOP_DOMAIN, settings
from app.errors import Refused

shell = Blueprint("shell", __name__, template_folder="templates")

BUILD = Path(__file__).resolve().parent.parent / "static" / "app"
MANIFEST = BUILD / ".vite" / "manifest.json"
ADMIN = "https://admin.shopify.com"
CDN = "https://cdn.shopify.com"
FOR_EVER = "public, max-age=31536000, immutable"
NOT_PAGES = ("api", "webhooks", "oauth", "storefront", "static", "connections")


class Assets(NamedTuple):
    """What the first page has to load, as addresses below /static/app/."""

    entry: str
    styles: tuple[str, ...]
    preloads: tuple[str, ...]


def assets() -> Assets | None:
    """The front end's entry as it was built last, or None while it has not been built."""
    try:
        built_at = MANIFEST.stat().st_mtime_ns
    except FileNotFoundError:
        return None
    return _read(built_at)


@lru_cache(maxsize=1)
def _read(_built_at: int) -> Assets:
    """Read once for each build: a process that lives longer than a build serves the newest one."""
    manifest: dict[str, dict[str, Any]] = json.loads(MANIFEST.read_text())
    entry = next(chunk for chunk in manifest.values() if chunk.get("isEntry"))
    preloads = tuple(manifest[name]["file"] for name in entry.get("imports", []))
    return Assets(entry["file"], tuple(entry.get("css", [])), preloads)


@shell.get("/static/app/<path:name>")
def asset(name: str) -> AnyResponse:
    """A built file. Its name carries its content's hash, so it may be kept for ever."""
    response = send_from_directory(BUILD, name)
    if name.startswith("assets/"):
        response.headers["Cache-Control"] = FOR_EVER
    return response


@shell.get("/", defaults={"path": ""})
@shell.get("/<path:path>")
def page(path: str) -> AnyResponse:
    """The shell, the same for every screen; a visit from outside the admin is sent there."""
    if path.partition("/")[0] in NOT_PAGES:
        raise Refused("not_found", "There is nothing at this address.", status=404)
    shop = _shop()
    if shop and not request.args.get("host") and not request.args.get("embedded"):
        return redirect(_admin_address(shop, path))
    nonce = base64.b64encode(random_secrets.token_bytes(16)).decode()
    polaris = _polaris()
    response = Response(
        render_template(
            "shell.html",
            api_key=settings().shopify_api_key,
            app_bridge=settings().app_bridge_script_url,
            polaris=polaris,
            assets=assets(),
            nonce=nonce,
        )
    )
    response.headers["Content-Security-Policy"] = content_security_policy(shop, nonce)
    response.headers["Cache-Control"] = "no-store, private"
    response.headers["Referrer-Policy"] = "no-referrer"
    links = [f"<{settings().app_bridge_script_url}>; rel=preload; as=script"]
    if polaris:
        links.append(f"<{polaris}>; rel=preload; as=script")
    response.headers["Link"] = ", ".join(links)
    return response


@shell.get("/auth/patch-id-token")
def patch_id_token() -> AnyResponse:
    """Serves App Bridge alone, which reloads the wanted page with a fresh ID token.

    `shopify-reload` must be an address of ours; anything else would be an open redirect.
    """
    wanted = urlsplit(request.args.get("shopify-reload", ""))
    ours = urlsplit(settings().app_url)
    if (wanted.scheme, wanted.netloc) != (ours.scheme, ours.netloc):
        raise Refused("bad_reload", "shopify-reload must be an address of this app.", status=400)
    response = Response(
        render_template(
            "bounce.html",
            api_key=settings().shopify_api_key,
            app_bridge=settings().app_bridge_script_url,
        )
    )
    response.headers["Content-Security-Policy"] = content_security_policy(_shop(), None)
    response.headers["Cache-Control"] = "no-store, private"
    return response


def content_security_policy(shop: str | None, nonce: str | None) -> str:
    """The policy of one document: framed by this shop's admin and nobody else."""
    extra = [one.strip() for one in settings().admin_frame_origins.split(",") if one.strip()]
    framers = " ".join([f"https://{shop}", ADMIN, *extra]) if shop else "'none'"
    scripts = ["'self'", CDN, *_origins(settings().app_bridge_script_url, _polaris())]
    if nonce:
        scripts.append(f"'nonce-{nonce}'")
    images = ["'self'", "data:", "blob:", CDN, *_simulated_admin()]
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src {' '.join(dict.fromkeys(scripts))}",
            "style-src 'self' 'unsafe-inline'",
            f"img-src {' '.join(images)}",
            f"font-src 'self' {CDN}",
            "connect-src 'self' https://*.shopify.com",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors {framers}",
        ]
    )


def _shop() -> str | None:
    shop = request.args.get("shop", "")
    return shop if SHOP_DOMAIN.fullmatch(shop) else None


def _admin_address(shop: str, path: str) -> str:
    store = shop.removesuffix(".myshopify.com")
    return f"{ADMIN}/store/{store}/apps/{settings().shopify_app_handle}/{path}"


def _polaris() -> str | None:
    address = settings().polaris_script_url
    return None if address == "none" else address


def _origins(*addresses: str | None) -> list[str]:
    parts = [urlsplit(address) for address in addresses if address]
    return [f"{part.scheme}://{part.netloc}" for part in parts]


def _simulated_admin() -> list[str]:
    return _origins(settings().shopify_admin_origin) if settings().shopify_admin_origin else []
