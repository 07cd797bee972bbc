"""Shopify: who asks, the catalogue, orders as they happen, and our stock moves told back."""
