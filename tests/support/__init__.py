"""What the fixtures of all tests are made of."""
