"""A small Shopify and a small Amazon: separate servers that the product talks to as to the real ones.

They import nothing of the product, and nothing of the product knows them but by their origins.
"""
