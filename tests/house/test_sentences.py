"""What the product says to a person in a sentence can be read in both languages."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
APP = ROOT / "app"
WORDS = ROOT / "frontend" / "src" / "i18n" / "en"
# What a person never reads on a screen: simulators answer us, commands answer a terminal, the way in
# answers Shopify, and `reload` App Bridge.
ELSEWHERE = ("simulators", "demo", "supervisor", "bench", "commands", "webhooks", "months", "shell")

# Whose argument, by its place, is a sentence for a person.
SAYS = {
    "FieldError": 1,
    "GiveUp": 0,
    "RetryLater": 0,
    "UnknownOutcome": 0,
    "OutcomeUnknown": 0,
    "NotAuthorised": 0,
    "GrantRefused": 0,
    "Throttled": 0,
    "Denied": 0,
    "BadPaper": 0,
    "BadRow": 0,
    "BadDocument": 0,
    "TooLarge": 0,
    "bury": 1,
    "_bury": 2,
    "_note": 2,
    "Note": 2,
    "_refuse": 0,
    "_nothing_yet": 0,
    "Refused": 1,
    "X12Error": 4,
}
FILLED = "7"


class Said(NamedTuple):
    """One sentence in the source, its values filled in, and the code it comes with."""

    at: str
    text: str
    code: str | None


@cache
def sentences() -> tuple[re.Pattern[str], ...]:
    known = json.loads((WORDS / "sentences.json").read_text())["sentences"]
    parts = (re.split(r"{{\w+}}", text) for text in known.values())
    return tuple(re.compile(".+?".join(map(re.escape, each)), re.DOTALL) for each in parts)


@cache
def problems() -> frozenset[str]:
    return frozenset(json.loads((WORDS / "core.json").read_text())["problems"])


def is_worded(said: Said) -> bool:
    if said.code in problems():
        return True
    return any(pattern.fullmatch(said.text) for pattern in sentences())


def test_every_sentence_of_the_server_has_words_in_both_languages() -> None:
    said = [one for path in sorted(APP.rglob("*.py")) for one in said_in(path)]
    assert len(said) > 300
    missing = [f"{one.at} {one.text!r}" for one in said if not is_worded(one)]
    assert not missing, (
        "give these words in frontend/src/i18n/*/sentences.json,"
        " or their code in problems of core.json:\n" + "\n".join(missing)
    )


def test_the_source_of_every_rule_that_a_screen_names_has_words_in_both_languages() -> None:
    shown = {
        APP / "vendor/disputes/rules.toml": ("clock", "paper"),
        APP / "vendor/invoice_rules.toml": ("rule",),
    }
    sources = {
        rule["source"]
        for path, tables in shown.items()
        for name in tables
        for rule in tomllib.loads(path.read_text())[name]
    }
    assert len(sources) > 20
    missing = [one for one in sorted(sources) if not is_worded(Said("", one, None))]
    assert not missing, "give these words in sentences.json:\n" + "\n".join(missing)


def test_a_sentence_without_words_is_found(tmp_path: Path) -> None:
    path = tmp_path / "some.py"
    path.write_text(
        'raise GiveUp(f"Nothing {x} said this.")\nraise Refused("not_found", "Not here.")'
    )
    given_up, refused = said_in(path, tmp_path)
    assert given_up == Said("some.py:1", "Nothing 7 said this.", None)
    assert not is_worded(given_up)
    assert is_worded(refused)


def said_in(path: Path, root: Path = ROOT) -> Iterator[Said]:
    """The sentences that a file says, where they can be read from its source."""
    name = path.relative_to(root)
    if any(part in ELSEWHERE for part in (*name.parts, path.stem)):
        return
    for node in ast.walk(ast.parse(path.read_text())):
        place = SAYS.get(called(node))
        if not isinstance(node, ast.Call) or place is None or len(node.args) <= place:
            continue
        first = node.args[0]
        code = first.value if isinstance(first, ast.Constant) else None
        text = filled(node.args[place])
        # Two sentences side by side are each found where they are made.
        if text is not None and re.search("[a-z]", text):
            yield Said(f"{name}:{node.lineno}", text, code if isinstance(code, str) else None)


def called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def filled(node: ast.expr) -> str | None:
    """The text with each value filled in; None where it is made elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else FILLED for part in node.values
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return "".join(filled(side) or FILLED for side in (node.left, node.right))
    return None


def test_every_field_that_is_found_wrong_has_a_name_in_both_languages() -> None:
    fields = [one for path in sorted(APP.rglob("*.py")) for one in fields_in(path)]
    assert len(fields) > 40
    for language in ("en", "zh-CN"):
        words = json.loads((WORDS.parent / language / "screens.json").read_text())
        named = words["fieldNames"].keys()
        missing = [f"{at} {name}" for at, name in fields if name not in named]
        assert not missing, "give these fields a name in fieldNames:\n" + "\n".join(missing)


def fields_in(path: Path) -> Iterator[tuple[str, str]]:
    """Where a file finds a field wrong, and each part of its path that is a word of ours."""
    name = path.relative_to(ROOT)
    if any(part in ELSEWHERE for part in (*name.parts, path.stem)):
        return
    for node in ast.walk(ast.parse(path.read_text())):
        # A shipping rule says the field second, behind its own name.
        place = {"FieldError": 0, "Found": 1}.get(called(node))
        if not isinstance(node, ast.Call) or place is None or len(node.args) <= place:
            continue
        path_of_words = re.sub(r"\[[^]]*\]", "", filled(node.args[place]) or "")
        for part in re.findall(r"(?:^|[.\[])([a-z][a-z0-9_]*)(?=[.\[]|$)", path_of_words):
            yield f"{name}:{node.lineno}", part
