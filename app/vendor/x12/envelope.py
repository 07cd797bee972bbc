"""Interchanges of X12 (ANSI ASC X12, 4010 and later): separators, groups, transactions, counts.

The first 106 bytes of an ISA are of fixed length and state the separators (X12.5). Every count and
control number of a trailer is checked; the first thing that is wrong is named by segment and element.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

ISA_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
ISA_LENGTH = 106
LARGEST = 16 * 1024 * 1024
LONGEST_SEGMENT = 100_000
MOST_SEGMENTS = 500_000


class X12Error(ValueError):
    """A file that is not what its envelope says: where, what stands there, and what would do."""

    def __init__(self, segment: int, name: str, element: int, value: str, fix: str) -> None:
        self.segment, self.name, self.element = segment, name, element
        self.value, self.fix = value, fix
        place = f"{name}{element:02}" if element else name
        super().__init__(f"segment {segment} ({place}) {value!r}: {fix}")


@dataclass(frozen=True)
class Segment:
    """One segment: its name and elements as written; `number` is its place in the file, from 1."""

    name: str
    elements: tuple[str, ...]
    number: int = 0

    def element(self, place: int) -> str:
        """An element by its X12 number, from 1; empty where it is left out."""
        return self.elements[place - 1].strip() if place <= len(self.elements) else ""


@dataclass(frozen=True)
class Separators:
    """The characters that part elements, components and segments."""

    element: str = "*"
    component: str = ">"
    segment: str = "~"


@dataclass
class Transaction:
    """One paper: its type (850, 855 …), control number, and segments between ST and SE."""

    type: str
    control: str
    segments: list[Segment] = field(default_factory=list)


@dataclass
class Group:
    """Transactions of one kind between GS and GE."""

    header: Segment
    transactions: list[Transaction] = field(default_factory=list)

    @property
    def control(self) -> str:
        return self.header.element(6)


@dataclass
class Interchange:
    """Everything between ISA and IEA."""

    header: Segment
    separators: Separators
    groups: list[Group] = field(default_factory=list)

    @property
    def control(self) -> str:
        return self.header.element(13)


def is_x12(content: bytes) -> bool:
    """Whether a file begins as an interchange does."""
    return content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"ISA")


def read(content: bytes) -> list[Interchange]:
    """All interchanges of a file. Raises X12Error at the first thing that is wrong."""
    if len(content) > LARGEST:
        raise X12Error(0, "ISA", 0, f"{len(content)} bytes", f"at most {LARGEST} are read")
    try:
        written = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        place = content[: error.start].count(b"~") + 1
        shown = content[error.start : error.start + 1].hex()
        raise X12Error(place, "?", 0, shown, "write it in UTF-8 or plain ASCII") from None
    found: list[Interchange] = []
    rest = written.lstrip(" \r\n\t")
    number = 0
    while rest:
        separators = _separators(rest, number + 1)
        segments, rest = _segments(rest, separators, number)
        number = segments[-1].number
        found.append(_interchange(segments, separators))
        rest = rest.lstrip(" \r\n\t")
    if not found:
        raise X12Error(0, "ISA", 0, "", "the file is empty")
    return found


def _separators(written: str, number: int) -> Separators:
    if not written.startswith("ISA"):
        raise X12Error(number, written[:3], 0, written[:20], "an interchange begins with ISA")
    if len(written) < ISA_LENGTH:
        raise X12Error(number, "ISA", 0, written[:20], "an ISA has 106 characters")
    found = Separators(written[3], written[104], written[105])
    places = written[3 : ISA_LENGTH - 1].split(found.element)[1:]
    for element, (value, width) in enumerate(zip(places, ISA_WIDTHS, strict=False), start=1):
        if len(value) != width:
            raise X12Error(number, "ISA", element, value[:20], f"it has {width} characters")
    if len(places) != len(ISA_WIDTHS):
        raise X12Error(number, "ISA", 0, written[:20], "an ISA has 16 elements")
    kinds = {found.element, found.component, found.segment}
    if len(kinds) < 3 or any(one.isalnum() or one == " " for one in kinds):
        raise X12Error(number, "ISA", 16, "".join(sorted(kinds)), "three different separators")
    return found


def _segments(written: str, separators: Separators, before: int) -> tuple[list[Segment], str]:
    """The segments up to and with IEA, and what stands behind it."""
    found: list[Segment] = []
    start = 0
    while True:
        number = before + len(found) + 1
        end = written.find(separators.segment, start)
        if end < 0:
            name = found[-1].name if found else "ISA"
            raise X12Error(number, name, 0, written[start : start + 20], "the file is cut off")
        if end - start > LONGEST_SEGMENT or len(found) >= MOST_SEGMENTS:
            raise X12Error(number, "?", 0, written[start : start + 20], "it is too long")
        line = (
            written[start:end].strip("\r\n\t ")
            if separators.segment != "\n"
            else written[start:end].strip("\r")
        )
        start = end + 1
        if not line:
            continue
        name, *elements = line.split(separators.element)
        found.append(Segment(name.strip(), tuple(elements), number))
        if name.strip() == "IEA":
            return found, written[start:]


def _interchange(segments: Sequence[Segment], separators: Separators) -> Interchange:
    found = Interchange(segments[0], separators)
    group: Group | None = None
    paper: Transaction | None = None
    for segment in segments[1:]:
        if segment.name == "GS":
            _not_inside(group, segment, "GE")
            group = Group(segment)
            found.groups.append(group)
        elif segment.name == "ST" and group is not None:
            _not_inside(paper, segment, "SE")
            paper = Transaction(segment.element(1), segment.element(2))
            group.transactions.append(paper)
        elif segment.name == "SE" and paper is not None:
            _same(segment, 1, str(len(paper.segments) + 2))
            _same(segment, 2, paper.control)
            paper = None
        elif segment.name == "GE" and group is not None:
            _not_inside(paper, segment, "SE")
            _same(segment, 1, str(len(group.transactions)))
            _same(segment, 2, group.control)
            group = None
        elif segment.name == "IEA":
            _not_inside(paper or group, segment, "SE" if paper else "GE")
            _same(segment, 1, str(len(found.groups)))
            _same(segment, 2, found.control)
        elif paper is None:
            raise X12Error(segment.number, segment.name, 0, segment.name, "it stands in no paper")
        else:
            paper.segments.append(segment)
    return found


def _not_inside(open_one: object, segment: Segment, trailer: str) -> None:
    if open_one is not None:
        raise X12Error(segment.number, segment.name, 0, segment.name, f"{trailer} is missing")


def _same(segment: Segment, element: int, expected: str) -> None:
    said = segment.element(element)
    is_same = said == expected or (
        said.isdecimal() and expected.isdecimal() and int(said) == int(expected)
    )
    if not is_same:
        raise X12Error(segment.number, segment.name, element, said, f"it should say {expected}")


def write(interchange: Interchange) -> bytes:
    """The interchange with every trailer's count and control number. What was read comes back.

    Raises ValueError when an element contains a separator.
    """
    written = [interchange.header]
    for group in interchange.groups:
        written.append(group.header)
        for paper in group.transactions:
            count = str(len(paper.segments) + 2)
            written.append(Segment("ST", (paper.type, paper.control)))
            written += paper.segments
            written.append(Segment("SE", (count, paper.control)))
        written.append(Segment("GE", (str(len(group.transactions)), group.control)))
    written.append(Segment("IEA", (str(len(interchange.groups)), interchange.control)))
    separators = interchange.separators
    return "".join(_line(one, separators) for one in written).encode()


def _line(segment: Segment, separators: Separators) -> str:
    for place, element in enumerate(segment.elements, start=1):
        is_component = segment.name == "ISA" and place == 16
        if separators.element in element or separators.segment in element and not is_component:
            raise ValueError(f"{segment.name}{place:02} contains a separator: {element!r}")
    return separators.element.join((segment.name, *segment.elements)) + separators.segment
