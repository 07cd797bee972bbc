"""Alerts: what is so now is told once, where people are, in their words; failures are seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import select

from app import jobs
from app.connections import Connection
from app.db import transaction
from app.inventory import discrepancies, kinds
from app.inventory.discrepancies import EVERYTHING, Finding
from app.overview.alerts import addresses, noticing, words
from app.overview.alerts.kinds import KINDS
from app.overview.alerts.tables import AlertAddress
from tests.support.hook import Hook, open_hook
from tests.support.mailbox import Mailbox, open_mailbox
from tests.support.screen import Screen, open_screen
from tests.vendor.matched import Books, open_books

DOMAIN = "alerts.myshopify.com"
KIND = "underpaid"


@pytest.fixture
def books(database: str) -> Books:
    return open_books(DOMAIN)


@pytest.fixture
def screen(books: Books, queue: str, set_settings: Callable[..., None]) -> Screen:
    set_settings(ALERTS_TO_PRIVATE_ADDRESSES="true")
    return open_screen(books.shop_id, DOMAIN, set_settings)


@pytest.fixture
def hook() -> Iterator[Hook]:
    with open_hook() as found:
        yield found


@pytest.fixture
def mailbox(set_settings: Callable[..., None]) -> Iterator[Mailbox]:
    with open_mailbox() as found:
        set_settings(SMTP_URL=found.url, MAIL_FROM="Holdfast <alerts@holdfast.example>")
        yield found


def keep(screen: Screen, kind: str, address: str, **how: Any) -> int:
    body = {"name": "Finance", "kind": kind, "address": address, **how}
    return int(screen.ask("/alert-addresses", 201, "POST", body)["addresses"][-1]["id"])


def rule(screen: Screen, address_id: int, kind: str, **thresholds: Any) -> None:
    body = {"address_id": address_id, "kind": kind, **thresholds}
    screen.ask("/alert-rules", 201, "POST", body)


def disagree(books: Books, **amounts: str) -> None:
    """Standing disagreements by reference, in dollars; what is left out is over."""
    found = [
        Finding(
            KIND,
            f"na:{name}",
            {"region": "na", "number": name},
            units=None,
            amount=Decimal(amount),
            currency="USD",
            deadline=datetime.now(UTC) + timedelta(days=5),
        )
        for name, amount in amounts.items()
    ]
    with transaction(books.shop_id) as session:
        discrepancies.restate(session, [KIND], EVERYTHING, found)


def work(books: Books) -> None:
    for job in ("alerts", "alerts_out", "email_out"):
        jobs.do(job, books.shop_id)


def test_a_new_discrepancy_over_the_amount_is_told_once_with_the_address_of_its_screen(
    books: Books, screen: Screen, hook: Hook
) -> None:
    disagree(books, OLD="900")
    rule(
        screen,
        keep(screen, "webhook", hook.url),
        "discrepancy_opened",
        at_least="100",
        currency="USD",
    )
    disagree(books, OLD="900", BIG="150.50", SMALL="99.99")
    work(books)
    work(books)
    [(path, told)] = hook.taken
    assert path == "/hook"
    assert told["title"] == f"Holdfast: 1 alert(s) for {DOMAIN}"
    assert "BIG, USD 150.50" in told["message"]
    assert f"https://{DOMAIN}/admin/apps/holdfast/discrepancies/" in told["message"]
    [shown] = screen.all("/alerts/history")
    assert (shown["message_state"], shown["kind"]) == ("done", "discrepancy_opened")
    assert "BIG" in shown["text"]


def test_what_opens_again_is_told_again(books: Books, screen: Screen, hook: Hook) -> None:
    rule(screen, keep(screen, "webhook", hook.url), "discrepancy_opened")
    disagree(books, ONE="10")
    work(books)
    disagree(books)
    disagree(books, ONE="10")
    work(books)
    assert len(hook.taken) == 2


def test_a_deadline_is_told_of_when_it_is_so_many_days_away_in_the_words_of_the_address(
    books: Books, screen: Screen, mailbox: Mailbox
) -> None:
    address = keep(screen, "email", "finance@brand.example", language="zh-CN")
    rule(screen, address, "deadline_near", days=4)
    disagree(books, ONE="10")
    work(books)
    assert mailbox.mails == []
    rule(screen, address, "deadline_near", days=6)
    work(books)
    [mail] = mailbox.mails
    assert mail["To"] == "finance@brand.example"
    assert mail["Subject"] == f"Holdfast：{DOMAIN} 有 1 条提醒"
    kind = kinds.find(KIND)
    assert (
        kind is not None and f"截止（{kind.words['zh-CN']}）：ONE, USD 10.00" in mail.get_content()
    )


def test_money_overdue_and_a_connection_that_fails_are_told_of(
    books: Books, screen: Screen, hook: Hook
) -> None:
    books.order("P1", (1, "80"))
    books.move("P1", "1", 1, 1)
    books.bill("INV-1", ("P1", "1", 1, "80"), due_at=datetime.now(UTC) - timedelta(days=9))
    books.match()
    with transaction(books.shop_id) as session:
        for one in session.exec(select(Connection).where(Connection.channel == "amazon")):
            one.error, one.last_good_at = "No answer.", datetime.now(UTC) - timedelta(hours=2)
    address = keep(screen, "webhook", hook.url)
    rule(screen, address, "cash_overdue", days=8)
    rule(screen, address, "connection_failing")
    work(books)
    [(_, told)] = hook.taken
    assert "Invoice INV-1 is overdue since" in told["message"]
    assert "USD 80.00" in told["message"]
    assert "does not work: No answer." in told["message"]


def test_every_kind_can_be_asked_of_a_shop_with_nothing_and_has_words_in_both_languages(
    books: Books, screen: Screen, hook: Hook
) -> None:
    address = keep(screen, "webhook", hook.url)
    for name in KINDS:
        rule(screen, address, name)
        assert set(words.LINES[name]) == {"en", "zh-CN"}
    work(books)
    assert hook.taken == []


def test_a_digest_waits_for_its_hour_and_leaves_out_what_is_over(
    books: Books, screen: Screen, hook: Hook
) -> None:
    address = keep(screen, "webhook", hook.url, rhythm="daily", hour=8)
    rule(screen, address, "discrepancy_opened")
    disagree(books, ONE="10", TWO="20")
    work(books)
    disagree(books, TWO="20")
    work(books)
    assert hook.taken == []
    with transaction(books.shop_id) as session:
        session.get_one(AlertAddress, (books.shop_id, address)).digested_at -= timedelta(days=1)
    work(books)
    work(books)
    [(_, told)] = hook.taken
    assert told["title"] == f"Holdfast: what happened in {DOMAIN} (1)"
    assert "TWO" in told["message"] and "ONE" not in told["message"]


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
    hour=st.integers(0, 23),
    weekday=st.integers(0, 6),
    rhythm=st.sampled_from(["daily", "weekly"]),
    zone=st.sampled_from(["UTC", "Asia/Shanghai", "America/Los_Angeles"]),
)
def test_the_time_of_a_digest_is_the_latest_that_has_come_in_the_shops_own_zone(
    now: datetime, hour: int, weekday: int, rhythm: str, zone: str
) -> None:
    own, moment = ZoneInfo(zone), now.replace(tzinfo=UTC)
    slot = noticing.last_slot(rhythm, hour, weekday, moment, own)
    following = noticing.next_slot(rhythm, hour, weekday, moment, own)
    assert slot.replace(tzinfo=None) <= moment.astimezone(own).replace(tzinfo=None)
    assert moment.astimezone(own).replace(tzinfo=None) < following.replace(tzinfo=None)
    assert (slot.hour, following.hour) == (hour, hour)
    if rhythm == "weekly":
        assert slot.weekday() == weekday


def test_a_refusal_is_tried_again_and_shown(books: Books, screen: Screen, hook: Hook) -> None:
    address = keep(screen, "webhook", hook.url)
    hook.answering = 500
    screen.ask(f"/alert-addresses/{address}/test", 202, "POST")
    work(books)
    [kept] = screen.ask("/alerts")["addresses"]
    assert (kept["newest"]["state"], kept["newest"]["attempts"]) == ("waiting", 1)
    assert "500" in kept["newest"]["error"]
    hook.answering = 200
    with transaction(books.shop_id) as session:
        session.execute(text("UPDATE message SET due_at = now() - interval '1 second'"))
    work(books)
    [(_, told)] = hook.taken
    assert told["title"] == f"Holdfast: a test for {DOMAIN}"
    assert screen.ask("/alerts")["addresses"][0]["newest"]["state"] == "done"


def test_the_query_of_a_webhook_arrives_as_it_was_typed(
    books: Books, screen: Screen, hook: Hook
) -> None:
    address = keep(screen, "webhook", f"{hook.url}?token=a%26b&method=GET")
    screen.ask(f"/alert-addresses/{address}/test", 202, "POST")
    work(books)
    [(path, _)] = hook.taken
    assert path == "/hook?token=a%26b&method=GET"


def test_an_address_is_sealed_and_never_shown_again(
    books: Books, screen: Screen, hook: Hook
) -> None:
    keep(screen, "email", "finance@brand.example")
    shown = str(screen.ask("/alerts"))
    assert "finance@" not in shown and "f…@brand.example" in shown
    with transaction(books.shop_id) as session:
        rows = session.execute(text("SELECT alert_address::text FROM alert_address")).scalars()
        assert "finance@" not in "".join(rows)


WRONG = (
    ("email", "nobody"),
    ("email", "a@b.example,c@d.example"),
    ("slack", "https://example.com/services/T/B/X"),
    ("webhook", "http://example.com/hook"),
    ("webhook", "https://127.0.0.1/hook"),
    ("webhook", "https://169.254.169.254/latest"),
    ("webhook", "https://[::1"),
    ("webhook", "file:///etc/passwd"),
    ("other", "syslog://localhost"),
    ("other", "json://127.0.0.1/hook"),
    ("other", "discord://"),
)


def test_an_address_that_leads_nowhere_or_into_our_network_is_refused(
    screen: Screen, set_settings: Callable[..., None]
) -> None:
    set_settings(ALERTS_TO_PRIVATE_ADDRESSES="false")
    for kind, address in WRONG:
        body = {"name": "x", "kind": kind, "address": address}
        problem = screen.ask("/alert-addresses", 422, "POST", body)
        assert problem["code"] == "bad_address", address
        assert problem["errors"][0]["field"] == "address"


def test_a_name_that_leads_into_a_private_network_is_not_told(
    books: Books, screen: Screen, hook: Hook, set_settings: Callable[..., None]
) -> None:
    address = keep(screen, "webhook", hook.url)
    set_settings(ALERTS_TO_PRIVATE_ADDRESSES="false")
    screen.ask(f"/alert-addresses/{address}/test", 202, "POST")
    work(books)
    newest = screen.ask("/alerts")["addresses"][0]["newest"]
    assert (newest["state"], hook.taken) == ("dead", [])
    assert "private network" in newest["error"]


def test_the_services_people_use_are_known(screen: Screen) -> None:
    slack = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    keep(screen, "slack", slack)
    for address in (
        "discord://123456789012345678/abcdefghijklmnop",
        "tgram://123456789:abcdefg_hijklmnop/12315544/",
        "dingtalk://abcdefghijklmnop/",
    ):
        keep(screen, "other", address)


def test_a_rule_with_a_threshold_that_its_kind_does_not_have_is_refused(
    screen: Screen, hook: Hook
) -> None:
    address = keep(screen, "webhook", hook.url)
    wrong = {"address_id": address, "kind": "collision_open", "days": 3}
    assert screen.ask("/alert-rules", 422, "POST", wrong)["code"] == "invalid_input"
    missing = {"address_id": address + 1, "kind": "collision_open"}
    assert screen.ask("/alert-rules", 404, "POST", missing)["code"] == "not_found"


def test_an_address_that_is_taken_away_is_not_told_any_more(
    books: Books, screen: Screen, hook: Hook
) -> None:
    address = keep(screen, "webhook", hook.url)
    rule(screen, address, "discrepancy_opened")
    disagree(books, ONE="10")
    jobs.do("alerts", books.shop_id)
    left = screen.ask(f"/alert-addresses/{address}", 200, "DELETE")
    assert (left["addresses"], left["rules"]) == ([], [])
    work(books)
    assert hook.taken == []


def test_every_service_that_is_offered_is_one_that_the_library_knows() -> None:
    known = {
        scheme
        for one in addresses.apprise.Apprise().details()["schemas"]
        for scheme in (one["protocols"] or ()) + (one["secure_protocols"] or ())
    }
    assert set(addresses.OTHERS) - known == set()
