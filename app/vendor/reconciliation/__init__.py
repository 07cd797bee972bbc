"""The match: one row per purchase order line and one per invoice, from ordered to paid."""
