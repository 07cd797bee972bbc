"""Every table that can be taken along: its name, its filters, its rows and its columns.

The rows are what the screen's own route answers, page by page, so an export honours the screen's
filters and shows the screen's figures by construction. Names and columns stay as they are: what
reads these files is not ours. A new column goes to the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from sqlmodel import Session

from app.errors import FieldError, Refused
from app.http import PageQuery, within
from app.inventory import arrival_views, policy_views
from app.inventory import policy_routes as policies
from app.inventory import routes as inventory
from app.inventory import views as stock
from app.overview import collisions, messages
from app.overview.alerts import routes as alerts
from app.overview.discrepancies import routes as discrepancies
from app.overview.discrepancies.views import DiscrepancyView
from app.overview.exports.columns import Column, columns
from app.vendor import invoice_routes, invoice_views, kit_routes, unmapped_routes
from app.vendor import routes as orders
from app.vendor import views as order_views
from app.vendor.bank import routes as bank
from app.vendor.cash import routes as cash
from app.vendor.cash import views as cash_views
from app.vendor.claims import routes as claims
from app.vendor.co_op import routes as co_op
from app.vendor.costs import routes as agreed_costs
from app.vendor.deductions import routes as deductions
from app.vendor.deductions import views as deduction_views
from app.vendor.disputes import routes as disputes
from app.vendor.disputes import views as dispute_views
from app.vendor.edi import routes as edi
from app.vendor.evidence import routes as evidence
from app.vendor.evidence.views import EvidenceView
from app.vendor.files import routes as files
from app.vendor.finance import routes as finance_invoices
from app.vendor.payments import routes as payments
from app.vendor.payments import views as payment_views
from app.vendor.receiving import routes as receiving
from app.vendor.reconciliation import match_routes as matches
from app.vendor.reconciliation import routes as reconciliation
from app.vendor.reconciliation import views as match
from app.vendor.reports import routes as reports
from app.vendor.reports import views as report_views
from app.vendor.shipping import routes as shipping
from app.vendor.shipping import views as shipping_views
from app.vendor.steps import routes as order_steps

Answered = tuple[dict[str, Any], int]
Row = Mapping[str, Any]

AT_ONCE = 1000


class MovementsQuery(inventory.MovementsQuery, inventory.ItemPath):
    """Movements of one item."""


class NoFilters(PageQuery):
    """A list without filters."""


@dataclass(frozen=True)
class Table:
    """One table. With `each`, a row of the list becomes a row for each element of that list."""

    name: str
    query: type[PageQuery]
    answer: Callable[[Any], Answered]
    columns: tuple[Column, ...]
    each: str | None = None

    def asked(self, given: Mapping[str, str]) -> PageQuery:
        """The filters as the screen's list takes them.

        Raises Refused("unknown_filter") for one it does not have (left out, it would export more
        than was asked for), and pydantic's ValidationError for a wrong value.
        """
        known = self.query.model_fields.keys() - PageQuery.model_fields.keys()
        unknown = sorted(given.keys() - known)
        if unknown:
            raise Refused(
                "unknown_filter",
                f"The table {self.name} has no such filter.",
                status=422,
                errors=[
                    FieldError(name, "use one of: " + (", ".join(sorted(known)) or "none"))
                    for name in unknown
                ],
            )
        return self.query.model_validate({name: value for name, value in given.items() if value})

    def pages(self, session: Session, query: PageQuery) -> Iterator[list[Row]]:
        """All rows as they are now, page by page; at least one page, which may be empty."""
        cursor: str | None = None
        while True:
            asked = query.model_copy(update={"cursor": cursor, "limit": AT_ONCE})
            with within(session):
                found, _status = self.answer(asked)
            yield [one for row in found["data"] for one in self._rows(row)]
            cursor = found["next_cursor"]
            if cursor is None:
                return

    def _rows(self, row: dict[str, Any]) -> list[Row]:
        if self.each is None:
            return [row]
        return [row | {self.each: element} for element in row[self.each]] or [
            row | {self.each: None}
        ]


def named(name: str) -> Table:
    """The table of this name. Raises Refused("not_found")."""
    if name not in TABLES:
        raise Refused("not_found", f"There is no table {name} to export.", status=404)
    return TABLES[name]


def _movements(query: MovementsQuery) -> Any:
    return inventory.list_movements(inventory.ItemPath(item_id=query.item_id), query)


def _table(
    name: str,
    query: type[PageQuery],
    answer: Callable[..., Any],
    view: type[BaseModel],
    *written: str,
    each: str | None = None,
) -> Table:
    return Table(name, query, answer, columns(view, *written, each=each), each)


_ITEM = ("sku=item.sku", "title=item.title")
_DEDUCTION = (
    "region=deduction.region",
    "reference=deduction.reference",
    "state=deduction.state",
    "invoice_number=deduction.invoice_number",
    "purchase_order=deduction.purchase_order",
    "taken=deduction.taken",
    "recovered=deduction.recovered",
    "open=deduction.open",
)
_FIGURES = ("ordered", "acknowledged", "shipped", "received", "invoiced")
_MONEY_FIGURES = ("paid", "discounts", "deducted", "recovered", "provision", "outstanding")

ALL: tuple[Table, ...] = (
    _table(
        "items",
        inventory.ItemsQuery,
        inventory.list_items,
        stock.ItemView,
        "item_id=id",
        "sku",
        "title",
        "asin",
        "barcode",
        "units_per_case",
        "location_id=balances.location.id",
        "location=balances.location.name",
        "state=balances.state",
        "quantity=balances.quantity",
        "unit_cost",
        "price",
        "in_collision",
        each="balances",
    ),
    _table(
        "movements",
        MovementsQuery,
        _movements,
        stock.MovementView,
        "movement_id=id",
        "occurred_at",
        "recorded_at",
        "quantity",
        "reason",
        "source_location=source.location.name",
        "source_state=source.state",
        "source_balance_after=source.balance_after",
        "target_location=target.location.name",
        "target_state=target.state",
        "target_balance_after=target.balance_after",
        "document_kind=document.kind",
        "document_reference=document.reference",
        "line",
        "actor",
        "message_id",
    ),
    _table(
        "holds",
        inventory.HoldsQuery,
        inventory.list_holds,
        stock.HoldView,
        "document_kind=document.kind",
        "document_reference=document.reference",
        "line",
        *_ITEM,
        "location=location.name",
        "state",
        "wanted",
        "held",
        "fulfilled",
        "short",
        "due_at",
        "expires_at",
        "updated_at",
    ),
    _table(
        "arrivals",
        inventory.ArrivalsQuery,
        inventory.list_arrivals,
        arrival_views.ArrivalView,
        "arrival_id=id",
        "reference",
        "source",
        *_ITEM,
        "location=location.name",
        "units",
        "expected_on",
        "overdue",
        "stated_by",
        "stated_at",
        "ended_at",
        "ended_by",
        "paper=document.title",
        "replaced_by",
    ),
    _table(
        "collisions",
        collisions.CollisionsQuery,
        collisions.list_collisions,
        stock.CollisionView,
        "collision_id=id",
        "kind",
        "status",
        *_ITEM,
        "location=location.name",
        "units",
        "due_on",
        "opened_at",
        "ended_at",
        "ended_by",
        "way_taken",
        "note",
    ),
    _table(
        "discrepancies",
        discrepancies.DiscrepanciesQuery,
        discrepancies.list_discrepancies,
        DiscrepancyView,
        "discrepancy_id=id",
        "kind",
        "status",
        "reference",
        "cause",
        *_ITEM,
        "location=location.name",
        "state",
        "ours",
        "theirs",
        "difference",
        "value",
        "deadline",
        "owner",
        "source",
        "explanation",
        "explained_by",
        "note",
        "first_seen_at",
        "opened_at",
        "ended_at",
        "ended_by",
        "tasks",
        "tasks_done",
    ),
    _table(
        "purchase-orders",
        orders.OrdersQuery,
        orders.list_purchase_orders,
        order_views.PurchaseOrderSummary,
        "region",
        "number",
        "vendor_code",
        "state",
        "type",
        "payment_method",
        "ordered_at",
        "changed_at",
        "acknowledge_by",
        "ship_window_start=ship_window.start",
        "ship_window_end=ship_window.end",
        "delivery_window_start=delivery_window.start",
        "delivery_window_end=delivery_window.end",
        "ship_to",
        "line_count",
        "unknown_item_count",
        *(f"{name}_units=units.{name}" for name in order_views.OrderUnits.model_fields),
        "cost",
        "acknowledgement_state=acknowledgement.state",
        "acknowledgement_sent_at=acknowledgement.sent_at",
        "acknowledgement_error=acknowledgement.error",
        "version",
        "cost_unknown",
    ),
    _table(
        "order-steps",
        order_steps.StepsQuery,
        order_steps.list_orders_at_steps,
        order_steps.OrderAtStep,
        "region",
        "number",
        "vendor_code",
        "ship_to",
        "ordered_at",
        "step",
        "state",
        "by",
        "owner",
    ),
    _table(
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
    _table(
        "unmapped-products",
        NoFilters,
        unmapped_routes.list_unmapped_products,
        unmapped_routes.UnmappedProductView,
        "asin",
        "vendor_sku",
        "units",
        "since",
        "purchase_orders=numbers",
    ),
    _table(
        "shipments",
        shipping.ShipmentsQuery,
        shipping.list_shipments,
        shipping_views.ShipmentSummary,
        "region",
        "identifier",
        "state",
        "ship_to",
        "vendor_code",
        "purchase_orders=numbers",
        "location=location.name",
        "units",
        "carton_count",
        "pallet_count",
        "departs_at",
        "shipped_at",
        "departed_at",
        "seen_at",
        "error",
    ),
    _table(
        "receipts",
        receiving.ReceiptsQuery,
        receiving.list_receipts,
        receiving.ReceiptView,
        "region",
        "number",
        "line",
        *_ITEM,
        "asin",
        "vendor_sku",
        "order_state",
        "state",
        "left_at",
        "searched_until",
        "shipped",
        "received",
        "status_read_at",
        "matched",
        "matched_at",
        "missing",
        "value",
        "vendor_code",
        "cost_unknown",
        "reported_units=reported.units",
        "reported_by_status=reported.by_status",
        "reported_says=reported.says",
        "reported_from=reported.starts_on",
        "reported_to=reported.ends_on",
        "reported_gaps=reported.gaps",
        "reported_read_at=reported.read_at",
        "not_reported",
    ),
    _table(
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
    _table(
        "remittances",
        NoFilters,
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
    ),
    _table(
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
    _table(
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
    _table(
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
    _table(
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
    _table(
        "co-op-charges",
        NoFilters,
        co_op.list_charges,
        co_op.ChargeView,
        *_DEDUCTION,
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
    _table(
        "quick-pay",
        NoFilters,
        co_op.list_discounts,
        co_op.DiscountView,
        *(one for one in _DEDUCTION if not one.startswith("taken=")),
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
    _table(
        "reconciliation",
        reconciliation.LinesQuery,
        reconciliation.list_lines,
        match.ReconciliationLineView,
        "region",
        "number",
        "line",
        "vendor_code",
        "ordered_at",
        *_ITEM,
        "asin",
        "vendor_sku",
        *(f"{name}_units={name}.units" for name in _FIGURES),
        *(f"{name}_amount={name}.amount" for name in _FIGURES),
        "tax",
        *(f"{name}_amount={name}.amount" for name in _MONEY_FIGURES),
        "is_shared",
        "invoices",
        "disagreement",
        "restated_at",
        "cause",
    ),
    _table(
        "reconciliation-invoices",
        reconciliation.InvoicesQuery,
        reconciliation.list_invoices,
        match.ReconciliationInvoiceView,
        "invoice_id",
        "region",
        "number",
        "vendor_code",
        "dated_at",
        "due_at",
        "state",
        "total",
        "remitted",
        "paid",
        "quick_pay",
        "withheld",
        "shortage",
        "price",
        "chargeback",
        "other_deducted",
        "recovered",
        "provision",
        "open",
        "unexplained",
        "last_paid_at",
        "restated_at",
        "unplaced_deducted",
        "unplaced_recovered",
    ),
    _table(
        "reconciliation-matches",
        matches.MatchesQuery,
        matches.list_matches,
        matches.MatchView,
        "id",
        "rule",
        "state",
        "difference",
        "stands",
        "made_at",
        "decided_at",
        "decided_by",
    ),
    _table(
        "disputes-candidates",
        disputes.CandidatesQuery,
        disputes.list_candidates,
        dispute_views.CandidateView,
        "kind=deduction.kind",
        *_DEDUCTION,
        "clock_state=clock.state",
        "opens_at=clock.opens_at",
        "advised_by=clock.advised_by",
        "closes_at=clock.closes_at",
        "attempts_left",
        "readiness_percent=readiness.score",
        "expected=expected.amount",
        "next_action",
    ),
    _table(
        "disputes",
        disputes.DisputesQuery,
        disputes.list_disputes,
        dispute_views.DisputeSummary,
        "dispute_id",
        "region",
        "kind",
        "reference",
        "attempt",
        "state",
        "case_number",
        "amount",
        "recovered",
        "made_at",
        "filed_at",
        "answer_by",
        "closes_at",
        "ended_at",
        "outcome_by",
    ),
    _table(
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
    _table(
        "evidence",
        evidence.EvidenceQuery,
        evidence.list_evidence,
        EvidenceView,
        "evidence_id",
        "type",
        "name",
        "media_type",
        "size",
        "sha256",
        "region",
        "shipment",
        "purchase_order",
        "invoice_number",
        "carrier_reference",
        "text",
        "is_own",
        "added_at",
        "added_by",
    ),
    _table(
        "file-imports",
        NoFilters,
        files.list_file_imports,
        files.ImportView,
        "import_id",
        "kind",
        "name",
        "size",
        "state",
        "total",
        "done",
        "faults",
        "made_at",
        "made_by",
        "applied_at",
        "applied_by",
        "undone_at",
        "undone_by",
    ),
    _table(
        "x12-files",
        edi.FilesQuery,
        edi.list_files,
        edi.X12FileView,
        "file_id",
        "type",
        "region",
        "reference",
        "title",
        "revision",
        "own",
        "partner",
        "control_number=number",
        "written_at",
        "written_by",
        "verdict",
        "verdict_at",
    ),
    _table(
        "reports-history",
        reports.HistoryQuery,
        reports.list_requests,
        report_views.ReportView,
        "report_id=id",
        "marketplace",
        "kind",
        "starts_at",
        "ends_at",
        "state",
        "asked_by",
        "times_asked",
        "asked_at",
        "ended_at",
        "good_at",
        "rows_kept",
        "rows_unread",
        "cause",
        "cause_code",
    ),
    _table(
        "reports-asins",
        reports.AsinsQuery,
        reports.list_asins,
        report_views.AsinSummary,
        "asin",
        "marketplace",
        *_ITEM,
        "sold_from",
        "ordered_units",
        "shipped_units",
        "stood_on",
        "sellable_units",
        "open_purchase_order_units",
        "forecast_from",
        "p70",
        "p80",
        "p90",
    ),
    _table(
        "kits",
        NoFilters,
        kit_routes.list_kits,
        kit_routes.KitView,
        "kit_sku=item.sku",
        "kit_title=item.title",
        "part_sku=parts.item.sku",
        "part_title=parts.item.title",
        "units=parts.units",
        each="parts",
    ),
    _table(
        "policies-changes",
        NoFilters,
        policies.list_changes,
        policy_views.ChangeView,
        "change_id=id",
        "made_at",
        "by",
        "subject",
        "scope",
        "name",
        "location",
        "settled_at",
    ),
    _table(
        "policies-items",
        policies.EffectiveQuery,
        policies.list_effective,
        policy_views.EffectiveView,
        *_ITEM,
        "group=group.name",
        "own_safety_stock=own.safety_stock",
        "own_amazon_share=own.amazon_share",
        "own_amazon_ceiling=own.amazon_ceiling",
        "own_precedence=own.precedence",
        "own_take_back=own.take_back",
        "own_whole_cases=own.whole_cases",
    ),
    _table(
        "messages",
        messages.MessagesQuery,
        messages.list_messages,
        messages.MessageView,
        "message_id=id",
        "direction",
        "channel",
        "topic",
        "state",
        "reference",
        "attempts",
        "error",
        "received_at",
        "finished_at",
        "due_at",
    ),
    _table(
        "alerts-history",
        alerts.HistoryQuery,
        alerts.list_alerts,
        alerts.AlertView,
        "alert_id=id",
        "kind",
        "text",
        "path",
        "address",
        "noticed_at",
        "over_at",
        "told_at",
        "message_state",
        "message_error",
    ),
)
TABLES: dict[str, Table] = {table.name: table for table in ALL}
