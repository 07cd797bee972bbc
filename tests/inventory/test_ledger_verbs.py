"""Every verb of the ledger in any order, against the oracle: the same units in the same places."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from app.db import run, transaction
from app.errors import Refused
from app.inventory import audit, ledger
from app.inventory.documents import Claim, Document, DocumentKey, Flow
from app.inventory.flows import adjusted, received, relocated, shipped
from app.inventory.models import State
from tests.inventory.brand import FULFILLMENT, ORDER, PURCHASE_ORDER, make_brand, numbers
from tests.inventory.oracle import NotThere, Oracle

TIMES = int(os.environ.get("TIMES", "1"))
ITEMS, PLACES, LINES = ("tent", "stove"), ("main", "east"), ("1", "2")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LONG_HENCE = datetime.now(UTC) + timedelta(days=1_000)

claims = st.lists(
    st.tuples(
        st.sampled_from(LINES), st.sampled_from(ITEMS), st.sampled_from(PLACES), st.integers(0, 9)
    ),
    max_size=4,
    unique_by=lambda claim: claim[:3],
)
versions = st.integers(1, 40)
places = st.sampled_from(PLACES)
items = st.sampled_from(ITEMS)


class Verbs(RuleBasedStateMachine):
    """One small brand and the oracle beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.brand = make_brand(f"verbs-{next(numbers)}.myshopify.com", ITEMS, PLACES)
        self.oracle = Oracle()
        self.waiting: list[Document] = []
        for item in ITEMS:
            for place in PLACES:
                self.settle(self.adjustment(f"opening {item} {place}", item, place, 20))

    def settle(self, *documents: Document) -> None:
        refused = False
        try:
            self.oracle.settle(documents)
        except NotThere:
            refused = True
        if refused:
            with pytest.raises(Refused, match="units are"):
                self.brand.settle(*documents)
        else:
            self.brand.settle(*documents)

    def send(self, document: Document, together: bool) -> None:
        """Settles this paper now, with those that waited; or lets it wait for the next."""
        self.waiting.append(document)
        if not together:
            given, self.waiting = self.waiting, []
            self.settle(*given)

    def adjustment(self, reference: str, item: str, at: str, total: int, **more: Any) -> Document:
        flow = adjusted("1", self.brand.item(item), self.brand.at(at), total, **more)
        return Document("adjustment", reference, 1, flows=[flow])

    def stated(self, lines: list[tuple[str, str, str, int]], state: State) -> list[Claim]:
        return [
            Claim(line, self.brand.item(item), self.brand.at(at), state, wanted)
            for line, item, at, wanted in lines
        ]

    @rule(number=st.integers(1, 3), version=versions, lines=claims, wait=st.booleans())
    def an_order_is_placed_edited_or_cancelled(
        self, number: int, version: int, lines: list[Any], wait: bool
    ) -> None:
        # One version has one content: what is already known of it is said again.
        said = self.once(ORDER, str(number), version, self.stated(lines, State.COMMITTED))
        self.send(said, wait)

    @rule(
        number=st.integers(1, 3),
        version=versions,
        lines=claims,
        firm=st.booleans(),
        expiry=st.sampled_from([None, LONG_AGO, LONG_HENCE]),
        wait=st.booleans(),
    )
    def a_purchase_order_asks(
        self,
        number: int,
        version: int,
        lines: list[Any],
        firm: bool,
        expiry: datetime | None,
        wait: bool,
    ) -> None:
        said = self.once(
            PURCHASE_ORDER,
            f"P{number}",
            version,
            self.stated(lines, State.RESERVED),
            fact=False,
            firm=firm,
            expires_at=expiry,
        )
        self.send(said, wait)

    def once(
        self, kind: str, reference: str, version: int, claims: list[Claim], **more: Any
    ) -> Document:
        """A paper of its own version, as a real source would send it."""
        self.said: dict[tuple[str, str, int], Document] = getattr(self, "said", {})
        document = Document(kind, reference, version, claims=claims, digest="same", **more)
        return self.said.setdefault((kind, reference, version), document)

    @rule(
        of=st.integers(1, 3),
        amazon=st.booleans(),
        line=st.sampled_from(LINES),
        item=items,
        at=places,
        total=st.integers(0, 8),
        wait=st.booleans(),
    )
    def units_are_shipped(
        self, of: int, amazon: bool, line: str, item: str, at: str, total: int, wait: bool
    ) -> None:
        kind, reference = (PURCHASE_ORDER, f"P{of}") if amazon else (ORDER, str(of))
        flow = shipped(
            line,
            self.brand.item(item),
            self.brand.at(at),
            total,
            to=State.AMAZON_TRANSIT if amazon else State.CUSTOMER,
            hold=DocumentKey(kind, reference),
            state=State.RESERVED if amazon else State.COMMITTED,
        )
        self.send(self.moving("shipment" if amazon else FULFILLMENT, reference, [flow]), wait)

    @rule(of=st.integers(1, 3), item=items, at=places, total=st.integers(0, 9), wait=st.booleans())
    def amazon_receives(self, of: int, item: str, at: str, total: int, wait: bool) -> None:
        flow = received("1", self.brand.item(item), self.brand.at(at), total)
        self.send(self.moving("receipt", f"P{of}", [flow]), wait)

    @rule(
        item=items,
        at=places,
        total=st.integers(-6, 12),
        state=st.sampled_from([State.AVAILABLE, State.DAMAGED]),
    )
    def units_are_adjusted(self, item: str, at: str, total: int, state: State) -> None:
        self.settle(self.adjustment(f"{next(numbers)}", item, at, total, state=state))

    @rule(item=items, total=st.integers(1, 12), there=st.booleans())
    def units_are_relocated(self, item: str, total: int, there: bool) -> None:
        source, target = PLACES if there else PLACES[::-1]
        flow = relocated(
            "1", self.brand.item(item), self.brand.at(source), self.brand.at(target), total
        )
        self.settle(Document("relocation", f"{next(numbers)}", 1, flows=[flow]))

    def moving(self, kind: str, reference: str, flows: list[Flow]) -> Document:
        """A paper that moves; each of them is newer than the one before."""
        return Document(
            kind, reference, next(numbers), flows=flows, digest="same", fact=kind == FULFILLMENT
        )

    @rule()
    def holds_past_their_day_expire(self) -> None:
        self.flush()
        while run(ledger.expire, self.brand.shop_id):
            pass
        self.oracle.expire(datetime.now(UTC))

    @rule()
    def requests_ask_again(self) -> None:
        self.flush()
        self.brand.ask_again()
        self.oracle.ask_again(datetime.now(UTC))

    @rule(data=st.data())
    def a_person_takes_units_back(self, data: st.DataObject) -> None:
        self.flush()
        mine = [
            (line, location)
            for line, at in self.oracle.promises.items()
            for location, one in at.items()
            if not one.fact and not one.firm and one.held
        ]
        if mine:
            line, location = data.draw(st.sampled_from(mine))
            units = data.draw(st.integers(1, self.oracle.promises[line][location].held))
            with transaction(self.brand.shop_id) as session:
                ledger.take_back(
                    session, line[0], line[1], line[2], location, units=units, actor="anna"
                )
            self.oracle.take_back(line, location, units)

    @rule(data=st.data())
    def a_request_asks_for_no_more(self, data: st.DataObject) -> None:
        self.flush()
        mine = [
            (line, location)
            for line, at in self.oracle.promises.items()
            for location, one in at.items()
            if not one.fact and not one.firm and one.wanted > one.fulfilled + one.held
        ]
        if mine:
            line, location = data.draw(st.sampled_from(mine))
            with transaction(self.brand.shop_id) as session:
                ledger.ask_no_more(session, line[0], line[1], line[2], location)
            self.oracle.ask_no_more(line, location)

    def flush(self) -> None:
        if self.waiting:
            given, self.waiting = self.waiting, []
            self.settle(*given)

    @invariant()
    def the_books_say_what_the_oracle_says(self) -> None:
        if self.waiting:
            return
        expected = {
            (item, location, state.value): units
            for (item, location, state), units in self.oracle.units.items()
            if units
        }
        assert self.brand.balances() == expected
        holds = {
            (line[0].reference, line[1], line[2], location): one.held
            for line, at in self.oracle.promises.items()
            for location, one in at.items()
            if one.held
        }
        assert self.holds() == holds

    def holds(self) -> dict[tuple[str, str, int, int], int]:
        with transaction(self.brand.shop_id) as session:
            rows = session.execute(
                text(
                    "SELECT reference, line, item_id, location_id, held FROM hold"
                    " JOIN document USING (shop_id, document_id) WHERE held > 0"
                )
            ).all()
        return {(row[0], row[1], row[2], row[3]): row[4] for row in rows}

    def teardown(self) -> None:
        self.holds_past_their_day_expire()
        self.brand.refresh_collisions()
        with transaction(self.brand.shop_id) as session:
            assert audit.findings(session) == []


# Hypothesis may leave an example half done, so the audit is the machine's own.
@pytest.mark.audits_itself
@pytest.mark.slow
def test_any_verbs_in_any_order_end_where_the_oracle_does(database: str) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Verbs,
        settings=settings(
            max_examples=40 * TIMES,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
