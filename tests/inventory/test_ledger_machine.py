"""The ledger against a plain oracle: any papers in any order give the same balances."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db import transaction
from app.inventory import audit
from app.inventory.documents import Document
from app.inventory.models import State
from tests.inventory.brand import Brand, make_brand, numbers

PLACES = ("main", "east")
ORDERS = ("1", "2", "3")


def papers(brand: Brand) -> st.SearchStrategy[Document]:
    """Orders at rising versions and the fulfilments of them, from either location."""
    order = st.builds(
        lambda reference, wanted, at, version: brand.order(
            reference,
            wanted,
            item="tent",
            at=at,
            version=version,
            # One version has one content, as with a real shop's clock between two edits.
            digest="same",
        ),
        st.sampled_from(ORDERS),
        st.integers(0, 9),
        st.sampled_from(PLACES),
        st.integers(1, 50),
    )
    fulfillment = st.builds(
        lambda number, order, total, at, version: replace(
            brand.fulfillment(
                f"{order}.{number}.{at}", order, total, item="tent", at=at, version=version
            ),
            digest="same",
        ),
        st.integers(1, 2),
        st.sampled_from(ORDERS),
        st.integers(0, 5),
        st.sampled_from(PLACES),
        st.integers(1, 50),
    )
    return st.one_of(order, fulfillment)


def newest_only(documents: list[Document]) -> list[Document]:
    """One content for each version of a paper, as the outside would send it."""
    seen: dict[tuple[str, str, int], Document] = {}
    for document in documents:
        seen.setdefault((document.kind, document.reference, document.version), document)
    return list(seen.values())


def oracle(documents: list[Document], brand: Brand, stock: int) -> dict[tuple[str, str], int]:
    """What the newest papers say, worked out by hand."""
    newest: dict[tuple[str, str], Document] = {}
    for document in documents:
        known = newest.get((document.kind, document.reference))
        if known is None or known.version < document.version:
            newest[document.kind, document.reference] = document
    place_of = {location: name for name, location in brand.locations.items()}
    left = {(order, place): 0 for order in ORDERS for place in PLACES}
    wanted = dict(left)
    for document in newest.values():
        for claim in document.claims or ():
            wanted[document.reference, place_of[claim.location_id]] += claim.wanted
        for flow in document.flows:
            assert flow.hold is not None
            left[flow.hold.reference, place_of[flow.from_location_id]] += flow.total
    committed = dict.fromkeys(PLACES, 0)
    for order in ORDERS:
        surplus = sum(max(0, left[order, place] - wanted[order, place]) for place in PLACES)
        for place in PLACES:
            here = max(0, wanted[order, place] - left[order, place])
            less = min(here, surplus)
            surplus -= less
            committed[place] += here - less
    shipped = {place: sum(left[order, place] for order in ORDERS) for place in PLACES}
    expected = {}
    for place in PLACES:
        expected[place, "committed"] = committed[place]
        expected[place, "customer"] = shipped[place]
        expected[place, "available"] = stock - committed[place] - shipped[place]
    return expected


# Hypothesis may leave an example half done, so the audit is the test's own.
@pytest.mark.audits_itself
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_shuffled_repeated_and_batched_papers_end_in_the_oracles_balances(
    database: str, data: st.DataObject
) -> None:
    brand = make_brand(f"machine-{next(numbers)}.myshopify.com")
    for place in PLACES:
        brand.stock("tent", place, 20)
    sent = newest_only(data.draw(st.lists(papers(brand), min_size=1, max_size=14)))
    again = data.draw(st.lists(st.sampled_from(sent), max_size=6))
    arrival = data.draw(st.permutations(sent + again))
    while arrival:
        size = data.draw(st.integers(1, len(arrival)))
        brand.settle(*arrival[:size])
        arrival = arrival[size:]
    expected = oracle(sent, brand, stock=20)
    found = {
        (place, state): brand.quantity("tent", place, State(state)) for place, state in expected
    }
    assert found == expected
    check_audit(brand)


# Hypothesis may leave an example half done, so the audit is the test's own.
@pytest.mark.audits_itself
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_requests_never_hold_more_than_there_is(database: str, data: st.DataObject) -> None:
    brand = make_brand(f"requests-{next(numbers)}.myshopify.com")
    stock = data.draw(st.integers(0, 30))
    brand.stock("tent", "main", stock) if stock else None
    ordered = 0
    for step in range(data.draw(st.integers(1, 12))):
        kind = data.draw(st.sampled_from(["order", "request", "reask"]))
        if kind == "order":
            wanted = data.draw(st.integers(0, 8))
            ordered += wanted
            brand.settle(brand.order(f"o{step}", wanted, item="tent", at="main"))
        elif kind == "request":
            reference = f"p{data.draw(st.integers(1, 3))}"
            wanted = data.draw(st.integers(0, 20))
            brand.settle(
                brand.purchase_order(reference, wanted, item="tent", at="main", version=step)
            )
        else:
            brand.ask_again()
        reserved = brand.quantity("tent", "main", State.RESERVED)
        available = brand.quantity("tent", "main", State.AVAILABLE)
        assert reserved <= stock
        assert available == stock - ordered - reserved
        # A request alone never makes a shop oversold.
        assert available >= min(0, stock - ordered - reserved)
    check_audit(brand)


def check_audit(brand: Brand) -> None:
    """The audit finds nothing in this brand's books."""
    brand.refresh_collisions()
    with transaction(brand.shop_id) as session:
        assert audit.findings(session) == []
