"""The documentation covers every setting, command, topic, route and check, and nothing that is gone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from werkzeug.routing import Rule

from app.config import Settings
from app.webhooks.topics import COMPLIANCE, TOPICS
from tests.house import PROJECT
from tests.support.web import make_app

DOCS = PROJECT / "docs"
STANDARD_METHODS = {"HEAD", "OPTIONS"}


def page(name: str) -> str:
    return (DOCS / name).read_text()


def in_backticks(text: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", text))


def test_every_setting_is_on_the_settings_page_in_the_words_of_the_code() -> None:
    text = page("settings.md")
    for name, field in Settings.model_fields.items():
        row = re.search(rf"^\| `{name.upper()}` \|(.*)\|(.*)\|$", text, re.MULTILINE)
        assert row, f"{name.upper()} is missing from docs/settings.md"
        assert row[2].strip() == field.description


def test_the_settings_page_has_no_setting_that_is_gone() -> None:
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", page("settings.md"), re.MULTILINE))
    assert documented - {name.upper() for name in Settings.model_fields} == set()


def test_the_commands_page_is_what_the_commands_say() -> None:
    checked = subprocess.run(
        [sys.executable, "scripts/write_commands_page.py", "--check"],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


def test_every_webhook_topic_is_documented() -> None:
    documented = in_backticks(page("integrators.md"))
    assert (set(TOPICS) | COMPLIANCE) - documented == set()


@pytest.fixture
def rules(database: str, queue: str, set_settings: Callable[..., None]) -> list[Rule]:
    set_settings(
        SHOPIFY_API_KEY="key",
        SHOPIFY_API_SECRET="secret",
        ENCRYPTION_KEYS=Fernet.generate_key().decode(),
    )
    return list(make_app().url_map.iter_rules())


def test_every_route_is_documented(rules: list[Rule]) -> None:
    documented = in_backticks(page("integrators.md"))
    missing = [
        f"{method} {rule.rule}"
        for rule in rules
        for method in sorted((rule.methods or set()) - STANDARD_METHODS)
        if f"{method} {rule.rule}" not in documented and rule.rule not in documented
    ]
    assert missing == []


def test_no_documented_route_is_gone(rules: list[Rule]) -> None:
    known = {f"{method} {rule.rule}" for rule in rules for method in rule.methods or ()}
    known |= {"POST /webhooks/shopify", "POST /webhooks/shopify/compliance"}
    documented = set(re.findall(r"`((?:GET|POST|PUT|DELETE) /[^`]*)`", page("integrators.md")))
    assert documented - known == set()


def links_of(file: Path) -> list[str]:
    return re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", file.read_text())


@pytest.mark.parametrize(
    "file", [PROJECT / "README.md", *sorted(DOCS.rglob("*.md"))], ids=lambda file: file.name
)
def test_every_link_to_a_file_leads_somewhere(file: Path) -> None:
    broken = [
        link for link in links_of(file) if "://" not in link and not (file.parent / link).exists()
    ]
    assert broken == []


def test_the_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(file.name[:4]) for file in sorted((DOCS / "decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_command_of_make_in_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    used = set(re.findall(r"\bmake ([a-z-]+)`", (PROJECT / "README.md").read_text()))
    assert used - targets == set()
