"""EDI with Amazon: our papers as X12 files with control numbers of their own, and what answers them."""
