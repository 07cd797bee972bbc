"""The GraphQL Admin API, executed over the official schema."""
