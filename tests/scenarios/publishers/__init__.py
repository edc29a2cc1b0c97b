"""Ways to publish, lived through."""
