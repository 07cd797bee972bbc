"""Which periods are asked for, and when: aligned as Amazon wants them, never before they are over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.vendor.dated import TableWrong
from app.vendor.reports.kinds import TABLE, Period

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))
ALL = {one.name: one for one in TABLE.rows()}


@given(now=MOMENTS, name=st.sampled_from(sorted(ALL)))
def test_every_period_is_over_ready_and_next_to_its_neighbour(now: datetime, name: str) -> None:
    kind = ALL[name]
    periods = list(kind.periods(now))
    assert all(kind.can_be_asked(one, now) for one in periods)
    assert all(
        later.starts_at == one.ends_at for later, one in zip(periods, periods[1:], strict=False)
    )
    assert now < kind.next_at(now) <= now + kind.length + kind.ready_after
    assert kind.is_latest_only or periods[0].ends_at + kind.ready_after <= now


@given(now=MOMENTS)
def test_weeks_run_from_sunday_to_saturday(now: datetime) -> None:
    period = ALL["sales"].latest(now)
    assert period.starts_at.strftime("%a") == "Sun"
    assert period.ends_at - period.starts_at == timedelta(days=7)


@given(now=MOMENTS)
def test_real_time_windows_stay_within_amazons_reach(now: datetime) -> None:
    for period in ALL["real_time_inventory"].periods(now):
        assert now - period.starts_at <= timedelta(hours=168)
        assert period.ends_at - period.starts_at <= timedelta(hours=24)
        assert now - period.ends_at >= timedelta(minutes=60)


def test_a_period_that_does_not_align_or_is_too_old_cannot_be_asked_for() -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    week, hours = ALL["sales"], ALL["real_time_sales"]
    newest = week.latest(now)
    moved = Period(newest.starts_at - timedelta(days=1), newest.ends_at - timedelta(days=1))
    assert not week.can_be_asked(moved, now)
    late = timedelta(days=8)
    latest = hours.latest(now)
    assert not hours.can_be_asked(Period(latest.starts_at - late, latest.ends_at - late), now)
    assert not ALL["forecast"].can_be_asked(ALL["forecast"].latest(now - timedelta(days=1)), now)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('period = "WEEK"', 'period = "FORTNIGHT"', "period input should be"),
        ("GET_VENDOR_TRAFFIC_REPORT", "GET_VENDOR_DREAM_REPORT", "must be one of"),
        ("hours = 6", "hours = 7", "part of a day"),
        ("ready_after = 72", "", "ready_after is missing"),
        ("from = 2024-01-01", 'from = "soon"', "from input should be a valid date"),
        ("verified = false", "verified =", "Invalid"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(
    tmp_path: Path, before: str, after: str, says: str
) -> None:
    file = tmp_path / "reports.toml"
    file.write_text(TABLE.file.read_text().replace(before, after))
    with pytest.raises(TableWrong, match=says):
        TABLE.read(file)


def test_an_installations_own_row_stands_in_place_of_ours(
    tmp_path: Path, set_settings: Callable[..., None]
) -> None:
    own = TABLE.file.read_text().split("[[report]]")[1].replace("keep = 8", "keep = 2")
    file = tmp_path / "reports.toml"
    file.write_text("[[report]]" + own)
    set_settings(AMAZON_REPORTS=str(file))
    found = {one.name: one for one in TABLE.rows()}
    assert found["sales"].keep == 2
    assert set(found) == set(ALL)
