"""Amazon's side of a collision: what its papers still allow, and what each way out costs there.

Before the first acknowledgement a promise is free to shrink; quantities may be lowered, or put off as
a backorder, by a changed acknowledgement within 48 hours of the order; after that Amazon takes dates
only (vendor guide, November 2026). What was rejected is never accepted again. Charges come from
`charges.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.db import shop_of
from app.errors import Refused
from app.inventory import futures, ledger
from app.inventory.documents import DocumentKey
from app.inventory.models import Collision, Item
from app.inventory.ways import Barred, Claimant, Effect, Stake, Way, Weighed
from app.vendor import each_cost
from app.vendor.acknowledgements import (
    Said,
    acknowledge,
    case_size,
    first_due,
    held_units,
    propose,
    quantities_due,
)
from app.vendor.answered import as_it_stands, reasons_given
from app.vendor.charges import LOWERED_LATE, NOT_FILLED, NOT_ON_TIME, charge_of
from app.vendor.orders import locked_orders
from app.vendor.promises import PURCHASE_ORDER, is_firm, lines_of, promised_units
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine

AMAZON = "amazon"
LATE_AFTER = 5  # business days after the window's start, [2nd] for the charge `lowered_late`
CENT = Decimal("0.01")

UNDER_WAY = """
SELECT region || ':' || number FROM acknowledgement
WHERE shop_id = :shop AND state IN ('waiting', 'sent') AND number = ANY(:numbers)
"""


@dataclass(frozen=True)
class Known:
    """One order with its lines, what each holds, and whether an acknowledgement is on its way."""

    order: PurchaseOrder
    lines: Sequence[PurchaseOrderLine]
    held: Mapping[str, int]
    under_way: bool
    cost_basis: str | None

    @property
    def may_be_said(self) -> bool:
        """Whether Amazon would take an acknowledgement of this order now."""
        stated = [line.cost for line in self.lines if not line.removed and line.ordered_units]
        return (
            not self.under_way
            and not self.order.is_closed
            and not self.order.before_books
            and all(cost is not None and cost > 0 for cost in stated)
        )

    @property
    def quantities_until(self) -> datetime:
        """Until when a quantity that was acknowledged may still be lowered."""
        return quantities_due(self.order)


@dataclass(frozen=True)
class Paper:
    """One line of an order that wants units of a collision."""

    claimant: Claimant
    line: PurchaseOrderLine
    known: Known
    of_a_kit: bool
    """The line orders a kit, of which these units are a part: neither its units nor its money."""

    @property
    def order(self) -> PurchaseOrder:
        """The order that it is a line of."""
        return self.known.order


class AmazonRail:
    """Amazon's purchase orders as a rail (`app.inventory.ways.Rail`).

    It reads every order once, so it serves one transaction and is thrown away with it.
    """

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now or datetime.now(UTC)
        self._known: dict[str, Known] = {}

    def ways(
        self,
        session: Session,
        collision: Collision,
        wanting: Sequence[Claimant],
        changes: Sequence[futures.Change],
    ) -> list[Way]:
        """Lowering or backordering what was acknowledged, and backordering what was not."""
        papers = self._papers(session, collision, wanting)
        return [
            *(way for paper in papers for way in self._lowered(collision, paper)),
            *(way for paper in papers for way in _backordered(collision, paper, changes)),
            *(way for paper in papers for way in self._put_off(collision, paper, changes)),
        ]

    def barred(
        self,
        session: Session,
        collision: Collision,
        wanting: Sequence[Claimant],
        changes: Sequence[futures.Change],
    ) -> list[Barred]:
        """Why a line that was acknowledged cannot be backordered now."""
        return [
            Barred(
                "backorder_line",
                paper.claimant.document,
                paper.claimant.title,
                paper.line.line,
                *because,
            )
            for paper in self._papers(session, collision, wanting)
            if _could_be_put_off(collision, paper)
            and (because := self._why_not_put_off(collision, paper, changes)) is not None
        ]

    def weigh(
        self, session: Session, collision: Collision, way: Way, wanting: Sequence[Claimant]
    ) -> Weighed:
        """The margin that Amazon's units lose and the charges that Amazon would make."""
        papers = self._papers(session, collision, wanting)
        item = session.get_one(Item, (shop_of(session), collision.item_id))
        stakes: list[Stake] = []
        clocks: list[datetime] = []
        for paper, units in _losing(collision, way, papers):
            stakes.append(_margin(item, paper, units))
            if way.way == "reduce_line":
                stakes += self._lowered_late(paper, units)
                clocks.append(paper.known.quantities_until)
            elif paper.order.state == "New" and not paper.claimant.firm:
                clocks.append(first_due(paper.order))
            elif paper.claimant.firm:
                stakes += self._charge(NOT_FILLED, paper, units)
        if way.way == "backorder_line" or (way.way == "wait" and collision.kind != "oversold"):
            stakes += self._late(session, collision, way, papers)
            # Until then it can be acknowledged in full; later, what is not held is refused.
            clocks += [
                first_due(paper.order)
                for paper in papers
                if paper.claimant.may_give_way and paper.claimant.short
            ]
        if way.way == "accept" and collision.kind != "oversold" and not stakes:
            stakes.append(Stake(AMAZON, "margin", None, missing="may_become_free"))
        return Weighed(
            tuple(stakes) or (Stake(AMAZON, "none", Decimal()),), _open(clocks, self._now)
        )

    def take(self, session: Session, collision: Collision, way: Way, actor: str) -> bool:
        """Says it to Amazon by an acknowledgement of the whole order, in the caller's transaction."""
        if way.way not in ("reduce_line", "backorder_line"):
            return False
        region, number = str(way.parameters["document_reference"]).split(":", 1)
        order = locked_orders(session, region, [number]).get(number)
        if order is None:
            raise Refused("collision_changed", "The purchase order is gone.", status=409)
        lines = lines_of(session, [order])[region, number]
        held = held_units(session, [order.reference])
        reasons = reasons_given(session, order)
        said = [
            as_it_stands(order, line, held.get((order.reference, line.line), 0), reasons, lines)
            for line in lines
            if not line.removed and line.ordered_units
        ]
        own = {one.line: one for one in said}
        line = next(one for one in lines if one.line == way.parameters["line"])
        if way.way == "reduce_line":
            own[line.line] = _less(own[line.line], int(way.parameters["less"]))
        else:
            firm = is_firm(order, lines)
            if freed := int(way.parameters["freed"]):
                place = (collision.item_id, collision.location_id)
                key = DocumentKey(PURCHASE_ORDER, order.reference)
                ledger.take_back(
                    session, key, line.line, *place, units=freed, actor=actor, even_firm=firm
                )
            units = int(way.parameters["backorder"])
            on = date.fromisoformat(str(way.parameters["on"]))
            own[line.line] = (
                _later(own[line.line], units, on)
                if firm
                else Said(line.line, line.ordered_units - units, units, 0, None, on)
            )
        acknowledge(session, region, number, list(own.values()), actor=actor)
        return True

    def _papers(
        self, session: Session, collision: Collision, wanting: Sequence[Claimant]
    ) -> list[Paper]:
        """The purchase order lines among those who want the units, in their order."""
        asked = [one for one in wanting if one.document.kind == PURCHASE_ORDER]
        unknown = {one.document.reference for one in asked} - self._known.keys()
        if unknown:
            self._known |= _read(session, unknown)
        return [
            Paper(
                one,
                line,
                self._known[one.document.reference],
                of_a_kit=line.item_id != collision.item_id,
            )
            for one in asked
            if one.document.reference in self._known
            for line in self._known[one.document.reference].lines
            if line.line == one.line
        ]

    def _lowered(self, collision: Collision, paper: Paper) -> Iterator[Way]:
        """A changed acknowledgement that accepts less, in whole cases, while Amazon takes one."""
        one, line = paper.claimant, paper.line
        if (
            paper.of_a_kit
            or not one.firm
            or not paper.known.may_be_said
            or self._now >= paper.known.quantities_until
        ):
            return
        if collision.kind == "short" or (collision.kind == "coming" and not one.short):
            return
        step = case_size(line)
        # What the line lacks itself is lost first; only what it holds can go to somebody else.
        idle = one.short if collision.kind == "oversold" else 0
        most = (promised_units(line) - line.shipped_units) // step * step
        less = min(most, -(-(collision.units + idle) // step) * step)
        units = min(collision.units, less - idle)
        if units <= 0:
            return
        gained = (Effect("dtc", units),) if collision.kind == "oversold" else ()
        yield Way(
            "reduce_line",
            units,
            ends_it=units >= collision.units,
            parameters={**_named(one), "less": less},
            effects=(Effect.on(one, -less), *gained),
            until=paper.known.quantities_until,
        )

    def _put_off(
        self, collision: Collision, paper: Paper, changes: Sequence[futures.Change]
    ) -> Iterator[Way]:
        """A changed acknowledgement that backorders what was accepted, for the day of an arrival."""
        if not _could_be_put_off(collision, paper):
            return
        if self._why_not_put_off(collision, paper, changes) is not None:
            return
        one = paper.claimant
        more, freed = _to_put_off(collision, paper)
        expected = _enough_for(paper, more, changes)
        assert expected is not None
        units = min(collision.units, freed if collision.kind == "oversold" else one.short)
        gained = (Effect("dtc", units),) if collision.kind == "oversold" else ()
        yield Way(
            "backorder_line",
            units,
            ends_it=units >= collision.units,
            parameters={
                **_named(one),
                "backorder": more,
                "freed": freed,
                "on": expected.day.isoformat(),
                "arrivals": ", ".join(expected.references),
            },
            effects=(Effect.on(one, -more), *gained),
            until=paper.known.quantities_until,
        )

    def _why_not_put_off(
        self, collision: Collision, paper: Paper, changes: Sequence[futures.Change]
    ) -> tuple[str, datetime | None] | None:
        """The first reason for which Amazon, or our own stock, does not allow it; None for none."""
        if not paper.line.back_order_allowed:
            return "no_backorders", None
        if self._now >= paper.known.quantities_until:
            return "too_late", paper.known.quantities_until
        if paper.known.under_way:
            return "under_way", None
        if not paper.known.may_be_said:
            return "not_taken", None
        more, _freed = _to_put_off(collision, paper)
        if more <= 0:
            return "nothing_left", None
        if _enough_for(paper, more, changes) is None:
            return "nothing_arrives", None
        return None

    def _lowered_late(self, paper: Paper, units: int) -> list[Stake]:
        start = paper.order.ship_start or paper.order.delivery_start
        if start is None or self._now <= _business_days_after(start, LATE_AFTER):
            return []
        return self._charge(LOWERED_LATE, paper, units)

    def _late(
        self, session: Session, collision: Collision, way: Way, papers: Sequence[Paper]
    ) -> list[Stake]:
        """Units that come after the end of their window are delivered late."""
        on = date.fromisoformat(str(way.parameters["on"]))
        zone = futures.zone_of(session)
        if way.way == "backorder_line":
            missing = [
                (paper, int(way.parameters["backorder"]))
                for paper in papers
                if paper.claimant.line == way.parameters["line"]
                and paper.claimant.document.reference == way.parameters["document_reference"]
            ]
        else:
            missing = _missing(papers, way.units)
        return [
            stake
            for paper, units in missing
            if paper.claimant.by and on > paper.claimant.by.astimezone(zone).date()
            for stake in self._charge(NOT_ON_TIME, paper, units)
        ]

    def _charge(self, name: str, paper: Paper, units: int) -> list[Stake]:
        document = paper.claimant.document
        found = charge_of(name, paper.order.region, self._now.date())
        cost = _cost(paper)
        if found is None or cost is None or paper.of_a_kit:
            missing = "charge" if found is None else _no_cost(paper)
            return [Stake(AMAZON, name, None, missing=missing, verified=False, document=document)]
        amount = -(units * cost * found.rate).quantize(CENT)
        currency = paper.line.cost_currency
        return [Stake(AMAZON, name, amount, currency, verified=found.verified, document=document)]


def _read(session: Session, references: Collection[str]) -> dict[str, Known]:
    numbers = sorted({reference.split(":", 1)[-1] for reference in references})
    orders = session.exec(
        select(PurchaseOrder).where(
            PurchaseOrder.shop_id == shop_of(session), col(PurchaseOrder.number).in_(numbers)
        )
    ).all()
    lines = lines_of(session, orders)
    held = held_units(session, [order.reference for order in orders])
    bases = each_cost.bases_of(session, orders)
    said = session.execute(text(UNDER_WAY), {"shop": shop_of(session), "numbers": numbers})
    under_way = set(said.scalars())
    return {
        order.reference: Known(
            order,
            lines[order.region, order.number],
            {
                line: units
                for (reference, line), units in held.items()
                if reference == order.reference
            },
            order.reference in under_way,
            each_cost.basis_of(bases, order),
        )
        for order in orders
    }


def _backordered(
    collision: Collision, paper: Paper, changes: Sequence[futures.Change]
) -> Iterator[Way]:
    """Acknowledging it for the day by which enough arrives; only of an order that needs no other
    decision, as Amazon wants every line answered at once.
    """
    one, line, known = paper.claimant, paper.line, paper.known
    if paper.of_a_kit or not one.may_give_way or not known.may_be_said:
        return
    if not line.back_order_allowed:
        return
    if line.accepted_units or line.backordered_units or line.rejected_units:
        return
    if collision.kind != "oversold" and not one.short:
        return
    others = [other for other in known.lines if other is not line and not other.removed]
    if any(propose(other, known.held.get(other.line, 0)).reject for other in others):
        return
    step = case_size(line)
    wanted = collision.units if collision.kind == "oversold" else 0
    accept = max(0, min(one.held, line.ordered_units) - wanted) // step * step
    backorder = line.ordered_units - accept
    freed = one.held - accept if collision.kind == "oversold" else 0
    expected = futures.enough_by(changes, backorder)
    if expected is None or expected.units < backorder or backorder <= 0:
        return
    units = min(collision.units, freed if collision.kind == "oversold" else one.short)
    gained = (Effect("dtc", units),) if collision.kind == "oversold" else ()
    yield Way(
        "backorder_line",
        units,
        ends_it=units >= collision.units,
        parameters={
            **_named(one),
            "backorder": backorder,
            "freed": freed,
            "on": expected.day.isoformat(),
            "arrivals": ", ".join(expected.references),
        },
        effects=(Effect.on(one, -backorder), *gained),
        until=first_due(paper.order),
    )


def _could_be_put_off(collision: Collision, paper: Paper) -> bool:
    """Whether backordering this line, were it allowed, would help this collision."""
    one = paper.claimant
    if paper.of_a_kit or not one.firm or paper.order.is_closed or paper.order.before_books:
        return False
    if collision.kind == "oversold":
        return one.held > 0
    return collision.kind == "coming" and one.short > 0


def _to_put_off(collision: Collision, paper: Paper) -> tuple[int, int]:
    """Accepted eaches to be backordered, in whole cases, and those held that are freed by it."""
    one, line = paper.claimant, paper.line
    step = case_size(line)
    left = promised_units(line) - line.backordered_units - line.shipped_units
    wanted = collision.units if collision.kind == "oversold" else 0
    # What the line would not hold any more, and what it lacks itself already.
    missing = left - max(0, one.held - wanted)
    more = max(0, min(left // step, -(-missing // step)) * step)
    freed = max(0, one.held - max(0, left - more))
    return more, freed if collision.kind == "oversold" else 0


def _enough_for(
    paper: Paper, more: int, changes: Sequence[futures.Change]
) -> futures.Expected | None:
    """The day by which arrivals bring all that the line would have backordered; None for never."""
    wanted = paper.line.backordered_units + more
    expected = futures.enough_by(changes, wanted)
    return expected if expected is not None and expected.units >= wanted else None


def _losing(
    collision: Collision,
    way: Way,
    papers: Sequence[Paper],
) -> Iterator[tuple[Paper, int]]:
    """The lines that lose units for good by this way, and how many."""
    if way.way in ("take_back", "reduce_line"):
        for paper in papers:
            if _named(paper.claimant).items() <= way.parameters.items():
                yield paper, int(way.parameters.get("less", way.units))
    elif way.way == "reduce_request":
        for paper in papers:
            if paper.claimant.may_give_way and paper.claimant.short:
                yield paper, paper.claimant.short
    elif way.way == "accept" and collision.kind == "coming":
        for paper, units in _missing(papers, way.units):
            if paper.claimant.firm:
                yield paper, units


def _missing(papers: Sequence[Paper], units: int) -> list[tuple[Paper, int]]:
    """Whom the missing units would be missing from: whoever wants them last goes without first."""
    found = []
    for paper in reversed(papers):
        part = min(units, paper.claimant.short)
        if part:
            found.append((paper, part))
            units -= part
    return found


def _margin(item: Item, paper: Paper, units: int) -> Stake:
    """What we would have earned on these units at Amazon's price."""
    document = paper.claimant.document
    cost = _cost(paper)
    if cost is None or paper.of_a_kit:
        return Stake(AMAZON, "margin", None, missing=_no_cost(paper), document=document)
    if item.unit_cost is None:
        return Stake(AMAZON, "margin", None, missing="unit_cost", document=document)
    if item.unit_cost_currency != paper.line.cost_currency:
        return Stake(AMAZON, "margin", None, missing="one_currency", document=document)
    lost = -(units * max(Decimal(), cost - item.unit_cost)).quantize(CENT)
    return Stake(AMAZON, "margin", lost, paper.line.cost_currency, document=document)


def _cost(paper: Paper) -> Decimal | None:
    """What Amazon pays for one each; None for a list price, and where it is not known."""
    if paper.line.cost_is_list_price:
        return None
    return each_cost.cost_of_each(paper.line, paper.known.cost_basis)


def _no_cost(paper: Paper) -> str:
    """Why a line has no cost of one each that its stakes could be said in."""
    if paper.of_a_kit:
        return "kit"
    is_unsaid = each_cost.unknown(paper.line, paper.known.cost_basis) == each_cost.COST_BASIS
    return "cost_basis" if is_unsaid and not paper.line.cost_is_list_price else "cost"


def _named(one: Claimant) -> dict[str, str]:
    return {
        "document_kind": one.document.kind,
        "document_reference": one.document.reference,
        "line": one.line,
    }


def _less(said: Said, units: int) -> Said:
    """The same line with so many units fewer; what was backordered goes first."""
    from_backorder = min(said.backorder, units)
    return Said(
        said.line,
        said.accept - (units - from_backorder),
        said.backorder - from_backorder,
        said.reject + units,
        said.rejection_reason or "TemporarilyUnavailable",
        said.backorder_on,
    )


def _later(said: Said, units: int, on: date) -> Said:
    """The same line with so many of its accepted units backordered, all of them for one day."""
    return Said(
        said.line,
        said.accept - units,
        said.backorder + units,
        said.reject,
        said.rejection_reason,
        max(on, said.backorder_on or on),
    )


def _business_days_after(start: datetime, days: int) -> datetime:
    moment = start
    while days:
        moment += timedelta(days=1)
        days -= moment.weekday() < 5
    return moment


def _open(clocks: Sequence[datetime], now: datetime) -> datetime | None:
    """The first of Amazon's clocks that still runs."""
    return min((clock for clock in clocks if clock > now), default=None)
