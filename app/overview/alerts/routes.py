"""Alerts over HTTP: addresses, rules, a test, and what has been told."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field, model_validator
from sqlalchemy import text
from sqlmodel import Session, col, select

from app.bell import ring_after_commit
from app.config import settings
from app.db import database_time, shop_of
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
from app.inventory.futures import zone_of
from app.messages import Message
from app.overview.alerts import addresses, noticing, words
from app.overview.alerts.kinds import KINDS
from app.overview.alerts.tables import Alert, AlertAddress, AlertRule
from app.vendor.lookups import whole_of_cursor

ALERTS = Tag(name="alerts", description="Who is told of what, where and how often.")
api = APIBlueprint("alerts", __name__, url_prefix="/api", abp_tags=[ALERTS])

LARGEST = 2**31 - 1
MOST_ADDRESSES = 50
MOST_RULES = 100
Rhythm = Literal["at_once", "daily", "weekly"]
KindName = Literal[
    "discrepancy_opened",
    "deadline_near",
    "collision_open",
    "connection_failing",
    "window_ends",
    "order_unanswered",
    "cash_overdue",
    "message_dead",
]
FORGET_ALERTS = """
DELETE FROM alert USING alert_rule
WHERE alert.shop_id = :shop AND alert_rule.shop_id = :shop
  AND alert_rule.rule_id = alert.rule_id AND alert_rule.address_id = :address
"""
FORGET_MAILS = """
UPDATE export_schedule SET address_id = NULL WHERE shop_id = :shop AND address_id = :address
"""
FORGET_RULES = "DELETE FROM alert_rule WHERE shop_id = :shop AND address_id = :address"
NEWEST = """
SELECT DISTINCT ON (request ->> 'address_id') CAST(request ->> 'address_id' AS int) AS address_id,
       message_id, state, attempts, error, finished_at
FROM message
WHERE shop_id = :shop AND direction = 'out' AND channel IN ('alert', 'email')
  AND topic IN ('alerts', 'alerts/test')
ORDER BY request ->> 'address_id', message_id DESC
"""


class AddressPath(BaseModel):
    address_id: int = Field(ge=1, le=LARGEST)


class RulePath(BaseModel):
    rule_id: int = Field(ge=1, le=LARGEST)


class AddressBody(BaseModel):
    """Whom to tell. On a change, a null address stays as it is."""

    name: str = Field(min_length=1, max_length=100)
    kind: addresses.Kind
    address: str | None = Field(default=None, min_length=3, max_length=1000)
    language: Literal["en", "zh-CN"] = "en"
    rhythm: Rhythm = "at_once"
    hour: int = Field(default=8, ge=0, le=23, description="Of digests, in the shop's zone.")
    weekday: int = Field(default=0, ge=0, le=6, description="Of weekly ones; 0 is Monday.")


class RuleBody(BaseModel):
    """What to tell; a threshold that is null does not narrow it."""

    address_id: int = Field(ge=1, le=LARGEST)
    kind: KindName
    at_least: Decimal | None = Field(default=None, ge=0, max_digits=19, decimal_places=4)
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    days: int | None = Field(default=None, ge=0, le=365)

    @model_validator(mode="after")
    def _thresholds_fit(self) -> RuleBody:
        if (self.at_least is None) != (self.currency is None):
            raise ValueError("an amount needs its currency, and a currency an amount")
        if self.at_least is not None and not KINDS[self.kind].takes_amount:
            raise ValueError("this kind has no amount; leave at_least and currency out")
        if self.days is not None and KINDS[self.kind].days is None:
            raise ValueError("this kind counts no days; leave days out")
        return self


class SentView(Answer):
    """The newest message to an address."""

    message_id: int
    state: str
    attempts: int
    error: str | None
    finished_at: Moment | None


class AddressView(Answer):
    """One address; the address itself is never shown again, only a hint."""

    id: int
    name: str
    kind: str
    hint: str
    language: str
    rhythm: str
    hour: int
    weekday: int
    next_digest_at: Moment | None
    newest: SentView | None


class RuleView(Answer):
    id: int
    address_id: int
    kind: str
    at_least: Money | None
    days: int | None
    standing: int = Field(description="What it has noticed and not told yet.")


class KindView(Answer):
    """A kind of alert; `days` is what it begins with, null where days do not matter."""

    name: str
    takes_amount: bool
    days: int | None


class AlertsView(Answer):
    """`mail_is_set`: whether this installation has a mail server."""

    addresses: list[AddressView]
    rules: list[RuleView]
    kinds: list[KindView]
    others: list[str] = Field(description="Services that addresses of kind `other` may name.")
    mail_is_set: bool


class AlertView(Answer):
    """One alert, in the reader's language, and whether it has been told."""

    id: int
    kind: str
    text: str
    path: str
    address: str
    noticed_at: Moment
    over_at: Moment | None
    told_at: Moment | None
    message_id: int | None
    message_state: str | None
    message_error: str | None


