"""The numbered migrations, one head."""
