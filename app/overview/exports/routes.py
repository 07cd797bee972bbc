"""Exports over HTTP: which tables there are, and each as a file with the screen's filters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from flask import Response, request
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from app.db import snapshot
from app.http import Answer, APIBlueprint, PageQuery, answer, principal
from app.overview.exports import tables, writing
from app.overview.exports.table import Table

EXPORTS = Tag(name="exports", description="Every table as CSV and XLSX, with columns that stay.")
api = APIBlueprint("exports", __name__, url_prefix="/api", abp_tags=[EXPORTS])


class TablePath(BaseModel):
    table: str = Field(max_length=64)


class FormatQuery(BaseModel):
    """And, beside it, the filters of the table's list, by the same names."""

    format: writing.Format = "csv"


class ColumnView(Answer):
    """One column; `kind` is text, whole, decimal, time, day, flag or list."""

    name: str
    kind: str


class TableView(Answer):
    """One table with its filters and its columns, in their order."""

    name: str
    filters: list[str]
    columns: list[ColumnView]


class TablesView(Answer):
    data: list[TableView]


@api.get("/exports", responses={200: TablesView})
def list_tables() -> Any:
    """Every table that can be exported."""
    return answer(TablesView(data=[_view(table) for table in tables.ALL]))


@api.get("/exports/<string:table>")
def export_table(path: TablePath, query: FormatQuery) -> Any:
    """All rows of one moment that the filters find, as a file that flows while it is read."""
    table = tables.named(path.table)
    asked = table.asked({name: value for name, value in request.args.items() if name != "format"})
    with ExitStack() as stack:
        session = stack.enter_context(snapshot(principal().shop_id))
        name = writing.file_name(session, table, query.format)
        pieces = writing.chunks(session, table, asked, query.format)
        flow = Flow(pieces, stack.pop_all())
    response = Response(flow, mimetype=writing.MEDIA[query.format])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    # Called also where the client leaves before the first piece, when no generator ends anything.
    response.call_on_close(flow.close)
    return response


def _view(table: Table) -> TableView:
    return TableView(
        name=table.name,
        filters=sorted(table.query.model_fields.keys() - PageQuery.model_fields.keys()),
        columns=[ColumnView(name=one.name, kind=one.kind) for one in table.columns],
    )


class Flow:
    """The pieces of a file, and the snapshot they are read from, which ends with them."""

    def __init__(self, pieces: Iterator[bytes], stack: ExitStack) -> None:
        self._pieces = pieces
        self._stack = stack

    def __iter__(self) -> Flow:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends the snapshot; may be called again."""
        self._stack.close()
