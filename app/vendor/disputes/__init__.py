"""Disputes: what is worth asking back, when, with which papers, and what came of it."""
