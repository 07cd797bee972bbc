"""What stands in a cell, as numbers, money and days; dates and amounts by the file's own habits.

A habit that the cells themselves do not settle is asked of a person, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Literal

from app.vendor.files.sheet import Cell

DateOrder = Literal["month_first", "day_first"]
DecimalMark = Literal[".", ","]
LARGEST = 2**31 - 1
LARGEST_AMOUNT = Decimal(10) ** 15
PLACES = 4
RATE_PLACES = Decimal("0.00000001")
NUMERIC = re.compile(r"^(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})(?:[ T,].*)?$")
ISO = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?$")
NAMED = re.compile(r"^([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})(?: .*)?$")
NAMED_DAY_FIRST = re.compile(r"^(\d{1,2})[- ]([A-Za-z]{3,9})\.?[- ](\d{4}|\d{2})(?: .*)?$")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
CURRENCY = re.compile(r"(?<![A-Z])([A-Z]{3})(?![A-Z])")
SIGNS = {"€": "EUR", "£": "GBP", "₹": "INR", "zł": "PLN"}
"""Signs that name one currency; $, ¥ and kr are those of several."""
AMOUNT = re.compile(r"^-?\d[\d., '\u00a0\u202f]*$")
GROUPS = re.compile(r"[ '\u00a0\u202f]")


class Wrong(ValueError):
    """A cell that does not say what its column says; code and a hint of what would do."""

    def __init__(self, code: str, hint: str = "") -> None:
        super().__init__(code)
        self.code, self.hint = code, hint


def written(cell: Cell) -> str:
    """The cell as a person sees it."""
    return cell if isinstance(cell, str) else cell.isoformat()


def date_order_of(cells: Iterable[Cell]) -> DateOrder | None:
    """Which of day and month stands first, where some cell can only be read one way."""
    for cell in cells:
        match = NUMERIC.match(cell) if isinstance(cell, str) else None
        if match and int(match[1]) > 12 >= int(match[2]):
            return "day_first"
        if match and int(match[2]) > 12 >= int(match[1]):
            return "month_first"
    return None


def needs_date_order(cells: Iterable[Cell]) -> bool:
    """Whether any day is written in numbers that begin with day or month."""
    return any(isinstance(cell, str) and NUMERIC.match(cell) for cell in cells)


def day(cell: Cell, order: DateOrder | None) -> date:
    """A day. Raises Wrong: `not_a_day`, or `other_date_order` where it can only be the other one."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if match := ISO.match(cell):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := NAMED.match(cell):
        return _date(int(match[3]), _month(match[1]), int(match[2]))
    if match := NAMED_DAY_FIRST.match(cell):
        return _date(_year(match[3]), _month(match[2]), int(match[1]))
    if match := NUMERIC.match(cell):
        first, second, year = int(match[1]), int(match[2]), _year(match[3])
        if order is None:
            raise Wrong("date_order_unknown", "month_first, day_first")
        month, of_month = (first, second) if order == "month_first" else (second, first)
        if month > 12 >= of_month:
            raise Wrong("other_date_order", "2026-12-31")
        return _date(year, month, of_month)
    raise Wrong("not_a_day", "2026-12-31")


def _year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def _month(name: str) -> int:
    short = name[:3].lower()
    if short not in MONTHS:
        raise Wrong("not_a_day", "2026-12-31")
    return MONTHS.index(short) + 1


def _date(year: int, month: int, of_month: int) -> date:
    try:
        found = date(year, month, of_month)
    except ValueError:
        raise Wrong("not_a_day", "2026-12-31") from None
    if not 2000 <= found.year <= 2100:
        raise Wrong("not_a_day", "2026-12-31")
    return found


def decimal_mark_of(cells: Iterable[Cell]) -> DecimalMark | None:
    """Which mark parts the decimals, where some amount can only be read one way."""
    for cell in cells:
        if not isinstance(cell, str):
            continue
        digits = _digits(cell)
        points, commas = digits.count("."), digits.count(",")
        if points and commas:
            return "." if digits.rindex(".") > digits.rindex(",") else ","
        if points + commas == 1:
            mark: DecimalMark = "." if points else ","
            if len(digits) - digits.index(mark) - 1 != 3:
                return mark
        if points > 1:
            return ","
        if commas > 1:
            return "."
    return None


def needs_decimal_mark(cells: Iterable[Cell]) -> bool:
    """Whether any amount has a mark in it."""
    return any(isinstance(cell, str) and re.search(r"[.,]", _digits(cell)) for cell in cells)


def amount(cell: Cell, mark: DecimalMark | None) -> tuple[Decimal, str | None]:
    """An amount and the currency that stands beside it, if any. Raises Wrong."""
    if not isinstance(cell, str):
        raise Wrong("not_an_amount", "12.50")
    currency = CURRENCY.search(cell)
    named = currency[1] if currency else next((SIGNS[s] for s in SIGNS if s in cell), None)
    digits = _digits(cell)
    if cell.strip().startswith("(") and cell.strip().endswith(")"):
        digits = f"-{digits}"
    if not AMOUNT.match(digits):
        raise Wrong("not_an_amount", "12.50")
    if mark is None and re.search(r"[.,]", digits):
        raise Wrong("decimal_mark_unknown", ". ,")
    other = "," if mark == "." else "."
    whole, _, rest = digits.replace(other, "").partition(mark or ".")
    try:
        found = Decimal(f"{whole}.{rest or 0}")
    except InvalidOperation:
        raise Wrong("not_an_amount", "12.50") from None
    if abs(found) >= LARGEST_AMOUNT or len(rest.rstrip("0")) > PLACES:
        raise Wrong("not_an_amount", "12.50")
    return found, named


def rate(cell: Cell) -> Decimal:
    """A rate of exchange, above zero: its one mark parts the decimals. Raises Wrong."""
    plain = cell if isinstance(cell, str) else ""
    if not re.fullmatch(r"\d{1,9}([.,]\d{1,12})?", plain):
        raise Wrong("not_a_rate", "7.1")
    found = Decimal(plain.replace(",", ".")).quantize(RATE_PLACES)
    if not found:
        raise Wrong("not_a_rate", "7.1")
    return found


def _digits(cell: str) -> str:
    cell = cell.replace("\u2212", "-")
    return GROUPS.sub("", re.sub(r"[^0-9.,\-'\s\u00a0\u202f]", "", cell)).strip()


def units(cell: Cell, mark: DecimalMark | None) -> int:
    """A whole number of eaches or cases, not below zero. Raises Wrong.

    Commas group thousands only in a file whose decimals are known to stand behind a point.
    """
    plain = GROUPS.sub("", cell) if isinstance(cell, str) else ""
    if mark == "." and re.fullmatch(r"\d{1,3}(,\d{3})+", plain):
        plain = plain.replace(",", "")
    if re.fullmatch(r"\d+\.0+", plain):
        plain = plain.partition(".")[0]
    if not plain.isascii() or not plain.isdecimal() or int(plain) > LARGEST:
        raise Wrong("not_whole_units", "12")
    return int(plain)


def label(cell: Cell, longest: int) -> str:
    """A short text, such as a number of a paper. Raises Wrong when it is too long."""
    found = written(cell)
    if len(found) > longest:
        raise Wrong("text_too_long", str(longest))
    return found
