"""A vendor's money with seeded faults: what the seeder put in is held against what is reported."""
