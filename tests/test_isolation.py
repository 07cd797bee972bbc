"""One shop never reads or writes a row of another: on every route, and by the database alone."""

from __future__ import annotations

import hashlib
import io
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from app import db, messages
from app.connections import Connection
from app.db import shop_of, transaction
from app.inventory import arrivals, policy_changes, working
from app.inventory.discrepancy_tables import WriteOff
from app.inventory.models import (
    Alias,
    Arrival,
    AssignmentRule,
    Collision,
    Discrepancy,
    Item,
    Location,
    State,
)
from app.inventory.policies import PolicyKey, Terms
from app.messages import Message
from app.overview.alerts.tables import Alert, AlertAddress, AlertRule
from app.overview.discrepancies.tables import DiscrepancyAttachment
from app.overview.exports.tables import TABLES
from app.overview.scheduled.tables import ExportedFile, ExportSchedule
from app.preferences import Preference
from app.shops import this_shop
from app.vendor.bank.tables import BankLine
from app.vendor.cash import rates
from app.vendor.claims.tables import ClaimPaper
from app.vendor.co_op.tables import CoOpAgreement, CoOpCharge
from app.vendor.costs import agreeing
from app.vendor.deductions import restating as deductions
from app.vendor.deductions.views import Key
from app.vendor.disputes import working as disputes
from app.vendor.edi.tables import X12Control, X12File, X12Partner
from app.vendor.evidence import vault
from app.vendor.files import working as files
from app.vendor.invoice_tables import Invoice, VendorCode
from app.vendor.journals.entries import PARTS
from app.vendor.journals.tables import JournalAccount, JournalExport
from app.vendor.payments import reading as remittances
from app.vendor.payments.stated import Payment
from app.vendor.payments.tables import RemittanceReading, RemittanceWitness
from app.vendor.reconciliation import restating as matching
from app.vendor.reconciliation.tables import PaymentMatch, PaymentMatchPart
from app.vendor.reports.tables import Report, ReportedSales
from app.vendor.shipping.tables import (
    CarrierLabel,
    Carton,
    CartonLine,
    DatedItem,
    Pallet,
    ShipFrom,
    ShippingSetting,
)
from app.vendor.tables import PurchaseOrder, PurchaseOrderLine, Shipment, ShipmentLine
from tests.inventory.brand import Brand, make_brand
from tests.support.id_tokens import bearer
from tests.support.web import make_app
from tests.vendor.x12.test_x12 import sample as x12_sample

