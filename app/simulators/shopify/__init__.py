"""A small Shopify: one shop or several, spoken to exactly as the real one."""
