"""What the server refuses has words on the screens, by its code."""

from __future__ import annotations

import json
import re
from pathlib import Path

PROJECT = Path(__file__).parents[2]
REFUSED = re.compile(r'Refused\(\s*"([a-z_]+)"')


def test_every_code_with_words_is_one_that_the_server_gives() -> None:
    given = {
        code
        for file in (PROJECT / "app").rglob("*.py")
        for code in REFUSED.findall(file.read_text(encoding="utf-8"))
    }
    for language in ("en", "zh-CN"):
        path = PROJECT / "frontend/src/i18n" / language / "core.json"
        words = json.loads(path.read_text(encoding="utf-8"))["problems"]
        assert len(words) > 40
        assert words.keys() - given == set()
