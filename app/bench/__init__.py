"""Measures ingestion and posting: how many webhooks the door takes, how many orders the ledger settles."""
