"""What exports say, laid on deductions and disputes; always by all that stands, so twice is as once."""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Session

from app.db import database_time, shop_of

BY_EXPORT = "export"
"""Who says an outcome that an export of disputes shows."""
NEWEST = """
SELECT DISTINCT ON (region, kind, number, part) * FROM claim_paper
WHERE shop_id = :shop ORDER BY region, kind, number, part, import_id DESC
"""
# The export's "Dispute By" is authoritative (amazon-vendor.md §7.7); of several claims under one
# number the first day counts.
DAYS = f"""
UPDATE deduction AS own SET notified_at = said.notified_at, dispute_by = said.dispute_by
FROM (
    SELECT row.region, row.kind, row.reference, row.currency,
           min(paper.notified_at) AS notified_at, min(paper.dispute_by) AS dispute_by
    FROM deduction AS row LEFT JOIN ({NEWEST}) AS paper ON paper.region = row.region
        AND paper.kind = row.kind AND paper.currency = row.currency
        AND row.reference IN (paper.base, paper.invoice_number)
    WHERE row.shop_id = :shop AND row.kind IN ('chargeback', 'return')
    GROUP BY row.region, row.kind, row.reference, row.currency
) AS said
WHERE own.shop_id = :shop AND own.region = said.region AND own.kind = said.kind
  AND own.reference = said.reference AND own.currency = said.currency
  AND (own.notified_at, own.dispute_by) IS DISTINCT FROM (said.notified_at, said.dispute_by)
"""
NOTED = """
history || jsonb_build_array(jsonb_build_object('at', CAST(:stamp AS text), 'by',
    CAST(:by AS text), 'event', CAST(:event AS text)))
"""
DENIED = f"""
SELECT region, number FROM ({NEWEST}) AS paper WHERE kind = 'dispute'
GROUP BY region, number HAVING bool_and(is_resolved) AND sum(approved) = 0
"""
# A case that Amazon has closed with nothing is denied before the time for an answer is over.
DENY = f"""
UPDATE dispute SET state = 'denied', outcome_by = CAST(:by AS text), ended_at = :now, history = {NOTED}
WHERE shop_id = :shop AND state = 'filed' AND (region, case_number) IN ({DENIED})
"""
OPEN_AGAIN = f"""
UPDATE dispute SET state = 'filed', outcome_by = NULL, ended_at = NULL, history = {NOTED}
WHERE shop_id = :shop AND state = 'denied' AND outcome_by = CAST(:by AS text)
  AND (region, case_number) NOT IN ({DENIED})
"""


def apply(session: Session) -> None:
    """Lays on deductions when they were announced and must be disputed, and on disputes a refusal."""
    session.flush()
    now = database_time()
    asked = {"shop": shop_of(session), "now": now, "by": BY_EXPORT, "stamp": now.isoformat()}
    session.execute(text(DAYS), asked)
    session.execute(text(OPEN_AGAIN), asked | {"event": "filed"})
    session.execute(text(DENY), asked | {"event": "denied"})
    session.expire_all()
