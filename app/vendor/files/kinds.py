"""The kinds of files that are understood: their fields, and the headings that exports give them.

Headings as seen in Vendor Central's exports (English and Chinese) and in common workbooks; Amazon
documents none of them, so a person confirms the map, and what was confirmed is remembered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Type = Literal["text", "units", "amount", "money", "rate", "day", "choice"]
"""An `amount` is not below zero; `money` may be, as what Amazon takes back is."""
PURCHASE_ORDERS = "purchase_orders"
PURCHASE_ORDER_STATUS = "purchase_order_status"
SHIPMENTS = "shipments"
INVOICES = "invoices"
REMITTANCES = "remittances"
BANK_LINES = "bank_lines"
CHARGEBACKS = "chargebacks"
RETURNS = "returns"
DISPUTES = "disputes"
AGREED_COSTS = "agreed_costs"
FUNCTIONAL_ACKNOWLEDGEMENTS = "functional_acknowledgements"


@dataclass(frozen=True, eq=False)
class FileField:
    """One thing that a column may say. `choices`: what stands there → what it means."""

    name: str
    type: Type
    headings: tuple[str, ...]
    required: bool = False
    longest: int = 64
    choices: Mapping[str, str] | None = None
    of_order: bool = False
    """Said of the whole paper, so the same in each of its rows."""


@dataclass(frozen=True)
class Kind:
    """One kind of file."""

    name: str
    fields: Sequence[FileField]

    def field(self, name: str) -> FileField | None:
        """The field of that name."""
        return next((one for one in self.fields if one.name == name), None)


STATES = {
    "new": "New",
    "unconfirmed": "New",
    "open": "New",
    "未确认": "New",
    "acknowledged": "Acknowledged",
    "confirmed": "Acknowledged",
    "已确认": "Acknowledged",
    "closed": "Closed",
    "completed": "Closed",
    "已关闭": "Closed",
}
UNITS = {
    "each": "Eaches",
    "eaches": "Eaches",
    "ea": "Eaches",
    "units": "Eaches",
    "unit": "Eaches",
    "件": "Eaches",
    "case": "Cases",
    "cases": "Cases",
    "ca": "Cases",
    "cs": "Cases",
    "箱": "Cases",
}
WINDOWS = {
    "ship": "ship",
    "ship window": "ship",
    "shipment window": "ship",
    "发货": "ship",
    "delivery": "delivery",
    "delivery window": "delivery",
    "送达": "delivery",
}

ORDER_FIELDS = (
    FileField(
        "number",
        "text",
        (
            "PO",
            "PO number",
            "PO #",
            "Purchase order",
            "Purchase order number",
            "采购订单号",
        ),
        required=True,
        of_order=True,
    ),
    FileField("line", "text", ("Line", "Line number", "Item sequence number", "行号")),
    FileField("asin", "text", ("ASIN",), longest=20),
    FileField(
        "vendor_sku",
        "text",
        ("Model number", "Vendor SKU", "SKU", "Merchant SKU", "型号"),
    ),
    FileField("barcode", "text", ("External ID", "UPC", "EAN", "GTIN", "Barcode", "商品编码")),
    FileField(
        "ordered",
        "units",
        (
            "Quantity requested",
            "Requested quantity",
            "Quantity ordered",
            "Ordered quantity",
            "Quantity submitted",
            "Submitted quantity",
            "Quantity",
            "订购数量",
        ),
        required=True,
    ),
    FileField("unit", "choice", ("Unit of measure", "Unit", "单位"), choices=UNITS),
    FileField("unit_size", "units", ("Case size", "Case pack", "Unit size", "每箱数量")),
    FileField(
        "accepted",
        "units",
        ("Accepted quantity", "Quantity accepted", "Confirmed quantity", "确认数量"),
    ),
    FileField("received", "units", ("Quantity received", "Received quantity", "收货数量")),
    FileField("cost", "amount", ("Unit cost", "Cost", "Net cost", "单位成本")),
    FileField("currency", "text", ("Currency", "Unit cost currency", "货币"), longest=3),
    FileField("vendor_code", "text", ("Vendor", "Vendor code", "供应商代码"), of_order=True),
    FileField(
        "ship_to",
        "text",
        ("Ship to location", "Ship to", "Fulfillment center", "运送地点"),
        of_order=True,
    ),
    FileField("state", "choice", ("Status", "PO status", "状态"), choices=STATES, of_order=True),
    FileField(
        "ordered_on",
        "day",
        ("Order date", "Ordered on", "PO date", "Order created", "订单日期"),
        of_order=True,
    ),
    FileField("window_type", "choice", ("Window type", "时段类型"), choices=WINDOWS, of_order=True),
    FileField(
        "window_start",
        "day",
        ("Window start", "Ship window start", "Delivery window start", "时段开始"),
        of_order=True,
    ),
    FileField(
        "window_end",
        "day",
        ("Window end", "Ship window end", "Delivery window end", "时段结束"),
        of_order=True,
    ),
)
STATUS_FIELDS = (
    "number",
    "line",
    "asin",
    "vendor_sku",
    "barcode",
    "accepted",
    "received",
    "unit",
    "unit_size",
    "state",
)
"""Of those, what an export of the status of known orders says."""

PRODUCT_FIELDS = tuple(
    replace(one, of_order=False)
    for one in ORDER_FIELDS
    if one.name in ("number", "line", "asin", "vendor_sku", "barcode", "unit", "unit_size")
)
SHIPMENT_FIELDS = (
    FileField(
        "identifier",
        "text",
        (
            "ASN",
            "ASN number",
            "Shipment ID",
            "Shipment identifier",
            "Shipment number",
            "发货编号",
            "货件编号",
        ),
        required=True,
        longest=40,
        of_order=True,
    ),
    *PRODUCT_FIELDS,
    FileField(
        "units",
        "units",
        (
            "Quantity shipped",
            "Shipped quantity",
            "Units shipped",
            "Shipped units",
            "Quantity",
            "发货数量",
        ),
        required=True,
    ),
    FileField(
        "shipped_on",
        "day",
        ("Ship date", "Shipped on", "Shipped date", "Shipment date", "发货日期"),
        required=True,
        of_order=True,
    ),
    FileField(
        "carrier_code", "text", ("SCAC", "Carrier code", "承运人代码"), longest=4, of_order=True
    ),
    FileField(
        "carrier_reference",
        "text",
        ("PRO number", "PRO", "Tracking number", "Carrier reference", "运单号"),
        longest=40,
        of_order=True,
    ),
    FileField(
        "bill_of_lading",
        "text",
        ("BOL", "BOL number", "Bill of lading", "提单号"),
        longest=40,
        of_order=True,
    ),
    FileField(
        "carton_count",
        "units",
        ("Cartons", "Carton count", "Number of cartons", "箱数"),
        of_order=True,
    ),
)
INVOICE_FIELDS = (
    FileField(
        "invoice_number",
        "text",
        ("Invoice", "Invoice number", "Invoice #", "Invoice ID", "发票号", "发票编号"),
        required=True,
        of_order=True,
    ),
    FileField(
        "dated_on", "day", ("Invoice date", "Date", "发票日期"), required=True, of_order=True
    ),
    *PRODUCT_FIELDS,
    FileField(
        "units",
        "units",
        (
            "Quantity invoiced",
            "Invoiced quantity",
            "Units invoiced",
            "Quantity",
            "开票数量",
        ),
        required=True,
    ),
    FileField("cost", "amount", ("Unit cost", "Cost", "Unit price", "Net cost", "单位成本")),
    FileField("currency", "text", ("Currency", "Invoice currency", "货币"), longest=3),
    FileField(
        "total", "amount", ("Invoice total", "Invoice amount", "Total", "发票总额"), of_order=True
    ),
    FileField("tax", "amount", ("Tax", "Tax amount", "VAT", "税额"), of_order=True),
)

PAYMENT_STATUSES = {
    "successful": "SUCCESSFUL",
    "success": "SUCCESSFUL",
    "paid": "SUCCESSFUL",
    "completed": "SUCCESSFUL",
    "complete": "SUCCESSFUL",
    "cleared": "SUCCESSFUL",
    "processed": "SUCCESSFUL",
    "已付款": "SUCCESSFUL",
    "in progress": "IN_PROGRESS",
    "pending": "IN_PROGRESS",
    "initiated": "IN_PROGRESS",
    "处理中": "IN_PROGRESS",
    "failed": "FAILED",
    "voided": "FAILED",
    "void": "FAILED",
    "cancelled": "FAILED",
    "已作废": "FAILED",
}
# Payments › Remittances of Vendor Central (amazon-vendor.md §7.3): a block of payments, then the row
# "Invoices", then a block of lines, in an older and a newer layout.
PAYMENT_FIELDS = (
    FileField(
        "payment_number",
        "text",
        ("Payment Number", "Payment", "Payment #", "付款编号"),
        required=True,
        of_order=True,
    ),
    FileField("paid_on", "day", ("Payment Date", "付款日期"), required=True, of_order=True),
    FileField(
        "invoice_currency", "text", ("Invoice Currency", "发票货币"), longest=3, of_order=True
    ),
    FileField(
        "invoice_amount",
        "money",
        ("Amount in Invoice Currency", "发票货币金额"),
        of_order=True,
    ),
    FileField(
        "payment_currency", "text", ("Payment Currency", "付款货币"), longest=3, of_order=True
    ),
    FileField(
        "payment_amount",
        "money",
        ("Amount in Payment Currency", "Payment Amount", "付款货币金额", "付款金额"),
        required=True,
        of_order=True,
    ),
    FileField("exchange_rate", "rate", ("Exchange Rate", "汇率"), of_order=True),
    FileField(
        "payment_method", "text", ("Payment Type", "Payment Method", "付款方式"), of_order=True
    ),
    FileField(
        "payment_status",
        "choice",
        ("Payment Status", "付款状态"),
        choices=PAYMENT_STATUSES,
        of_order=True,
    ),
    FileField(
        "payee",
        "text",
        ("Payee", "Payee Code", "Vendor Code", "收款方", "供应商代码"),
        of_order=True,
    ),
)
PAYMENT_LINE_FIELDS = (
    FileField("of_payment", "text", ("Payment Number", "付款编号"), required=True),
    FileField(
        "invoice_number",
        "text",
        ("Invoice Number", "Invoice", "发票号", "发票编号"),
        required=True,
        longest=200,
    ),
    FileField("dated_on", "day", ("Invoice Date", "发票日期")),
    FileField("transaction_type", "text", ("Transaction Type", "交易类型"), longest=200),
    FileField(
        "description",
        "text",
        ("Transaction Description", "Description", "交易描述", "描述"),
        longest=500,
    ),
    FileField(
        "original_invoice",
        "text",
        ("Original Invoice Number", "原始发票号"),
        longest=200,
    ),
    FileField("invoiced", "money", ("Invoice Amount", "发票金额")),
    FileField("line_currency", "text", ("Invoice Currency", "发票货币"), longest=3),
    FileField("withheld", "money", ("Withholding Amount", "预扣金额")),
    FileField("discount", "money", ("Terms Discount Taken", "Discount Taken", "付款折扣")),
    FileField(
        "paid", "money", ("Amount Paid", "Net Amount Paid", "已付金额", "净付金额"), required=True
    ),
)
# A bank's own export. CAMT.053 and MT940 are turned into these headings before they are kept.
BANK_FIELDS = (
    FileField(
        "booked_on",
        "day",
        (
            "Booking date",
            "Date",
            "Posting date",
            "Transaction date",
            "Buchungstag",
            "Buchungsdatum",
            "记账日期",
            "交易日期",
        ),
        required=True,
    ),
    FileField(
        "valued_on", "day", ("Value date", "Valuta", "Valutadatum", "Wertstellung", "起息日")
    ),
    FileField("amount", "money", ("Amount", "Transaction amount", "Betrag", "金额", "交易金额")),
    FileField("credit", "money", ("Credit", "Paid in", "Money in", "Haben", "贷方金额", "收入")),
    FileField("debit", "money", ("Debit", "Paid out", "Money out", "Soll", "借方金额", "支出")),
    FileField("currency", "text", ("Currency", "Währung", "Waehrung", "货币", "币种"), longest=3),
    FileField(
        "bank_reference",
        "text",
        ("Bank reference", "Transaction ID", "Reference", "Bankreferenz", "交易流水号"),
        longest=140,
    ),
    FileField(
        "end_to_end",
        "text",
        (
            "End-to-end reference",
            "End to end ID",
            "Customer reference",
            "Kundenreferenz",
            "Kundenreferenz (End-to-End)",
            "客户参考号",
        ),
        longest=140,
    ),
    FileField(
        "details",
        "text",
        ("Details", "Description", "Memo", "Narrative", "Verwendungszweck", "摘要", "附言"),
        longest=2000,
    ),
)
# Reports › Operational Performance, Returns and Dispute Management of Vendor Central; headings as seen
# (amazon-vendor.md §7.3), those of disputes UNVERIFIED.
CLAIM_ORDER = FileField(
    "number",
    "text",
    (
        "Purchase order #",
        "Purchase order",
        "Purchase order number",
        "PO",
        "PO number",
        "采购订单号",
    ),
)
CLAIM_FIELDS = (
    CLAIM_ORDER,
    FileField("asin", "text", ("ASIN",), longest=20),
    FileField("vendor_code", "text", ("Vendor code", "Vendor", "供应商代码")),
)
CHARGEBACK_FIELDS = (
    FileField("issue", "text", ("Issue ID", "Issue", "Defect ID", "问题编号"), required=True),
    FileField(
        "charge",
        "money",
        ("Financial charge", "Charge amount", "Financial charge amount", "罚款金额"),
        required=True,
    ),
    FileField("units", "units", ("Quantity", "Units", "数量")),
    FileField(
        "issue_type", "text", ("Issue type", "Type of the non-compliance", "问题类型"), longest=200
    ),
    FileField(
        "issue_subtype",
        "text",
        (
            "Sub-type of the non-compliance",
            "Subtype of the non-compliance",
            "Sub-type",
            "Subtype",
            "问题子类型",
        ),
        longest=200,
    ),
    FileField("notified_on", "day", ("Creation date", "Created", "Date created", "创建日期")),
    FileField("dispute_by", "day", ("Dispute By", "Dispute by date", "争议截止日期")),
    FileField(
        "invoice_number",
        "text",
        ("Charge Invoice #", "Charge invoice", "Charge invoice number", "扣款发票号"),
        longest=200,
    ),
    FileField("claim_status", "text", ("Status", "状态"), longest=100),
    *CLAIM_FIELDS,
    FileField("currency", "text", ("Currency", "Currency code", "货币"), longest=3),
)
RETURN_FIELDS = (
    FileField("return_number", "text", ("Return ID", "Return", "退货编号"), required=True),
    FileField("invoice_number", "text", ("Invoice number", "Invoice", "发票号"), longest=200),
    FileField("units", "units", ("Return quantity", "Quantity", "退货数量")),
    FileField("charge", "money", ("Total cost", "Cost", "总成本"), required=True),
    FileField("notified_on", "day", ("Return date", "Date", "退货日期")),
    *CLAIM_FIELDS,
    FileField("currency", "text", ("Currency code", "Currency", "货币"), longest=3),
)
DISPUTE_FIELDS = (
    FileField(
        "case",
        "text",
        ("Dispute ID", "Case ID", "Case number", "Dispute number", "Dispute", "争议编号"),
        required=True,
    ),
    FileField(
        "claim_status", "text", ("Status", "Dispute status", "状态"), required=True, longest=100
    ),
    FileField("invoice_number", "text", ("Invoice number", "Invoice", "发票号"), longest=200),
    FileField(
        "charge", "money", ("Disputed amount", "Dispute amount", "Amount disputed", "争议金额")
    ),
    FileField(
        "approved", "money", ("Approved amount", "Amount approved", "Resolved amount", "批准金额")
    ),
    FileField("units", "units", ("Disputed quantity", "Quantity", "争议数量")),
    FileField(
        "notified_on",
        "day",
        ("Created date", "Creation date", "Submission date", "Submitted on", "创建日期"),
    ),
    FileField("issue_type", "text", ("Dispute type", "Reason", "Type", "争议类型"), longest=200),
    *CLAIM_FIELDS,
    FileField("currency", "text", ("Currency", "Currency code", "货币"), longest=3),
)

# A vendor's own list or the export of an accepted cost change; Amazon documents no headings.
AGREED_COST_FIELDS = (
    FileField("vendor_code", "text", ("Vendor code", "Vendor", "供应商代码"), required=True),
    FileField("asin", "text", ("ASIN",), required=True, longest=20),
    FileField(
        "cost",
        "amount",
        (
            "Agreed cost",
            "Cost",
            "Unit cost",
            "Net cost",
            "New cost",
            "Cost price",
            "约定成本",
            "单位成本",
        ),
        required=True,
    ),
    FileField("currency", "text", ("Currency", "Currency code", "货币"), longest=3),
    FileField(
        "starts_on",
        "day",
        ("Starts on", "Start date", "Effective date", "Effective from", "Valid from", "生效日期"),
        required=True,
    ),
    FileField(
        "ends_on",
        "day",
        ("Ends on", "End date", "Effective to", "Valid to", "Valid until", "失效日期"),
    ),
)

KINDS = {
    one.name: one
    for one in (
        Kind(PURCHASE_ORDERS, ORDER_FIELDS),
        Kind(
            PURCHASE_ORDER_STATUS,
            tuple(one for one in ORDER_FIELDS if one.name in STATUS_FIELDS),
        ),
        Kind(SHIPMENTS, SHIPMENT_FIELDS),
        Kind(INVOICES, INVOICE_FIELDS),
        Kind(REMITTANCES, PAYMENT_FIELDS + PAYMENT_LINE_FIELDS),
        Kind(BANK_LINES, BANK_FIELDS),
        Kind(CHARGEBACKS, CHARGEBACK_FIELDS),
        Kind(RETURNS, RETURN_FIELDS),
        Kind(DISPUTES, DISPUTE_FIELDS),
        Kind(AGREED_COSTS, AGREED_COST_FIELDS),
        Kind(FUNCTIONAL_ACKNOWLEDGEMENTS, ()),
    )
}


def plain_heading(heading: str) -> str:
    """A heading as it is compared: without case, spaces, punctuation."""
    return re.sub(r"[\W_]+", "", heading.casefold())
