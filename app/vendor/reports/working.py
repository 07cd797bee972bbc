"""Asking Amazon for reports and following each to its end. May run twice, and may die half-way.

A row says `asking` before the question leaves. Whoever finds it so later, and does not know whether
Amazon took the question, looks for the report at Amazon before asking once more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlmodel import Session, select

from app.connections import Connection, connections
from app.db import database_time, run, shop_of
from app.errors import GiveUp, RetryLater
from app.vendor import access
from app.vendor.client import NotAuthorised, Throttled, UnknownOutcome, VendorClient
from app.vendor.limits import limiter
from app.vendor.marketplaces import MARKETPLACES
from app.vendor.reports import rows, states
from app.vendor.reports.documents import BadDocument, downloaded
from app.vendor.reports.kinds import TABLE, Kind, Period
from app.vendor.reports.planning import plan
from app.vendor.reports.tables import ASKING, FAILED, FATAL, WAITING, Report

log = structlog.get_logger(__name__)

PATIENCE = 1.0  # seconds that a permit is waited for; else the report is put off
SETTLES = timedelta(minutes=2)  # how long after asking a report may not be listed yet
WITHOUT_ROLE = timedelta(hours=1)
THROTTLED = timedelta(seconds=90)  # a little longer than Amazon's one question a minute
MOST_PAGES = 10
LONGEST_CAUSE = 1000
NO_REASON = "Amazon could not make it and gave no reason."
TIME_BUDGET = timedelta(seconds=60)
END_STATES = ("DONE", "CANCELLED", "FATAL")


def work(shop_id: int) -> None:
    """Plans what is missing, asks for what waits, and reads what is ready."""
    run(plan, shop_id)
    ends = database_time() + TIME_BUDGET
    for connection in run(_connected, shop_id):
        taken = run(states.take, shop_id, connection.connection_id)
        if not taken:
            continue
        try:
            with access.client(connection) as client:
                for report in taken:
                    if database_time() < ends:
                        _Step(client, connection, report).run()
        except NotAuthorised as error:
            access.note_failure(shop_id, connection.connection_id, error)


def is_due(session: Session) -> bool:
    """Whether there is anybody whose reports can be asked for."""
    return bool(_connected(session))


class _Step:
    """One look at one report."""

    def __init__(self, client: VendorClient, connection: Connection, report: Report) -> None:
        self.client, self.connection, self.report = client, connection, report
        self.shop_id, self.id = report.shop_id, report.report_id
        self.kind: Kind | None = next(
            (one for one in TABLE.rows() if one.name == report.kind), None
        )

        self.is_counted = False

    def run(self) -> None:
        if self.kind is None:
            run(states.fail, self.shop_id, self.id, "refused", "This kind is no longer asked for.")
        elif self.report.state in (WAITING, FATAL, FAILED):
            self._ask(self.kind)
        elif self.report.state == ASKING:
            self._look_for(self.kind)
        else:
            self._follow(self.kind)

    def _ask(self, kind: Kind) -> None:
        if not kind.can_be_asked(
            Period(self.report.starts_at, self.report.ends_at), database_time()
        ):
            words = "Amazon gives only its latest forecast, and this day has gone by."
            words = words if kind.is_latest_only else "Amazon no longer makes reports this old."
            return run(states.fail, self.shop_id, self.id, "gone", words)
        if not self._may("create_report"):
            return
        if self.report.amazon_id is not None:
            self._take_back(self.report.amazon_id)
        report = run(states.begin, self.shop_id, self.id)
        try:
            amazon_id = self.client.create_report(body_of(report, kind))
        except NotAuthorised as error:
            run(states.not_asked, self.shop_id, self.id, "role", error.detail, WITHOUT_ROLE)
        except Throttled as error:
            run(states.take_back, self.shop_id, self.id, error.after or THROTTLED)
        except UnknownOutcome as error:
            log.warning("report_asked_without_answer", report=self.id, error=error.detail)
            run(states.put_off, self.shop_id, self.id, SETTLES)
        except RetryLater as error:
            run(states.not_asked, self.shop_id, self.id, "unreachable", error.detail, error.after)
        except GiveUp as error:
            if error.code == "lwa_refused":  # our own access, which says nothing of the report
                return run(states.not_asked, self.shop_id, self.id, "unreachable", error.detail)
            run(states.fail, self.shop_id, self.id, "refused", error.detail)
        else:
            run(states.asked, self.shop_id, self.id, amazon_id)

    def _take_back(self, amazon_id: str) -> None:
        """Asks Amazon to forget one that hangs; whatever it says, another is asked for."""
        try:
            self.client.cancel_report(amazon_id)
        except (RetryLater, GiveUp) as error:
            log.info("report_not_taken_back", report=self.id, error=error.detail)

    def _look_for(self, kind: Kind) -> None:
        """Finds the report that may have been taken; asks again only when Amazon lists none."""
        if not self._may("reports"):
            return
        try:
            found = self._listed(kind)
        except Throttled as error:
            return self._put_off(error)
        except (RetryLater, GiveUp) as error:
            return self._look_again("unreachable", error)
        if found is not None:
            run(states.asked, self.shop_id, self.id, found)
        elif states.is_old(self.report.asked_at, SETTLES):
            words = "Amazon did not take it; it is asked for again."
            run(states.not_asked, self.shop_id, self.id, "unreachable", words, timedelta())
        else:
            run(states.put_off, self.shop_id, self.id, SETTLES)

    def _listed(self, kind: Kind) -> str | None:
        asked_at = self.report.asked_at or database_time()
        wanted = body_of(self.report, kind)
        asking: dict[str, str | int | None] = {
            "reportTypes": kind.type,
            "marketplaceIds": wanted["marketplaceIds"][0],
            "createdSince": _written(asked_at - timedelta(minutes=1)),
            "pageSize": 100,
        }
        for _page in range(MOST_PAGES):
            payload = self.client.reports(**asking).payload
            for one in payload.get("reports") or []:
                if is_same(one, wanted) and not run(_is_known, self.shop_id, str(one["reportId"])):
                    return str(one["reportId"])
            if not payload.get("nextToken"):
                return None
            asking = {"nextToken": str(payload["nextToken"])}
        return None

    def _follow(self, kind: Kind) -> None:
        if not self._may("report"):
            return
        try:
            seen = self.client.report(str(self.report.amazon_id)).payload
            status, document_id = seen["processingStatus"], seen.get("reportDocumentId")
            if status not in END_STATES:
                run(states.going_on, self.shop_id, self.id, str(status)[:20], kind)
            elif status == "CANCELLED" or (status == "DONE" and document_id is None):
                run(states.empty, self.shop_id, self.id)
            elif document_id is None:
                run(states.fatal, self.shop_id, self.id, kind, NO_REASON)
            elif self._may("report_document") and run(states.reading, self.shop_id, self.id):
                self.is_counted = True
                if status == "FATAL":
                    cause = self._cause(str(document_id))
                    run(states.fatal, self.shop_id, self.id, kind, cause)
                else:
                    self._read(kind, str(document_id))
        except Throttled as error:
            self._put_off(error)
        except BadDocument as error:
            self._look_again("document", error)
        except NotAuthorised as error:
            self._look_again("role", error)
        except RetryLater as error:
            self._look_again("unreachable", error)
        except GiveUp as error:
            if error.code == "lwa_refused":
                return self._look_again("unreachable", error)
            code = "document" if error.code == "other_report" else "refused"
            run(states.fail, self.shop_id, self.id, code, error.detail)

    def _read(self, kind: Kind, document_id: str) -> None:
        with downloaded(self.client, document_id) as parts:
            run(_store, self.shop_id, self.id, kind, document_id, parts)

    def _cause(self, document_id: str) -> str:
        """Amazon's own words for why it could not make the report."""
        try:
            with downloaded(self.client, document_id) as parts:
                told = [str(value) for name, value in parts if name == rows.ERROR_DETAILS]
        except (BadDocument, GiveUp) as error:
            return f"Amazon could not make it, and its reason cannot be read: {error.detail}"
        return " ".join(told).replace("\x00", "").strip()[:LONGEST_CAUSE] or NO_REASON

    def _look_again(self, code: str, error: RetryLater | GiveUp) -> None:
        run(states.look_again, self.shop_id, self.id, code, error.detail, self.is_counted)

    def _put_off(self, error: Throttled) -> None:
        pause = error.after or THROTTLED
        run(states.put_off, self.shop_id, self.id, pause, was_counted=self.is_counted)

    def _may(self, operation: str) -> bool:
        """Whether Amazon's rate lets us ask now; if not, the report is put off until it does."""
        pause = limiter.pause(
            self.shop_id, self.connection.connection_id, self.connection.region or "na", operation
        )
        if pause > PATIENCE:
            run(states.put_off, self.shop_id, self.id, timedelta(seconds=pause))
        return pause <= PATIENCE


