"""The page that frames the app, in a real browser: identity, navigation, toasts, language, stock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import OctKey
from playwright.sync_api import Page, expect, sync_playwright
from werkzeug.serving import BaseWSGIServer

from app.config import settings
from app.simulators.common.serving import bind
from app.simulators.shopify.web import create_app
from app.simulators.shopify.world import World
from tests.simulators.shopify.conftest import DOMAIN, SECRET, open_shop

APP = """<!doctype html><meta name="shopify-api-key" content="test-key">
<script src="{bridge}/app-bridge.js"></script>
<h1></h1><output></output>
<s-app-nav><s-link href="/stock">Stock</s-link><s-link href="/collisions">Collisions</s-link></s-app-nav>
<button onclick="shopify.toast.show('All is well')">Tell</button>
<form data-save-bar onsubmit="event.preventDefault(); kept.textContent = 'kept'">
  <input name="note" aria-label="Note"></form><p id="kept"></p>
<script>
  const show = () => { document.querySelector('h1').textContent = location.pathname; };
  document.addEventListener('shopify:navigate', (event) => {
    history.pushState({}, '', event.target.getAttribute('href')); show();
  });
  show();
  shopify.idToken().then((token) => { document.querySelector('output').textContent = token; });
</script>"""


def started(server: BaseWSGIServer) -> threading.Thread:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    return thread


@pytest.fixture
def address(make_world: Callable[..., World]) -> Iterator[str]:
    """The host page's origin, framing a small app at another origin and host name."""
    world = make_world(speed=20_000.0)
    open_shop(world)
    web = Flask("app")
    servers = [bind(create_app(world), "127.0.0.1", 0), bind(web, "127.0.0.1", 0)]
    origin = f"http://127.0.0.1:{servers[0].port}"
    web.add_url_rule("/", "home", lambda: APP.replace("{bridge}", origin))
    web.add_url_rule("/<path:path>", "page", lambda path: APP.replace("{bridge}", origin))
    world.settings.app_url = f"http://localhost:{servers[1].port}"
    threads = [started(server) for server in servers]
    yield origin
    for server, thread in zip(servers, threads, strict=True):
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
        browser.close()
        assert errors == []


def test_the_app_is_framed_with_an_identity_of_its_own(address: str, page: Page) -> None:
    page.goto(f"{address}/admin?shop={DOMAIN}&locale=zh-CN")
    frame = page.frame_locator("#app")
    expect(frame.locator("output")).not_to_be_empty()
    token = frame.locator("output").text_content() or ""
    claims = jwt.decode(token, OctKey.import_key(SECRET), algorithms=["HS256"]).claims
    assert claims["dest"] == f"https://{DOMAIN}"
    source = page.locator("#app").get_attribute("src") or ""
    given = parse_qs(urlsplit(source).query)
    assert given["locale"] == ["zh-CN"]
    assert {"embedded", "shop", "host", "id_token", "hmac"} <= set(given)


def test_an_address_that_an_alert_names_opens_its_screen_in_the_simulated_admin(
    address: str, page: Page, set_settings: Callable[..., None]
) -> None:
    set_settings(SHOPIFY_ADMIN_ORIGIN=f"{address}/{{shop}}")
    page.goto(settings().app_address(DOMAIN, "/discrepancies/7?state=open"))
    expect(page.frame_locator("#app").locator("h1")).to_have_text("/discrepancies/7")
    assert "state=open" in (page.locator("#app").get_attribute("src") or "")


def test_the_apps_links_are_the_admins_and_its_path_is_in_the_address(
    address: str, page: Page
) -> None:
    page.goto(f"{address}/admin?shop={DOMAIN}")
    page.get_by_role("link", name="Collisions").click()
    expect(page.frame_locator("#app").locator("h1")).to_have_text("/collisions")
    page.wait_for_url("**path=%2Fcollisions*")
    page.reload()
    expect(page.frame_locator("#app").locator("h1")).to_have_text("/collisions")
    page.get_by_role("link", name="Holdfast").click()
    expect(page.frame_locator("#app").locator("h1")).to_have_text("/")


def test_toasts_and_the_save_bar_are_shown_by_the_admin(address: str, page: Page) -> None:
    page.goto(f"{address}/admin?shop={DOMAIN}")
    frame = page.frame_locator("#app")
    frame.get_by_role("button", name="Tell").click()
    expect(page.get_by_text("All is well")).to_be_visible()
    frame.get_by_label("Note").fill("x")
    page.get_by_role("button", name="Save").click()
    expect(frame.locator("#kept")).to_have_text("kept")
    expect(page.get_by_role("button", name="Save")).to_be_hidden()


def test_a_person_can_sell_ship_and_see_what_became_of_the_stock(address: str, page: Page) -> None:
    page.goto(f"{address}/admin/orders?shop={DOMAIN}")
    expect(page.get_by_label("Item").locator("option")).to_have_count(2)
    page.get_by_label("Units").fill("4")
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_text("4 × TENT")).to_be_visible()
    page.get_by_role("button", name="Ship", exact=True).click()
    expect(page.get_by_text("Shipped")).to_be_visible()
    page.get_by_role("link", name="Stock").click()
    page.get_by_role("link", name="TENT").click()
    expect(page.get_by_text("order_fulfilled")).to_be_visible()
    row = page.locator("#levels tr", has_text="Main warehouse")
    expect(row.locator("td").nth(1)).to_have_text("6")


def test_the_page_speaks_chinese_and_never_leaves_for_another_site(
    address: str, page: Page
) -> None:
    page.goto(f"{address}/admin/stock?shop={DOMAIN}&locale=zh-CN")
    expect(page.get_by_role("heading", name="库存")).to_be_visible()
    page.goto(f"{address}/admin?shop={DOMAIN}&path=//evil.example/x")
    assert urlsplit(page.locator("#app").get_attribute("src") or "").hostname == "localhost"
