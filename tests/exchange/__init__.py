"""Tests of an exchange as data."""
