"""What of Amazon's interface each connection can use, when it last answered, and what to do."""
