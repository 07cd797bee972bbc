"""The core: items, locations, accounts, and the one way in which units move between them.

It knows no Shopify, no Amazon, no queue, and only `routes` knows HTTP. Read `ledger` first: a
document states what it needs held now and what has moved so far; the ledger posts the difference.
"""
