"""Papers of a vendor, written straight into the books: what tests of the match start from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from app.connections import Connection
from app.db import run, transaction
from app.inventory.models import Location
from app.shops import open_shop
from app.vendor.invoice_tables import Invoice, InvoiceLine, VendorCode
from app.vendor.payments import reading
from app.vendor.reconciliation import full as full_pass
from app.vendor.reconciliation import restating
from app.vendor.reconciliation.tables import (
    PaymentMatch,
    PaymentMatchPart,
    ReconciliationInvoice,
    ReconciliationLine,
)
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine

NOW = datetime(2026, 11, 1, tzinfo=UTC)
CODE = "HLDFS"


@dataclass
class Books:
    """One shop with papers, and its match at a moment."""

    shop_id: int
    invoices: dict[str, int] = field(default_factory=dict)

    def order(
        self,
        number: str,
        *lines: tuple[int, str],
        ordered_at: datetime = NOW - timedelta(days=60),
        accepted: bool = True,
        **header: Any,
    ) -> None:
        """An order whose lines 1, 2, … are of so many eaches at such a cost, all accepted."""
        with transaction(self.shop_id) as session:
            own: dict[str, Any] = {"shop_id": self.shop_id, "region": "na", "number": number}
            connection = Connection(
                shop_id=self.shop_id, channel="amazon", reference=f"na:{number}", region="na"
            )
            session.add(connection)
            session.flush()
            session.add(
                PurchaseOrder(
                    **own,
                    **{
                        "connection_id": connection.connection_id,
                        "state": "Acknowledged",
                        "vendor_code": CODE,
                        "ordered_at": ordered_at,
                    }
                    | header,
                )
            )
            session.flush()
            session.add_all(
                PurchaseOrderLine(
                    **own,
                    line=str(place),
                    position=place,
                    asin=f"B0{place:08d}",
                    ordered_units=units,
                    accepted_units=units if accepted else 0,
                    cost=Decimal(cost),
                    cost_currency="USD",
                )
                for place, (units, cost) in enumerate(lines, 1)
            )

    def line(self, number: str, line: str, **fields: Any) -> None:
        """Changes what is known of a line."""
        with transaction(self.shop_id) as session:
            row = session.get_one(PurchaseOrderLine, (self.shop_id, "na", number, line))
            for name, value in fields.items():
                setattr(row, name, value)

    def move(self, number: str, line: str, shipped: int, received: int) -> None:
        """Eaches that have left, and those that Amazon has received, some weeks ago."""
        at = NOW - timedelta(days=30)
        self.line(number, line, shipped_units=shipped, received_units=received, last_received_at=at)
        with transaction(self.shop_id) as session:
            asked = {"shop": self.shop_id, "id": f"S{number}", "number": number, "line": line}
            session.execute(text(SHIP), asked | {"at": at - timedelta(days=2)})
            session.execute(text(SHIP_LINE), asked | {"units": shipped})

    def bill(
        self,
        invoice: str | None,
        *lines: tuple[str, str, int, str],
        type: str = "Invoice",
        state: str = "landed",
        currency: str = "USD",
        due_at: datetime | None = NOW + timedelta(days=30),
    ) -> int:
        """An invoice (order, line, eaches, cost each)."""
        amounts = [(Decimal(cost) * units).quantize(Decimal("0.01")) for *_, units, cost in lines]
        with transaction(self.shop_id) as session:
            paper = Invoice(
                shop_id=self.shop_id,
                region="na",
                vendor_code=CODE,
                type=type,
                source="hand",
                state=state,
                number=invoice,
                currency=currency,
                dated_at=NOW - timedelta(days=25),
                made_by="user:1",
                items_total=sum(amounts, Decimal()),
                tax_total=Decimal(),
                total=sum(amounts, Decimal()),
                due_at=due_at,
            )
            session.add(paper)
            session.flush()
            session.add_all(
                InvoiceLine(
                    shop_id=self.shop_id,
                    invoice_id=paper.invoice_id,
                    position=position,
                    region="na",
                    number=number,
                    line=line,
                    units=units,
                    cost=Decimal(cost),
                    amount=amount,
                    tax=Decimal(),
                )
                for position, ((number, line, units, cost), amount) in enumerate(
                    zip(lines, amounts, strict=True), 1
                )
            )
            made = paper.invoice_id
        if invoice:
            self.invoices[invoice] = made
        return made

    def tell(self, invoice: str, *lines: tuple[int, int, str]) -> None:
        """What Amazon's finance names of an invoice's lines by position: eaches that it has not
        matched, and its variance of the price."""
        with transaction(self.shop_id) as session:
            for position, short, variance in lines:
                row = session.get_one(InvoiceLine, (self.shop_id, self.invoices[invoice], position))
                row.amazon_units, row.matched_units = row.units, row.units - short
                row.price_variance = Decimal(variance)
                row.variances = [
                    {"varianceType": kind, "defectTypes": [cause]}
                    for kind, cause, is_said in (
                        ("PQV", "SHORTAGES_IN_TRANSIT", short),
                        ("PPV", "PRODUCT_COST_NOT_ACTIVE", Decimal(variance)),
                    )
                    if is_said
                ]

    def pay(
        self,
        payment: str,
        *lines: tuple[str, str] | tuple[str, str, str],
        status: str = "SUCCESSFUL",
        currency: str = "USD",
        number: str | None = None,
    ) -> None:
        """A payment: what is named, what is paid of it, and the discount taken."""

        def money(amount: str) -> dict[str, Any]:
            return {"currencyAmount": amount, "currencyCode": currency}

        header = {
            "uniquePaymentId": payment,
            "paymentNumber": number or payment,
            "paymentDate": (NOW - timedelta(days=3)).isoformat(),
            "paymentAmount": money(str(sum(Decimal(line[1]) for line in lines))),
            "remittanceStatus": status,
        }
        items = [
            {
                "invoiceNumber": line[0],
                "netAmountPaid": money(line[1]),
                "netAmountPaidBreakdown": [
                    {"breakdownType": "TermsDiscountTaken", "breakdownAmount": money(line[2])}
                ]
                if len(line) > 2
                else [],
            }
            for line in lines
        ]
        run(reading.store, self.shop_id, "na", header, items)

    def confirm(self, payment: str, position: int, reference: str, paid: str, invoice: str) -> None:
        """A person has confirmed that this line of a payment, saying this, pays an invoice."""
        with transaction(self.shop_id) as session:
            match = PaymentMatch(
                shop_id=self.shop_id,
                rule="exact",
                state="confirmed",
                currency="USD",
                difference=Decimal(),
                digest=f"{payment}/{position}",
                made_at=NOW,
                decided_at=NOW,
                decided_by="user:1",
            )
            session.add(match)
            session.flush()
            session.add(
                PaymentMatchPart(
                    shop_id=self.shop_id,
                    match_id=match.match_id,
                    part=1,
                    region="na",
                    payment_id=payment,
                    position=position,
                    reference=reference,
                    paid=Decimal(paid),
                    currency="USD",
                    invoice_id=self.invoices[invoice],
                    amount=Decimal(paid),
                    discount=Decimal(),
                    withheld=Decimal(),
                )
            )
            session.flush()
            # What only a decision through the door would set off.
            session.execute(text("UPDATE payment_match SET digest = digest"))

    def match(self, *, full: bool = False, now: datetime = NOW) -> None:
        """Writes what is due, or everything, as of a moment."""
        if full:
            full_pass.restate_all(self.shop_id, now=now)
        else:
            run(restating.follow_some, self.shop_id, now=now)

    def of(self, number: str, line: str) -> ReconciliationLine:
        """A line's row."""
        with transaction(self.shop_id) as session:
            return session.get_one(ReconciliationLine, (self.shop_id, "na", number, line))

    def of_invoice(self, number: str) -> ReconciliationInvoice:
        """An invoice's row."""
        with transaction(self.shop_id) as session:
            key = (self.shop_id, self.invoices[number])
            return session.get_one(ReconciliationInvoice, key)

    def rows(self) -> list[tuple[Any, ...]]:
        """Every row of the match, without when it was written."""
        with transaction(self.shop_id) as session:
            return [tuple(row) for row in session.execute(text(ROWS))]


