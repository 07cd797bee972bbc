"""The cases: what goes wrong between receipt and payment, each with its truth.

Every case has an order of two lines, a shipment, receipts, an invoice 70 days old, and payments in
runs by their day after the invoice: A on day 25, B on 45, C on 60, D on 66 and E on 68; F and G
are payments in another currency, and H comes by API and then by file too. The terms are
2 % within 30 days, else net 60.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from app.bench.money.papers import Fault, Line, Paid, Paper, Told

CENT = Decimal("0.01")
QUICK_PAY = Decimal("0.02")
CHARGE = Decimal("48.50")
PROVISION = Decimal("75.00")
AGREED = Decimal("40.00")
LOST_IN_EXCHANGE = Decimal("1.23")


class Case:
    """One way in which money goes, or does not go, astray."""

    name = ""
    orders = 1

    def billed(self, paper: Paper) -> list[Line]:
        """What we invoice of an order that was shipped in full."""
        return paper.lines

    def received(self, place: int, paper: Paper) -> list[int]:
        """What Amazon counts of each line in the order with this place in the case."""
        return [line.units for line in paper.lines]

    def told(self, paper: Paper) -> Told:
        """How Amazon's finance matches the invoice, where that is not by the receipts."""
        return {}

    def paid(self, papers: list[Paper]) -> Iterator[Paid]:
        """All that is paid and taken."""
        for paper in papers:
            yield in_full(paper)

    def by_file(self, paid: Paid) -> Decimal:
        """What a file says was paid, where the payment comes by file too."""
        return paid.paid

    def truth(self, papers: list[Paper]) -> Iterator[Fault]:
        """What is wrong at the end, and nothing else is."""
        return iter(())


def in_full(paper: Paper, run: str = "C") -> Paid:
    """The invoice is paid, all of it."""
    return Paid(run, paper.invoice, paper.total, paper.total)


def less_discount(paper: Paper, run: str) -> Paid:
    """The invoice is paid less the discount for paying soon."""
    discount = (paper.total * QUICK_PAY).quantize(CENT)
    return Paid(run, paper.invoice, paper.total - discount, paper.total, discount)


class Clean(Case):
    """Received, invoiced and paid in full."""

    name = "clean"


class QuickPay(Case):
    """Paid soon, less the agreed discount."""

    name = "quick pay"

    def paid(self, papers: list[Paper]) -> Iterator[Paid]:
        yield less_discount(papers[0], "A")


class LateQuickPay(Case):
    """The discount is taken after its days have passed."""

    name = "late quick pay"

    def paid(self, papers: list[Paper]) -> Iterator[Paid]:
        yield less_discount(papers[0], "B")

    def truth(self, papers: list[Paper]) -> Iterator[Fault]:
        discount = less_discount(papers[0], "B").discount
        assert discount is not None
        yield Fault("late_quick_pay", papers[0].invoice, discount, cause="paid_late")


class ShortReceipt(Case):
    """Amazon counts two less of the first line and takes them off."""

    name = "short receipt"
    missing = 2
    cause = "SHORTAGES_IN_TRANSIT"

    def received(self, place: int, paper: Paper) -> list[int]:
        first, *others = paper.lines
        return [first.units - self.short(paper), *(line.units for line in others)]

    def short(self, paper: Paper) -> int:
        """Units that Amazon says it misses."""
        return self.missing

    def told(self, paper: Paper) -> Told:
        matched = paper.lines[0].units - self.short(paper)
        return {"1": {"matched": matched, "defects": {"PQV": [self.cause]}}}

    def claim(self, paper: Paper) -> Decimal:
        """What Amazon takes for them."""
        return self.short(paper) * paper.lines[0].cost

    def paid(self, papers: list[Paper]) -> Iterator[Paid]:
        for paper in papers:
            yield in_full(paper)
            yield Paid("C", f"{paper.invoice}SC", -self.claim(paper))

    def truth(self, papers: list[Paper]) -> Iterator[Fault]:
        for paper in papers:
            yield Fault(
                "shortage",
                paper.invoice,
                self.claim(paper),
                cause=self.cause,
                units=self.short(paper),
            )


class Repaid(ShortReceipt):
    """A shortage that Amazon finds and pays back by itself."""

    name = "claim and repayment"

    def paid(self, papers: list[Paper]) -> Iterator[Paid]:
        yield from super().paid(papers)
        yield Paid("D", f"{papers[0].invoice}SCR", self.claim(papers[0]))

    def truth(self, papers: list[Paper]) -> Iterator[Fault]:
        return iter(())


class Chain(Repaid):
    """Claimed, repaid, and claimed again: one loss."""

    name = "claim, repayment, claim"

    def paid(self, papers: list[Paper]) -> Iterator[Paid]:
        yield from super().paid(papers)
        yield Paid("E", f"{papers[0].invoice}SCRSC", -self.claim(papers[0]))

    def truth(self, papers: list[Paper]) -> Iterator[Fault]:
        return ShortReceipt.truth(self, papers)


