"""Random and mutated input, guided by coverage: ``python -m tests.fuzz``. It needs atheris."""
