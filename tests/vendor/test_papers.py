"""A paper is written the same way for ever, as its digest says whether it is new."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.vendor.papers import written

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\x00"))
)
PAPERS = st.recursive(
    LEAVES,
    lambda parts: st.lists(parts) | st.dictionaries(st.text(st.characters(codec="ascii")), parts),
)


@given(PAPERS)
def test_a_paper_is_written_as_it_always_was(paper: Any) -> None:
    old = json.dumps(paper, sort_keys=True, separators=(",", ":"), default=str)
    assert "\\u0000" in old or written(paper) == old


def test_a_paper_keeps_its_letters_its_pennies_and_its_large_numbers() -> None:
    paper = {"b": Decimal("1.10"), "a": "\u8d27 \u00e9", "c": 2**70}
    assert written(paper) == r'{"a":"\u8d27 \u00e9","b":"1.10","c":1180591620717411303424}'
    assert written({"a": "x\x00y"}) == '{"a":"xy"}'
