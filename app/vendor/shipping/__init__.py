"""Shipping to Amazon: drafts, cartons and pallets, the check, labels, the ASN and its way there."""
