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
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from app.db import database_time, shop_of
from app.errors import FieldError, Refused
from app.http import (
    Answer,
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
from app.vendor.journals import entries, exporting, layouts
from app.vendor.journals.tables import JournalAccount, JournalExport, JournalSetting
from app.vendor.lookups import whole_of_cursor

TAG = Tag(name="journals", description="Entries for the shop's own books of account.")
api = APIBlueprint("journals", __name__, url_prefix="/api", abp_tags=[TAG])

MOST_DAYS = 366
WITHOUT_CONTENT = defer(JournalExport.content)  # type: ignore[arg-type]
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


class JournalQuery(PeriodQuery):
    """And, to compare with what was exported before, for which software."""

    software: layouts.Software | None = None


class FileQuery(PeriodQuery):
    """And for which software. `changes`: only what is new or other than it was exported before.

    Without a scope a period of which something was exported before is refused, and says so.
    """

    software: layouts.Software
    scope: Literal["all", "changes"] | None = None


class ExportPath(BaseModel):
    export_id: int = Field(ge=1, le=2**31 - 1)


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


class ExportView(Answer):
    """One file that went to the shop's books."""

    export_id: int
    software: str
    currency: str
    from_day: date
    to_day: date
    scope: str
    entries: int
    name: str
    exported_at: Moment
    exported_by: str


class ChangeView(Answer):
    """An entry that is new, changed or gone since the period was exported.

    `amount` is of the debits of the entry that would be written: the new one, or its correction.
    """

    number: str
    what: Literal["new", "changed", "gone"]
    path: str
    amount: Money


class SinceView(Answer):
    """A period against what was exported of it before; the first hundred changes are shown."""

    exports: list[ExportView]
    same: int
    new: int
    changed: int
    gone: int
    changes: list[ChangeView]


class JournalView(Answer):
    """What a file of this period would hold; the newest entries are shown.

    `since` is null without a software, and where nothing of the period was exported to it before.
    """

    entries: int
    debit: Money
    credit: Money
    parts: list[PartView]
    missing: list[str] = Field(description="Parts that are used and have no account yet.")
    newest: list[EntryView]
    since: SinceView | None


@api.get("/journals", responses={200: JournalView})
def read_journal(query: JournalQuery) -> Any:
    """The entries of a period, added up by part, and what is other than it was exported before."""
    with shop_transaction() as session:
        made = _entries(session, query)
        view = _view(made, _accounts(session), query.currency)
        if query.software is not None:
            view.since = _since(session, _period(query, query.software), made)
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


@api.post("/journals/file")
def export_journal(query: FileQuery) -> Any:
    """The entries as the software imports them; a ZIP where it takes no more rows in one file.

    What was exported is kept, so that a later export knows what is other by then.
    """
    period = _period(query, query.software)
    with shop_transaction() as session:
        exporting.one_at_a_time(session)
        made = _entries(session, query)
        found = exporting.compared(session, period, made)
        scope = query.scope
        if scope is None and (before := exporting.earlier(session, period)):
            raise _exported_before(before[0], found)
        scope = scope or "all"
        written = made if scope == "all" else found.entries
        kept = _accounts(session)
        used = {leg.part for entry in written for leg in entry.legs}
        missing = [part for part in entries.PARTS if part in used - kept.keys()]
        if missing:
            raise Refused(
                "accounts_missing",
                "Some parts of these entries have no account yet.",
                status=422,
                errors=[
                    FieldError(part, "name its account in the account map") for part in missing
                ],
            )
        stem = f"holdfast-{query.software}-{query.currency}-{query.from_day}-{query.to_day}"
        file = layouts.written(
            query.software,
            written,
            {part: layouts.Account(row.account, row.tax_rate) for part, row in kept.items()},
            _setting(session),
            stem if scope == "all" else f"{stem}-changes",
        )
        exporting.keep(session, period, made, found, file, scope=scope, by=principal().actor)
    return _file(file)


@api.get("/journals/exports", responses={200: Page[ExportView]})
def list_exports(query: PageQuery) -> Any:
    """Every file that went to the shop's books, the newest first."""
    keys = decode_cursor(query.cursor, 1)
    with shop_transaction() as session:
        wanted = select(JournalExport).where(JournalExport.shop_id == shop_of(session))
        if keys:
            wanted = wanted.where(col(JournalExport.export_id) < whole_of_cursor(keys[0]))
        rows = session.exec(
            wanted.options(WITHOUT_CONTENT)
            .order_by(col(JournalExport.export_id).desc())
            .limit(query.limit + 1)
        ).all()
        page, following = cut_page(rows, query.limit, lambda row: (row.export_id,))
        data = [ExportView.model_validate(row) for row in page]
    return answer(Page[ExportView](data=data, next_cursor=following))


@api.get("/journals/exports/<int:export_id>/file")
def read_exported(path: ExportPath) -> Any:
    """One of these files again, as it was."""
    with shop_transaction() as session:
        kept = session.get(JournalExport, (shop_of(session), path.export_id))
        if kept is None:
            raise Refused("not_found", "There is no such export in this shop.", status=404)
        file = layouts.File(kept.name, kept.media_type, kept.content)
    return _file(file)


def _file(file: layouts.File) -> Response:
    return Response(
        file.content,
        mimetype=file.media_type,
        headers={"Content-Disposition": f'attachment; filename="{file.name}"'},
    )


def _period(query: PeriodQuery, software: layouts.Software) -> exporting.Period:
    return exporting.Period(software, query.currency, query.from_day, query.to_day)


def _exported_before(newest: JournalExport, found: exporting.Compared) -> Refused:
    said = f"{newest.from_day} to {newest.to_day} on {newest.exported_at:%Y-%m-%d}"
    return Refused(
        "exported_before",
        f"Of these days {said} went to {newest.software} before. Since then {len(found.new)} entries"
        f" are new, {len(found.changed)} have changed and {len(found.gone)} are gone.",
        status=409,
        errors=[FieldError("scope", "use changes for only those, or all for the whole again")],
    )


def _since(
    session: Session, period: exporting.Period, made: Sequence[entries.Entry]
) -> SinceView | None:
    exports = exporting.earlier(session, period)
    if not exports:
        return None
    found = exporting.compared(session, period, made)
    changes = [
        *(("new", one) for one in found.new),
        *(("changed", one.correction) for one in found.changed),
        *(("gone", one.correction) for one in found.gone),
    ]
    return SinceView(
        exports=[ExportView.model_validate(one) for one in exports[:MOST_SHOWN]],
        same=found.same,
        new=len(found.new),
        changed=len(found.changed),
        gone=len(found.gone),
        changes=[
            ChangeView(number=one.number, what=what, path=one.path, amount=_debits(one))
            for what, one in changes[:MOST_SHOWN]
        ],
    )


def _debits(entry: entries.Entry) -> Money:
    total = sum((leg.amount for leg in entry.legs if leg.amount > 0), Decimal(0))
    return _money(total, entry.currency)


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
                amount=_debits(entry),
            )
            for entry in sorted(made, key=lambda one: (one.day, one.number), reverse=True)[
                :MOST_SHOWN
            ]
        ],
        since=None,
    )


def _money(amount: Decimal, currency: str) -> Money:
    return Money(amount=amount, currency=currency)
