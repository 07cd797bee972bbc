"""X12 over HTTP: how each vendor code exchanges it, the files that were written, their numbers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask import Response
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.orm import defer
from sqlmodel import col, select

from app.db import shop_of
from app.errors import Refused
from app.http import (
    Answer,
    APIBlueprint,
    Moment,
    Page,
    PageQuery,
    answer,
    cut_page,
    decode_cursor,
    principal,
    shop_transaction,
)
from app.vendor.billing import all_codes
from app.vendor.edi import partners, writing
from app.vendor.edi.tables import X12File, X12Partner
from app.vendor.lookups import moment_of_cursor, whole_of_cursor

TAG = Tag(name="x12", description="Our papers as EDI files, and what answered them.")
api = APIBlueprint("x12", __name__, url_prefix="/api", abp_tags=[TAG])

Region = Literal["na", "eu", "fe"]
WITHOUT_CONTENT = defer(X12File.content)  # type: ignore[arg-type]
ID = r"^[!-)+-~]{1,15}$"


class PartnerPath(BaseModel):
    """One vendor code."""

    code: str = Field(min_length=1, max_length=64)


class PartnerBody(BaseModel):
    """What the interchanges of a vendor code name; as agreed with Amazon's EDI team."""

    region: Region
    own_qualifier: str = Field(default="ZZ", pattern="^[0-9A-Z]{2}$", description="ISA05")
    own_id: str = Field(pattern=ID, description="ISA06")
    own_group_id: str | None = Field(default=None, pattern=ID, description="GS02; null: own_id")
    partner_qualifier: str = Field(default="ZZ", pattern="^[0-9A-Z]{2}$", description="ISA07")
    partner_id: str = Field(pattern=ID, description="ISA08")
    partner_group_id: str | None = Field(
        default=None, pattern=ID, description="GS03; null: partner_id"
    )
    version: str = Field(default="004010", pattern=r"^00\d{4}$", description="GS08")
    element_separator: str = Field(default="*", min_length=1, max_length=1)
    component_separator: str = Field(default=">", min_length=1, max_length=1)
    segment_separator: str = Field(default="~", min_length=1, max_length=1)
    is_test: bool = Field(default=True, description="ISA15: T, else P")
    next_number: int | None = Field(
        default=None, ge=1, le=partners.LAST_NUMBER, description="Raises the next control number."
    )


class PartnerView(Answer):
    """How a vendor code exchanges X12; `own_id` is null where nobody has said."""

    region: str
    vendor_code: str
    own_qualifier: str | None = None
    own_id: str | None = None
    own_group_id: str | None = None
    partner_qualifier: str | None = None
    partner_id: str | None = None
    partner_group_id: str | None = None
    version: str | None = None
    element_separator: str | None = None
    component_separator: str | None = None
    segment_separator: str | None = None
    is_test: bool | None = None
    changed_at: Moment | None = None
    changed_by: str | None = None


class GapView(Answer):
    """Control numbers that no file of ours has, both included."""

    first: int
    last: int


class NumbersView(Answer):
    """The control numbers from us to one partner."""

    own: str
    partner: str
    used: int
    next_number: int
    gaps: list[GapView]


class PartnersView(Answer):
    """All vendor codes, and the control numbers of each pair."""

    partners: list[PartnerView]
    numbers: list[NumbersView]


class X12ErrorView(Answer):
    """What a 997 found wrong: the segment as we wrote it, its place (ST is 1), and the element."""

    segment: str
    place: int
    element: int
    code: str
    value: str
    written: str


class X12FileView(Answer):
    """One file that we wrote."""

    file_id: int
    type: str
    region: str
    reference: str
    title: str
    revision: int
    own: str
    partner: str
    number: int
    written_at: Moment
    written_by: str
    verdict: str | None
    verdict_at: Moment | None
    verdict_import_id: int | None
    errors: list[X12ErrorView]


class FilesQuery(PageQuery):
    """Which written files to list."""

    type: Literal["855", "856", "810", "997"] | None = None
    verdict: Literal["none", "accepted", "with_errors", "rejected"] | None = None
    reference: str | None = Field(default=None, max_length=64, description="One paper's.")


