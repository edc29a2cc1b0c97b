"""What a CA serves."""