def body_of(report: Report, kind: Kind) -> dict[str, Any]:
    """What createReport is told; the end is the last second that belongs to the period."""
    body: dict[str, Any] = {
        "reportType": kind.type,
        "marketplaceIds": [MARKETPLACES[report.marketplace].id],
    }
    options = kind.asked_options(report.marketplace)
    if options:
        body["reportOptions"] = dict(options)
    if not kind.is_latest_only:
        last = report.ends_at - timedelta(seconds=0 if kind.period == "HOURS" else 1)
        body |= {"dataStartTime": _written(report.starts_at), "dataEndTime": _written(last)}
    return body


def is_same(listed: Any, wanted: dict[str, Any]) -> bool:
    """Whether a report that Amazon lists covers the very same as the one that was asked for.

    The list does not show options; that they are ours is checked when the document is read.
    """
    return (
        isinstance(listed, dict)
        and listed.get("reportType") == wanted["reportType"]
        and listed.get("marketplaceIds") == wanted["marketplaceIds"]
        and all(
            _moment(listed.get(name)) == _moment(wanted.get(name))
            for name in ("dataStartTime", "dataEndTime")
            if name in wanted
        )
    )


def _store(session: Session, report_id: int, kind: Kind, document_id: str, parts: Any) -> None:
    row = states.locked(session, report_id)
    if row is None:
        return
    kept = rows.store(session, row, kind, parts)
    row.document_id = document_id
    states.good(session, row, *kept)


def _is_known(session: Session, amazon_id: str) -> bool:
    known = select(Report.report_id).where(
        Report.shop_id == shop_of(session), Report.amazon_id == amazon_id
    )
    return session.exec(known).first() is not None


def _connected(session: Session) -> list[Connection]:
    return [one for one in connections(session, "amazon") if one.state == "connected"]


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(written: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(written))
    except ValueError:
        return None