class WriteBody(BaseModel):
    """A paper to be written: an acknowledgement's id, a shipment's identifier, an invoice's id."""

    type: Literal["855", "856", "810"]
    region: Region
    reference: str = Field(min_length=1, max_length=64)
    anew: bool = Field(default=False, description="Under another control number.")


class FilePath(BaseModel):
    """One written file."""

    file_id: int = Field(ge=1, le=2**31 - 1)


@api.get("/x12/partners", responses={200: PartnersView})
def list_partners() -> Any:
    """How each vendor code exchanges X12, and each pair's control numbers with their gaps."""
    with shop_transaction() as session:
        known = {(one.region, one.vendor_code): one for one in partners.all_partners(session)}
        keys = sorted({*known, *((one.region, one.code) for one in all_codes(session))})
        view = PartnersView(
            partners=[_partner(region, code, known.get((region, code))) for region, code in keys],
            numbers=[
                NumbersView(
                    own=one.own,
                    partner=one.partner,
                    used=one.used,
                    next_number=one.next_number,
                    gaps=[GapView(first=first, last=last) for first, last in one.gaps],
                )
                for one in partners.numbers(session)
            ],
        )
    return answer(view)


@api.put("/x12/partners/<string:code>", responses={200: PartnerView})
def keep_partner(path: PartnerPath, body: PartnerBody) -> Any:
    """Keeps how a vendor code exchanges X12."""
    said = body.model_dump(exclude={"region", "next_number"})
    with shop_transaction() as session:
        if (body.region, path.code) not in {(one.region, one.code) for one in all_codes(session)}:
            raise Refused("not_found", "No purchase order names this vendor code.", status=404)
        row = partners.keep(session, body.region, path.code, said, by=principal().actor)
        if body.next_number is not None:
            partners.start_at(session, row, body.next_number)
        view = _partner(body.region, path.code, row)
    return answer(view)


@api.get("/x12/files", responses={200: Page[X12FileView]})
def list_files(query: FilesQuery) -> Any:
    """Files that we wrote, the newest first, each with what answered it."""
    keys = decode_cursor(query.cursor, 2)
    with shop_transaction() as session:
        wanted = select(X12File).where(X12File.shop_id == shop_of(session))
        if query.type is not None:
            wanted = wanted.where(X12File.type == query.type)
        if query.verdict == "none":
            wanted = wanted.where(col(X12File.verdict).is_(None))
        elif query.verdict is not None:
            wanted = wanted.where(X12File.verdict == query.verdict)
        if query.reference:
            wanted = wanted.where(X12File.reference == query.reference)
        if keys:
            wanted = wanted.where(
                text("(written_at, file_id) < (:at, :id)").bindparams(
                    at=moment_of_cursor(keys[0]), id=whole_of_cursor(keys[1])
                )
            )
        rows = session.exec(
            wanted.order_by(col(X12File.written_at).desc(), col(X12File.file_id).desc())
            .limit(query.limit + 1)
            .options(WITHOUT_CONTENT)
        ).all()
        page, cursor = cut_page(rows, query.limit, _keys)
        data = [X12FileView.model_validate(row) for row in page]
    return answer(Page[X12FileView](data=data, next_cursor=cursor))


@api.post("/x12/files", responses={201: X12FileView})
def write_file(body: WriteBody) -> Any:
    """Writes a paper as a file; the same file again as long as the paper is the same."""
    with shop_transaction() as session:
        file = writing.written(
            session,
            body.type,
            body.region,
            body.reference,
            anew=body.anew,
            by=principal().actor,
        )
        view = X12FileView.model_validate(file)
    return answer(view, 201)


@api.get("/x12/files/<int:file_id>/content")
def read_file(path: FilePath) -> Any:
    """The file itself, as it was written."""
    with shop_transaction() as session:
        file = writing.file_of(session, path.file_id)
        content, name = file.content, f"{file.type}-{file.number:09}.edi"
    return Response(
        content,
        mimetype="application/edi-x12",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _keys(row: X12File) -> tuple[datetime, int]:
    return row.written_at, row.file_id


def _partner(region: str, code: str, row: X12Partner | None) -> PartnerView:
    if row is None:
        return PartnerView(region=region, vendor_code=code)
    return PartnerView.model_validate(row)
