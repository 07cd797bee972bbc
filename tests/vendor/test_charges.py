"""Amazon's charges: a dated table whose rows say their source, and which anybody may put right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from app import create_app
from app.vendor import charges
from app.vendor.dated import TableWrong

OWN = """
[[charge]]
name = "not_filled"
rate = "0.10"
base = "cost"
region = "eu"
from = 2026-01-01
until = 2026-06-30
source = "our own agreement"
verified = true
"""


def test_every_shipped_row_names_its_source_and_overlaps_no_other() -> None:
    rows = charges.TABLE.rows()
    assert len(rows) >= 4
    for row in rows:
        assert row.source and row.trigger and 0 < row.rate <= 1
    for region in ("na", "eu", "fe"):
        for name in {row.name for row in rows}:
            for day in (date(2025, 12, 1), date(2026, 2, 26), date(2026, 2, 27), date(2027, 1, 1)):
                in_force = [one for one in rows if one.name == name and one.holds(region, day)]
                assert len(in_force) <= 1


def test_nothing_that_ships_claims_to_be_verified() -> None:
    assert not any(row.verified for row in charges.TABLE.rows())


def test_a_charge_holds_from_its_first_day_to_its_last(
    tmp_path: Path, set_settings: Callable[..., None]
) -> None:
    file = tmp_path / "charges.toml"
    file.write_text(OWN)
    set_settings(AMAZON_CHARGES=str(file))
    found = charges.charge_of("not_filled", "eu", date(2026, 6, 30))
    assert found is not None
    assert (found.rate, found.verified) == (Decimal("0.10"), True)
    assert charges.charge_of("not_filled", "eu", date(2026, 7, 1)) is None
    assert charges.charge_of("not_filled", "na", date(2026, 6, 30)) is None
    assert charges.charge_of("not_on_time", "na", date(2026, 6, 30)) is not None


@pytest.mark.parametrize(
    "broken, said",
    [
        (OWN.replace('"0.10"', "0.10"), "in quotes"),
        (OWN.replace('source = "our own agreement"', ""), "source is missing"),
        (OWN.replace('"eu"', '"mars"'), "region input should be"),
        (OWN.replace("2026-01-01", '"soon"'), "from input should be a valid date"),
        ("[[charge", "Expected"),
    ],
)
def test_a_table_that_cannot_be_read_stops_the_start_by_name(
    tmp_path: Path, set_settings: Callable[..., None], broken: str, said: str
) -> None:
    file = tmp_path / "charges.toml"
    file.write_text(broken)
    set_settings(AMAZON_CHARGES=str(file))
    with pytest.raises(TableWrong, match=said):
        charges.TABLE.rows()


def test_the_web_does_not_start_with_a_wrong_table(
    tmp_path: Path, database: str, queue: str, set_settings: Callable[..., None]
) -> None:
    file = tmp_path / "charges.toml"
    file.write_text("charge = 1")
    set_settings(
        AMAZON_CHARGES=str(file), SHOPIFY_API_KEY="the-client-id", SHOPIFY_API_SECRET="secret"
    )
    with pytest.raises(SystemExit, match="AMAZON_CHARGES"):
        create_app()
