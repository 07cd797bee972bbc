"""Bank statements as tables of the lines that are from Amazon, in CSV; nothing else of them is kept.

A statement names customers, staff and suppliers. So a file is reduced before it is stored: rows keep
their numbers, and of all rows only the headings and those from Amazon are written. CAMT.053 (ISO
20022 camt.053.001) is read by a reader that refuses entities; MT940 (SWIFT) by the kept library mt-940.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from io import StringIO
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from mt940.models import Transactions
from mt940.options import Options

from app.errors import FieldError, Refused
from app.vendor.files import columns, sheet
from app.vendor.files.kinds import BANK_LINES, KINDS
from app.vendor.files.sheet import Cell, Unreadable
from app.vendor.files.values import written

HEADINGS = (
    "Booking date",
    "Value date",
    "Amount",
    "Currency",
    "Bank reference",
    "End-to-end reference",
    "Details",
)
AMAZON = re.compile(r"\bAMAZON|\bAMZN", re.IGNORECASE)
ENCODINGS = (None, "windows-1252")
STATEMENT = re.compile(r"^:20:", re.MULTILINE)
MT940 = re.compile(rb"^(\xef\xbb\xbf)?\s*(\{1:|:20:)")
NOT_GIVEN = ("NOTPROVIDED", "NONREF", "NOT PROVIDED")

Row = tuple[str, ...]


def amazon_only(content: bytes, numbers: Collection[str], known: Mapping[str, str]) -> bytes:
    """The table to keep of a statement: rows that name Amazon or a payment of one of these numbers.

    `known`: headings that this shop confirmed. Raises Refused, naming what would do, for a file that
    cannot be read or has no such row: of those nothing is kept at all.
    """
    wanted = {plain(one) for one in numbers}
    head = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if head == b"<":
        rows = list(_of_camt(content))
    elif MT940.match(content):
        rows = list(_of_mt940(content))
    else:
        return _of_table(content, wanted, known)
    kept = [row if _is_amazons(row, wanted) else () for row in rows]
    return _written([HEADINGS, *(row[:6] + (_references(row[6]),) if row else () for row in kept)])


def references_in(details: str) -> list[str]:
    """Words of a text that may be numbers of papers: of letters and digits, with some digits."""
    words = re.findall(r"[A-Za-z0-9][A-Za-z0-9/\-]{4,39}", details)
    return list(dict.fromkeys(word for word in words if sum(map(str.isdigit, word)) >= 3))[:40]


def plain(reference: str) -> str:
    """A reference as references are compared: letters and digits, without leading zeros."""
    return re.sub(r"[^A-Z0-9]", "", reference.upper()).lstrip("0")


def _references(details: str) -> str:
    """Of a text, that it names Amazon and the numbers in it; names of people are left behind."""
    return " ".join(["AMAZON" if AMAZON.search(details) else "", *references_in(details)]).strip()


def _names_nobody(cell: str) -> bool:
    """Whether it is a number, a day or a currency, which have three letters at most."""
    return sum(map(str.isalpha, cell)) <= 3


def _is_amazons(row: Sequence[str], numbers: Collection[str]) -> bool:
    said = " ".join(row)
    if AMAZON.search(said):
        return True
    return any(plain(word) in numbers for word in references_in(said))


def _of_table(content: bytes, numbers: Collection[str], known: Mapping[str, str]) -> bytes:
    read = _table(content)
    found = columns.headings(KINDS[BANK_LINES], read, known)
    fields = columns.guessed(KINDS[BANK_LINES], found, known)
    open_columns = {found.column(name) for field, name in fields.items() if field != "details"}
    rows: dict[int, Sequence[Cell]] = {}
    for row in read.rows:
        cells = [written(cell) for cell in row.cells]
        if row.number == found.row:
            rows[row.number] = cells
        elif row.number > found.row and _is_amazons(cells, numbers):
            rows[row.number] = [
                cell if place in open_columns or _names_nobody(cell) else _references(cell)
                for place, cell in enumerate(cells)
            ]
    last = max(rows, default=0)
    return _written([tuple(map(str, rows.get(one, ()))) for one in range(1, last + 1)], found.row)


def _table(content: bytes) -> sheet.Sheet:
    wrong: Unreadable | None = None
    for encoding in ENCODINGS:
        try:
            return sheet.read(content, encoding=encoding)
        except Unreadable as error:
            wrong = error
            if error.fault.code != "wrong_encoding":
                break
    assert wrong is not None
    fault = wrong.fault
    fix = fault.hint or "export it again as CSV, XLSX, CAMT.053 or MT940"
    raise _unreadable(f"{fault.code} {fault.value}".strip(), fix)


def _written(rows: Sequence[Row], heading: int = 1) -> bytes:
    if not any(rows[heading:]):
        raise Refused(
            "nothing_from_amazon",
            "No line of the statement is from Amazon, so nothing of it was kept.",
            errors=[FieldError("file", "bring a statement with a line that names Amazon")],
        )
    kept = StringIO()
    writer = csv.writer(kept, lineterminator="\n")
    for row in rows:
        writer.writerow(row)
    return kept.getvalue().encode()


def _unreadable(what: str, fix: str) -> Refused:
    return Refused(
        "statement_unreadable",
        f"The statement cannot be read ({what}), so nothing of it was kept.",
        errors=[FieldError("file", fix)],
    )


def _of_camt(content: bytes) -> Iterator[Row]:
    """The booked entries of all statements; an entry of several transactions is one row for each."""
    try:
        root = ElementTree.fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise _unreadable(type(error).__name__, "export it again as CAMT.053") from None
    statements = [one for one in root.iter() if _name(one) == "Stmt"]
    if not statements:
        raise _unreadable("no Stmt in it", "export CAMT.053, the statement of booked entries")
    for statement in statements:
        for entry in (one for one in statement if _name(one) == "Ntry"):
            status = _text(entry, "Sts", "Cd") or _text(entry, "Sts")
            if status in ("", "BOOK"):
                yield from _of_entry(entry)


def _of_entry(entry: Element) -> Iterator[Row]:
    parts = [one for one in entry.iter() if _name(one) == "TxDtls"]
    own = [_at(part, "Amt") or _at(part, "AmtDtls", "TxAmt", "Amt") for part in parts]
    if len(parts) < 2 or any(one is None for one in own):
        yield _row(entry, _at(entry, "Amt"), [entry])
        return
    for part, amount in zip(parts, own, strict=True):
        yield _row(entry, amount, [part])


def _row(entry: Element, amount: Element | None, said_in: Sequence[Element]) -> Row:
    value = (amount.text or "").strip() if amount is not None else ""
    is_debit = _text(entry, "CdtDbtInd") == "DBIT"
    found: dict[str, list[str]] = {"EndToEndId": [], "AcctSvcrRef": [], "said": []}
    for one in (each for part in said_in for each in part.iter()):
        text = (one.text or "").strip()
        if _name(one) in ("EndToEndId", "AcctSvcrRef") and text.upper() not in NOT_GIVEN:
            found[_name(one)].append(text)
        elif _name(one) in ("Nm", "Ustrd", "AddtlNtryInf", "Ref"):
            found["said"].append(text)
    servicer = _text(entry, "AcctSvcrRef") or next(iter(found["AcctSvcrRef"]), "")
    return (
        _day(entry, "BookgDt"),
        _day(entry, "ValDt"),
        f"-{value}" if is_debit and value else value,
        (amount.get("Ccy") or "") if amount is not None else "",
        servicer,
        next((one for one in found["EndToEndId"] if one), ""),
        " ".join(found["said"]),
    )


def _day(entry: Element, name: str) -> str:
    return _text(entry, name, "Dt") or _text(entry, name, "DtTm")[:10]


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _at(element: Element, *path: str) -> Element | None:
    for name in path:
        below = next((one for one in element if _name(one) == name), None)
        if below is None:
            return None
        element = below
    return element


def _text(element: Element, *path: str) -> str:
    found = _at(element, *path)
    return (found.text or "").strip() if found is not None else ""


def _of_mt940(content: bytes) -> Iterator[Row]:
    try:
        text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("windows-1252", errors="replace")
    starts = [match.start() for match in STATEMENT.finditer(text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        # Never mt940.parse: it would read a file whose name the text happens to be.
        made = Transactions(options=Options.all())
        try:
            made.parse(text[start:end])
            rows = [_of_transaction(one.data) for one in made.transactions]
        except Exception as error:  # the library lets out whatever a broken field raises
            raise _unreadable(type(error).__name__, "export it again as MT940") from None
        yield from rows


def _of_transaction(data: Mapping[str, Any]) -> Row:
    amount = data["amount"]
    customer = str(data.get("customer_reference") or "")
    stated = str(data.get("end_to_end_reference") or "")
    said = [
        str(data.get(name) or "")
        for name in (
            "transaction_details",
            "purpose",
            "additional_purpose",
            "applicant_name",
            "recipient_name",
            "extra_details",
        )
    ]
    end_to_end = next((one for one in (stated, customer) if one.upper() not in NOT_GIVEN), "")
    booked = data.get("entry_date") or data["date"]
    return (
        f"{booked:%Y-%m-%d}",
        f"{data['date']:%Y-%m-%d}",
        f"{amount.amount:f}",
        amount.currency or "",
        str(data.get("bank_reference") or ""),
        end_to_end,
        " ".join(said),
    )