OWNER, STRANGER = "owner.myshopify.com", "stranger.myshopify.com"
MARK = "OWNERS-SECRET"
NUMBER = f"PO{MARK}"
CODE = f"CODE-{MARK}"
SHIPMENT = f"ASN{MARK}"
ASIN = f"B{MARK}"
TENANT_TABLES = """
SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
    AND attname = 'shop_id' AND NOT attisdropped AND relname <> 'shop_domain'
"""
# What an attacker would send where a route wants a body; the ids are the owner's.
BODIES: dict[str, Callable[[Owned], dict[str, Any]]] = {
    "/api/preferences": lambda owned: {"locale": "en"},
    "/api/shop-preferences": lambda owned: {"adopt_differences": "all"},
    "/api/kits": lambda owned: {
        "sku": "STOLEN",
        "parts": [{"item_id": owned.item_id, "units": 1}],
    },
    "/api/kits/{}": lambda owned: {"parts": []},
    "/api/unmapped-products/map": lambda owned: {"asin": "B0STOLEN01", "item_id": owned.item_id},
    "/api/exit": lambda owned: {"confirm": STRANGER},
    "/api/counts": lambda owned: {},
    "/api/discrepancies/{}": lambda owned: {"owner": "stranger", "note": "mine now"},
    "/api/discrepancies/{}/adopt": lambda owned: {},
    "/api/discrepancies/{}/status": lambda owned: {"status": "in_progress"},
    "/api/remittances/{}/{}/payee": lambda owned: {"payee": "ANY"},
    "/api/bank-lines/{}/confirm": lambda owned: {"region": "na", "payment_id": MARK},
    "/api/bank-lines/rules": lambda owned: {"not_in_bank_after_days": 5},
    "/api/discrepancies/bulk": lambda owned: {
        "discrepancies": [{"id": owned.discrepancy_id}],
        "action": "give",
        "owner": "stranger",
    },
    "/api/discrepancies/{}/comments": lambda owned: {"text": "mine now"},
    "/api/discrepancies/{}/tasks": lambda owned: {"title": "mine now"},
    "/api/discrepancies/{}/tasks/{}": lambda owned: {"done": True},
    "/api/discrepancies/{}/attachments": lambda owned: {"evidence_id": owned.evidence_id},
    "/api/assignment-rules": lambda owned: {"rules": [{"owner": "stranger"}], "apply": True},
    "/api/discrepancies/{}/leave": lambda owned: {"note": "mine now"},
    "/api/collisions/{}/ways/{}": lambda owned: {"parameters": {}, "note": "mine now"},
    "/api/policies": lambda owned: {"item_id": owned.item_id, "safety_stock": 9},
    "/api/policies/preview": lambda owned: {
        "changes": [{"group_id": owned.group_id, "location_id": owned.location_id}]
    },
    "/api/policies/groups": lambda owned: {"name": "stolen", "item_ids": [owned.item_id]},
    "/api/policies/groups/{}": lambda owned: {"name": "mine now", "item_ids": []},
    "/api/arrivals/{}/replace": lambda owned: {"by": owned.arrival_id},
    "/api/arrivals": lambda owned: {"rows": [owned.announced]},
    "/api/arrivals/file": lambda owned: {
        "content": "\n".join((",".join(owned.announced), ",".join(owned.announced.values())))
    },
    "/api/purchase-orders/{}/acknowledge": lambda owned: {
        "lines": [{"line": "1", "accept": 0, "reject": 6, "rejection_reason": "ObsoleteProduct"}]
    },
    "/api/purchase-orders/{}/shipments": lambda owned: {
        "location_id": owned.location_id,
        "carton_count": 1,
        "lines": [{"line": "1", "units": 1}],
    },
    "/api/purchase-orders/{}/steps/{}/owner": lambda owned: {"owner": "stranger"},
    "/api/invoices": lambda owned: {"region": "na", "numbers": [NUMBER]},
    "/api/invoices/{}": lambda owned: {"lines": [{"number": NUMBER, "line": "1", "units": 1}]},
    "/api/invoices/{}/send": lambda owned: {},
    "/api/x12/partners/{}": lambda owned: {
        "region": "na",
        "own_id": "STRANGER",
        "partner_id": "AMAZON",
    },
    "/api/x12/files": lambda owned: {"type": "856", "region": "na", "reference": SHIPMENT},
    "/api/invoices/{}/hand-over": lambda owned: {"how": "hand"},
    "/api/purchase-orders/{}/hand-over": lambda owned: {"how": "hand"},
    "/api/shipments/{}/hand-over": lambda owned: {"how": "file"},
    "/api/invoices/{}/credit-notes": lambda owned: {"reason": "invoice"},
    "/api/vendor-codes/{}": lambda owned: {"region": "na", "payee_code": "STOLEN"},
    "/api/shipments": lambda owned: {"numbers": [NUMBER]},
    "/api/shipments/{}": lambda owned: {"carrier_code": "UPSN"},
    "/api/shipments/{}/lines": lambda owned: {
        "lines": [{"number": NUMBER, "line": "1", "units": 1}]
    },
    "/api/shipments/{}/cartons": lambda owned: {"copies": 1},
    "/api/shipments/{}/cartons/{}": lambda owned: {
        "lines": [{"number": NUMBER, "line": "1", "units": 1}]
    },
    "/api/shipments/{}/pallets": lambda owned: {"cartons": []},
    "/api/shipments/{}/send": lambda owned: {"despite_warnings": True},
    "/api/shipments/{}/transport": lambda owned: {"pickup_at": "2027-01-01T00:00:00Z"},
    "/api/reports": lambda owned: {
        "connection_id": owned.connection_id,
        "marketplace": "US",
        "kind": "sales",
    },
    "/api/file-imports/{}": lambda owned: {"currency": "EUR"},
    "/api/journals/settings": lambda owned: {"accounts": [{"part": "bank", "account": "1"}]},
    "/api/cash/rules": lambda owned: {"unsettled_after_days": 30},
    "/api/cash/rates": lambda owned: {
        "base": "EUR",
        "quote": "USD",
        "day": "2026-11-02",
        "rate": "1.1",
        "source": "stranger",
    },
    "/api/agreed-costs": lambda owned: {
        "region": "na",
        "vendor_code": "MINE",
        "asin": "MINE",
        "cost": "1",
        "currency": "USD",
        "starts_on": "2026-01-01",
    },
    "/api/alert-addresses": lambda owned: ADDRESS,
    "/api/alert-addresses/{}": lambda owned: ADDRESS,
    "/api/export-schedules": lambda owned: {
        "name": "mine",
        "table": "items",
        "address_id": owned.address_id,
    },
    "/api/export-schedules/{}": lambda owned: {
        "name": "mine",
        "table": "items",
        "address_id": owned.address_id,
    },
    "/api/alert-rules": lambda owned: {"address_id": owned.address_id, "kind": "collision_open"},
    "/api/alert-rules/{}": lambda owned: {"address_id": 1, "kind": "collision_open"},
    "/api/co-op-agreements": lambda owned: AGREEMENT,
    "/api/co-op-agreements/{}": lambda owned: AGREEMENT,
    "/api/co-op-charges": lambda owned: {
        "region": "na",
        "reference": MARK,
        "currency": "USD",
        "agreement_id": owned.agreement_id,
        "from_day": "2026-01-01",
        "to_day": "2026-01-31",
    },
    "/api/disputes": lambda owned: {
        "region": "na",
        "kind": "shortage_claim",
        "reference": MARK,
        "currency": "USD",
    },
    "/api/disputes/{}": lambda owned: {"note": "mine now"},
    "/api/disputes/{}/file": lambda owned: {"case_number": "1"},
    "/api/evidence/{}": lambda owned: {"type": "other", "note": "mine now"},
    "/api/items/{}/dated": lambda owned: {"dated": True},
    "/api/shipping-settings": lambda owned: {"gs1_company_prefix": "8100000"},
    "/api/shipping-settings/ship-from/{}": lambda owned: {
        "name": "Stranger",
        "address_line": "1 Road",
        "city": "Town",
        "postal_code": "1",
        "country_code": "US",
    },
}
PERIOD = "from_day=2026-01-01&to_day=2026-12-31&currency=USD&software=odoo"
ADDRESS = {"name": "mine", "kind": "email", "address": "me@stranger.example"}
AGREEMENT = {
    "region": "na",
    "name": "stolen",
    "purpose": "other",
    "base": "fixed",
    "amount": "1",
    "currency": "USD",
    "starts_on": "2026-01-01",
}
# Routes that write for the stranger, in the stranger's own shop.
WRITES_OWN = {
    "/api/preferences",
    "/api/shop-preferences",
    "/api/counts",
    "/api/exit",
    "/api/audit",
    "/api/shipping-settings",
    "/api/cash/rules",
    "/api/journals/settings",
    "/api/cash/rates",
    "/api/discrepancies/bulk",
    "/api/assignment-rules",
}


