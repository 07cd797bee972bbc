"""Holdfast: one stock ledger for brands that sell to Amazon by purchase order and direct on Shopify."""
