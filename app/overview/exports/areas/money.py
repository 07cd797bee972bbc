"""Invoices, payments, what was taken off, and what is to come."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from app.http import PageQuery
from app.overview.exports.table import Answered, NoFilters, Table, table
from app.vendor import invoice_routes, invoice_views
from app.vendor.bank import routes as bank
from app.vendor.cash import routes as cash
from app.vendor.cash import views as cash_views
from app.vendor.claims import routes as claims
from app.vendor.co_op import routes as co_op
from app.vendor.costs import routes as agreed_costs
from app.vendor.deductions import routes as deductions
from app.vendor.deductions import views as deduction_views
from app.vendor.finance import routes as finance_invoices
from app.vendor.journals import routes as journals
from app.vendor.payments import routes as payments
from app.vendor.payments import views as payment_views

DEDUCTION = (
    "region=deduction.region",
    "reference=deduction.reference",
    "state=deduction.state",
    "invoice_number=deduction.invoice_number",
    "purchase_order=deduction.purchase_order",
    "taken=deduction.taken",
    "recovered=deduction.recovered",
    "open=deduction.open",
)
"""Of the deduction that a row is about."""


class CurrencyQuery(PageQuery):
    currency: str | None = Field(default=None, pattern=cash.CURRENCY)


class BridgeQuery(CurrencyQuery, cash.BridgeQuery):
    """Which invoices the bridge is of."""


def of_currency(answered: Answered, currency: str | None) -> Answered:
    """What an answer says of one currency; of all without one."""
    found, status = answered
    rows = [one for one in found["data"] if currency in (None, one["currency"])]
    return {"data": rows}, status


def _standings(query: CurrencyQuery) -> Answered:
    return of_currency(cash.read_cash(cash.CashQuery()), query.currency)


def _bridges(query: BridgeQuery) -> Answered:
    return of_currency(cash.read_bridge(query), query.currency)


def _kinds(_query: Any) -> Answered:
    found, status = deductions.list_deductions(deductions.DeductionsQuery(limit=1))
    return {"data": found["totals"]}, status


TABLES: tuple[Table, ...] = (
    table(
        "invoices",
        invoice_routes.InvoicesQuery,
        invoice_routes.list_invoices,
        invoice_views.InvoiceSummary,
        "invoice_id=id",
        "type",
        "number",
        "region",
        "vendor_code",
        "state",
        "source",
        "purchase_orders=orders",
        "units",
        "total",
        "made_at",
        "dated_at",
        "sent_at",
        "landed_at",
        "due_at",
        "amazon_status",
        "amazon_total",
        "differs",
        "error",
    ),
    table(
        "finance-invoices",
        NoFilters,
        finance_invoices.list_finance_invoices,
        finance_invoices.FinanceInvoiceView,
        "region",
        "payee_code",
        "number",
        "status",
        "purchase_orders",
        "issued_at",
        "due_at",
        "total",
        "read_at",
    ),
    table(
        "remittances",
        payments.RemittancesQuery,
        payments.list_remittances,
        payment_views.RemittanceSummary,
        "region",
        "payment_id",
        "number",
        "status",
        "paid_at",
        "amount",
        "invoice_amount",
        "exchange_rate",
        "method",
        "lines",
        "stated_lines",
        "adds_up",
        "difference",
        "read_at",
        "source",
        "disagrees",
        "payees",
        "payee_how",
    ),
    table(
        "bank-lines",
        bank.BankLineQuery,
        bank.list_bank_lines,
        bank.BankLineView,
        "bank_line_id",
        "booked_on",
        "valued_on",
        "amount",
        "bank_reference",
        "end_to_end",
        "state",
        "region=payment.region",
        "payment_id=payment.payment_id",
        "payment_number=payment.number",
        "by",
        "at",
    ),
    table(
        "agreed-costs",
        agreed_costs.CostsQuery,
        agreed_costs.list_agreed_costs,
        agreed_costs.AgreedCostView,
        "region",
        "vendor_code",
        "asin",
        "sku",
        "title",
        "cost",
        "starts_on",
        "ends_on",
        "order_number",
        "order_cost",
        "differs",
        "made_at",
        "made_by",
        "withdrawn_at",
        "replaced_by",
    ),
    table(
        "claims",
        claims.ClaimsQuery,
        claims.list_claims,
        claims.ClaimView,
        "region",
        "kind",
        "number",
        "part",
        "status",
        "type",
        "subtype",
        "invoice_number",
        "purchase_order",
        "asin",
        "vendor_code",
        "units",
        "amount",
        "approved",
        "notified_at",
        "dispute_by",
        "deduction",
        "dispute_id",
    ),
    table(
        "deductions",
        deductions.DeductionsQuery,
        deductions.list_deductions,
        deduction_views.DeductionSummary,
        "region",
        "kind",
        "reference",
        "state",
        "is_timing",
        "invoice_number",
        "purchase_order",
        "line",
        "cause",
        "units",
        "taken",
        "recovered",
        "open",
        "first_at",
        "last_at",
        "notified_at",
        "dispute_by",
    ),
    table(
        "deductions-kinds",
        NoFilters,
        _kinds,
        deduction_views.KindTotal,
        "kind",
        "is_timing",
        "deductions",
        "still_open",
        "taken",
        "recovered",
        "open",
    ),
    table(
        "co-op-charges",
        NoFilters,
        co_op.list_charges,
        co_op.ChargeView,
        *DEDUCTION,
        "verdict",
        "agreement",
        "confirmed",
        "from_day",
        "to_day",
        "units",
        "base",
        "expected",
        "charged",
        "over",
    ),
    table(
        "quick-pay",
        NoFilters,
        co_op.list_discounts,
        co_op.DiscountView,
        *(one for one in DEDUCTION if not one.startswith("taken=")),
        "verdict",
        "percent",
        "days",
        "told_by",
        "invoiced_at",
        "last_day",
        "paid_at",
        "gross",
        "claimed",
        "earned",
        "taken",
        "wrong",
    ),
    table(
        "cash-invoices",
        cash.OpenQuery,
        cash.list_open_invoices,
        cash_views.OpenInvoiceView,
        "invoice_id",
        "region",
        "number",
        "vendor_code",
        "dated_at",
        "due_at",
        "days_late",
        "bucket",
        "total",
        "open",
        "held_back",
    ),
    table(
        "cash-ageing",
        CurrencyQuery,
        _standings,
        cash_views.StandingView,
        "bucket=ageing.bucket",
        "invoices=ageing.invoices",
        "open=ageing.open",
        "held_back=ageing.held_back",
        each="ageing",
    ),
    table(
        "cash-weeks",
        CurrencyQuery,
        _standings,
        cash_views.StandingView,
        "begins_on=weeks.begins_on",
        "invoices=weeks.invoices",
        "open=weeks.open",
        "held_back=weeks.held_back",
        "expected=weeks.expected",
        each="weeks",
    ),
    table(
        "cash-bridge",
        BridgeQuery,
        _bridges,
        cash_views.BridgeView,
        "currency",
        "invoiced",
        "step=steps.step",
        "amount=steps.amount",
        "invoices=steps.invoices",
        "paid",
        each="steps",
    ),
    table(
        "co-op-agreements",
        NoFilters,
        lambda _query: co_op.list_agreements(),
        co_op.AgreementView,
        "agreement_id",
        "region",
        "vendor_code",
        "number",
        "name",
        "purpose",
        "base",
        "rate",
        "amount",
        "currency",
        "period",
        "funding",
        "starts_on",
        "ends_on",
        "changed_at",
        "changed_by",
    ),
    table(
        "cash-rates",
        NoFilters,
        lambda _query: cash.list_rates(),
        cash_views.RateView,
        "base",
        "quote",
        "day",
        "rate",
    ),
    table(
        "vendor-codes",
        NoFilters,
        lambda _query: invoice_routes.list_vendor_codes(),
        invoice_views.BillingView,
        "region",
        "code",
        "marketplace",
        "payee_code",
        "cost_basis",
        "tax_in_total",
        "tax_treatment",
        "tax_registration_number",
        "number_prefix",
        "next_number",
        "draft_from",
        "missing",
    ),
    table(
        "journals-exports",
        NoFilters,
        journals.list_exports,
        journals.ExportView,
        "export_id",
        "software",
        "currency",
        "from_day",
        "to_day",
        "scope",
        "entries",
        "name",
        "exported_at",
        "exported_by",
    ),
)
