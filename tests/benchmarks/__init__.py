"""Benchmarks side by side with peers: ``python -m tests.benchmarks`` from a checkout."""
