"""A vendor's year: its orders from Amazon's placing to the receipt, with faults seeded on the way."""
