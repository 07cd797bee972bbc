"""The sample brand's past: half a year of orders whose money adds up."""

from __future__ import annotations

import csv
import io
from collections import Counter
from decimal import Decimal

import pytest
from pypdf import PdfReader

from app.simulators.amazon import contract, past
from app.simulators.amazon.seed import seed
from app.simulators.amazon.world import FRESH, World
from app.simulators.store import Store


@pytest.fixture(scope="module")
def world() -> World:
    fresh = {key: type(value)(value) for key, value in FRESH.items()}
    made = World(Store(None, fresh), client_id="id", client_secret="secret")
    seed(made)
    return made


def test_every_payment_is_the_sum_of_its_lines(world: World) -> None:
    payments = list(world.state["remittances"].values())
    assert len(payments) > 10
    for one in payments:
        lines = [Decimal(str(line["netAmountPaid"]["currencyAmount"])) for line in one["items"]]
        assert sum(lines) == Decimal(str(one["header"]["paymentAmount"]["currencyAmount"]))
        assert sum(lines) > 0
        shown = {"remittanceHeader": one["header"], "remittanceItems": one["items"]}
        assert contract.reply_errors("getRemittance", 200, shown) == []


def test_every_kind_of_deduction_is_in_it_and_half_of_the_provisions_came_back(
    world: World,
) -> None:
    endings = Counter(
        next((end for end in ("SCR", "SC", "PC", "VCBSINV", "RECEIVABLESR", "RECEIVABLES")
              if line["invoiceNumber"].endswith(end)), line["invoiceNumber"][:4])
        for one in world.state["remittances"].values()
        for line in one["items"]
    )  # fmt: skip
    assert endings["SC"] == 3
    assert endings["SCR"] == endings["PC"] == endings["VCBSINV"] == 1
    assert (endings["RECEIVABLES"], endings["RECEIVABLESR"]) == (2, 1)
    assert endings["COOP"] == 2


def test_the_brands_own_list_of_invoices_lacks_one_that_amazon_has(world: World) -> None:
    rows = list(csv.DictReader(io.StringIO(past.table(world, "invoices"))))
    own = {row["Invoice number"] for row in rows}
    amazons = {one["header"]["invoiceNumber"] for one in world.state["finance_invoices"].values()}
    assert len(amazons - own) == 1
    assert own < amazons
    for number in own:
        lines = [row for row in rows if row["Invoice number"] == number]
        total = sum(int(one["Quantity invoiced"]) * Decimal(one["Unit cost"]) for one in lines)
        assert {Decimal(one["Invoice total"]) for one in lines} == {total}


def test_a_carriers_paper_says_what_it_is_about_and_is_the_same_twice(world: World) -> None:
    for given in world.state["elsewhere"]["papers"]:
        written = past.paper(given)
        assert written == past.paper(given)
        assert given["order"] in PdfReader(io.BytesIO(written)).pages[0].extract_text()
