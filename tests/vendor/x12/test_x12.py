"""X12 is read whole or refused with the segment and element at fault, and written back the same."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.vendor.x12 import functional, purchase_order
from app.vendor.x12.envelope import (
    Group,
    Interchange,
    Segment,
    Separators,
    Transaction,
    X12Error,
    read,
    write,
)

ISA = (
    "ISA*00*          *00*          *ZZ*BUYER          *ZZ*VENDOR         "
    "*261102*0930*U*00401*000000017*0*P*>~"
)
BODY = [
    "BEG*00*NE*4X7PO001**20261101",
    "CUR*BY*USD",
    "REF*CR*ACME1",
    "DTM*064*20261110",
    "DTM*063*20261120",
    "N1*ST**92*PHX7",
    "PO1*1*12*EA*40.00*NT*BP*B0TENT0001*UP*810000000011",
    "PO1*2*5*CA*12.5*NT*BP*NOTANASIN*VN*STOVE-1",
    "PO4*6",
    "CTT*2",
]

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def sample(*body: str, count: int | None = None, end: str = "") -> bytes:
    segments = [
        "GS*PO*BUYER*VENDOR*20261102*0930*17*X*004010",
        "ST*850*0001",
        *body,
        f"SE*{len(body) + 2 if count is None else count}*0001",
        "GE*1*17",
        "IEA*1*000000017",
    ]
    return (ISA + end + "".join(f"{one}~{end}" for one in segments)).encode()


def only(content: bytes) -> Transaction:
    [interchange] = read(content)
    [group] = interchange.groups
    [paper] = group.transactions
    return paper


def test_a_purchase_order_is_read_line_by_line() -> None:
    (_, tent), (_, stove) = purchase_order.rows(only(sample(*BODY)))
    shared = {
        "number": "4X7PO001",
        "ordered_on": date(2026, 11, 1),
        "currency": "USD",
        "ship_to": "PHX7",
        "window_type": "delivery",
        "window_start": date(2026, 11, 10),
        "window_end": date(2026, 11, 20),
    }
    assert tent == shared | {
        "line": "1",
        "ordered": 12,
        "unit": "Eaches",
        "cost": Decimal("40.00"),
        "asin": "B0TENT0001",
        "barcode": "810000000011",
    }
    assert stove == shared | {
        "line": "2",
        "ordered": 5,
        "unit": "Cases",
        "unit_size": 6,
        "cost": Decimal("12.5"),
        "vendor_sku": "STOVE-1",
    }


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_line_breaks_between_segments_change_nothing(end: str) -> None:
    assert only(sample(*BODY, end=end)).segments == only(sample(*BODY)).segments


def test_other_separators_are_taken_from_the_isa() -> None:
    content = sample(*BODY).decode().translate(str.maketrans("*~>", "|\n:")).encode()
    assert purchase_order.rows(only(content))[0][1]["number"] == "4X7PO001"


def test_what_was_read_is_written_back_byte_for_byte() -> None:
    content = sample(*BODY)
    assert write(read(content)[0]) == content


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (("SE*12*", "SE*11*"), (14, "SE", 1)),
        (("SE*12*0001", "SE*12*0002"), (14, "SE", 2)),
        (("GE*1*", "GE*2*"), (15, "GE", 1)),
        (("IEA*1*000000017", "IEA*1*000000018"), (16, "IEA", 2)),
        (("IEA*1*000000017~", ""), (16, "GE", 0)),
        (("SE*12*0001~", ""), (14, "GE", 0)),
        (("BUYER          *ZZ", "BUYER  *ZZ"), (1, "ISA", 6)),
        (("ISA*00", "ISB*00"), (1, "ISB", 0)),
    ],
)
def test_a_broken_envelope_is_named_by_segment_and_element(
    change: tuple[str, str], place: tuple[int, str, int]
) -> None:
    content = sample(*BODY).decode().replace(*change, 1).encode()
    with pytest.raises(X12Error) as caught:
        read(content)
    assert (caught.value.segment, caught.value.name, caught.value.element) == place


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ("PO1*1*12*EA", "PO1*1*12.5*EA", ("PO1", 2)),
        ("PO1*1*12*EA", "PO1*1*twelve*EA", ("PO1", 2)),
        ("PO1*1*12*EA", "PO1*1*12*DZ", ("PO1", 3)),
        ("EA*40.00", "EA*-1", ("PO1", 4)),
        ("DTM*064*20261110", "DTM*064*20261310", ("DTM", 2)),
        ("BEG*00*NE*4X7PO001", "BEG*00*NE*", ("BEG", 3)),
    ],
)
def test_a_wrong_paper_is_named_and_rejected_by_its_997(
    before: str, after: str, place: tuple[str, int]
) -> None:
    content = sample(*(one.replace(before, after) for one in BODY))
    with pytest.raises(X12Error) as caught:
        purchase_order.rows(only(content))
    assert (caught.value.name, caught.value.element) == place
    [(_, written)] = functional.answers(content, at=NOON, control=lambda _: 4)
    answered = only(written)
    by_name = {one.name: one.elements for one in answered.segments}
    number = BODY.index(next(one for one in BODY if before in one)) + 2
    assert by_name["AK3"] == (place[0], str(number), "", "8")
    assert by_name["AK4"][0] == str(place[1])
    assert by_name["AK9"] == ("R", "1", "1", "0")


def test_a_good_file_is_accepted_by_a_997_from_its_receiver() -> None:
    [(_, written)] = functional.answers(sample(*BODY), at=NOON, control=lambda _: 9)
    [interchange] = read(written)
    assert interchange.header.element(6) == "VENDOR"
    assert interchange.header.element(8) == "BUYER"
    [group] = interchange.groups
    assert (group.header.element(1), group.header.element(2)) == ("FA", "VENDOR")
    names = [(one.name, one.elements) for one in group.transactions[0].segments]
    assert names == [
        ("AK1", ("PO", "17")),
        ("AK2", ("850", "0001")),
        ("AK5", ("A",)),
        ("AK9", ("A", "1", "1", "1")),
    ]


@given(st.binary(max_size=300), st.integers(0, 400))
def test_no_bytes_break_the_reader(noise: bytes, place: int) -> None:
    whole = sample(*BODY)
    for content in (noise, whole[:place] + noise + whole[place:], whole[:place]):
        try:
            for one in read(content):
                write(one)
        except X12Error as error:
            assert error.fix


TEXTS = st.text(st.characters(codec="ascii", exclude_characters="*~>\r\n"), max_size=12)


@given(
    st.lists(st.lists(st.lists(TEXTS, max_size=4).map(tuple), max_size=4), min_size=1, max_size=3)
)
def test_whatever_is_written_is_read_as_it_was(papers: list[list[tuple[str, ...]]]) -> None:
    header = Segment("ISA", tuple(ISA[4:105].split("*")), 1)
    group = Group(Segment("GS", ("PO", "A", "B", "20261102", "0930", "17", "X", "004010")))
    for number, segments in enumerate(papers, start=1):
        made = [Segment("NTE", ("x", *elements)) for elements in segments]
        group.transactions.append(Transaction("850", f"{number:04}", made))
    content = write(Interchange(header, Separators(), [group]))
    [found] = read(content)
    assert write(found) == content or any(
        element != element.strip() for paper in papers for one in paper for element in one
    )
    assert [len(one.segments) for one in found.groups[0].transactions] == [
        len(one) for one in papers
    ]
