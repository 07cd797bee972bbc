"""Co-op agreements, and each charge recomputed from what they say."""