@dataclass(frozen=True)
class Owned:
    """What the owner has, by the names of path parameters."""

    brand: Brand
    item_id: int
    location_id: int
    collision_id: int
    message_id: int
    connection_id: int
    discrepancy_id: int
    arrival_id: int
    group_id: int
    invoice_id: int
    import_id: int
    evidence_id: int
    dispute_id: int
    file_id: int
    agreement_id: int
    address_id: int
    rule_id: int
    schedule_id: int
    exported_id: int
    task_id: int
    bank_line_id: int
    match_id: int
    agreed_cost_id: int
    export_id: int

    @property
    def announced(self) -> dict[str, str]:
        """An arrival of the owner's item at the owner's place, as a row."""
        return {
            "reference": MARK,
            "sku": next(iter(self.brand.items)),
            "location": next(iter(self.brand.locations)),
            "units": "7",
            "expected_on": "2027-01-01",
        }

    def fill(self, rule: str) -> str:
        """A rule's path with the owner's own ids in it."""
        values = {
            "item_id": self.item_id,
            "location_id": self.location_id,
            "collision_id": self.collision_id,
            "message_id": self.message_id,
            "connection_id": self.connection_id,
            "discrepancy_id": self.discrepancy_id,
            "arrival_id": self.arrival_id,
            "group_id": self.group_id,
            "number": NUMBER,
            "line": "1",
            "step": "ordered",
            "invoice_id": self.invoice_id,
            "code": CODE,
            "identifier": SHIPMENT,
            "carton": 1,
            "pallet": 1,
            "label": 1,
            "way": "accept",
            "asin": ASIN,
            "kind": "sales",
            "import_id": self.import_id,
            "task_id": self.task_id,
            "match_id": self.match_id,
            "agreed_cost_id": self.agreed_cost_id,
            "region": "na",
            "payment_id": MARK,
            "deduction": "shortage_claim",
            "evidence_id": self.evidence_id,
            "dispute_id": self.dispute_id,
            "file_id": self.file_id,
            "agreement_id": self.agreement_id,
            "address_id": self.address_id,
            "rule_id": self.rule_id,
            "bank_line_id": self.bank_line_id,
            "schedule_id": self.schedule_id,
            "exported_id": self.exported_id,
            "export_id": self.export_id,
            "currency": "USD",
            "reference": MARK,
            "base": "EUR",
            "quote": "USD",
            "day": "2026-11-01",
        }
        return re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda found: str(values[found[1]]), rule)


