"""Totals agree to the cent, whatever the lines, the basis, the rate and the currency."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as some

from app.vendor.invoice_amounts import Costing, amounts, rounded, totals

COSTS = some.decimals(min_value="0.0001", max_value="99999", places=4)
LINES = some.lists(
    some.tuples(some.integers(1, 10_000), COSTS, some.integers(1, 144)), min_size=1, max_size=40
)
RATES = some.sampled_from(["0", "0.05", "0.077", "0.19", "0.20", "0.25"]).map(Decimal)
CURRENCIES = some.sampled_from(["USD", "EUR", "GBP", "JPY"])
BASES = some.sampled_from(["each", "case"])


@given(LINES, RATES, CURRENCIES, BASES, some.booleans())
def test_header_and_lines_agree_to_the_cent(
    lines: list[tuple[int, Decimal, int]],
    rate: Decimal,
    currency: str,
    basis: str,
    tax_in_total: bool,
) -> None:
    made = [
        amounts(Costing(size, basis, currency).amount(cost, units), rate, currency)
        for units, cost, size in lines
    ]
    whole = totals(made, tax_in_total=tax_in_total)
    assert whole.items == sum(one.amount for one in made)
    assert whole.tax == sum(one.tax for one in made)
    assert whole.total == whole.items + (whole.tax if tax_in_total else 0)
    for value in (whole.items, whole.tax, whole.total):
        assert rounded(value, currency) == value


@given(COSTS, some.integers(1, 10_000), some.integers(1, 144), CURRENCIES, BASES)
def test_a_line_is_what_its_sent_numbers_multiply_to(
    cost: Decimal, units: int, size: int, currency: str, basis: str
) -> None:
    costing = Costing(size, basis, currency)
    sent_in_cases = basis == "case" and costing.in_cases(units)
    times = units // size if sent_in_cases else units
    assert costing.amount(cost, units) == rounded(costing.net_cost(cost, units) * times, currency)


@given(COSTS, some.integers(1, 500), some.integers(2, 144))
def test_whole_cases_cost_what_their_cases_cost(cost: Decimal, cases: int, size: int) -> None:
    by_case = Costing(size, "case", "USD").amount(cost, cases * size)
    assert by_case == rounded(cost * cases, "USD")
    assert Costing(size, "each", "USD").amount(cost, cases * size) == rounded(
        cost * cases * size, "USD"
    )


def test_halves_are_rounded_away_from_zero() -> None:
    assert rounded(Decimal("0.005"), "USD") == Decimal("0.01")
    assert rounded(Decimal("2.675"), "EUR") == Decimal("2.68")
    assert rounded(Decimal("2.5"), "JPY") == Decimal("3")
