"""Journals over HTTP: what they would say, the account map, and the file to import."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field, model_validator
from sqlmodel import Session, select

from app.db import database_time, shop_of
from app.errors import FieldError, Refused
from app.http import Answer, Money, answer, principal, shop_transaction
from app.vendor.journals import entries, layouts
from app.vendor.journals.tables import JournalAccount, JournalSetting

TAG = Tag(name="journals", description="Entries for the shop's own books of account.")
api = APIBlueprint("journals", __name__, url_prefix="/api", abp_tags=[TAG])

MOST_DAYS = 366
MOST_SHOWN = 100


class PeriodQuery(BaseModel):
    """Days of the shop's zone, both included, and one currency; entries of two never mix."""

    from_day: date
    to_day: date
    currency: str = Field(pattern="^[A-Z]{3}$")

    @model_validator(mode="after")
    def _is_a_period(self) -> PeriodQuery:
        if not 0 <= (self.to_day - self.from_day).days < MOST_DAYS:
            raise ValueError("to_day must not be before from_day, and at most a year after it")
        return self


class FileQuery(PeriodQuery):
    """And for which software."""

    software: layouts.Software


class AccountBody(BaseModel):
    """One part of an entry and its account, as the software names it; null takes it away."""

    part: Literal[
        "receivable",
        "revenue",
        "tax",
        "bank",
        "clearing",
        "quick_pay",
        "withholding",
        "shortage_claim",
        "price_claim",
        "chargeback",
        "co_op",
        "return",
        "price_protection",
        "provision",
        "unknown",
        "difference",
    ]
    account: str | None = Field(default=None, max_length=200)
    tax_rate: str | None = Field(default=None, max_length=100)


class SettingsBody(BaseModel):
    """The whole account map, and what the layouts ask for beside it."""

    accounts: list[AccountBody] = Field(max_length=50)
    customer: str = Field(default="Amazon", min_length=1, max_length=100)
    journal: str = Field(default="Miscellaneous Operations", min_length=1, max_length=100)
    tax_rate: str = Field(default="Tax Exempt", min_length=1, max_length=100)


class AccountView(Answer):
    part: str
    account: str | None
    tax_rate: str | None


class SettingsView(Answer):
    accounts: list[AccountView]
    customer: str
    journal: str
    tax_rate: str
    currencies: list[str] = Field(description="Those in which there are papers.")


class PartView(Answer):
    """All legs of one part; debit and credit are never set off against each other."""

    part: str
    account: str | None
    debit: Money
    credit: Money


class EntryView(Answer):
    """One entry; `path` is the screen of its paper."""

    number: str
    day: date
    kind: str
    path: str
    amount: Money = Field(description="Of its debits, which its credits equal.")


class JournalView(Answer):
    """What a file of this period would hold; the newest entries are shown."""

    entries: int
    debit: Money
    credit: Money
    parts: list[PartView]
    missing: list[str] = Field(description="Parts that are used and have no account yet.")
    newest: list[EntryView]


@api.get("/journals", responses={200: JournalView})
def read_journal(query: PeriodQuery) -> Any:
    """The entries of a period, added up by part."""
    with shop_transaction() as session:
        made = _entries(session, query)
        view = _view(made, _accounts(session), query.currency)
    return answer(view)


@api.get("/journals/settings", responses={200: SettingsView})
def read_settings() -> Any:
    """The account map."""
    with shop_transaction() as session:
        view = _settings(session)
    return answer(view)


@api.put("/journals/settings", responses={200: SettingsView})
def keep_settings(body: SettingsBody) -> Any:
    """Says the whole account map anew."""
    with shop_transaction() as session:
        for row in _accounts(session).values():
            session.delete(row)
        session.flush()
        for one in body.accounts:
            if one.account and one.account.strip():
                session.merge(
                    JournalAccount(
                        shop_id=shop_of(session),
                        part=one.part,
                        account=one.account.strip(),
                        tax_rate=one.tax_rate or None,
                        changed_by=principal().actor,
                        changed_at=database_time(),
                    )
                )
        session.merge(
            JournalSetting(shop_id=shop_of(session), **body.model_dump(exclude={"accounts"}))
        )
        session.flush()
        view = _settings(session)
    return answer(view)


@api.get("/journals/file")
def read_file(query: FileQuery) -> Any:
    """The entries as the software imports them; a ZIP where it takes no more rows in one file."""
    with shop_transaction() as session:
        made = _entries(session, query)
        kept = _accounts(session)
        setting = _setting(session)
    used = {leg.part for entry in made for leg in entry.legs}
    missing = [part for part in entries.PARTS if part in used - kept.keys()]
    if missing:
        raise Refused(
            "accounts_missing",
            "Some parts of these entries have no account yet.",
            status=422,
            errors=[FieldError(part, "name its account in the account map") for part in missing],
        )
    file = layouts.written(
        query.software,
        made,
        {part: layouts.Account(row.account, row.tax_rate) for part, row in kept.items()},
        setting,
        f"holdfast-{query.software}-{query.currency}-{query.from_day}-{query.to_day}",
    )
    return Response(
        file.content,
        mimetype=file.media_type,
        headers={"Content-Disposition": f'attachment; filename="{file.name}"'},
    )


def _entries(session: Session, query: PeriodQuery) -> list[entries.Entry]:
    return list(entries.entries(session, query.from_day, query.to_day, query.currency))


def _accounts(session: Session) -> dict[str, JournalAccount]:
    rows = session.exec(select(JournalAccount).where(JournalAccount.shop_id == shop_of(session)))
    return {row.part: row for row in rows}


def _setting(session: Session) -> JournalSetting:
    found = session.get(JournalSetting, shop_of(session))
    return found or JournalSetting(shop_id=shop_of(session))


def _settings(session: Session) -> SettingsView:
    kept, setting = _accounts(session), _setting(session)
    return SettingsView(
        accounts=[
            AccountView(
                part=part,
                account=kept[part].account if part in kept else None,
                tax_rate=kept[part].tax_rate if part in kept else None,
            )
            for part in entries.PARTS
        ],
        customer=setting.customer,
        journal=setting.journal,
        tax_rate=setting.tax_rate,
        currencies=entries.currencies(session),
    )


def _view(
    made: Sequence[entries.Entry], kept: dict[str, JournalAccount], currency: str
) -> JournalView:
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for entry in made:
        for leg in entry.legs:
            debit, credit = sums.get(leg.part, (Decimal(0), Decimal(0)))
            sums[leg.part] = (
                debit + max(leg.amount, Decimal(0)),
                credit + max(-leg.amount, Decimal(0)),
            )
    return JournalView(
        entries=len(made),
        debit=_money(sum((one[0] for one in sums.values()), Decimal(0)), currency),
        credit=_money(sum((one[1] for one in sums.values()), Decimal(0)), currency),
        parts=[
            PartView(
                part=part,
                account=kept[part].account if part in kept else None,
                debit=_money(sums[part][0], currency),
                credit=_money(sums[part][1], currency),
            )
            for part in entries.PARTS
            if part in sums
        ],
        missing=[part for part in entries.PARTS if part in sums and part not in kept],
        newest=[
            EntryView(
                number=entry.number,
                day=entry.day,
                kind=entry.kind,
                path=entry.path,
                amount=_money(
                    sum((leg.amount for leg in entry.legs if leg.amount > 0), Decimal(0)), currency
                ),
            )
            for entry in sorted(made, key=lambda one: (one.day, one.number), reverse=True)[
                :MOST_SHOWN
            ]
        ],
    )


def _money(amount: Decimal, currency: str) -> Money:
    return Money(amount=amount, currency=currency)
