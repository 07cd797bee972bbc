"""The evidence vault over HTTP: bring, find, describe, download."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response, request
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from sqlmodel import col, or_, select

from app.config import settings
from app.db import shop_of
from app.http import (
    Answer,
    APIBlueprint,
    Page,
    PageQuery,
    answer,
    cut_page,
    decode_cursor,
    principal,
    shop_transaction,
)
from app.vendor.evidence import vault
from app.vendor.evidence.tables import Evidence
from app.vendor.evidence.views import EvidenceView, view_of
from app.vendor.lookups import whole_of_cursor

TAG = Tag(name="evidence", description="Papers that prove what was shipped and agreed.")
api = APIBlueprint("evidence", __name__, url_prefix="/api", abp_tags=[TAG])

Type = Literal[
    "bol",
    "pod",
    "packing_list",
    "asn",
    "weight_ticket",
    "photo",
    "purchase_order",
    "acknowledgement",
    "invoice",
    "appointment",
    "label",
    "other",
]
# Only these are shown in the page itself; a text might be taken for something else.
INLINE = {vault.PDF, vault.PNG, vault.JPEG}


class AboutFields(BaseModel):
    """What a paper is about; what is left out is not known."""

    region: Literal["na", "eu", "fe"] | None = None
    shipment: str | None = Field(default=None, max_length=64)
    order: str | None = Field(default=None, max_length=64, description="A purchase order.")
    invoice: str | None = Field(default=None, max_length=64, description="An invoice number.")
    carrier_reference: str | None = Field(
        default=None, max_length=64, description="PRO number or bill of lading."
    )
    note: str | None = Field(default=None, max_length=500, description="It is found by this too.")

    def about(self) -> vault.About:
        return vault.About(
            region=self.region,
            shipment=self.shipment,
            purchase_order=self.order,
            invoice_number=self.invoice,
            carrier_reference=self.carrier_reference,
            text=self.note or "",
        )


class BringQuery(AboutFields):
    """The paper itself is the body of the request, as it is."""

    type: Type
    name: str = Field(min_length=1, max_length=200, description="As the file is called.")


class DescribeBody(AboutFields):
    """All that is said of a paper."""

    type: Type


class EvidenceQuery(PageQuery):
    """Which papers to list."""

    type: Type | None = None
    search: str | None = Field(
        default=None, max_length=100, description="In a name, a number or a note."
    )


class EvidencePath(BaseModel):
    evidence_id: int = Field(ge=1, le=2**31 - 1)


class Removed(Answer):
    removed: int


@api.get("/evidence", responses={200: Page[EvidenceView]})
def list_evidence(query: EvidenceQuery) -> Any:
    """Papers, the newest first."""
    keys = decode_cursor(query.cursor, 1)
    with shop_transaction() as session:
        wanted = select(Evidence).where(Evidence.shop_id == shop_of(session))
        if query.type is not None:
            wanted = wanted.where(Evidence.type == query.type)
        if query.search and query.search.strip():
            wanted = wanted.where(_found_by(query.search.strip().replace("\x00", "")))
        if keys:
            wanted = wanted.where(col(Evidence.evidence_id) < whole_of_cursor(keys[0]))
        rows = session.exec(
            wanted.order_by(col(Evidence.evidence_id).desc())
            .limit(query.limit + 1)
            .options(vault.WITHOUT_CONTENT)
        ).all()
        page, following = cut_page(rows, query.limit, lambda row: (row.evidence_id,))
        data = [view_of(row) for row in page]
    return answer(Page[EvidenceView](data=data, next_cursor=following))


@api.post("/evidence", responses={201: EvidenceView})
def bring_evidence(query: BringQuery) -> Any:
    """Keeps a paper with its hash; the same content again is the same paper."""
    largest = settings().evidence_largest_bytes
    if (request.content_length or 0) > largest:
        raise vault.too_large(largest)
    request.max_content_length = largest
    content = request.get_data()
    with shop_transaction() as session:
        view = view_of(
            vault.keep(
                session, query.type, query.name, content, query.about(), by=principal().actor
            )
        )
    return answer(view, 201)


@api.get("/evidence/<int:evidence_id>", responses={200: EvidenceView})
def read_evidence(path: EvidencePath) -> Any:
    """What one paper is."""
    with shop_transaction() as session:
        view = view_of(vault.named(session, path.evidence_id))
    return answer(view)


@api.put("/evidence/<int:evidence_id>", responses={200: EvidenceView})
def describe_evidence(path: EvidencePath, body: DescribeBody) -> Any:
    """Says anew what a paper is and what it is about."""
    with shop_transaction() as session:
        view = view_of(vault.describe(session, path.evidence_id, body.type, body.about()))
    return answer(view)


@api.delete("/evidence/<int:evidence_id>", responses={200: Removed})
def remove_evidence(path: EvidencePath) -> Any:
    """Takes away a paper that a person brought."""
    with shop_transaction() as session:
        vault.remove(session, path.evidence_id)
    return answer(Removed(removed=path.evidence_id))


@api.get("/evidence/<int:evidence_id>/content")
def read_evidence_content(path: EvidencePath) -> Any:
    """The paper itself, as it came."""
    with shop_transaction() as session:
        found = vault.named(session, path.evidence_id, with_content=True)
    shown = "inline" if found.media_type in INLINE else "attachment"
    name = "".join(one if one.isascii() and one not in '"\\' else "_" for one in found.name)
    return Response(
        found.content,
        mimetype=found.media_type,
        headers={
            "Content-Disposition": f'{shown}; filename="{name}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )


def _found_by(words: str) -> Any:
    return or_(
        *(
            col(column).icontains(words, autoescape=True)
            for column in (
                Evidence.name,
                Evidence.text,
                Evidence.shipment,
                Evidence.purchase_order,
                Evidence.invoice_number,
                Evidence.carrier_reference,
            )
        )
    )
