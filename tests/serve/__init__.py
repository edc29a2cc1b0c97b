"""Tests of `mockpki._serve`."""