class MissingAppointment(ShortReceipt):
    """The first line is claimed because nobody made an appointment."""

    name = "missing appointment"
    cause = "NO_APPOINTMENT"

    def short(self, paper: Paper) -> int:
        return paper.lines[0].units


class Duplicate(ShortReceipt):
    """Amazon takes the first line for one that was invoiced twice; it was received in full."""

    name = "duplicate"
    cause = "DUPLICATE_INVOICE_DEFECT"

    def received(self, place: int, paper: Paper) -> list[int]:
        return Case.received(self, place, paper)

    def short(self, paper: Paper) -> int:
        return paper.lines[0].units


class MisReceipt(ShortReceipt):
    """What is missing of one order was counted on another of the same truck."""

    name = "mis-receipt on a truck"
    orders = 2

    def received(self, place: int, paper: Paper) -> list[int]:
        first, *others = paper.lines
        moved = -self.missing if place == 0 else self.missing
        return [first.units + moved, *(line.units for line in others)]

    def told(self, paper: Paper) -> Told:
        return {"1": {"defects": {}}}

    def paid(self, papers: list[Paper]) -> Iterator[Paid]:
        yield from (in_full(paper) for paper in papers)
        yield Paid("C", f"{papers[0].invoice}SC", -self.claim(papers[0]))

    def truth(self, papers: list[Paper]) -> Iterator[Fault]:
        claim, units = self.claim(papers[0]), self.missing
        cause = "counted_elsewhere"
        yield Fault("mis_receipt", papers[0].invoice, claim, cause=cause, units=units)
        yield Fault("over_received", papers[1].number, claim, units=units)


class SaidOverBilled(ShortReceipt):
    """Amazon calls over-billing what was shipped in full and billed as shipped: a shortage."""

    name = "said to be over-billed"
    cause = "OVERBILLING"


class Unfounded(ShortReceipt):
    """Amazon takes off two that it has received by its own count, and gives no cause."""

    name = "claimed though received"
    cause = "received_in_full"

    def received(self, place: int, paper: Paper) -> list[int]:
        return Case.received(self, place, paper)

    def told(self, paper: Paper) -> Told:
        return {"1": {"matched": paper.lines[0].units - self.missing, "defects": {}}}


class OverBilledUnits(ShortReceipt):
    """We bill two more than we have shipped, and Amazon takes them off: it is ours to bear."""

    name = "over-billed units"
    cause = "OVERBILLING"

    def billed(self, paper: Paper) -> list[Line]:
        first, *others = paper.lines
        return [first._replace(units=first.units + self.missing), *others]

    def received(self, place: int, paper: Paper) -> list[int]:
        return Case.received(self, place, paper)

    def told(self, paper: Paper) -> Told:
        return {"1": {"matched": paper.lines[0].units, "defects": {"PQV": [self.cause]}}}

    def truth(self, papers: list[Paper]) -> Iterator[Fault]:
        for fault in super().truth(papers):
            yield fault._replace(kind="overbilled")


class PriceVariance(Case):
    """Amazon pays the first line at a lower cost than it ordered it for."""

    name = "price variance"
    less = Decimal("0.50")
    cause = "PRODUCT_COST_NOT_ACTIVE"
    kind = "price"

    def claim(self, paper: Paper) -> Decimal:
        """What Amazon takes for it."""
        return self.less * paper.lines[0].units

    def told(self, paper: Paper) -> Told:
        said = {"price_variance": str(self.claim(paper)), "defects": {"PPV": [self.cause]}}
        return {"1": said}

    def paid(self, papers: list[Paper]) -> Iterator[Paid]:
        yield in_full(papers[0])
        yield Paid("C", f"{papers[0].invoice}PC", -self.claim(papers[0]))

    def truth(self, papers: list[Paper]) -> Iterator[Fault]:
        units = papers[0].lines[0].units
        claim = self.claim(papers[0])
        yield Fault(self.kind, papers[0].invoice, claim, cause=self.cause, units=units)


class OverBilling(PriceVariance):
    """We invoice more than the order's cost, and Amazon takes the difference: it is ours to bear."""

    name = "over-billing"
    cause = "ROUNDING_ISSUES"
    kind = "overbilled"

    def billed(self, paper: Paper) -> list[Line]:
        first, *others = paper.lines
        return [first._replace(cost=first.cost + self.less), *others]

    def truth(self, papers: list[Paper]) -> Iterator[Fault]:
        yield from super().truth(papers)
        claim = -self.claim(papers[0])
        yield Fault("price_variance", papers[0].number, claim, cause=self.cause)


class Chargeback(Case):
    """A charge for how an order was delivered."""

    name = "chargeback"

    def paid(self, papers: list[Paper]) -> Iterator[Paid]:
        yield in_full(papers[0])
        yield Paid("D", f"{papers[0].number}VCBSINV", -CHARGE)

    def truth(self, papers: list[Paper]) -> Iterator[Fault]:
        yield Fault("chargeback", papers[0].number, CHARGE)