@pytest.fixture
def owned(database: str, queue: str, set_settings: Callable[..., None]) -> Owned:
    """A shop with something in every table that a route reads; every text in it is marked."""
    set_settings(
        SHOPIFY_API_KEY="the-client-id",
        SHOPIFY_API_SECRET="the-client-secret",
        SHOPIFY_ADMIN_ORIGIN="http://127.0.0.1:9/{shop}",
    )
    brand = make_brand(OWNER, items=(f"{MARK}-tent",), locations=(f"{MARK}-place",))
    item_id, location_id = *brand.items.values(), *brand.locations.values()
    brand.stock(f"{MARK}-tent", f"{MARK}-place", 3)
    brand.settle(brand.order(f"{MARK}-order", 5, item=f"{MARK}-tent", at=f"{MARK}-place"))
    brand.refresh_collisions()
    with transaction(brand.shop_id) as session:
        message_id = _fill(session, item_id)
        collision_id = session.exec(select(Collision.collision_id)).one()
        connection_id = session.exec(
            select(Connection.connection_id).where(Connection.channel == "amazon")
        ).first()
        discrepancy_id = _disagree(session, item_id, location_id)
        tomorrow = datetime.now(UTC).date() + timedelta(days=1)
        stated = arrivals.Stated(MARK, item_id, location_id, 1, tomorrow)
        arrivals.state(session, [stated], actor="user:1")
        arrival_id = session.exec(select(Arrival.arrival_id)).one()
        group_id = policy_changes.keep_group(session, None, MARK, [item_id], by="user:1")
        key = PolicyKey(group_id=group_id, location_id=location_id)
        policy_changes.put_policy(session, key, Terms(safety_stock=1), by="user:1")
        invoice_id = _bill(session)
        _report(session, connection_id)
        import_id = _file(session)
        _pay(session, connection_id)
        bank_line_id = _say_beside(session, import_id)
        about = vault.About(region="na", shipment=SHIPMENT, purchase_order=NUMBER, text=MARK)
        evidence = vault.keep(session, "pod", MARK, MARK.encode(), about, by=f"user:{MARK}")
        matching.follow_some(session)
        key = Key("na", "shortage_claim", MARK, "USD")
        dispute = disputes.draft(session, key, amount=None, note=MARK, by=f"user:{MARK}")
        file_id = _write_x12(session)
        agreement_id = _agree(session)
        address_id, rule_id = _alert(session)
        for part in PARTS:
            own = {"shop_id": brand.shop_id, "part": part}
            session.add(JournalAccount(**own, account=MARK, changed_by=f"user:{MARK}"))
        schedule_id, exported_id = _schedule(session, address_id)
        task_id = _work(session, discrepancy_id, evidence.evidence_id)
        match_id = _match(session, invoice_id)
        agreed_cost_id = _agree_cost(session)
        export_id = _export(session)
    assert connection_id is not None
    _connect(STRANGER)
    return Owned(
        brand,
        item_id,
        location_id,
        collision_id,
        message_id,
        connection_id,
        discrepancy_id,
        arrival_id,
        group_id,
        invoice_id,
        import_id,
        evidence.evidence_id,
        dispute.dispute_id,
        file_id,
        agreement_id,
        address_id,
        rule_id,
        schedule_id,
        exported_id,
        task_id,
        bank_line_id,
        match_id,
        agreed_cost_id,
        export_id,
    )


@pytest.fixture
def client(owned: Owned) -> FlaskClient:
    made: FlaskClient = make_app().test_client()
    return made


def _fill(session: Session, item_id: int) -> int:
    shop = this_shop(session)
    shop.name, shop.opened_at = MARK, shop.created_at
    shop_id = shop.shop_id
    connection = Connection(shop_id=shop_id, channel="shopify", reference=OWNER, name=MARK)
    connection.seal(access_token=MARK, refresh_token=MARK)
    amazon = Connection(
        shop_id=shop_id, channel="amazon", reference=f"na:{MARK}", name=MARK, region="na"
    )
    session.add_all([connection, amazon])
    session.add(Preference(shop_id=shop_id, user_id="7", locale="zh-CN"))
    session.add(Alias(shop_id=shop_id, kind="asin", value=MARK, item_id=item_id))
    session.flush()
    order: dict[str, Any] = {"shop_id": shop_id, "region": "na", "number": NUMBER}
    session.add(
        PurchaseOrder(
            **order,
            connection_id=connection.connection_id,
            state="New",
            ship_to=MARK,
            ordered_at=datetime.now(UTC),
        )
    )
    session.flush()
    session.add(PurchaseOrderLine(**order, line="1", item_id=item_id, ordered_units=6))
    session.flush()
    _fill_shipment(session, order, item_id)
    message_id = messages.record(
        session,
        direction="in",
        channel="shopify",
        topic="orders/create",
        key=MARK,
        request={"mark": MARK},
        reference=MARK,
    )
    assert message_id is not None
    message = session.get_one(Message, (shop_id, message_id))
    messages.bury(message, MARK)
    return message_id


