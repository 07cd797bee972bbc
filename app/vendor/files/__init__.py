"""Amazon's papers by file: exports of Vendor Central read, looked at first, taken, and undone."""
