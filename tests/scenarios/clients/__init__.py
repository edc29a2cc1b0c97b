"""The scenario table for clients."""