class Provision(Case):
    """Held back, and given back: timing."""

    name = "provision and reversal"

    def paid(self, papers: list[Paper]) -> Iterator[Paid]:
        yield in_full(papers[0])
        yield Paid("C", f"{papers[0].number} PROVISION FOR RECEIVABLES", -PROVISION)
        yield Paid("D", f"{papers[0].number} PROVISION FOR RECEIVABLESR", PROVISION)


class OpenProvision(Case):
    """Held back, and not given back yet: still timing, and shown as such."""

    name = "open provision"

    def paid(self, papers: list[Paper]) -> Iterator[Paid]:
        yield in_full(papers[0])
        yield Paid("C", f"{papers[0].number} PROVISION FOR RECEIVABLES", -PROVISION)


class InParts(Case):
    """Paid in two parts, and whole."""

    name = "partial payments"

    def part(self, paper: Paper) -> Decimal:
        """What comes first."""
        return (paper.total * Decimal("0.4")).quantize(CENT)

    def paid(self, papers: list[Paper]) -> Iterator[Paid]:
        part = self.part(papers[0])
        yield Paid("B", papers[0].invoice, part, papers[0].total)
        yield Paid("C", papers[0].invoice, papers[0].total - part, papers[0].total)


class Underpaid(InParts):
    """Paid in part, and then no more."""

    name = "partial payment"

    def paid(self, papers: list[Paper]) -> Iterator[Paid]:
        yield next(super().paid(papers))

    def truth(self, papers: list[Paper]) -> Iterator[Fault]:
        yield Fault("underpaid", papers[0].invoice, papers[0].total - self.part(papers[0]))


class Unpaid(Case):
    """Due, and not paid."""

    name = "unpaid"

    def paid(self, papers: list[Paper]) -> Iterator[Paid]:
        return iter(())

    def truth(self, papers: list[Paper]) -> Iterator[Fault]:
        yield Fault("unpaid_overdue", papers[0].invoice, papers[0].total)


class ForeignPayment(Case):
    """Paid in another currency at the rate that the payment states."""

    name = "paid in another currency"

    def paid(self, papers: list[Paper]) -> Iterator[Paid]:
        yield in_full(papers[0], "F")


class WrongExchange(Case):
    """Paid in another currency, and less than its own rate gives."""

    name = "wrong exchange"

    def paid(self, papers: list[Paper]) -> Iterator[Paid]:
        yield in_full(papers[0], "G")

    def truth(self, papers: list[Paper]) -> Iterator[Fault]:
        yield Fault("exchange_difference", f"UP-RUNG{papers[0].number}", LOST_IN_EXCHANGE, "CAD")


class CoOp(Case):
    """An agreement of a fixed amount a month, charged as agreed."""

    name = "co-op"
    agreement = "COOP"
    more = Decimal()

    def paid(self, papers: list[Paper]) -> Iterator[Paid]:
        yield in_full(papers[0])
        yield Paid("C", self.reference(papers[0]), -(AGREED + self.more))

    def reference(self, paper: Paper) -> str:
        """Amazon's number of the charge: its agreement's, and one of its own."""
        return f"{self.agreement}-{paper.number:>8}"


class CoOpOverCharge(CoOp):
    """Charged above the agreement."""

    name = "co-op over-charge"
    more = Decimal("12.34")

    def truth(self, papers: list[Paper]) -> Iterator[Fault]:
        cause = "charged_above_agreement"
        yield Fault("coop_overcharge", self.reference(papers[0]), self.more, cause=cause)


class ByFileToo(Case):
    """Paid once, and told by the API and by a file that agrees."""

    name = "by API and by file"

    def paid(self, papers: list[Paper]) -> Iterator[Paid]:
        yield in_full(papers[0], "H")


class FileDisagrees(ByFileToo):
    """The file says less was paid than the API does."""

    name = "file and API disagree"

    def by_file(self, paid: Paid) -> Decimal:
        return paid.paid - CENT

    def truth(self, papers: list[Paper]) -> Iterator[Fault]:
        yield Fault("remittance_disagreement", f"UP-RUNH{papers[0].number}", CENT, cause="paid")


CASES: list[type[Case]] = [
    Clean,
    QuickPay,
    LateQuickPay,
    ShortReceipt,
    Repaid,
    Chain,
    MissingAppointment,
    Duplicate,
    MisReceipt,
    SaidOverBilled,
    Unfounded,
    OverBilledUnits,
    PriceVariance,
    OverBilling,
    Chargeback,
    Provision,
    OpenProvision,
    InParts,
    Underpaid,
    Unpaid,
    ForeignPayment,
    WrongExchange,
    CoOp,
    CoOpOverCharge,
    ByFileToo,
    FileDisagrees,
]
