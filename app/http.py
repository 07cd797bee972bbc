"""What every HTTP route shares: who asks, problem+json, pages by keyset, times and money as JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any, Generic, TypeVar

import structlog
from flask import Response, g
from flask_openapi3 import blueprint as documented
from flask_openapi3.utils import parse_parameters
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, ValidationError
from sqlmodel import Session

from app.db import transaction
from app.errors import FieldError, GiveUp, Refused, RetryLater

log = structlog.get_logger(__name__)

Row = TypeVar("Row", bound=BaseModel)
Found = TypeVar("Found")


class APIBlueprint(documented.APIBlueprint):
    """Routes that are described when somebody asks for the description, see `describe`.

    Describing them is a third of what it takes to start a web process, and few ever ask one.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._undescribed: list[tuple[str, Callable[..., Any], dict[str, Any]]] = []

    def _collect_openapi_info(self, rule: str, func: Callable[..., Any], **given: Any) -> Any:
        self._undescribed.append((rule, func, given))
        return parse_parameters(func, doc_ui=False)

    def describe(self) -> None:
        """Fills in `paths`, `tags` and `components_schemas`; a second time changes nothing."""
        for rule, func, given in self._undescribed:
            super()._collect_openapi_info(rule, func, **given)
        self._undescribed.clear()


def _zulu(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


Moment = Annotated[datetime, PlainSerializer(_zulu, return_type=str)]
"""A time on the wire: ISO 8601 in UTC, ending in Z."""


class Answer(BaseModel):
    """Base of everything we send: read straight from rows and dataclasses."""

    model_config = ConfigDict(from_attributes=True)


class Money(Answer):
    """An amount with its currency; the amount is a decimal string, never a float."""

    amount: Annotated[Decimal, PlainSerializer(lambda value: f"{value:f}", return_type=str)]
    currency: str


class Page(Answer, Generic[Row]):
    """One page of a list; `next_cursor` is null on the last one."""

    data: list[Row]
    next_cursor: str | None = None


class PageQuery(BaseModel):
    """What every list takes."""

    cursor: str | None = Field(default=None, description="`next_cursor` of the page before.")
    limit: int = Field(default=50, ge=1, le=250)


class ProblemField(BaseModel):
    """One wrong field, how to put it right, and the named rule that it breaks, if one."""

    field: str
    message: str
    rule: str | None = None


class Problem(BaseModel):
    """An error as `application/problem+json` (RFC 9457) with a stable `code`."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    errors: list[ProblemField] = []
    request_id: str | None = None

    @classmethod
    def told(
        cls,
        status: int,
        code: str,
        detail: str,
        errors: Sequence[FieldError],
        request_id: str | None,
    ) -> dict[str, Any]:
        """The problem as it is sent: what it has nothing of is left out."""
        return cls(
            title=HTTPStatus(status).phrase,
            status=status,
            code=code,
            detail=detail,
            errors=[ProblemField(**vars(error)) for error in errors],
            request_id=request_id,
        ).model_dump(mode="json", exclude_none=True)


@dataclass(frozen=True)
class Principal:
    """Who asks: always and only what a verified token says."""

    shop_id: int
    domain: str
    user_id: str

    @property
    def actor(self) -> str:
        """As written beside what they do."""
        return f"user:{self.user_id}"


def principal() -> Principal:
    """Whoever asks now. Raises Refused("unauthenticated") where nobody was verified."""
    found: Principal | None = g.get("principal")
    if found is None:
        raise Refused("unauthenticated", "Open Holdfast from your store's admin.", status=401)
    return found


_outer: ContextVar[Session | None] = ContextVar("outer", default=None)


@contextmanager
def within(session: Session) -> Iterator[None]:
    """Routes that are called here read in this transaction instead of one of their own.

    So an export gets its rows from the very route that answers the screen's list.
    """
    token = _outer.set(session)
    try:
        yield
    finally:
        _outer.reset(token)


@contextmanager
def shop_transaction() -> Iterator[Session]:
    """A transaction of the shop that asks."""
    outer = _outer.get()
    if outer is not None:
        yield outer
        return
    with transaction(principal().shop_id) as session:
        yield session


def answer(model: BaseModel, status: int = 200) -> tuple[dict[str, Any], int]:
    """What a route returns: the model as JSON, with its status."""
    return model.model_dump(mode="json"), status


def encode_cursor(*keys: object) -> str:
    """A page's last sort keys, opaque to the client."""
    raw = json.dumps([str(key) if isinstance(key, datetime) else key for key in keys])
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def cut_page(
    rows: Sequence[Found], limit: int, keys: Callable[[Found], tuple[object, ...]]
) -> tuple[Sequence[Found], str | None]:
    """The page out of rows asked for one beyond the limit, and the cursor of the next, if any."""
    page = rows[:limit]
    return page, encode_cursor(*keys(page[-1])) if len(rows) > limit else None


def decode_cursor(cursor: str | None, size: int) -> list[Any] | None:
    """The keys again. Raises Refused("bad_cursor") for anything we did not hand out."""
    if not cursor:
        return None
    try:
        keys = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        keys = None
    if not isinstance(keys, list) or len(keys) != size:
        raise Refused(
            "bad_cursor",
            "This cursor is not one of ours; start again without it.",
            status=400,
            errors=[FieldError("cursor", "use next_cursor of the page before")],
        )
    return keys


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    extra: dict[str, Any] | None = None,
) -> Response:
    """A problem+json response."""
    body = Problem.told(status, code, detail, errors, g.get("request_id"))
    response = Response(
        json.dumps(body | (extra or {})), status=status, mimetype="application/problem+json"
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def refused_response(error: Refused) -> Response:
    """The response to a request that was refused."""
    response = problem(
        error.status, error.code, error.detail, errors=error.errors, extra=error.extra
    )
    response.headers.update(error.headers)
    return response


def retry_response(error: RetryLater) -> Response:
    """The response when an outside party did not do its part."""
    response = problem(503, "try_again_later", error.detail)
    response.headers["Retry-After"] = str(int(error.after.total_seconds()) if error.after else 5)
    return response


def given_up_response(error: GiveUp) -> Response:
    """The response when only a person can help."""
    return problem(502, error.code, error.detail)


def invalid_response(error: ValidationError) -> Response:
    """The response to input that does not fit: 422, every wrong field named."""
    fields = [
        FieldError(_path(found["loc"]), found["msg"]) for found in error.errors(include_url=False)
    ]
    return problem(
        422, "invalid_input", "Some fields are wrong; each is named below.", errors=fields
    )


def _path(location: Sequence[int | str]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path or "body"
