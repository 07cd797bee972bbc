"""Papers that prove what was shipped, received and agreed."""
