"""Remittances over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, exists, or_, text
from sqlmodel import col, select

from app.bell import ring_after_commit
from app.db import shop_of
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
from app.vendor.lookups import moment_of_cursor
from app.vendor.payments import findings, payees, views
from app.vendor.payments.tables import Remittance, RemittanceLine, RemittanceReading

TAG = Tag(name="payments", description="What Amazon has paid, line by line.")
api = APIBlueprint("payments", __name__, url_prefix="/api", abp_tags=[TAG])


class RemittancePath(BaseModel):
    region: Literal["na", "eu", "fe"]
    payment_id: str = Field(min_length=1, max_length=200)


class RemittancesQuery(PageQuery):
    """Which payments to list."""

    search: str | None = Field(
        default=None, max_length=100, description="Start of the number, or of what a line names."
    )
    status: Literal["IN_PROGRESS", "SUCCESSFUL", "FAILED"] | None = None
    currency: str | None = Field(default=None, pattern="^[A-Z]{3}$")


class PayeeBody(BaseModel):
    """One of the payment's `known_payees`."""

    payee: str = Field(min_length=1, max_length=64)


class ReadingView(Answer):
    """How far one marketplace has been read, and what is in the way."""

    connection_id: int
    marketplace_id: str
    read_to: Moment
    tried_at: Moment
    error: str | None


class Remittances(Page[views.RemittanceSummary]):
    """Payments, the newest first, and how far each marketplace has been read."""

    readings: list[ReadingView]


@api.get("/remittances", responses={200: Remittances})
def list_remittances(query: RemittancesQuery) -> Any:
    """Amazon's payments, the newest first."""
    keys = decode_cursor(query.cursor, 3)
    with shop_transaction() as session:
        wanted = select(Remittance).where(Remittance.shop_id == shop_of(session))
        if query.status:
            wanted = wanted.where(Remittance.status == query.status)
        if query.currency:
            wanted = wanted.where(Remittance.currency == query.currency)
        if query.search and query.search.strip():
            wanted = wanted.where(_begins_with(query.search.strip()))
        if keys:
            wanted = wanted.where(
                text("(paid_at, region, payment_id) < (:at, :region, :id)").bindparams(
                    at=moment_of_cursor(keys[0]), region=str(keys[1]), id=str(keys[2])
                )
            )
        rows = session.exec(
            wanted.order_by(
                col(Remittance.paid_at).desc(),
                col(Remittance.region).desc(),
                col(Remittance.payment_id).desc(),
            ).limit(query.limit + 1)
        ).all()
        page, following = cut_page(rows, query.limit, _keys)
        readings = session.exec(
            select(RemittanceReading)
            .where(RemittanceReading.shop_id == shop_of(session))
            .order_by(col(RemittanceReading.connection_id), col(RemittanceReading.marketplace_id))
        ).all()
        found = Remittances(
            data=views.summaries(session, page),
            next_cursor=following,
            readings=[ReadingView.model_validate(one) for one in readings],
        )
    return answer(found)


@api.get("/remittances/<region>/<payment_id>", responses={200: views.RemittanceView})
def read_remittance(path: RemittancePath) -> Any:
    """One payment with all its lines."""
    with shop_transaction() as session:
        found = views.whole(session, path.region, path.payment_id)
    return answer(found)


@api.put("/remittances/<region>/<payment_id>/payee", responses={200: views.RemittanceView})
def say_payee(path: RemittancePath, body: PayeeBody) -> Any:
    """Says whose a payment is, where nothing else does or a person knows better."""
    with shop_transaction() as session:
        payees.say(session, path.region, path.payment_id, body.payee, by=principal().actor)
        findings.state(session)
        ring_after_commit(session, "reconcile")
        found = views.whole(session, path.region, path.payment_id)
    return answer(found)


def _begins_with(search: str) -> ColumnElement[bool]:
    line = RemittanceLine.__table__.c  # type: ignore[attr-defined]
    paper = Remittance.__table__.c  # type: ignore[attr-defined]
    return or_(
        paper.number.istartswith(search, autoescape=True),
        paper.payment_id.istartswith(search, autoescape=True),
        exists().where(
            line.shop_id == paper.shop_id,
            line.region == paper.region,
            line.payment_id == paper.payment_id,
            line.reference.istartswith(search, autoescape=True),
        ),
    )


def _keys(row: Remittance) -> tuple[datetime, str, str]:
    return row.paid_at, row.region, row.payment_id
