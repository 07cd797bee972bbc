"""Files over HTTP: bring one, look, choose columns, take it, undo it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask import Response, request
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.errors import FieldError, Refused
from app.http import (
    Answer,
    APIBlueprint,
    Moment,
    Money,
    Page,
    PageQuery,
    answer,
    cut_page,
    decode_cursor,
    principal,
    shop_transaction,
)
from app.vendor.edi.writing import functional_answer
from app.vendor.files import working
from app.vendor.files.doors import door_of
from app.vendor.files.kinds import KINDS
from app.vendor.files.paper import Paper, Preview
from app.vendor.files.preview import look
from app.vendor.files.sheet import ENCODINGS, FAULTS_KEPT, LARGEST_FILE
from app.vendor.files.tables import FileImport
from app.vendor.lookups import moment_of_cursor, whole_of_cursor
from app.vendor.x12.envelope import X12Error, is_x12

TAG = Tag(name="files", description="Amazon's papers by file: looked at, taken, undone.")
api = APIBlueprint("vendor_files", __name__, url_prefix="/api", abp_tags=[TAG])

Region = Literal["na", "eu", "fe"]


class BringQuery(BaseModel):
    """The file itself is the body of the request, as it is."""

    kind: str = Field(max_length=40)
    name: str = Field(min_length=1, max_length=200, description="As the file is called.")
    region: Region = "na"


class ImportPath(BaseModel):
    import_id: int = Field(ge=1, le=2**31 - 1)


class ChoicesBody(BaseModel):
    """How the file is to be read; what is left out stays as it was."""

    columns: dict[str, str] | None = Field(default=None, description="Field → heading.")
    region: Region | None = None
    currency: str | None = Field(default=None, pattern="^[A-Z]{3}$")
    date_order: Literal["month_first", "day_first"] | None = None
    decimal_mark: Literal[".", ","] | None = None
    encoding: Literal["utf-8", "gb18030", "windows-1252", "shift_jis"] | None = None
    sheet: str | None = Field(default=None, max_length=100)


class ImportView(Answer):
    """One file and what became of it."""

    import_id: int
    kind: str
    name: str
    size: int
    state: str
    total: int
    done: int
    faults: int
    outcome: dict[str, Any]
    made_at: Moment
    made_by: str
    applied_at: Moment | None
    applied_by: str | None
    undone_at: Moment | None
    undone_by: str | None


class FaultView(Answer):
    """A wrong place: row 0 is the whole file; `code` names the fault, `hint` what would do."""

    row: int
    column: str
    code: str
    value: str
    hint: str
    field: str


class DifferenceView(Answer):
    line: str
    field: str
    before: str | None
    stated: str | None


class PaperView(Answer):
    number: str
    row: int
    became: str
    lines: int
    units: int
    amount: Money | None
    differences: list[DifferenceView]


class FieldView(Answer):
    name: str
    required: bool


class PreviewView(Answer):
    """A file with all that its reader must see and may choose."""

    file: ImportView
    choices: dict[str, Any]
    fields: list[FieldView]
    heading_row: int
    headings: list[str]
    columns: dict[str, str]
    samples: list[list[str]]
    sheets: list[str]
    encodings: list[str]
    rows: int
    faults: list[FaultView]
    papers: list[PaperView]
    same_as: int | None
    is_x12: bool
    can_undo: bool


@api.get("/file-imports", responses={200: Page[ImportView]})
def list_file_imports(query: PageQuery) -> Any:
    """Files that were brought in, the newest first."""
    keys = decode_cursor(query.cursor, 2)
    with shop_transaction() as session:
        wanted = select(FileImport).where(FileImport.shop_id == shop_of(session))
        if keys:
            wanted = wanted.where(
                text("(made_at, import_id) < (:at, :id)").bindparams(
                    at=moment_of_cursor(keys[0]), id=whole_of_cursor(keys[1])
                )
            )
        rows = session.exec(
            wanted.order_by(col(FileImport.made_at).desc(), col(FileImport.import_id).desc())
            .limit(query.limit + 1)
            .options(working.WITHOUT_CONTENT)
        ).all()
        page, following = cut_page(rows, query.limit, _keys)
        data = [ImportView.model_validate(row) for row in page]
    return answer(Page[ImportView](data=data, next_cursor=following))


@api.post("/file-imports", responses={201: PreviewView})
def bring_file(query: BringQuery) -> Any:
    """Keeps a file and looks at it; nothing else changes. The body is the file itself."""
    if (request.content_length or 0) > LARGEST_FILE:
        raise Refused(
            "file_too_large",
            f"The file is larger than {LARGEST_FILE // 2**20} MB; export a shorter time at once.",
            status=413,
        )
    request.max_content_length = LARGEST_FILE
    content = request.get_data()
    with shop_transaction() as session:
        kept, found = working.bring(
            session, query.kind, query.name, content, region=query.region, actor=principal().actor
        )
        view = _view(session, kept, found)
    return answer(view, 201)


@api.get("/file-imports/<int:import_id>", responses={200: PreviewView})
def read_file_import(path: ImportPath) -> Any:
    """One file; while it is only looked at, with all that it would do."""
    with shop_transaction() as session:
        kept = working.kept_import(session, path.import_id)
        found = look(session, kept) if kept.state == "preview" else Preview()
        view = _view(session, kept, found)
    return answer(view)


@api.put("/file-imports/<int:import_id>", responses={200: PreviewView})
def choose_columns(path: ImportPath, body: ChoicesBody) -> Any:
    """Reads the file again by these columns and habits."""
    choices = body.model_dump(exclude_none=True)
    with shop_transaction() as session:
        kept, found = working.choose(session, path.import_id, choices)
        view = _view(session, kept, found)
    return answer(view)


@api.post("/file-imports/<int:import_id>/apply", responses={202: ImportView})
def apply_file(path: ImportPath) -> Any:
    """Takes the file, in the background; refused while it has a fault."""
    with shop_transaction() as session:
        kept = working.apply(session, path.import_id, actor=principal().actor)
        view = ImportView.model_validate(kept)
    return answer(view, 202)


@api.post("/file-imports/<int:import_id>/undo", responses={202: ImportView})
def undo_file(path: ImportPath) -> Any:
    """Takes back what the file changed; an order that went on since then stays, and is named."""
    with shop_transaction() as session:
        kept = working.undo(session, path.import_id, actor=principal().actor)
        view = ImportView.model_validate(kept)
    return answer(view, 202)


@api.post("/file-imports/<int:import_id>/discard", responses={200: ImportView})
def discard_file(path: ImportPath) -> Any:
    """Puts a file aside that was only looked at."""
    with shop_transaction() as session:
        view = ImportView.model_validate(working.discard(session, path.import_id))
    return answer(view)


@api.post("/file-imports/<int:import_id>/functional-acknowledgement")
def write_functional_acknowledgement(path: ImportPath) -> Any:
    """The 997 that answers a file of X12; papers that cannot be read are rejected by segment."""
    with shop_transaction() as session:
        kept = working.kept_import(session, path.import_id)
        if not is_x12(kept.content):
            raise Refused("not_x12", "Only a file of X12 is answered by a 997.", status=409)
        try:
            written = functional_answer(
                session,
                path.import_id,
                kept.content,
                kept.choices["region"],
                by=principal().actor,
            )
        except X12Error as error:
            raise Refused(
                "broken_envelope",
                "The envelope itself is broken, so there is nothing to answer: ask for it again.",
                errors=[FieldError(f"segment {error.segment}", error.fix)],
            ) from None
    return Response(
        written,
        mimetype="application/edi-x12",
        headers={"Content-Disposition": f'attachment; filename="997-{path.import_id}.edi"'},
    )


@api.get("/file-imports/<int:import_id>/content")
def read_file_content(path: ImportPath) -> Any:
    """The file as it was brought."""
    with shop_transaction() as session:
        kept = working.kept_import(session, path.import_id)
        content, name = kept.content, kept.name
    plain = "".join(one for one in name if one.isascii() and one.isprintable() and one not in '"\\')
    return Response(
        content,
        mimetype="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{plain or "file"}"'},
    )


def _keys(row: FileImport) -> tuple[datetime, int]:
    return row.made_at, row.import_id


def _view(session: Session, kept: FileImport, found: Preview) -> PreviewView:
    return PreviewView(
        file=ImportView.model_validate(kept),
        choices={
            **{name: kept.choices.get(name) for name in ("region", "currency")},
            "date_order": found.habits.date_order,
            "decimal_mark": found.habits.decimal_mark,
            "encoding": found.encoding,
            "sheet": found.sheet,
        },
        fields=[FieldView.model_validate(one) for one in KINDS[kept.kind].fields],
        heading_row=found.headings.row,
        headings=found.headings.different,
        columns=found.columns,
        samples=found.samples,
        sheets=list(found.sheets),
        encodings=list(ENCODINGS),
        rows=found.rows,
        faults=[FaultView.model_validate(one) for one in found.faults[:FAULTS_KEPT]],
        papers=[_paper(one) for one in found.papers],
        same_as=working.taken_before(session, kept),
        is_x12=is_x12(kept.content),
        can_undo=door_of(kept.kind).CAN_UNDO,
    )


def _paper(one: Paper) -> PaperView:
    amount = None
    if one.amount is not None and one.currency is not None:
        amount = Money(amount=one.amount, currency=one.currency)
    return PaperView(
        number=one.number,
        row=one.row,
        became=one.became,
        lines=one.lines,
        units=one.units,
        amount=amount,
        differences=[DifferenceView.model_validate(few) for few in one.differences],
    )
