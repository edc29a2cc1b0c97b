"""Stapling servers of others, each with a configuration that shows its defaults."""
