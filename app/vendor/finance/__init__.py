"""Every invoice that Amazon's finance shows: ours, and what Amazon bills us for."""