def _fill_shipment(session: Session, order: dict[str, Any], item_id: int) -> None:
    place = session.exec(select(Location.location_id)).first()
    own = {"shop_id": order["shop_id"], "region": order["region"], "identifier": SHIPMENT}
    line = {"number": NUMBER, "line": "1"}
    session.add(Shipment(**own, location_id=place, ship_to=MARK, by="user:1"))
    session.flush()
    session.add(ShipmentLine(**own, **line, units=2))
    session.add(Pallet(**own, pallet=1, sscc=None))
    session.flush()
    session.add(Carton(**own, carton=1, pallet=1, tracking_number=MARK, packed_by="user:1"))
    session.flush()
    session.add(CartonLine(**own, **line, carton=1, units=2, lot_number=MARK))
    session.add(CarrierLabel(**own, label=1, content=MARK.encode()))
    session.add(DatedItem(shop_id=order["shop_id"], item_id=item_id))
    session.add(ShippingSetting(shop_id=order["shop_id"], gs1_company_prefix="81234567"))
    session.add(
        ShipFrom(
            shop_id=order["shop_id"],
            location_id=place,
            name=MARK,
            address_line=MARK,
            city=MARK,
            postal_code="1",
            country_code="US",
        )
    )


def _write_x12(session: Session) -> int:
    """A partner, its control numbers and one written file; returns the file's id."""
    shop_id = this_shop(session).shop_id
    session.add(
        X12Partner(shop_id=shop_id, region="na", vendor_code=CODE, own_id=MARK, partner_id="AMAZON")
    )
    session.add(X12Control(shop_id=shop_id, own=f"ZZ:{MARK}", partner="ZZ:AMAZON", next_number=2))
    file = X12File(
        shop_id=shop_id,
        own=f"ZZ:{MARK}",
        partner="ZZ:AMAZON",
        number=1,
        type="856",
        region="na",
        reference=SHIPMENT,
        title=SHIPMENT,
        content=MARK.encode(),
        written_by=f"user:{MARK}",
    )
    session.add(file)
    session.flush()
    return file.file_id


def _disagree(session: Session, item_id: int, location_id: int) -> int:
    found = Discrepancy(
        shop_id=this_shop(session).shop_id,
        source="shopify",
        item_id=item_id,
        location_id=location_id,
        state=State.AVAILABLE,
        ours=-2,
        theirs=3,
        status="open",
        note=MARK,
    )
    session.add(found)
    session.flush()
    return found.discrepancy_id


def _work(session: Session, discrepancy_id: int, evidence_id: int) -> int:
    """A comment, a task, a paper and a write-off beside a discrepancy, and a rule."""
    known = working.locked(session, discrepancy_id)
    assert known is not None
    working.comment(session, known, MARK, actor="user:1")
    task = working.add_task(session, known, MARK, owner=MARK, due_on=None, actor="user:1")
    working.replace_rules(session, [AssignmentRule(owner=MARK)])
    own = {"shop_id": known.shop_id, "discrepancy_id": discrepancy_id}
    session.add(DiscrepancyAttachment(**own, evidence_id=evidence_id, by="user:1"))  # type: ignore[arg-type]
    amount = {"amount": Decimal(1), "currency": "USD"}
    session.add(WriteOff(**own, **amount, reason=MARK, by="user:1"))  # type: ignore[arg-type]
    session.flush()
    return task.task_id


def _bill(session: Session) -> int:
    """A sent invoice, as it stands in the books and in its copy."""
    shop_id = this_shop(session).shop_id
    session.add(VendorCode(shop_id=shop_id, region="na", code=CODE, payee_code=MARK))
    session.flush()
    invoice = Invoice(
        shop_id=shop_id,
        region="na",
        vendor_code=CODE,
        source="hand",
        state="landed",
        number=MARK,
        currency="USD",
        made_by="user:1",
        items_total=Decimal(1),
        total=Decimal(1),
        document={"id": MARK, "items": [], "invoiceTotal": {"amount": "1.00"}},
    )
    session.add(invoice)
    session.flush()
    return invoice.invoice_id


def _report(session: Session, connection_id: int | None) -> None:
    """A report, and what it says of an item."""
    own: dict[str, Any] = {"shop_id": this_shop(session).shop_id, "connection_id": connection_id}
    own["marketplace"] = "US"
    now = datetime.now(UTC)
    session.add(
        Report(**own, kind="sales", starts_at=now - timedelta(days=7), ends_at=now, cause=MARK)
    )
    week = {"asin": ASIN, "starts_on": now.date(), "ends_on": now.date() + timedelta(days=6)}
    session.add(ReportedSales(**own, **week, report_id=1, shipped_units=1))
    session.flush()


