"""A small Shopify and a small Amazon with the real shapes: separate servers for the demo and the tests."""
