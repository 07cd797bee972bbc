"""A connection says what it can use, what it has seen, and what will stop it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from app.commands.doctor import BAD, NOTE, examine
from app.connections import locked
from app.db import run, transaction
from app.vendor import terms
from app.vendor.limits import limiter
from app.vendor.self_test import asking
from app.vendor.self_test.tables import Capability
from app.vendor.self_test.warnings import warnings
from app.vendor.tokens import tokens
from tests.support.screen import open_screen
from tests.vendor.amazon import CLIENT_SECRET
from tests.vendor.brand import MUG, VendorBrand

NOW = datetime.now(UTC)


def self_tested(brand: VendorBrand) -> dict[str, Capability]:
    asking.self_test(brand.shop_id)
    return {one.name: one for one in run(asking.capabilities, brand.shop_id)}


def test_every_part_that_can_be_asked_without_sending_anything_is_asked(brand: VendorBrand) -> None:
    found = self_tested(brand)
    assert set(found) == set(asking.CAPABILITIES)
    states = {name: one.state for name, one in found.items()}
    assert states.pop("invoices") == "unasked"  # none was sent yet
    assert set(states.values()) == {"good"}
    assert all(one.last_good_at is not None for name, one in found.items() if name in states)


def test_a_missing_role_is_told_apart_from_a_consent_that_has_ended(brand: VendorBrand) -> None:
    brand.amazon.fail("forbidden", "getInvoiceHeaders", times=5)
    found = self_tested(brand)
    assert found["finance_invoices"].state == "role_missing"
    assert "403" in (found["finance_invoices"].said or "")
    assert found["orders"].state == "good"
    assert [
        (one.kind, one.connection_name, one.capability)
        for one in run(warnings, brand.shop_id, datetime.now(UTC))
    ] == [("role_missing", brand.connection().name, "finance_invoices")]

    brand.amazon.mend()
    brand.amazon.revoke()
    tokens._tokens.clear()
    brand.execute("UPDATE connection SET access_token = NULL, access_expires_at = NULL")
    states = {one.state for name, one in self_tested(brand).items() if name != "invoices"}
    assert states == {"consent_ended"}


def test_the_last_good_answer_stays_known_while_amazon_fails(brand: VendorBrand) -> None:
    good_at = self_tested(brand)["shipments"].last_good_at
    brand.amazon.fail("html_503", "GetShipmentDetails", times=5)
    found = self_tested(brand)["shipments"]
    assert (found.state, found.last_good_at) == ("disturbed", good_at)
    assert "503" in (found.said or "")


def test_too_many_questions_and_a_refused_secret_are_told_from_trouble_at_amazons(
    brand: VendorBrand, set_settings: Callable[..., None]
) -> None:
    brand.amazon.fail("throttle", "getReports", times=5)
    assert self_tested(brand)["reports"].state == "throttled"
    brand.amazon.mend()
    set_settings(LWA_CLIENT_SECRET="rotated-away")
    tokens._tokens.clear()
    brand.execute("UPDATE connection SET access_token = NULL, access_expires_at = NULL")
    states = {one.state for name, one in self_tested(brand).items() if name != "invoices"}
    assert states == {"secret_refused"}


def test_a_part_that_did_not_answer_is_asked_again_within_the_hour(brand: VendorBrand) -> None:
    brand.amazon.fail("html_503", "GetShipmentDetails", times=5)
    self_tested(brand)
    assert not run(asking.is_due, brand.shop_id)
    brand.execute("UPDATE capability SET asked_at = asked_at - interval '20 minutes'")
    assert run(asking.is_due, brand.shop_id)
    brand.amazon.mend()
    self_tested(brand)
    brand.execute("UPDATE capability SET asked_at = asked_at - interval '20 minutes'")
    assert not run(asking.is_due, brand.shop_id)


def test_a_connection_that_somebody_ended_is_no_fault_to_the_doctor(brand: VendorBrand) -> None:
    brand.execute("UPDATE connection SET state = 'disconnected' WHERE channel = 'amazon'")
    [ended] = [one for one in examine() if one.words.endswith(": disconnected")]
    assert ended.grade == NOTE


def test_ordinary_polling_counts_as_a_good_answer_of_what_it_reads(brand: VendorBrand) -> None:
    brand.poll()
    known = {one.name: one.state for one in run(asking.capabilities, brand.shop_id)}
    assert known == {"orders": "good", "status": "good"}


def test_a_day_without_a_self_test_makes_it_due(brand: VendorBrand) -> None:
    assert run(asking.is_due, brand.shop_id)
    self_tested(brand)
    assert not run(asking.is_due, brand.shop_id)
    brand.execute("UPDATE capability SET asked_at = asked_at - interval '25 hours'")
    assert run(asking.is_due, brand.shop_id)


@pytest.mark.parametrize(("days", "critical"), [(31, None), (29, False), (5, True), (-1, True)])
def test_a_consent_that_will_end_is_told_weeks_ahead(
    brand: VendorBrand, days: int, critical: bool | None
) -> None:
    with transaction(brand.shop_id) as session:
        row = locked(session, brand.connection_id)
        row.refresh_expires_at = NOW + timedelta(days=days)
        session.add(row)
    found = run(warnings, brand.shop_id, NOW)
    expected = [] if critical is None else [("consent_ends", critical)]
    assert [(one.kind, one.is_critical) for one in found] == expected


def test_a_secret_that_will_end_is_told_weeks_ahead(
    brand: VendorBrand, set_settings: Callable[..., None]
) -> None:
    issued_on = (NOW - timedelta(days=160)).date()
    set_settings(LWA_CLIENT_SECRET_ISSUED_ON=issued_on.isoformat())
    [found] = run(warnings, brand.shop_id, NOW)
    assert (found.kind, found.is_critical) == ("secret_ends", False)
    assert found.by is not None and found.by.date() == issued_on + timedelta(days=180)


@pytest.fixture
def rotated(brand: VendorBrand) -> Iterator[Callable[..., None]]:
    def rotate(*secrets: str) -> None:
        brand.amazon._post("client-secrets", secrets=list(secrets))
        tokens._tokens.clear()
        brand.execute("UPDATE connection SET access_token = NULL, access_expires_at = NULL")

    yield rotate
    rotate(CLIENT_SECRET)


def test_either_secret_is_good_while_one_is_being_replaced(
    brand: VendorBrand, rotated: Callable[..., None], set_settings: Callable[..., None]
) -> None:
    set_settings(LWA_CLIENT_SECRET="the-new-one", LWA_CLIENT_SECRET_PREVIOUS=CLIENT_SECRET)
    rotated(CLIENT_SECRET)  # Amazon does not know the new one yet
    assert self_tested(brand)["orders"].state == "good"
    rotated("the-new-one")  # and no longer knows the old one
    assert self_tested(brand)["orders"].state == "good"
    rotated("another")
    found = self_tested(brand)["orders"]
    assert found.state == "secret_refused" and "invalid_client" in (found.said or "")


def test_rates_and_reaches_are_data_that_an_installation_replaces(
    brand: VendorBrand, set_settings: Callable[..., None], tmp_path: Path
) -> None:
    own = tmp_path / "amazon.toml"
    own.write_text(
        '[[limit]]\nname = "orders"\nregion = "na"\nrate = "2"\nburst = 4\nfrom = 2026-01-01\n'
        'source = "our usage plan"\nverified = true\n'
        '[[term]]\nname = "window_days"\nregion = "all"\nvalue = 3\nfrom = 2026-01-01\n'
        'source = "Amazon, changed"\nverified = true\n'
    )
    set_settings(AMAZON_TERMS=str(own))
    assert float(terms.limit_of("orders", "na").rate) == 2
    assert float(terms.limit_of("orders", "eu").rate) == 10
    limiter._buckets.clear()
    before = brand.amazon.calls("getPurchaseOrders")
    brand.poll()
    # Created orders of fourteen days and changed ones of three, in windows of three days.
    assert brand.amazon.calls("getPurchaseOrders") - before >= 6


class TestCoverage:
    """Every order from … to …, and the gaps."""

    def test_nothing_is_claimed_before_the_first_window(self, brand: VendorBrand) -> None:
        assert brand.coverage() is None

    def test_it_is_whole_after_a_good_poll(self, brand: VendorBrand) -> None:
        brand.amazon.place(MUG | {"amount": 1})
        brand.poll()
        seen = brand.coverage()
        assert seen is not None
        assert (seen.gaps, seen.orders, seen.unreadable, seen.back_filled) == ([], 1, 0, 1.0)
        assert seen.seen_from <= NOW - timedelta(days=13)

    def test_an_order_that_its_window_did_not_show_opens_a_gap_that_is_swept_again(
        self, brand: VendorBrand
    ) -> None:
        brand.poll()
        placed_at = NOW - timedelta(days=5)
        brand.amazon.place(MUG | {"amount": 1}, ordered_at=placed_at)
        brand.execute(
            "UPDATE poll_window SET covered = covered - tstzmultirange("
            " tstzrange(now() - interval '6 days', now() - interval '4 days'))"
            " WHERE kind = 'created'"
        )
        seen = brand.coverage()
        assert seen is not None
        [gap] = seen.gaps
        assert gap.start < placed_at < gap.end
        brand.poll()
        seen = brand.coverage()
        assert seen is not None
        assert (seen.gaps, seen.orders) == ([], 1)

    def test_a_status_that_names_an_unseen_order_has_its_hour_swept_again_at_once(
        self, brand: VendorBrand
    ) -> None:
        brand.poll()
        number = brand.amazon.place(MUG | {"amount": 1}, ordered_at=NOW - timedelta(days=9))
        brand.amazon.receive(number, "1", 1)
        before = brand.amazon.calls("getPurchaseOrders")
        brand.poll()
        assert brand.amazon.calls("getPurchaseOrders") - before == 3  # created, changed, the hour
        seen = brand.coverage()
        assert seen is not None
        assert (seen.gaps, seen.orders) == ([], 1)

    def test_a_window_that_fails_is_asked_for_in_parts_and_then_as_before(
        self, brand: VendorBrand
    ) -> None:
        brand.amazon.fail("html_503", "getPurchaseOrders", times=1)
        brand.poll()
        width = "SELECT width_seconds FROM poll_window WHERE kind = 'created'"
        assert brand.value(width) < 3.5 * 86_400
        brand.poll()
        assert brand.value(width) == 7 * 86_400
        seen = brand.coverage()
        assert seen is not None and seen.gaps == []


def test_the_screen_reads_a_connection_whole_and_asks_for_a_self_test(
    brand: VendorBrand, set_settings: Callable[..., None]
) -> None:
    brand.poll()
    self_tested(brand)
    domain = brand.value("SELECT domain FROM shop WHERE shop_id = :id", id=brand.shop_id)
    screen = open_screen(brand.shop_id, domain, set_settings)
    detail = screen.ask(f"/connections/{brand.connection_id}")
    by_name = {one["name"]: one for one in detail["capabilities"]}
    assert by_name["shipments"]["roles"] == ["Amazon Fulfillment"]
    assert by_name["finance_invoices"]["roles_published"] is False
    assert detail["coverage"]["gaps"] == []
    screen.ask(f"/connections/{brand.connection_id}/self-test", 202, "POST")
    screen.ask("/connections/999999", 404)
    assert screen.ask("/home")["connection_warnings"] == []


def test_the_doctor_names_each_part_and_what_to_do(brand: VendorBrand) -> None:
    brand.amazon.fail("forbidden", "getRemittanceHeaders", times=5)
    brand.poll()
    self_tested(brand)
    with transaction(brand.shop_id) as session:
        domain = session.execute(text("SELECT domain FROM shop")).scalar_one()
    told = {one.words: one.grade for one in examine() if one.subject == domain}
    [refused] = [words for words in told if ", remittances:" in words]
    assert told[refused] == BAD and "needed: Amazon Fulfillment" in refused
    [unsent] = [words for words in told if ", invoices:" in words]
    assert told[unsent] == NOTE
    assert any("0 gaps" in words for words in told)


def test_a_client_without_any_secret_says_which_setting_is_missing(
    brand: VendorBrand, set_settings: Callable[..., None]
) -> None:
    set_settings(LWA_CLIENT_SECRET="")
    tokens._tokens.clear()
    brand.execute("UPDATE connection SET access_token = NULL, access_expires_at = NULL")
    assert "LWA_CLIENT_SECRET" in (self_tested(brand)["orders"].said or "")
