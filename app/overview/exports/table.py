"""One table that can be taken along: its name, its filters, its rows and its columns.

The rows are what the screen's own route answers, page by page, so an export honours the screen's
filters and shows the screen's figures by construction. Names and columns stay as they are: what
reads these files is not ours. A new column goes to the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from sqlmodel import Session

from app.errors import FieldError, Refused
from app.http import PageQuery, within
from app.overview.exports.columns import Column, columns

Answered = tuple[dict[str, Any], int]
Row = Mapping[str, Any]

AT_ONCE = 1000


class NoFilters(PageQuery):
    """A list without filters."""


@dataclass(frozen=True)
class Table:
    """One table. With `each`, a row of the list becomes a row for each element of that list."""

    name: str
    query: type[PageQuery]
    answer: Callable[[Any], Answered]
    columns: tuple[Column, ...]
    each: str | None = None

    def asked(self, given: Mapping[str, str]) -> PageQuery:
        """The filters as the screen's list takes them.

        Raises Refused("unknown_filter") for one it does not have (left out, it would export more
        than was asked for), and pydantic's ValidationError for a wrong value.
        """
        known = self.query.model_fields.keys() - PageQuery.model_fields.keys()
        unknown = sorted(given.keys() - known)
        if unknown:
            raise Refused(
                "unknown_filter",
                f"The table {self.name} has no such filter.",
                status=422,
                errors=[
                    FieldError(name, "use one of: " + (", ".join(sorted(known)) or "none"))
                    for name in unknown
                ],
            )
        return self.query.model_validate({name: value for name, value in given.items() if value})

    def pages(self, session: Session, query: PageQuery) -> Iterator[list[Row]]:
        """All rows as they are now, page by page; at least one page, which may be empty."""
        cursor: str | None = None
        while True:
            asked = query.model_copy(update={"cursor": cursor, "limit": AT_ONCE})
            with within(session):
                found, _status = self.answer(asked)
            yield [one for row in found["data"] for one in self._rows(row)]
            cursor = found.get("next_cursor")
            if cursor is None:
                return

    def _rows(self, row: dict[str, Any]) -> list[Row]:
        if self.each is None:
            return [row]
        return [row | {self.each: element} for element in row[self.each]] or [
            row | {self.each: None}
        ]


def table(
    name: str,
    query: type[PageQuery],
    answer: Callable[..., Any],
    view: type[BaseModel],
    *written: str,
    each: str | None = None,
) -> Table:
    return Table(name, query, answer, columns(view, *written, each=each), each)