def _file(session: Session) -> int:
    """A file that was looked at."""
    content = x12_sample(f"BEG*00*NE*{MARK}", f"PO1*1*1*EA*1*NT*VN*{MARK}")
    kept, _ = files.bring(
        session, "purchase_orders", MARK, content, region="na", actor=f"user:{MARK}"
    )
    return kept.import_id


def _pay(session: Session, connection_id: int | None) -> None:
    """A payment, and how far payments were read."""
    header = {
        "uniquePaymentId": MARK,
        "paymentNumber": MARK,
        "paymentDate": "2026-11-01T00:00:00Z",
        "paymentAmount": {"currencyAmount": 1, "currencyCode": "USD"},
        "remittanceStatus": "SUCCESSFUL",
    }
    paid = {"invoiceNumber": MARK, "netAmountPaid": header["paymentAmount"]}
    taken = {"currencyAmount": -1, "currencyCode": "USD"}
    claimed = {"invoiceNumber": f"{MARK}SC", "netAmountPaid": taken}
    remittances.store(session, "na", header, [paid, claimed])
    deductions.restate(session)
    day = datetime(2026, 11, 1, tzinfo=UTC).date()
    rates.say(session, "EUR", "USD", day, Decimal("1.1"), MARK, by=f"user:{MARK}")
    own: dict[str, Any] = {"shop_id": this_shop(session).shop_id, "connection_id": connection_id}
    session.add(RemittanceReading(**own, marketplace_id=MARK, read_to=datetime.now(UTC)))
    session.flush()


def _say_beside(session: Session, import_id: int) -> int:
    """What a file says of the payment, and a line of the bank's that is tied to it."""
    own: dict[str, Any] = {"shop_id": this_shop(session).shop_id, "import_id": import_id}
    said = Payment(MARK, datetime(2026, 11, 1, tzinfo=UTC), Decimal(1), "USD", method=MARK)
    session.add(
        RemittanceWitness(
            **own,
            region="na",
            number=MARK,
            source="file",
            digest=said.digest,
            stated=said.as_json(),
            payment_id=MARK,
            differences=[
                {
                    "line": MARK,
                    "field": "paid",
                    "counted": MARK,
                    "witness": MARK,
                    "amount": "1",
                    "currency": "USD",
                }
            ],
        )
    )
    line = BankLine(
        **own,
        key=MARK,
        booked_on=datetime(2026, 11, 2, tzinfo=UTC).date(),
        amount=Decimal(1),
        currency="USD",
        bank_reference=MARK,
        end_to_end=MARK,
        region="na",
        payment_id=MARK,
        payment_number=MARK,
        matched_how="confirmed",
        matched_by=f"user:{MARK}",
        matched_at=datetime.now(UTC),
    )
    session.add(line)
    session.add(
        ClaimPaper(
            shop_id=this_shop(session).shop_id,
            region="na",
            kind="chargeback",
            number=MARK,
            part=MARK,
            import_id=import_id,
            digest=MARK,
            status=MARK,
            currency="USD",
        )
    )
    session.flush()
    return line.bank_line_id


def _agree_cost(session: Session) -> int:
    day = datetime(2026, 1, 1, tzinfo=UTC).date()
    said = agreeing.Said("na", MARK, MARK, "USD", Decimal(1), day)
    [row] = agreeing.agree(session, [said], by=f"user:{MARK}")
    return row.agreed_cost_id


def _match(session: Session, invoice_id: int) -> int:
    """A payment that is suggested for an invoice."""
    shop_id = this_shop(session).shop_id
    made = PaymentMatch(
        shop_id=shop_id,
        rule="exact",
        currency="USD",
        difference=Decimal(0),
        digest=MARK,
        made_at=datetime.now(UTC),
    )
    session.add(made)
    session.flush()
    said = {"region": "na", "payment_id": MARK, "position": 9, "reference": MARK}
    amounts = {"paid": Decimal(1), "amount": Decimal(1), "discount": 0, "withheld": 0}
    own = {"shop_id": shop_id, "match_id": made.match_id, "part": 1, "invoice_id": invoice_id}
    session.add(PaymentMatchPart(**own, **said, **amounts, currency="USD"))
    session.flush()
    return made.match_id


