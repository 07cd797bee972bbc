"""Journals: what Amazon bought, paid and took off, as entries for the books of account."""
