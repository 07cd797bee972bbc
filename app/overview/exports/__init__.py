"""Exports: every table that a screen shows, as CSV and XLSX with columns that stay."""