ROWS = """
SELECT (to_jsonb(kept) - 'restated_at' - 'shop_id')::text FROM reconciliation_line AS kept
UNION ALL
SELECT (to_jsonb(kept) - 'restated_at' - 'shop_id' - 'invoice_id')::text
FROM reconciliation_invoice AS kept ORDER BY 1
"""
SHIP = """
INSERT INTO shipment (shop_id, region, identifier, location_id, vendor_code, ship_to, freight_term,
    by, made_at, shipped_at, carton_count, is_correcting, revision, state)
SELECT :shop, 'na', :id, location_id, 'HLDFS', '', 'Prepaid', 'user:1', :at, :at, 1, false, 1,
    'accepted'
FROM location ORDER BY location_id LIMIT 1
ON CONFLICT DO NOTHING
"""
SHIP_LINE = """
INSERT INTO shipment_line (shop_id, region, identifier, number, line, units, booked_units)
VALUES (:shop, 'na', :id, :number, :line, :units, :units)
ON CONFLICT (shop_id, region, identifier, number, line)
DO UPDATE SET units = excluded.units, booked_units = excluded.booked_units
"""


def open_books(domain: str) -> Books:
    """A shop with a location and a vendor code, and no papers yet."""
    with transaction() as session:
        shop_id = open_shop(session, domain).shop_id
    run(_prepare, shop_id)
    return Books(shop_id)


def _prepare(session: Session) -> None:
    shop_id = session.info["shop_id"]
    session.add(Location(shop_id=shop_id, reference="1", name="main"))
    session.add(
        VendorCode(
            shop_id=shop_id, region="na", code=CODE, cost_basis="each", terms={"net_days": 60}
        )
    )
