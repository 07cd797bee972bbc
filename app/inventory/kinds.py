"""Kinds of discrepancy: what each is called in the languages of the screens, and what it is about.

The core knows only its own kind. Whoever owns the papers behind another one registers it when its
room is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LANGUAGES = ("en", "zh-CN")
COUNT = "count"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. `words` are its name, `meaning` says in a sentence what disagrees, in each language.

    `group` is where its money goes when it is written off: "stock", "revenue", "deduction",
    "cash" or "none".
    """

    name: str
    words: Mapping[str, str]
    meaning: Mapping[str, str]
    group: str = "none"

    def __post_init__(self) -> None:
        """Raises ValueError where a language has no words."""
        for told in (self.words, self.meaning):
            if missing := [one for one in LANGUAGES if not told.get(one)]:
                raise ValueError(f"the kind {self.name} has no words in {', '.join(missing)}")


_registered: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    """Makes kinds known. The same again is allowed; other words for a known name raise ValueError."""
    for kind in kinds:
        if _registered.setdefault(kind.name, kind) != kind:
            raise ValueError(f"the kind {kind.name} is already known in other words")


def find(name: str) -> Kind | None:
    """The kind of this name, or None."""
    return _registered.get(name)


def every() -> list[Kind]:
    """All that are registered, by name."""
    return sorted(_registered.values(), key=lambda kind: kind.name)


register(
    Kind(
        COUNT,
        {"en": "Stock count", "zh-CN": "库存盘点差异"},
        {
            "en": "Somebody else counts otherwise than the books.",
            "zh-CN": "外部系统的盘点数量与账册不一致。",
        },
        group="stock",
    )
)
