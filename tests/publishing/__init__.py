"""How CAs publish."""
