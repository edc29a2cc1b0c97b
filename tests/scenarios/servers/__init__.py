"""The scenario table for servers that staple."""
