"""The match of a million purchase order lines, beside the best that other engines make of it."""
