"""Shopify's search syntax in `query:` arguments: terms, comparisons, AND, OR, NOT and brackets.

A filter that a connection does not know is ignored with a warning, as Shopify does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Test = Callable[[Any], bool]
Value = Callable[[Any], Any]

TOKEN = re.compile(
    r"""\s*(?:
        (?P<bracket>[()])
      | (?P<not>-|NOT\s+)?(?P<name>[A-Za-z_.]+):(?P<operator>>=|<=|>|<)?
            (?P<value>"(?:\\.|[^"])*"|'(?:\\.|[^'])*'|[^\s()]+)
      | (?P<word>"(?:\\.|[^"])*"|'(?:\\.|[^'])*'|[^\s()]+)
    )""",
    re.VERBOSE,
)


@dataclass
class Search:
    """A parsed query: which records fit, and what of it was not understood."""

    test: Test
    unknown: list[str] = field(default_factory=list)


def parse(text: str | None, values: Mapping[str, Value], zone: str, words: Value) -> Search:
    """Reads a query. `values` gives a record's value(s) for each filter, `words` its free text."""
    reader = _Reader(text or "", values, ZoneInfo(zone), words)
    test = reader.alternatives()
    return Search(test, reader.unknown)


class _Reader:
    def __init__(
        self, text: str, values: Mapping[str, Value], zone: ZoneInfo, words: Value
    ) -> None:
        self.parts = [match.groupdict() for match in TOKEN.finditer(text)]
        self.at = 0
        self.values = values
        self.zone = zone
        self.words = words
        self.unknown: list[str] = []

    def alternatives(self) -> Test:
        tests = [self._all()]
        while self._is_word("OR"):
            self.at += 1
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda record: any(t(record) for t in tests)

    def _all(self) -> Test:
        tests: list[Test] = []
        while self.at < len(self.parts) and not self._is_word("OR"):
            part = self.parts[self.at]
            if part["bracket"] == ")":
                break
            self.at += 1
            if part["bracket"]:
                tests.append(self.alternatives())
                self.at += 1
            elif part["word"] and part["word"] != "AND":
                tests.append(self._word(part["word"]))
            elif part["name"]:
                test = self._term(part)
                tests.append(_negated(test) if part["not"] else test)
        return lambda record: all(test(record) for test in tests)

    def _is_word(self, word: str) -> bool:
        return self.at < len(self.parts) and self.parts[self.at]["word"] == word

    def _word(self, word: str) -> Test:
        wanted = _unquoted(word).casefold().rstrip("*")
        return lambda record: wanted in str(self.words(record)).casefold()

    def _term(self, part: Mapping[str, str]) -> Test:
        name, operator, wanted = part["name"], part["operator"], _unquoted(part["value"])
        value = self.values.get(name)
        if value is None:
            self.unknown.append(name)
            return lambda record: True
        return lambda record: _any(value(record), operator, wanted, self.zone)


def _any(value: Any, operator: str | None, wanted: str, zone: ZoneInfo) -> bool:
    values = value if isinstance(value, list) else [value]
    return any(_fits(one, operator, wanted, zone) for one in values)


def _fits(value: Any, operator: str | None, wanted: str, zone: ZoneInfo) -> bool:
    if value is None:
        return wanted.casefold() == "null"
    if isinstance(value, datetime):
        return _fits_time(value, operator, wanted, zone)
    if isinstance(value, bool):
        return str(value).casefold() == wanted.casefold()
    if isinstance(value, int):
        number = wanted.rpartition("/")[2]
        if not re.fullmatch(r"-?\d+", number):
            return False
        return _compared(value, operator, int(number))
    if wanted.endswith("*"):
        return str(value).casefold().startswith(wanted[:-1].casefold())
    return str(value).casefold() == wanted.casefold()


def _fits_time(value: datetime, operator: str | None, wanted: str, zone: ZoneInfo) -> bool:
    try:
        moment = datetime.fromisoformat(wanted)
    except ValueError:
        return False
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    moment = moment.astimezone(UTC)
    if operator is None:
        whole_day = len(wanted) == len("2026-10-01")
        return moment <= value < moment + (timedelta(days=1) if whole_day else timedelta(seconds=1))
    return _compared(value, operator, moment)


def _compared(value: Any, operator: str | None, wanted: Any) -> bool:
    if operator == ">":
        return bool(value > wanted)
    if operator == ">=":
        return bool(value >= wanted)
    if operator == "<":
        return bool(value < wanted)
    if operator == "<=":
        return bool(value <= wanted)
    return bool(value == wanted)


def _negated(test: Test) -> Test:
    return lambda record: not test(record)


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text
