"""The CA: what it issues."""
