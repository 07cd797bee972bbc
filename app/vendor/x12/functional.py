"""The 997 (functional acknowledgement): the answer that every group is owed, ours and theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from app.vendor.x12 import purchase_change, purchase_order
from app.vendor.x12.envelope import (
    Group,
    Interchange,
    Segment,
    Transaction,
    X12Error,
    read,
    write,
)

Verdict = Literal["accepted", "with_errors", "rejected"]
# X12 elements 717 (of a paper) and 715 (of a group): M, W and X are refusals for want of authentication.
VERDICTS: Mapping[str, Verdict] = {
    "A": "accepted",
    "E": "with_errors",
    "P": "with_errors",
    "R": "rejected",
    "M": "rejected",
    "W": "rejected",
    "X": "rejected",
}


@dataclass(frozen=True)
class Wrong:
    """A segment at fault (`place` counts from ST, which is 1), and the element, if one is named."""

    segment: str
    place: int
    code: str
    element: int = 0
    element_code: str = ""
    value: str = ""


@dataclass
class Verdicts:
    """What a 997 says of one of our groups, paper by paper; "" stands for the whole group."""

    group_type: str
    group_control: str
    number: int
    of_papers: dict[str, Verdict] = field(default_factory=dict)
    wrong: dict[str, list[Wrong]] = field(default_factory=dict)


def verdicts(paper: Transaction) -> Verdicts:
    """What one 997 says. Raises X12Error where it does not say of what, or how it was judged."""
    head = _first(paper, "AK1")
    if not head.element(1) or not head.element(2):
        raise X12Error(head.number, "AK1", 2, "", "the control number of the group it answers")
    found = Verdicts(head.element(1), head.element(2), head.number)
    control = ""
    for segment in paper.segments:
        if segment.name == "AK2":
            control = segment.element(2)
        elif segment.name in ("AK3", "AK4"):
            _note_wrong(found.wrong.setdefault(control, []), segment)
        elif segment.name == "AK5":
            found.of_papers[control] = _verdict(segment)
            control = ""
        elif segment.name == "AK9":
            found.of_papers[""] = _verdict(segment)
    if "" not in found.of_papers:
        raise X12Error(head.number, "AK9", 1, "", "the verdict on the whole group")
    return found


def _first(paper: Transaction, name: str) -> Segment:
    found = next((one for one in paper.segments if one.name == name), None)
    if found is None:
        number = paper.segments[0].number if paper.segments else 0
        raise X12Error(number, name, 0, "", f"a 997 has an {name}")
    return found


def _verdict(segment: Segment) -> Verdict:
    said = segment.element(1)
    if said not in VERDICTS:
        known = ", ".join(VERDICTS)
        raise X12Error(segment.number, segment.name, 1, said, f"known verdicts are {known}")
    return VERDICTS[said]


def _note_wrong(wrong: list[Wrong], segment: Segment) -> None:
    if segment.name == "AK3":
        place = _whole(segment.element(2))
        wrong.append(Wrong(segment.element(1), place, segment.element(4)))
        return
    last = wrong[-1] if wrong else Wrong("", 0, "")
    # AK401 may be a composite: the element, then the component in it; its mark may be any.
    written = segment.element(1)
    digits = len(written) - len(written.lstrip("0123456789"))
    one = Wrong(
        last.segment,
        last.place,
        last.code,
        _whole(written[:digits]),
        segment.element(3),
        segment.element(4),
    )
    if wrong and not wrong[-1].element:
        wrong[-1] = one
    else:
        wrong.append(one)


def _whole(written: str) -> int:
    return int(written) if written.isdecimal() and len(written) < 10 else 0


def answers(
    content: bytes, *, at: datetime, control: Callable[[Interchange], int]
) -> list[tuple[Interchange, bytes]]:
    """Each interchange of a file with the 997s that answer it; a paper of another type is rejected.

    `control` gives the number of an answer, each once. A 997 is never answered (X12 4010), so an
    interchange of nothing else is left out. Raises X12Error for a broken envelope, which a 997 cannot
    answer.
    """
    written = []
    for sent in read(content):
        if all(group.header.element(1) == "FA" for group in sent.groups):
            continue
        wrong: dict[str, X12Error] = {}
        for group in sent.groups:
            for paper in group.transactions:
                try:
                    _must_be_readable(group, paper)
                except X12Error as error:
                    wrong[paper.control] = error
        written.append((sent, write(answer(sent, wrong, at=at, control=control(sent)))))
    return written


def _must_be_readable(group: Group, paper: Transaction) -> None:
    if paper.type == "860":
        purchase_change.rows(paper)
    elif paper.type == "850":
        purchase_order.rows(paper)
    else:
        raise X12Error(group.header.number + 1, "ST", 1, paper.type, "850 or 860")


def answer(
    sent: Interchange, wrong: Mapping[str, X12Error], *, at: datetime, control: int
) -> Interchange:
    """A 997 for each group of an interchange, from its receiver to its sender.

    `wrong` names the transactions that could not be read, by control number; they are rejected with
    the segment and element at fault (AK3, AK4), the others accepted. `control` is the number of the
    answer, which the caller never uses twice.
    """
    head = list(sent.header.elements)
    head[4:8] = [*head[6:8], *head[4:6]]
    head[8], head[9] = f"{at:%y%m%d}", f"{at:%H%M}"
    head[12], head[13] = f"{control:09}", "0"
    made = Interchange(Segment("ISA", tuple(head)), sent.separators)
    group = Group(
        Segment(
            "GS",
            (
                "FA",
                _of_group(sent, 3),
                _of_group(sent, 2),
                f"{at:%Y%m%d}",
                f"{at:%H%M}",
                str(control),
                _of_group(sent, 7) or "X",
                _of_group(sent, 8) or "004010",
            ),
        )
    )
    for number, one in enumerate(sent.groups, start=1):
        group.transactions.append(_of(one, wrong, f"{number:04}"))
    made.groups.append(group)
    return made


def _of_group(sent: Interchange, place: int) -> str:
    return sent.groups[0].header.element(place) if sent.groups else ""


def _of(group: Group, wrong: Mapping[str, X12Error], control: str) -> Transaction:
    segments = [Segment("AK1", (group.header.element(1), group.control))]
    good = 0
    for paper in group.transactions:
        error = wrong.get(paper.control)
        segments.append(Segment("AK2", (paper.type, paper.control)))
        if error is None:
            good += 1
            segments.append(Segment("AK5", ("A",)))
            continue
        first = paper.segments[0].number if paper.segments else error.segment
        place = str(max(1, error.segment - first + 2))
        # 8: the segment has errors in its elements; 3: a mandatory segment is missing (X12 720).
        segments.append(Segment("AK3", (error.name, place, "", "8" if error.element else "3")))
        if error.element:
            segments.append(Segment("AK4", (str(error.element), "", "7")))
        segments.append(Segment("AK5", ("R", "5")))
    total = len(group.transactions)
    verdict = "A" if good == total else "R" if good == 0 else "P"
    segments.append(Segment("AK9", (verdict, str(total), str(total), str(good))))
    return Transaction("997", control, segments)
