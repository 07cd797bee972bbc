"""A browser in front of a running product."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.stories.stage import Stage, set_stage

# Root may not use Chromium's sandbox, and nothing here may look for the network.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BUILD = Path(__file__).parents[2] / "app" / "static" / "app" / ".vite" / "manifest.json"


@pytest.fixture
def stage(
    database: str, queue: str, set_settings: Callable[..., None], tmp_path: Path
) -> Iterator[Stage]:
    """The stories' stage; the screens must have been built."""
    if not BUILD.exists():
        pytest.fail("the screens are not built: run make setup", pytrace=False)
    set_settings(COUNT_GRACE_SECONDS="0")
    with set_stage(tmp_path, set_settings) as made:
        yield made


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for all tests of a file; each has a profile of its own in it."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose own errors fail the test."""
    profile = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = profile.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    profile.close()
    assert errors == []
