"""Entries in the layouts that QuickBooks Online, Xero and Odoo import."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Literal, NamedTuple

from app.vendor.journals.entries import Entry
from app.vendor.journals.tables import JournalSetting

Software = Literal["quickbooks", "xero", "odoo"]
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class Account(NamedTuple):
    """An account of the shop's own books."""

    name: str
    tax_rate: str | None


Accounts = Mapping[str, Account]


@dataclass(frozen=True)
class Layout:
    """Columns, how an entry becomes rows, and how many rows one file may have (None: any)."""

    columns: tuple[str, ...]
    rows: Callable[[Entry, Accounts, JournalSetting], list[list[str]]]
    most_rows: int | None


class File(NamedTuple):
    """What a browser saves."""

    name: str
    media_type: str
    content: bytes


def _quickbooks(entry: Entry, accounts: Accounts, setting: JournalSetting) -> list[list[str]]:
    return [
        [
            entry.number,
            f"{entry.day:%m/%d/%Y}",
            _text(accounts[leg.part].name),
            f"{leg.amount:f}" if leg.amount > 0 else "",
            f"{-leg.amount:f}" if leg.amount < 0 else "",
            _text(f"{entry.number} {leg.part}"),
            _text(setting.customer) if leg.part == "receivable" else "",
            entry.currency,
        ]
        for leg in entry.legs
    ]


def _xero(entry: Entry, accounts: Accounts, setting: JournalSetting) -> list[list[str]]:
    return [
        [
            entry.number,
            f"{entry.day:%d/%m/%Y}",
            _text(f"{entry.number} {leg.part}"),
            _text(accounts[leg.part].name),
            _text(accounts[leg.part].tax_rate or setting.tax_rate),
            f"{leg.amount:f}",
        ]
        for leg in entry.legs
    ]


def _odoo(entry: Entry, accounts: Accounts, setting: JournalSetting) -> list[list[str]]:
    """Only the first row of an entry names it; the rows below belong to it."""
    return [
        [
            *(
                [entry.number, f"{entry.day:%Y-%m-%d}", _text(setting.journal), entry.currency]
                if place == 0
                else [""] * 4
            ),
            _text(accounts[leg.part].name),
            _text(f"{entry.number} {leg.part}"),
            f"{leg.amount:f}" if leg.amount > 0 else "0",
            f"{-leg.amount:f}" if leg.amount < 0 else "0",
        ]
        for place, leg in enumerate(entry.legs)
    ]


LAYOUTS: dict[Software, Layout] = {
    # Intuit's help, "Import journal entries in QuickBooks Online": accounts by name, dates as the
    # company writes them (here the American way), a customer where the receivable is touched.
    "quickbooks": Layout(
        (
            "Journal No",
            "Journal Date",
            "Account Name",
            "Debits",
            "Credits",
            "Description",
            "Name",
            "Currency",
        ),
        _quickbooks,
        1000,
    ),
    # Xero's help, "Import manual journals": accounts by code, debits above zero, 300 lines a file.
    "xero": Layout(
        ("*Narration", "*Date", "Description", "*AccountCode", "*TaxRate", "*Amount"), _xero, 300
    ),
    # Odoo's own import of account.move, by the technical names of its fields.
    "odoo": Layout(
        (
            "ref",
            "date",
            "journal_id",
            "currency_id",
            "line_ids/account_id",
            "line_ids/name",
            "line_ids/debit",
            "line_ids/credit",
        ),
        _odoo,
        None,
    ),
}


def written(
    software: Software,
    entries: Iterable[Entry],
    accounts: Accounts,
    setting: JournalSetting,
    stem: str,
) -> File:
    """The entries as one CSV, or as a ZIP of several where the software takes no more rows in one.

    No entry is cut. Amounts are below zero only in Xero's layout.
    """
    layout = LAYOUTS[software]
    parts: list[list[list[str]]] = [[]]
    for entry in entries:
        rows = layout.rows(entry, accounts, setting)
        if layout.most_rows and parts[-1] and len(parts[-1]) + len(rows) > layout.most_rows:
            parts.append([])
        parts[-1] += rows
    files = [_csv(layout.columns, rows) for rows in parts]
    if len(files) == 1:
        return File(f"{stem}.csv", "text/csv", files[0])
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, content in enumerate(files, 1):
            archive.writestr(f"{stem}-{number}.csv", content)
    return File(f"{stem}.zip", "application/zip", out.getvalue())


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue().encode()


def _text(value: str) -> str:
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value
