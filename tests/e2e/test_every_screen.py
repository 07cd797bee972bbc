"""Every screen of the demo can be read, in both languages, in a wide window and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e import walking
from tests.support import demo

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The demo with its past, which has something to show on every screen."""
    found = demo.three_ports()
    folder: Path = tmp_path_factory.mktemp("demo")
    running = demo.start(folder, found)
    demo.until_ready(running, "The past is here")
    yield found
    demo.end(running)


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_every_screen_is_whole_in(browser: Browser, port: int, locale: str) -> None:
    """No error, no bare key, nothing untranslated, nothing beyond the edge, nothing axe objects to."""

    def get(path: str) -> dict[str, Any]:
        return demo.ask(port, path)

    paths = walking.addresses(get)
    assert len(paths) > 40
    known = walking.names(get)
    address = f"http://127.0.0.1:{port + 1}/admin?shop={demo.DOMAIN}"
    profile = browser.new_context()
    wrong = walking.walk_all(profile.new_page(), address, locale, paths.values(), known)
    profile.close()
    assert wrong == [], "\n".join(["", *wrong])
