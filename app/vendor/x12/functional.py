"""The 997 (functional acknowledgement): the answer that every group we are sent is owed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from app.vendor.x12 import purchase_order
from app.vendor.x12.envelope import (
    Group,
    Interchange,
    Segment,
    Transaction,
    X12Error,
    read,
    write,
)


def answers(content: bytes, *, at: datetime, control: int) -> bytes:
    """The 997s for a file of 850s; a paper of another type is rejected. Raises X12Error for a broken
    envelope, which a 997 cannot answer."""
    written = b""
    for place, sent in enumerate(read(content)):
        wrong: dict[str, X12Error] = {}
        for group in sent.groups:
            for paper in group.transactions:
                try:
                    _must_be_readable(group, paper)
                except X12Error as error:
                    wrong[paper.control] = error
        written += write(answer(sent, wrong, at=at, control=control + place))
    return written


def _must_be_readable(group: Group, paper: Transaction) -> None:
    if paper.type != "850":
        raise X12Error(group.header.number + 1, "ST", 1, paper.type, "850")
    purchase_order.rows(paper)


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
