"""Which reports are asked for, of which periods, and when: dated rules, as data.

The rows that ship with Holdfast stand in `kinds.toml`. An installation names a file of the same
shape in the setting AMAZON_REPORTS; its rows stand in place of ours of the same name.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AfterValidator, BeforeValidator, model_validator

from app.vendor.dated import DatedTable, Row
from app.vendor.reports.shapes import SHAPES

DAY = timedelta(days=1)
# The real-time sales report states its amounts in the currency that is asked for.
CURRENCIES = {
    **{name: "EUR" for name in ("DE", "FR", "IT", "ES", "NL", "BE", "IE")},
    **{"US": "USD", "CA": "CAD", "MX": "MXN", "BR": "BRL", "UK": "GBP", "SE": "SEK", "PL": "PLN"},
    **{"TR": "TRY", "AE": "AED", "SA": "SAR", "EG": "EGP", "ZA": "ZAR", "IN": "INR", "JP": "JPY"},
    **{"AU": "AUD", "SG": "SGD"},
}


class Period(NamedTuple):
    """What one report covers: from `starts_at` up to, not including, `ends_at`."""

    starts_at: datetime
    ends_at: datetime


def _hours(value: object) -> timedelta:
    if type(value) is not int:
        raise ValueError("must be a whole number of hours")
    return timedelta(hours=value)


def _known(value: str) -> str:
    if value not in SHAPES:
        raise ValueError(f"must be one of {', '.join(SHAPES)}")
    return value


Hours = Annotated[timedelta, BeforeValidator(_hours)]


class Kind(Row):
    """One row: what is asked of Amazon, how often, within which limits, and who says so."""

    name: str
    type: Annotated[str, AfterValidator(_known)]
    period: Literal["WEEK", "DAY", "HOURS", "LATEST"]
    hours: int = 0
    options: dict[str, str]
    ready_after: Hours
    keep: int
    hangs_after: Hours
    reach: Hours
    asks: int
    verified: bool

    @model_validator(mode="after")
    def _parts_of_a_day(self) -> Self:
        if self.period == "HOURS" and (self.hours < 1 or 24 % self.hours):
            raise ValueError("hours must be a part of a day: 1, 2, 3, 4, 6, 8, 12 or 24")
        return self

    @property
    def length(self) -> timedelta:
        """How long one period is."""
        if self.period == "HOURS":
            return timedelta(hours=self.hours)
        return timedelta(days=7) if self.period == "WEEK" else DAY

    @property
    def is_latest_only(self) -> bool:
        """Whether Amazon gives only what it has published last."""
        return self.period == "LATEST"

    def latest(self, now: datetime) -> Period:
        """The newest period that Amazon should have a report of at this moment."""
        if self.is_latest_only:
            start = _midnight(now)
            return Period(start, start + DAY)
        end = self._edge(now - self.ready_after)
        return Period(end - self.length, end)

    def periods(self, now: datetime) -> Iterator[Period]:
        """The periods that belong to the books at this moment, the newest first."""
        newest = self.latest(now)
        for number in range(1 if self.is_latest_only else self.keep):
            back = number * self.length
            yield Period(newest.starts_at - back, newest.ends_at - back)

    def next_at(self, now: datetime) -> datetime:
        """When the next period's report should be there."""
        newest = self.latest(now)
        return newest.ends_at + self.length * (not self.is_latest_only) + self.ready_after

    def can_be_asked(self, period: Period, now: datetime) -> bool:
        """Whether Amazon would still, and already, make a report of this period."""
        if self.is_latest_only:
            return period == self.latest(now)
        return (
            period.ends_at - period.starts_at == self.length
            and self._edge(period.ends_at) == period.ends_at
            and period.ends_at + self.ready_after <= now
            and now - period.starts_at < self.reach
        )

    def asked_options(self, marketplace: str) -> dict[str, str]:
        """The report's options, for this marketplace."""
        if self.type == "GET_VENDOR_REAL_TIME_SALES_REPORT":
            return {"currencyCode": CURRENCIES[marketplace]}
        return self.options

    def _edge(self, moment: datetime) -> datetime:
        """The last end of a period that is not after this moment."""
        midnight = _midnight(moment)
        if self.period == "HOURS":
            return midnight + (moment - midnight) // self.length * self.length
        if self.period == "WEEK":
            return midnight - (midnight.weekday() + 1) % 7 * DAY
        return midnight


TABLE = DatedTable(
    Path(__file__).with_name("kinds.toml"), "report", Kind, "amazon_reports", closed=False
)


def kinds_of(day: date) -> dict[str, Kind]:
    """The kinds that are asked for on a day, by name, in the order of their use."""
    shipped = [one.name for one in TABLE.read(TABLE.file)]
    found = {one.name: one for one in TABLE.rows() if one.is_in_force(day)}
    return {name: found[name] for name in (*shipped, *(found.keys() - shipped)) if name in found}


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
