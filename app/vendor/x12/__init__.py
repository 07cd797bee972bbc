"""X12: envelopes read and written whole, and the papers in them. Pure: bytes in, values out."""
