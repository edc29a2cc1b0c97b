"""Tests of what can be believed."""
