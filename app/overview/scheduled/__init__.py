"""Scheduled exports: a table by the day, week or month, by mail and in a list to download."""