class HistoryQuery(PageQuery):
    """In which language the alerts are written."""

    language: Literal["en", "zh-CN"] = "en"


@api.get("/alerts", responses={200: AlertsView})
def read_alerts() -> Any:
    """Addresses, rules, and the kinds there are."""
    with shop_transaction() as session:
        view = _view(session)
    return answer(view)


@api.get("/alerts/history", responses={200: Page[AlertView]})
def list_alerts(query: HistoryQuery) -> Any:
    """What was noticed, the newest first."""
    keys = decode_cursor(query.cursor, 1)
    with shop_transaction() as session:
        zone = zone_of(session)
        wanted = (
            select(Alert, AlertAddress.name, Message.state, Message.error)
            .join(
                AlertRule,
                (col(AlertRule.shop_id) == col(Alert.shop_id))
                & (col(AlertRule.rule_id) == col(Alert.rule_id)),
            )
            .join(
                AlertAddress,
                (col(AlertAddress.shop_id) == col(AlertRule.shop_id))
                & (col(AlertAddress.address_id) == col(AlertRule.address_id)),
            )
            .outerjoin(
                Message,
                (col(Message.shop_id) == col(Alert.shop_id))
                & (col(Message.message_id) == col(Alert.message_id)),
            )
            .where(Alert.shop_id == shop_of(session))
        )
        if keys:
            wanted = wanted.where(col(Alert.alert_id) < whole_of_cursor(keys[0]))
        rows = session.exec(
            wanted.order_by(col(Alert.alert_id).desc()).limit(query.limit + 1)
        ).all()
        page, cursor = cut_page(rows, query.limit, lambda row: (row[0].alert_id,))
        data = [
            AlertView(
                **alert.model_dump(include={"kind", "path", "noticed_at", "over_at", "told_at"}),
                id=alert.alert_id,
                text=words.line(alert, query.language, zone),
                address=name,
                message_id=alert.message_id,
                message_state=state,
                message_error=error,
            )
            for alert, name, state, error in page
        ]
    return answer(Page[AlertView](data=data, next_cursor=cursor))


@api.post("/alert-addresses", responses={201: AlertsView})
def add_address(body: AddressBody) -> Any:
    """Keeps an address, sealed; nothing is sent to it before a rule names it."""
    if body.address is None:
        raise Refused(
            "bad_address",
            "Nobody can be told without an address.",
            status=422,
            errors=[FieldError("address", "type it")],
        )
    sealed, hint = addresses.sealed(body.kind, body.address)
    with shop_transaction() as session:
        _refuse_beyond(session, AlertAddress, MOST_ADDRESSES)
        session.add(
            AlertAddress(
                shop_id=shop_of(session),
                **body.model_dump(exclude={"address"}),
                sealed=sealed,
                hint=hint,
                digested_at=database_time(),
                made_by=principal().actor,
            )
        )
        session.flush()
        view = _view(session)
    return answer(view, 201)


@api.put("/alert-addresses/<int:address_id>", responses={200: AlertsView})
def change_address(path: AddressPath, body: AddressBody) -> Any:
    """Says anew how an address is told; its kind changes only together with the address."""
    with shop_transaction() as session:
        address = _address(session, path.address_id)
        if body.address is not None:
            address.sealed, address.hint = addresses.sealed(body.kind, body.address)
            address.kind = body.kind
        for name in ("name", "language", "rhythm", "hour", "weekday"):
            setattr(address, name, getattr(body, name))
        session.flush()
        view = _view(session)
    return answer(view)


@api.delete("/alert-addresses/<int:address_id>", responses={200: AlertsView})
def remove_address(path: AddressPath) -> Any:
    """Forgets an address, its rules and what they noticed; its exports go to the list only."""
    with shop_transaction() as session:
        address = _address(session, path.address_id)
        asked = {"shop": address.shop_id, "address": address.address_id}
        session.execute(text(FORGET_ALERTS), asked)
        session.execute(text(FORGET_RULES), asked)
        session.execute(text(FORGET_MAILS), asked)
        session.delete(address)
        session.flush()
        view = _view(session)
    return answer(view)


@api.post("/alert-addresses/<int:address_id>/test", responses={202: AlertsView})
def send_test(path: AddressPath) -> Any:
    """Sends a test in the background; what became of it is `newest` of the address."""
    with shop_transaction() as session:
        address = _address(session, path.address_id)
        key = f"{noticing.TEST}:{address.address_id}:{database_time().isoformat()}"
        noticing.write(session, address, noticing.TEST, key)
        view = _view(session)
    return answer(view, 202)


