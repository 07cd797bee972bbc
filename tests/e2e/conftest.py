"""A browser in front of a running product."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

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


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    """A page whose own errors fail the test."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        opened = browser.new_page(viewport={"width": 1440, "height": 900})
        errors: list[str] = []
        opened.on("pageerror", lambda error: errors.append(str(error)))
        yield opened
        browser.close()
        assert errors == []
