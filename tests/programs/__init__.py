"""Programs of others, started and ended."""