@api.post("/alert-rules", responses={201: AlertsView})
def add_rule(body: RuleBody) -> Any:
    """What is so now is noticed at once; the same is never told twice under one rule."""
    with shop_transaction() as session:
        _address(session, body.address_id)
        _refuse_beyond(session, AlertRule, MOST_RULES)
        session.add(
            AlertRule(
                shop_id=shop_of(session),
                **body.model_dump(),
                made_at=database_time(),
                made_by=principal().actor,
            )
        )
        session.flush()
        ring_after_commit(session, "alerts")
        view = _view(session)
    return answer(view, 201)


@api.put("/alert-rules/<int:rule_id>", responses={200: AlertsView})
def change_rule(path: RulePath, body: RuleBody) -> Any:
    """Says a rule anew; what it has told is not told again, unless it is about something else now."""
    with shop_transaction() as session:
        rule = _rule(session, path.rule_id)
        _address(session, body.address_id)
        if body.kind != rule.kind:
            session.execute(
                text("DELETE FROM alert WHERE shop_id = :shop AND rule_id = :rule"),
                {"shop": rule.shop_id, "rule": rule.rule_id},
            )
        for name, value in body.model_dump().items():
            setattr(rule, name, value)
        session.flush()
        ring_after_commit(session, "alerts")
        view = _view(session)
    return answer(view)


@api.delete("/alert-rules/<int:rule_id>", responses={200: AlertsView})
def remove_rule(path: RulePath) -> Any:
    """Nobody is told under this rule any more; what it noticed is forgotten."""
    with shop_transaction() as session:
        session.delete(_rule(session, path.rule_id))
        session.flush()
        view = _view(session)
    return answer(view)


def _rule(session: Session, rule_id: int) -> AlertRule:
    found = session.get(AlertRule, (shop_of(session), rule_id))
    if found is None:
        raise Refused("not_found", "There is no such rule in this shop.", status=404)
    return found


def _address(session: Session, address_id: int) -> AlertAddress:
    found = session.get(AlertAddress, (shop_of(session), address_id))
    if found is None:
        raise Refused("not_found", "There is no such address in this shop.", status=404)
    return found


def _refuse_beyond(session: Session, table: type[AlertAddress | AlertRule], most: int) -> None:
    rows = session.exec(select(table).where(table.shop_id == shop_of(session)).limit(most)).all()
    if len(rows) >= most:
        raise Refused("too_many", f"There are {most} already; take one away first.", status=409)


def _view(session: Session) -> AlertsView:
    own = {"shop": shop_of(session)}
    now, zone = database_time(), zone_of(session)
    newest = {row.address_id: row for row in session.execute(text(NEWEST), own)}
    untold = dict(
        session.execute(
            text(
                "SELECT rule_id, count(*) FROM alert WHERE shop_id = :shop"
                " AND told_at IS NULL AND over_at IS NULL GROUP BY 1"
            ),
            own,
        ).all()
    )
    rows = session.exec(
        select(AlertAddress)
        .where(AlertAddress.shop_id == own["shop"])
        .order_by(col(AlertAddress.address_id))
    ).all()
    rules = session.exec(
        select(AlertRule).where(AlertRule.shop_id == own["shop"]).order_by(col(AlertRule.rule_id))
    ).all()
    return AlertsView(
        addresses=[
            AddressView(
                **row.model_dump(
                    include={"name", "kind", "hint", "language", "rhythm", "hour", "weekday"}
                ),
                id=row.address_id,
                next_digest_at=_next_digest(row, now, zone),
                newest=SentView.model_validate(newest[row.address_id])
                if row.address_id in newest
                else None,
            )
            for row in rows
        ],
        rules=[
            RuleView(
                id=rule.rule_id,
                address_id=rule.address_id,
                kind=rule.kind,
                at_least=Money(amount=rule.at_least, currency=rule.currency)
                if rule.at_least is not None and rule.currency is not None
                else None,
                days=rule.days,
                standing=untold.get(rule.rule_id, 0),
            )
            for rule in rules
        ],
        kinds=[KindView.model_validate(kind) for kind in KINDS.values()],
        others=list(addresses.OTHERS),
        mail_is_set=bool(settings().smtp_url.get_secret_value()),
    )


def _next_digest(row: AlertAddress, now: datetime, zone: Any) -> datetime | None:
    if row.rhythm == "at_once":
        return None
    return noticing.next_slot(row.rhythm, row.hour, row.weekday, now, zone)
