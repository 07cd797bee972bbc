"""What Amazon has taken off, folded from its papers into one row per claim."""