def _agree(session: Session) -> int:
    """A co-op agreement, and a charge confirmed to be of it."""
    own: dict[str, Any] = {"shop_id": this_shop(session).shop_id, "region": "na", "currency": "USD"}
    said = {"name": MARK, "purpose": "other", "base": "fixed", "amount": Decimal(1)}
    day = datetime.now(UTC).date()
    made = CoOpAgreement(**own, **said, starts_on=day, changed_by=f"user:{MARK}")
    session.add(made)
    session.flush()
    days = {"from_day": day, "to_day": day, "confirmed_by": f"user:{MARK}"}
    session.add(CoOpCharge(**own, reference=MARK, agreement_id=made.agreement_id, **days))
    session.flush()
    return made.agreement_id


def _alert(session: Session) -> tuple[int, int]:
    own: dict[str, Any] = {"shop_id": shop_of(session), "made_by": f"user:{MARK}"}
    address = AlertAddress(**own, name=MARK, kind="email", sealed="sealed", hint=MARK)
    session.add(address)
    session.flush()
    rule = AlertRule(**own, address_id=address.address_id, kind="collision_open")
    session.add(rule)
    session.flush()
    told = {"key": MARK, "kind": rule.kind, "path": f"/{MARK}", "about": {"reference": MARK}}
    session.add(Alert(shop_id=rule.shop_id, rule_id=rule.rule_id, **told))
    return address.address_id, rule.rule_id


def _schedule(session: Session, address_id: int) -> tuple[int, int]:
    now = datetime.now(UTC)
    own: dict[str, Any] = {"shop_id": shop_of(session), "format": "csv", "name": MARK}
    schedule = ExportSchedule(
        **own,
        table_name="items",
        rhythm="daily",
        address_id=address_id,
        next_at=now + timedelta(days=1),
        made_by=f"user:{MARK}",
    )
    session.add(schedule)
    session.flush()
    content = MARK.encode()
    file = ExportedFile(
        **own, schedule_id=schedule.schedule_id, due_at=now, size=len(content), content=content
    )
    session.add(file)
    session.flush()
    return schedule.schedule_id, file.file_id


def _connect(domain: str) -> int:
    brand = make_brand(domain)
    with transaction(brand.shop_id) as session:
        connection = Connection(shop_id=brand.shop_id, channel="shopify", reference=domain)
        connection.seal(access_token="a", refresh_token="r")
        session.add(connection)
        this_shop(session).opened_at = datetime.now(UTC)
    return brand.shop_id


def _calls(client: FlaskClient) -> Iterator[tuple[str, str]]:
    for rule in client.application.url_map.iter_rules():
        if rule.rule.startswith("/api/"):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield from ((method, one) for one in _each_table(rule.rule))


def _each_table(rule: str) -> list[str]:
    """An export's rule once for each table; movements are of an item, journals of a period."""
    if rule in ("/api/journals", "/api/journals/file"):
        return [f"{rule}?{PERIOD}"]
    if "<string:table>" not in rule:
        return [rule]
    named = [rule.replace("<string:table>", table) for table in TABLES]
    return [one + ("?item_id=<int:item_id>" if one.endswith("/movements") else "") for one in named]


def _fingerprints(superuser: psycopg.Connection, shop_id: int) -> dict[str, str]:
    """A digest of all rows of one shop, table by table."""
    found = {}
    for (table,) in superuser.execute(TENANT_TABLES).fetchall():
        rows = superuser.execute(
            f"SELECT t::text FROM {table} AS t WHERE shop_id = %s ORDER BY 1", [shop_id]
        ).fetchall()
        found[table] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


def _shown(answer: Any) -> str:
    """All text of an answer, that inside a workbook too."""
    content = answer.get_data()
    if content.startswith(b"%PDF"):
        return str(answer.headers["Content-Disposition"])
    if not content.startswith(b"PK"):
        return str(content.decode(errors="replace"))
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return " ".join(book.read(name).decode() for name in book.namelist())


def _export(session: Session) -> int:
    """A journal that went to the owner's books."""
    day = datetime.now(UTC).date()
    made = JournalExport(
        shop_id=this_shop(session).shop_id,
        software="odoo",
        currency="USD",
        from_day=day,
        to_day=day,
        scope="all",
        entries=1,
        name=MARK,
        media_type="text/csv",
        content=MARK.encode(),
        exported_at=datetime.now(UTC),
        exported_by=f"user:{MARK}",
    )
    session.add(made)
    session.flush()
    return made.export_id


def _body(rule: str, owned: Owned) -> dict[str, Any]:
    body = BODIES.get(re.sub(r"<[^>]+>", "{}", rule))
    return body(owned) if body else {}


