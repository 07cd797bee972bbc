"""The eight steps of vendor reconciliation for each purchase order, read from its papers."""
