"""Servers that get their staples as real ones do."""
