"""Goes through every screen of the app and says what is wrong with each, as a careful reader would."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Frame, Page

FRONTEND = Path(__file__).parents[2] / "frontend"
AXE = FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
WORDS = FRONTEND / "src" / "i18n" / "en"
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PATIENCE = 60_000

Json = Mapping[str, Any]
Get = Callable[[str], Json]

# Two words in small letters beside each other are prose; names of things begin with a capital.
PROSE = re.compile(r"[A-Za-z][\w'’-]*(?:[ ,]+[\w'’-]+)* [a-z][a-z'’-]+ [a-z][a-z'’-]+")

# Goes where the admin's own navigation would lead, without loading the frame anew.
GO = """(path) => {
  document.querySelector('s-page')?.setAttribute('data-left', '');
  const link = document.createElement('a');
  link.setAttribute('href', path);
  document.body.append(link);
  link.dispatchEvent(new Event('shopify:navigate', { bubbles: true }));
  link.remove();
}"""
IS_SHOWN = """() => document.querySelector('s-page:not([data-left])') !== null
  && document.querySelector('s-spinner') === null"""
IS_WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
# What can be read, without what is somebody's own text: code, what a person types, another language.
READ = """() => {
  const said = [];
  const visit = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      if (node.data.trim()) said.push(node.data.trim());
      return;
    }
    if (node.nodeType === Node.ELEMENT_NODE) {
      if (node.matches('pre, code, textarea, style, script, [lang], .names')) return;
      for (const name of ['aria-label', 'label', 'heading', 'placeholder', 'details', 'error'])
        if (node.getAttribute(name)) said.push(node.getAttribute(name));
    }
    for (const child of node.childNodes) visit(child);
  };
  visit(document.body);
  return said;
}"""
FAULTS = """async () => {
  const found = await axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'], resultTypes: ['violations'],
  });
  return found.violations
    .filter((one) => ['serious', 'critical'].includes(one.impact))
    .map((one) => `${one.id}: ${one.nodes[0].target.flat().join(' ')} ${one.nodes[0].html.slice(0, 160)}`);
}"""


def routes() -> list[str]:
    """The addresses of the router, with their holes."""
    source = (FRONTEND / "src" / "App.tsx").read_text()
    return [path for path in re.findall(r'<Route path="([^"]+)"', source) if path != "*"]


def addresses(get: Get) -> dict[str, str]:
    """A real address of this shop for every one of the router's; fails where it has nothing to show."""

    def first(path: str, *names: str, rows: str = "data") -> list[str]:
        found = get(path)[rows]
        assert found, f"{path} is empty, so a screen has nothing to show"
        return [quote(str(_within(found[0], name)), safe="") for name in names]

    # Which message is the newest is chance; the one with the longest name is the hardest to show.
    messages = get("/api/messages?limit=100")["data"]
    longest = max(messages, key=lambda one: (len(one["topic"]), one["id"]))
    amazons = [one for one in get("/api/connections")["data"] if one["channel"] == "amazon"]
    made = {
        "/stock/:id": first("/api/items", "id"),
        "/discrepancies/:id": first("/api/discrepancies", "id"),
        "/purchase-orders/files/:id": first("/api/file-imports", "import_id"),
        "/purchase-orders/:number": first("/api/purchase-orders", "number"),
        "/shipments/:identifier": first("/api/shipments", "identifier"),
        "/invoices/payments/:region/:id": first("/api/remittances", "region", "payment_id"),
        "/invoices/:id": first("/api/invoices", "id"),
        "/disputes/:id": first("/api/disputes", "dispute_id"),
        "/deductions/:region/:kind/:currency/*": first(
            "/api/deductions", "region", "kind", "open.currency", "reference"
        ),
        "/reconciliation/:region/:number/:line": first(
            "/api/reconciliation", "region", "number", "line"
        ),
        "/reports/:asin": first("/api/reports/asins", "asin"),
        "/activity/:id": [str(longest["id"])],
        "/settings/connections/:id": [str(amazons[0]["id"])],
    }
    return {route: _filled(route, made.get(route, [])) for route in routes()}


def _within(row: Json, name: str) -> Any:
    for part in name.split("."):
        row = row[part]
    return row


def _filled(route: str, values: list[str]) -> str:
    holes = re.findall(r":\w+|\*", route)
    assert len(holes) == len(values), f"{route} has no address here"
    for hole, value in zip(holes, values, strict=True):
        route = route.replace(hole, value, 1)
    return route


def names(get: Get) -> list[str]:
    """What is called by its name in every language: items, connections, files."""
    lists = (
        ("/api/items?limit=250", "title"),
        ("/api/connections", "name"),
        ("/api/file-imports", "name"),
    )
    found = {str(row[name]) for path, name in lists for row in get(path)["data"] if row[name]}
    return sorted(found, key=len, reverse=True)


@dataclass
class Walk:
    """One person going through the screens in one language."""

    page: Page
    frame: Frame
    locale: str
    names: list[str]
    wrong: list[str] = field(default_factory=list)
    at: str = "/"

    def visit(self, path: str) -> None:
        """Goes to a screen and waits until it is there."""
        if path != self.at:  # the same screen again would stay as it is
            self.frame.evaluate(GO, path)
        self.at = path
        self.frame.wait_for_function(IS_SHOWN, timeout=PATIENCE)

    def blame(self, what: str) -> None:
        """Remembers a fault of the screen that is shown."""
        self.wrong.append(f"{self.locale} {self.at}: {what}")

    def look(self) -> None:
        """Reads the screen in a wide and a narrow window."""
        for size in (WIDE, NARROW):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            if wider := self.frame.evaluate(IS_WIDER):
                self.blame(f"{wider} px wider than {size['width']} px")
        self.page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        for written in self.frame.evaluate(READ):
            said = self._without_names(written)
            if KEY.search(said):
                self.blame(f"a key instead of words: {said}")
            if self.locale != "en" and (prose := PROSE.search(said)):
                self.blame(f"not translated: {prose.group()}")
        for fault in self.frame.evaluate(FAULTS):
            self.blame(fault)

    def _without_names(self, said: str) -> str:
        for name in self.names:
            said = said.replace(name, "…")
        return said


def _keys() -> re.Pattern[str]:
    first = {
        name
        for file in ("core.json", "screens.json")
        for name in json.loads((WORDS / file).read_text())
    }
    return re.compile(rf"\b(?:{'|'.join(sorted(first))})\.[a-z]\w+\b(?!\()")


KEY = _keys()


def enter(page: Page, address: str, locale: str, known: list[str]) -> Walk:
    """Opens the app inside the store's admin, ready to walk on from Home."""
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    page.goto(f"{address}&path=/&locale={locale}")
    handle = page.wait_for_selector("iframe", timeout=PATIENCE)
    frame = handle.content_frame() if handle else None
    assert frame is not None
    frame.wait_for_function(IS_SHOWN, timeout=PATIENCE)
    frame.evaluate(AXE.read_text())
    walk = Walk(page, frame, locale, known)
    page.on("console", lambda said: walk.blame(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: walk.blame(str(error)))
    return walk


def walk_all(
    page: Page, address: str, locale: str, paths: Iterable[str], known: list[str]
) -> list[str]:
    """What is wrong with these screens in this language, each fault with its screen."""
    walk = enter(page, address, locale, known)
    for path in paths:
        walk.visit(path)
        walk.look()
    return walk.wrong
