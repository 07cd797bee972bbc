"""A document is read piece by piece, whatever its pieces, and never whole in memory."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import GiveUp
from app.vendor.reports import documents
from app.vendor.reports.documents import BadDocument, limited, read, unpacked

SCALARS = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.text(max_size=5), VALUES, max_size=4)


def in_pieces(content: bytes, size: int) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


@given(document=DOCUMENTS, size=st.integers(1, 7), indent=st.sampled_from([None, 2]))
def test_it_reads_what_was_written_however_it_is_cut(
    document: dict[str, object], size: int, indent: int | None
) -> None:
    written = json.dumps(document, indent=indent, ensure_ascii=False).encode()
    found: dict[str, object] = {
        name: [] for name, value in document.items() if isinstance(value, list)
    }
    for name, value in read(unpacked(in_pieces(gzip.compress(written), size))):
        kept = found.get(name)
        if isinstance(kept, list):
            kept.append(value)
        else:
            found[name] = value
    assert found == document


def test_amounts_are_exact_decimals() -> None:
    [(_, row)] = read(iter([b'{"rows": [{"amount": 0.1}]}']))
    assert row == {"amount": Decimal("0.1")}


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"<Error>",
        b"[1]",
        b'{"rows": [1, 2',
        b'{"a" 1}',
        b"{1: 2}",
        b'{"a": nothing}',
        b'{"a": "\xff\xff\xff\xff\xff"}',
    ],
)
def test_what_is_no_such_document_is_refused(written: bytes) -> None:
    with pytest.raises(BadDocument):
        list(read(iter([written])))


@pytest.mark.parametrize("cut", [0, 3, 12, -1])
def test_gzip_that_breaks_off_is_refused(cut: int) -> None:
    whole = gzip.compress(b'{"rows": []}')
    with pytest.raises(BadDocument):
        list(unpacked(iter([whole[:cut]])))


def test_a_small_file_that_unpacks_to_something_huge_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(documents, "LARGEST", 1_000_000)
    bomb = gzip.compress(b" " * 5_000_000)
    assert len(bomb) < 10_000
    with pytest.raises(GiveUp):
        list(unpacked(iter([bomb])))


def test_many_rows_take_little_memory() -> None:
    row = json.dumps({"asin": "B000000001", "shippedUnits": 7}).encode()

    def content() -> Iterator[bytes]:
        yield b'{"rows": ['
        for _ in range(20_000):
            yield row + b","
        yield row + b"]}"

    tracemalloc.start()
    assert sum(1 for _ in read(limited(content()))) == 20_001
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000
