"""Vendor retail analytics reports: asked for once, followed to their end, and kept in typed tables."""
