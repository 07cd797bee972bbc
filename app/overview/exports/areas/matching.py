"""The match from ordered to paid, and what is disputed of it."""

from __future__ import annotations

from pydantic import Field

from app.http import PageQuery
from app.overview.exports.areas.money import DEDUCTION, of_currency
from app.overview.exports.table import Answered, Table, table
from app.vendor.disputes import routes as disputes
from app.vendor.disputes import views as dispute_views
from app.vendor.reconciliation import match_routes as matches
from app.vendor.reconciliation import routes as reconciliation
from app.vendor.reconciliation import views as match
from app.vendor.reconciliation.waterfall import CurrencyWaterfall

_ITEM = ("sku=item.sku", "title=item.title")
_FIGURES = ("ordered", "acknowledged", "shipped", "received", "invoiced")
_MONEY_FIGURES = ("paid", "discounts", "deducted", "recovered", "provision", "outstanding")


class WaterfallQuery(PageQuery, reconciliation.Filters):
    """What narrows the waterfall."""

    currency: str | None = Field(default=None, max_length=3)


def _waterfall(query: WaterfallQuery) -> Answered:
    return of_currency(reconciliation.read_waterfall(query), query.currency)


TABLES: tuple[Table, ...] = (
    table(
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
    table(
        "reconciliation-waterfall",
        WaterfallQuery,
        _waterfall,
        CurrencyWaterfall,
        "currency",
        "step=steps.step",
        "is_total=steps.is_total",
        "units=steps.units",
        "amount=steps.amount",
        "lines=steps.lines",
        each="steps",
    ),
    table(
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
    table(
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
    table(
        "disputes-candidates",
        disputes.CandidatesQuery,
        disputes.list_candidates,
        dispute_views.CandidateView,
        "kind=deduction.kind",
        *DEDUCTION,
        "clock_state=clock.state",
        "opens_at=clock.opens_at",
        "advised_by=clock.advised_by",
        "closes_at=clock.closes_at",
        "attempts_left",
        "readiness_percent=readiness.score",
        "expected=expected.amount",
        "next_action",
        "in_question",
    ),
    table(
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
)
