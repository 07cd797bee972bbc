"""Leaving Holdfast over HTTP: give everything back, see how far it is, take the file along."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from app.http import Answer, APIBlueprint, Moment, answer, principal, shop_transaction
from app.overview import leaving, workbook

EXIT = Tag(name="exit", description="Leaving Holdfast with nothing left behind.")
api = APIBlueprint("exit", __name__, url_prefix="/api", abp_tags=[EXIT])


class ExitBody(BaseModel):
    """The word that only a person says."""

    confirm: str = Field(max_length=255, description="The shop's domain, typed by a person.")


class ExitView(Answer):
    """How far giving everything back has come; in eaches."""

    leaving_at: Moment | None
    leaving_by: str | None
    held_units: int
    holds: int
    held_for_others: int = Field(description="Held by others in Shopify; not ours to give back.")
    waiting: int
    dead: int
    connected: bool
    done: bool


@api.get("/exit", responses={200: ExitView})
def read_exit() -> Any:
    """What is held, and how far giving it back has come."""
    with shop_transaction() as session:
        found = leaving.progress(session)
    return answer(ExitView.model_validate(found))


@api.post("/exit", responses={200: ExitView})
def begin_exit(body: ExitBody) -> Any:
    """Gives back everything Holdfast holds in Shopify, and takes no new holds."""
    with shop_transaction() as session:
        found = leaving.begin(session, actor=principal().actor, confirm=body.confirm)
    return answer(ExitView.model_validate(found))


@api.delete("/exit", responses={200: ExitView})
def end_exit() -> Any:
    """The shop stays: open purchase orders are held again."""
    with shop_transaction() as session:
        found = leaving.stay(session)
    return answer(ExitView.model_validate(found))


@api.get("/exit/workbook")
def read_workbook() -> Any:
    """The hand-over workbook as it stands now (XLSX)."""
    with shop_transaction() as session:
        content, name = workbook.build(session), workbook.file_name(session)
    return Response(
        content,
        mimetype=workbook.MEDIA_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
