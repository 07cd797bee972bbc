"""What the simulators share: a threaded HTTP server."""
