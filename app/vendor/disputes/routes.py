"""Disputes over HTTP: what is worth asking back, drafting, filing, and what came of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from flask import Response
from flask_openapi3.models.tag import Tag
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import text
from sqlmodel import Session, col, select

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
from app.vendor.deductions.routes import Kind
from app.vendor.deductions.tables import Deduction
from app.vendor.deductions.views import Key
from app.vendor.disputes import pack, rulebook, standing, views, working
from app.vendor.disputes.tables import Dispute
from app.vendor.evidence import vault
from app.vendor.lookups import whole_of_cursor

TAG = Tag(name="disputes", description="Asking Amazon for money back.")
api = APIBlueprint("disputes", __name__, url_prefix="/api", abp_tags=[TAG])

CURRENCIES = """
SELECT currency, count(*) FROM deduction
WHERE shop_id = :shop AND taken > recovered AND kind = ANY(:kinds)
GROUP BY 1 ORDER BY 2 DESC, 1
"""
ASKED = """
SELECT currency, state, count(*), sum(amount), sum(recovered) FROM dispute
WHERE shop_id = :shop GROUP BY 1, 2 ORDER BY 1, 2
"""


class CandidatesQuery(PageQuery):
    """Open deductions of one currency, as amounts of several cannot be set in one order."""

    currency: str | None = Field(default=None, pattern="^[A-Z]{3}$")
    kind: Kind | None = None


class DisputesQuery(PageQuery):
    """Which disputes to list."""

    state: Literal["draft", "filed", "repaid", "repaid_in_part", "denied", "withdrawn"] | None = (
        None
    )
    search: str | None = Field(
        default=None, max_length=64, description="Start of a case or deduction number."
    )


class DisputePath(BaseModel):
    dispute_id: int = Field(ge=1, le=2**31 - 1)


class DraftBody(BaseModel):
    """Which deduction, and how much of it; null: all that is in question."""

    region: Literal["na", "eu", "fe"]
    kind: Kind
    reference: str = Field(min_length=1, max_length=200)
    currency: str = Field(pattern="^[A-Z]{3}$")
    amount: Decimal | None = Field(default=None, max_digits=15, decimal_places=4)
    note: str = Field(default="", max_length=2000)


class ChangeBody(BaseModel):
    """What a draft asks; a null amount stays."""

    amount: Decimal | None = Field(default=None, max_digits=15, decimal_places=4)
    note: str = Field(default="", max_length=2000)


class FileBody(BaseModel):
    """That a person has filed it."""

    case_number: str = Field(min_length=1, max_length=64)
    filed_at: AwareDatetime | None = Field(default=None, description="Null: now.")


class PackQuery(BaseModel):
    """In which form."""

    format: Literal["pdf", "zip"] = "pdf"


class PackedView(Answer):
    """One paper of the pack; `page` is null where the PDF does not have it, for `reason`."""

    number: int
    type: str
    name: str
    sha256: str
    page: int | None
    reason: str


class PackView(Answer):
    """The pack, against what the portal takes."""

    pdf_bytes: int
    zip_bytes: int
    largest_bytes: int
    most_files: int
    verified: bool
    sha256: str
    contents: list[PackedView]
    not_archived: list[str]


class Candidates(Page[views.CandidateView]):
    """Open deductions of one currency, the largest first; and which currencies there are."""

    currency: str | None
    currencies: list[str]


class Asked(Answer):
    """What disputes of one state and currency come to."""

    currency: str
    state: str
    disputes: int
    amount: str
    recovered: str


class Disputes(Page[views.DisputeSummary]):
    """Disputes, the newest first, and what they come to."""

    totals: list[Asked]


@api.get("/disputes/candidates", responses={200: Candidates})
def list_candidates(query: CandidatesQuery) -> Any:
    """Open deductions with their clock, papers, expected value and next action."""
    keys = decode_cursor(query.cursor, 4)
    kinds = [query.kind] if query.kind else _disputed()
    with shop_transaction() as session:
        asked = {"shop": shop_of(session), "kinds": kinds}
        currencies = [row[0] for row in session.execute(text(CURRENCIES), asked)]
        currency = query.currency or next(iter(currencies), None)
        left = col(Deduction.taken) - col(Deduction.recovered)
        wanted = select(Deduction).where(
            Deduction.shop_id == shop_of(session),
            Deduction.currency == (currency or ""),
            col(Deduction.kind).in_(kinds),
            col(Deduction.taken) > col(Deduction.recovered),
        )
        if keys:
            wanted = wanted.where(
                text(
                    "(recovered - taken, region, kind, reference)"
                    " > (CAST(:left AS numeric), :region, :named, :reference)"
                ).bindparams(
                    left=str(keys[0]),
                    region=str(keys[1]),
                    named=str(keys[2]),
                    reference=str(keys[3]),
                )
            )
        rows = session.exec(
            wanted.order_by(
                left.desc(),
                col(Deduction.region),
                col(Deduction.kind),
                col(Deduction.reference),
            ).limit(query.limit + 1)
        ).all()
        page, following = cut_page(rows, query.limit, _keys)
        found = Candidates(
            data=views.candidates(session, standing.stand(session, page)),
            next_cursor=following,
            currency=currency,
            currencies=currencies,
        )
    return answer(found)


@api.get("/disputes", responses={200: Disputes})
def list_disputes(query: DisputesQuery) -> Any:
    """Disputes, the newest first."""
    keys = decode_cursor(query.cursor, 1)
    with shop_transaction() as session:
        wanted = select(Dispute).where(Dispute.shop_id == shop_of(session))
        if query.state is not None:
            wanted = wanted.where(Dispute.state == query.state)
        if query.search and query.search.strip():
            words = query.search.strip()
            wanted = wanted.where(
                col(Dispute.case_number).istartswith(words, autoescape=True)
                | col(Dispute.reference).istartswith(words, autoescape=True)
            )
        if keys:
            wanted = wanted.where(col(Dispute.dispute_id) < whole_of_cursor(keys[0]))
        rows = session.exec(
            wanted.order_by(col(Dispute.dispute_id).desc()).limit(query.limit + 1)
        ).all()
        page, following = cut_page(rows, query.limit, lambda row: (row.dispute_id,))
        found = Disputes(
            data=[views.summary(row) for row in page],
            next_cursor=following,
            totals=_totals(session),
        )
    return answer(found)


@api.post("/disputes", responses={201: views.DisputeView})
def draft_dispute(body: DraftBody) -> Any:
    """Begins a dispute; nothing is sent to Amazon, ever."""
    key = Key(body.region, body.kind, body.reference, body.currency)
    with shop_transaction() as session:
        made = working.draft(session, key, amount=body.amount, note=body.note, by=principal().actor)
        view = views.whole(session, made)
    return answer(view, 201)


@api.get("/disputes/<int:dispute_id>", responses={200: views.DisputeView})
def read_dispute(path: DisputePath) -> Any:
    """One dispute with its clock, netting, papers, words and outcome."""
    with shop_transaction() as session:
        view = views.whole(session, working.named_dispute(session, path.dispute_id))
    return answer(view)


@api.put("/disputes/<int:dispute_id>", responses={200: views.DisputeView})
def change_dispute(path: DisputePath, body: ChangeBody) -> Any:
    """Says anew what a draft asks."""
    with shop_transaction() as session:
        changed = working.change(session, path.dispute_id, amount=body.amount, note=body.note)
        view = views.whole(session, changed)
    return answer(view)


@api.post("/disputes/<int:dispute_id>/file", responses={200: views.DisputeView})
def file_dispute(path: DisputePath, body: FileBody) -> Any:
    """Notes that a person has filed it in Vendor Central, and under which case."""
    with shop_transaction() as session:
        made = pack.build(session, working.named_dispute(session, path.dispute_id))
        filed = working.file(
            session,
            path.dispute_id,
            case_number=body.case_number,
            filed_at=body.filed_at,
            by=principal().actor,
        )
        vault.keep(
            session,
            "other",
            f"dispute-{filed.dispute_id}-as-filed.pdf",
            made.document,
            vault.About(region=filed.region, text=f"{filed.reference} {filed.case_number}"),
            by=principal().actor,
            made_from=f"dispute:{filed.dispute_id}",
        )
        filed.pack_sha256 = made.sha256
        view = views.whole(session, filed)
    return answer(view)


@api.get("/disputes/<int:dispute_id>/pack")
def read_pack(path: DisputePath, query: PackQuery) -> Any:
    """The pack as it stands now: one PDF, or one ZIP with the PDF, the case texts and originals."""
    with shop_transaction() as session:
        row = working.named_dispute(session, path.dispute_id)
        made = pack.build(session, row)
    is_archive = query.format == "zip"
    return Response(
        made.archive if is_archive else made.document,
        mimetype="application/zip" if is_archive else vault.PDF,
        headers={
            "Content-Disposition": f'attachment; filename="dispute-{path.dispute_id}.{query.format}"'
        },
    )


@api.get("/disputes/<int:dispute_id>/pack-contents", responses={200: PackView})
def read_pack_contents(path: DisputePath) -> Any:
    """What the pack holds, and what was left out and why."""
    with shop_transaction() as session:
        row = working.named_dispute(session, path.dispute_id)
        made = pack.build(session, row)
        limit = rulebook.portal_of(row.region)
    return answer(
        PackView(
            pdf_bytes=len(made.document),
            zip_bytes=len(made.archive),
            largest_bytes=limit.largest_bytes,
            most_files=limit.most_files,
            verified=limit.verified,
            sha256=made.sha256,
            contents=[PackedView.model_validate(one) for one in made.contents],
            not_archived=list(made.not_archived),
        )
    )


@api.post("/disputes/<int:dispute_id>/deny", responses={200: views.DisputeView})
def deny_dispute(path: DisputePath) -> Any:
    """Notes that Amazon has said no; money that comes later still counts."""
    with shop_transaction() as session:
        view = views.whole(session, working.deny(session, path.dispute_id, by=principal().actor))
    return answer(view)


@api.post("/disputes/<int:dispute_id>/withdraw", responses={200: views.DisputeView})
def withdraw_dispute(path: DisputePath) -> Any:
    """Gives it up."""
    with shop_transaction() as session:
        view = views.whole(
            session, working.withdraw(session, path.dispute_id, by=principal().actor)
        )
    return answer(view)


def _disputed() -> list[str]:
    return sorted({one.name for one in rulebook.CLOCKS.rows()})


def _totals(session: Session) -> list[Asked]:
    rows = session.execute(text(ASKED), {"shop": shop_of(session)})
    return [
        Asked(
            currency=currency,
            state=state,
            disputes=count,
            amount=f"{amount:f}",
            recovered=f"{recovered:f}",
        )
        for currency, state, count, amount, recovered in rows
    ]


def _keys(row: Deduction) -> tuple[object, ...]:
    return str(row.recovered - row.taken), row.region, row.kind, row.reference