def test_a_stranger_reads_and_changes_nothing_on_any_route(
    client: FlaskClient, owned: Owned, superuser: psycopg.Connection
) -> None:
    before = _fingerprints(superuser, owned.brand.shop_id)
    seen = 0
    for method, rule in _calls(client):
        path = owned.fill(rule)
        body = _body(rule, owned) if method != "GET" else None
        answer = client.open(path, method=method, json=body, headers=bearer(STRANGER))
        shown = _shown(answer)
        told = shown.replace(path, "")
        assert MARK not in told, f"{method} {rule} shows the owner's data: {shown}"
        if "<" in rule:
            assert answer.status_code in (404, 409), (
                f"{method} {rule}: {answer.status_code} {shown}"
            )
        elif method == "GET" or rule in WRITES_OWN:
            assert answer.status_code == 200, f"{method} {rule}: {answer.status_code} {shown}"
        seen += 1
    assert seen >= 20
    assert _fingerprints(superuser, owned.brand.shop_id) == before


def test_the_owner_does_see_what_the_stranger_may_not(client: FlaskClient, owned: Owned) -> None:
    shown = ""
    for method, rule in _calls(client):
        if method == "GET":
            answer = client.get(owned.fill(rule), headers=bearer(OWNER))
            assert answer.status_code == 200, f"{rule}: {answer.get_data(as_text=True)}"
            shown += _shown(answer)
    assert shown.count(MARK) > 20


def test_without_a_valid_token_no_route_answers(client: FlaskClient, owned: Owned) -> None:
    spoiled = [
        {},
        {"Authorization": "Basic eDp5"},
        {"Authorization": "Bearer "},
        bearer(OWNER, secret="another-secret-of-the-same-length!"),
        bearer(OWNER, exp=1),
        bearer(OWNER, aud="another-app"),
        bearer(OWNER, iss=f"https://{STRANGER}/admin"),
        bearer("evil.example.com"),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for method, rule in _calls(client):
            for headers in spoiled:
                answer = client.open(owned.fill(rule), method=method, json={}, headers=headers)
                assert answer.status_code == 401, f"{method} {rule}"
                assert answer.headers["X-Shopify-Retry-Invalid-Session-Request"] == "1"
                assert answer.json and answer.json["code"] == "invalid_id_token"


def test_the_shop_is_the_tokens_and_no_query_or_body_changes_it(
    client: FlaskClient, owned: Owned
) -> None:
    answer = client.get(
        f"/api/session?shop={OWNER}&shop_id={owned.brand.shop_id}",
        headers=bearer(STRANGER) | {"X-Shopify-Shop-Domain": OWNER},
    )
    assert answer.json and answer.json["shop"]["domain"] == STRANGER


def test_row_level_security_alone_keeps_strangers_out_of_every_route(
    client: FlaskClient,
    owned: Owned,
    superuser: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The application's own filter is made to ask for the owner's rows: the database gives none."""
    enter = db.enter_shop

    def enter_with_a_wrong_filter(session: Session, shop_id: int) -> None:
        enter(session, shop_id)
        session.info["shop_id"] = owned.brand.shop_id

    headers = bearer(STRANGER)
    before = _fingerprints(superuser, owned.brand.shop_id)
    monkeypatch.setattr(db, "enter_shop", enter_with_a_wrong_filter)
    for method, rule in _calls(client):
        path = owned.fill(rule)
        body = _body(rule, owned) if method != "GET" else None
        answer = client.open(path, method=method, json=body, headers=headers)
        shown = _shown(answer).replace(path, "")
        assert MARK not in shown, f"{method} {rule} shows the owner's data: {shown}"
    assert _fingerprints(superuser, owned.brand.shop_id) == before


def test_row_level_security_covers_every_table_that_has_a_shop(
    owned: Owned, superuser: psycopg.Connection
) -> None:
    tables = [row[0] for row in superuser.execute(TENANT_TABLES).fetchall()]
    assert {"posting", "message", "connection", "purchase_order"} <= set(tables)
    with transaction() as session:
        stranger = session.execute(
            text("SELECT shop_id FROM shop_domain WHERE domain = :domain"), {"domain": STRANGER}
        ).scalar_one()
    for table in tables:
        with transaction(stranger) as session:
            count = f"SELECT count(*) FROM {table} WHERE shop_id = :shop"
            seen = session.execute(text(count), {"shop": owned.brand.shop_id}).scalar_one()
            assert seen == 0, table
        with transaction() as session:
            assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0, table


def test_a_row_cannot_be_written_into_another_shop(owned: Owned) -> None:
    stranger = _connect("third.myshopify.com")
    with pytest.raises(DBAPIError, match="row-level security"), transaction(stranger) as session:
        session.add(Item(shop_id=owned.brand.shop_id, sku="planted", title="planted"))
    with pytest.raises(DBAPIError, match="row-level security"), transaction(stranger) as session:
        session.add(Location(shop_id=stranger, reference="own", name="own"))
        session.flush()
        session.execute(text("UPDATE location SET shop_id = :shop"), {"shop": owned.brand.shop_id})
