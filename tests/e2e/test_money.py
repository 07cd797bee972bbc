"""What somebody of finance does on the screens: a statement is brought, and payments are matched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from playwright.sync_api import FrameLocator, Page, expect

from tests.e2e.test_screens import brand, show
from tests.stories.stage import Stage, eventually
from tests.vendor.remittance_files import newer

LINE = {"asin": "B000000001", "vendor_sku": "810000000011", "amount": 8, "cost": "50.00"}
INVOICE = "Invoice number,Invoice date,PO,ASIN,Quantity,Unit cost,Currency,Tax\n"
STATEMENT = "Posting Date,Description,Amount,Currency\n"
DAY = datetime.now(UTC) - timedelta(days=3)


def take(app: FrameLocator, page: Page, kind: str, name: str, content: bytes) -> None:
    """Brings a file on its screen and takes all of it."""
    expect(app.get_by_label("What it is")).to_have_value(kind)
    given = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    app.locator("input[type=file]").set_input_files(given)  # type: ignore[arg-type]
    app.get_by_role("button", name="Take").click()
    taken = app.locator("s-badge").get_by_text("Taken", exact=True)
    expect(taken).to_be_visible(timeout=30_000)


def payment(number: str, *lines: tuple[str, str]) -> bytes:
    """Vendor Central's file of one payment: what it pays, and how much."""
    amount = sum((Decimal(paid) for _, paid in lines), Decimal())
    told = [
        (reference, "Invoice", "Goods", "", f"${paid}", "$0.00", "$0.00", f"${paid}")
        for reference, paid in lines
    ]
    return newer(number, *told, amount=f"${amount}", on=f"{DAY:%m/%d/%Y}")


def test_a_bank_statement_is_brought_and_its_lines_are_tied_to_the_payments(
    stage: Stage, page: Page
) -> None:
    brand(stage)
    for number, paid in (("700001", "400.00"), ("700002", "250.00")):
        app = show(page, stage, "/purchase-orders/files?kind=remittances")
        take(app, page, "remittances", f"{number}.xlsx", payment(number, ("NT-9", paid)))
    lines = (
        f"{DAY:%m/%d/%Y},AMAZON.COM SERVICES LLC 700001,400.00,USD\n"
        f"{DAY:%m/%d/%Y},AMAZON.COM SERVICES LLC,249.10,USD\n"
        f"{DAY:%m/%d/%Y},JANE DOE PAYROLL,-900.00,USD\n"
    )
    app = show(page, stage, "/purchase-orders/files?kind=bank_lines")
    take(app, page, "bank_lines", "checking.csv", (STATEMENT + lines).encode())

    app = show(page, stage, "/invoices/payments/bank")
    rows = app.get_by_label("Bank lines").locator("tbody tr")
    expect(rows).to_have_count(2)
    named, other = rows.filter(has_text="$400.00"), rows.filter(has_text="$249.10")
    expect(named).to_contain_text("By reference and amount")
    expect(named.get_by_role("link", name="700001")).to_be_visible()
    expect(other).to_contain_text("No payment fits it.")
    other.get_by_role("button", name="Another payment").click()
    other.get_by_label("Number of the payment").fill("700002")
    found = other.get_by_role("button", name="It is this one")
    expect(found).to_have_count(1)
    found.click()
    expect(other).to_contain_text("Confirmed")
    (difference,) = stage.get("/api/discrepancies?kind=bank_difference")["data"]
    assert difference["value"] == {"amount": "0.9000", "currency": "USD"}


def test_a_payment_is_matched_to_its_invoice_by_hand(stage: Stage, page: Page) -> None:
    brand(stage)
    order = stage.purchase_order(LINE)
    eventually(lambda: stage.units("TENT", "reserved"), 8)
    row = f"NT-1,{DAY:%Y-%m-%d},{order},B000000001,8,50.00,USD,0.00\n"
    app = show(page, stage, "/purchase-orders/files?kind=invoices")
    take(app, page, "invoices", "invoices.csv", (INVOICE + row).encode())
    app = show(page, stage, "/purchase-orders/files?kind=remittances")
    take(app, page, "remittances", "paid.xlsx", payment("700003", ("DEPOSIT", "150.00")))
    eventually(lambda: len(stage.get("/api/reconciliation/invoices?open=true")["data"]), 1)

    app = show(page, stage, "/invoices/payments/na/file:700003")
    line = app.get_by_label("Line by line").locator("tbody tr")
    line.get_by_role("button", name="Say which invoice it pays").click()
    line.get_by_label("Number of the invoice").fill("NT-")
    expect(line).to_contain_text("$400.00 to come")
    line.get_by_role("button", name="It is this one").click()
    expect(line).to_contain_text("Confirmed")

    def invoice() -> tuple[str, str]:
        (found,) = stage.get("/api/reconciliation/invoices")["data"]
        return found["state"], found["open"]["amount"]

    eventually(invoice, ("partly_paid", "250.0000"))
    line.get_by_role("button", name="Take back").click()
    eventually(invoice, ("unpaid", "400.0000"))

    app.get_by_role("link", name="Cash").click()
    expect(app.get_by_role("heading", name="Rates of exchange")).to_be_visible()
    expect(page.locator("#app-links [aria-current=page]")).to_have_text("Money")

    app = show(page, stage, "/exports?table=deductions%26kind=price_claim")
    expect(app.get_by_text("With the filters kind = price_claim", exact=True)).to_be_visible()
