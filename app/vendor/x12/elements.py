"""What may stand in an element of X12: text, numbers, days and times as the standard writes them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal

from app.vendor.x12.envelope import Segment, Separators


class Writer:
    """Collects the segments of one paper; text that would break it is written without separators."""

    def __init__(self, separators: Separators) -> None:
        self.segments: list[Segment] = []
        self._separators = separators

    def add(self, name: str, *elements: str) -> None:
        """One segment; empty elements at its end are left out. Without any element it is not written."""
        kept = list(elements)
        while kept and not kept[-1]:
            kept.pop()
        if kept:
            self.segments.append(Segment(name, tuple(kept)))

    def text(self, value: str | None, longest: int = 80) -> str:
        """Free text: in basic Latin letters where it has them, without separators, not too long."""
        folded = unicodedata.normalize("NFKD", value or "")
        plain = "".join(one for one in folded if not unicodedata.combining(one))
        marks = (self._separators.element, self._separators.component, self._separators.segment)
        shown = "".join(" " if one in marks or not one.isprintable() else one for one in plain)
        return " ".join(shown.split())[:longest].strip()


def pairs(*given: tuple[str, str | None]) -> tuple[str, ...]:
    """Qualifiers each with its value; those without a value are left out."""
    return tuple(part for qualifier, value in given if value for part in (qualifier, value))


def number(value: Decimal) -> str:
    """An R element: a decimal point where there is a fraction, no exponent (X12 element type R)."""
    return f"{value.normalize():f}"


def cents(value: Decimal) -> str:
    """An N2 element: the amount with two implied decimals (X12 element type N2).

    Raises ValueError for a fraction of a cent.
    """
    whole = value * 100
    if whole != whole.to_integral_value():
        raise ValueError(f"{value} has a fraction of a cent")
    return str(int(whole))


def day(moment: datetime | date | None) -> str:
    """A day as CCYYMMDD; of a moment, its day in UTC."""
    if moment is None:
        return ""
    if isinstance(moment, datetime):
        moment = moment.astimezone(UTC)
    return f"{moment:%Y%m%d}"


def hour(moment: datetime) -> str:
    """A time of day as HHMM, in UTC."""
    return f"{moment.astimezone(UTC):%H%M}"


def filled(*values: str) -> bool:
    """Whether any of these says something."""
    return any(values)


def named(segments: Iterable[Segment], name: str) -> list[Segment]:
    """The segments of that name."""
    return [one for one in segments if one.name == name]
