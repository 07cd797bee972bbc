"""A small Amazon: Login with Amazon, vendor orders, shipments and transactions, by the official models."""
