"""What each product costs Amazon, as it was agreed, whatever an order says."""
