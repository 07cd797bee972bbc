"""The queue of discrepancies on its screens: found, given to somebody, worked on and decided."""
