"""Scheduled exports: made once for each time, mailed, kept in a list, in the shop's own zone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from app import jobs
from app.db import transaction
from app.overview.scheduled import working
from app.overview.scheduled.tables import ExportSchedule
from tests.support.mailbox import Mailbox, open_mailbox
from tests.support.screen import Screen, open_screen
from tests.vendor.matched import Books, open_books

DOMAIN = "scheduled.myshopify.com"
WEEKLY = {
    "name": "Orders for finance",
    "table": "purchase-orders",
    "filters": {"search": "4"},
    "format": "csv",
    "rhythm": "weekly",
}


@pytest.fixture
def books(database: str) -> Books:
    found = open_books(DOMAIN)
    for number in ("4AAA", "5BBB"):
        found.order(number, (4, "2.50"))
    return found


@pytest.fixture
def screen(books: Books, queue: str, set_settings: Callable[..., None]) -> Screen:
    return open_screen(books.shop_id, DOMAIN, set_settings)


@pytest.fixture
def mailbox(set_settings: Callable[..., None]) -> Iterator[Mailbox]:
    with open_mailbox() as found:
        set_settings(SMTP_URL=found.url, MAIL_FROM="Holdfast <exports@holdfast.example>")
        yield found


def work(books: Books) -> None:
    for job in ("exports", "email_out"):
        jobs.do(job, books.shop_id)


def come_due(books: Books) -> None:
    with transaction(books.shop_id) as session:
        session.execute(text("UPDATE export_schedule SET next_at = now() - interval '3 days'"))


def test_a_schedule_makes_one_file_with_its_filters_and_mails_it(
    books: Books, screen: Screen, mailbox: Mailbox
) -> None:
    address = {"name": "Finance", "kind": "email", "address": "finance@brand.example"}
    [kept] = screen.ask("/alert-addresses", 201, "POST", address)["addresses"]
    screen.ask("/export-schedules", 201, "POST", {**WEEKLY, "address_id": kept["id"]})
    work(books)
    assert screen.all("/exported-files") == []
    come_due(books)
    work(books)
    work(books)
    [file] = screen.all("/exported-files")
    content = screen.download(f"/exported-files/{file['file_id']}/content")
    assert b"4AAA" in content and b"5BBB" not in content
    [mail] = mailbox.mails
    [attached] = list(mail.iter_attachments())
    assert mail["To"] == "finance@brand.example"
    assert (attached.get_filename(), attached.get_content()) == (file["name"], content.decode())
    assert file["mail_state"] == "done"
    [schedule] = screen.ask("/export-schedules")["data"]
    assert schedule["next_at"] > datetime.now(UTC).isoformat() > schedule["last_at"]


def test_a_schedule_is_changed_and_its_next_time_is_counted_anew(
    books: Books, screen: Screen
) -> None:
    [kept] = screen.ask("/export-schedules", 201, "POST", WEEKLY)["data"]
    other = WEEKLY | {"name": "Every day", "rhythm": "daily", "hour": 3, "filters": {}}
    [changed] = screen.ask(f"/export-schedules/{kept['id']}", 200, "PUT", other)["data"]
    assert (changed["name"], changed["rhythm"], changed["filters"]) == ("Every day", "daily", {})
    assert changed["next_at"] != kept["next_at"] and changed["making_since"] is None
    come_due(books)
    work(books)
    [file] = screen.all("/exported-files")
    assert file["schedule"] == "Every day"


def test_without_an_address_a_file_only_comes_into_the_list_when_asked_for(
    books: Books, screen: Screen, mailbox: Mailbox
) -> None:
    [schedule] = screen.ask("/export-schedules", 201, "POST", WEEKLY | {"format": "xlsx"})["data"]
    screen.ask(f"/export-schedules/{schedule['id']}/run", 202, "POST")
    work(books)
    [file] = screen.all("/exported-files")
    assert file["name"].endswith(".xlsx")
    assert (file["mail_state"], mailbox.mails) == (None, [])
    assert screen.ask(f"/export-schedules/{schedule['id']}", 200, "DELETE")["data"] == []
    assert screen.all("/exported-files") == []


def test_what_cannot_be_made_is_said_and_tried_again_at_its_next_time(
    books: Books, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen.ask("/export-schedules", 201, "POST", WEEKLY)
    monkeypatch.setattr(working, "LARGEST", 10)
    come_due(books)
    work(books)
    [schedule] = screen.ask("/export-schedules")["data"]
    assert "narrow its filters" in schedule["error"]
    assert schedule["next_at"] > datetime.now(UTC).isoformat()
    monkeypatch.undo()


def test_a_schedule_that_could_never_be_made_is_refused(screen: Screen) -> None:
    for wrong, status, code in (
        ({"table": "secrets"}, 404, "not_found"),
        ({"filters": {"stat": "New"}}, 422, "unknown_filter"),
        ({"filters": {"state": "Old"}}, 422, "invalid_input"),
        ({"address_id": 99}, 404, "not_found"),
    ):
        assert screen.ask("/export-schedules", status, "POST", WEEKLY | wrong)["code"] == code
    hook = {"name": "x", "kind": "webhook", "address": "https://example.com/hook"}
    [kept] = screen.ask("/alert-addresses", 201, "POST", hook)["addresses"]
    refused = screen.ask("/export-schedules", 422, "POST", WEEKLY | {"address_id": kept["id"]})
    assert refused["code"] == "not_email"


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),
    hour=st.integers(0, 23),
    day=st.integers(1, 28),
    zone=st.sampled_from(["UTC", "Asia/Shanghai", "America/Los_Angeles"]),
)
def test_a_monthly_one_comes_on_its_day_and_hour_of_the_shops_zone_within_a_month(
    now: datetime, hour: int, day: int, zone: str
) -> None:
    own, moment = ZoneInfo(zone), now.replace(tzinfo=UTC)
    schedule = ExportSchedule(
        shop_id=1,
        name="x",
        table_name="items",
        format="csv",
        rhythm="monthly",
        hour=hour,
        day=day,
        next_at=moment,
        made_by="user:1",
    )
    following = working.next_time(schedule, moment, own)
    local = moment.astimezone(own)
    assert (following.day, following.hour, following.minute) == (day, hour, 0)
    ahead = following.replace(tzinfo=None) - local.replace(tzinfo=None)
    assert timedelta() < ahead <= timedelta(days=31)
